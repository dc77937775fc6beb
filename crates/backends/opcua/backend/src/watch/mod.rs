//! What somebody hears, as monitored items, and the way of their values to the hub.
//!
//! Promises: one monitored item for each variable that anybody hears or that is recorded, however many hear it; every value
//! that a server reports is published in order, once, as long as the link is up; when it is not, that is told once; what is
//! kept of a variable is never good while it may be stale.

mod adding;
mod arrivals;
mod feed;
mod health;
mod hearing;
mod items;
mod poll;
mod range;
mod sequence;
mod silence;
mod sink;
mod subscription;
#[cfg(test)]
mod tests;

pub(crate) use arrivals::clocked;
pub(crate) use feed::{Feed, Targets, deliver, release};
pub(crate) use hearing::InterestSet;
pub(crate) use items::keep;
