//! Files that were examined and have to be examined again: those that are empty, cut or begin with zeros, which somebody may
//! go on writing, and those that could not be read or judged for a reason that passes (contract `mr-verdicts`, "What is
//! remembered").
//!
//! Promises: no clock of its own; never more files than the bound; each file is told of as unreadable once, until it is
//! judged. Kept by the scheduler.

use crate::stamp::Version;
use lru::LruCache;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The pause before a failure is first looked into again; each further one is twice as long.
const FIRST: Duration = Duration::from_millis(250);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(60);
/// Files remembered as told of.
const TOLD: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// Why a file is examined again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// It is empty, cut or begins with zeros.
    Spoilt,
    /// It failed since then, and was tried again after this pause.
    Failing { since: Instant, pause: Duration },
}

#[derive(Debug)]
struct Waiting {
    version: Version,
    why: Why,
    due: Instant,
    /// The time under which it stands in the line.
    placed: Option<Instant>,
}

/// What to do with a file that could not be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// Nothing: it waits.
    Wait,
    /// Tell of it; it goes on waiting.
    Tell,
    /// Tell of it, and have it over with.
    End,
}

/// Files to be examined again.
#[derive(Debug)]
pub(crate) struct Again {
    /// How long a spoilt file is left alone.
    settle: Duration,
    /// How long failing is no news.
    patience: Duration,
    bound: usize,
    files: HashMap<PathBuf, Waiting>,
    /// When to look at which; what is no longer in `files`, or is due later, is passed over.
    line: BinaryHeap<Reverse<(Instant, PathBuf)>>,
    /// Hashes of the paths that were told of.
    told: LruCache<u64, ()>,
    key: RandomState,
}

impl Again {
    pub(crate) fn new(settle: Duration, patience: Duration, bound: usize) -> Again {
        Again {
            settle,
            patience,
            bound,
            files: HashMap::new(),
            line: BinaryHeap::new(),
            told: LruCache::new(TOLD),
            key: RandomState::new(),
        }
    }

    /// A file was found empty, cut or beginning with zeros. `old`: that is known to be so for long.
    pub(crate) fn spoilt(&mut self, path: &Path, version: Version, old: bool, now: Instant) -> Then {
        let again = self
            .files
            .get(path)
            .is_some_and(|waiting| waiting.version == version && waiting.why == Why::Spoilt && waiting.due <= now);
        if again || old || !self.wait(path, Waiting { version, why: Why::Spoilt, due: now + self.settle, placed: None })
        {
            return Then::End;
        }
        Then::Wait
    }

    /// A file could not be read, or not be judged, for a reason that passes.
    pub(crate) fn failing(&mut self, path: &Path, version: Version, now: Instant) -> Then {
        let (since, pause) = match self.files.get(path).map(|waiting| waiting.why) {
            Some(Why::Failing { since, pause }) => (since, (pause * 2).min(LONGEST)),
            _ => (now, FIRST),
        };
        let told_at = since + self.patience;
        // Neither later than it has to be told.
        let due = if now < told_at { (now + pause).min(told_at) } else { now + pause };
        if !self.wait(path, Waiting { version, why: Why::Failing { since, pause }, due, placed: None }) {
            return Then::End;
        }
        if now >= told_at { Then::Tell } else { Then::Wait }
    }

    /// The content of a file that waits has changed: it is left alone from now on.
    pub(crate) fn changed(&mut self, path: &Path, version: Version, now: Instant) {
        if let Some(why) = self.files.get(path).map(|waiting| waiting.why) {
            self.wait(path, Waiting { version, why, due: now + self.settle, placed: None });
        }
    }

    /// `false`: there is no room.
    fn wait(&mut self, path: &Path, waiting: Waiting) -> bool {
        let known = self.files.get(path);
        // Stale places in the line count as well.
        if known.is_none() && self.files.len().max(self.line.len()) >= self.bound {
            return false;
        }
        // One that has a place already is put back when that comes too early.
        let mut waiting = Waiting { placed: known.and_then(|known| known.placed), ..waiting };
        if waiting.placed.is_none_or(|placed| waiting.due < placed) {
            self.line.push(Reverse((waiting.due, path.to_owned())));
            waiting.placed = Some(waiting.due);
        }
        self.files.insert(path.to_owned(), waiting);
        true
    }

    /// Whether it is the first time that this file is told of since it was judged.
    pub(crate) fn tell(&mut self, path: &Path) -> bool {
        self.told.put(self.key.hash_one(path.as_os_str()), ()).is_none()
    }

    /// It was judged: should it be spoilt later, that is news.
    pub(crate) fn judged(&mut self, path: &Path) {
        if !self.told.is_empty() {
            self.told.pop(&self.key.hash_one(path.as_os_str()));
        }
    }

    /// Whether the file waits.
    pub(crate) fn has(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    /// Waits for it no longer; whether it did.
    pub(crate) fn forget(&mut self, path: &Path) -> bool {
        self.files.remove(path).is_some()
    }

    /// A file whose time has come, with the version it had, and whether it is spoilt. It waits until it is forgotten.
    pub(crate) fn due(&mut self, now: Instant) -> Option<(PathBuf, Version, bool)> {
        while self.next().is_some_and(|due| due <= now) {
            let Reverse((place, path)) = self.line.pop()?;
            let Some(waiting) = self.files.get_mut(&path).filter(|waiting| waiting.placed == Some(place)) else {
                continue;
            };
            if waiting.due > now {
                waiting.placed = Some(waiting.due);
                self.line.push(Reverse((waiting.due, path)));
            } else {
                waiting.placed = None;
                return Some((path, waiting.version, waiting.why == Why::Spoilt));
            }
        }
        None
    }

    /// When to ask again.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.line.peek().map(|Reverse((due, _))| *due)
    }

    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp::Stamp;

    const SETTLE: Duration = Duration::from_secs(2);
    const PATIENCE: Duration = Duration::from_secs(30);

    fn version(size: u64) -> Version {
        Stamp { size, mtime: 0, ctime: 0 }.version()
    }

    fn again(bound: usize) -> (Again, Instant, &'static Path) {
        (Again::new(SETTLE, PATIENCE, bound), Instant::now(), Path::new("/a"))
    }

    #[test]
    fn a_spoilt_file_is_told_of_when_it_was_left_alone() {
        let (mut again, start, a) = again(10);
        assert_eq!(again.spoilt(a, version(1), false, start), Then::Wait);
        assert_eq!((again.due(start + SETTLE / 2), again.next()), (None, Some(start + SETTLE)));
        // Its content changes meanwhile.
        assert_eq!(again.spoilt(a, version(2), false, start + SETTLE / 2), Then::Wait);
        assert_eq!(again.due(start + SETTLE), None);
        let end = start + SETTLE / 2 + SETTLE;
        assert_eq!(again.due(end), Some((a.to_owned(), version(2), true)));
        assert_eq!(again.spoilt(a, version(2), false, end), Then::End);
        assert!(again.forget(a) && !again.forget(a));
        assert_eq!((again.due(end + SETTLE), again.next(), again.len()), (None, None, 0));
    }

    #[test]
    fn one_that_is_old_is_told_of_at_once() {
        let (mut again, start, a) = again(10);
        assert_eq!(again.spoilt(a, version(1), true, start), Then::End);
        assert!(!again.has(a));
    }

    #[test]
    fn a_failure_is_looked_into_with_growing_pauses_and_told_of_when_patience_ends() {
        let (mut again, start, a) = again(10);
        assert_eq!(again.failing(a, version(1), start), Then::Wait);
        let (mut tries, mut told) = (Vec::new(), Vec::new());
        while let Some(now) = again.next().filter(|next| *next < start + 20 * PATIENCE) {
            assert_eq!(again.due(now), Some((a.to_owned(), version(1), false)));
            let ms = (now - start).as_millis();
            tries.push(ms);
            match again.failing(a, version(1), now) {
                Then::Wait => assert!(now < start + PATIENCE),
                Then::Tell if again.tell(a) => told.push(ms),
                Then::Tell => {}
                Then::End => panic!("there is room"),
            }
        }
        assert_eq!(tries[..8], [250, 750, 1_750, 3_750, 7_750, 15_750, 30_000, 62_000]);
        assert!(tries.windows(2).all(|two| two[1] - two[0] <= LONGEST.as_millis()));
        assert_eq!(told, [30_000]);
    }

    #[test]
    fn it_is_news_again_when_it_was_judged_between() {
        let (mut again, _, a) = again(10);
        assert!(again.tell(a) && !again.tell(a));
        again.judged(a);
        assert!(again.tell(a));
    }

    #[test]
    fn it_never_grows_beyond_its_bound() {
        let (mut again, start, _) = again(2);
        for turn in 0..5 {
            let path = PathBuf::from(format!("/{turn}"));
            let room = again.failing(&path, version(1), start);
            assert_eq!(room == Then::Wait, turn < 2, "places in the line count");
            again.forget(&path);
        }
        assert_eq!(again.due(start + PATIENCE), None);
        assert_eq!(again.failing(Path::new("/a"), version(1), start), Then::Wait);
        for ms in 0..1000 {
            again.changed(Path::new("/a"), version(ms), start + Duration::from_millis(ms));
        }
        assert!(again.line.len() <= 2, "{} places", again.line.len());
    }

    #[test]
    fn what_becomes_a_failure_is_not_kept_waiting_for_its_former_time() {
        let (mut again, start, a) = again(10);
        again.spoilt(a, version(1), false, start);
        assert_eq!(again.failing(a, version(1), start), Then::Wait);
        assert_eq!(again.due(start + FIRST), Some((a.to_owned(), version(1), false)));
        again.forget(a);
        assert_eq!(again.due(start + SETTLE), None);
    }
}
