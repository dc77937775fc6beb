//! Everything that touches a socket: listeners, TLS, the handshake, limits, sessions, and the writer.
//!
//! Promises: a client that does not read delays nobody; every queue, frame and time is bounded; a frame is made once
//! and shared; nothing here knows a product. Called by the gateway, which gives it listeners and their dialects.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod http;
mod port;
mod server;
mod session;
mod shard;

pub use http::{Guest, HttpPort};
pub use port::limits::{Limits, QueueFull};
pub use port::listener::{Counts, Listener, ListenerPlan};
pub use server::{BindError, Bound, Farewell, Plan, Server, StartError};
pub use shard::clock::{Clock, Hand};
pub use shard::heartbeat::Heartbeats;
pub use shard::publish::publish;
pub use tieline_budget::{Descriptors, MOST_TURNED_AWAY, Memory};
