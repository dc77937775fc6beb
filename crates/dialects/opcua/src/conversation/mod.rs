//! One client's conversation: which monitors it has, what it waits for, and what it asked for last (contract `opcua`).
//!
//! Promises: nothing changes before the gateway has answered; every request has exactly one answer, under its own handle,
//! in whatever order they come; what cannot be understood has an `ERROR` and changes nothing. Called by transport's session
//! through [`tieline_model::Conversation`].

mod commands;
mod lists;
mod monitors;

use crate::Shared;
use crate::variables::Variable;
use crate::wire::fields::scalar;
use crate::wire::head::{ERROR, Head};
use crate::wire::request::{Kind, Request, Unknown};
use commands::Waiting;
use foldhash::fast::RandomState;
use monitors::Monitor;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::Arc;
use tieline_model::json::check_depth;
use tieline_model::{Asked, Conversation, Frame, Outcome, Reason, Refusal, Replies};

/// What one client has said so far.
pub(crate) struct OpcuaConversation {
    shared: Arc<Shared>,
    /// By the text of their handles.
    monitors: HashMap<Box<str>, Monitor>,
    /// Commands that were not answered yet, by their tickets.
    waiting: HashMap<u64, Waiting, RandomState>,
    /// The last ticket given; none is used twice.
    ticket: u64,
    asked: Question,
}

/// What the next answer is about.
#[derive(Default)]
enum Question {
    #[default]
    Nothing,
    /// The answer is ready.
    Ready(String),
    /// So is what is told of a request that was refused here.
    Denied(String),
    /// A command with this ticket, when it is refused before it is carried out.
    Command(u64),
    /// To have one more monitor.
    Start(Box<str>, Monitor, Head),
    /// To have this one no more.
    Stop(Box<str>, Head),
}

/// A request that is refused here, and what its client is told.
struct Denied {
    refusal: Refusal,
    answer: String,
}

impl Denied {
    /// With the status in the header: the request itself is wrong.
    fn header(head: Head, code: &str, refusal: Refusal) -> Denied {
        Denied { refusal, answer: head.refused(code) }
    }

    /// With the status in the body: it is about the variable.
    fn body(head: Head, code: &str, refusal: Refusal) -> Denied {
        Denied { refusal, answer: head.failed(code) }
    }

    /// The body lacks a field, or a value in it cannot be read.
    fn field(request: &Request<'_>, detail: &'static str) -> Denied {
        Denied::header(request.head(), "BadAttributeIdInvalid", Refusal::new(Reason::BadField, detail))
    }
}

impl OpcuaConversation {
    /// A client that has said nothing yet.
    pub(crate) fn new(shared: Arc<Shared>) -> OpcuaConversation {
        OpcuaConversation {
            shared,
            monitors: HashMap::new(),
            waiting: HashMap::default(),
            ticket: 0,
            asked: Question::Nothing,
        }
    }

    fn understand(&mut self, frame: Frame<'_>) -> Result<Asked, Denied> {
        let garbage = |Unknown { head, refusal }| Denied::header(head, "BadRequestHeaderInvalid", refusal);
        let Frame::Text(json) = frame else {
            let detail = "binary frames are not part of this protocol; send text";
            let refusal = Refusal::new(Reason::Unsupported, detail);
            return Err(garbage(Unknown { head: Head::new(ERROR, None), refusal }));
        };
        let request = Request::read(json).map_err(garbage)?;
        check_depth(json, self.shared.limits.json_depth)
            .map_err(|refusal| Denied::header(request.head(), "BadEncodingLimitsExceeded", refusal))?;
        match request.kind {
            Kind::Read => self.read(&request),
            Kind::Write => self.write(&request),
            Kind::HistoricalRead => self.history(&request),
            Kind::MonitorStart => self.start(&request),
            Kind::MonitorStop => self.stop(&request),
            Kind::ValueList => self.list(&request),
            Kind::ValueInfo => self.info(&request),
        }
    }
}

/// The variable that a request names: a name that is missing is the request's mistake, one that is unknown is told in the
/// body and before anything else that may be wrong.
fn variable(shared: &Shared, request: &Request<'_>, name: Option<&RawValue>) -> Result<Arc<Variable>, Denied> {
    let Some(name) = name.and_then(scalar) else {
        return Err(Denied::field(request, "`Body` needs `Variable`, the name of one"));
    };
    shared.variables.get(&name).ok_or_else(|| {
        let refusal = Refusal::new(Reason::Unknown, "no variable of this name is configured");
        Denied::body(request.head(), "BadNodeIdUnknown", refusal)
    })
}

/// The members of a request's body with these names.
fn body<'a, const N: usize>(request: &Request<'a>, names: [&str; N]) -> Result<[Option<&'a RawValue>; N], Denied> {
    crate::wire::fields::fields(request.body, names)
        .map_err(|_| Denied::field(request, "`Body` must be an object, with each field once"))
}

impl Conversation for OpcuaConversation {
    fn on_message(&mut self, frame: Frame<'_>) -> Result<Asked, Refusal> {
        self.asked = Question::Nothing;
        self.understand(frame).map_err(|Denied { refusal, answer }| {
            self.asked = Question::Denied(answer);
            refusal
        })
    }

    fn answer(&mut self, outcome: Outcome<'_>, replies: &mut Replies) {
        let refusal = match outcome {
            Outcome::Answered { ticket, answer } => return self.answered(ticket, answer, replies),
            Outcome::Refused(refusal) => Some(refusal),
            Outcome::Done | Outcome::Channels(_) => None,
        };
        match (std::mem::take(&mut self.asked), refusal) {
            (Question::Ready(answer), None) | (Question::Denied(answer), Some(_)) => replies.text(answer),
            (Question::Start(handle, monitor, head), None) => {
                self.monitors.insert(handle, monitor);
                replies.text(head.done(self.shared.style));
            }
            (Question::Stop(handle, head), None) => {
                self.monitors.remove(&handle);
                replies.text(head.done(self.shared.style));
            }
            (Question::Start(_, _, head) | Question::Stop(_, head), Some(refusal)) => {
                replies.text(head.failed(commands::code(refusal)));
            }
            (Question::Command(ticket), Some(refusal)) if !is_of_transport(refusal) => {
                if let Some(waiting) = self.waiting.remove(&ticket) {
                    replies.text(waiting.refused(refusal));
                }
            }
            // A message that was not even heard.
            (_, Some(refusal)) => replies.text(Head::new(ERROR, None).refused(unheard(refusal))),
            (_, None) => {}
        }
    }
}

/// Whether it is about a message that transport has not handed over: one too many, or too large. The command before it is
/// still under way then.
fn is_of_transport(refusal: &Refusal) -> bool {
    refusal.limit.is_some() && matches!(refusal.reason, Reason::TooMany | Reason::TooLarge)
}

fn unheard(refusal: &Refusal) -> &'static str {
    match refusal.reason {
        Reason::TooMany => "BadTooManyOperations",
        Reason::TooLarge => "BadRequestTooLarge",
        _ => "BadRequestHeaderInvalid",
    }
}
