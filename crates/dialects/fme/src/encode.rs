//! What is sent on a stream, as a body and its tag, and the two ways it is written.
//!
//! Promises: the wire form is the payload alone, byte for byte. Called by the conversation and `compose` (which make
//! bodies), and by [`tieline_model::Dialect::encode`].

use crate::wire::request::Notation;
use tieline_model::lenient::Lenient;
use tieline_model::{Message, Reason, Refusal, Representation, Topic};

/// The body is the content of a JSON string.
const TEXT: u32 = 0;
/// The body is JSON text.
const JSON: u32 = 1;
/// The body is the text of a value that is written loosely, and JSON for nobody but those who read it so too.
const LOOSE: u32 = 2;

/// The message for `ws_msg`: a text's content, or any other value as it stands in the envelope.
pub(crate) fn message(topics: Vec<Topic>, value: Lenient<'_>, notation: Notation) -> Result<Message, Refusal> {
    if value.is_text() {
        let Some(content) = value.text() else {
            let detail = "`ws_msg` has half of a surrogate pair; it cannot be sent as text";
            return Err(Refusal::new(Reason::BadField, detail));
        };
        return Ok(Message { tag: TEXT, ..Message::on(topics, content.into_owned()) });
    }
    let is_json = notation == Notation::Strict || value.json().is_some();
    let tag = if is_json { JSON } else { LOOSE };
    Ok(Message { tag, ..Message::on(topics, value.source().as_bytes().to_vec()) })
}

/// Appends the message in this representation.
pub(crate) fn encode(message: &Message, representation: Representation, out: &mut Vec<u8>) {
    match representation {
        Representation::Wire(_) => out.extend_from_slice(&message.body),
        Representation::Event(_) => out.extend_from_slice(event(message).as_bytes()),
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
        // An event is JSON, so what is not goes into it as a text, with every character that it has.
        _ => serde_json::Value::from(body).to_string(),
    };
    format!(r#"{{"stream":{first},"streams":{streams},"message":{body}}}"#)
}
