//! Writing a published message: its own bytes for the product's clients, or an event for tails, ties and pages.
//!
//! Promises: the wire form is the body unchanged; a redacted event holds nothing from a message that nobody here has
//! read, and no field that identifies a person. Called by [`tieline_model::Dialect::encode`], once per representation.

use crate::effect::{OWN_END, own_end};
use crate::presence::{self, PRESENCE};
use crate::wire::command::Command;
use crate::wire::envelope::{Envelope, Parts};
use crate::wire::step_info;
use serde_json::value::RawValue;
use std::borrow::Cow;
use tieline_model::json::members;
use tieline_model::patient::REDACTED;
use tieline_model::{Message, Representation, Sight};

/// Appends the message in this representation.
pub(crate) fn encode(message: &Message, representation: Representation, out: &mut Vec<u8>) {
    match representation {
        Representation::Wire(variant) => match message.tag {
            // A receiver's variant is its type: what this server itself says is addressed to each.
            OWN_END => out.extend_from_slice(own_end(variant.0 as u32).as_bytes()),
            PRESENCE => out.extend_from_slice(presence::frame(variant.0 as u32, &body(message)).as_bytes()),
            _ => out.extend_from_slice(&message.body),
        },
        Representation::Event(_) if message.tag == PRESENCE => {
            let head = r#"{"sender":1,"receiver":0,"command":0,"name":"presence","data":"#;
            out.extend_from_slice(format!("{head}{}}}", body(message)).as_bytes());
        }
        Representation::Event(sight) => out.extend_from_slice(event(message, sight).as_bytes()),
    }
}

fn body(message: &Message) -> Cow<'_, str> {
    String::from_utf8_lossy(&message.body)
}

/// `{"sender","receiver","command","name","data"}` on one line; a receiver of 0 is everybody.
fn event(message: &Message, sight: Sight) -> String {
    let body = body(message);
    // What was published has been read before, so this is for a body that came from elsewhere.
    let unknown = || r#"{"sender":0,"receiver":0,"command":0,"name":"unknown","data":null}"#.to_owned();
    let Ok(text) = Parts::strict(&body, 0) else { return unknown() };
    let envelope = Parts::read(&text).and_then(|parts| parts.envelope());
    let Ok(Envelope { sender, receiver, command, data, .. }) = envelope else { return unknown() };
    let name = Command::of(command).name();
    let data = match (data, sight) {
        (None, _) => "null".to_owned(),
        (Some(data), Sight::Full) => one_line(data.get()),
        (Some(data), Sight::Redacted) => redacted(Command::of(command), data),
    };
    format!(r#"{{"sender":{sender},"receiver":{receiver},"command":{command},"name":"{name}","data":{data}}}"#)
}

/// JSON without line breaks; inside its strings there are none, so each one is a blank between tokens.
fn one_line(json: &str) -> String {
    json.replace(['\n', '\r'], " ")
}

/// The object with everything hidden that could identify a person: all but what the contract names as harmless.
/// Numbers and nested values are hidden as well as texts, since any of them may be somebody's number.
fn redacted(command: Command, data: &RawValue) -> String {
    let hidden = format!("\"{REDACTED}\"");
    let mut out = String::from("{");
    let read = members(data.get(), |key, raw| {
        if out.len() > 1 {
            out.push(',');
        }
        match is_field_name(key) {
            true => out.push_str(&serde_json::Value::from(key).to_string()),
            false => out.push_str(&hidden),
        }
        out.push(':');
        let shown = matches!(raw.get(), "null" | "true" | "false")
            || (command == Command::SendStepInfo && step_info::is_open(key));
        out.push_str(if shown { raw.get() } else { &hidden });
    });
    match read {
        Ok(()) => out + "}",
        Err(_) => hidden,
    }
}

/// Whether a key looks like the name of a field and not like data that was used as a key.
fn is_field_name(key: &str) -> bool {
    key.len() <= 40
        && key.starts_with(|first: char| first.is_ascii_alphabetic())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
