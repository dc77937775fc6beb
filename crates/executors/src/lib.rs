//! What carries out the commands of a measuring program's clients: imports into the project.
//!
//! Promises: only files below the folders that are allowed are opened; an import is kept whole or not at all; what a file
//! holds can cost bounded memory only. Called by the gateway's registry.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod elements;
mod files;
mod project;
pub mod tool;
pub mod trial;
