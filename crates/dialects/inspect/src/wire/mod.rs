//! The product's words: what a request's JSON is spelled like, and the texts of the replies.

pub(crate) mod reply;
pub(crate) mod spelling;
