//! What stands behind the dialect of OPC UA: watches what somebody hears, reads, writes, calls methods and remembers (contract
//! `opcua`).
//!
//! Promises: every request is answered within `request_timeout`; a value is never told as good while it may be stale; what was
//! monitored is monitored again after whatever happened to the server. Called by the gateway's registry.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod backend;
mod demo;
mod executor;
mod folders;
mod history;
mod methods;
mod watch;

pub use backend::BACKEND;

use tieline_opcua_client::NAME;
