//! Connections of a port that wait for their client's first or next request, oldest first: when the port is full, they make
//! room for those who come.
//!
//! So half requests, however many, keep nobody out who asks for something. Promises: who was asked for something is never sent
//! away; no more is held than there are connections, twice over. Taken when a connection is let in, asked by the port's accept.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::Notify;

const WAITS: u8 = 0;
const BUSY: u8 = 1;
const GONE: u8 = 2;

/// One connection's.
#[derive(Debug, Default)]
pub(crate) struct Place {
    state: AtomicU8,
    sent_away: Notify,
}

/// A port's.
#[derive(Debug, Default)]
pub(crate) struct IdleConnections(Mutex<VecDeque<Weak<Place>>>);

impl Place {
    /// The client has asked for something.
    pub(crate) fn is_busy(&self) {
        let _ = self.state.compare_exchange(WAITS, BUSY, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// It has its answer, and may ask for more.
    pub(crate) fn waits(&self) {
        let _ = self.state.compare_exchange(BUSY, WAITS, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// Ready when the connection has to make room.
    pub(crate) async fn sent_away(&self) {
        while self.state.load(Ordering::Acquire) != GONE {
            self.sent_away.notified().await;
        }
    }
}

impl IdleConnections {
    /// A newcomer's.
    pub(crate) fn take(&self) -> Arc<Place> {
        let place = Arc::new(Place::default());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Looked through when it would grow: each look pays for as many newcomers as it leaves.
        if all.len() == all.capacity() {
            all.retain(|place| place.strong_count() > 0);
        }
        all.push_back(Arc::downgrade(&place));
        place
    }

    /// Sends away the one that waits longest; whether there is one.
    pub(crate) fn free_one(&self) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..all.len() {
            let Some(place) = all.pop_front().and_then(|place| place.upgrade()) else { continue };
            if place.state.compare_exchange(WAITS, GONE, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                place.sent_away.notify_one();
                return true;
            }
            all.push_back(Arc::downgrade(&place));
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_oldest_that_waits_goes() {
        let idle = IdleConnections::default();
        let [first, second, third] = std::array::from_fn(|_| idle.take());
        first.is_busy();
        drop(second);
        assert!(idle.free_one());
        third.sent_away().await;
        assert!(!idle.free_one(), "the first is answered");
        first.waits();
        assert!(idle.free_one());
        first.sent_away().await;
        assert!(!idle.free_one());
    }

    #[test]
    fn those_that_have_gone_take_no_room() {
        let idle = IdleConnections::default();
        let _stays = idle.take();
        for _ in 0..10_000 {
            drop(idle.take());
        }
        assert!(idle.0.lock().unwrap().len() < 100);
    }
}
