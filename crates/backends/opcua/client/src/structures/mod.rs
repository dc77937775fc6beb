//! Asking a server for its own data types: when a session begins, before a value is written, and when one was met that is
//! not known.
//!
//! Promises: each is asked for once in a session, whatever comes of it; nobody waits longer than a while for a type.

mod ask;
mod define;
mod dictionary;

pub(crate) use ask::{fields, prepare};
pub use ask::{keep, learn, learn_in, learn_types, of_node, of_type};
