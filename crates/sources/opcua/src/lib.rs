//! The OPC UA source: keeps one session per server alive by itself, watches what somebody hears, reads, writes and
//! remembers (contract `opcua`).
//!
//! Promises: every request is answered within `timeout`; a value is never told as good while it may be stale; what was
//! monitored is monitored again after whatever happened to the server. Called by the gateway's registry.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

#[cfg(feature = "demo")]
#[allow(dead_code, reason = "the source starts it when the gateway runs as a demo")]
mod demo;
mod history;
mod import;
mod settings;
mod tool;
#[doc(hidden)]
pub mod trial;
mod value;

pub use settings::{OpcuaSettings, ServerSettings, VariableSettings};
pub use tool::TOOL;
