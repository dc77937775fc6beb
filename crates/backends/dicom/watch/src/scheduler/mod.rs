//! Decides for each file that comes along whether it is judged, and when: once per version, and not before it is complete.
//!
//! Promises: a version of a file (its size and time of writing) is judged once as long as the seen index remembers it;
//! what was seen ends as judged or vanished; a panic while judging ends that judgement only. It knows no thread and no
//! clock but its [`World`], so that tests run it through any order of events. Driven by the examiner's thread.

mod again;
mod debounce;
mod held;

use crate::counts::Tallies;
use crate::due_queue::{Candidate, How};
use crate::examine::{Examine, Examined};
use crate::seen::{Known, SeenIndex};
use crate::stamp::{Thing, Version};
use crate::{Method, WatchPlan};
use again::{Again, Then};
use debounce::{Debounce, Why};
use held::Held;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tieline_telemetry::events::ExamineFailed;

/// With polling, the files' clock may be another machine's: how far it may be off.
const OTHER_CLOCK: Duration = Duration::from_secs(60);

/// An empty file has only just been created: whoever did that may take his time (nanoseconds) before he writes.
const EMPTY: i64 = 2_000_000_000;

/// Files looked at again before news has its turn.
const AT_A_TIME: usize = 64;

/// What a scheduler sees: the files and the time.
pub(crate) trait World {
    /// What stands at a path, links followed.
    fn at(&self, path: &Path) -> Thing;
    /// Time that only goes forward.
    fn now(&self) -> Instant;
    /// Time as files have it.
    fn wall(&self) -> i64;
}

/// Decides what is judged, and when.
pub(crate) struct Scheduler<W> {
    examine: Box<dyn Examine>,
    world: W,
    seen: Arc<Mutex<SeenIndex>>,
    debounce: Debounce,
    again: Again,
    tallies: Arc<Tallies>,
    /// A file last written so long ago (nanoseconds) does not grow any more.
    old: i64,
    /// The same of one that is spoilt: it is not written any more.
    spoilt: i64,
    held: Held,
}

impl<W: World> Scheduler<W> {
    pub(crate) fn new(
        plan: &WatchPlan,
        examine: Box<dyn Examine>,
        world: W,
        seen: Arc<Mutex<SeenIndex>>,
        tallies: Arc<Tallies>,
    ) -> Scheduler<W> {
        let old = match plan.method {
            Method::Notify => plan.settle,
            Method::Poll => plan.settle + OTHER_CLOCK,
        };
        let nanoseconds = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
        let spoilt = nanoseconds(old + plan.spoilt);
        let debounce = Debounce::new(plan.settle, plan.queue);
        let again = Again::new(plan.spoilt, plan.patience, plan.queue);
        Scheduler {
            examine,
            world,
            seen,
            debounce,
            again,
            tallies,
            old: nanoseconds(old),
            spoilt,
            held: Held::default(),
        }
    }

    /// Looks at a file that was found or told of.
    pub(crate) fn take(&mut self, candidate: Candidate) {
        let before = self.waiting();
        self.consider(&candidate.path, candidate.how);
        self.tallies.waiting.moved(before, self.waiting());
    }

    /// Looks again at files whose time has come, some at a time so that news need not wait for all of them. Gives the
    /// time of the next.
    pub(crate) fn look_again(&mut self) -> Option<Instant> {
        let before = self.waiting();
        for _ in 0..AT_A_TIME {
            let Some((path, version, why)) = self.debounce.due(self.world.now()) else { break };
            self.reconsider(&path, version, why);
        }
        for _ in 0..AT_A_TIME {
            let Some((path, version, spoilt)) = self.again.due(self.world.now()) else { break };
            self.try_again(&path, version, spoilt);
        }
        self.tallies.waiting.moved(before, self.waiting());
        self.debounce.next().into_iter().chain(self.again.next()).min()
    }

    /// Has told what is held back, when nothing waits in line or it has been enough.
    pub(crate) fn pause(&mut self, is_idle: bool) {
        if self.held.is_due(is_idle, self.world.now()) {
            let examine = &mut self.examine;
            if catch_unwind(AssertUnwindSafe(|| examine.pause())).is_err() {
                ExamineFailed {}.emit();
            }
        }
    }

    /// Puts files that were found in their order; those that were before each other and have the same stay so.
    pub(crate) fn sort(&mut self, found: &mut [Candidate]) {
        let examine = &mut self.examine;
        let mut order = |path: &Path| catch_unwind(AssertUnwindSafe(|| examine.order(path))).unwrap_or_default();
        found.sort_by_cached_key(|candidate| order(&candidate.path));
    }

    fn waiting(&self) -> usize {
        self.debounce.len() + self.again.len()
    }

    fn consider(&mut self, path: &Path, how: How) {
        if let How::Appeared(version) = how {
            // When too many wait already, the file's closing or the next scan tells of it.
            self.debounce.wait(path, version, Why::Appeared, self.world.now());
            return;
        }
        let thing = self.world.at(path);
        let Some(version) = thing.version() else { return self.vanished(path, thing) };
        let known = self.seen().knows(path, version);
        match known {
            Known::Judged => {
                // Its former content is back: the version that was waited for is gone.
                if self.debounce.forget(path) == Some(Why::Growing) || self.again.forget(path) {
                    self.tallies.vanished.add(1);
                }
                return;
            }
            // It is looked at when its time comes.
            _ if self.again.has(path) && how != How::Complete => return,
            Known::Before if how == How::Found => return,
            Known::Before | Known::No => {}
        }
        let settled = how == How::Complete || self.is_old(thing);
        let waited = self.debounce.why(path) == Some(Why::Growing) || self.again.has(path);
        if waited && !settled {
            return;
        }
        let examined = match settled {
            false if version.is_empty() => Examined::Unfinished,
            settled => self.examine(path, settled),
        };
        if !settled && examined == Examined::Unfinished {
            match self.debounce.wait(path, version, Why::Growing, self.world.now()) {
                true => self.tallies.seen.add(1),
                // It is not judged too early for that: its closing or the next scan tells of it.
                false => self.tallies.dropped.add(1),
            }
            return;
        }
        if !waited {
            self.tallies.seen.add(1);
        }
        self.examined(path, thing, version, examined);
    }

    /// What becomes of a file that was seen and has been examined.
    fn examined(&mut self, path: &Path, thing: Thing, version: Version, examined: Examined) {
        let now = self.world.now();
        let then = match examined {
            Examined::Judged | Examined::Unfinished => {
                self.again.judged(path);
                return self.close(path, version);
            }
            Examined::Spoilt => {
                let changed = if let Thing::File(stamp, _) = thing { stamp.changed() } else { i64::MIN };
                let is_old = self.world.wall().saturating_sub(changed) >= self.spoilt;
                self.again.spoilt(path, version, is_old, now)
            }
            Examined::Failing => self.again.failing(path, version, now),
        };
        self.debounce.forget(path);
        if then != Then::Wait && self.again.tell(path) {
            let examine = &mut self.examine;
            if catch_unwind(AssertUnwindSafe(|| examine.give_up(path))).is_err() {
                ExamineFailed {}.emit();
            }
        }
        if then == Then::End {
            self.close(path, version);
        }
    }

    /// Looks again at a file that was spoilt or failed.
    fn try_again(&mut self, path: &Path, version: Version, spoilt: bool) {
        let thing = self.world.at(path);
        let Some(now) = thing.version() else {
            self.again.forget(path);
            self.again.judged(path);
            return self.tallies.vanished.add(1);
        };
        if self.seen().knows(path, now) == Known::Judged {
            self.again.forget(path);
            return self.tallies.vanished.add(1);
        }
        if spoilt && now != version {
            return self.again.changed(path, now, self.world.now());
        }
        let examined = self.examine(path, true);
        self.examined(path, thing, now, examined);
    }

    fn reconsider(&mut self, path: &Path, version: Version, why: Why) {
        let thing = self.world.at(path);
        let now = thing.version();
        if why == Why::Appeared {
            // Somebody writes: the closing will tell. Otherwise it was linked into place; if it cannot be judged as it is, it
            // is left to its closing or the next scan.
            let unknown = now == Some(version) && self.seen().knows(path, version) != Known::Judged;
            if unknown && !self.again.has(path) && self.examine(path, false) == Examined::Judged {
                self.tallies.seen.add(1);
                self.close(path, version);
            }
            return;
        }
        match now {
            Some(now) if self.seen().knows(path, now) == Known::Judged => self.tallies.vanished.add(1),
            // It has just left its place, so there is one.
            Some(now)
                if (now != version || (now.is_empty() && !self.is_old(thing)))
                    && self.debounce.wait(path, now, Why::Growing, self.world.now()) => {}
            Some(now) => {
                let examined = self.examine(path, true);
                self.examined(path, thing, now, examined);
            }
            None => self.tallies.vanished.add(1),
        }
    }

    /// Notes that a version was judged, and that it has changed meanwhile, if it has.
    fn close(&mut self, path: &Path, version: Version) {
        self.debounce.forget(path);
        self.again.forget(path);
        let examine = &mut self.examine;
        if catch_unwind(AssertUnwindSafe(|| examine.closed(path, version))).is_err() {
            ExamineFailed {}.emit();
        }
        self.seen().judged(path, version);
        self.tallies.judged.add(1);
        if let Some(now) = self.world.at(path).version()
            && now != version
            && self.seen().knows(path, now) != Known::Judged
        {
            // If too many wait, it is no loss: whoever changed the file will close it, or the next scan finds it.
            if self.debounce.wait(path, now, Why::Growing, self.world.now()) {
                self.tallies.seen.add(1);
            } else {
                self.tallies.dropped.add(1);
            }
        }
    }

    fn examine(&mut self, path: &Path, settled: bool) -> Examined {
        self.held.add(self.world.now());
        let examine = &mut self.examine;
        catch_unwind(AssertUnwindSafe(|| examine.examine(path, settled))).unwrap_or_else(|_| {
            ExamineFailed {}.emit();
            Examined::Judged
        })
    }

    /// Nothing to judge is there. A folder, a device or the like was never a file; a file that is gone was seen by name.
    fn vanished(&mut self, path: &Path, thing: Thing) {
        let waits_again = self.again.forget(path);
        let waited = self.debounce.forget(path) == Some(Why::Growing) || waits_again;
        if !waited && thing == Thing::Gone {
            self.tallies.seen.add(1);
        }
        if waited || thing == Thing::Gone {
            self.tallies.vanished.add(1);
        }
    }

    fn is_old(&self, thing: Thing) -> bool {
        match thing {
            Thing::File(stamp, _) => {
                let old = if stamp.size == 0 { self.old.max(EMPTY) } else { self.old };
                self.world.wall().saturating_sub(stamp.mtime) >= old
            }
            // Nothing can be learned by waiting.
            _ => true,
        }
    }

    fn seen(&self) -> MutexGuard<'_, SeenIndex> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
