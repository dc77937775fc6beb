//! The record of variables with `history = true`: one thread keeps their values in the store, another reads them back.
//!
//! Promises: recording never waits, and what there is no room for is counted; a batch is written within moments and when
//! the backend stops, or kept and tried again while the store cannot be written; reading sees everything that was recorded before. Called by what watches variables and by the
//! executor's `history`.

mod reader;
#[cfg(test)]
mod tests;
mod writer;

use opcua::types::{DataValue, DateTime};
use reader::{Question, Reader};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tieline_store::{Store, StoreError};
use tieline_telemetry::{Tally, events};
use tokio::sync::oneshot;
use writer::Writer;

/// What the values' counters say they come from.
const BACKEND: &str = "opcua";
/// Values that wait to be written, at most.
const QUEUE: usize = 100_000;
/// Bytes of them, at most.
const QUEUE_BYTES: usize = 64 * 1024 * 1024;
/// Readings that wait for the one before them, at most.
const READINGS: usize = 64;

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
        arrived: i64,
        body: Vec<u8>,
    },
    /// Write everything that came before, then drop this.
    Flush(SyncSender<()>),
}

/// Values as they were kept, oldest first, and whether there are more of them.
pub(crate) type Found = (Vec<Vec<u8>>, bool);

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadFault {
    /// Too many readings wait already.
    #[error("too many readings of the record at once; ask again")]
    Busy,
    /// The record's thread has ended.
    #[error("the record of variables has stopped")]
    Stopped,
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Keeps values.
pub(crate) struct Recorder {
    /// Both `None` only while it is dropped.
    notes: Option<SyncSender<Note>>,
    questions: Option<SyncSender<Question>>,
    queued: Arc<AtomicUsize>,
    most_bytes: usize,
    lost: Tally,
    threads: Vec<JoinHandle<()>>,
}

impl Recorder {
    /// Opens the store in this folder and begins.
    pub(crate) fn start(folder: &Path, bounds: Bounds) -> Result<Recorder, StoreError> {
        Recorder::with_room(folder, bounds, QUEUE, QUEUE_BYTES)
    }

    fn with_room(folder: &Path, bounds: Bounds, most: usize, most_bytes: usize) -> Result<Recorder, StoreError> {
        let queued = Arc::new(AtomicUsize::new(0));
        let writer = Writer::new(Store::open(folder)?, bounds, queued.clone()).holding(most);
        let (notes, taken) = sync_channel(most);
        let reader = Reader::new(Store::open(folder)?, notes.clone());
        let (questions, asked) = sync_channel(READINGS);
        // Where no thread can be had, its end of the queue is gone too: values are counted as lost, readings refused.
        let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let threads = [
            thread("history").spawn(move || writer.run(&taken)),
            thread("history-read").spawn(move || reader.run(&asked)),
        ];
        let threads = threads.into_iter().filter_map(Result::ok).collect();
        let lost = events::HistoryLost { source: BACKEND, reason: "queue" }.handle();
        Ok(Recorder { notes: Some(notes), questions: Some(questions), queued, most_bytes, lost, threads })
    }

    /// Keeps a value of a variable, given as OPC UA has it and as JSON in the event form. Never waits. What is told as its
    /// status alone is no value.
    pub(crate) fn record(&self, variable: &str, value: &DataValue, json: &[u8]) {
        if !json.starts_with(b"{\"Value\"") {
            return;
        }
        let time = value.source_timestamp.or(value.server_timestamp).filter(|time| !time.is_null());
        let arrived = DateTime::now();
        let (source_time, arrived) = (time.unwrap_or(arrived).checked_ticks(), arrived.checked_ticks());
        let weight = weight(variable, json);
        let before = self.queued.fetch_add(weight, Ordering::Relaxed);
        let note = || Note::Value { variable: variable.to_owned(), source_time, arrived, body: json.to_vec() };
        let fits = before.saturating_add(weight) <= self.most_bytes;
        let taken = fits && self.notes.as_ref().is_some_and(|notes| notes.try_send(note()).is_ok());
        if !taken {
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
    ) -> Result<Found, ReadFault> {
        let (start, end) = (start.checked_ticks(), end.checked_ticks());
        let (from, to) = (start.min(end), start.max(end));
        let to = if from < to { to - 1 } else { to };
        let (answer, answered) = oneshot::channel();
        let question = Question { variable: variable.to_owned(), from, to, most, answer };
        match self.questions.as_ref().map(|questions| questions.try_send(question)) {
            Some(Ok(())) => Ok(answered.await.map_err(|_| ReadFault::Stopped)??),
            Some(Err(TrySendError::Full(_))) => Err(ReadFault::Busy),
            Some(Err(TrySendError::Disconnected(_))) | None => Err(ReadFault::Stopped),
        }
    }
}

impl Drop for Recorder {
    /// What was asked is answered, and what was recorded is written.
    fn drop(&mut self) {
        (self.questions, self.notes) = (None, None);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// The memory that a waiting value takes, about.
fn weight(variable: &str, body: &[u8]) -> usize {
    variable.len() + body.len() + size_of::<Note>()
}
