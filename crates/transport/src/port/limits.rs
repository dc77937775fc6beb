//! The limits transport keeps for a listener (contract `access`, section Limits). 0 switches one off.

use std::time::Duration;

/// What happens to a client whose queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QueueFull {
    /// It is told why and disconnected: it can come back and start afresh.
    #[default]
    Disconnect,
    /// What has waited longest goes; the client sees a gap and then the newest.
    DropOldest,
    /// What does not fit is not queued; the client sees everything up to a gap.
    DropNewest,
}

/// Limits of one listener; sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// `connections`: open at once on this listener.
    pub connections: usize,
    /// `connections_per_address`: of them, from one peer address.
    pub connections_per_address: usize,
    /// `accepts_per_second`: on this port; more wait to be accepted.
    pub accepts_per_second: u32,
    /// `handshake`: from accept to the end of the upgrade, TLS included.
    pub handshake: Duration,
    /// `header_bytes`: of the HTTP request.
    pub header_bytes: usize,
    /// `body`: for a request's body to come, and for an answer to be taken (HTTP ports).
    pub body: Duration,
    /// `keep_alive`: from an answer to the next request (HTTP ports).
    pub keep_alive: Duration,
    /// `message_bytes`: of one message on the wire.
    pub message_bytes: usize,
    /// `inflated_bytes`: of one message after decompression.
    pub inflated_bytes: usize,
    /// `fragments`: frames of one message.
    pub fragments: usize,
    /// `messages_per_second`: of one session.
    pub messages_per_second: u32,
    /// `queue_bytes`: of one session, what its socket has not taken yet, besides the frame that is on its way.
    pub queue_bytes: usize,
    /// `queue_full`: what happens then.
    pub queue_full: QueueFull,
    /// `idle`: without any frame from the client.
    pub idle: Duration,
    /// `ping`: how long a client is silent before it is asked whether it is still there.
    pub ping: Duration,
    /// `message_time`: from a message's first byte to its last.
    pub message_time: Duration,
    /// `drain`: how long clients may take to read what waits for them when they are closed.
    pub drain: Duration,
    /// `pong`: how long it may take to answer.
    pub pong: Duration,
    /// `compression` of the listener: whether permessage-deflate is agreed on with clients that offer it.
    pub compression: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 10_000,
            connections_per_address: 1_000,
            accepts_per_second: 2_000,
            handshake: Duration::from_secs(5),
            header_bytes: 16 << 10,
            body: Duration::from_secs(30),
            keep_alive: Duration::from_secs(60),
            message_bytes: 16 << 20,
            inflated_bytes: 16 << 20,
            fragments: 100_000,
            messages_per_second: 0,
            queue_bytes: 4 << 20,
            queue_full: QueueFull::Disconnect,
            idle: Duration::from_secs(600),
            ping: Duration::from_secs(30),
            message_time: Duration::from_secs(30),
            drain: Duration::from_secs(10),
            pong: Duration::from_secs(20),
            compression: true,
        }
    }
}
