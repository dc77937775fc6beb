//! What a dialect is, what stands behind it, and the words between it and the rest: intents, outcomes, refusals, commands.

pub mod backend;
pub mod command;
pub mod conversation;
pub mod entry;
pub mod instrument;
pub mod intent;
pub mod outcome;
pub mod refusal;
pub mod service;
pub mod site;
