//! What a client of OPC UA servers needs, whatever it does with them: one session for each server, kept alive by itself, the
//! ways to ask in it, and who is trusted.
//!
//! Promises: a session comes back by itself whenever its server does; every question is answered within `request_timeout`, and
//! one that is too large for a server is asked in parts; nothing is trusted that nobody has accepted. Called by the backend, which
//! watches and carries out commands in its sessions, and by the command line, which dials one for each command.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

#[cfg(any(test, feature = "testing"))]
pub mod fake;
pub mod folders;
mod link;
pub mod methods;
pub mod structures;
pub mod trust;

pub use link::{
    Apart, Asking, Dialled, Established, Events, Experience, Follower, Learned, Limits, Link, LinkError, NodeType,
    Parts, ServerPlan, State, Variable, Watching, Wire, aside, caught, dial, endpoints, is_lost, is_too_much, reached,
    supervise, texts, token, too_large, value_of,
};

/// What the backend is called in logs and metrics, and its dialect on topics.
pub const NAME: &str = "opcua";
