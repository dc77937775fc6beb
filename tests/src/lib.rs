//! Tests of the whole gateway from outside: transcripts in `conformance/`, one scenario per file in `tests/`.
//!
//! Nothing is in here; what scenarios share is in the test kit.
