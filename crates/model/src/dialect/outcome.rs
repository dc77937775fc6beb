//! What became of an intent; the dialect tells its client in the product's own words.

use crate::Refusal;
use std::net::SocketAddr;

/// What became of what a client asked for.
#[derive(Debug)]
pub enum Outcome<'a> {
    /// It is done.
    Done,
    /// It was not done, and nothing has changed.
    Refused(&'a Refusal),
    /// The answer to [`crate::Intent::Channels`], in no particular order.
    Channels(&'a [Channel]),
    /// The answer to a [`crate::Intent::Command`]; it may come after answers to what was asked later.
    Answered {
        /// The command's ticket.
        ticket: u64,
        /// JSON in the words of the dialect's event form, or why there is none.
        answer: Result<&'a [u8], &'a Refusal>,
    },
}

/// One pair of a session and a topic filter it hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// The client's end of its socket.
    pub peer: SocketAddr,
    /// What it hears.
    pub filter: crate::Filter,
    /// `false` while its queue is full.
    pub writable: bool,
}
