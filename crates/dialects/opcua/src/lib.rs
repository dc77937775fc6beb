//! JSON access to OPC UA variables as a dialect: web clients list, read, write and watch variables by name.
//!
//! Takes the place of the WebSocket server of ASNeG's OpcUaWebServer; the exact words are those of contract `opcua`, the
//! decisions where it is silent stand in `docs/dialects/opcua.md`. Nothing of that protocol is left out. What is read,
//! written and watched comes from a backend behind it, as JSON in the *event form*: numbers and truths as JSON has them.
//!
//! Promises: no socket, no clock, no hub, no word of OPC UA's own protocol; a value is never wrapped or rounded into a type
//! it does not fit; an update carries the handle of its own monitor and of no other. Called by the gateway's registry
//! through [`ENTRY`].

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod compose;
mod conversation;
mod encode;
mod handles;
mod settings;
#[cfg(test)]
mod tests;
mod value;
mod variables;
mod wire;

pub use settings::{OpcuaSettings, Scalars, Timestamps};

use handles::Handles;
use std::sync::Arc;
use tieline_model::settings::Values;
use tieline_model::{Conversation, Dialect, DialectLimits, Entry};
use tieline_model::{Message, Peer, Published, Refusal, Representation, Topic};
use variables::Variables;
use wire::style::Style;

/// First token of every topic of this dialect.
const NAME: &str = "opcua";

/// This dialect's line in the registry; the backend that feeds it is joined to it there.
pub const ENTRY: Entry = Entry {
    name: NAME,
    title: "JSON gateway to OPC UA",
    listen: "127.0.0.1:8081",
    site: None,
    backend: None,
    fields: OpcuaSettings::FIELDS,
    build,
    instruments: Vec::new,
    // A plant has many variables, and some are arrays; a client may watch them all.
    limits: &[("streams", 100_000), ("queue_bytes", 128 << 20)],
    sample: (
        "opcua.plant.Oven%2ETemperature",
        r#"{"Value":{"Type":11,"Body":181.5},"SourceTimestamp":"2020-01-02T03:04:05Z"}"#,
    ),
};

fn build(values: &Values, limits: DialectLimits) -> Arc<dyn Dialect> {
    Arc::new(Opcua::new(values, limits))
}

/// The dialect of one listener.
struct Opcua(Arc<Shared>);

/// What all conversations of one listener share.
struct Shared {
    variables: Variables,
    handles: Arc<Handles>,
    style: Style,
    /// The most names in one request; 0 is no bound.
    names: usize,
    limits: DialectLimits,
}

impl Opcua {
    fn new(values: &Values, limits: DialectLimits) -> Opcua {
        let settings = OpcuaSettings::from_values(values);
        let style =
            Style { is_text: settings.scalars == Scalars::Text, is_exact: settings.timestamps == Timestamps::Exact };
        let variables = Variables::read(values, style);
        Opcua(Arc::new(Shared { variables, handles: Arc::default(), style, names: settings.variables, limits }))
    }
}

impl Dialect for Opcua {
    fn name(&self) -> &'static str {
        NAME
    }

    fn subprotocol<'a>(&self, offered: &[&'a str]) -> Option<&'a str> {
        offered.iter().find(|name| **name == "json").copied()
    }

    fn open(&self, _peer: &Peer) -> Box<dyn Conversation> {
        Box::new(conversation::OpcuaConversation::new(self.0.clone()))
    }

    fn encode(&self, published: &Published, representation: Representation, out: &mut Vec<u8>) {
        encode::encode(&self.0, &published.message, representation, out);
    }

    fn note(&self, topic: &Topic, json: &str) {
        self.0.variables.note(topic, json);
    }

    fn compose(&self, topic: &Topic, json: &str) -> Result<Message, Refusal> {
        if let Some(server) = compose::server(topic) {
            let (changes, message) = compose::found(self.0.limits, topic, json)?;
            self.0.variables.change(&server, changes);
            return Ok(message);
        }
        compose::compose(self.0.limits, topic, json)
    }
}
