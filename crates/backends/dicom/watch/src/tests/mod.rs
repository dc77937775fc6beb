//! The watcher on real folders, and its decisions in any order of events. What they share is here: a judge that keeps a
//! log, and waiting for a condition until a deadline.

mod files;
mod folders;
mod many;
mod model;
mod odd;
mod polling;
mod scheduler;
mod stepped;

use super::{Counts, Examine, Examined, Existing, Method, WatchPlan, Watcher};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const DEADLINE: Duration = Duration::from_secs(30);
const NEVER: Duration = Duration::from_secs(3600);

/// What was judged, in this order: the path, and how many bytes the file had.
type Log = Arc<Mutex<Vec<(PathBuf, u64)>>>;

/// Judges everything that ends in a full stop or has settled; a file that holds `panic.` makes it panic.
struct Judge(Log);

impl Examine for Judge {
    fn examine(&mut self, path: &Path, settled: bool) -> Examined {
        let mut content = Vec::new();
        // As for DICOM, the beginning is enough.
        let read = std::fs::File::open(path).and_then(|file| file.take(4096).read_to_end(&mut content));
        if !settled && (read.is_err() || !content.ends_with(b".")) {
            return Examined::Unfinished;
        }
        self.0.lock().unwrap().push((path.to_owned(), content.len() as u64));
        assert_ne!(content, b"panic.", "as the test wants it");
        Examined::Judged
    }
    fn give_up(&mut self, _: &Path) {}
}

/// A watcher on a folder of its own.
struct Watched {
    top: TempDir,
    /// A folder on the same disk that is not watched.
    away: TempDir,
    watcher: Watcher,
    log: Log,
    fences: usize,
}

/// The plan for a folder, with the times that tests want: no scan, so that only the kernel's news finds anything.
fn plan(top: &Path) -> WatchPlan {
    WatchPlan {
        scan: NEVER,
        poll: Duration::from_millis(20),
        settle: Duration::from_millis(300),
        ..WatchPlan::new(vec![top.to_owned()])
    }
}

impl Watched {
    fn new() -> Watched {
        Watched::with(|_| (), |plan| plan)
    }

    /// Prepares the folder, then watches it by the changed plan.
    fn with(prepare: impl FnOnce(&Path), change: impl FnOnce(WatchPlan) -> WatchPlan) -> Watched {
        let top = tempfile::tempdir().unwrap();
        prepare(top.path());
        let log = Log::default();
        let watcher = Watcher::start(change(plan(top.path())), Box::new(Judge(log.clone()))).unwrap();
        Watched { top, away: tempfile::tempdir().unwrap(), watcher, log, fences: 0 }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.top.path().join(name)
    }

    fn away(&self, name: &str) -> PathBuf {
        self.away.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.at(name), content).unwrap();
    }

    fn counts(&self) -> Counts {
        self.watcher.counts()
    }

    fn log(&self) -> MutexGuard<'_, Vec<(PathBuf, u64)>> {
        self.log.lock().unwrap()
    }

    /// How often each file was judged, by its name from the watched folder on; fences left out.
    fn judged(&self) -> BTreeMap<String, usize> {
        let mut judged = BTreeMap::new();
        for (path, _) in self.log().iter() {
            let name = path.strip_prefix(self.top.path()).unwrap().display().to_string();
            if !name.starts_with("MRfence") {
                *judged.entry(name).or_default() += 1;
            }
        }
        judged
    }

    /// Waits until as many were judged.
    fn wait(&self, files: usize) {
        let count = || self.log().iter().filter(|(path, _)| !path.ends_with("MRfence")).count();
        until(|| count() >= files, || format!("{} of {files} judged; {:?}", count(), self.counts()));
    }

    /// Waits until exactly these were judged, each so often, and everything that happened before has been dealt with.
    fn expect(&mut self, files: &[(&str, usize)]) {
        let expected: BTreeMap<String, usize> = files.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
        until(
            || self.judged() == expected,
            || format!("{:?}, expected {expected:?}; {:?}", self.judged(), self.counts()),
        );
        self.fence();
        assert_eq!(self.judged(), expected, "and no more");
    }

    /// Waits until everything that has happened so far has been dealt with: a file that comes after it has.
    fn fence(&mut self) {
        self.fences += 1;
        let fence = self.at(&format!("MRfence{}", self.fences));
        std::fs::write(&fence, b"fence.").unwrap();
        until(|| self.log().iter().any(|(path, _)| *path == fence), || format!("no fence; {:?}", self.counts()));
        self.settled();
    }

    /// Waits until nothing is in line; then what was seen was judged or has vanished.
    fn settled(&self) {
        until(|| self.counts().waiting == 0, || format!("{:?}", self.counts()));
        let counts = self.counts();
        assert_eq!(counts.seen, counts.judged + counts.vanished, "{counts:?}");
    }

    /// Waits for so many further scans.
    fn scans(&self, more: u64) {
        let scans = self.counts().scans + more;
        until(|| self.counts().scans >= scans, || format!("{:?}", self.counts()));
    }
}

/// Waits for something, for half a minute at most.
fn until(done: impl Fn() -> bool, state: impl Fn() -> String) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < DEADLINE, "{}", state());
        std::thread::park_timeout(Duration::from_millis(1));
    }
}
