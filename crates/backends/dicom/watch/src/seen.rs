//! What has been judged: for each path the last version that was, in sixteen bytes.
//!
//! Promises: a version that was remembered is known until another one takes its place, or its file has been gone for a whole scan and room is wanted;
//! never more entries than the bound. A path is remembered by a 64-bit hash under a key of its own: among a million
//! files the odds that two share one are 1 to 37 million, and that a changed file looks unchanged 1 to 10^16. Asked by
//! the scanner (what a scan finds) and the scheduler (what was judged), behind one lock that is held for a look-up.

use super::Recall;
use super::stamp::Version;
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::path::Path;
use tieline_telemetry::events::SeenIndexFull;

/// What is known about a version of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing.
    No,
    /// It was there before the start, and was not judged.
    Before,
    /// It was judged.
    Judged,
}

/// What has been judged.
pub(crate) struct SeenIndex {
    /// The path's hash, and in one number: the version's hash (upper 56 bits), whether it was there before the start (1
    /// bit), the scan that saw it last (7 bits).
    entries: HashMap<u64, u64, BuildHasherDefault<AsItIs>>,
    key: RandomState,
    scan: u64,
    bound: usize,
    overfull: bool,
    /// Knows of earlier lives.
    recall: Option<Box<dyn Recall>>,
}

const SCAN: u64 = 0x7F;
const BEFORE: u64 = 0x80;

impl SeenIndex {
    /// An empty one of at most so many entries.
    pub(crate) fn new(bound: usize) -> SeenIndex {
        SeenIndex {
            entries: HashMap::default(),
            key: RandomState::new(),
            scan: 0,
            bound,
            overfull: false,
            recall: None,
        }
    }

    /// The same with what earlier lives have judged.
    pub(crate) fn with(mut self, recall: Option<Box<dyn Recall>>) -> SeenIndex {
        self.recall = recall;
        self
    }

    /// What is known of this version; notes that its file is there.
    pub(crate) fn knows(&mut self, path: &Path, version: Version) -> Known {
        let (key, value) = self.entry(path, version);
        match self.entries.get_mut(&key) {
            Some(entry) => {
                *entry = (*entry & !SCAN) | self.scan;
                match (*entry ^ value) & !(SCAN | BEFORE) {
                    0 if *entry & BEFORE != 0 => Known::Before,
                    0 => Known::Judged,
                    _ => Known::No,
                }
            }
            None if self.recall.as_mut().is_some_and(|recall| recall.was_judged(path, version)) => {
                self.judged(path, version);
                Known::Judged
            }
            None => Known::No,
        }
    }

    /// Remembers that this version was judged, if there is room.
    pub(crate) fn judged(&mut self, path: &Path, version: Version) {
        self.remember(path, version, 0);
    }

    /// Remembers that this version was there before the start, if there is room.
    pub(crate) fn before(&mut self, path: &Path, version: Version) {
        self.remember(path, version, BEFORE);
    }

    /// Whether something could not be remembered, ever: then an unknown file is not always a new one.
    pub(crate) fn is_overfull(&self) -> bool {
        self.overfull
    }

    /// A scan of everything begins.
    pub(crate) fn scan_begins(&mut self) {
        self.scan = (self.scan + 1) & SCAN;
    }

    /// A scan of everything has ended and has seen all there is. Files it did not see are forgotten once half of the room
    /// is taken; not sooner, since a share that was away for a while comes back with the files it had.
    pub(crate) fn scan_ends(&mut self) {
        if self.entries.len() > self.bound / 2 {
            let scan = self.scan;
            self.entries.retain(|_, entry| *entry & SCAN == scan);
            self.entries.shrink_to(self.bound / 2);
        }
    }

    /// How many files are remembered.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    fn remember(&mut self, path: &Path, version: Version, flag: u64) {
        let (key, value) = self.entry(path, version);
        if self.entries.len() < self.bound || self.entries.contains_key(&key) {
            self.entries.insert(key, value | flag);
        } else if !std::mem::replace(&mut self.overfull, true) {
            SeenIndexFull { files: self.bound as u64 }.emit();
        }
    }

    fn entry(&self, path: &Path, version: Version) -> (u64, u64) {
        let key = self.key.hash_one(path.as_os_str());
        (key, (self.key.hash_one(version) & !(SCAN | BEFORE)) | self.scan)
    }
}

/// The keys are hashes already.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
    // Not called for a `u64`; folded all the same, so that any key has a hash.
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp::Stamp;

    fn version(size: u64, mtime: i64) -> Version {
        Stamp { size, mtime, ctime: 0 }.version()
    }

    #[test]
    fn a_version_is_known_by_path_size_and_time() {
        let mut seen = SeenIndex::new(10);
        let (a, b) = (Path::new("/w/a"), Path::new("/w/b"));
        seen.judged(a, version(1, 1));
        seen.before(b, version(1, 1));
        assert_eq!(seen.knows(a, version(1, 1)), Known::Judged);
        assert_eq!(seen.knows(b, version(1, 1)), Known::Before);
        assert_eq!(seen.knows(a, version(2, 1)), Known::No);
        assert_eq!(seen.knows(a, version(1, 2)), Known::No);
        seen.judged(a, version(2, 1));
        assert_eq!(seen.knows(a, version(1, 1)), Known::No);
        seen.judged(b, version(1, 1));
        assert_eq!((seen.knows(b, version(1, 1)), seen.len()), (Known::Judged, 2));
    }

    #[test]
    fn what_a_scan_did_not_see_goes_when_room_is_wanted() {
        let mut seen = SeenIndex::new(10);
        let path = |n: i64| std::path::PathBuf::from(format!("/w/{n}"));
        for n in 0..5 {
            seen.judged(&path(n), version(1, n));
        }
        let scan = |seen: &mut SeenIndex, files: std::ops::Range<i64>| {
            seen.scan_begins();
            for n in files {
                if seen.knows(&path(n), version(1, n)) == Known::No {
                    seen.judged(&path(n), version(1, n));
                }
            }
            seen.scan_ends();
            seen.len()
        };
        assert_eq!(scan(&mut seen, 3..5), 5, "half of the room is free");
        assert_eq!(scan(&mut seen, 3..6), 3, "three are there");
        for _ in 0..300 {
            assert_eq!(scan(&mut seen, 3..6), 3, "however often it is scanned");
        }
    }

    #[test]
    fn it_never_grows_beyond_its_bound() {
        let mut seen = SeenIndex::new(2);
        let path = |n: u64| std::path::PathBuf::from(format!("/w/{n}"));
        seen.judged(&path(0), version(1, 1));
        seen.judged(&path(1), version(1, 1));
        assert!(!seen.is_overfull());
        seen.judged(&path(2), version(1, 1));
        assert!(seen.is_overfull());
        seen.judged(&path(0), version(2, 2));
        assert_eq!(seen.knows(&path(0), version(2, 2)), Known::Judged, "a known file has its room");
        assert_eq!((seen.knows(&path(2), version(1, 1)), seen.len()), (Known::No, 2));
    }

    #[test]
    fn an_entry_takes_sixteen_bytes() {
        assert_eq!(size_of::<(u64, u64)>(), 16);
    }
}
