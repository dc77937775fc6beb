//! What folders hold, kept up to date: looked through when a session begins, when the server tells that its nodes have changed,
//! and now and then.
//!
//! Promises: nothing is looked at while the server is away. Run beside the link of each server.

mod changes;
mod keep;

pub(crate) use keep::keep;
