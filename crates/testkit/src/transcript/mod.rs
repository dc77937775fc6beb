//! Conversations as text files (`tests/conformance/`), and a player that holds a gateway to them.
//!
//! Promises: what a line means is in [`parse()`]; participants act strictly one after the other; a failure names file,
//! line, what was expected and what came. At the end nobody may have received anything the conversation does not tell.

mod parse;
mod play;

pub use parse::{Action, Step, Transcript, parse};
pub use play::play;

use std::path::{Path, PathBuf};

/// Every transcript of a folder, by name.
pub fn in_folder(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files
}
