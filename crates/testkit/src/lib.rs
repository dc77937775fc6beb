//! What tests are made with: a gateway inside the test, clients, a transcript player, a clock that stands still.
//!
//! Promises: ports are the system's choice, every wait is bounded by [`PATIENCE`] and an error says what was waited
//! for, nothing sleeps. Clients here share no code with the gateway: one is tungstenite, the other reads and writes
//! single frames by itself. Called by the tests in `tests/` and by `bench`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what fails here is a test that fails")]

mod client;
mod extent;
mod gateway;
mod http;
mod logs;
mod metrics;
mod patience;
pub mod process;
mod raw;
mod tls;
pub mod transcript;

pub use client::{Client, Ended, Heard};
pub use extent::number;
pub use gateway::TestGateway;
pub use http::Answer;
pub use logs::Logs;
pub use metrics::Metrics;
pub use patience::{Done, Failure, PATIENCE, eventually, within};
pub use raw::{Frame, Raw, deflated, inflated, opcode};
pub use tls::Certificate;

/// Whatever a client's bytes go through: a plain socket or TLS.
pub trait Stream: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send {}
impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send> Stream for T {}
