//! What carries out the commands of a measuring program's clients: imports into the project, programs, and the real
//! measuring program behind us (contract `inspect`, section "Executors").
//!
//! Promises: every command is answered, within about twice its time limit; no network thread waits for any of it; only
//! files below the folders that are allowed are opened, and those that came as uploads; an import is kept whole or not at all; what a file holds can cost
//! bounded memory only; what a program leaves running is ended with it. Called by the gateway's registry.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod backend;
mod blocking;
mod demo;
mod elements;
mod exec;
mod executor;
mod files;
mod http;
mod jobs;
mod project;
mod relay;
mod settings;
#[cfg(all(test, target_os = "linux"))]
mod tests;
pub mod tool;
pub mod trial;
mod works;

pub use backend::BACKEND;
pub use settings::{CommandSettings, ExecutorSettings, PathMapSettings, Way};
