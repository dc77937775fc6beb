//! The DICOM backend: watches the folders a scanner exports to, has the header of every new file read and its series judged
//! against the study's template, within moments (contract `mr`), remembers what was said, and shows it over HTTP.
//!
//! Promises: whatever a file holds, the next one is judged; headers only, never pixel data; what identifies a person
//! leaves this crate in the judgement alone, never in a log line or an error. Called by the gateway's registry through
//! [`BACKEND`]; the command line reads the same settings.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod backend;
mod demo;
mod http;
mod settings;

pub use backend::BACKEND;
pub use http::moment;
pub use settings::DicomSettings;
