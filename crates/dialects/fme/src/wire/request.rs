//! What a client asks for, split into its members (contract `fme`).
//!
//! Promises: one pass over the text, and a second, tolerant one over what is not JSON; no tree, `ws_msg` not understood,
//! unknown members skipped. Called by the conversation.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use tieline_model::json::{check_depth, malformed};
use tieline_model::lenient::{self, Lenient};
use tieline_model::{Reason, Refusal, safe};

/// The members that mean something, as they stand in the text.
#[derive(Default)]
pub(crate) struct Request<'a> {
    op: Option<Lenient<'a>>,
    /// `ws_msg`.
    pub(crate) message: Option<Lenient<'a>>,
    /// `ws_stream_ids`.
    pub(crate) ids: Option<Lenient<'a>>,
    /// `ws_stream_id`, the older spelling.
    pub(crate) id: Option<Lenient<'a>>,
    twice: Option<&'static str>,
    /// How it was written.
    pub(crate) notation: Notation,
}

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Notation {
    /// As JSON.
    #[default]
    Strict,
    /// As the vendor's own material writes it: keys without quotation marks, comments, `NaN`.
    Lenient,
}

/// The operations of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Open,
    Send,
    Close,
    Admin,
}

impl<'a> Request<'a> {
    /// Splits a message into its members: refuses what is not an object, or nested deeper than `depth`.
    pub(crate) fn read(text: &'a str, depth: usize) -> Result<Request<'a>, Refusal> {
        let strictly = check_depth(text, depth);
        let strictly = strictly.and_then(|()| serde_json::from_str(text).map_err(|error| malformed(&error)));
        // What is neither is refused for what it is as JSON: that is what nearly everybody means to send.
        strictly.or_else(|refusal| Request::leniently(text, depth).map_err(|_| refusal))
    }

    fn leniently(text: &'a str, depth: usize) -> Result<Request<'a>, Refusal> {
        let mut request = Request { notation: Notation::Lenient, ..Request::default() };
        lenient::members(text, depth, |key, value| request.put(Key::of(key), value))?;
        Ok(request)
    }

    fn put(&mut self, key: Key, value: Lenient<'a>) {
        let (slot, name) = match key {
            Key::Op => (&mut self.op, "ws_op"),
            Key::Message => (&mut self.message, "ws_msg"),
            Key::Ids => (&mut self.ids, "ws_stream_ids"),
            Key::Id => (&mut self.id, "ws_stream_id"),
            Key::Other => return,
        };
        if slot.replace(value).is_some() {
            self.twice = Some(name);
        }
    }

    /// What is to be done. A member that is there twice is refused here: it could mean either.
    pub(crate) fn operation(&self) -> Result<Operation, Refusal> {
        if let Some(key) = self.twice {
            return Err(Refusal::new(Reason::BadField, safe!("`{}` is there twice; send it once", key)));
        }
        let Some(op) = self.op else {
            return Err(Refusal::new(Reason::BadField, "`ws_op` is missing; it is open, send, close or admin"));
        };
        match op.text().as_deref() {
            Some("send") => Ok(Operation::Send),
            Some("open") => Ok(Operation::Open),
            Some("close") => Ok(Operation::Close),
            Some("admin") => Ok(Operation::Admin),
            _ => Err(Refusal::new(Reason::Unknown, "unknown `ws_op`; it is open, send, close or admin")),
        }
    }
}

#[derive(Deserialize)]
#[serde(field_identifier)]
enum Key {
    #[serde(rename = "ws_op")]
    Op,
    #[serde(rename = "ws_msg")]
    Message,
    #[serde(rename = "ws_stream_ids")]
    Ids,
    #[serde(rename = "ws_stream_id")]
    Id,
    #[serde(other)]
    Other,
}

impl Key {
    fn of(key: &str) -> Key {
        match key {
            "ws_op" => Key::Op,
            "ws_msg" => Key::Message,
            "ws_stream_ids" => Key::Ids,
            "ws_stream_id" => Key::Id,
            _ => Key::Other,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Request<'a> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Request<'a>, D::Error> {
        reader.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Request<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Request<'de>, A::Error> {
        let mut request = Request::default();
        while let Some(key) = map.next_key()? {
            match key {
                Key::Other => drop(map.next_value::<IgnoredAny>()?),
                key => request.put(key, Lenient::of(map.next_value::<&RawValue>()?)),
            }
        }
        Ok(request)
    }
}
