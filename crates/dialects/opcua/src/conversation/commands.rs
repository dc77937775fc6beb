//! `READ_REQUEST`, `WRITE_REQUEST` and `HISTORICALREAD_REQUEST`: what is carried out behind the dialect, and how its answer
//! is told.
//!
//! Promises: an answer goes to the request it belongs to, however many with the same handle are under way; nothing is built
//! from a value that is read, it is written to the client in one pass.

use super::{Denied, OpcuaConversation, Question, body, variable};
use crate::value;
use crate::wire::fields::{Unreadable, fields, is_nothing};
use crate::wire::head::Head;
use crate::wire::request::{Kind, Request};
use crate::wire::style::Style;
use serde_json::value::RawValue;
use tieline_model::{Asked, Command, DefaultGrant, Intent, Reason, Refusal, Replies, Right, Topic};

/// How many commands of one client may be under way.
const MOST_WAITING: usize = 10_000;

/// A request that waits for its answer.
pub(super) struct Waiting {
    kind: Kind,
    head: Head,
}

impl OpcuaConversation {
    /// Asks for a variable's value.
    pub(super) fn read(&mut self, request: &Request<'_>) -> Result<Asked, Denied> {
        let [name] = body(request, ["Variable"])?;
        let topic = variable(&self.shared, request, name)?.topic.clone();
        self.command(request, ("read", "opcua.read"), topic, Vec::new())
    }

    /// Gives a variable a value. Its name is looked at first, then the value.
    pub(super) fn write(&mut self, request: &Request<'_>) -> Result<Asked, Denied> {
        let [name, value] = body(request, ["Variable", "Value"])?;
        let variable = variable(&self.shared, request, name)?;
        if variable.is_method {
            // Its server knows what the arguments have to be.
            let arguments = value.map_or("{}", RawValue::get).as_bytes().to_vec();
            return self.command(request, ("write", "opcua.write"), variable.topic.clone(), arguments);
        }
        let value = value.ok_or_else(|| Denied::field(request, "`Body` needs `Value`"))?;
        let value = value::written(value, variable.own).map_err(|what| Denied::field(request, what))?;
        let topic = variable.topic.clone();
        self.command(request, ("write", "opcua.write"), topic, value)
    }

    /// Asks for a variable's past.
    pub(super) fn history(&mut self, request: &Request<'_>) -> Result<Asked, Denied> {
        let [name, start, end, most] = body(request, ["Variable", "StartTime", "EndTime", "MaxValues"])?;
        let topic = variable(&self.shared, request, name)?.topic.clone();
        let period = period(start, end, most, self.shared.limits.history_rows);
        let period = period.map_err(|what| Denied::field(request, what))?;
        self.command(request, ("history", "opcua.history"), topic, period)
    }

    fn command(
        &mut self,
        request: &Request<'_>,
        (verb, right): (&'static str, &'static str),
        topic: Topic,
        body: Vec<u8>,
    ) -> Result<Asked, Denied> {
        if self.waiting.len() >= MOST_WAITING {
            let refusal = Refusal::new(Reason::TooMany, "too many requests wait for their answers; wait for some");
            return Err(Denied::body(request.head(), "BadTooManyOperations", refusal));
        }
        self.ticket += 1;
        let ticket = self.ticket;
        self.waiting.insert(ticket, Waiting { kind: request.kind, head: request.head() });
        self.asked = Question::Command(ticket);
        Ok(Asked {
            right: Some(Right { verb: right, topics: vec![topic.clone()], default_grant: DefaultGrant::Everyone }),
            intent: Intent::Command(Command { verb, topic, body: body.into(), ticket }),
        })
    }

    /// Tells the answer to a command.
    pub(super) fn answered(&mut self, ticket: u64, answer: Result<&[u8], &Refusal>, replies: &mut Replies) {
        let Some(waiting) = self.waiting.remove(&ticket) else { return };
        if matches!(self.asked, Question::Command(asked) if asked == ticket) {
            self.asked = Question::Nothing;
        }
        replies.text(match answer {
            Ok(answer) => waiting.answered(answer, self.shared.style),
            Err(refusal) => waiting.head.failed(code(refusal)),
        });
    }
}

impl Waiting {
    /// The whole message when the access rules refuse it, or nothing is there to carry it out.
    pub(super) fn refused(self, refusal: &Refusal) -> String {
        match (self.kind, refusal.reason) {
            // Where the server's own refusals of a write are told.
            (Kind::Write, Reason::NotPermitted) => self.head.refused(code(refusal)),
            _ => self.head.failed(code(refusal)),
        }
    }

    fn answered(self, answer: &[u8], style: Style) -> String {
        match self.kind {
            Kind::Write => self.written(answer, style),
            kind => {
                let level = if kind == Kind::HistoricalRead { 3 } else { 1 };
                self.head.with(|out| style.write(answer, level, out))
            }
        }
    }

    /// `{}`, or what came out of a method; or why a value was not written: by the server, told in the header, or on the way
    /// to it, and of a method which arguments do not fit.
    fn written(self, answer: &[u8], style: Style) -> String {
        let whole = answer;
        let answer = std::str::from_utf8(answer).unwrap_or_default();
        let names = ["StatusCode", "By", "Outputs", "Arguments"];
        let Ok([code, by, outputs, arguments]) = fields(answer, names) else {
            return self.head.failed("BadInternalError");
        };
        if let Some(outputs) = outputs {
            return self.head.with(|out| style.write(outputs.get().as_bytes(), 0, out));
        }
        if arguments.is_some() {
            return self.head.with(|out| style.write(whole, 0, out));
        }
        match code.map(|code| code.get().trim_matches('"')) {
            None => self.head.done(style),
            Some(code) if by.is_some_and(|by| by.get() == r#""server""#) => self.head.refused(code),
            Some(code) => self.head.failed(code),
        }
    }
}

/// The status that says why something was not done.
pub(super) fn code(refusal: &Refusal) -> &'static str {
    match refusal.reason {
        Reason::NotPermitted => "BadUserAccessDenied",
        Reason::Unavailable => "BadNotConnected",
        Reason::TooMany => "BadTooManyOperations",
        _ => "BadInternalError",
    }
}

/// `{"StartTime","EndTime","MaxValues"}` in event form; `limit` 0 is none.
fn period(
    start: Option<&RawValue>,
    end: Option<&RawValue>,
    most: Option<&RawValue>,
    limit: usize,
) -> Result<Vec<u8>, Unreadable> {
    let most = match most.filter(|most| !is_nothing(most)) {
        Some(most) => u64::try_from(value::whole(most)?).map_err(|_| "`MaxValues` is a number from 0")?,
        None => 0,
    };
    let limit = limit as u64;
    // 0 is no bound, for a client as for the limit.
    let most = if most == 0 || (limit > 0 && limit < most) { limit } else { most };
    let mut out = br#"{"StartTime":"#.to_vec();
    value::time::bound(start.ok_or("`Body` needs `StartTime`")?, &mut out)?;
    out.extend_from_slice(br#","EndTime":"#);
    value::time::bound(end.ok_or("`Body` needs `EndTime`")?, &mut out)?;
    out.extend_from_slice(format!(r#","MaxValues":{most}}}"#).as_bytes());
    Ok(out)
}
