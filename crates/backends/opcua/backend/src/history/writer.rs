//! The thread that writes: gathers values into batches, and forgets old ones now and then.
//!
//! Promises: what cannot be written now, since another program holds the store locked or its disk is full, is kept in its
//! order and tried again; only what there is no room for meanwhile is lost, and counted. Called by the recorder.

use super::{BACKEND, Bounds, Note, QUEUE, weight};
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
/// How long what could not be written waits until it is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How long one attempt waits for another program that writes: values are kept, so readers need not wait for longer.
const WAIT: Duration = Duration::from_millis(500);
/// So many attempts has what is left when the gateway stops.
const LAST_ATTEMPTS: usize = 10;
/// How often it is looked whether there is something to forget.
const PRUNE: Duration = Duration::from_secs(60);

/// A value that waits.
struct Value {
    variable: String,
    source_time: i64,
    arrived: i64,
    body: Vec<u8>,
}

/// What the thread owns.
pub(super) struct Writer {
    store: Store,
    bounds: Bounds,
    queued: Arc<AtomicUsize>,
    pub(super) kept: Tally,
    pub(super) lost: Tally,
    pub(super) no_room: Tally,
    pruned: Tally,
    /// What waits to be written, oldest first.
    batch: Vec<Value>,
    /// As many values wait here at most.
    most: usize,
    /// How many had no room since writing began to fail; none when it does not fail.
    failing: Option<u64>,
    next_prune: Instant,
}

impl Writer {
    pub(super) fn new(store: Store, bounds: Bounds, queued: Arc<AtomicUsize>) -> Writer {
        // Where it cannot be set, an attempt waits for longer.
        let _ = store.set_patience(WAIT);
        Writer {
            store,
            bounds,
            queued,
            kept: events::HistoryKept { source: BACKEND }.handle(),
            lost: events::HistoryLost { source: BACKEND, reason: "disk" }.handle(),
            no_room: events::HistoryLost { source: BACKEND, reason: "queue" }.handle(),
            pruned: events::HistoryPruned { source: BACKEND }.handle(),
            batch: Vec::new(),
            most: QUEUE,
            failing: None,
            next_prune: Instant::now(),
        }
    }

    /// The same, keeping no more than so many values while they cannot be written.
    pub(super) fn holding(mut self, most: usize) -> Writer {
        self.most = most;
        self
    }

    pub(super) fn take(&mut self, note: Note) {
        match note {
            Note::Value { variable, body, .. } if self.batch.len() >= self.most => {
                self.queued.fetch_sub(weight(&variable, &body), Ordering::Relaxed);
                self.no_room.add(1);
                self.failing = self.failing.map(|values| values + 1);
            }
            Note::Value { variable, source_time, arrived, body } => {
                self.batch.push(Value { variable, source_time, arrived, body });
            }
            Note::Flush(told) => {
                self.write();
                drop(told);
            }
        }
    }

    /// Writes what waits, as far as that can be done now.
    fn write(&mut self) {
        while !self.batch.is_empty() {
            let part = self.batch.len().min(BATCH);
            let rows: Vec<Row<'_>> = self.batch[..part]
                .iter()
                .map(|Value { variable, source_time, arrived, body }| Row {
                    variable,
                    source_time: *source_time,
                    arrived: *arrived,
                    body,
                })
                .collect();
            match self.store.history().append(&rows) {
                Ok(()) => {
                    self.kept.add(part as u64);
                    self.recovered();
                }
                Err(error) if error.cause().may_pass() => {
                    if self.failing.is_none() {
                        self.failing = Some(0);
                        events::HistoryFailed { source: BACKEND, values: 0 }.emit();
                    }
                    return;
                }
                Err(_) => self.give_up(part),
            }
            self.forget(part);
        }
    }

    /// Tells what was lost while writing failed.
    fn recovered(&mut self) {
        if let Some(values @ 1..) = self.failing.take() {
            events::HistoryFailed { source: BACKEND, values }.emit();
        }
    }

    /// Counts the first so many of what waits as lost.
    fn give_up(&self, values: usize) {
        self.lost.add(values as u64);
        events::HistoryFailed { source: BACKEND, values: values as u64 }.emit();
    }

    /// The first so many wait no more.
    fn forget(&mut self, values: usize) {
        let weight = self.batch.drain(..values).map(|value| weight(&value.variable, &value.body)).sum();
        self.queued.fetch_sub(weight, Ordering::Relaxed);
    }

    /// Writes what is left when nothing more can come; what cannot be written then is lost.
    pub(super) fn finish(&mut self) {
        for _ in 0..LAST_ATTEMPTS {
            self.write();
        }
        self.recovered();
        let left = self.batch.len();
        if left > 0 {
            self.give_up(left);
            self.forget(left);
        }
    }

    /// Forgets a bounded number of values when it is time; soon again when there are more.
    pub(super) fn prune(&mut self, now: Instant) {
        self.prune_at(now, DateTime::now());
    }

    /// The same at this time of day.
    pub(super) fn prune_at(&mut self, now: Instant, time: DateTime) {
        let Bounds { keep, bytes } = self.bounds;
        if self.failing.is_some() || now < self.next_prune || (keep.is_zero() && bytes == 0) {
            return;
        }
        let pruned = self.store.history().prune(keep, bytes, time.ticks());
        let is_more = pruned.as_ref().is_ok_and(|pruned| pruned.is_more);
        self.next_prune = if is_more { now } else { now + PRUNE };
        match pruned {
            Ok(pruned) => self.pruned.add(pruned.too_old + pruned.too_many),
            Err(_) => events::HistoryFailed { source: BACKEND, values: 0 }.emit(),
        }
    }

    /// Writes until nobody can record any more; then what is left.
    pub(super) fn run(mut self, notes: &Receiver<Note>) {
        loop {
            match notes.recv_timeout(GATHER) {
                Ok(note) => self.take(note),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.finish(),
            }
            let deadline = Instant::now() + if self.failing.is_some() { RETRY } else { GATHER };
            while !self.batch.is_empty() && (self.failing.is_some() || self.batch.len() < BATCH) {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                let Ok(note) = notes.recv_timeout(left) else { break };
                self.take(note);
            }
            self.write();
            self.prune(Instant::now());
        }
    }
}
