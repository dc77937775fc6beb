//! Files that were looked at too early: each is looked at again when it has been left alone for a while.
//!
//! Promises: no clock of its own, so that time is whatever a test says; never more files than the bound. Kept by the scheduler.

use crate::stamp::Version;
use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Why a file is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// It was seen and has to be judged: it was unfinished, or it changed while it was judged.
    Growing,
    /// It has appeared with content in it. Whoever is still writing it will close it, and then it is judged anyway; but if
    /// it was linked into place, and its other name is gone already, nothing more is heard of it.
    Appeared,
}

#[derive(Debug)]
struct Waiting {
    version: Version,
    why: Why,
    due: Instant,
}

/// Files that were looked at too early.
#[derive(Debug)]
pub(crate) struct Debounce {
    settle: Duration,
    bound: usize,
    files: HashMap<PathBuf, Waiting>,
    /// In the order of their time, as each waits equally long. One that is no longer in `files`, or waits anew, is passed
    /// over.
    line: VecDeque<(Instant, PathBuf)>,
}

impl Debounce {
    pub(crate) fn new(settle: Duration, bound: usize) -> Debounce {
        Debounce { settle, bound, files: HashMap::new(), line: VecDeque::new() }
    }

    /// Waits for a file from now on. `false`: too many are waited for. One that waits already is found to have changed when
    /// its time comes.
    pub(crate) fn wait(&mut self, path: &Path, version: Version, why: Why, now: Instant) -> bool {
        if let Some(waiting) = self.files.get_mut(path) {
            if why == Why::Growing {
                waiting.why = why;
            }
            return true;
        }
        // Stale places in the line count as well.
        if self.files.len().max(self.line.len()) >= self.bound {
            return false;
        }
        let due = now + self.settle;
        self.files.insert(path.to_owned(), Waiting { version, why, due });
        self.line.push_back((due, path.to_owned()));
        true
    }

    /// Why the file is waited for, if it is.
    pub(crate) fn why(&self, path: &Path) -> Option<Why> {
        self.files.get(path).map(|waiting| waiting.why)
    }

    /// Waits for it no longer.
    pub(crate) fn forget(&mut self, path: &Path) -> Option<Why> {
        self.files.remove(path).map(|waiting| waiting.why)
    }

    /// Takes out a file whose time has come, with the version it had.
    pub(crate) fn due(&mut self, now: Instant) -> Option<(PathBuf, Version, Why)> {
        while let Some((due, _)) = self.line.front()
            && *due <= now
        {
            let (due, path) = self.line.pop_front()?;
            if self.files.get(&path).is_some_and(|waiting| waiting.due == due) {
                let waiting = self.files.remove(&path)?;
                return Some((path, waiting.version, waiting.why));
            }
        }
        None
    }

    /// When to ask again.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.line.front().map(|(due, _)| *due)
    }

    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp::Stamp;

    const SETTLE: Duration = Duration::from_millis(200);

    fn version(size: u64) -> Version {
        Stamp { size, mtime: 0, ctime: 0 }.version()
    }

    #[test]
    fn a_file_is_due_when_it_was_left_alone() {
        let mut debounce = Debounce::new(SETTLE, 10);
        let (start, a) = (Instant::now(), Path::new("/a"));
        assert!(debounce.wait(a, version(1), Why::Growing, start));
        assert_eq!((debounce.next(), debounce.why(a)), (Some(start + SETTLE), Some(Why::Growing)));
        assert_eq!(debounce.due(start + SETTLE / 2), None);
        assert_eq!(debounce.due(start + SETTLE), Some((a.to_owned(), version(1), Why::Growing)));
        assert_eq!((debounce.due(start + SETTLE), debounce.next(), debounce.len()), (None, None, 0));
    }

    #[test]
    fn a_file_that_was_forgotten_and_comes_again_waits_its_whole_time() {
        let mut debounce = Debounce::new(SETTLE, 10);
        let (start, a) = (Instant::now(), Path::new("/a"));
        debounce.wait(a, version(1), Why::Appeared, start);
        assert_eq!(debounce.forget(a), Some(Why::Appeared));
        debounce.wait(a, version(2), Why::Growing, start + SETTLE / 2);
        assert_eq!(debounce.due(start + SETTLE), None);
        assert_eq!(debounce.due(start + SETTLE * 2), Some((a.to_owned(), version(2), Why::Growing)));
    }

    #[test]
    fn it_never_grows_beyond_its_bound() {
        let mut debounce = Debounce::new(SETTLE, 2);
        let start = Instant::now();
        for turn in 0..5 {
            let path = PathBuf::from(format!("/{turn}"));
            assert_eq!(debounce.wait(&path, version(1), Why::Growing, start), turn < 2, "places in the line count");
            debounce.forget(&path);
        }
        assert_eq!(debounce.due(start + SETTLE), None);
        assert!(debounce.wait(Path::new("/a"), version(1), Why::Growing, start), "there is room again");
    }

    #[test]
    fn a_file_that_has_to_be_judged_stays_one() {
        let mut debounce = Debounce::new(SETTLE, 2);
        let (start, a) = (Instant::now(), Path::new("/a"));
        debounce.wait(a, version(1), Why::Appeared, start);
        debounce.wait(a, version(2), Why::Growing, start);
        debounce.wait(a, version(2), Why::Appeared, start);
        assert_eq!(debounce.due(start + SETTLE), Some((a.to_owned(), version(1), Why::Growing)));
    }
}
