//! A counter that can also be read: the metrics exporter gets every increment, and the console shows the total.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts up, for the metrics and for the console.
pub struct Tally {
    counter: metrics::Counter,
    total: AtomicU64,
}

impl Tally {
    pub(crate) fn new(counter: metrics::Counter) -> Tally {
        Tally { counter, total: AtomicU64::new(0) }
    }

    /// Counts `n` more.
    pub fn add(&self, n: u64) {
        self.counter.increment(n);
        self.total.fetch_add(n, Ordering::Relaxed);
    }

    /// How many there have been through this handle.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use crate::events::Heard;

    #[test]
    fn totals_are_the_sum_of_what_was_counted() {
        let tally = Heard { dialect: "test" }.handle();
        tally.add(2);
        tally.add(3);
        assert_eq!(tally.total(), 5);
    }
}
