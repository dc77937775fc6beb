//! Commands that wait for their answers.
//!
//! Promises: each is answered once, at the latest when its time is up; in bounded number.

use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;
use tieline_model::Done;
use tokio::time::Instant;

/// So many may wait for one server.
pub(super) const MOST: usize = 50_000;

/// What a command is known by here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Ticket(u64);

/// See the module.
pub(super) struct Waiting {
    patience: Duration,
    last: u64,
    open: HashMap<u64, Done>,
    /// All have the same patience, so the first to come is the first whose time is up.
    due: VecDeque<(Instant, u64)>,
}

impl Waiting {
    pub(super) fn new(patience: Duration) -> Waiting {
        Waiting { patience, last: 0, open: HashMap::new(), due: VecDeque::new() }
    }

    pub(super) fn is_full(&self) -> bool {
        self.open.len() >= MOST
    }

    pub(super) fn add(&mut self, done: Done, now: Instant) -> Ticket {
        self.last += 1;
        self.open.insert(self.last, done);
        self.due.push_back((now + self.patience, self.last));
        Ticket(self.last)
    }

    /// Whether nobody has answered it yet.
    pub(super) fn is_open(&self, ticket: Ticket) -> bool {
        self.open.contains_key(&ticket.0)
    }

    pub(super) fn answer(&mut self, ticket: Ticket, answer: Bytes) {
        if let Some(done) = self.open.remove(&ticket.0) {
            done.tell(Ok(answer));
        }
    }

    /// Answers those whose time is up; when the next one's is.
    pub(super) fn expire(&mut self, now: Instant, answer: &Bytes) -> Option<Instant> {
        while let Some((due, number)) = self.due.front().copied() {
            if due > now && self.open.contains_key(&number) {
                return Some(due);
            }
            self.due.pop_front();
            self.answer(Ticket(number), answer.clone());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use tieline_model::{Answers, Refusal, SessionId};

    #[derive(Default)]
    struct Heard(Mutex<Vec<(u64, String)>>);

    impl Answers for Heard {
        fn answered(&self, _session: SessionId, ticket: u64, answer: Result<Bytes, Refusal>) {
            self.0.lock().unwrap().push((ticket, String::from_utf8(answer.unwrap().to_vec()).unwrap()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn every_command_is_answered_once_and_in_time() {
        let heard = Arc::new(Heard::default());
        let mut waiting = Waiting::new(Duration::from_secs(3));
        let done = |number| Done::new(heard.clone(), SessionId::NONE, number);
        let late = Bytes::from_static(b"late");
        let first = waiting.add(done(1), Instant::now());
        tokio::time::advance(Duration::from_secs(1)).await;
        let second = waiting.add(done(2), Instant::now());
        let third = waiting.add(done(3), Instant::now());
        waiting.answer(second, "in time".into());
        tokio::time::advance(Duration::from_millis(1999)).await;
        assert_eq!(waiting.expire(Instant::now(), &late), Some(Instant::now() + Duration::from_millis(1)));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(waiting.expire(Instant::now(), &late), Some(Instant::now() + Duration::from_secs(1)));
        assert!(!waiting.is_open(first) && waiting.is_open(third));
        waiting.answer(first, "too late".into());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(waiting.expire(Instant::now(), &late), None);
        let told: Vec<(u64, String)> = heard.0.lock().unwrap().clone();
        assert_eq!(told, [(2, "in time".to_owned()), (1, "late".to_owned()), (3, "late".to_owned())]);
        assert!(waiting.due.is_empty() && waiting.open.is_empty());
    }
}
