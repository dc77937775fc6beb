//! What a client asks for: its type, its handle, and the body as it stands in the text (contract `opcua`, Envelope and
//! Messages).
//!
//! Promises: one pass over the text, no tree; the body is not read. Called by the conversation.

use super::fields::{fields, scalar};
use super::head::{ClientHandle, ERROR, Head};
use serde_json::value::RawValue;
use std::borrow::Cow;
use tieline_model::{Reason, Refusal, safe};

/// How long a handle may be, in bytes of UTF-8: it is kept while a monitor or a question is open.
pub(crate) const HANDLE_BYTES: usize = 1024;

/// The requests of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    ValueList,
    ValueInfo,
    Read,
    Write,
    HistoricalRead,
    MonitorStart,
    MonitorStop,
}

impl Kind {
    fn named(text: &str) -> Option<Kind> {
        Some(match text {
            "READ_REQUEST" => Kind::Read,
            "WRITE_REQUEST" => Kind::Write,
            "MONITORSTART_REQUEST" => Kind::MonitorStart,
            "MONITORSTOP_REQUEST" => Kind::MonitorStop,
            "VALUELIST_REQUEST" => Kind::ValueList,
            "VALUEINFO_REQUEST" => Kind::ValueInfo,
            "HISTORICALREAD_REQUEST" => Kind::HistoricalRead,
            _ => return None,
        })
    }

    fn response(self) -> &'static str {
        match self {
            Kind::Read => "READ_RESPONSE",
            Kind::Write => "WRITE_RESPONSE",
            Kind::MonitorStart => "MONITORSTART_RESPONSE",
            Kind::MonitorStop => "MONITORSTOP_RESPONSE",
            Kind::ValueList => "VALUELIST_RESPONSE",
            Kind::ValueInfo => "VALUEINFO_RESPONSE",
            Kind::HistoricalRead => "HISTORICALREAD_RESPONSE",
        }
    }
}

/// A request whose header can be read.
pub(crate) struct Request<'a> {
    pub(crate) kind: Kind,
    /// As the client spells its key.
    key: &'static str,
    handle: Cow<'a, str>,
    /// Absent is the same as empty.
    pub(crate) body: &'a str,
}

/// A request whose header cannot be read: why, and how the answer begins.
pub(crate) struct Unknown {
    pub(crate) head: Head,
    pub(crate) refusal: Refusal,
}

impl<'a> Request<'a> {
    /// Reads the header.
    pub(crate) fn read(json: &'a str) -> Result<Request<'a>, Unknown> {
        let unknown = |refusal| Unknown { head: Head::new(ERROR, None), refusal };
        let [header, body] = fields(json, ["Header", "Body"]).map_err(unknown)?;
        let header = header.map_or("{}", RawValue::get);
        let names = ["MessageType", "ClientHandle", "ClientHandler"];
        let [kind, handle, handler] = fields(header, names).map_err(unknown)?;
        let (key, handle) = match (handle, handler) {
            (Some(handle), _) => ("ClientHandle", handle),
            (None, Some(handler)) => ("ClientHandler", handler),
            (None, None) => {
                let detail = "`Header` has no `ClientHandle`; it is a text, any, and comes back with the answer";
                return Err(unknown(Refusal::new(Reason::BadField, detail)));
            }
        };
        let Some(handle) = scalar(handle) else {
            return Err(unknown(Refusal::new(Reason::BadField, "`ClientHandle` must be a text or a number")));
        };
        if handle.len() > HANDLE_BYTES {
            let detail = safe!("`ClientHandle` has at most {} bytes", HANDLE_BYTES);
            return Err(unknown(Refusal::new(Reason::TooLarge, detail)));
        }
        let Some(kind) = kind.and_then(scalar).as_deref().and_then(Kind::named) else {
            let head = Head::new(ERROR, Some(ClientHandle { key, text: &handle }));
            let refusal = Refusal::new(Reason::Unknown, "`MessageType` is none of this protocol's requests");
            return Err(Unknown { head, refusal });
        };
        Ok(Request { kind, key, handle, body: body.map_or("{}", RawValue::get) })
    }

    /// The client's handle.
    pub(crate) fn handle(&self) -> ClientHandle<'_> {
        ClientHandle { key: self.key, text: &self.handle }
    }

    /// How its answer begins.
    pub(crate) fn head(&self) -> Head {
        Head::new(self.kind.response(), Some(self.handle()))
    }
}
