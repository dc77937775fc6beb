//! The messages of contract `vxvue`, one subject per file: reading them, and writing this server's own replies.

pub(crate) mod command;
pub(crate) mod envelope;
pub(crate) mod fields;
pub(crate) mod participant;
pub(crate) mod patient_info;
pub(crate) mod reply;
pub(crate) mod step_info;
