//! What a session is to be told after a while: kept messages of what it has begun to hear (`Recall::After`).
//!
//! Promises: nothing is told that something newer has overtaken; no memory while nothing is due. Owned by a session.

use crate::clock::Clock;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tieline_hub::Later;

/// What is due, soonest first.
#[derive(Default)]
pub(crate) struct Laters(Option<Box<Due>>);

struct Due {
    /// In milliseconds of the clock.
    waiting: VecDeque<(u64, Later)>,
    timer: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

impl Laters {
    /// Adds what one change of subscriptions left to be told.
    pub(crate) fn add(&mut self, later: Later, clock: &Clock) {
        if later.fresh.is_empty() {
            return;
        }
        let at = clock.now() + later.wait.as_millis() as u64;
        let due = self.0.get_or_insert_with(|| Box::new(Due { waiting: VecDeque::new(), timer: None }));
        match due.waiting.back_mut() {
            // A client that begins a thousand monitors at once is looked after once.
            Some((last, have)) if *last == at && have.since == later.since => have.fresh.extend(later.fresh),
            // Longer waits before shorter ones are nobody's; the order would only be late, never wrong.
            _ => due.waiting.push_back((at, later)),
        }
    }

    /// The next that is due now; otherwise the task is woken when one is.
    pub(crate) fn poll(&mut self, clock: &Clock, cx: &mut Context<'_>) -> Option<Later> {
        let due = self.0.as_mut()?;
        loop {
            let at = due.waiting.front()?.0;
            if clock.now() >= at {
                due.timer = None;
                let later = due.waiting.pop_front().map(|(_, later)| later);
                if let Some(told) = &later {
                    // Stopped and begun again in between: it is told now, and not a second time.
                    due.waiting.iter_mut().for_each(|(_, other)| other.fresh.retain(|one| !told.fresh.contains(one)));
                }
                if due.waiting.is_empty() {
                    self.0 = None;
                }
                return later;
            }
            let timer = due.timer.get_or_insert_with(|| Box::pin(clock.clone().until(at)));
            match timer.as_mut().poll(cx) {
                Poll::Pending => return None,
                Poll::Ready(()) => due.timer = None,
            }
        }
    }
}
