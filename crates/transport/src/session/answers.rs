//! Answers to commands on their way back: from any thread to the shard on which the asking session lives.
//!
//! Promises: bounded, since a session asks no more than `MOST_ASKED` at once and an answer leaves with its session; telling
//! never waits. Filled by whoever carries out commands, emptied by the shard.

use bytes::Bytes;
use std::sync::{Arc, Mutex, PoisonError};
use tieline_model::{Answers, Refusal, SessionId};
use tokio::sync::Notify;

/// Commands of one session that are under way at once; until one is answered, the session reads no more.
pub(crate) const MOST_ASKED: u32 = 256;

/// What one command came to.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) session: SessionId,
    pub(crate) ticket: u64,
    pub(crate) answer: Result<Bytes, Refusal>,
}

/// One shard's answers.
pub(crate) struct AnswerBox {
    waiting: Mutex<Vec<Answer>>,
    wake: Arc<Notify>,
}

impl AnswerBox {
    /// An empty box; `wake` is notified when there is something to take.
    pub(crate) fn new(wake: Arc<Notify>) -> Arc<AnswerBox> {
        Arc::new(AnswerBox { waiting: Mutex::default(), wake })
    }

    /// Takes out everything, oldest first.
    pub(crate) fn take(&self) -> Vec<Answer> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Answers for AnswerBox {
    fn put(&self, session: SessionId, ticket: u64, answer: Result<Bytes, Refusal>) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(Answer { session, ticket, answer });
    }

    fn wake(&self) {
        self.wake.notify_one();
    }
}
