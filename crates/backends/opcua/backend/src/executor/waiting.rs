//! Commands that wait for their answers.
//!
//! Promises: each is answered once, at the latest when its time is up; in bounded number.

use bytes::Bytes;
use std::collections::BTreeMap;
use std::time::Duration;
use tieline_model::{Done, Wakes};
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
    /// Until when each waits. All have the same patience, so the first to come is the first whose time is up.
    open: BTreeMap<u64, (Instant, Done)>,
}

impl Waiting {
    pub(super) fn new(patience: Duration) -> Waiting {
        Waiting { patience, last: 0, open: BTreeMap::new() }
    }

    pub(super) fn is_full(&self) -> bool {
        self.open.len() >= MOST
    }

    pub(super) fn add(&mut self, done: Done, now: Instant) -> Ticket {
        self.last += 1;
        self.open.insert(self.last, (now + self.patience, done));
        Ticket(self.last)
    }

    /// Whether nobody has answered it yet.
    pub(super) fn is_open(&self, ticket: Ticket) -> bool {
        self.open.contains_key(&ticket.0)
    }

    /// Answers it, unless it was; who asked is woken with the others of `wakes`.
    pub(super) fn answer(&mut self, ticket: Ticket, answer: Bytes, wakes: &mut Wakes) {
        if let Some((_, done)) = self.open.remove(&ticket.0) {
            done.put(Ok(answer), wakes);
        }
    }

    /// Answers those whose time is up; when the next one's is.
    pub(super) fn expire(&mut self, now: Instant, answer: &Bytes) -> Option<Instant> {
        let mut wakes = Wakes::default();
        while let Some(first) = self.open.first_entry() {
            let due = first.get().0;
            if due > now {
                return Some(due);
            }
            first.remove().1.put(Ok(answer.clone()), &mut wakes);
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
        fn put(&self, _session: SessionId, ticket: u64, answer: Result<Bytes, Refusal>) {
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
        waiting.answer(second, "in time".into(), &mut Wakes::default());
        tokio::time::advance(Duration::from_millis(1999)).await;
        assert_eq!(waiting.expire(Instant::now(), &late), Some(Instant::now() + Duration::from_millis(1)));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(waiting.expire(Instant::now(), &late), Some(Instant::now() + Duration::from_secs(1)));
        assert!(!waiting.is_open(first) && waiting.is_open(third));
        waiting.answer(first, "too late".into(), &mut Wakes::default());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(waiting.expire(Instant::now(), &late), None);
        let told: Vec<(u64, String)> = heard.0.lock().unwrap().clone();
        assert_eq!(told, [(2, "in time".to_owned()), (1, "late".to_owned()), (3, "late".to_owned())]);
        assert!(waiting.open.is_empty());
        assert!(!waiting.is_open(first) && !waiting.is_open(third));
    }
    #[tokio::test(start_paused = true)]
    async fn what_was_answered_takes_no_room_while_an_older_one_waits() {
        let heard = Arc::new(Heard::default());
        let mut waiting = Waiting::new(Duration::from_secs(3600));
        let mut add = |number| waiting.add(Done::new(heard.clone(), SessionId::NONE, number), Instant::now());
        let (stuck, others) = (add(0), (1..=1000).map(&mut add).collect::<Vec<_>>());
        others.into_iter().for_each(|ticket| waiting.answer(ticket, "1".into(), &mut Wakes::default()));
        assert_eq!((waiting.open.len(), waiting.is_open(stuck)), (1, true));
        waiting.answer(stuck, "at last".into(), &mut Wakes::default());
        assert_eq!(heard.0.lock().unwrap().len(), 1001);
    }
}
