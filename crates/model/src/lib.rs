//! The nouns that every part of Tieline shares: topics, messages, intents, outcomes, refusals, patient data, and the
//! traits a dialect implements.
//!
//! Promises: no socket, no clock, no thread, no log line. Whatever is here means the same in every other crate.
//! Called by everybody; calls nobody.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod backend;
pub mod command;
pub mod dialect;
pub mod door;
pub mod entry;
pub mod event;
pub mod form;
pub mod harmless;
pub mod instrument;
pub mod intent;
pub mod json;
pub mod limits;
pub mod loose;
pub mod message;
pub mod origin;
pub mod outcome;
pub mod patient;
pub mod peer;
pub mod permit;
pub mod proxies;
pub mod refusal;
pub mod service;
pub mod settings;
pub mod site;
pub mod topic;

pub use backend::{
    Backend, BackendEntry, BackendFault, BackendPlan, BadValue, HeardOf, Hearers, Publisher, Remembers, Tool,
    ToolContext, ToolSettings,
};
pub use command::{Answers, Command, Done, Executor, Wakes};
pub use dialect::{Conversation, Dialect, Frame, Replies, Utterance};
pub use door::Door;
pub use entry::Entry;
pub use form::{Coat, Form, Rendition, Sight, Variant};
pub use harmless::{Harmless, Safe};
pub use instrument::{Beat, Instrument};
pub use intent::{Asked, Intent, Recall, Removal, Right, Standing};
pub use limits::DialectLimits;
pub use message::{Forget, Message, Published, Turn};
pub use outcome::{Channel, Outcome};
pub use patient::{Patient, Sensitivity};
pub use peer::{Caller, Peer, SessionId};
pub use permit::{Permit, Standings};
pub use proxies::{Proxies, ProxyProtocol};
pub use refusal::{Reason, Refusal};
pub use service::Service;
pub use site::{Page, Visit};
pub use topic::{Filter, Part, Topic};
