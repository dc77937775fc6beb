//! The messages of contract `fme`, one subject per file: reading them, and writing this server's own replies.

pub(crate) mod open;
pub(crate) mod reply;
pub(crate) mod request;
