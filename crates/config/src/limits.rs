//! Limits of a listener (contract `access`, section Limits, and three of our own).
//!
//! Promises: one set of keys for all listeners in `[access.limits]`, and the same keys for one of them in its own
//! `limits` table, which win. Filled by `config`; turned into transport's and the dialect's limits at start.

use std::time::Duration;
use tieline_model::DialectLimits;
use tieline_model::settings::{Size, choice, section};

section! {
    /// Limits of every listener. The same keys in a dialect's own `limits` table win over these. 0 switches one off.
    pub struct Limits {
        /// Clients at a time.
        connections: usize = "10000",
        /// Clients at a time from one IP address; of IPv6, from one /64.
        connections_per_address: usize = "1000",
        /// Connections accepted in a second; those beyond wait until they are.
        accepts_per_second: u64 = "2000",
        /// How long a client may take from connecting until its WebSocket handshake is complete; over HTTP, until the line and
        /// headers of a request have come.
        handshake: Duration = "\"5s\"",
        /// Bytes of a handshake's request line and headers together.
        header_bytes: usize = "16384",
        /// How long the body of an HTTP request may take to come, with a second more for each kilobyte of it, and for how long
        /// an answer over HTTP may not be taken.
        body: Duration = "\"30s\"",
        /// How long an HTTP connection may wait for its next request.
        keep_alive: Duration = "\"1m\"",
        /// Bytes of one message as the client sends it, all fragments together.
        message_bytes: usize = "16777216",
        /// Bytes of one message after decompression.
        inflated_bytes: usize = "16777216",
        /// Fragments of one message.
        fragments: usize = "100000",
        /// Messages of one client in a second; more are refused.
        messages_per_second: u64 = "0",
        /// Bytes that may wait for one client that does not read, before `queue_full` decides. What is being written to it
        /// does not count, so that one message may be larger than this.
        queue_bytes: usize = "4194304",
        /// What happens to a client for which more waits than `queue_bytes`.
        queue_full: QueueFull = "\"disconnect\"",
        /// How long a client may send nothing at all, not even the answer to a ping.
        idle: Duration = "\"10m\"",
        /// How often a client that sends nothing is pinged.
        ping: Duration = "\"30s\"",
        /// How long it may take until such a client has sent something, or its socket has taken some of what waits for it.
        pong: Duration = "\"20s\"",
        /// How long a message may take from its first byte to its last. At the default, 16 MiB need a line of 4.5 Mbit/s.
        message_time: Duration = "\"30s\"",
        /// How long clients may take to read what waits for them when the gateway stops, or when it closes their connection.
        drain: Duration = "\"10s\"",
        /// How deep objects and lists of a message's JSON may be nested, at most 128.
        json_depth: usize = "64",
        /// Streams or monitors that one client may have open.
        streams: usize = "1000",
        /// Rows that one answer about the past may have.
        history_rows: usize = "100000",
    }
}

section! {
    /// Limits of the gateway as a whole; they stand in `[access.limits]` alone.
    pub struct WholeLimits {
        /// Memory for what is being received and what waits to be sent, of all listeners together. When it is spent, the largest
        /// unfinished message, or the largest queue, of the address that holds most goes first.
        memory: Size = "\"512MiB\"",
        /// How long the gateway goes on serving after `/readyz` has said that it is about to stop, so that whoever sends it
        /// clients can send them elsewhere.
        lame_duck: Duration = "\"0\"",
    }
}

choice! {
    /// What happens to a client for which too much waits.
    pub enum QueueFull {
        /// It is disconnected, so that it notices and can come back.
        Disconnect = "disconnect",
        /// It loses what has waited longest; every loss is counted.
        DropOldest = "drop_oldest",
        /// It loses what is new; every loss is counted.
        DropNewest = "drop_newest",
    }
}

impl Limits {
    /// The limits that the dialect itself keeps.
    pub fn of_dialect(&self) -> DialectLimits {
        DialectLimits { json_depth: self.json_depth, streams: self.streams, history_rows: self.history_rows }
    }
}

/// The largest value of a limit that has one.
pub(super) fn largest(key: &str) -> Option<u64> {
    match key {
        // The JSON reader itself stops there, so a larger number would promise what it cannot hold.
        "json_depth" => Some(128),
        // Transport counts a client's messages in 32 bits.
        "messages_per_second" | "accepts_per_second" => Some(u32::MAX.into()),
        _ => None,
    }
}
