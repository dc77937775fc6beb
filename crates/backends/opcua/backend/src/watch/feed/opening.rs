//! The first half second of a variable that somebody has begun to hear.
//!
//! Promises: who begins to hear a variable is told its current value half a second later, unless a change came first; then
//! only the change is told. A pure state machine: the caller has the clock.

use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a first value is held back. The contract says half a second after the start; this is a hundredth less, so that
/// it is there before transport looks what is kept on the topic, which may be what was kept when it was last watched.
pub(super) const HOLD: Duration = Duration::from_millis(490);

/// A variable that is newly heard.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) due: Instant,
    held: Option<Arc<str>>,
    /// Whether what is held is a value of the server; only then is the next one a change.
    is_value: bool,
}

/// What to do with a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It is held back.
    Held,
    /// It is published, and the opening is over.
    Published,
}

impl Opening {
    pub(super) fn new(since: Instant) -> Opening {
        Opening { due: since + HOLD, held: None, is_value: false }
    }

    /// A value came.
    pub(super) fn value(&mut self, json: &Arc<str>, now: Instant) -> Step {
        if self.is_value || now >= self.due {
            return Step::Published;
        }
        (self.held, self.is_value) = (Some(json.clone()), true);
        Step::Held
    }

    /// There is no server: told when the time has come, unless it is there by then.
    pub(super) fn absent(&mut self, json: Arc<str>) {
        (self.held, self.is_value) = (Some(json), false);
    }

    /// What to publish when the time has come.
    pub(super) fn over(self) -> Option<Arc<str>> {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_first_value_waits_and_a_change_overtakes_it() {
        let start = Instant::now();
        let (first, second): (Arc<str>, Arc<str>) = ("1".into(), "2".into());
        let mut opening = Opening::new(start);
        assert_eq!(opening.value(&first, Instant::now()), Step::Held);
        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!(opening.value(&second, Instant::now()), Step::Published);

        let mut opening = Opening::new(Instant::now());
        opening.value(&first, Instant::now());
        tokio::time::sleep_until(opening.due).await;
        assert_eq!(opening.over(), Some(first.clone()));

        let mut opening = Opening::new(Instant::now());
        tokio::time::advance(HOLD).await;
        assert_eq!(opening.value(&first, Instant::now()), Step::Published, "a late one waits no longer");
    }

    #[tokio::test(start_paused = true)]
    async fn an_absent_server_that_comes_in_time_is_not_told() {
        let mut opening = Opening::new(Instant::now());
        opening.absent("away".into());
        assert_eq!(opening.value(&"1".into(), Instant::now()), Step::Held);
        assert_eq!(opening.over().as_deref(), Some("1"));
        let mut opening = Opening::new(Instant::now());
        opening.absent("away".into());
        assert_eq!(opening.over().as_deref(), Some("away"));
    }
}
