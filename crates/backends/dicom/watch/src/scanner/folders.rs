//! The folders that are watched: which number in the kernel stands for which path.
//!
//! Promises: one path per number and one number per path; a folder that goes takes those below it along. It asks neither
//! kernel nor disk: the scanner tells it what has happened, and ends in the kernel what it gives back.

use super::kernel::WatchId;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

/// The folders that are watched.
#[derive(Debug, Default)]
pub(crate) struct Folders {
    by_id: HashMap<WatchId, Arc<Path>>,
    /// Sorted by their names from the top, so that what is below a folder follows it directly.
    by_path: BTreeMap<Arc<Path>, Folder>,
    scan: u32,
    /// How many have no number: they are polled.
    unwatched: usize,
}

#[derive(Debug)]
struct Folder {
    id: Option<WatchId>,
    root: usize,
    /// The scan that saw it last.
    scan: u32,
}

impl Folders {
    /// Notes that the folder at `path`, below the root of this number, is watched as `id` (`None`: it has to be polled).
    /// Gives back a number that stood for the path before, to be ended in the kernel.
    pub(crate) fn put(&mut self, path: &Path, id: Option<WatchId>, root: usize) -> Option<WatchId> {
        if let Some(id) = id
            && self.by_id.get(&id).is_some_and(|known| **known != *path)
        {
            // The same folder under another path: the one it has now holds.
            self.end(id);
        }
        let folder = Folder { id, root, scan: self.scan };
        let path: Arc<Path> = match self.by_path.get_key_value(path) {
            Some((known, _)) => known.clone(),
            None => path.into(),
        };
        if let Some(id) = id {
            self.by_id.insert(id, path.clone());
        }
        self.unwatched += usize::from(id.is_none());
        let before = self.by_path.insert(path, folder)?;
        self.unwatched -= usize::from(before.id.is_none());
        let before = before.id.filter(|before| Some(*before) != id)?;
        self.by_id.remove(&before);
        Some(before)
    }

    /// The path of a number, and its root.
    pub(crate) fn of(&self, id: WatchId) -> Option<(Arc<Path>, usize)> {
        let path = self.by_id.get(&id)?;
        Some((path.clone(), self.by_path.get(path)?.root))
    }

    pub(crate) fn contains(&self, path: &Path) -> bool {
        self.by_path.contains_key(path)
    }

    /// The kernel watches this number no longer. Gives the path it stood for, and its root.
    pub(crate) fn end(&mut self, id: WatchId) -> Option<(Arc<Path>, usize)> {
        let path = self.by_id.remove(&id)?;
        let folder = self.by_path.remove(&path)?;
        Some((path, folder.root))
    }

    /// A folder is not at this path any more, so neither is what was below it. Gives the numbers to end in the kernel.
    pub(crate) fn gone(&mut self, path: &Path) -> Vec<WatchId> {
        let below = self.by_path.range::<Path, _>((std::ops::Bound::Included(path), std::ops::Bound::Unbounded));
        let below: Vec<Arc<Path>> =
            below.map(|(below, _)| below.clone()).take_while(|below| below.starts_with(path)).collect();
        below.iter().filter_map(|path| self.remove(path)).collect()
    }

    /// A scan of everything begins.
    pub(crate) fn scan_begins(&mut self) {
        self.scan = self.scan.wrapping_add(1);
    }

    /// A scan of everything has ended: folders it did not see are gone. Gives the numbers to end in the kernel.
    pub(crate) fn scan_ends(&mut self) -> Vec<WatchId> {
        let unseen = self.by_path.iter().filter(|(_, folder)| folder.scan != self.scan);
        let unseen: Vec<Arc<Path>> = unseen.map(|(path, _)| path.clone()).collect();
        unseen.iter().filter_map(|path| self.remove(path)).collect()
    }

    /// The folders that have no number, with their roots.
    pub(crate) fn unwatched(&self) -> Vec<(Arc<Path>, usize)> {
        if self.unwatched == 0 {
            return Vec::new();
        }
        let unwatched = self.by_path.iter().filter(|(_, folder)| folder.id.is_none());
        unwatched.map(|(path, folder)| (path.clone(), folder.root)).collect()
    }

    pub(crate) fn has_unwatched(&self) -> bool {
        self.unwatched > 0
    }

    pub(crate) fn len(&self) -> usize {
        self.by_path.len()
    }

    fn remove(&mut self, path: &Path) -> Option<WatchId> {
        let folder = self.by_path.remove(path)?;
        self.unwatched -= usize::from(folder.id.is_none());
        let id = folder.id?;
        self.by_id.remove(&id);
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(paths: &[(&str, Option<WatchId>)]) -> Folders {
        let mut folders = Folders::default();
        for (path, id) in paths {
            assert_eq!(folders.put(Path::new(path), *id, 0), None);
        }
        folders
    }

    fn at(folders: &Folders, id: WatchId) -> Option<String> {
        folders.of(id).map(|(path, _)| path.display().to_string())
    }

    #[test]
    fn a_folder_takes_those_below_it_along() {
        let paths = [("/w", 1), ("/w/a", 2), ("/w/a/b", 3), ("/w/a b", 4), ("/w/a.b", 5), ("/w/b", 6)];
        let mut folders = folders(&paths.map(|(path, id)| (path, Some(id))));
        assert_eq!(folders.gone(Path::new("/w/a")), [2, 3]);
        assert_eq!((folders.len(), at(&folders, 3), at(&folders, 4)), (4, None, Some("/w/a b".to_owned())));
        assert_eq!(folders.gone(Path::new("/w/a")), [0; 0]);
        assert_eq!(folders.gone(Path::new("/w")).len(), 4);
        assert_eq!((folders.len(), folders.by_id.len()), (0, 0));
    }

    #[test]
    fn one_number_one_path() {
        let mut folders = folders(&[("/w/a", Some(1)), ("/w/b", Some(2))]);
        assert_eq!(folders.put(Path::new("/w/c"), Some(1), 0), None);
        assert_eq!((at(&folders, 1), folders.contains(Path::new("/w/a"))), (Some("/w/c".to_owned()), false));
        assert_eq!(folders.put(Path::new("/w/b"), Some(3), 0), Some(2), "another folder has taken its place");
        assert_eq!((at(&folders, 2), folders.len(), folders.by_id.len()), (None, 2, 2));
        assert_eq!(folders.put(Path::new("/w/b"), Some(3), 0), None);
        assert_eq!(folders.end(3), Some((Path::new("/w/b").into(), 0)));
        assert_eq!(folders.end(3), None);
    }

    #[test]
    fn what_cannot_be_watched_is_polled_until_it_can() {
        let mut folders = folders(&[("/w", Some(1)), ("/w/a", None)]);
        assert!(folders.has_unwatched());
        assert_eq!(folders.unwatched(), [(Path::new("/w/a").into(), 0)]);
        assert_eq!(folders.put(Path::new("/w/a"), Some(2), 0), None);
        assert!(!folders.has_unwatched());
        assert_eq!(folders.put(Path::new("/w/a"), None, 0), Some(2));
        assert_eq!(folders.gone(Path::new("/w/a")), [0; 0]);
        assert_eq!((folders.has_unwatched(), folders.len()), (false, 1));
    }

    #[test]
    fn what_a_scan_did_not_see_is_gone() {
        let mut folders = folders(&[("/w", Some(1)), ("/w/a", Some(2)), ("/w/b", None), ("/w/c", Some(4))]);
        folders.scan_begins();
        folders.put(Path::new("/w"), Some(1), 0);
        folders.put(Path::new("/w/a"), Some(2), 0);
        assert_eq!(folders.scan_ends(), [4]);
        assert_eq!((folders.len(), folders.has_unwatched()), (2, false));
    }
}
