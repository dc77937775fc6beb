//! The stream server of a spatial ETL server (FME) as a dialect: applications open streams by id, and what one of them
//! sends, the others on its streams receive.
//!
//! Takes the place of the "WebSocket Server Messaging Protocol" of FME Server; the exact words are those of contract
//! `fme`, the decisions where it is silent stand in `docs/dialects/fme.md`. Nothing of that protocol is left out.
//!
//! Promises: no socket, no clock, no hub; what is sent is passed on byte for byte and never understood. Called by the
//! gateway's registry through [`ENTRY`].

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod compose;
mod conversation;
mod encode;
mod instrument;
mod keep;
mod opened;
mod settings;
#[cfg(test)]
mod tests;
mod wire;

pub use settings::FmeSettings;

use std::sync::Arc;
use tieline_model::settings::Values;
use tieline_model::{Conversation, Dialect, DialectLimits, Entry, Instrument};
use tieline_model::{Message, Peer, Published, Refusal, Representation, Topic};

/// First token of every topic of this dialect.
const NAME: &str = "fme";

/// This dialect's line in the registry.
pub const ENTRY: Entry = Entry {
    name: NAME,
    title: "Stream server of a spatial ETL server (FME)",
    listen: "127.0.0.1:7078",
    site: None,
    backend: None,
    fields: FmeSettings::FIELDS,
    build,
    instruments,
    limits: &[],
    sample: ("fme.vehicles", r#"{"id":"bus-99","line":"99","lon":0.025,"lat":0.015,"heading_deg":90,"speed_kmh":30}"#),
};

fn build(values: &Values, limits: DialectLimits) -> Arc<dyn Dialect> {
    Arc::new(Fme::new(FmeSettings::from_values(values), limits))
}

fn instruments() -> Vec<Box<dyn Instrument>> {
    vec![Box::new(instrument::Fleet::new())]
}

/// The dialect of one listener.
struct Fme {
    rules: Arc<Rules>,
    /// The request paths that exist.
    paths: [String; 3],
}

/// What holds for all conversations of one listener.
struct Rules {
    echo: bool,
    keep_last: keep::KeepLast,
    limits: DialectLimits,
}

impl Fme {
    fn new(settings: FmeSettings, limits: DialectLimits) -> Fme {
        let prefix = match settings.prefix.trim_matches('/') {
            "" => String::new(),
            prefix => format!("/{prefix}"),
        };
        let paths = ["/websocket", "/websocket/", "/"].map(|path| format!("{prefix}{path}"));
        let keep_last = keep::KeepLast::new(&settings.keep_last);
        Fme { rules: Arc::new(Rules { echo: settings.echo, keep_last, limits }), paths }
    }
}

impl Dialect for Fme {
    fn name(&self) -> &'static str {
        NAME
    }

    fn admits(&self, path: &str) -> bool {
        self.paths.iter().any(|known| known == path)
    }

    fn open(&self, _peer: &Peer) -> Box<dyn Conversation> {
        Box::new(conversation::FmeConversation::new(self.rules.clone()))
    }

    fn encode(&self, published: &Published, representation: Representation, out: &mut Vec<u8>) {
        encode::encode(&published.message, representation, out);
    }

    fn compose(&self, topic: &Topic, json: &str) -> Result<Message, Refusal> {
        compose::compose(&self.rules, topic, json)
    }
}
