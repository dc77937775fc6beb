//! Whether a subscription still reports.
//!
//! Promises: a subscription that has said nothing for twice its keep-alive and a second, not even that there is nothing, is
//! made anew; when the new one is silent too, the whole session is. Nobody is called silent for the time the connection was
//! away. A pure state machine: the caller has the clock.

use std::time::Duration;
use tokio::time::Instant;

/// Watches one session's subscription.
#[derive(Debug)]
pub(super) struct Silence {
    quiet: Duration,
    /// When the subscription was made.
    since: Instant,
    /// When its connection began, or came back.
    back: Instant,
    /// Made because the one before was silent, and nothing was heard of it yet.
    is_second: bool,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing, before this.
    Fine(Instant),
    /// Make the subscription anew.
    Remake,
    /// Make the session anew.
    Redial,
}

impl Silence {
    /// A subscription was made: it reports at least this often.
    pub(super) fn new(keep_alive: Duration, now: Instant, is_second: bool) -> Silence {
        Silence { quiet: keep_alive * 2 + Duration::from_secs(1), since: now, back: now, is_second }
    }

    /// When the subscription was made.
    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// The connection is back: the server could not report meanwhile.
    pub(super) fn back(&mut self, now: Instant) {
        self.back = now;
    }

    pub(super) fn check(&self, last_report: Instant, now: Instant) -> Verdict {
        let until = self.back.max(last_report) + self.quiet;
        match now < until {
            true => Verdict::Fine(until),
            false if self.is_second && last_report <= self.since => Verdict::Redial,
            false => Verdict::Remake,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_subscription_is_made_anew_and_then_the_session() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let silence = Silence::new(2 * second, start, false);
        assert_eq!(silence.check(start, start + second), Verdict::Fine(start + 5 * second));
        assert_eq!(silence.check(start + 3 * second, start + 6 * second), Verdict::Fine(start + 8 * second));
        assert_eq!(silence.check(start + 3 * second, start + 8 * second), Verdict::Remake);
        let again = Silence::new(2 * second, start + 8 * second, true);
        assert_eq!(again.check(start + 3 * second, start + 13 * second), Verdict::Redial);
        assert_eq!(again.check(start + 9 * second, start + 14 * second), Verdict::Remake, "it has spoken once");
    }

    #[test]
    fn the_time_without_a_connection_is_no_silence() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut silence = Silence::new(2 * second, start, true);
        silence.back(start + 20 * second);
        assert_eq!(silence.check(start, start + 21 * second), Verdict::Fine(start + 25 * second));
        assert_eq!(silence.check(start, start + 25 * second), Verdict::Redial);
        assert_eq!(silence.check(start + 24 * second, start + 25 * second), Verdict::Fine(start + 29 * second));
    }
}
