//! What fails in a store, told to whoever watches over it.
//!
//! Promises: every failure of every connection of this process is told with its cause, in words that hold no value and no
//! path; what works costs nothing. Called by everything in this crate that fails; a gateway watches its store.

use crate::{FILE, StoreError};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is written to find out whether something can be: as much as a small transaction.
const PROBE: [u8; 16 << 10] = [0; 16 << 10];
/// The file it is written to.
const PROBE_FILE: &str = "tieline.probe";
/// How long a probe waits for another process that writes.
const BUSY: Duration = Duration::from_millis(500);

/// Why a store does not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// No room.
    DiskFull,
    /// The file or its disk can only be read.
    ReadOnly,
    /// The system refuses it to this user.
    Permission,
    /// Another program holds the database.
    Busy,
    /// What the file holds is no database any more.
    Damaged,
    /// It is not there, or cannot be opened.
    CannotOpen,
    /// The disk reports an error.
    Disk,
    /// Anything else.
    Other,
}

impl Cause {
    /// One word, for a metric.
    pub fn as_str(self) -> &'static str {
        match self {
            Cause::DiskFull => "disk_full",
            Cause::ReadOnly => "read_only",
            Cause::Permission => "permission",
            Cause::Busy => "busy",
            Cause::Damaged => "damaged",
            Cause::CannotOpen => "cannot_open",
            Cause::Disk => "disk",
            Cause::Other => "other",
        }
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Cause::DiskFull => "its disk is full",
            Cause::ReadOnly => "it can only be read",
            Cause::Permission => "the system refuses it to this user",
            Cause::Busy => "another program holds it locked",
            Cause::Damaged => "its file is damaged",
            Cause::CannotOpen => "its file cannot be opened",
            Cause::Disk => "its disk reports an error",
            Cause::Other => "the database reports an error",
        }
    }

    /// Whether the same may be done at another time; otherwise it is what was asked that cannot be done.
    pub fn may_pass(self) -> bool {
        self != Cause::Other
    }

    /// The cause in what SQLite says.
    pub(crate) fn of_sql(error: &rusqlite::Error) -> Cause {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Cause::DiskFull,
            Some(ErrorCode::ReadOnly) => Cause::ReadOnly,
            Some(ErrorCode::PermissionDenied) => Cause::Permission,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => {
                Cause::Busy
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Cause::Damaged,
            Some(ErrorCode::CannotOpen) => Cause::CannotOpen,
            Some(ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory) => Cause::Disk,
            _ => Cause::Other,
        }
    }

    /// The cause in what the system says.
    pub(crate) fn of_system(error: &io::Error) -> Cause {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Cause::DiskFull,
            ErrorKind::ReadOnlyFilesystem => Cause::ReadOnly,
            ErrorKind::PermissionDenied => Cause::Permission,
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::AlreadyExists => Cause::CannotOpen,
            _ => Cause::Disk,
        }
    }
}

/// Is told of a failure: its cause, and what was being done.
pub type Told = Arc<dyn Fn(Cause, &'static str) + Send + Sync>;

/// Who watches which folder, with a number of its own.
struct Watcher(u64, PathBuf, Told);

static WATCHERS: Mutex<(u64, Vec<Watcher>)> = Mutex::new((0, Vec::new()));

/// Tells failures as long as it is not dropped.
pub struct Watch(u64);

/// From now on tells `told` of every failure of the store in `folder`, spelled as it is opened, from whichever thread.
pub fn watch(folder: &Path, told: Told) -> Watch {
    let mut watchers = watchers();
    watchers.0 += 1;
    let number = watchers.0;
    watchers.1.push(Watcher(number, folder.to_path_buf(), told));
    Watch(number)
}

impl Drop for Watch {
    fn drop(&mut self) {
        watchers().1.retain(|watcher| watcher.0 != self.0);
    }
}

fn watchers() -> MutexGuard<'static, (u64, Vec<Watcher>)> {
    WATCHERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells a failure of the store in this folder.
pub(crate) fn failed(folder: &Path, cause: Cause, doing: &'static str) {
    let concerned: Vec<Told> =
        watchers().1.iter().filter(|watcher| watcher.1 == folder).map(|watcher| watcher.2.clone()).collect();
    concerned.iter().for_each(|told| told(cause, doing));
}

/// Finds out whether the store in this folder can be written now; changes nothing in it, and makes no database.
pub fn probe(folder: &Path) -> Result<(), Cause> {
    let file = folder.join(PROBE_FILE);
    let mut options = OpenOptions::new();
    let opened = options.write(true).create(true).truncate(true).mode(0o600).open(&file);
    let written = opened.and_then(|mut file| file.write_all(&PROBE).and_then(|()| file.sync_all()));
    let removed = std::fs::remove_file(&file);
    written.and(removed).map_err(|error| Cause::of_system(&error))?;
    let path = folder.join(FILE);
    if !path.exists() {
        return Ok(());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let write = || {
        let connection = Connection::open_with_flags(&path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK")
    };
    write().map_err(|error| Cause::of_sql(&error))
}

impl StoreError {
    /// Why.
    pub fn cause(&self) -> Cause {
        match self {
            StoreError::Folder { source, .. } | StoreError::Lock { source, .. } => Cause::of_system(source),
            StoreError::Open { source, .. } | StoreError::Failed { source, .. } => Cause::of_sql(source),
            StoreError::InUse { .. } => Cause::Busy,
            StoreError::Newer { .. } | StoreError::Reference { .. } | StoreError::NoSet { .. } => Cause::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;
    use crate::history::Row;

    #[test]
    fn every_failure_is_told_with_its_cause_and_only_to_who_watches_that_store() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let heard: Arc<Mutex<Vec<(Cause, &str)>>> = Arc::default();
        let told = |heard: &Arc<Mutex<Vec<_>>>| -> Told {
            let heard = heard.clone();
            Arc::new(move |cause, doing| heard.lock().unwrap().push((cause, doing)))
        };
        let watching = watch(folder.path(), told(&heard));
        let of_another: Arc<Mutex<Vec<(Cause, &str)>>> = Arc::default();
        let others = watch(elsewhere.path(), told(&of_another));
        let mut store = Store::open(folder.path()).unwrap();
        let other = Store::open(folder.path()).unwrap();
        other.connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        store.connection.busy_timeout(Duration::ZERO).unwrap();
        let row = Row { variable: "a", source_time: 1, arrived: 1, body: b"1" };
        assert_eq!(store.history().append(&[row]).unwrap_err().cause(), Cause::Busy);
        assert_eq!(probe(folder.path()), Err(Cause::Busy));
        drop((store, other));
        assert_eq!(probe(folder.path()), Ok(()));
        std::fs::write(folder.path().join(FILE), "not a database at all, but long enough to look at").unwrap();
        assert!(Store::open(folder.path()).is_err());
        assert_eq!(*heard.lock().unwrap(), [(Cause::Busy, "keeping values"), (Cause::Damaged, "opening the store")]);
        assert!(of_another.lock().unwrap().is_empty(), "another store's failure");
        drop((watching, others));
        assert!(Store::open(folder.path()).is_err());
        assert_eq!(heard.lock().unwrap().len(), 2, "nobody watches any more");
    }

    #[test]
    fn a_probe_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(probe(folder.path()), Ok(()));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert_eq!(probe(&folder.path().join("gone")), Err(Cause::CannotOpen));
    }
}
