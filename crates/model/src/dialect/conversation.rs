//! What a dialect is: bytes in, intents and bytes out. No socket, no clock, no hub, no other dialect.
//!
//! The driver (transport's session) calls, for one client, in this order:
//! ```text
//! conversation = dialect.open(&peer);
//! begin → permit → hub → answer                      once
//! hear  → permit → hub → answer                      for every message the client sends
//! hear  → permit → executor, and later → answer       for one that has to be carried out behind the dialect
//! farewell                                            when the gateway stops
//! ended                                               once, when nothing is heard from it any more
//! ```
//! and, for every message that somebody hears, `dialect.encode` once per representation; about once a second `dialect.tick`.

use crate::{Asked, Message, Outcome, Page, Peer, Published, Refusal, Representation, Visit};
use std::time::Duration;

/// A complete message from a client.
#[derive(Debug, Clone, Copy)]
pub enum Frame<'a> {
    /// Valid UTF-8.
    Text(&'a str),
    /// Anything.
    Binary(&'a [u8]),
}

/// One product's protocol, made once per listener from its settings; shared by all shards.
pub trait Dialect: Send + Sync {
    /// The name: first token of its topics, section of the configuration, label of the metrics.
    fn name(&self) -> &'static str;

    /// Whether this request path exists; others get HTTP 404.
    fn admits(&self, path: &str) -> bool {
        let _ = path;
        true
    }

    /// Which of the offered subprotocols is answered.
    fn subprotocol<'a>(&self, offered: &[&'a str]) -> Option<&'a str> {
        let _ = offered;
        None
    }

    /// Whether clients may send binary frames; when not, one is refused with close code 1003.
    fn binary(&self) -> bool {
        false
    }

    /// Begins a conversation with a client whose handshake was accepted.
    fn open(&self, peer: &Peer) -> Box<dyn Conversation>;

    /// Writes the payload of a published message of this dialect. Called once per encoding, whoever many receive it.
    fn encode(&self, published: &Published, representation: Representation, out: &mut Vec<u8>);

    /// What stands at a path of the web site that came with the product; asked only when its entry has a `site`.
    fn visit(&self, visit: &Visit<'_>) -> Option<Page> {
        let _ = visit;
        None
    }

    /// What becomes of the JSON that a [`Page::Service`] has answered before it leaves the site.
    fn dress(&self, json: &[u8]) -> Vec<u8> {
        json.to_vec()
    }

    /// Time has passed: what is to be said because of that. `now` is by transport's clock, from its start. Called about
    /// once a second by every shard, so that what is told to one of them is not told to the next.
    fn tick(&self, now: Duration) -> Vec<Message> {
        let _ = now;
        Vec::new()
    }

    /// Something the backend behind the dialect says of a topic, which is no message: what clients who ask are told from now
    /// on. In words the two of them share.
    fn note(&self, topic: &crate::Topic, json: &str) {
        let _ = (topic, json);
    }

    /// Makes a message from a topic of this dialect and a JSON text: for the command line, ties and replay.
    fn compose(&self, topic: &crate::Topic, json: &str) -> Result<crate::Message, Refusal>;
}

/// One client's side of a dialect: what was said so far. Small: there is one per connection. It may be called from one thread now and
/// from another later, never from two at once.
pub trait Conversation: Send {
    /// What the client wants by connecting.
    fn begin(&mut self) -> Asked {
        Asked::answer()
    }

    /// Understands one message. An error is told to the client by `answer`, like any refusal.
    fn on_message(&mut self, frame: Frame<'_>) -> Result<Asked, Refusal>;

    /// Tells the client what became of what it asked for last, or of a command it gave earlier ([`Outcome::Answered`]).
    fn answer(&mut self, outcome: Outcome<'_>, replies: &mut Replies);

    /// Whether the message that was answered last is to be heard once more: it meant two things, one after the other.
    /// Asked after every answer to a message; whoever says yes says no the next time.
    fn hears_again(&mut self) -> bool {
        false
    }

    /// The client has gone, or is being closed: nothing is heard from it any more. What is said to it goes nowhere, what is
    /// published is.
    fn ended(&mut self, replies: &mut Replies) {
        let _ = replies;
    }

    /// Last words before the gateway stops; transport then closes with 1001 unless this closes otherwise.
    fn farewell(&mut self, replies: &mut Replies) {
        let _ = replies;
    }
}

/// One thing to say to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Utterance {
    /// A text frame.
    Text(String),
    /// A binary frame.
    Binary(Vec<u8>),
    /// A close frame; nothing follows it.
    Close(u16, &'static str),
}

/// What a dialect says to its own client, in order, and what it tells others because of it.
#[derive(Debug, Default)]
pub struct Replies {
    said: Vec<Utterance>,
    published: Vec<Message>,
}

impl Replies {
    /// Says a text.
    pub fn text(&mut self, text: impl Into<String>) {
        self.said.push(Utterance::Text(text.into()));
    }

    /// Says bytes.
    pub fn binary(&mut self, bytes: impl Into<Vec<u8>>) {
        self.said.push(Utterance::Binary(bytes.into()));
    }

    /// Ends the connection with this code (RFC 6455 section 7.4) and reason (at most 123 bytes).
    pub fn close(&mut self, code: u16, reason: &'static str) {
        self.said.push(Utterance::Close(code, reason));
    }

    /// Says something to everybody who hears its topics, before anything is said to the client. No right is asked for: it is
    /// the dialect that speaks, not its client.
    pub fn publish(&mut self, message: Message) {
        self.published.push(message);
    }

    /// Takes what is to be published, oldest first.
    pub fn take_published(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.published)
    }

    /// Takes what was said, oldest first.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Utterance> {
        self.said.drain(..)
    }

    /// What was said so far, for tests.
    pub fn said(&self) -> &[Utterance] {
        &self.said
    }
}
