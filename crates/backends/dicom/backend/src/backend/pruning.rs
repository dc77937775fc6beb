//! Forgetting, now and then, in small steps.
//!
//! Promises: by a connection of its own, so that no verdict waits for it longer than one small transaction takes; when the
//! store does not answer it tries again later. Called by the source's clock.

use std::path::{Path, PathBuf};
use std::time::Duration;
use tieline_store::Store;
use tieline_store::series::Bounds;

use super::bench::millis;

/// How long after one forgetting the next comes.
const EVERY: Duration = Duration::from_secs(10 * 60);
/// The same when there is more to forget.
const SOON: Duration = Duration::from_secs(5);

/// Forgets what is beyond the bounds.
pub(super) struct Pruning {
    folder: PathBuf,
    bounds: Bounds,
    next: Option<Duration>,
}

impl Pruning {
    pub(super) fn new(folder: &Path, bounds: Bounds) -> Pruning {
        Pruning { folder: folder.to_path_buf(), bounds, next: None }
    }

    /// Forgets when it is time; not at the start, which has enough to do. `now`: since 1970.
    pub(super) fn tick(&mut self, now: Duration) {
        match self.next {
            None => self.next = Some(now + SOON),
            Some(next) if now >= next => self.next = Some(now + if self.prune(now) { SOON } else { EVERY }),
            Some(_) => {}
        }
    }

    /// Whether there is more to forget.
    fn prune(&self, now: Duration) -> bool {
        let done = Store::open(&self.folder).and_then(|mut store| store.series().prune(&self.bounds, millis(now)));
        done.is_ok_and(|forgotten| forgotten.is_more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tieline_store::series::{Batch, FileMark, Mark};

    #[test]
    fn what_is_old_is_forgotten_soon_after_the_start_and_then_now_and_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let start = Duration::from_secs(1_000_000);
        let mut mark = |path, at| {
            let (mark, image, differs) = (Mark::Judged, None, false);
            let file = FileMark { path, size: 1, modified: 1, mark, image, differs, at: millis(at) };
            store.series().record(&Batch { files: &[file], ..Batch::default() }).unwrap();
        };
        let keep = Duration::from_secs(1000);
        mark(1, start - keep - SOON);
        mark(2, start - keep + EVERY);
        let bounds = Bounds { keep, files: u64::MAX, series: u64::MAX, sessions: u64::MAX };
        let mut pruning = Pruning::new(folder.path(), bounds);
        let known = || {
            let mut store = Store::open(folder.path()).unwrap();
            [1, 2].map(|path| store.series().mark(path, 1, 1).unwrap().is_some())
        };
        for (seconds, left) in [(0, [true, true]), (6, [false, true]), (500, [false, true]), (1300, [false, false])] {
            pruning.tick(start + Duration::from_secs(seconds));
            assert_eq!(known(), left, "{seconds}");
        }
    }
}
