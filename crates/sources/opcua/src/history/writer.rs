//! The thread that writes: gathers values into batches, and forgets old ones now and then.

use super::{Bounds, Note, SOURCE, weight};
use opcua::types::DateTime;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use tieline_store::Store;
use tieline_store::history::Row;
use tieline_telemetry::{Tally, events};

/// The values of one batch.
const BATCH: usize = 1000;
/// How long the first value of a batch waits for others.
const GATHER: Duration = Duration::from_millis(250);
/// How often it is looked whether there is something to forget.
const PRUNE: Duration = Duration::from_secs(60);

/// What the thread owns.
pub(super) struct Writer {
    store: Store,
    bounds: Bounds,
    queued: Arc<AtomicUsize>,
    kept: Tally,
    lost: Tally,
    pruned: Tally,
    /// The batch: variable, time, value.
    batch: Vec<(String, i64, Vec<u8>)>,
    next_prune: Instant,
}

impl Writer {
    pub(super) fn new(store: Store, bounds: Bounds, queued: Arc<AtomicUsize>) -> Writer {
        Writer {
            store,
            bounds,
            queued,
            kept: events::HistoryKept { source: SOURCE }.handle(),
            lost: events::HistoryLost { source: SOURCE, reason: "disk" }.handle(),
            pruned: events::HistoryPruned { source: SOURCE }.handle(),
            batch: Vec::new(),
            next_prune: Instant::now(),
        }
    }

    fn take(&mut self, note: Note) {
        match note {
            Note::Value { variable, source_time, body } => self.batch.push((variable, source_time, body)),
            Note::Flush(told) => {
                self.write();
                drop(told);
            }
        }
    }

    fn write(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let batch = std::mem::take(&mut self.batch);
        let rows: Vec<Row<'_>> = batch
            .iter()
            .map(|(variable, source_time, body)| Row { variable, source_time: *source_time, body })
            .collect();
        match self.store.history().append(&rows) {
            Ok(()) => self.kept.add(rows.len() as u64),
            Err(_) => {
                self.lost.add(rows.len() as u64);
                events::HistoryFailed { source: SOURCE, values: rows.len() as u64 }.emit();
            }
        }
        let weight = batch.iter().map(|(variable, _, body)| weight(variable, body)).sum();
        self.queued.fetch_sub(weight, Ordering::Relaxed);
    }

    /// Forgets a bounded number of values when it is time; soon again when there are more.
    pub(super) fn prune(&mut self, now: Instant) {
        let Bounds { keep, bytes } = self.bounds;
        if now < self.next_prune || (keep.is_zero() && bytes == 0) {
            return;
        }
        let pruned = self.store.history().prune(keep, bytes, DateTime::now().ticks());
        let is_more = pruned.as_ref().is_ok_and(|pruned| pruned.is_more);
        self.next_prune = if is_more { now } else { now + PRUNE };
        match pruned {
            Ok(pruned) => self.pruned.add(pruned.too_old + pruned.too_many),
            Err(_) => events::HistoryFailed { source: SOURCE, values: 0 }.emit(),
        }
    }

    /// Writes until nobody can record any more; then what is left.
    pub(super) fn run(mut self, notes: &Receiver<Note>) {
        loop {
            match notes.recv_timeout(GATHER) {
                Ok(note) => self.take(note),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.write(),
            }
            let deadline = Instant::now() + GATHER;
            while self.batch.len() < BATCH && !self.batch.is_empty() {
                let Ok(note) = notes.recv_timeout(deadline.saturating_duration_since(Instant::now())) else { break };
                self.take(note);
            }
            self.write();
            self.prune(Instant::now());
        }
    }
}
