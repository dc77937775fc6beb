//! The scanner's reading of folders: goes on with the walks, watches what they meet, hands on what is new.
//!
//! Promises: a slice at a time; it stops where the line to the examiner is full, and goes on when there is room.

use super::Scanner;
use super::filter::{Rule, filter};
use super::kernel::Refused;
use super::walk::{Ahead, Met, Walk};
use super::walks::Lane;
use crate::due_queue::Candidate;
use crate::stamp::Thing;
use std::ffi::OsStr;
use std::path::Path;
use std::time::Instant;
use tieline_telemetry::events::{FolderSkipped, WatchLimit};

/// Steps before the kernel is heard again: a millisecond or two.
const SLICE: usize = 512;

/// Why a folder is not entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    /// It is gone, or is watched under another path.
    Elsewhere,
    /// It may not be read.
    Unreadable,
}

impl Scanner {
    /// Goes on with the most urgent walk. `false`: there is none, or no room for what it finds.
    pub(super) fn walk_on(&mut self, now: Instant) -> bool {
        let Some((lane, mut walk)) = self.walks.take() else { return false };
        for _ in 0..SLICE {
            if !self.due_queue.has_room() {
                self.walks.put_back(lane, walk);
                return false;
            }
            match walk.step(&self.plan.names) {
                Met::File(path, thing, rule) => {
                    let how = filter(&mut self.seen(), &path, thing, rule, self.times);
                    if let Some(how) = how {
                        self.tallies.waiting.up(1);
                        self.due_queue.found(Candidate { path, how });
                    }
                }
                Met::Folder(ahead) => self.go_into(&mut walk, ahead),
                Met::Skipped(root, reason) => skipped(root, reason),
                Met::Passed(root, path, rule) => self.passed_over(root, &path, rule),
                Met::Nothing => {}
                Met::End => {
                    self.walked(lane, &walk, now);
                    return true;
                }
            }
        }
        self.walks.put_back(lane, walk);
        true
    }

    /// A file whose name is none to judge. A scan meets those again that were counted when they came.
    fn passed_over(&mut self, root: usize, path: &Path, rule: Rule) {
        let is_new = match (rule, &self.kernel) {
            (Rule::Scan, Some(_)) => false,
            (Rule::Scan, None) => {
                matches!(Thing::at(path), Thing::File(stamp, _) if stamp.changed() >= self.times.scan)
            }
            _ => true,
        };
        if let (true, Some(name)) = (is_new, path.file_name()) {
            self.pass_over(root, name);
        }
    }

    /// A file has come that is not judged, because of its name.
    pub(super) fn pass_over(&mut self, root: usize, name: &OsStr) {
        self.tallies.passed_over.add(1);
        self.passed.over(root, name);
    }

    fn go_into(&mut self, walk: &mut Walk, mut ahead: Ahead) {
        if walk.shallow && walk.is_inside() && self.folders.contains(&ahead.path) {
            return;
        }
        if !walk.admits(&mut ahead, self.times.start) {
            return;
        }
        let root = ahead.root;
        match self.watch(&ahead.path, root, ahead.linked) {
            Ok(()) => {
                if !walk.enter(ahead) {
                    skipped(root, "unreadable");
                }
            }
            Err(Leave::Elsewhere) => {}
            Err(Leave::Unreadable) => {
                walk.whole = false;
                skipped(root, "unreadable");
            }
        }
    }

    /// Has a folder watched by the kernel, if it will.
    pub(super) fn watch(&mut self, path: &Path, root: usize, linked: bool) -> Result<(), Leave> {
        let Some(kernel) = &mut self.kernel else {
            self.folders.put(path, None, root);
            return Ok(());
        };
        let id = match kernel.add(path) {
            Ok(id) => {
                // A folder's own path is better than a link to it, and the first link better than the second.
                let known = self.folders.of(id).filter(|(known, _)| linked && **known != *path);
                if known.is_some_and(|(known, _)| same(&known, path)) {
                    return Err(Leave::Elsewhere);
                }
                Some(id)
            }
            Err(Refused::Limit) => {
                if !self.folders.contains(path) {
                    let detail = "it is polled: raise the kernel's fs.inotify.max_user_watches";
                    WatchLimit { watch: root as u64 + 1, detail: detail.into() }.emit();
                }
                None
            }
            Err(Refused::Gone) => return Err(Leave::Elsewhere),
            Err(Refused::Unreadable) => return Err(Leave::Unreadable),
        };
        if let Some(before) = self.folders.put(path, id, root)
            && let Some(kernel) = &mut self.kernel
        {
            kernel.remove(before);
        }
        Ok(())
    }

    /// A walk is at its end.
    fn walked(&mut self, lane: Lane, walk: &Walk, now: Instant) {
        match lane {
            Lane::Arrival | Lane::Root => {}
            Lane::Polled => self.due.poll = now + self.plan.poll,
            Lane::Scan => {
                self.due.scan = now + if self.kernel.is_some() { self.plan.scan } else { self.plan.poll };
                self.tallies.scans.add(1);
                if walk.whole {
                    let ended = self.folders.scan_ends();
                    if let Some(kernel) = &mut self.kernel {
                        ended.into_iter().for_each(|id| kernel.remove(id));
                    }
                    self.times.scan = walk.begun;
                    // While a folder of the plan is away, its files are not gone for good.
                    if self.roots.iter().all(|root| root.is_there()) {
                        self.seen().scan_ends();
                    }
                }
            }
        }
    }
}

/// Whether both paths lead to the same folder.
fn same(one: &Path, other: &Path) -> bool {
    match (Thing::at(one), Thing::at(other)) {
        (Thing::Folder(one, _), Thing::Folder(other, _)) => one == other,
        _ => false,
    }
}

fn skipped(root: usize, reason: &'static str) {
    FolderSkipped { reason, watch: root as u64 + 1 }.emit();
}
