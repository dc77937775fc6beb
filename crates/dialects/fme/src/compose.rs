//! Making a message from a topic and a JSON text: for the command line, ties and replay. Called by
//! [`tieline_model::Dialect::compose`].

use crate::wire::open::check;
use crate::wire::request::Notation;
use crate::{NAME, Rules, encode};
use serde_json::value::RawValue;
use tieline_model::json::{check_depth, malformed};
use tieline_model::lenient::Lenient;
use tieline_model::{Message, Reason, Refusal, Topic};

/// `fme.<stream>` and what is sent on it: a JSON string as its content, anything else as its JSON text.
pub(crate) fn compose(rules: &Rules, topic: &Topic, json: &str) -> Result<Message, Refusal> {
    let mut tokens = topic.tokens();
    let (Some(NAME), Some(_), None) = (tokens.next(), tokens.next(), tokens.next()) else {
        return Err(Refusal::new(Reason::BadField, "the topic must be fme.STREAM, as in fme.vehicles"));
    };
    let id = topic.token(1).unwrap_or_default();
    check(&id)?;
    check_depth(json, rules.limits.json_depth)?;
    let value: &RawValue = serde_json::from_str(json).map_err(|error| malformed(&error))?;
    let topics = vec![Topic::new([NAME, &*id])];
    let mut message = encode::message(topics, Lenient::of(value), Notation::Strict)?;
    message.retain_on = rules.keep_last.of(&message.topics);
    message.echo = rules.echo;
    Ok(message)
}
