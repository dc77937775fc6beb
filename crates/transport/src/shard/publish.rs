//! From a message to finished frames: the dialect writes the payload, the codec puts the frame around it.
//!
//! Called by sessions for what their clients say, and by the gateway for what the console sends.

use bytes::Bytes;
use std::cell::RefCell;
use std::sync::Arc;
use std::time::SystemTime;
use tieline_budget::Memory;
use tieline_codec::{HEAD_ROOM, finish, opcode};
use tieline_hub::{Hub, Reach};
use tieline_model::event::write_payload;
use tieline_model::{Dialect, Encoding, Message, Published, SessionId};
use tieline_telemetry::Tally;
use tieline_telemetry::events::{KeptDropped, Publishes};

thread_local! {
    /// The counters of what this thread has published, by dialect: few, and looked up once.
    static COUNTERS: RefCell<Vec<(&'static str, Tally)>> = const { RefCell::new(Vec::new()) };
}

/// Publishes a message of `dialect`: encoded and compressed once per encoding, whoever many hear it. Its frames are charged to
/// `memory` until everybody has them. The one place where it is counted, whether a client, a backend or the console has said it.
pub fn publish(hub: &Hub, memory: &Arc<Memory>, dialect: &dyn Dialect, origin: SessionId, message: Message) -> Reach {
    let published = Published { at: SystemTime::now(), dialect: dialect.name(), origin, message };
    let reach = hub.publish(published, &mut |published, encoding| memory.keep(frame(dialect, published, encoding)));
    count(dialect.name());
    if reach.evicted > 0 {
        KeptDropped { dialect: dialect.name(), messages: reach.evicted }.emit();
    }
    reach
}

fn count(dialect: &'static str) {
    COUNTERS.with_borrow_mut(|counters| {
        if let Some((_, counter)) = counters.iter().find(|(name, _)| *name == dialect) {
            return counter.add(1);
        }
        let counter = Publishes { dialect }.handle();
        counter.add(1);
        counters.push((dialect, counter));
    });
}

/// The finished frame of a message in one encoding.
pub(crate) fn frame(dialect: &dyn Dialect, published: &Published, encoding: Encoding) -> Bytes {
    let mut buffer = Vec::with_capacity(HEAD_ROOM + published.message.body.len());
    buffer.resize(HEAD_ROOM, 0);
    write_payload(dialect, published, encoding.representation, &mut buffer);
    finish(opcode::TEXT, buffer, encoding.framing)
}
