//! From text, variables and flags to given values, each with where it came from.
//!
//! Promises: every mistake is found in one pass, at its line; what is read is what was written. Called by `load`.

pub(crate) mod file;
pub(crate) mod fit;
pub(crate) mod free;
pub(crate) mod given;
pub(crate) mod nearest;
pub(crate) mod overrides;
pub(crate) mod path;
pub(crate) mod tables;
pub(crate) mod unknown;
