//! Systems whose kernel tells nothing we could use: everything is polled.

use super::{Notice, Refused, WatchId};
use std::io::{ErrorKind, Result};
use std::path::Path;

/// No kernel's ear: it cannot be made.
pub(crate) enum Kernel {}

impl Kernel {
    /// Always fails.
    pub(crate) fn listen(_: &mio::Poll, _: mio::Token) -> Result<Kernel> {
        Err(ErrorKind::Unsupported.into())
    }

    /// Never called.
    pub(crate) fn add(&mut self, _: &Path) -> std::result::Result<WatchId, Refused> {
        match *self {}
    }

    /// Never called.
    pub(crate) fn remove(&mut self, _: WatchId) {
        match *self {}
    }

    /// Never called.
    pub(crate) fn read<'b>(&mut self, _: &'b mut [u8]) -> Result<Option<std::iter::Empty<Notice<'b>>>> {
        match *self {}
    }
}
