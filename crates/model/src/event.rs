//! The event form of a message: JSON that means the same in every dialect, for tails, pages, ties and the journal.
//!
//! `{"topic":"fme.vehicles","at":"2026-11-21T08:00:00.125Z","dialect":"fme","session":"1-7","event":{…}}`; `topics` comes
//! in besides when there are several, and `event` is the dialect's own. Called by whoever makes finished payloads.

use crate::{Dialect, Published, Representation, Sight};
use serde_json::json;

/// Writes the payload of a message in any representation: the dialect's bytes, inside the envelope for events.
pub fn write_payload(dialect: &dyn Dialect, published: &Published, representation: Representation, out: &mut Vec<u8>) {
    match representation {
        Representation::Wire(_) => dialect.encode(published, representation, out),
        Representation::Event(sight) => write_event(dialect, published, sight, out),
    }
}

fn write_event(dialect: &dyn Dialect, published: &Published, sight: Sight, out: &mut Vec<u8>) {
    let topics: Vec<&str> = published.message.topics.iter().map(crate::Topic::as_str).collect();
    let mut head = json!({
        "topic": topics.first(),
        "at": humantime::format_rfc3339_millis(published.at).to_string(),
        "dialect": published.dialect,
        "session": published.origin.to_string(),
    });
    if topics.len() > 1 {
        head["topics"] = json!(topics);
    }
    let mut head = head.to_string();
    head.pop();
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(b",\"event\":");
    dialect.encode(published, Representation::Event(sight), out);
    out.push(b'}');
}
