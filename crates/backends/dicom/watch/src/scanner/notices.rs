//! The scanner's answer to what the kernel tells.
//!
//! Promises: what the kernel tells is past, what is read is present; so each notice only makes sure that what it speaks of
//! is looked at, and the seen index sees to it that nothing is judged twice. A folder is watched at once, and read afterwards.

use super::Scanner;
use super::filter::Rule;
use super::kernel::{Notice, WatchId};
use super::walk::{Ahead, DEEPEST, Walk};
use super::walks::Lane;
use crate::due_queue::How;
use crate::stamp::{self, Thing};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Instant;
use tieline_telemetry::events::FolderSkipped;

impl Scanner {
    /// Does what the notice asks for.
    pub(super) fn notice(&mut self, notice: Notice<'_>) {
        match notice {
            Notice::Closed(id, name) => {
                let Some((path, root)) = self.within(id, name) else { return };
                match self.plan.names.matches(name) {
                    true => self.news(path, How::Complete),
                    false => self.pass_over(root, name),
                }
            }
            Notice::Created(id, name) => self.appeared(id, name, false),
            Notice::MovedIn(id, name) => self.appeared(id, name, true),
            Notice::FolderIn(id, name) => {
                if let Some((path, root)) = self.within(id, name) {
                    self.arrived(path, root, false);
                }
            }
            Notice::FolderOut(id, name) => {
                if let Some((path, _)) = self.within(id, name) {
                    self.forget(&path);
                }
            }
            // When the folder above it is watched, that one has told of it first, and the number is forgotten.
            Notice::Moved(id) => {
                if let Some((path, _)) = self.folders.of(id) {
                    self.forget(&path);
                    self.lose_root(&path);
                }
            }
            Notice::Ended(id) => {
                if let Some(kernel) = &mut self.kernel {
                    kernel.remove(id);
                }
                if let Some((path, _)) = self.folders.end(id) {
                    self.lose_root(&path);
                }
            }
            Notice::Overflow => {
                self.tallies.overflows.add(1);
                self.rescan = true;
            }
        }
    }

    /// Something that is no folder has appeared: a link to a folder, a file that was moved or linked into place, or one
    /// that somebody has just begun to write.
    fn appeared(&mut self, id: WatchId, name: &OsStr, moved: bool) {
        let Some((path, root)) = self.within(id, name) else { return };
        let named = self.plan.names.matches(name);
        match Thing::itself_at(&path) {
            Thing::Link(_) => match Thing::at(&path) {
                Thing::Folder(..) => self.arrived(path, root, true),
                Thing::File(..) | Thing::Unknown if named => self.news(path, How::Complete),
                _ => {}
            },
            Thing::File(_, names) if named && (moved || names > 1) => self.news(path, How::Complete),
            // Whoever writes it will close it. But it may have been linked here and have lost its other name already.
            Thing::File(stamp, _) if named && stamp.size > 0 => self.news(path, How::Appeared(stamp.version())),
            Thing::File(..) if !named && moved => self.pass_over(root, name),
            Thing::Gone | Thing::Unknown if named && moved => self.news(path, How::Complete),
            _ => {}
        }
    }

    /// A folder has come to this path, with all that is in it.
    fn arrived(&mut self, path: PathBuf, root: usize, linked: bool) {
        let depth = self.depth(&path, root);
        if depth > DEEPEST {
            FolderSkipped { reason: "deep", watch: root as u64 + 1 }.emit();
            return;
        }
        if self.watch(&path, root, linked).is_ok() {
            let ahead = Ahead { path, root, depth, linked, rule: Rule::Arrived };
            self.rescan |= !self.walks.add(Lane::Arrival, Walk::through([ahead], stamp::now()));
        }
    }

    /// If this is a folder of the plan, it is looked for again at once.
    fn lose_root(&mut self, path: &std::path::Path) {
        let lost = self.roots.iter_mut().enumerate().filter(|(_, root)| *root.path == *path);
        for (number, root) in lost {
            if root.lost() {
                tieline_telemetry::events::FolderGone { watch: number as u64 + 1 }.emit();
                self.due.roots = Instant::now();
            }
        }
    }

    /// The path of what a watched folder tells of.
    fn within(&self, id: WatchId, name: &OsStr) -> Option<(PathBuf, usize)> {
        let (folder, root) = self.folders.of(id)?;
        Some((folder.join(name), root))
    }
}
