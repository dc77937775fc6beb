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
mod closing;
pub mod codec;
mod conn;
mod descriptors;
mod fanout;
mod gate;
mod handshake;
mod hearing;
mod http;
mod inflating;
mod later;
mod life;
mod limits;
mod listener;
mod load;
mod memory;
mod outbox;
mod pace;
mod parking;
mod publish;
mod pulse;
mod rate;
mod schedule;
mod seats;
mod server;
mod session;
mod shard;
mod socket;
mod stream;
mod talk;
mod tls;
mod workers;

pub use clock::{Clock, Hand};
pub use descriptors::{Descriptors, MOST_TURNED_AWAY};
pub use http::{Guest, HttpPort};
pub use limits::{Limits, QueueFull};
pub use listener::{Counts, Listener, ListenerPlan};
pub use memory::Memory;
pub use publish::publish;
pub use pulse::Pulses;
pub use server::{BindError, Bound, Farewell, Plan, Server, StartError};
