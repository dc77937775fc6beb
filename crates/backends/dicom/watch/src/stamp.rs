//! What stands at a path: a file with its version, a folder with its identity, or something that is never opened.
//!
//! Promises: looking never opens anything, so a FIFO or a device cannot hold it up. Asked by everyone in this crate.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::SystemTime;

/// The system's number (`ELOOP`) for links that lead to each other; the standard library has no name for it yet.
const LINK_RING: i32 = if cfg!(target_os = "linux") { 40 } else { 62 };

/// What a file looked like: times are nanoseconds since 1970, as the file system has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) size: u64,
    /// When its content was last written.
    pub(crate) mtime: i64,
    /// When its content, name or rights were last changed.
    pub(crate) ctime: i64,
}

/// What one judgement is for: a file is judged once per version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version {
    size: u64,
    mtime: i64,
}

impl Version {
    /// In bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// When its content was last written: nanoseconds since 1970, as the file system has them.
    pub fn modified(&self) -> i64 {
        self.mtime
    }

    /// Whether nothing has been written to the file.
    pub(crate) fn is_empty(&self) -> bool {
        self.size == 0
    }
}

/// A folder's identity, by whatever path it is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) device: u64,
    inode: u64,
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thing {
    /// A file, and how many names it has.
    File(Stamp, u64),
    Folder(Place, Stamp),
    /// A link, when links are not followed.
    Link(Stamp),
    /// A device, a FIFO, a socket: never opened.
    Other,
    /// Nothing.
    Gone,
    /// Something, but the system does not say what.
    Unknown,
}

impl Stamp {
    /// The later of both times: when anything about the file changed last.
    pub(crate) fn changed(&self) -> i64 {
        self.mtime.max(self.ctime)
    }

    pub(crate) fn version(&self) -> Version {
        Version { size: self.size, mtime: self.mtime }
    }
}

impl Thing {
    /// What stands there, links followed.
    pub(crate) fn at(path: &Path) -> Thing {
        Thing::read(std::fs::metadata(path))
    }

    /// What stands there itself.
    pub(crate) fn itself_at(path: &Path) -> Thing {
        Thing::read(std::fs::symlink_metadata(path))
    }

    pub(crate) fn read(metadata: std::io::Result<Metadata>) -> Thing {
        let metadata = match metadata {
            Ok(metadata) => metadata,
            Err(error) => return Thing::of_error(&error),
        };
        let stamp = Stamp {
            size: metadata.size(),
            mtime: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            ctime: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        };
        let kind = metadata.file_type();
        if kind.is_file() {
            Thing::File(stamp, metadata.nlink())
        } else if kind.is_dir() {
            Thing::Folder(Place { device: metadata.dev(), inode: metadata.ino() }, stamp)
        } else if kind.is_symlink() {
            Thing::Link(stamp)
        } else {
            Thing::Other
        }
    }

    fn of_error(error: &std::io::Error) -> Thing {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Thing::Gone,
            // Links in a ring lead nowhere.
            _ if error.raw_os_error() == Some(LINK_RING) => Thing::Gone,
            _ => Thing::Unknown,
        }
    }

    /// The version to judge. A file that the system does not let us look at has a version too: it is judged (as
    /// unreadable) once.
    pub(crate) fn version(&self) -> Option<Version> {
        match self {
            Thing::File(stamp, _) => Some(stamp.version()),
            Thing::Unknown => Some(Version { size: u64::MAX, mtime: i64::MIN }),
            Thing::Folder(..) | Thing::Link(_) | Thing::Other | Thing::Gone => None,
        }
    }
}

/// The time now, in a stamp's unit.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// Beyond the years 1677 and 2262 all times are the same.
fn nanoseconds(seconds: i64, nanoseconds: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_apart() {
        let top = tempfile::tempdir().unwrap();
        let at = |name: &str| top.path().join(name);
        std::fs::write(at("file"), b"four").unwrap();
        std::os::unix::fs::symlink("file", at("link")).unwrap();
        std::os::unix::fs::symlink("ring", at("ring")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        assert!(matches!(Thing::at(&at("file")), Thing::File(Stamp { size: 4, .. }, 1)));
        assert!(matches!(Thing::at(&at("link")), Thing::File(Stamp { size: 4, .. }, 1)));
        assert!(matches!(Thing::itself_at(&at("link")), Thing::Link(_)));
        assert!(matches!(Thing::at(top.path()), Thing::Folder(..)));
        assert_eq!(Thing::at(&at("socket")), Thing::Other);
        for gone in ["nothing", "file/below", "ring"] {
            assert_eq!(Thing::at(&at(gone)), Thing::Gone, "{gone}");
        }
        assert_eq!(Thing::at(Path::new("/dev/null")), Thing::Other);
        assert_eq!(Thing::of_error(&ErrorKind::PermissionDenied.into()), Thing::Unknown);
    }

    #[test]
    fn only_what_may_be_judged_has_a_version() {
        assert!(Thing::Unknown.version().is_some());
        for thing in [Thing::Other, Thing::Gone] {
            assert_eq!(thing.version(), None);
        }
        assert_eq!(nanoseconds(i64::MAX, 5), i64::MAX);
    }
}
