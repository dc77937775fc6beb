//! Thins a flood of equal log lines: whoever sends garbage a million times does not fill a disk.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Lines of one event let through per second.
const PER_SECOND: u64 = 20;

/// Lets some lines of one event through each second and counts the rest.
#[derive(Debug)]
pub struct Throttle {
    /// The second (upper half) and how many came in it (lower half).
    window: AtomicU64,
}

impl Throttle {
    /// Nothing was let through yet.
    pub const fn new() -> Throttle {
        Throttle { window: AtomicU64::new(0) }
    }

    /// `Some(n)`: write the line; `n` were kept back in the second before. `None`: keep it back.
    pub fn admit(&self) -> Option<u64> {
        self.admit_at(seconds())
    }

    fn admit_at(&self, second: u64) -> Option<u64> {
        let mut kept_back = 0;
        let count = |window: u64| {
            let (then, came) = (window >> 32, window & 0xFFFF_FFFF);
            if then == second {
                kept_back = 0;
                (then << 32) | (came + 1).min(0xFFFF_FFFF)
            } else {
                kept_back = came.saturating_sub(PER_SECOND);
                (second << 32) | 1
            }
        };
        let mut count = count;
        let mut before = self.window.load(Ordering::Relaxed);
        loop {
            let after = count(before);
            match self.window.compare_exchange_weak(before, after, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return (after & 0xFFFF_FFFF <= PER_SECOND).then_some(kept_back),
                Err(now) => before = now,
            }
        }
    }
}

impl Default for Throttle {
    fn default() -> Throttle {
        Throttle::new()
    }
}

/// Seconds since the first call, from 1.
fn seconds() -> u64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_thinned_and_says_by_how_much() {
        let throttle = Throttle::new();
        let written = (0..1000).filter(|_| throttle.admit_at(1).is_some()).count();
        assert_eq!(written as u64, PER_SECOND);
        assert_eq!(throttle.admit_at(2), Some(1000 - PER_SECOND));
        assert_eq!(throttle.admit_at(2), Some(0));
    }
}
