//! A folder that is gone afterwards.

use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};

/// A place for a store that nobody keeps; it is removed when it is dropped.
pub(super) struct Throwaway(PathBuf);

impl Throwaway {
    /// A new one; whoever puts something there makes the folder, for its owner alone.
    pub(super) fn new() -> Throwaway {
        let name = format!("tieline-selfcheck-{}-{:016x}", std::process::id(), RandomState::new().hash_one(0u8));
        Throwaway(std::env::temp_dir().join(name))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Throwaway {
    fn drop(&mut self) {
        // What cannot be removed lies where the system removes it.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
