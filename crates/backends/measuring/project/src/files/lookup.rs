//! The names below a folder as they are on the disk: Windows does not tell `A.JPG` from `a.jpg`, a Mac writes `ä` as two
//! characters where Windows writes one.
//!
//! Promises: the exact name comes first; otherwise there is one name that is the same to a client, or it is refused, never
//! guessed. A folder is looked through only where it must be, and so far. Called by [`super::Files`].

use super::Denied;
use std::path::{Path, PathBuf};
use unicode_normalization::UnicodeNormalization;

/// The most names of a folder that are looked through.
const NAMES: usize = 200_000;

/// The name with each character in one piece.
pub(super) fn composed(name: &str) -> String {
    name.nfc().collect()
}

/// The same without letter case.
pub(super) fn folded(name: &str) -> String {
    // Not every character comes back in one piece from being made small.
    name.nfc().flat_map(char::to_lowercase).nfc().collect()
}

/// Where these names lead from a folder on. `folds`: letter case does not count. A name that is not there is left as it
/// is, with those behind it.
pub(super) fn found(folder: &Path, names: &[String], folds: bool) -> Result<PathBuf, Denied> {
    let mut path = folder.to_owned();
    let mut is_there = true;
    for name in names {
        let exact = path.join(name);
        is_there = is_there && !exact.as_os_str().is_empty();
        path = match is_there {
            true if std::fs::symlink_metadata(&exact).is_ok() => exact,
            true => match alike(&path, name, folds)? {
                Some(found) => path.join(found),
                None => {
                    is_there = false;
                    exact
                }
            },
            false => exact,
        };
    }
    Ok(path)
}

/// The only name in a folder that is the same to a client.
fn alike(folder: &Path, name: &str, folds: bool) -> Result<Option<String>, Denied> {
    // What is no folder, or may not be listed, has no such name.
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(None) };
    let (as_composed, as_folded) = (composed(name), folded(name));
    let (mut same, mut similar) = (Vec::new(), Vec::new());
    for (at, entry) in entries.enumerate() {
        if at >= NAMES {
            return Err(Denied::Crowded);
        }
        let Some(found) = entry.ok().and_then(|entry| entry.file_name().into_string().ok()) else { continue };
        // Most names differ in more than that.
        if found.len().abs_diff(name.len()) > 2 * name.len() + 8 {
            continue;
        }
        if composed(&found) == as_composed {
            same.push(found);
        } else if folds && folded(&found) == as_folded {
            similar.push(found);
        }
    }
    let mut found = if same.is_empty() { similar } else { same };
    match found.len() {
        0 | 1 => Ok(found.pop()),
        _ => Err(Denied::Ambiguous),
    }
}
