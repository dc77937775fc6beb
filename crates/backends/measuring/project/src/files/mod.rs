//! From a client's path to an opened file.
//!
//! Promises: whatever the text, and whoever swaps links meanwhile, what is opened is a regular file that lies below an
//! allowed folder; nothing else is opened for reading, and nothing that would wait (a FIFO, a device) is waited for. No
//! answer tells a client what lies elsewhere. A file that was uploaded has no path of a client's and goes by none of this. Called by the jobs, on their own threads: a slow disk blocks.
//!
//! The road: `spelling` takes the text apart and refuses what Windows would understand in another way than it looks;
//! `mapping` makes a local path of it, `lookup` finds the names below in the letter case of the disk; the path is resolved, links and all, and must then lie below an allowed folder;
//! `beneath` opens it from that folder on, following no link any more. A link put there in between ends in a refusal.

mod beneath;
mod lookup;
mod mapping;
mod spelling;
#[cfg(test)]
mod tests;

use mapping::{Local, Mapping};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use tieline_model::{Loggable, Safe, safe};

/// Which files may be opened, and by which names clients know them.
#[derive(Debug, Clone)]
pub struct Files {
    allowed: Vec<PathBuf>,
    mapping: Mapping,
    most: u64,
}

/// Where a file lay when its path was resolved.
#[derive(Debug)]
struct Resolved {
    name: String,
    /// The allowed folder, and the rest of the path below it.
    root: PathBuf,
    rest: PathBuf,
    path: PathBuf,
}

/// An opened file.
#[derive(Debug)]
pub struct Opened {
    /// It, at its beginning; for reading.
    pub(crate) file: File,
    /// Its size in bytes when it was opened.
    pub(crate) size: u64,
    /// Its name without the folders, as the client wrote it.
    pub(crate) name: String,
    /// Where it lies on this machine, without links.
    pub path: PathBuf,
    most: u64,
}

/// Why a file is not opened. The texts are for those who run the gateway, and hold no word of the client's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No text at all.
    #[error("the path is empty")]
    Empty,
    /// Longer than any path.
    #[error("the path is longer than {} bytes", spelling::LONGEST)]
    TooLong,
    /// A zero byte, a line end or the like.
    #[error("the path has a control character in it")]
    Control,
    /// Relative to nothing that is known here, or to a drive's own folder.
    #[error("the path does not begin at a drive or at the root; clients must send whole paths")]
    Relative,
    /// `..`.
    #[error("the path goes upwards with `..`, which is understood in paths from a drive or server only")]
    Upwards,
    /// `a.jpg:x`, or a colon elsewhere.
    #[error("a name in the path has a colon, which Windows takes for a stream of another file")]
    Stream,
    /// `a.jpg.`, `a.jpg `.
    #[error("a name in the path ends in a dot or a blank, which Windows leaves out")]
    Ending,
    /// `CON`, `\\.\C:`, `\\?\GLOBALROOT`.
    #[error("the path names a device")]
    Device,
    /// A drive or a server for which there is no folder.
    #[error("no `path_map` says which local folder the path's drive or server is")]
    Unmapped,
    /// Several names differ from it in letter case only, or in how they are encoded.
    #[error("several names there differ from a name in the path in letter case only; rename all but one")]
    Ambiguous,
    /// More names than are looked through.
    #[error("a folder on the way has too many names to look for one in another letter case")]
    Crowded,
    /// There is nothing there, or the way to it is closed.
    #[error("no file can be reached there: {0}")]
    Unreachable(std::io::ErrorKind),
    /// It lies elsewhere.
    #[error("it lies outside of every folder in `allow_paths`, its links followed")]
    Outside,
    /// A folder, a FIFO, a socket, a device, or a link that was put in the way.
    #[error("it is not a regular file")]
    NotAFile,
    /// Longer than allowed.
    #[error("it has more than {most} bytes, the most that `max_file_size` allows")]
    TooLarge {
        /// The bound in bytes.
        most: u64,
    },
    /// The system refuses.
    #[error("it cannot be read: {0}")]
    Unreadable(std::io::ErrorKind),
}

/// The texts are literals, with numbers and the system's kinds of errors in them.
impl Loggable for Denied {}

impl Denied {
    /// Why, for those who ask over the network: what lies outside of the folders is not told from what is not there.
    pub fn cause(&self) -> Safe {
        match self {
            Denied::Unreachable(_) | Denied::Outside | Denied::Ambiguous | Denied::Crowded => {
                "no such file lies in the folders that may be read".into()
            }
            told => safe!("{}", *told),
        }
    }
}

impl Files {
    /// Files below `allow_paths`. `path_map`: from the beginning of a client's path to a local folder. `max_file_size` in
    /// bytes. `Err`: the place of the first `path_map` whose client's side is no path, and why.
    pub fn new(
        allow_paths: Vec<PathBuf>,
        path_map: Vec<(String, PathBuf)>,
        max_file_size: u64,
    ) -> Result<Files, (usize, Denied)> {
        Ok(Files { allowed: allow_paths, mapping: Mapping::new(path_map)?, most: max_file_size })
    }

    /// Opens the file that a client calls `text`. It waits for the disk.
    pub fn open(&self, text: &str) -> Result<Opened, Denied> {
        self.opened(self.resolved(text)?)
    }

    /// Where the file lies at this moment, links followed: below an allowed folder.
    fn resolved(&self, text: &str) -> Result<Resolved, Denied> {
        let spelled = spelling::read(text)?;
        let name = spelled.names.last().cloned().ok_or(Denied::NotAFile)?;
        let local = self.local(&self.mapping.local(&spelled)?)?;
        let path = std::fs::canonicalize(local).map_err(|error| Denied::Unreachable(error.kind()))?;
        let (root, rest) = self.allowed_folder(&path).ok_or(Denied::Outside)?;
        let rest = rest.to_owned();
        Ok(Resolved { name, root, rest, path })
    }

    /// Opens it, whatever has become of the way there meanwhile.
    fn opened(&self, Resolved { name, root, rest, path }: Resolved) -> Result<Opened, Denied> {
        let (file, size) = beneath::open(&root, &rest)?;
        if size > self.most {
            return Err(Denied::TooLarge { most: self.most });
        }
        Ok(Opened { file, size, name, path, most: self.most })
    }

    /// The local path of a file that a client calls `text`, when a `path_map` says where it is; whether it may be read, or
    /// is there, is not said.
    pub fn mapped(&self, text: &str) -> Option<PathBuf> {
        let spelled = spelling::read(text).ok()?;
        let local = self.mapping.local(&spelled).ok().filter(|local| local.is_mapped)?;
        self.local(&local).ok()
    }

    /// The path as it is on the disk, as far as it is there.
    fn local(&self, local: &Local<'_>) -> Result<PathBuf, Denied> {
        if local.is_mapped {
            return lookup::found(&local.folder, local.names, true);
        }
        // What lies in no allowed folder is not looked for.
        let whole = local.folder.join(local.names.iter().collect::<PathBuf>());
        let allowed = self.allowed.iter().find(|folder| whole.starts_with(folder));
        match allowed.and_then(|folder| Some((folder, local.names.get(folder.components().count() - 1..)?))) {
            Some((folder, names)) => lookup::found(folder, names, false),
            None => Ok(whole),
        }
    }

    /// Opens a file of our own making that was brought under this name.
    pub fn uploaded(&self, path: &Path, name: &str) -> Result<Opened, Denied> {
        let folder = path.parent().ok_or(Denied::NotAFile)?;
        let (file, size) = beneath::open(folder, path.strip_prefix(folder).map_err(|_| Denied::NotAFile)?)?;
        Ok(Opened { file, size, name: name.to_owned(), path: path.to_owned(), most: self.most })
    }

    /// The allowed folder that this resolved path lies below, and the rest of the path. The folders are resolved at each
    /// use: one may be mounted later than the gateway starts.
    fn allowed_folder<'a>(&self, path: &'a Path) -> Option<(PathBuf, &'a Path)> {
        self.allowed.iter().find_map(|folder| {
            let root = std::fs::canonicalize(folder).ok()?;
            let rest = path.strip_prefix(&root).ok()?;
            Some((root, rest))
        })
    }
}

impl Opened {
    /// The whole content, which is one and the same for all that is done with it, whoever writes the file meanwhile.
    pub fn bytes(self) -> Result<Vec<u8>, Denied> {
        let unreadable = |error: std::io::Error| Denied::Unreadable(error.kind());
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(usize::try_from(self.size).unwrap_or(usize::MAX))
            .map_err(|_| Denied::Unreadable(std::io::ErrorKind::OutOfMemory))?;
        // It may have grown since it was opened.
        self.file.take(self.most.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > self.most { Err(Denied::TooLarge { most: self.most }) } else { Ok(bytes) }
    }
}
