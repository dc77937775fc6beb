//! The OPC UA source: keeps one session per server alive by itself, watches what somebody hears, reads, writes and
//! remembers (contract `opcua`).
//!
//! Promises: every request is answered within `request_timeout`; a value is never told as good while it may be stale; what was
//! monitored is monitored again after whatever happened to the server. Called by the gateway's registry.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod backend;
#[cfg(feature = "demo")]
mod demo;
#[cfg(not(feature = "demo"))]
#[path = "no_demo.rs"]
mod demo;
mod executor;
#[cfg(test)]
mod fake;
mod folders;
mod history;
mod import;
mod link;
mod methods;
mod settings;
mod structures;
mod tool;
#[doc(hidden)]
pub mod trial;
pub mod trust;
mod value;
mod watch;

pub use backend::BACKEND;
pub use settings::{FolderSettings, MethodSettings, OpcuaSettings, ServerSettings, VariableSettings};

/// What the source is called in logs and metrics, and its dialect on topics.
const NAME: &str = "opcua";
