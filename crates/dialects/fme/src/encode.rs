//! What is sent on a stream, as a body and its tag, and the two ways it is written.
//!
//! Promises: the wire form is the payload alone, byte for byte. Called by the conversation and `compose` (which make
//! bodies), and by [`tieline_model::Dialect::encode`].

use crate::wire::text::text;
use serde_json::value::RawValue;
use tieline_model::{Message, Reason, Refusal, Rendition, Topic};

/// The body is the content of a JSON string.
const TEXT: u32 = 0;
/// The body is JSON text.
const JSON: u32 = 1;

/// The message for `ws_msg`: a string's content, or any other value as its JSON text.
pub(crate) fn message(topics: Vec<Topic>, value: &RawValue, echo: bool) -> Result<Message, Refusal> {
    let mut message = if value.get().starts_with('"') {
        let Some(content) = text(value) else {
            let detail = "`ws_msg` has half of a surrogate pair; it cannot be sent as text";
            return Err(Refusal::new(Reason::BadField, detail));
        };
        Message::on(topics, content.into_owned())
    } else {
        Message::on(topics, value.get().as_bytes().to_vec())
    };
    message.tag = if value.get().starts_with('"') { TEXT } else { JSON };
    message.echo = echo;
    Ok(message)
}

/// Appends the message in this rendition.
pub(crate) fn encode(message: &Message, rendition: Rendition, out: &mut Vec<u8>) {
    match rendition {
        Rendition::Wire(_) => out.extend_from_slice(&message.body),
        Rendition::Event(_) => out.extend_from_slice(event(message).as_bytes()),
    }
}

/// `{"stream","streams","message"}` on one line.
fn event(message: &Message) -> String {
    let streams: Vec<serde_json::Value> =
        message.topics.iter().filter_map(|topic| topic.token(1)).map(serde_json::Value::from).collect();
    let first = streams.first().cloned().unwrap_or_default();
    let streams = serde_json::Value::from(streams);
    let body = String::from_utf8_lossy(&message.body);
    let body = match message.tag {
        // Line breaks inside JSON are blanks between tokens; in its strings there are none.
        JSON => body.replace(['\n', '\r'], " "),
        _ => serde_json::Value::from(body).to_string(),
    };
    format!(r#"{{"stream":{first},"streams":{streams},"message":{body}}}"#)
}
