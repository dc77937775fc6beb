//! What a client asks for, split into its members (contract `fme`).
//!
//! Promises: one pass over the text, no tree, `ws_msg` not read, unknown members skipped. Called by the conversation.

use super::text::text;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use tieline_model::json::malformed;
use tieline_model::{Reason, Refusal, safe};

/// The members that mean something, as they stand in the text.
#[derive(Default)]
pub(crate) struct Request<'a> {
    op: Option<&'a RawValue>,
    /// `ws_msg`.
    pub(crate) message: Option<&'a RawValue>,
    /// `ws_stream_ids`.
    pub(crate) ids: Option<&'a RawValue>,
    /// `ws_stream_id`, the older spelling.
    pub(crate) id: Option<&'a RawValue>,
    twice: Option<&'static str>,
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
    /// Splits a message into its members: refuses what is not a JSON object.
    pub(crate) fn read(json: &'a str) -> Result<Request<'a>, Refusal> {
        serde_json::from_str(json).map_err(|error| malformed(&error))
    }

    /// What is to be done. A member that is there twice is refused here: it could mean either.
    pub(crate) fn operation(&self) -> Result<Operation, Refusal> {
        if let Some(key) = self.twice {
            return Err(Refusal::new(Reason::BadField, safe!("`{}` is there twice; send it once", key)));
        }
        let Some(op) = self.op else {
            return Err(Refusal::new(Reason::BadField, "`ws_op` is missing; it is open, send, close or admin"));
        };
        match text(op).as_deref() {
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
            let (slot, name) = match key {
                Key::Op => (&mut request.op, "ws_op"),
                Key::Message => (&mut request.message, "ws_msg"),
                Key::Ids => (&mut request.ids, "ws_stream_ids"),
                Key::Id => (&mut request.id, "ws_stream_id"),
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if slot.replace(map.next_value()?).is_some() {
                request.twice = Some(name);
            }
        }
        Ok(request)
    }
}
