//! What the benchmark and the attacks share: frames as they stand on the wire, the machine, the servers to be measured, and
//! where things are.
//!
//! Promises: servers that are started end with the program that started them; what cannot be had is an error that says why.
//! Called by `tieline-bench` and by the attacks, and by nobody else.
#![allow(clippy::print_stderr, reason = "talk about what is being installed goes to standard error")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod frame;
pub mod machine;
pub mod peers;
mod percentile;
pub mod target;

pub use percentile::percentile;
