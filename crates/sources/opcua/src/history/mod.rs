//! The record of variables with `history = true`: a thread that keeps their values in the store, and reads them back.
//!
//! Promises: recording never waits, and what there is no room for is counted; a batch is written within moments and when
//! the source stops; reading sees everything that was recorded before. Called by what watches variables and by the
//! executor's `history`.

mod reader;
#[cfg(test)]
mod tests;
mod writer;

use opcua::types::{DataValue, DateTime};
use reader::Reader;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tieline_store::{Store, StoreError};
use tieline_telemetry::{Tally, events};
use writer::{Writer, run};

/// What the values' counters say they come from.
const SOURCE: &str = "opcua";
/// Values that wait to be written, at most.
const QUEUE: usize = 100_000;
/// Bytes of them, at most.
const QUEUE_BYTES: usize = 64 * 1024 * 1024;
/// How long a reading waits until what was recorded before is written.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long values are kept, and how many bytes they may take; zero is no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// `history_keep`.
    pub(crate) keep: Duration,
    /// `history_bytes`.
    pub(crate) bytes: u64,
}

/// What the writer is given.
enum Note {
    Value {
        variable: String,
        source_time: i64,
        body: Vec<u8>,
    },
    /// Write everything that came before, then drop this.
    Flush(SyncSender<()>),
}

/// Keeps values.
pub(crate) struct Recorder {
    /// `None` only while it is dropped.
    queue: Option<SyncSender<Note>>,
    queued: Arc<AtomicUsize>,
    most_bytes: usize,
    lost: Tally,
    reader: Arc<Reader>,
    thread: Option<JoinHandle<()>>,
}

/// Values as they were kept, oldest first, and whether there are more of them.
pub(crate) type Found = (Vec<Vec<u8>>, bool);

impl Recorder {
    /// Opens the store in this folder and begins.
    pub(crate) fn start(folder: &Path, bounds: Bounds) -> Result<Recorder, StoreError> {
        Recorder::with_room(folder, bounds, QUEUE, QUEUE_BYTES)
    }

    fn with_room(folder: &Path, bounds: Bounds, most: usize, most_bytes: usize) -> Result<Recorder, StoreError> {
        let (store, reader) = (Store::open(folder)?, Arc::new(Reader::new(Store::open(folder)?)));
        let (queue, notes) = sync_channel(most);
        let queued = Arc::new(AtomicUsize::new(0));
        let writer = Writer::new(store, bounds, queued.clone());
        // Without a thread nothing can be kept; every value is then counted as lost, since nobody takes it.
        let thread = std::thread::Builder::new().name("history".to_owned()).spawn(move || run(writer, &notes)).ok();
        let lost = events::HistoryLost { source: SOURCE, reason: "queue" }.handle();
        Ok(Recorder { queue: Some(queue), queued, most_bytes, lost, reader, thread })
    }

    /// Keeps a value of a variable, given as OPC UA has it and as JSON in the event form. Never waits. What is told as its
    /// status alone is no value.
    pub(crate) fn record(&self, variable: &str, value: &DataValue, json: &[u8]) {
        if !json.starts_with(b"{\"Value\"") {
            return;
        }
        let time = value.source_timestamp.or(value.server_timestamp).filter(|time| !time.is_null());
        let source_time = time.unwrap_or_else(DateTime::now).checked_ticks();
        let weight = weight(variable, json);
        let before = self.queued.fetch_add(weight, Ordering::Relaxed);
        let note = || Note::Value { variable: variable.to_owned(), source_time, body: json.to_vec() };
        let fits = before.saturating_add(weight) <= self.most_bytes;
        if !fits || !self.queue.as_ref().is_some_and(|queue| queue.try_send(note()).is_ok()) {
            self.queued.fetch_sub(weight, Ordering::Relaxed);
            self.lost.add(1);
        }
    }

    /// The values of a variable from `start` up to, but not including, `end` (those of that very moment when the two are the
    /// same), oldest first whichever of the two is earlier; at most `most` of them (0: as many as there is memory for).
    pub(crate) async fn read(
        &self,
        variable: &str,
        start: &DateTime,
        end: &DateTime,
        most: usize,
    ) -> Result<Found, StoreError> {
        let (start, end) = (start.checked_ticks(), end.checked_ticks());
        let (from, to) = (start.min(end), start.max(end));
        let to = if from < to { to - 1 } else { to };
        let (reader, variable, flush) = (self.reader.clone(), variable.to_owned(), self.queue.clone());
        let read = move || {
            let (told, written) = sync_channel(1);
            if flush.is_some_and(|queue| queue.try_send(Note::Flush(told)).is_ok()) {
                // Ends when the note is dropped; a disk that takes longer is read as it is.
                let _ = written.recv_timeout(PATIENCE);
            }
            reader.read(&variable, from, to, most)
        };
        // A reading that panics has found nothing; what panics is told elsewhere.
        tokio::task::spawn_blocking(read).await.unwrap_or_else(|_| Ok((Vec::new(), false)))
    }
}

impl Drop for Recorder {
    /// What was recorded is written.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The memory that a waiting value takes, about.
fn weight(variable: &str, body: &[u8]) -> usize {
    variable.len() + body.len() + size_of::<Note>()
}
