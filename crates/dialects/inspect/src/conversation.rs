//! One client's conversation: a reply for each request, in order (contract `inspect`).
//!
//! Promises: several commands may be under way at once; a `quit` waits for the replies before it, and nothing behind it is
//! heard. Called by transport's session through [`tieline_model::Conversation`].

use crate::NAME;
use crate::places::{CLOSING, Place, Places};
use crate::request::{Request, Wrong, read};
use crate::rules::Rules;
use crate::wire::reply::refused;
use std::sync::Arc;
use tieline_model::{Asked, Command, Conversation, Frame, Intent, Outcome, Reason, Refusal, Replies};
use tieline_model::{DefaultGrant, Right, Topic, safe};

/// Replies that may wait for one before them, and bytes that may be held for them. Commands under way are bounded by
/// transport, which then reads no more; this is for what is answered at once and waits behind a command.
pub(crate) const MOST_WAITING: usize = 1024;
pub(crate) const MOST_BYTES: usize = 4 << 20;

/// What one client has said so far.
pub(crate) struct InspectConversation {
    rules: Arc<Rules>,
    places: Places,
    heard: Heard,
    /// Nothing more is heard: it said `quit`, or too much.
    ended: bool,
}

/// What the next outcome is about.
#[derive(Default, Clone, Copy)]
enum Heard {
    #[default]
    Nothing,
    /// A request whose reply has its place already.
    Answered,
    /// The command with this ticket, which may still be refused.
    Command(u64),
    /// More than may wait.
    TooMuch,
}

impl InspectConversation {
    /// A client that has said nothing yet.
    pub(crate) fn new(rules: Arc<Rules>) -> InspectConversation {
        InspectConversation { rules, places: Places::default(), heard: Heard::Nothing, ended: false }
    }

    fn command(&mut self, name: &str, body: String, place: Place) -> Asked {
        let (topic, ticket) = (Topic::new([NAME, name]), self.places.take(place));
        self.heard = Heard::Command(ticket);
        let right = Right { verb: "inspect.run", topics: vec![topic.clone()], default_grant: DefaultGrant::Everyone };
        let command = Command { verb: "run", topic, body: body.into(), ticket };
        Asked { intent: Intent::Command(command), right: Some(right) }
    }

    /// Takes a place for a reply that nothing has to be done for.
    fn ready(&mut self, place: Place) -> Asked {
        self.heard = Heard::Answered;
        self.places.take(place);
        Asked::answer()
    }

    fn within_bounds(&mut self) -> Result<(), Refusal> {
        let (replies, bytes) = self.places.held();
        if replies < MOST_WAITING && bytes < MOST_BYTES {
            return Ok(());
        }
        (self.heard, self.ended) = (Heard::TooMuch, true);
        let detail = safe!("{} replies of {} bytes wait for a command; ask less before it is answered", replies, bytes);
        Err(Refusal::new(Reason::TooMany, detail))
    }

    fn refused(&mut self, refusal: &Refusal, replies: &mut Replies) {
        match std::mem::take(&mut self.heard) {
            Heard::Answered => {}
            Heard::TooMuch => replies.close(1008, "Too many requests are waiting."),
            // A limit of transport's is about a message that was never heard here, so not about the command before it.
            Heard::Command(ticket) if refusal.limit.is_none() => self.places.settle(ticket, Err(refusal)),
            Heard::Nothing | Heard::Command(_) if self.ended => {}
            Heard::Nothing | Heard::Command(_) => drop(self.places.take(Place::Ready(refused(refusal)))),
        }
    }
}

impl Conversation for InspectConversation {
    fn on_message(&mut self, frame: Frame<'_>) -> Result<Asked, Refusal> {
        self.heard = Heard::Nothing;
        if self.ended {
            return Ok(Asked::answer());
        }
        self.within_bounds()?;
        let Frame::Text(text) = frame else {
            return Err(Refusal::new(Reason::Unsupported, "binary frames are not part of this protocol; send text"));
        };
        match read(text, &self.rules) {
            Ok(Request::Quit) => {
                self.ended = true;
                Ok(self.ready(Place::Bye))
            }
            Ok(Request::Reply(reply)) => Ok(self.ready(Place::Ready(reply.to_owned()))),
            Ok(Request::Command { name, body, underway }) => Ok(self.command(&name, body, Place::Underway(underway))),
            Err(Wrong { reply, refusal }) => {
                self.ready(Place::Ready(reply));
                Err(refusal)
            }
        }
    }

    fn answer(&mut self, outcome: Outcome<'_>, replies: &mut Replies) {
        match outcome {
            Outcome::Refused(refusal) => self.refused(refusal, replies),
            Outcome::Answered { ticket, answer } => self.places.settle(ticket, answer),
            Outcome::Done | Outcome::Channels(_) => self.heard = Heard::Nothing,
        }
        self.places.say(replies);
    }

    fn farewell(&mut self, replies: &mut Replies) {
        replies.close(1001, CLOSING);
    }
}
