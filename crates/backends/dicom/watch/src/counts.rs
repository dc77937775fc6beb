//! What a watcher counts, for the metrics and for whoever asks it.
//!
//! Promises: every file that was seen ends as judged or vanished, or is waiting; the rest is why it may have taken longer.

use std::sync::atomic::{AtomicU64, Ordering};
use tieline_telemetry::{Gauge, Tally, events};

/// What a watcher has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Files, each version apart, that were found and had not been judged before.
    pub seen: u64,
    /// Those that were judged.
    pub judged: u64,
    /// Files in line to be looked at, or still growing.
    pub waiting: u64,
    /// Those that were gone before they could be judged. One that is told of twice is counted twice: nothing of it stays
    /// that could be compared.
    pub vanished: u64,
    /// Files whose names are none to judge.
    pub passed_over: u64,
    /// News of a file that found the queue full: a scan finds the file itself.
    pub dropped: u64,
    /// Times that the kernel had more news than it keeps: a scan follows.
    pub overflows: u64,
    /// Folders watched now.
    pub folders: u64,
    /// Times that all folders were read from end to end.
    pub scans: u64,
}

/// The counters themselves, shared by a watcher's threads.
pub(crate) struct Tallies {
    pub(crate) seen: Tally,
    pub(crate) judged: Tally,
    pub(crate) vanished: Tally,
    pub(crate) passed_over: Tally,
    pub(crate) dropped: Tally,
    pub(crate) overflows: Tally,
    pub(crate) scans: Tally,
    pub(crate) waiting: Level,
    pub(crate) folders: Level,
}

impl Tallies {
    pub(crate) fn new() -> Tallies {
        Tallies {
            seen: events::FilesSeen {}.handle(),
            judged: events::FilesJudged {}.handle(),
            vanished: events::FilesVanished {}.handle(),
            passed_over: events::FilesPassedOver {}.handle(),
            dropped: events::FilesDeferred {}.handle(),
            overflows: events::WatchOverflows {}.handle(),
            scans: events::FolderScans {}.handle(),
            waiting: Level::new(events::FilesWaiting {}.handle()),
            folders: Level::new(events::FoldersWatched {}.handle()),
        }
    }

    /// What has been counted. The parts are read one after the other: while files are judged they may be one apart.
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            seen: self.seen.total(),
            judged: self.judged.total(),
            waiting: self.waiting.value(),
            vanished: self.vanished.total(),
            passed_over: self.passed_over.total(),
            dropped: self.dropped.total(),
            overflows: self.overflows.total(),
            folders: self.folders.value(),
            scans: self.scans.total(),
        }
    }
}

/// A number that goes up and down. Several watchers add up in the metrics; a watcher that ends takes its share away.
pub(crate) struct Level {
    gauge: Gauge,
    value: AtomicU64,
}

impl Level {
    fn new(gauge: Gauge) -> Level {
        Level { gauge, value: AtomicU64::new(0) }
    }

    pub(crate) fn up(&self, n: usize) {
        self.value.fetch_add(n as u64, Ordering::Relaxed);
        self.gauge.increment(n as f64);
    }

    pub(crate) fn down(&self, n: usize) {
        self.value.fetch_sub(n as u64, Ordering::Relaxed);
        self.gauge.decrement(n as f64);
    }

    /// One part of it was `before` and is `after`.
    pub(crate) fn moved(&self, before: usize, after: usize) {
        match after.checked_sub(before) {
            Some(more) => self.up(more),
            None => self.down(before - after),
        }
    }

    pub(crate) fn value(&self) -> u64 {
        self.value.load(Ordering::Relaxed)
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        self.gauge.decrement(self.value() as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_goes_up_and_down() {
        let tallies = Tallies::new();
        tallies.waiting.up(3);
        tallies.waiting.moved(3, 1);
        tallies.waiting.moved(1, 1);
        tallies.waiting.down(1);
        tallies.folders.moved(0, 7);
        tallies.seen.add(2);
        assert_eq!(tallies.counts(), Counts { seen: 2, folders: 7, ..Counts::default() });
    }
}
