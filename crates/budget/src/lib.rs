//! What all connections share, as budgets: memory, file descriptors, and how many connections begin in a second.
//!
//! Promises: charges and releases sum to zero; when a budget is spent, the greediest gives back first, and nobody waits for
//! anybody. Called by transport, which charges it, and by the gateway, which sets the bounds.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod descriptors;
mod load;
mod memory;
mod rate;

pub use descriptors::{Descriptors, MOST_TURNED_AWAY, Share, Turn};
pub use load::{Load, Owner, Part};
pub use memory::{Eviction, Held, Mailbox, Memory, Network};
pub use rate::Rate;
