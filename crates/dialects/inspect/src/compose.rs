//! Making a message from a topic and a JSON text: what an executor tells of a command it has carried out, and the same from
//! the command line, ties and replay. Called by [`tieline_model::Dialect::compose`].

use crate::NAME;
use crate::wire::spelling::compact;
use tieline_model::json::{check_depth, malformed, members};
use tieline_model::{DialectLimits, Message, Reason, Refusal, Topic};

/// `inspect.<command>` and an object whose `command` is that command; the body is the object on one line, nothing of it kept.
pub(crate) fn compose(limits: DialectLimits, topic: &Topic, json: &str) -> Result<Message, Refusal> {
    let mut tokens = topic.tokens();
    let (Some(NAME), Some(_), None) = (tokens.next(), tokens.next(), tokens.next()) else {
        return Err(Refusal::new(Reason::BadField, "the topic must be inspect.COMMAND, as in inspect.image"));
    };
    check_depth(json, limits.json_depth)?;
    let mut command = None;
    let read = members(json, |key, value| {
        if key == "command" {
            command = serde_json::from_str::<String>(value.get()).ok();
        }
    });
    read.map_err(|error| malformed(&error))?;
    if command.as_deref() != topic.token(1).as_deref() {
        return Err(Refusal::new(Reason::BadField, "`command` must be the command that the topic names"));
    }
    Ok(Message::new(topic.clone(), compact(json)))
}
