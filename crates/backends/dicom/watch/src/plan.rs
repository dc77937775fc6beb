//! What to watch, and how: given to `Watcher::start` by whoever has read the configuration (contract `mr`).

use super::Patterns;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What to watch, and how.
#[derive(Debug, Clone)]
pub struct WatchPlan {
    /// The folders, watched at every depth. They need not exist yet.
    pub folders: Vec<PathBuf>,
    /// Names of files to judge.
    pub names: Patterns,
    /// What becomes of files that were there before the start.
    pub existing: Existing,
    /// How news of files is had.
    pub method: Method,
    /// With [`Method::Poll`]: the time from the end of one look at all folders to the next. With [`Method::Notify`]: the
    /// same for folders that the kernel would not watch.
    pub poll: Duration,
    /// The time from the end of one scan to the next, with [`Method::Notify`].
    pub scan: Duration,
    /// A file that has not changed for so long has stopped growing.
    pub settle: Duration,
    /// A file that is empty, cut or begins with zeros is unreadable when it has not changed for so long.
    pub spoilt: Duration,
    /// A file that cannot be read or judged for a reason that passes is told of as unreadable after so long.
    pub patience: Duration,
    /// Files that may be in line at once; what comes beyond is found by a scan afterwards.
    pub queue: usize,
    /// Files that are remembered as judged, 19 to 39 bytes each.
    pub files: usize,
    /// With [`Existing::Ignore`]: what had not changed since this moment (nanoseconds since 1970) was there before; by itself,
    /// since the start.
    pub floor: Option<i64>,
    /// Whether files that are found at the start are judged in an order ([`super::Examine::order`]), as far as a line of them goes.
    pub in_order: bool,
}

/// What becomes of files that were there before the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// They are not judged until they change or are moved.
    #[default]
    Ignore,
    /// They are judged like new ones.
    Check,
}

/// How news of files is had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// The kernel tells; on systems other than Linux it is as `Poll`.
    #[default]
    Notify,
    /// By looking again and again: for network shares, where the kernel does not hear of what other machines write.
    Poll,
}

/// Why nothing can be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// There is nothing to watch.
    #[error("no folder to watch: name at least one under `watch`")]
    NoFolder,
    /// A time or a bound of the plan is zero.
    #[error("`{0}` is zero: it has to be more")]
    Zero(&'static str),
    /// A folder's name is empty, or relative while the working folder is gone.
    #[error("folder {number} of `watch` cannot be used; write it in full, from `/`")]
    Folder {
        /// Which one in the list, from 1.
        number: usize,
        /// What the system says.
        source: std::io::Error,
    },
    /// The system gives no thread, or no way to wait for news.
    #[error("the system cannot start a watcher (too many open files or threads?)")]
    System(#[from] std::io::Error),
}

impl WatchPlan {
    /// These folders, with the defaults for everything else.
    pub fn new(folders: Vec<PathBuf>) -> WatchPlan {
        WatchPlan {
            folders,
            names: Patterns::default(),
            existing: Existing::default(),
            method: Method::default(),
            poll: Duration::from_secs(2),
            scan: Duration::from_secs(60),
            settle: Duration::from_millis(200),
            spoilt: Duration::from_secs(2),
            patience: Duration::from_secs(30),
            queue: 100_000,
            files: 2_000_000,
            floor: None,
            in_order: false,
        }
    }

    /// The plan with all paths written in full, or what is wrong with it.
    pub(crate) fn checked(mut self) -> Result<WatchPlan, WatchError> {
        if self.folders.is_empty() {
            return Err(WatchError::NoFolder);
        }
        let times = [
            ("poll", self.poll),
            ("scan", self.scan),
            ("settle", self.settle.min(self.spoilt)),
            ("patience", self.patience),
        ];
        let bounds = [("queue", self.queue), ("files", self.files)];
        let zeros = times.iter().filter(|(_, time)| time.is_zero()).map(|(name, _)| name);
        if let Some(name) = zeros.chain(bounds.iter().filter(|(_, bound)| *bound == 0).map(|(name, _)| name)).next() {
            return Err(WatchError::Zero(name));
        }
        for (folder, number) in self.folders.iter_mut().zip(1..) {
            *folder = whole(folder).map_err(|source| WatchError::Folder { number, source })?;
        }
        Ok(self)
    }
}

/// The path from `/`, without a slash at its end: the form in which paths below it are compared.
fn whole(path: &Path) -> std::io::Result<PathBuf> {
    Ok(std::path::absolute(path)?.components().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_cannot_work_says_why() {
        let told = |plan: WatchPlan| plan.checked().unwrap_err().to_string();
        assert_eq!(told(WatchPlan::new(vec![])), "no folder to watch: name at least one under `watch`");
        let plan = WatchPlan::new(vec!["/a".into()]);
        assert_eq!(told(WatchPlan { poll: Duration::ZERO, ..plan.clone() }), "`poll` is zero: it has to be more");
        assert_eq!(told(WatchPlan { files: 0, ..plan.clone() }), "`files` is zero: it has to be more");
        let plan = WatchPlan { folders: vec!["/a".into(), "".into()], ..plan };
        assert_eq!(told(plan), "folder 2 of `watch` cannot be used; write it in full, from `/`");
    }

    #[test]
    fn paths_are_written_in_full() {
        let plan = WatchPlan::new(vec!["/a/./b//".into(), "c".into()]).checked().unwrap();
        assert_eq!(plan.folders[0].as_os_str(), "/a/b");
        assert!(plan.folders[1].is_absolute() && plan.folders[1].ends_with("c"));
    }
}
