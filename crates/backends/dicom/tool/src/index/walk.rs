//! Walks an archive: every file of every folder, in groups of files that look alike.
//!
//! Promises: memory for one folder's part at a time, however many files it has; links to folders are not followed, so no
//! walk goes in circles; what cannot be listed is counted. Files that are done are passed over here.

use super::sample::MOST_READ;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::UNIX_EPOCH;
use tieline_store::templates::FileMark;
use tieline_store::{Key, Store, StoreError};

/// So many files of one folder are looked at together.
const PART: usize = 10_000;

/// When every file is read, so many are one reader's work.
const SHARE: usize = 128;

/// Sizes are alike within this many bytes: headers of one series differ by a few.
const ALIKE: u64 = 4096;

/// A file of the archive.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) mark: FileMark,
}

/// Files of one folder that look alike, by rising number.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) files: Vec<Found>,
}

/// What the walk itself has to say.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Walked {
    /// Files that were done already.
    pub(super) done_before: u64,
    /// Folders and entries that cannot be listed.
    pub(super) not_listed: u64,
}

/// A walk to be done.
pub(super) struct Walk<'a> {
    pub(super) folders: &'a [PathBuf],
    pub(super) store: Store,
    pub(super) all_files: bool,
    pub(super) counter: Arc<Counter>,
}

impl Walk<'_> {
    /// Walks, and hands groups on until there are no more or nobody takes them.
    pub(super) fn run(mut self, to: &SyncSender<Group>) -> Result<Walked, StoreError> {
        let mut walked = Walked::default();
        let mut failed = None;
        let key = self.store.key();
        let not_listed = visit(self.folders, |part: Vec<PathBuf>| match self.groups(part, key, &mut walked) {
            Ok(groups) => groups.into_iter().all(|group| to.send(group).is_ok()),
            Err(error) => {
                failed = Some(error);
                false
            }
        });
        walked.not_listed += not_listed;
        failed.map_or(Ok(walked), Err)
    }

    /// What is to be read of a part of a folder.
    fn groups(&mut self, part: Vec<PathBuf>, key: Key, walked: &mut Walked) -> Result<Vec<Group>, StoreError> {
        let mut alike: BTreeMap<(String, u64), Vec<Found>> = BTreeMap::new();
        let templates = self.store.templates();
        for path in part {
            let Some(mark) = mark(&path, key, self.all_files) else {
                walked.not_listed += 1;
                continue;
            };
            if templates.is_done(&mark)? {
                walked.done_before += 1;
                self.counter.done_before.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let kind = if self.all_files { (String::new(), 0) } else { (stem(&name).0, mark.size / ALIKE) };
            alike.entry(kind).or_default().push(Found { path, mark });
        }
        let mut groups = Vec::new();
        for (_, mut files) in alike {
            files.sort_by_cached_key(|file| {
                let name = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let number = stem(&name).1;
                (number.len(), number, name)
            });
            let share = if self.all_files { SHARE } else { PART };
            while !files.is_empty() {
                let rest = files.split_off(share.min(files.len()));
                groups.push(Group { files: std::mem::replace(&mut files, rest) });
            }
        }
        Ok(groups)
    }
}

/// Counts the files of an archive, for a bar that knows how much is left; it lists folders only.
pub(crate) fn count(folders: &[PathBuf], counter: &Counter) {
    let _ = visit(folders, |part| {
        counter.files.fetch_add(part.len() as u64, Ordering::Relaxed);
        !counter.is_stopped()
    });
    counter.finish();
}

/// What is known about the size of the archive, told across threads.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    files: AtomicU64,
    done_before: AtomicU64,
    /// 0 while counting, 1 when all are counted, 2 when nobody wants to know any more.
    state: AtomicU64,
}

impl Counter {
    /// How many files there are, once that is known.
    pub(super) fn total(&self) -> Option<u64> {
        (self.state.load(Ordering::Acquire) == 1).then(|| self.files.load(Ordering::Relaxed))
    }

    /// How many files were done already, so far.
    pub(super) fn done_before(&self) -> u64 {
        self.done_before.load(Ordering::Relaxed)
    }

    /// Ends the counting.
    pub(super) fn stop(&self) {
        self.state.store(2, Ordering::Release);
    }

    fn is_stopped(&self) -> bool {
        self.state.load(Ordering::Acquire) == 2
    }

    fn finish(&self) {
        // Only from counting: a stop stays one.
        let _ = self.state.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire);
    }
}

/// Calls `each` with the files of every folder, in parts, until it says `false`; returns what could not be listed.
pub(crate) fn visit(folders: &[PathBuf], mut each: impl FnMut(Vec<PathBuf>) -> bool) -> u64 {
    let mut open: Vec<PathBuf> = folders.iter().rev().cloned().collect();
    let mut not_listed = 0;
    while let Some(folder) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            not_listed += 1;
            continue;
        };
        let mut part = Vec::new();
        for entry in entries {
            let kind = entry.and_then(|entry| Ok((entry.file_type()?, entry.path())));
            match kind {
                Ok((kind, path)) if kind.is_dir() => open.push(path),
                Ok((kind, path)) if kind.is_file() || is_link_to_file(kind, &path) => part.push(path),
                Ok(_) => {}
                Err(_) => not_listed += 1,
            }
            if part.len() == PART && !each(std::mem::take(&mut part)) {
                return not_listed;
            }
        }
        if !part.is_empty() && !each(part) {
            return not_listed;
        }
    }
    not_listed
}

fn is_link_to_file(kind: std::fs::FileType, path: &Path) -> bool {
    kind.is_symlink() && path.is_file()
}

fn mark(path: &Path, key: Key, was_read: bool) -> Option<FileMark> {
    let meta = std::fs::metadata(path).ok()?;
    let since = meta.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let modified = i64::try_from(since.as_nanos()).unwrap_or(i64::MAX);
    // The same file is the same however the archive was named.
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let hash = key.hash([whole.as_os_str().as_encoded_bytes()]);
    let folder = key.hash(whole.parent().map(|folder| folder.as_os_str().as_encoded_bytes()));
    Some(FileMark { path: hash, size: meta.len(), modified, was_read, folder, acquisition: None })
}

/// A name without its last number, and that number's digits without leading zeros.
fn stem(name: &str) -> (String, String) {
    let Some(last) = name.rfind(|c: char| c.is_ascii_digit()) else { return (name.to_owned(), String::new()) };
    let first = name[..last]
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + name[at..].chars().next().map_or(1, char::len_utf8));
    let number = name[first..=last].trim_start_matches('0').to_owned();
    (format!("{}#{}", &name[..first], &name[last + 1..]), number)
}

/// Groups of at most so many files are read whole.
const _: () = assert!(MOST_READ < PART && MOST_READ < SHARE);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_their_last_number_are_alike() {
        for (name, expected) in [
            ("001_000017_000066.dcm", ("001_000017_#.dcm", "66")),
            ("MR.1.3.12.2.1107", ("MR.1.3.12.2.#", "1107")),
            ("ä7ö", ("ä#ö", "7")),
            ("000", ("#", "")),
            ("README", ("README", "")),
        ] {
            let (stem, number) = stem(name);
            assert_eq!((stem.as_str(), number.as_str()), expected, "{name}");
        }
    }

    #[test]
    fn every_file_is_visited_once_and_links_make_no_circle() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        for name in ["1", "a/2", "a/b/3"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/circle")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("1"), folder.path().join("a/link")).unwrap();
        let mut seen = Vec::new();
        let roots = [folder.path().to_path_buf(), folder.path().join("gone")];
        let not_listed = visit(&roots, |part| {
            seen.extend(part.iter().map(|path| path.strip_prefix(folder.path()).unwrap().display().to_string()));
            true
        });
        seen.sort();
        assert_eq!((seen, not_listed), (["1", "a/2", "a/b/3", "a/link"].map(str::to_owned).to_vec(), 1));
    }
}
