//! How everything that is said to a client begins and ends: the header with its type and the client's handle, then a body
//! or a status (contract `opcua`, Envelope).
//!
//! Promises: a message has either `Header.StatusCode` and no body, or a body. Called by conversations.

use super::style::Style;

/// A message up to the end of the client's handle: `{"Header":{"MessageType":"READ_RESPONSE","ClientHandle":"1"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head(Vec<u8>);

/// A client's own mark on its request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientHandle<'a> {
    /// `ClientHandle` or `ClientHandler`, as the client spells it.
    pub(crate) key: &'static str,
    /// Its content.
    pub(crate) text: &'a str,
}

/// What an update is called.
pub(crate) const UPDATE: &str = "MONITORUPDATE_MESSAGE";
/// What the answer to something that cannot be understood is called.
pub(crate) const ERROR: &str = "ERROR";

impl Head {
    /// The beginning of a message of this type.
    pub(crate) fn new(kind: &str, handle: Option<ClientHandle<'_>>) -> Head {
        let mut out = Vec::with_capacity(256);
        out.extend_from_slice(br#"{"Header":{"MessageType":""#);
        out.extend_from_slice(kind.as_bytes());
        out.push(b'"');
        if let Some(ClientHandle { key, text }) = handle {
            out.extend_from_slice(b",\"");
            out.extend_from_slice(key.as_bytes());
            out.extend_from_slice(b"\":");
            quote(text, &mut out);
        }
        Head(out)
    }

    /// Its bytes, for updates, which are written again and again.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The whole message with a status in its header.
    pub(crate) fn refused(mut self, code: &str) -> String {
        self.0.extend_from_slice(br#","StatusCode":""#);
        self.0.extend_from_slice(code.as_bytes());
        self.0.extend_from_slice(br#""}}"#);
        text(self.0)
    }

    /// The whole message with a status in its body.
    pub(crate) fn failed(self, code: &str) -> String {
        self.with(|out| {
            out.extend_from_slice(br#"{"StatusCode":""#);
            out.extend_from_slice(code.as_bytes());
            out.extend_from_slice(br#""}"#);
        })
    }

    /// The whole message with nothing in its body.
    pub(crate) fn done(self, style: Style) -> String {
        self.with(|out| out.extend_from_slice(if style.is_text { b"\"\"" } else { b"{}" }))
    }

    /// The whole message with what is written here as its body.
    pub(crate) fn with(mut self, body: impl FnOnce(&mut Vec<u8>)) -> String {
        self.0.extend_from_slice(br#"},"Body":"#);
        body(&mut self.0);
        self.0.push(b'}');
        text(self.0)
    }
}

/// What is written here is text as long as what it was made from is.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Appends a text as a JSON string.
pub(crate) fn quote(text: &str, out: &mut Vec<u8>) {
    let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
    }
}
