//! Finds files: hears the kernel, reads folders, looks for those that are missing.
//!
//! Promises: a folder is watched before it is read, so nothing falls between; reading is done in slices, and the kernel is
//! heard between them; what is missed (the kernel's queue or ours was full) is found by a scan at once, and whatever else
//! by the scan every so often. One turn does a bounded piece of work, so that a test can drive it. Driven by the
//! scanner's thread.

pub(crate) mod filter;
mod folders;
mod kernel;
mod notices;
mod passed;
mod reading;
mod roots;
mod walk;
mod walks;

use crate::counts::Tallies;
use crate::due_queue::{Candidate, DueQueue, How};
use crate::seen::SeenIndex;
use crate::stamp::{self, Thing};
use crate::{Method, WatchPlan};
use filter::{Rule, Times};
use folders::Folders;
use kernel::Kernel;
use passed::Passed;
use roots::{Change, Root};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tieline_model::Safe;
use tieline_telemetry::events::{FolderGone, FolderWatched, WatchLimit};
use walk::{Ahead, Walk};
use walks::{Lane, Walks};

/// The watched folders themselves are looked at so often: a stat each.
const LOOK: Duration = Duration::from_secs(1);
/// Times that the kernel is heard before something else has its turn.
const HEARD: usize = 16;
/// Room for a few thousand pieces of news.
const BUFFER: usize = 256 * 1024;

/// The waker's token; the kernel's is the next.
pub(crate) const WAKE: mio::Token = mio::Token(0);
const NEWS: mio::Token = mio::Token(1);

/// Finds files.
pub(crate) struct Scanner {
    pub(super) plan: WatchPlan,
    pub(super) kernel: Option<Kernel>,
    pub(super) folders: Folders,
    pub(super) roots: Vec<Root>,
    pub(super) walks: Walks,
    pub(super) seen: Arc<Mutex<SeenIndex>>,
    pub(super) due_queue: Arc<DueQueue>,
    pub(super) tallies: Arc<Tallies>,
    pub(super) passed: Passed,
    pub(super) times: Times,
    /// Something was missed: everything is to be read as soon as there is room.
    pub(super) rescan: bool,
    pub(super) due: Due,
    buffer: Vec<u8>,
    /// How many folders the metrics know of.
    counted: usize,
}

/// When something is to be done next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Due {
    pub(super) roots: Instant,
    pub(super) scan: Instant,
    pub(super) poll: Instant,
}

impl Scanner {
    /// A scanner for this plan, which began at `start` (nanoseconds since 1970); the kernel's news wakes `poll`.
    pub(crate) fn new(
        plan: WatchPlan,
        start: i64,
        poll: &mio::Poll,
        (seen, due_queue, tallies): (Arc<Mutex<SeenIndex>>, Arc<DueQueue>, Arc<Tallies>),
    ) -> Scanner {
        let kernel = match plan.method {
            Method::Notify => Kernel::listen(poll, NEWS).map_err(|_| unheard(0)).ok(),
            Method::Poll => None,
        };
        let (now, floor) = (Instant::now(), plan.floor);
        let due = Due { roots: now, scan: now + if kernel.is_some() { plan.scan } else { plan.poll }, poll: now };
        Scanner {
            roots: plan.folders.iter().cloned().map(Root::new).collect(),
            plan,
            kernel,
            folders: Folders::default(),
            walks: Walks::default(),
            seen,
            due_queue,
            tallies,
            passed: Passed::default(),
            times: Times { start: floor.unwrap_or(start), scan: start },
            rescan: false,
            due,
            buffer: vec![0; BUFFER],
            counted: 0,
        }
    }

    /// Does a piece of work. Gives how long there will be nothing to do, unless there is news or room.
    pub(crate) fn turn(&mut self, now: Instant) -> Duration {
        let heard_all = self.hear();
        if now >= self.due.roots {
            self.due.roots = now + LOOK;
            self.look_at_roots();
        }
        let waits_for_calm = !self.begin_walks(now);
        let walking = self.walk_on(now);
        self.tallies.folders.moved(self.counted, self.folders.len());
        self.counted = self.folders.len();
        if walking || !heard_all {
            return Duration::ZERO;
        }
        // What was there at the start is found, or there is no room for more of it.
        self.due_queue.gathered();
        let mut next = self.due.roots;
        if !self.walks.has(Lane::Scan) && !waits_for_calm {
            next = next.min(self.due.scan);
        }
        if self.is_polling_some() && !self.walks.has(Lane::Polled) {
            next = next.min(self.due.poll);
        }
        next.saturating_duration_since(now)
    }

    /// Hears the kernel. `false`: there is more.
    fn hear(&mut self) -> bool {
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut heard_all = false;
        for _ in 0..HEARD {
            let Some(kernel) = &mut self.kernel else {
                heard_all = true;
                break;
            };
            match kernel.read(&mut buffer) {
                Ok(Some(news)) => news.for_each(|notice| self.notice(notice)),
                Ok(None) => {
                    heard_all = true;
                    break;
                }
                Err(_) => {
                    // It never comes to this; if it does, looking again and again still finds everything.
                    unheard(0);
                    self.kernel = None;
                    self.rescan = true;
                }
            }
        }
        self.buffer = buffer;
        heard_all
    }

    /// Looks whether the watched folders are (still, again) there.
    fn look_at_roots(&mut self) {
        for number in 0..self.roots.len() {
            let root = &mut self.roots[number];
            let thing = Thing::at(&root.path);
            let change = root.look(thing, self.plan.existing);
            let path = root.path.clone();
            let watch = number as u64 + 1;
            if matches!(change, Change::Gone | Change::Come(_, true)) {
                FolderGone { watch }.emit();
                self.forget(&path);
            }
            let Change::Come(rule, _) = change else { continue };
            if self.is_twice(number) {
                continue;
            }
            // Watched at once, read when its turn comes.
            if self.watch(&path, number, false).is_err() {
                if self.roots[number].refused() {
                    FolderGone { watch }.emit();
                }
                continue;
            }
            self.roots[number].accepted();
            FolderWatched { method: if self.kernel.is_some() { "notify" } else { "poll" }, watch }.emit();
            let ahead = Ahead { path, root: number, depth: 0, linked: false, rule };
            self.rescan |= !self.walks.add(Lane::Root, Walk::through([ahead], stamp::now()));
        }
    }

    /// Whether this is the same folder as one that stands before it in the list, by another path.
    fn is_twice(&self, number: usize) -> bool {
        let place = self.roots[number].place();
        place.is_some() && self.roots[..number].iter().any(|root| root.place() == place)
    }

    /// Begins the walks that are due. `false`: a scan is due, but first what is in line has to become less.
    fn begin_walks(&mut self, now: Instant) -> bool {
        if self.is_polling_some() && now >= self.due.poll && !self.walks.has(Lane::Polled) {
            let ahead = self.folders.unwatched().into_iter().map(|(path, root)| {
                let depth = self.depth(&path, root);
                Ahead { path: path.to_path_buf(), root, depth, linked: false, rule: Rule::Scan }
            });
            let walk = Walk::shallow(ahead, stamp::now());
            self.walks.add(Lane::Polled, walk);
        }
        let due = self.rescan || now >= self.due.scan;
        if !due || [Lane::Root, Lane::Polled, Lane::Scan].into_iter().any(|lane| self.walks.has(lane)) {
            return true;
        }
        if !self.due_queue.is_calm() {
            return false;
        }
        self.rescan = false;
        self.seen().scan_begins();
        self.folders.scan_begins();
        let there = self.roots.iter().enumerate().filter(|(_, root)| root.is_there());
        let ahead = there.map(|(number, root)| Ahead {
            path: root.path.clone(),
            root: number,
            depth: 0,
            linked: false,
            rule: Rule::Scan,
        });
        self.walks.add(Lane::Scan, Walk::through(ahead, stamp::now()));
        true
    }

    /// Hands on news of a file.
    pub(super) fn news(&mut self, path: PathBuf, how: How) {
        self.tallies.waiting.up(1);
        if !self.due_queue.news(Candidate { path, how }) {
            self.tallies.waiting.down(1);
            self.tallies.dropped.add(1);
            self.rescan = true;
        }
    }

    /// A folder is not at this path any more.
    pub(super) fn forget(&mut self, path: &Path) {
        let ended = self.folders.gone(path);
        if let Some(kernel) = &mut self.kernel {
            ended.into_iter().for_each(|id| kernel.remove(id));
        }
    }

    /// How deep a folder is below its root.
    pub(super) fn depth(&self, path: &Path, root: usize) -> usize {
        let top = self.roots.get(root).map_or(0, |root| root.path.components().count());
        path.components().count().saturating_sub(top)
    }

    pub(super) fn seen(&self) -> MutexGuard<'_, SeenIndex> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Some folders are polled although the kernel tells of the others.
    fn is_polling_some(&self) -> bool {
        self.kernel.is_some() && self.folders.has_unwatched()
    }
}

/// The kernel cannot be heard at all, so everything is polled.
fn unheard(root: usize) {
    let detail =
        Safe::from("all folders are polled: raise the kernel's fs.inotify.max_user_instances, or open fewer files");
    WatchLimit { watch: root as u64 + 1, detail }.emit();
}
