//! A message on its way to the hub, and as the hub has numbered it.

use crate::{Filter, Sensitivity, SessionId, Topic};
use bytes::Bytes;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

/// What a dialect, a backend or a tie gives to the hub.
#[derive(Clone)]
pub struct Message {
    /// The subjects it is published on, at least one. Who hears several of them gets it once.
    pub topics: Vec<Topic>,
    /// The body in the dialect's own words; only its dialect reads it.
    pub body: Bytes,
    /// The dialect's own mark on the body, opaque to everybody else.
    pub tag: u32,
    /// Whether it may be about a person.
    pub sensitivity: Sensitivity,
    /// Whether the sender hears it too.
    pub echo: bool,
    /// `true`: the newest of its topic is retained and given to those who subscribe later.
    pub retain: bool,
    /// Those of its topics on which it is retained when it is not kept on all of them.
    pub retain_on: Vec<Topic>,
    /// What retained messages it makes obsolete; applied before it is retained itself.
    pub forget: Vec<Forget>,
    /// Whom or what a retained message is about, as a number that means something to its dialect only.
    pub subject: Option<u64>,
    /// Who hears one of these topics does not get it, whatever else it hears.
    pub spare: Vec<Topic>,
    /// Completes it when its turn has come, for what depends on what was said before it.
    pub turn: Option<Arc<dyn Turn>>,
}

/// What a message comes to, decided in the order of the hub: two clients on two shards may speak at once, and only the
/// hub knows who was first. Made by a dialect, taken by the hub.
pub trait Turn: Send + Sync {
    /// Completes the message, its topics included, and gives what is to be said right before it: nothing else comes in
    /// between. `None`: it is not to be said at all. Called once and under the hub's lock, so it must neither wait nor
    /// call the hub.
    fn take(&self, at: SystemTime, message: &mut Message) -> Option<Vec<Message>>;
}

impl Message {
    /// A message with this body on one topic; nothing retained, not to its sender, not about a person.
    pub fn new(topic: Topic, body: impl Into<Bytes>) -> Message {
        Message::on(vec![topic], body)
    }

    /// A message with this body on several topics.
    pub fn on(topics: Vec<Topic>, body: impl Into<Bytes>) -> Message {
        Message {
            topics,
            body: body.into(),
            tag: 0,
            sensitivity: Sensitivity::Open,
            echo: false,
            retain: false,
            retain_on: Vec::new(),
            forget: Vec::new(),
            subject: None,
            spare: Vec::new(),
            turn: None,
        }
    }

    /// The topics on which it is retained.
    pub fn kept_on(&self) -> &[Topic] {
        if self.retain { &self.topics } else { &self.retain_on }
    }
}

/// Kept messages to drop: those on matching topics, except those about `except_subject`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forget {
    /// Which topics.
    pub topics: Filter,
    /// Kept messages about this subject stay.
    pub except_subject: Option<u64>,
}

/// A message as it is handed to the hub: what was said, by whom, when.
#[derive(Debug, Clone)]
pub struct Published {
    /// When it was heard.
    pub at: SystemTime,
    /// The dialect it belongs to: who can encode it.
    pub dialect: &'static str,
    /// The session it came from, or [`SessionId::NONE`].
    pub origin: SessionId,
    /// What was said.
    pub message: Message,
}

impl fmt::Debug for Message {
    /// Never the body: it may be about a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("topics", &self.topics)
            .field("bytes", &self.body.len())
            .field("sensitivity", &self.sensitivity)
            .finish_non_exhaustive()
    }
}
