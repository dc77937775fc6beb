//! Opens a file below a folder without following any link, one name after the other, each from the folder before it.
//!
//! Promises: since no name is `..` and no link is followed, what is opened lies below the folder at that moment, whatever
//! is swapped on the way; it is a regular file, which is looked at before it is opened (a device may do something when it
//! is opened) and again when it is open (that one counts).

use super::Denied;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fstat, openat, statat};
use rustix::io::Errno;
use std::fs::File;
use std::path::{Component, Path};

/// A folder to go on from; it needs no right to list it.
#[cfg(target_os = "linux")]
const WAY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const WAY: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);

/// To read: a FIFO does not wait for its writer, a terminal does not become ours.
const READ: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

/// Opens `rest` below `root`, both resolved before; with its size in bytes.
pub(super) fn open(root: &Path, rest: &Path) -> Result<(File, u64), Denied> {
    let mut names = Vec::new();
    for component in rest.components() {
        let Component::Normal(name) = component else { return Err(Denied::Outside) };
        names.push(name);
    }
    let (last, folders) = names.split_last().ok_or(Denied::NotAFile)?;
    let mut folder = openat(CWD, root, WAY, Mode::empty()).map_err(denied)?;
    for name in folders {
        folder = openat(&folder, *name, WAY.union(OFlags::NOFOLLOW), Mode::empty()).map_err(denied)?;
    }
    is_regular(statat(&folder, *last, AtFlags::SYMLINK_NOFOLLOW).map_err(denied)?.st_mode)?;
    let file = openat(&folder, *last, READ, Mode::empty()).map_err(denied)?;
    let found = fstat(&file).map_err(denied)?;
    is_regular(found.st_mode)?;
    Ok((File::from(file), u64::try_from(found.st_size).unwrap_or(0)))
}

fn is_regular(mode: rustix::fs::RawMode) -> Result<(), Denied> {
    if FileType::from_raw_mode(mode) == FileType::RegularFile { Ok(()) } else { Err(Denied::NotAFile) }
}

fn denied(error: Errno) -> Denied {
    match error {
        // Where the resolved path had a folder or a file, there is a link now.
        Errno::LOOP | Errno::NOTDIR | Errno::NXIO => Denied::NotAFile,
        error => Denied::Unreachable(error.kind()),
    }
}
