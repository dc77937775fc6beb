//! HTTP that what stands behind a dialect answers itself: everything below `/api/<dialect>/` of the console, and what the
//! dialect's own web site passes on to it ([`crate::Page::Service`]).
//!
//! Promises: a body is read by whoever answers, at its own pace, and is never in memory as a whole; every call is answered
//! exactly once, and one that is dropped answers that it was. No socket and no thread here. Called by the console, which has
//! checked who knocks.

use crate::{Caller, Sight};
use bytes::Bytes;
use std::io::Read;

/// Answers calls. It takes them at once and works on threads of its own.
pub trait Service: Send + Sync {
    /// How many bytes the body of a POST to this path may have; `None`: nothing takes a body there.
    fn most_bytes(&self, path: &str) -> Option<u64>;

    /// Takes a call; `replied` is told later, from any thread.
    fn call(&self, call: Call, replied: Replied);
}

/// One call.
pub struct Call {
    /// Where to, below `/api/<dialect>/` or as the dialect says, without percent-escapes and the query.
    pub path: String,
    /// The query's names and values, in order.
    pub query: Vec<(String, String)>,
    /// Who calls.
    pub caller: Caller,
    /// How much of what is patient data the caller sees: what the console shows holds none, a product's own site does as
    /// the product did.
    pub sight: Sight,
    /// What a POST brings; `None` for a GET. Reading it waits for the network and ends with an error when the caller goes
    /// away, is silent for too long, or sends more than `Service::most_bytes`.
    pub body: Option<Box<dyn Read + Send>>,
}

/// What comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The media type.
    pub kind: &'static str,
    /// The content.
    pub body: Bytes,
}

impl Reply {
    /// JSON.
    pub fn json(status: u16, json: impl Into<Bytes>) -> Reply {
        Reply { status, kind: "application/json", body: json.into() }
    }

    /// One line for people, without its line break; the status says what kind.
    pub fn told(status: u16, line: &str) -> Reply {
        Reply { status, kind: "text/plain; charset=utf-8", body: format!("Tieline: {line}\n").into() }
    }
}

/// Takes the reply to one call.
pub type Listening = Box<dyn FnOnce(Reply) + Send>;

/// The duty to answer one call; dropped, it answers that nobody could.
pub struct Replied(Option<Listening>);

impl Replied {
    /// The duty to tell `listening`.
    pub fn new(listening: Listening) -> Replied {
        Replied(Some(listening))
    }

    /// Answers.
    pub fn tell(mut self, reply: Reply) {
        if let Some(listening) = self.0.take() {
            listening(reply);
        }
    }
}

impl Drop for Replied {
    fn drop(&mut self) {
        if let Some(listening) = self.0.take() {
            listening(Reply::told(503, "what answers here has stopped"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;

    #[test]
    fn every_call_is_answered_exactly_once() {
        let (told, heard) = sync_channel(2);
        let duty = |told: &std::sync::mpsc::SyncSender<u16>| {
            let told = told.clone();
            Replied::new(Box::new(move |reply| told.send(reply.status).unwrap()))
        };
        duty(&told).tell(Reply::json(200, "{}"));
        drop(duty(&told));
        drop(told);
        assert_eq!(heard.iter().collect::<Vec<_>>(), [200, 503]);
    }
}
