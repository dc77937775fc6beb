//! The measuring project: from the path that a client names to an opened file, and from the file to images and measured
//! elements in the store (contract `inspect`, sections "Files" and "Executors").
//!
//! Promises: only files below the folders that are allowed are opened, and those that came as uploads; an import is kept
//! whole or not at all; what a file holds can cost bounded memory only; no text about a failure holds a client's words.
//! Everything blocks as long as its work takes: there is no queue, no thread and no runtime here. Called by the executors'
//! jobs, on blocking threads of their own, and by the fuzz targets.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod elements;
mod files;
mod project;
pub mod trial;

pub use elements::Unreadable;
pub use files::{Denied, Files, Opened};
pub use project::{ElementsImported, Failure, ImageImported, ImportMode, Limits, elements, image};
