//! The seam to whoever judges files: the watcher calls, the examiner answers.

use super::stamp::Version;
use std::path::Path;

/// Judges files, one after the other, on a thread of the watcher's.
pub trait Examine: Send {
    /// Judges a file. `settled`: it has stopped growing, so it must be judged whatever it holds; then
    /// [`Examined::Unfinished`] counts as judged.
    ///
    /// What stands at the path was a file a moment ago. It may be gone, unreadable, or something else by now: to be safe
    /// from a FIFO put in its place, open it without waiting (the system's flag for that is O_NONBLOCK) and make sure that it is a
    /// file.
    fn examine(&mut self, path: &Path, settled: bool) -> Examined;

    /// Tells that the file is unreadable, for the reason of the examination just before, which was answered with
    /// [`Examined::Spoilt`] or [`Examined::Failing`]. Called once for a file until it is judged.
    fn give_up(&mut self, path: &Path);

    /// Notes that this version of the file is done with: nobody asks for it again. Called after the examination that was the
    /// last, before any other file's. What it said may be held back until [`Examine::pause`].
    fn closed(&mut self, _path: &Path, _version: Version) {}

    /// Tells what was held back: called soon after each examination, when no more files wait or some were examined.
    fn pause(&mut self) {}

    /// What puts files in order that were found at the start: those with the smallest text come first.
    fn order(&mut self, _path: &Path) -> String {
        String::new()
    }
}

/// Knows which files were judged in earlier lives.
pub trait Recall: Send {
    /// Whether exactly this version was.
    fn was_judged(&mut self, path: &Path, version: Version) -> bool;
}

/// What became of looking at a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Examined {
    /// It was judged, or reported as unreadable.
    Judged,
    /// It was looked at too early: look again when it has stopped growing.
    Unfinished,
    /// It has stopped growing and is empty, cut or begins with zeros: look again when it was left alone for a while.
    Spoilt,
    /// Nothing is known of it, for a reason that passes: it may not be read, or the judge has nothing to judge by. Look
    /// again and again.
    Failing,
}
