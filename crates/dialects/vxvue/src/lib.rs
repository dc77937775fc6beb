//! The X-ray console hub (VXvue) as a dialect: which patient, which step and which exam the console is at, told to
//! second monitors and devices.
//!
//! Takes the place of the WebSocket server that came with the console ("VXvue Integration WebSocket API", 2024-09-10);
//! the exact words are those of contract `vxvue`, the decisions where it is silent stand in `docs/dialects/vxvue.md`.
//! Left out on purpose: images, which that interface mentions and never describes.
//!
//! Promises: no socket, no clock, no hub; a message that is passed on is never rewritten; nothing of a patient's data
//! is in a refusal or in a redacted event. Called by the gateway's registry through [`ENTRY`].

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod compose;
mod conversation;
mod effect;
mod encode;
mod instrument;
mod presence;
mod relay;
mod room;
mod settings;
#[cfg(test)]
mod tests;
mod wire;

pub use settings::{Consoles, UnknownCommands, VxvueSettings};

use crate::effect::Effect;
use crate::room::{Due, Room};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;
use tieline_model::settings::Values;
use tieline_model::{Conversation, Dialect, DialectLimits, Entry, Instrument};
use tieline_model::{Message, Peer, Published, Refusal, Representation, Topic};

/// First token of every topic of this dialect.
const NAME: &str = "vxvue";

/// This dialect's line in the registry.
pub const ENTRY: Entry = Entry {
    name: NAME,
    title: "X-ray console hub (VXvue)",
    listen: "127.0.0.1:55111",
    site: None,
    backend: None,
    fields: VxvueSettings::FIELDS,
    build,
    instruments,
    limits: &[],
    sample: ("vxvue.106.601", r#"{"bodypartAlias":"CHEST","projectionAlias":"PA"}"#),
};

fn build(values: &Values, limits: DialectLimits) -> Arc<dyn Dialect> {
    Arc::new(Vxvue::new(VxvueSettings::from_values(values), limits))
}

fn instruments() -> Vec<Box<dyn Instrument>> {
    vec![Box::new(instrument::Console::new())]
}

/// The dialect of one listener.
struct Vxvue(Arc<Rules>);

impl Vxvue {
    fn new(settings: VxvueSettings, limits: DialectLimits) -> Vxvue {
        Vxvue(Arc::new(Rules { settings, limits, seed: RandomState::new(), room: Room::default() }))
    }
}

/// What holds for all conversations of one listener.
struct Rules {
    settings: VxvueSettings,
    limits: DialectLimits,
    /// Makes the numbers of subjects mean nothing outside this process.
    seed: RandomState,
    room: Room,
}

impl Rules {
    /// The number that stands for a patient where kept messages are told apart.
    fn subject(&self, patient_id: &str) -> u64 {
        self.seed.hash_one(patient_id)
    }
}

impl Dialect for Vxvue {
    fn name(&self) -> &'static str {
        NAME
    }

    fn open(&self, peer: &Peer) -> Box<dyn Conversation> {
        Box::new(conversation::VxvueConversation::new(Arc::clone(&self.0), peer))
    }

    fn encode(&self, published: &Published, representation: Representation, out: &mut Vec<u8>) {
        encode::encode(&published.message, representation, out);
    }

    fn tick(&self, now: Duration) -> Vec<Message> {
        let due = self.0.room.tick(&self.0.settings, now).into_iter();
        due.map(|due| match due {
            Due::Hide => Effect::Presence.message(&self.0),
            Due::GiveUp => Effect::GiveUp.message(&self.0),
        })
        .collect()
    }

    fn compose(&self, topic: &Topic, json: &str) -> Result<Message, Refusal> {
        compose::compose(&self.0, topic, json)
    }
}
