//! The gateway: the registry of dialects, the configuration and the command line that put the parts together.
//!
//! Promises: a mistake in the configuration is told before anything is opened, every one at once, with exit code 2.
//! Called by the program `tieline` and by tests that start a gateway of their own.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod cli;
mod demo;
mod descriptors;
mod feed;
mod gateway;
mod keeper;
mod measure;
pub mod panics;
mod ports;
mod print;
pub mod registry;
mod screen;
mod side;
mod tls;

pub use gateway::{Gateway, Options, StartError};
pub use ports::PortProblem;
pub use tls::TlsError;
