//! What one connection holds of the memory that all clients share: its unfinished message, and what waits for it.
//!
//! Promises: a connection that holds nothing has no memory for saying so; charges are exact to the byte, and told to those who
//! choose among the holders when they have changed by an eighth, so that a growing message costs a look at the table now and then.
//! Kept by each connection; changed on its shard only.

use crate::memory::{Memory, Network};
use std::cell::Cell;
use std::net::IpAddr;
use tieline_model::SessionId;

/// What a client can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What it has sent of a message that is not whole, and what was not heard yet.
    Message = 0,
    /// What it has not read.
    Queue = 1,
}

impl Part {
    /// Both.
    pub const ALL: [Part; 2] = [Part::Message, Part::Queue];

    /// The label of the metric.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Message => "message",
            Part::Queue => "queue",
        }
    }
}

/// Less than this is not worth a place in the table.
const LEAST: usize = 1 << 10;
/// A change by this part of what was told is told.
const STEP: usize = 8;

/// What a connection holds; empty it is one pointer.
#[derive(Default)]
pub struct Load(Cell<Option<Box<Amounts>>>);

/// Whose load it is.
#[derive(Clone, Copy)]
pub struct Owner<'a> {
    /// What it is charged to.
    pub memory: &'a Memory,
    /// The session.
    pub session: SessionId,
    /// Its client's address: greed is judged per network.
    pub address: IpAddr,
}

/// Amounts in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Amounts {
    /// Of its unfinished message.
    message: usize,
    /// Of its queue, what nobody else has: charged here. Frames that are shared are charged where they are made.
    own: usize,
    /// Of its queue, with its share of what others have too: what giving it up would be worth.
    share: usize,
    /// When the message that is not whole yet began, in milliseconds.
    begun: Option<u64>,
    /// What the table was told.
    told: [usize; 2],
}

impl Load {
    /// Says how much the unfinished message is now, and since when it is one.
    pub fn set_message(&self, owner: Owner<'_>, bytes: usize, begun: Option<u64>) {
        self.change(owner, |amounts| (amounts.message, amounts.begun) = (bytes, begun));
    }

    /// Says how much waits now.
    pub fn set_queue(&self, owner: Owner<'_>, own: usize, share: usize) {
        self.change(owner, |amounts| (amounts.own, amounts.share) = (own, share));
    }

    /// Since when a message is being received, in milliseconds.
    pub fn begun(&self) -> Option<u64> {
        let amounts = self.0.take();
        let begun = amounts.as_ref().and_then(|amounts| amounts.begun);
        self.0.set(amounts);
        begun
    }

    /// Gives everything back.
    pub fn end(&self, owner: Owner<'_>) {
        self.change(owner, |amounts| *amounts = Amounts { told: amounts.told, ..Amounts::default() });
    }

    fn change(&self, owner: Owner<'_>, change: impl FnOnce(&mut Amounts)) {
        let mut held = self.0.take();
        let old = held.as_deref().copied().unwrap_or_default();
        let mut new = old;
        change(&mut new);
        if new != old {
            let parts = [new.message, new.share];
            if std::iter::zip(parts, new.told).any(|(now, told)| is_news(now, told)) {
                new.told = parts.map(|part| if part < LEAST { 0 } else { part });
                owner.memory.note(owner.session, Network::of(owner.address), new.told);
            }
            if new == Amounts::default() {
                held = None;
            } else {
                match &mut held {
                    Some(held) => **held = new,
                    None => held = Some(Box::new(new)),
                }
            }
        }
        // In its place before anything is charged.
        self.0.set(held);
        let (before, after) = (old.message + old.own, new.message + new.own);
        if after > before {
            owner.memory.charge(after - before);
        } else if after < before {
            owner.memory.release(before - after);
        }
    }
}

/// Whether a part has changed enough to be told.
fn is_news(now: usize, told: usize) -> bool {
    let now = if now < LEAST { 0 } else { now };
    now != told && (now == 0 || now.abs_diff(told) >= LEAST.max(told / STEP))
}
