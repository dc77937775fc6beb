//! Decides who hears a message, and in which order.
//!
//! Promises: synchronous, no socket, no JSON, no product. One order for all topics: whoever hears two messages hears
//! them as the hub numbered them, on whatever shard. Everything here is per message or per group, never per
//! receiver: the sinks (shards, the console) hold their own members and do that part.
//! Called by transport (sessions, flush), the console (tails) and later backends and ties.
//!
//! Sessions whose bytes will be identical form a subscriber group: the set of their subscriptions (filter and encoding) is equal.
//! A session is in one group at a time, so it hears a message once however many of its filters match.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod difference;
mod groups;
mod hub;
mod index;
mod retained;
mod sink;

pub use hub::{Hub, HubLimits, LastOf, Reach};
pub use sink::{Delivery, Joined, Later, Pressure, RetainedFor, Sink};

use tieline_model::{Encoding, Filter, Removal};

/// One thing a session hears, and in which encoding it gets it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subscription {
    /// Which topics.
    pub filter: Filter,
    /// What makes the bytes.
    pub encoding: Encoding,
}

/// What changes about what a session hears.
#[derive(Debug)]
pub struct Change {
    /// What it hears from now on.
    pub add: Vec<Subscription>,
    /// What it hears no more, unless it is added.
    pub remove: Removal<Subscription>,
}

impl Change {
    /// It hears exactly these from now on.
    pub fn to(subscriptions: Vec<Subscription>) -> Change {
        Change { add: subscriptions, remove: Removal::Everything }
    }

    /// It hears nothing any more.
    pub fn leave() -> Change {
        Change::to(Vec::new())
    }
}
