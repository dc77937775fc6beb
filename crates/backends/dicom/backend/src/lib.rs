//! The DICOM source: watches the folders a scanner exports to, reads the header of every new file and judges its series
//! against the study's template, within moments (contract `mr`).
//!
//! Promises: whatever a file holds, the next one is judged; headers only, never pixel data; what identifies a person
//! leaves this crate in the judgement alone, never in a log line or an error. Called by the gateway's registry.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod backend;
mod demo;
pub mod http;
pub mod judge;
pub mod parameters;
pub mod read;
pub mod rules;
mod settings;
pub mod templates;
pub mod tool;
pub mod watch;
pub mod write;

pub use backend::BACKEND;
pub use parameters::{Parameter, Parameters, Value};
pub use settings::DicomSettings;
