//! The command server of a measuring program (INSPECT) as a dialect: a script asks for images and elements to be imported,
//! and is told in one line what came of it.
//!
//! Takes the place of the server inside the program; the exact words are those of contract `inspect`, the decisions where it
//! is silent stand in `docs/dialects/inspect.md`. What carries the requests out stands behind this dialect as its executor.
//!
//! Promises: no socket, no clock, no file, no process; every request has exactly one reply, in the order of the requests,
//! whatever order the answers come in; what waits for its turn is bounded. Called by the gateway's registry through [`ENTRY`].

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod compose;
mod conversation;
mod instrument;
mod places;
mod request;
mod rules;
#[cfg(test)]
mod tests;
mod wire;

use crate::rules::Rules;
use std::sync::Arc;
use tieline_model::settings::Values;
use tieline_model::{
    Conversation, Dialect, DialectLimits, Entry, Instrument, Message, Peer, Published, Refusal, Representation, Topic,
};

/// First token of every topic of this dialect.
const NAME: &str = "inspect";

/// This dialect's line in the registry; what carries its commands out is joined to it there.
pub const ENTRY: Entry = Entry {
    name: NAME,
    title: "Command server of a measuring program (INSPECT)",
    listen: "127.0.0.1:40010",
    site: None,
    backend: None,
    fields: &[],
    build,
    instruments,
    limits: &[],
    sample: (
        "inspect.image",
        r#"{"command":"image","job":1,"result":"done","file":"C:/temp/example.jpg","name":"Microscopy","took_ms":12}"#,
    ),
};

fn instruments() -> Vec<Box<dyn Instrument>> {
    vec![Box::new(instrument::Script::default())]
}

fn build(values: &Values, limits: DialectLimits) -> Arc<dyn Dialect> {
    Arc::new(Inspect { rules: Arc::new(Rules::new(rules::custom(values), limits).passing(rules::passed(values))) })
}

/// The dialect of one listener.
struct Inspect {
    rules: Arc<Rules>,
}

#[cfg(test)]
impl Inspect {
    fn new(custom: Vec<String>, limits: DialectLimits) -> Inspect {
        Inspect { rules: Arc::new(Rules::new(custom, limits)) }
    }
}

impl Dialect for Inspect {
    fn name(&self) -> &'static str {
        NAME
    }

    fn open(&self, _peer: &Peer) -> Box<dyn Conversation> {
        Box::new(conversation::InspectConversation::new(self.rules.clone()))
    }

    /// What was carried out, as JSON on one line in every representation: no client of the product subscribes to anything.
    fn encode(&self, published: &Published, _representation: Representation, out: &mut Vec<u8>) {
        out.extend_from_slice(&published.message.body);
    }

    fn compose(&self, topic: &Topic, json: &str) -> Result<Message, Refusal> {
        compose::compose(self.rules.limits, topic, json)
    }
}
