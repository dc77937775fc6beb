//! Who is on the other end of a session. Made by transport at the handshake, read by dialects and the access rules.

use std::fmt;
use std::net::SocketAddr;

/// One connected client, unique for the life of the process. The shard that owns it is in the upper bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(u64);

impl SessionId {
    /// Nobody: the origin of what a backend, a tie or the console publishes.
    pub const NONE: SessionId = SessionId(0);

    /// The `count`th session (from 1) of a sink.
    pub fn new(sink: u16, count: u64) -> SessionId {
        SessionId((u64::from(sink) << 48) | (count & ((1 << 48) - 1)))
    }

    /// The sink it belongs to.
    pub fn sink(self) -> u16 {
        (self.0 >> 48) as u16
    }

    /// The number, for logs and replies.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0 >> 48, self.0 & ((1 << 48) - 1))
    }
}

/// Who makes a request, as far as the network says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The client's address: the other end of the socket, or what a proxy that may speak for others says.
    pub address: SocketAddr,
    /// Whether somebody speaks for it, or says so.
    pub forwarded: bool,
}

impl Caller {
    /// Whether it is a program on this machine. Nobody is for whom somebody else speaks, whatever the address.
    pub fn is_local(&self) -> bool {
        !self.forwarded && self.address.ip().to_canonical().is_loopback()
    }
}

/// What is known of a client when its conversation begins.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The session this client has.
    pub session: SessionId,
    /// The client's address: the other end of its socket, or what a proxy that may speak for others says.
    pub address: SocketAddr,
    /// Whether somebody speaks for it, or says so: then it is never taken for a program on this machine.
    pub forwarded: bool,
    /// The request's path, and behind a `?` the query when there is one, still percent-encoded. One text: it is kept for
    /// as long as the session lives, of which there are many.
    pub target: Box<str>,
}

impl Peer {
    /// Whether the client is on this machine.
    pub fn is_local(&self) -> bool {
        Caller { address: self.address, forwarded: self.forwarded }.is_local()
    }

    /// The request's path, still percent-encoded.
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(&self.target, |(path, _)| path)
    }

    /// The request's query without its `?`, still percent-encoded; empty when there is none.
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_path_and_what_is_asked_of_it() {
        for (target, path, query) in [
            ("/", "/", ""),
            ("/a?", "/a", ""),
            ("/a?b=1&c=%3F?", "/a", "b=1&c=%3F?"),
            ("/a%3Fb", "/a%3Fb", ""),
            ("", "", ""),
        ] {
            let address = ([127, 0, 0, 1], 9).into();
            let peer = Peer { session: SessionId::new(0, 1), address, forwarded: false, target: target.into() };
            assert_eq!((peer.path(), peer.query()), (path, query), "{target}");
        }
    }
}
