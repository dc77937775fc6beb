//! Everything that touches a socket: listeners, TLS, the handshake, limits, sessions, and the writer.
//!
//! Promises: a client that does not read delays nobody; every queue, frame and time is bounded; a frame is made once
//! and shared; nothing here knows a product. Called by the gateway, which gives it listeners and their dialects.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod accept;
mod answers;
mod body;
mod caller;
mod clock;
pub mod codec;
mod conn;
mod descriptors;
mod fanout;
mod gate;
mod handshake;
mod http;
mod later;
mod limits;
mod listener;
mod outbox;
mod pace;
mod publish;
mod rate;
mod server;
mod session;
mod shard;
mod socket;
mod stream;
mod talk;
mod tls;

pub use clock::{Clock, Hand};
pub use descriptors::{Descriptors, MOST_TURNED_AWAY};
pub use http::{Guest, HttpPort};
pub use limits::{Limits, QueueFull};
pub use listener::{Counts, Listener, ListenerPlan};
pub use publish::publish;
pub use server::{BindError, Bound, Farewell, Plan, Server, StartError};
