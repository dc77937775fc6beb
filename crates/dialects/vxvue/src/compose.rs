//! Making a message from a topic and a JSON text, as if this server (type 1) said it: for the command line, ties and
//! replay. Called by [`tieline_model::Dialect::compose`].

use crate::wire::command::Command;
use crate::wire::envelope::Parts;
use crate::wire::participant::SERVER;
use crate::{NAME, Rules, relay};
use serde_json::value::RawValue;
use std::sync::Arc;
use tieline_model::json::{check_depth, malformed};
use tieline_model::{Message, Reason, Refusal, Topic};

/// `vxvue.R.C` and the message's `data`; the same checks, and the same is kept and forgotten, as when the console
/// says it.
pub(crate) fn compose(rules: &Arc<Rules>, topic: &Topic, json: &str) -> Result<Message, Refusal> {
    let (receiver, command) = address(topic)?;
    relay::admit(rules, Command::of(command))?;
    if matches!(Command::of(command), Command::Ping | Command::RegisterClient) {
        return Err(Refusal::new(Reason::BadField, "commands 1 and 11 are answered by this server and go to nobody"));
    }
    check_depth(json, rules.limits.json_depth)?;
    let data: &RawValue = serde_json::from_str(json).map_err(|error| malformed(&error))?;
    let data = data.get();
    let text = format!(r#"{{"sender":{SERVER},"receiver":{receiver},"command":{command},"data":{data}}}"#);
    relay::message(rules, &Parts::read(&text)?.envelope()?, &text)
}

fn address(topic: &Topic) -> Result<(u32, u32), Refusal> {
    let tokens: Vec<&str> = topic.tokens().collect();
    if let [NAME, receiver, command] = tokens[..]
        && let (Ok(receiver), Ok(command)) = (receiver.parse(), command.parse())
        && *topic == relay::topic(receiver, command)
    {
        return Ok((receiver, command));
    }
    let detail = "the topic must be vxvue.RECEIVER.COMMAND, both numbers, as in vxvue.106.601 (0 is everybody)";
    Err(Refusal::new(Reason::BadField, detail))
}
