//! Linux: inotify (decision 0005).
//!
//! Promises: links are followed when a folder is watched, so a linked folder is watched where it is; a file that has lost
//! its name is not told of.

use super::{Notice, Refused, WatchId};
use inotify::{Event, EventMask, Inotify, WatchDescriptor, WatchMask, Watches};
use mio::unix::SourceFd;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{Error, ErrorKind, Result};
use std::os::fd::AsRawFd;
use std::path::Path;

/// The kernel's ear.
pub(crate) struct Kernel {
    inotify: Inotify,
    watches: Watches,
    /// The kernel's own handles, which it wants back to end a watch.
    held: HashMap<WatchId, WatchDescriptor>,
    /// Tests play the user's limit, which belongs to the whole machine.
    #[cfg(test)]
    pub(crate) allowed: usize,
}

impl Kernel {
    /// A new one, registered with `poll` for `token`.
    pub(crate) fn listen(poll: &mio::Poll, token: mio::Token) -> Result<Kernel> {
        let inotify = Inotify::init()?;
        poll.registry().register(&mut SourceFd(&inotify.as_raw_fd()), token, mio::Interest::READABLE)?;
        Ok(Kernel {
            watches: inotify.watches(),
            inotify,
            held: HashMap::new(),
            #[cfg(test)]
            allowed: usize::MAX,
        })
    }

    /// Watches a folder. One that is watched already keeps its number.
    pub(crate) fn add(&mut self, folder: &Path) -> std::result::Result<WatchId, Refused> {
        let mask = WatchMask::CLOSE_WRITE
            | WatchMask::CREATE
            | WatchMask::MOVE
            | WatchMask::MOVE_SELF
            | WatchMask::EXCL_UNLINK
            | WatchMask::ONLYDIR;
        let descriptor = self.watches.add(folder, mask).map_err(|error| refused(&error))?;
        let id = descriptor.get_watch_descriptor_id();
        #[cfg(test)]
        if self.held.len() >= self.allowed && !self.held.contains_key(&id) {
            let _ended = self.watches.remove(descriptor);
            return Err(Refused::Limit);
        }
        self.held.insert(id, descriptor);
        Ok(id)
    }

    /// Watches it no longer, and forgets the number.
    pub(crate) fn remove(&mut self, id: WatchId) {
        if let Some(descriptor) = self.held.remove(&id) {
            // It fails for a folder that is gone, whose watch has ended by itself.
            let _gone = self.watches.remove(descriptor);
        }
    }

    /// Takes what news there is, in order; `None`: there is none now.
    pub(crate) fn read<'b>(
        &mut self,
        buffer: &'b mut [u8],
    ) -> Result<Option<impl Iterator<Item = Notice<'b>> + use<'b>>> {
        match self.inotify.read_events(buffer) {
            Ok(events) => Ok(Some(events.filter_map(|event| notice(&event)))),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn refused(error: &Error) -> Refused {
    match error.kind() {
        // The kernel says "no space" when the user has as many watches as allowed.
        ErrorKind::StorageFull | ErrorKind::OutOfMemory => Refused::Limit,
        ErrorKind::NotFound | ErrorKind::NotADirectory => Refused::Gone,
        _ => Refused::Unreadable,
    }
}

fn notice<'a>(event: &Event<&'a OsStr>) -> Option<Notice<'a>> {
    let is = |mask: EventMask| event.mask.contains(mask);
    if is(EventMask::Q_OVERFLOW) {
        return Some(Notice::Overflow);
    }
    let id = event.wd.get_watch_descriptor_id();
    if is(EventMask::IGNORED) {
        return Some(Notice::Ended(id));
    }
    if is(EventMask::MOVE_SELF) {
        return Some(Notice::Moved(id));
    }
    let name = event.name?;
    if is(EventMask::ISDIR) {
        return match event.mask {
            mask if mask.intersects(EventMask::CREATE | EventMask::MOVED_TO) => Some(Notice::FolderIn(id, name)),
            mask if mask.contains(EventMask::MOVED_FROM) => Some(Notice::FolderOut(id, name)),
            _ => None,
        };
    }
    match event.mask {
        mask if mask.contains(EventMask::CLOSE_WRITE) => Some(Notice::Closed(id, name)),
        mask if mask.contains(EventMask::MOVED_TO) => Some(Notice::MovedIn(id, name)),
        mask if mask.contains(EventMask::CREATE) => Some(Notice::Created(id, name)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_translated() {
        let top = tempfile::tempdir().unwrap();
        let poll = mio::Poll::new().unwrap();
        let mut kernel = Kernel::listen(&poll, mio::Token(0)).unwrap();
        let id = kernel.add(top.path()).unwrap();
        assert_eq!(kernel.add(top.path()), Ok(id), "it keeps its number");
        assert_eq!(kernel.add(&top.path().join("nothing")), Err(Refused::Gone));
        std::fs::write(top.path().join("a"), b"x").unwrap();
        assert_eq!(kernel.add(&top.path().join("a")), Err(Refused::Gone));
        std::fs::rename(top.path().join("a"), top.path().join("b")).unwrap();
        std::fs::create_dir(top.path().join("c")).unwrap();
        std::fs::rename(top.path().join("c"), top.path().join("d")).unwrap();
        kernel.remove(id);
        let mut told = Vec::new();
        let mut buffer = vec![0; 4096];
        while let Some(news) = kernel.read(&mut buffer).unwrap() {
            told.extend(news.map(|notice| format!("{notice:?}")));
        }
        let expected = [
            format!("Created({id}, \"a\")"),
            format!("Closed({id}, \"a\")"),
            format!("MovedIn({id}, \"b\")"),
            format!("FolderIn({id}, \"c\")"),
            format!("FolderOut({id}, \"c\")"),
            format!("FolderIn({id}, \"d\")"),
            format!("Ended({id})"),
        ];
        assert_eq!(told, expected);
        assert_ne!(kernel.add(top.path()), Ok(id), "numbers are not used again");
    }

    #[test]
    fn refusals_are_told_apart() {
        assert_eq!(refused(&ErrorKind::StorageFull.into()), Refused::Limit);
        assert_eq!(refused(&ErrorKind::PermissionDenied.into()), Refused::Unreadable);
    }
}
