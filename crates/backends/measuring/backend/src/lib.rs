//! What carries out the commands of a measuring program's clients: imports into the project, programs, and the real
//! measuring program behind us (contract `inspect`, section "Executors").
//!
//! Promises: every command is answered, within about twice its time limit; no network thread waits for any of it; what a
//! file is and holds is left to the project, which opens only what is allowed; what a program leaves running is ended with
//! it. Called by the gateway's registry.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod backend;
mod blocking;
mod demo;
mod exec;
mod executor;
mod http;
mod jobs;
mod relay;
mod settings;
#[cfg(all(test, target_os = "linux"))]
mod tests;
mod works;

pub use backend::BACKEND;
