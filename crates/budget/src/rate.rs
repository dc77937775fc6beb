//! How many connections a port accepts in a second: the rest waits in the kernel's queue, where it costs nothing.
//!
//! Promises: a tenth of what is allowed in a second may come at once, then one at a time, since a shard that is given many
//! handshakes at once lets its clients wait for all of them; no lock. Shared by all shards.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const SECOND: u64 = 1_000_000_000;
/// What may come at once: so much time's worth, and one at least.
const BURST: u64 = SECOND / 10;

/// The pace of one port.
pub struct Rate {
    /// Between two, in nanoseconds; 0 is no bound.
    each: u64,
    start: Instant,
    /// When, at the allowed pace, the last one would have come.
    due: AtomicU64,
}

impl Rate {
    /// So many in a second; 0 is no bound.
    pub fn new(per_second: u32) -> Rate {
        let each = SECOND.checked_div(per_second.into()).unwrap_or(0);
        Rate { each, start: Instant::now(), due: AtomicU64::new(0) }
    }

    /// Counts one, and says how long to wait before the next.
    pub fn count(&self) -> Option<Duration> {
        self.count_at(self.start.elapsed().as_nanos() as u64)
    }

    fn count_at(&self, now: u64) -> Option<Duration> {
        if self.each == 0 {
            return None;
        }
        let later = |due: u64| Some(due.max(now) + self.each);
        let before = self.due.fetch_update(Ordering::Relaxed, Ordering::Relaxed, later).unwrap_or(now);
        let ahead = before.max(now) + self.each - now;
        let over = (ahead + self.each).saturating_sub(BURST.max(self.each));
        (over > 0).then(|| Duration::from_nanos(over))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_at_once_and_then_one_at_a_time() {
        let rate = Rate::new(40);
        let quarter = BURST / 4;
        let waits: Vec<_> = (0..5).map(|_| rate.count_at(0).map(|wait| wait.as_nanos() as u64)).collect();
        assert_eq!(waits, [None, None, None, Some(quarter), Some(2 * quarter)]);
        // After a while of nothing, all of it again.
        assert_eq!((0..3).filter_map(|_| rate.count_at(10 * SECOND)).count(), 0);
        assert!(rate.count_at(10 * SECOND).is_some());
    }

    #[test]
    fn whoever_waits_as_told_keeps_the_pace() {
        for per_second in [1, 3, 2000, u32::MAX] {
            let (rate, mut now, mut came) = (Rate::new(per_second), 0, 0u64);
            while now < 3 * SECOND && came < 20_000 {
                now += rate.count_at(now).map_or(0, |wait| wait.as_nanos() as u64);
                came += 1;
            }
            let allowed = u128::from(per_second) * u128::from(now + BURST) / u128::from(SECOND) + 2;
            assert!(u128::from(came) <= allowed, "{came} in {now} ns at {per_second} a second");
        }
    }

    #[test]
    fn nothing_is_no_bound() {
        let rate = Rate::new(0);
        assert!((0..10_000).all(|_| rate.count_at(0).is_none()));
    }
}
