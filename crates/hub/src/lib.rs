//! Decides who hears a message, and in which order.
//!
//! Promises: synchronous, no socket, no JSON, no product. One order for all topics: whoever hears two messages hears
//! them as the hub numbered them, on whatever shard. Everything here is per message or per audience, never per
//! receiver: the outlets (shards, the console) hold their own members and do that part.
//! Called by transport (sessions, flush), the console (tails) and later sources and ties.
//!
//! Sessions whose bytes will be identical form an audience: the set of their subscriptions (filter and form) is equal.
//! A session is in one audience at a time, so it hears a message once however many of its filters match.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod audiences;
mod difference;
mod hub;
mod index;
mod kept;
mod outlet;

pub use hub::{Hub, HubLimits, LastOf, Reach};
pub use outlet::{Delivery, Joined, KeptFor, Later, Outlet, Pressure};

use tieline_model::{Filter, Form, Removal};

/// One thing a session hears, and in which form it gets it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subscription {
    /// Which topics.
    pub filter: Filter,
    /// What makes the bytes.
    pub form: Form,
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
