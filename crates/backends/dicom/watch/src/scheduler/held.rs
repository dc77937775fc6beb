//! How long results of examinations are held back so that they are kept and told together.
//!
//! Promises: when nothing waits in line, not at all. Asked by the scheduler.

use std::time::{Duration, Instant};

/// So many results are held back at most.
const MOST: usize = 32;
/// For so long at most.
const LONGEST: Duration = Duration::from_millis(10);

/// Examinations since the last pause, and when the first of them was.
#[derive(Debug, Default)]
pub(super) struct Held {
    count: usize,
    since: Option<Instant>,
}

impl Held {
    /// One more.
    pub(super) fn add(&mut self, now: Instant) {
        self.count += 1;
        self.since = self.since.or(Some(now));
    }

    /// Whether they are to be told now; then none are held any more.
    pub(super) fn is_due(&mut self, is_idle: bool, now: Instant) -> bool {
        let is_long = self.since.is_some_and(|since| now.saturating_duration_since(since) >= LONGEST);
        let is_due = self.count > 0 && (is_idle || is_long || self.count >= MOST);
        if is_due {
            *self = Held::default();
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_told_when_nothing_waits_when_they_are_many_or_when_it_was_long() {
        let start = Instant::now();
        let mut held = Held::default();
        assert!(!held.is_due(true, start), "there is none");
        held.add(start);
        assert!(!held.is_due(false, start));
        assert!(held.is_due(true, start) && !held.is_due(true, start));
        held.add(start);
        held.add(start + LONGEST / 2);
        assert!(!held.is_due(false, start + LONGEST / 2) && held.is_due(false, start + LONGEST));
        (0..MOST).for_each(|_| held.add(start));
        assert!(held.is_due(false, start) && !held.is_due(true, start + LONGEST));
    }
}
