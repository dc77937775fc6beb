//! Where imports into the project join.
//!
//! Promises: as long as nothing imports, each request for it is answered that it cannot be carried out now. Called by the
//! desks of `project` commands, on blocking threads.

use crate::files::Files;
use crate::jobs::{Outcome, Request};
use std::path::PathBuf;
use std::sync::Arc;

/// What imports need.
#[allow(dead_code)] // read as soon as something imports
pub(crate) struct Works {
    /// The store's folder.
    pub(crate) store: PathBuf,
    /// Which files may be read.
    pub(crate) files: Arc<Files>,
    /// How much the project may take in the store, in bytes.
    pub(crate) most: u64,
}

impl Works {
    /// Imports what an `image` or `elements` request names; blocks as long as that takes.
    pub(crate) fn import(&self, request: &Request) -> Outcome {
        match &*request.command {
            // `project::image` takes `file`, `name` and `focal_length`, `project::elements` takes `file` and `import_mode`.
            _ => Outcome::unavailable("this version imports nothing"),
        }
    }
}
