//! What can go wrong with a database, in words a person can act on.

use crate::health;
use std::path::{Path, PathBuf};

/// Why the store, or a database that is only read, did not do what it was asked. No text holds a stored value.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder is not there and cannot be made.
    #[error("cannot make the store's folder {folder}: {source}; set store.path to a folder that can be written", folder = .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Another gateway works on it.
    #[error("another gateway{pid} uses the store in {folder}; stop it, or set store.path to another folder", pid = .pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default(), folder = .folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// The other's process, as it has written down.
        pid: Option<u32>,
    },
    /// The claim to the store cannot be made.
    #[error("cannot lock the store with {path}: {source}; set store.path to a folder that can be written", path = .path.display())]
    Lock {
        /// The file that is locked.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The database cannot be opened.
    #[error("cannot open the store {path}: {source}; check the file, or set store.path to another folder", path = .path.display())]
    Open {
        /// The database's file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// A newer program made it.
    #[error("the store {path} has format {found}, and this program knows formats up to {known}; run the newer program, or set store.path to another folder", path = .path.display())]
    Newer {
        /// The database's file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// A reference database that is not there, or is something else.
    #[error("templates = {path:?}: {what}; name an existing database of the reference, or leave `templates` empty to use the store", path = .path.display().to_string())]
    Reference {
        /// The file that `templates` names.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A statement failed.
    #[error("{path}: {doing} failed: {source}; if it goes on, check the disk and who else has the file open", path = .path.display())]
    Failed {
        /// The database's file.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// A set that does not belong to these names.
    #[error("there is no parameter set {set} of this study and sequence in {path}; the command `templates show` lists them", path = .path.display())]
    NoSet {
        /// The database's file.
        path: PathBuf,
        /// The set asked for.
        set: i64,
    },
}

impl StoreError {
    /// For `map_err`: what was being done to which file. Who watches over the store is told.
    pub(crate) fn while_doing(path: &Path, doing: &'static str) -> impl FnOnce(rusqlite::Error) -> StoreError + use<> {
        let path = path.to_path_buf();
        move |source| {
            let folder = path.parent().unwrap_or(&path);
            health::failed(folder, health::Cause::of_sql(&source), doing);
            StoreError::Failed { path, doing, source }
        }
    }
}
