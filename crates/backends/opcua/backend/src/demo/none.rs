//! The demo's plant in a program that was built without it: there is none, and a demo has no OPC UA server.

use std::io;
use std::path::Path;
use tieline_model::settings::Values;

/// There is none.
pub(crate) enum Plant {}

impl Plant {
    /// The settings of its server.
    pub(crate) fn server(&self) -> Values {
        match *self {}
    }
}

/// The real one ends when it is dropped.
impl Drop for Plant {
    fn drop(&mut self) {
        match *self {}
    }
}

/// Nothing to offer.
pub(crate) fn offer(_values: &mut Values) {}

/// Nothing to begin.
pub(crate) fn begin(_folder: &Path) -> Option<io::Result<Plant>> {
    None
}
