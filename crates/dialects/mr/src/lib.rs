//! Quality assurance of MR scans in real time (mrqart) as a dialect: whether the series that is being scanned has the
//! parameters of its study, told to browsers in the console room.
//!
//! Takes the place of mrqart's WebSocket and web server; the exact words are those of contract `mr`, the decisions where
//! it is silent stand in `docs/dialects/mr.md`. Nothing of that protocol is left out. What is told comes from a backend,
//! which composes it; clients only listen.
//!
//! Promises: no socket, no clock, no hub, no file; a header's text is never taken for HTML unless a site asks for it;
//! nothing of a person is in a refusal or in a redacted event. Called by the gateway's registry through [`ENTRY`].

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod about;
mod compose;
mod conversation;
mod encode;
mod settings;
mod site;
#[cfg(test)]
mod tests;
mod wire;

pub use settings::MrSettings;

use std::sync::Arc;
use tieline_model::settings::Values;
use tieline_model::{Conversation, Dialect, DialectLimits, Entry, Page};
use tieline_model::{Message, Peer, Published, Refusal, Representation, Topic, Visit};

/// First token of every topic of this dialect.
const NAME: &str = "mr";

/// This dialect's line in the registry; the backend that feeds it is joined to it there.
pub const ENTRY: Entry = Entry {
    name: NAME,
    title: "MR quality assurance in real time (mrqart)",
    listen: "127.0.0.1:5000",
    site: Some("127.0.0.1:8080"),
    backend: None,
    fields: MrSettings::FIELDS,
    build,
    instruments: Vec::new,
    limits: &[],
    sample: (
        "mr.AWP000001.new",
        r#"{"conforms":false,"errors":{"TE":{"expect":"4.92","have":4.9}},"input":{"SequenceName":"localizer","SeriesNumber":1,"TE":4.9},"template":{"TE":"4.92"},"verdict":"differs"}"#,
    ),
};

fn build(values: &Values, limits: DialectLimits) -> Arc<dyn Dialect> {
    Arc::new(Mr::new(MrSettings::from_values(values), limits))
}

/// The dialect of one listener and of its web site.
struct Mr {
    settings: MrSettings,
    limits: DialectLimits,
}

impl Mr {
    fn new(settings: MrSettings, limits: DialectLimits) -> Mr {
        Mr { settings, limits }
    }
}

impl Dialect for Mr {
    fn name(&self) -> &'static str {
        NAME
    }

    /// What clients send is ignored, so there is no reason to close the connection over its kind.
    fn binary(&self) -> bool {
        true
    }

    fn open(&self, peer: &Peer) -> Box<dyn Conversation> {
        Box::new(conversation::MrConversation::at(peer.path(), peer.query()))
    }

    fn encode(&self, published: &Published, representation: Representation, out: &mut Vec<u8>) {
        encode::encode(&published.message, representation, self.settings.escape_html, out);
    }

    fn visit(&self, visit: &Visit<'_>) -> Option<Page> {
        site::visit(&self.settings, visit)
    }

    fn dress(&self, json: &[u8]) -> Vec<u8> {
        site::dressed(&self.settings, json)
    }

    fn compose(&self, topic: &Topic, json: &str) -> Result<Message, Refusal> {
        compose::compose(self.limits, topic, json)
    }
}
