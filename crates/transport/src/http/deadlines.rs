//! How long a client of an HTTP port may take: for a request's head, until its next request, and to take an answer.
//!
//! Promises: whatever a client leaves unfinished ends; who sends or reads steadily is never cut off. Noted by the
//! connection's stream and by the bodies that pass, asked by the task of the connection, which is woken by all of them.

use crate::Limits;
use crate::port::idle::Place;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// What took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Late {
    /// A request's line and headers (`limits.handshake`).
    Head,
    /// The next request on a connection that had one (`limits.keep_alive`).
    Next,
    /// Taking what was answered (`limits.body`, `limits.idle` for answers without an end).
    Answer,
}

/// Where one connection stands.
#[derive(Debug)]
pub(crate) struct Deadlines {
    head: Duration,
    next: Duration,
    answer: Duration,
    stream: Duration,
    state: Mutex<State>,
    place: Arc<Place>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Since when.
    since: Instant,
    /// Since when the socket takes nothing of what waits for it.
    stalled: Option<Instant>,
    /// Whether the answer has no end.
    is_stream: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Head,
    Answering,
    Idle,
}

impl Deadlines {
    /// A connection that has just been made, with its seat.
    pub(crate) fn new(limits: &Limits, place: Arc<Place>) -> Arc<Deadlines> {
        let state = State { phase: Phase::Head, since: Instant::now(), stalled: None, is_stream: false };
        Arc::new(Deadlines {
            head: limits.handshake,
            next: limits.keep_alive,
            answer: limits.body,
            stream: limits.idle,
            state: Mutex::new(state),
            place,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, phase: Phase) {
        let mut state = self.state();
        (state.phase, state.since) = (phase, Instant::now());
        drop(state);
        match phase {
            Phase::Answering => self.place.is_busy(),
            Phase::Head | Phase::Idle => self.place.waits(),
        }
    }

    /// Something was read.
    pub(crate) fn has_read(&self) {
        if self.state().phase == Phase::Idle {
            self.enter(Phase::Head);
        }
    }

    /// A request's head is complete.
    pub(crate) fn has_head(&self) {
        self.enter(Phase::Answering);
        self.state().is_stream = false;
    }

    /// The answer has no end: it is taken as it comes.
    pub(crate) fn is_stream(&self) {
        self.state().is_stream = true;
    }

    /// The answer was given as a whole.
    pub(crate) fn has_answered(&self) {
        self.enter(Phase::Idle);
    }

    /// The socket took something, or nothing.
    pub(crate) fn has_written(&self, something: bool) {
        let mut state = self.state();
        match something {
            true => state.stalled = None,
            false => drop(state.stalled.get_or_insert_with(Instant::now)),
        }
    }

    /// When something will be late, and what; `None`: nothing is waited for.
    fn deadline(&self) -> Option<(Instant, Late)> {
        let state = self.state();
        let answer = if state.is_stream { self.stream } else { self.answer };
        let waits = [
            (state.phase == Phase::Head).then_some((state.since, self.head, Late::Head)),
            (state.phase == Phase::Idle).then_some((state.since, self.next, Late::Next)),
            state.stalled.map(|since| (since, answer, Late::Answer)),
        ];
        let bounded = waits.into_iter().flatten().filter(|(_, limit, _)| !limit.is_zero());
        bounded.filter_map(|(since, limit, late)| Some((since.checked_add(limit)?, late))).min_by_key(|(at, _)| *at)
    }

    /// Ready once something is late. To be asked again after whatever may have changed the state.
    pub(crate) fn poll_late(&self, mut sleep: std::pin::Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<Late> {
        let Some((at, late)) = self.deadline() else { return Poll::Pending };
        if sleep.deadline() != at {
            sleep.as_mut().reset(at);
        }
        sleep.poll(cx).map(|()| late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;

    const LIMITS: fn() -> Limits = || Limits {
        handshake: Duration::from_secs(5),
        keep_alive: Duration::from_secs(60),
        body: Duration::from_secs(30),
        idle: Duration::from_secs(600),
        ..Limits::default()
    };

    /// What is late after so many seconds.
    async fn late(deadlines: &Deadlines) -> (Late, u64) {
        let (start, mut sleep) = (Instant::now(), pin!(tokio::time::sleep(Duration::ZERO)));
        let late = std::future::poll_fn(|cx| deadlines.poll_late(sleep.as_mut(), cx)).await;
        (late, start.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn each_wait_has_its_own_bound() {
        let deadlines = Deadlines::new(&LIMITS(), Arc::default());
        assert_eq!(late(&deadlines).await, (Late::Head, 5));
        deadlines.has_head();
        assert_eq!(deadlines.deadline(), None, "we work, the client waits");
        deadlines.has_written(false);
        assert_eq!(late(&deadlines).await, (Late::Answer, 30));
        deadlines.has_written(true);
        deadlines.is_stream();
        deadlines.has_written(false);
        assert_eq!(late(&deadlines).await, (Late::Answer, 600));
        deadlines.has_written(true);
        deadlines.has_answered();
        assert_eq!(late(&deadlines).await, (Late::Next, 60));
        // The first byte of the next request begins a new head.
        deadlines.has_read();
        assert_eq!(late(&deadlines).await, (Late::Head, 5));
        deadlines.has_head();
        deadlines.has_written(false);
        assert_eq!(late(&deadlines).await, (Late::Answer, 30), "the next answer is not a stream");
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_late_without_limits() {
        let none = Duration::ZERO;
        let deadlines = Deadlines::new(
            &Limits { handshake: none, keep_alive: none, body: none, idle: none, ..Limits::default() },
            Arc::default(),
        );
        assert_eq!(deadlines.deadline(), None);
        deadlines.has_answered();
        deadlines.has_written(false);
        assert_eq!(deadlines.deadline(), None);
    }
}
