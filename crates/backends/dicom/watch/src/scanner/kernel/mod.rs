//! What the kernel tells of folders, in the words of this module; Linux has it, other systems are polled.
//!
//! Promises: nothing is decided here, only translated. Used by the scanner alone.

use std::ffi::OsStr;

#[cfg(target_os = "linux")]
mod inotify;
#[cfg(target_os = "linux")]
pub(crate) use inotify::Kernel;

#[cfg(not(target_os = "linux"))]
mod absent;
#[cfg(not(target_os = "linux"))]
pub(crate) use absent::Kernel;

/// A watched folder's number in the kernel: belongs to the folder itself, whatever its path is by now.
pub(crate) type WatchId = i32;

/// News of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code))] // nothing is told there
pub(crate) enum Notice<'a> {
    /// A file in it was closed after writing.
    Closed(WatchId, &'a OsStr),
    /// Something that is no folder has appeared in it: created, or linked into place.
    Created(WatchId, &'a OsStr),
    /// Something that is no folder was moved into it.
    MovedIn(WatchId, &'a OsStr),
    /// A folder has appeared in it, or was moved into it.
    FolderIn(WatchId, &'a OsStr),
    /// A folder was moved out of it.
    FolderOut(WatchId, &'a OsStr),
    /// It was moved itself.
    Moved(WatchId),
    /// It is not watched any more: it is gone, its disk is, or we wanted it so.
    Ended(WatchId),
    /// There was more than the kernel keeps.
    Overflow,
}

/// Why a folder is not watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code))] // nothing is told there
pub(crate) enum Refused {
    /// The kernel watches no more for this user.
    Limit,
    /// It is not there, or no folder.
    Gone,
    /// It may not be read.
    Unreadable,
}
