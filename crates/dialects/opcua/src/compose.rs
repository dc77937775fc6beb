//! Making a message from a topic and a value in event form: for the backend, the command line, ties and replay. Called by
//! [`tieline_model::Dialect::compose`], for every change of every monitored variable, so it builds no tree.

use crate::NAME;
use crate::encode::{FOUND, LOST, VALUE};
use crate::variables::Changes;
use crate::wire::fields::fields;
use serde_json::value::RawValue;
use std::borrow::Cow;
use tieline_model::json::check_depth;
use tieline_model::{DialectLimits, Message, Reason, Refusal, Topic};

/// `opcua.<server>.<variable>` and a DataValue, or `{"StatusCode":…}` where there is none.
pub(crate) fn compose(limits: DialectLimits, topic: &Topic, json: &str) -> Result<Message, Refusal> {
    let mut tokens = topic.tokens();
    let (Some(NAME), Some(_), Some(_), None) = (tokens.next(), tokens.next(), tokens.next(), tokens.next()) else {
        return Err(bad("the topic must be opcua.SERVER.VARIABLE, as in opcua.plant.Temperature"));
    };
    check_depth(json, limits.json_depth)?;
    let [value, code] = fields(json, ["Value", "StatusCode"])?;
    let tag = match (value, code) {
        (Some(value), None) => {
            typed(value)?;
            VALUE
        }
        (None, Some(code)) if is_symbolic(code.get()) => match code.get() {
            r#""BadNotConnected""# => LOST,
            _ => VALUE,
        },
        (None, Some(_)) => return Err(bad("`StatusCode` is the symbolic name of a status, as in BadNotConnected")),
        _ => return Err(bad("the message is an object with either `Value` or `StatusCode`")),
    };
    let json = json.trim_ascii();
    let mut message = match json.contains(['\n', '\r']) {
        // Line breaks inside JSON are blanks between tokens; in its strings there are none.
        true => Message::new(topic.clone(), json.replace(['\n', '\r'], " ")),
        false => Message::new(topic.clone(), json.as_bytes().to_vec()),
    };
    message.tag = tag;
    message.retain = true;
    Ok(message)
}

/// The server of `opcua.<server>`, the topic of what is told of a server itself.
pub(crate) fn server(topic: &Topic) -> Option<Cow<'_, str>> {
    let is_ours = topic.token(0).is_some_and(|dialect| dialect == NAME) && topic.token(2).is_none();
    topic.token(1).filter(|_| is_ours)
}

/// What a backend has found in the folders of a server.
pub(crate) fn found(limits: DialectLimits, topic: &Topic, json: &str) -> Result<(Changes, Message), Refusal> {
    check_depth(json, limits.json_depth)?;
    let changes = Changes::read(json)?;
    let mut message = Message::new(topic.clone(), json.replace(['\n', '\r'], " "));
    message.tag = FOUND;
    Ok((changes, message))
}

/// `{"Type","Body"}` and perhaps more; what the type makes of its body is the backend's affair.
fn typed(value: &RawValue) -> Result<(), Refusal> {
    match fields(value.get(), ["Type", "Body"]) {
        Ok([Some(kind), Some(_)]) if kind.get().bytes().all(|byte| byte.is_ascii_digit()) => Ok(()),
        _ => Err(bad("`Value` is an object of `Type`, a number, and `Body`")),
    }
}

/// A text of letters and digits.
fn is_symbolic(json: &str) -> bool {
    let name = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or_default();
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn bad(detail: &'static str) -> Refusal {
    Refusal::new(Reason::BadField, detail)
}
