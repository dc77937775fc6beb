//! The store: what lasts, in one folder, as one embedded SQLite database.
//!
//! Promises: what was committed survives a kill at any moment; a database of a newer program is refused, never touched;
//! who only reads holds up nobody who writes; only the owner of the files reads them; errors name the file and what to
//! do, and hold no value. Called by backends and the gateway; each subject is a module
//! of its own: `templates`, `series`, `history` and `project`.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod error;
pub mod health;
pub mod history;
mod key;
mod lock;
mod migrations;
mod private;
pub mod project;
pub mod series;
pub mod templates;

pub use error::StoreError;
pub use key::Key;
pub use lock::{LOCK_FILE, StoreLock};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The database's file inside the store's folder.
pub const FILE: &str = "tieline.sqlite";

/// How long a statement waits for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// NORMAL: a power failure may take the last moments with it, never the rest. After a burst the log is cut to 64 MiB again.
const SETTINGS: &str = "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864;";

/// An open store: one connection, for one thread at a time.
pub struct Store {
    connection: Connection,
    path: PathBuf,
    key: Key,
    /// What this connection changed: SQLite's own counter tells of other connections only.
    changes: u64,
}

impl Store {
    /// Opens the store in `folder`, which is made when it is not there, and brings its tables up to date.
    pub fn open(folder: &Path) -> Result<Store, StoreError> {
        let opened = Store::opened(folder);
        opened.inspect_err(|error| health::failed(folder, error.cause(), "opening the store"))
    }

    fn opened(folder: &Path) -> Result<Store, StoreError> {
        private::folder(folder).map_err(|source| StoreError::Folder { folder: folder.to_path_buf(), source })?;
        let path = folder.join(FILE);
        private::files(&path);
        let opened = Connection::open(&path).map_err(|source| StoreError::Open { path: path.clone(), source })?;
        let (connection, key) = prepare(opened, &path)?;
        Ok(Store { connection, path, key, changes: 0 })
    }

    /// The database's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// From now on a statement waits so long for another process that writes: for those who keep what they could not write.
    pub fn set_patience(&self, patience: Duration) -> Result<(), StoreError> {
        self.connection.busy_timeout(patience).map_err(self.failed("setting how long to wait"))
    }

    /// The key of this database's hashes.
    pub fn key(&self) -> Key {
        self.key
    }

    /// The only way to a transaction that writes. The right to write comes first: one that reads before it writes fails at
    /// once, and can only be begun anew, when another process has written in between.
    fn writing(&mut self) -> rusqlite::Result<Transaction<'_>> {
        self.connection.transaction_with_behavior(TransactionBehavior::Immediate)
    }

    fn failed(&self, doing: &'static str) -> impl FnOnce(rusqlite::Error) -> StoreError + use<> {
        StoreError::while_doing(&self.path, doing)
    }
}

/// Settings of a connection, the tables, and the key that the tables hold.
fn prepare(mut connection: Connection, path: &Path) -> Result<(Connection, Key), StoreError> {
    let opening = |source| StoreError::Open { path: path.to_path_buf(), source };
    connection.busy_timeout(BUSY).map_err(opening)?;
    migrations::migrate(&mut connection, path)?;
    // Readers go on while somebody writes. It is written down in the file, and asking again changes nothing. The mode is told back; a file system without shared memory keeps its own.
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).map_err(opening)?;
    connection.execute_batch(SETTINGS).map_err(opening)?;
    let key = Key::of(&connection).map_err(opening)?;
    Ok((connection, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("a/b")).unwrap();
        assert!(store.path().ends_with("a/b/tieline.sqlite") && store.path().is_file());
        let mode: String = store.connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
        let foreign: bool = store.connection.query_row("PRAGMA foreign_keys", [], |row| row.get(0)).unwrap();
        assert_eq!((mode.as_str(), foreign), ("wal", true));
    }

    #[test]
    fn opening_waits_for_nobody_who_writes() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let writing = store.writing().unwrap();
        let mut other = Store::open(folder.path()).unwrap();
        assert!(other.history().read("a", 0, 9, None, 9).unwrap().is_empty());
        assert!(other.templates().all().unwrap().is_empty());
        // The other way round: a transaction that will write has the right to from its beginning.
        other.connection.busy_timeout(Duration::ZERO).unwrap();
        assert!(other.writing().is_err());
        drop(writing);
        assert!(other.writing().is_ok());
    }

    #[test]
    fn the_key_stays_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let hash = |store: &Store| store.key().hash([b"a".as_slice()]);
        let first = hash(&Store::open(folder.path()).unwrap());
        assert_eq!(hash(&Store::open(folder.path()).unwrap()), first);
        let elsewhere = tempfile::tempdir().unwrap();
        assert_ne!(hash(&Store::open(elsewhere.path()).unwrap()), first);
    }

    #[test]
    fn what_is_no_database_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "not a database at all, but long enough to look at").unwrap();
        let error = Store::open(folder.path()).err().unwrap().to_string();
        assert!(error.contains(FILE) && error.contains("store.path"), "{error}");
        let error = Store::open(&folder.path().join(FILE)).err().unwrap().to_string();
        assert!(error.contains(FILE) && error.contains("store.path"), "{error}");
    }
}
