//! How long to wait before the next attempt.
//!
//! Promises: the first attempt after a steady connection comes at once; pauses begin at half a second, grow gently (a server
//! that is back within half a minute is found within two seconds) and never exceed the configured one; a connection that
//! does not last keeps them growing, faster. A pure state machine: the caller has the clock.

use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
/// A connection that lasted shorter was none.
const STEADY: Duration = Duration::from_secs(10);
/// After so many of those in a row it is told.
const UNSTEADY: u32 = 5;

/// The pauses of one server.
#[derive(Debug)]
pub(super) struct Backoff {
    most: Duration,
    /// `None`: at once.
    next: Option<Duration>,
    short: u32,
}

impl Backoff {
    pub(super) fn new(most: Duration) -> Backoff {
        Backoff { most: most.max(Duration::from_millis(10)), next: None, short: 0 }
    }

    /// The pause before the next attempt.
    pub(super) fn pause(&mut self) -> Duration {
        let Some(pause) = self.next else {
            self.next = Some(FIRST.min(self.most));
            return Duration::ZERO;
        };
        self.next = Some(pause.mul_f64(1.1).min(self.most));
        // Many gateways that lost one server do not all come back in the same moment.
        pause.mul_f64(0.8 + 0.2 * share())
    }

    /// A connection ended that had lasted so long. Whether it is time to say that this server comes and goes.
    pub(super) fn lasted(&mut self, time: Duration) -> bool {
        if time >= STEADY {
            *self = Backoff::new(self.most);
            return false;
        }
        self.short += 1;
        // The first one may have met a server that was only just starting.
        if self.short > 1 {
            self.next = Some(self.next.map_or(FIRST, |pause| pause * 2).min(self.most));
        } else {
            self.next = None;
        }
        self.short == UNSTEADY
    }
}

/// Between 0 and 1, another one each time.
fn share() -> f64 {
    let random = std::hash::RandomState::new().build_hasher().finish();
    (random >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_gently_up_to_the_configured_one() {
        let mut backoff = Backoff::new(Duration::from_secs(5));
        assert_eq!(backoff.pause(), Duration::ZERO);
        let mut waited = Duration::ZERO;
        while waited < Duration::from_secs(20) {
            let pause = backoff.pause();
            assert!(pause >= Duration::from_millis(400), "{pause:?}");
            assert!(pause < Duration::from_millis(2600), "{pause:?} after {waited:?}");
            waited += pause;
        }
        let late: Vec<Duration> = (0..100).map(|_| backoff.pause()).collect();
        assert!(late[50..].iter().all(|pause| (4..=5).contains(&pause.as_secs())));
        assert!(late[50..].windows(2).any(|two| two[0] != two[1]), "no two gateways the same");
    }

    #[test]
    fn a_short_pause_in_the_configuration_is_kept() {
        let mut backoff = Backoff::new(Duration::from_millis(100));
        backoff.pause();
        assert!((0..50).all(|_| backoff.pause() <= Duration::from_millis(100)));
    }

    #[test]
    fn connections_that_do_not_last_make_pauses_longer_and_are_told_once() {
        let mut backoff = Backoff::new(Duration::from_secs(60));
        let mut told = 0;
        let mut last = Duration::ZERO;
        for _ in 0..10 {
            told += u32::from(backoff.lasted(Duration::from_secs(1)));
            last = backoff.pause();
        }
        assert_eq!(told, 1);
        assert!(last > Duration::from_secs(30), "{last:?}");
        assert!(!backoff.lasted(Duration::from_secs(60)));
        assert_eq!(backoff.pause(), Duration::ZERO);
    }
}
