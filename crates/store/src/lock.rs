//! A gateway's claim to its store: no second one works on it at the same time.
//!
//! Promises: the claim ends with the process that made it, however that ends, so what a killed gateway left behind is in
//! nobody's way; the command line's tools need no claim and work beside a gateway. Called by the gateway when it starts.

use crate::{StoreError, private};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The file's name inside the store's folder. What counts is the system's lock on it; its text is for people.
pub const LOCK_FILE: &str = "tieline.lock";

/// The claim; it ends when it is dropped.
#[derive(Debug)]
pub struct StoreLock {
    _file: File,
}

impl StoreLock {
    /// Claims the store in this folder, which is made when it is not there.
    pub fn take(folder: &Path) -> Result<StoreLock, StoreError> {
        let failed = |source| StoreError::Lock { path: folder.join(LOCK_FILE), source };
        private::folder(folder).map_err(|source| StoreError::Folder { folder: folder.to_path_buf(), source })?;
        let mut options = OpenOptions::new();
        let opened = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = opened.open(folder.join(LOCK_FILE)).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
                return Err(StoreError::InUse { folder, pid: pid(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        write(&mut file).map_err(failed)?;
        Ok(StoreLock { _file: file })
    }
}

fn write(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

/// Who holds it, as it has written down.
fn pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    #[test]
    fn one_claim_at_a_time_and_none_outlives_who_made_it() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("store");
        let claim = StoreLock::take(&folder).unwrap();
        let error = StoreLock::take(&folder).unwrap_err();
        let pid = std::process::id();
        assert!(matches!(&error, StoreError::InUse { pid: Some(found), .. } if *found == pid), "{error}");
        let text = error.to_string();
        assert!(text.contains(&format!("pid {pid}")) && text.contains(folder.to_str().unwrap()), "{text}");
        // Whoever needs no claim works beside it.
        Store::open(&folder).unwrap();
        drop(claim);
        // As a killed one has left it.
        std::fs::write(folder.join(LOCK_FILE), "999999\n and more").unwrap();
        let claim = StoreLock::take(&folder).unwrap();
        assert_eq!(std::fs::read_to_string(folder.join(LOCK_FILE)).unwrap(), format!("{pid}\n"));
        drop(claim);
    }
}
