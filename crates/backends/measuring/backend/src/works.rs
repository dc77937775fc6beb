//! Where jobs meet the project: a request's file is opened and imported, with a connection to the store.
//!
//! Promises: connections are kept for the next import, one for each that runs at the same time; one that failed is not
//! used again. Called by the queue runners of `project` commands, on blocking threads.

use crate::jobs::{Answer, Outcome, Request};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tieline_measuring_project::{self as project, Failure, Files, ImportMode, Limits};
use tieline_store::Store;

/// What imports need.
pub(crate) struct Works {
    /// The store's folder.
    folder: PathBuf,
    files: Arc<Files>,
    limits: Limits,
    /// Connections that nobody uses now.
    idle: Mutex<Vec<Store>>,
}

impl Works {
    /// Imports into the project of the store in `folder`, which may take up to `most` bytes there.
    pub(crate) fn new(folder: PathBuf, files: Arc<Files>, most: u64) -> Works {
        let limits = Limits { project: most, ..Limits::default() };
        Works { folder, files, limits, idle: Mutex::default() }
    }

    /// Imports what an `image` or `elements` request names; blocks as long as that takes.
    pub(crate) fn import(&self, request: &Request) -> Outcome {
        let file = request.text("file").unwrap_or_default();
        match self.imported(request, file) {
            Ok(detail) => Outcome::new(Answer::Done, detail),
            Err(Failure::Read(denied)) => request.unread(file, denied.to_string()).because(denied.cause()),
            Err(failure) => request.failed("could not be imported", failure.to_string()).because(failure.cause()),
        }
    }

    /// What was imported, in one line.
    fn imported(&self, request: &Request, file: &str) -> Result<String, Failure> {
        let opened = request.open(&self.files, file)?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut store = match idle {
            Some(store) => store,
            None => Store::open(&self.folder)?,
        };
        let done = if &*request.command == "image" {
            let (name, focal_length) = (request.text("name").unwrap_or_default(), request.number("focal_length"));
            project::image(&mut store, opened, name, focal_length.unwrap_or_default(), &self.limits)
                .map(|done| done.to_string())
        } else {
            let mode = ImportMode::named(request.text("import_mode").unwrap_or_default())?;
            project::elements(&mut store, opened, mode, &self.limits).map(|done| done.to_string())
        };
        if !matches!(done, Err(Failure::NotKept(_))) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(store);
        }
        done
    }
}
