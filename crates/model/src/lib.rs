//! The nouns that every part of Tieline shares: topics, messages, intents, outcomes, refusals, patient data, and the
//! traits a dialect implements.
//!
//! Promises: no socket, no clock, no thread, no log line. Whatever is here means the same in every other crate.
//! Called by everybody; calls nobody.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod access;
pub mod dialect;
pub mod encoding;
pub mod event;
pub mod json;
pub mod lenient;
pub mod loggable;
pub mod message;
pub mod patient;
pub mod settings;
pub mod topic;

pub use access::limits::DialectLimits;
pub use access::origin_policy::OriginPolicy;
pub use access::peer::{Caller, Peer, SessionId};
pub use access::permit::{DefaultGrants, Permit};
pub use access::proxies::{Proxies, ProxyProtocol};
pub use dialect::backend::{
    Backend, BackendEntry, BackendFault, BackendPlan, BadValue, Interest, InterestChanged, Publisher, Remembers, Tool,
    ToolContext, ToolSettings,
};
pub use dialect::command::{Answers, Command, Done, Executor, Wakes};
pub use dialect::conversation::{Conversation, Dialect, Frame, Replies, Utterance};
pub use dialect::entry::Entry;
pub use dialect::instrument::{Beat, Instrument};
pub use dialect::intent::{Asked, DefaultGrant, Intent, Recall, Removal, Right};
pub use dialect::outcome::{Channel, Outcome};
pub use dialect::refusal::{Reason, Refusal};
pub use dialect::service::Service;
pub use dialect::site::{Page, Visit};
pub use encoding::{Encoding, Framing, Representation, Sight, Variant};
pub use loggable::{Loggable, Safe};
pub use message::{Forget, Message, Published, Turn};
pub use patient::{Patient, Sensitivity};
pub use topic::{Filter, Part, Topic};
