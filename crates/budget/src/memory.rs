//! What all clients together hold of the process's memory, and who gives it back when it is spent (`access.limits.memory`).
//!
//! Charged are messages that have not come whole, what was read and not heard yet, what is being inflated, and frames from when they
//! are made until the last queue has written them: a frame that is shared counts once, however many clients it waits for. Promises:
//! charges and releases sum to zero; when the budget is spent, the largest part of the greediest network goes first, on whichever
//! shard it is; nobody waits for anybody. Made by the gateway, charged by every shard.

mod table;

use crate::load::Part;
use bytes::Bytes;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use table::Table;
use tieline_model::SessionId;
use tieline_telemetry::Gauge;
use tieline_telemetry::events::MemoryCharged;
use tokio::sync::Notify;

pub use table::Network;

/// The budget and what it is charged with. One for all shards of a gateway.
pub struct Memory {
    /// In bytes; 0 is no limit.
    limit: usize,
    charged: AtomicUsize,
    /// Who holds how much, and where those are told who have to give it back. Nothing else is locked, and nobody woken, within.
    table: Mutex<Table>,
    gauge: Gauge,
}

/// Where one shard is told which of its sessions have to give memory back.
pub struct Mailbox {
    is_full: AtomicBool,
    chosen: Mutex<Vec<Eviction>>,
    wake: Arc<Notify>,
}

/// A session that was chosen, and what it has to give up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Eviction {
    /// The session.
    pub session: SessionId,
    /// What it gives up.
    pub part: Part,
    /// How much that was.
    pub bytes: usize,
    /// Whether that alone is a large share of the budget; otherwise there was too much of its kind.
    pub is_large: bool,
}

/// A part of the budget that takes a message of its own to the wall: it is too large, and would be the next time.
const LARGE: usize = 8;

impl Memory {
    /// A budget of `limit` bytes; 0: only counted.
    pub fn new(limit: usize) -> Arc<Memory> {
        let (charged, table) = (AtomicUsize::new(0), Mutex::default());
        Arc::new(Memory { limit, charged, table, gauge: MemoryCharged {}.handle() })
    }

    /// What is charged now, in bytes.
    pub fn charged(&self) -> usize {
        self.charged.load(Ordering::Relaxed)
    }

    /// Puts what is charged now into the metric of it; called when metrics are asked for, since it changes with every message.
    pub fn show(&self) {
        self.gauge.set(self.charged() as f64);
    }

    /// Charges a frame until the last who shares it has let go.
    pub fn keep(self: &Arc<Memory>, frame: Bytes) -> Bytes {
        let held = self.hold(frame.len());
        Bytes::from_owner(Kept { frame, _held: held })
    }

    /// Charges bytes until what it returns is dropped.
    pub fn hold(self: &Arc<Memory>, bytes: usize) -> Held {
        self.charge(bytes);
        Held { memory: self.clone(), bytes }
    }

    /// Charges bytes that [`Memory::release`] gives back. When that is more than there is, somebody is chosen.
    pub fn charge(&self, bytes: usize) {
        let charged = self.charged.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if self.limit > 0 && charged > self.limit {
            self.relieve();
        }
    }

    /// Takes back a charge of so many bytes.
    pub fn release(&self, bytes: usize) {
        self.charged.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Says how much a session holds unfinished and how much waits for it, for choosing among those who hold something.
    pub fn note(&self, session: SessionId, network: Network, parts: [usize; 2]) {
        self.table().note(session, network, parts);
    }

    /// Where the sessions of one sink are told that they were chosen; `wake` is notified.
    pub fn mailbox(&self, sink: u16, wake: Arc<Notify>) -> Arc<Mailbox> {
        let mailbox = Arc::new(Mailbox { is_full: AtomicBool::new(false), chosen: Mutex::default(), wake });
        self.table().mailboxes.insert(sink, mailbox.clone());
        mailbox
    }

    /// Chooses who has to go until what they hold is as much as was charged too much.
    fn relieve(&self) {
        let mut woken: Vec<Arc<Mailbox>> = Vec::new();
        let mut table = self.table();
        while self.charged().saturating_sub(table.leaving()) > self.limit {
            let Some(chosen) = table.choose() else { break };
            let is_large = chosen.bytes >= self.limit / LARGE;
            if let Some(mailbox) = table.mailboxes.get(&chosen.session.sink()) {
                mailbox.put(Eviction { is_large, ..chosen });
                woken.push(mailbox.clone());
            }
        }
        drop(table);
        woken.iter().for_each(|mailbox| mailbox.wake.notify_one());
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mailbox {
    fn put(&self, eviction: Eviction) {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner).push(eviction);
        self.is_full.store(true, Ordering::Release);
    }

    /// Takes out who was chosen; nearly always nobody, which costs one look.
    pub fn take(&self) -> Vec<Eviction> {
        if !self.is_full.swap(false, Ordering::Acquire) {
            return Vec::new();
        }
        std::mem::take(&mut *self.chosen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Bytes that are charged until this is dropped.
pub struct Held {
    memory: Arc<Memory>,
    bytes: usize,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.memory.release(self.bytes);
    }
}

/// A frame with its charge.
struct Kept {
    frame: Bytes,
    _held: Held,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.frame
    }
}

#[cfg(test)]
mod tests;
