//! A port: from an accepted socket to a client that may speak.
//!
//! Promises: what a client may cost before it has a session is bounded per port and per address, and everything about it has a
//! deadline. Called by the server, which opens ports, and by their shards, which accept.

pub(crate) mod accept;
pub(crate) mod caller;
pub(crate) mod gate;
pub(crate) mod handshake;
pub(crate) mod idle;
pub(crate) mod limits;
pub(crate) mod listener;
pub(crate) mod tls;
