//! The thread that reads the record, with a connection of its own, so that no reading waits for a writing.

use super::{Found, Note};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;
use tieline_store::{Store, StoreError};
use tokio::sync::oneshot;

/// The values that one statement reads at most: no reading keeps the log from being written back for long.
const PAGE: usize = 5000;
/// The bytes that one reading finds at most.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// How long a reading waits until what was recorded before it is written.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is asked: times in steps of 100 ns since 1601, both included; `most` 0 is no bound.
pub(super) struct Question {
    pub(super) variable: String,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) most: usize,
    pub(super) answer: oneshot::Sender<Result<Found, StoreError>>,
}

/// What the thread owns.
pub(super) struct Reader {
    store: Store,
    /// To the writer.
    notes: SyncSender<Note>,
}

impl Reader {
    pub(super) fn new(store: Store, notes: SyncSender<Note>) -> Reader {
        Reader { store, notes }
    }

    /// Answers until nobody can ask any more.
    pub(super) fn run(mut self, questions: &Receiver<Question>) {
        while let Ok(question) = questions.recv() {
            if question.answer.is_closed() {
                continue; // Who asked has given up.
            }
            let (told, written) = sync_channel(1);
            if self.notes.try_send(Note::Flush(told)).is_ok() {
                // Ends when the note is dropped; where the disk takes longer, what is there is read.
                let _ = written.recv_timeout(PATIENCE);
            }
            let Question { variable, from, to, most, answer } = question;
            let _ = answer.send(self.read(&variable, from, to, most));
        }
    }

    fn read(&mut self, variable: &str, from: i64, to: i64, most: usize) -> Result<Found, StoreError> {
        let most = if most == 0 { usize::MAX } else { most };
        let (mut found, mut bytes, mut after) = (Vec::new(), 0, None);
        loop {
            // One more than asked for tells whether there are more.
            let wanted = PAGE.min((most - found.len()).saturating_add(1));
            let page = self.store.history().read(variable, from, to, after, wanted)?;
            let is_last = page.len() < wanted;
            for kept in page {
                bytes += kept.body.len();
                if found.len() == most || bytes > MOST_BYTES {
                    return Ok((found, true));
                }
                after = Some(kept.place);
                found.push(kept.body);
            }
            if is_last {
                return Ok((found, false));
            }
        }
    }
}
