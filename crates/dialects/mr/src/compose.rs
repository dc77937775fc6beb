//! Making a message from a topic and a frame's content: for the backend, the command line, ties and replay. Called by
//! [`tieline_model::Dialect::compose`], for every file of every scanner, so it passes over the text a fixed number of
//! times and builds no tree.

use crate::about::About;
use crate::wire::{frame, series::Series, session::Session, verdict::Content};
use serde::Deserialize;
use serde_json::value::RawValue;
use tieline_model::json::check_depth;
use tieline_model::{DialectLimits, Message, Reason, Refusal, Sensitivity, Topic};

/// The message whose body is the whole frame, not escaped.
pub(crate) fn compose(limits: DialectLimits, topic: &Topic, json: &str) -> Result<Message, Refusal> {
    let about = About::of(topic)?;
    check_depth(json, limits.json_depth)?;
    let body = match &about {
        About::New(station) => frame::write(Some(station), "new", &Content::read(json)?.in_order()),
        About::Update(station) => frame::write(Some(station), "update", &count(json)?.to_string()),
        About::Series(station) => frame::write(Some(station), "series", &Series::read(json)?.in_order(None)),
        About::Session(station) => frame::write(Some(station), "session", &Session::read(json)?.in_order()),
        About::Unreadable => frame::write(None, "unreadable", &unreadable(json)?),
    };
    let mut message = Message::new(topic.clone(), body);
    message.retain = matches!(about, About::New(_) | About::Series(_) | About::Session(_));
    message.sensitivity = match about {
        About::Update(_) => Sensitivity::Open,
        About::New(_) | About::Series(_) | About::Session(_) | About::Unreadable => Sensitivity::Patient,
    };
    Ok(message)
}

fn count(json: &str) -> Result<u64, Refusal> {
    let detail = "the content of mr.STATION.update is the number of further files, a whole number";
    serde_json::from_str(json).map_err(|_| Refusal::new(Reason::BadField, detail))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unreadable<'a> {
    #[serde(borrow)]
    path: &'a RawValue,
    #[serde(borrow)]
    reason: &'a RawValue,
}

fn unreadable(json: &str) -> Result<String, Refusal> {
    let told: Option<Unreadable<'_>> = serde_json::from_str(json).ok();
    match told.map(|told| (told.path.get(), told.reason.get())) {
        Some((path, reason)) if path.starts_with('"') && reason.starts_with('"') => {
            Ok(format!(r#"{{"path":{path},"reason":{reason}}}"#))
        }
        _ => {
            let detail = "the content of mr.unreadable is an object of two texts, `path` and `reason`";
            Err(Refusal::new(Reason::BadField, detail))
        }
    }
}
