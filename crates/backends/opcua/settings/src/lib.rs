//! What the configuration says of OPC UA servers: the keys, what is wrong with their values, and the reference's own
//! configuration files read as if their servers stood in ours.
//!
//! Promises: connects to nothing; what cannot be used is told at its key, with what to write instead; a password is read at
//! the moment it is needed, and shown to nobody. Read by every part of the backend.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod check;
mod deadband;
pub mod import;
mod keys;
mod node;
#[doc(hidden)]
pub mod trial;

pub use check::check;
pub use deadband::Deadband;
pub use keys::{
    Clock, FolderSettings, MethodSettings, Notes, OpcuaSettings, SecurityMode, SecurityPolicy, ServerSettings,
    Subscriptions, Trigger, VariableSettings,
};
pub use node::NodeAddress;
