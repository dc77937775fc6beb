//! Decides for each file that comes along whether it is judged, and when: once per version, and not before it is complete.
//!
//! Promises: a version of a file (its size and time of writing) is judged once as long as the ledger remembers it;
//! what was seen ends as judged or vanished; a panic while judging ends that judgement only. It knows no thread and no
//! clock but its [`World`], so that tests run it through any order of events. Driven by the examiner's thread.

use super::backlog::{Candidate, How};
use super::counts::Tallies;
use super::examine::{Examine, Examined};
use super::ledger::{Known, Ledger};
use super::settling::{Settling, Why};
use super::stamp::{Thing, Version};
use super::{Method, WatchPlan};
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

/// What a desk sees: the files and the time.
pub(crate) trait World {
    /// What stands at a path, links followed.
    fn at(&self, path: &Path) -> Thing;
    /// Time that only goes forward.
    fn now(&self) -> Instant;
    /// Time as files have it.
    fn wall(&self) -> i64;
}

/// Decides what is judged, and when.
pub(crate) struct Desk<W> {
    examine: Box<dyn Examine>,
    world: W,
    ledger: Arc<Mutex<Ledger>>,
    settling: Settling,
    tallies: Arc<Tallies>,
    /// A file last written so long ago (nanoseconds) does not grow any more.
    old: i64,
}

impl<W: World> Desk<W> {
    pub(crate) fn new(
        plan: &WatchPlan,
        examine: Box<dyn Examine>,
        world: W,
        ledger: Arc<Mutex<Ledger>>,
        tallies: Arc<Tallies>,
    ) -> Desk<W> {
        let old = match plan.method {
            Method::Notify => plan.settle,
            Method::Poll => plan.settle + OTHER_CLOCK,
        };
        let old = i64::try_from(old.as_nanos()).unwrap_or(i64::MAX);
        let settling = Settling::new(plan.settle, plan.queue);
        Desk { examine, world, ledger, settling, tallies, old }
    }

    /// Looks at a file that was found or told of.
    pub(crate) fn take(&mut self, candidate: Candidate) {
        let before = self.settling.len();
        self.consider(&candidate.path, candidate.how);
        self.tallies.waiting.moved(before, self.settling.len());
    }

    /// Looks again at files whose time has come, some at a time so that news need not wait for all of them. Gives the
    /// time of the next.
    pub(crate) fn look_again(&mut self) -> Option<Instant> {
        let before = self.settling.len();
        for _ in 0..AT_A_TIME {
            let Some((path, version, why)) = self.settling.due(self.world.now()) else { break };
            self.reconsider(&path, version, why);
        }
        self.tallies.waiting.moved(before, self.settling.len());
        self.settling.next()
    }

    fn consider(&mut self, path: &Path, how: How) {
        if let How::Appeared(version) = how {
            // When too many wait already, the file's closing or the next scan tells of it.
            self.settling.wait(path, version, Why::Appeared, self.world.now());
            return;
        }
        let thing = self.world.at(path);
        let Some(version) = thing.version() else { return self.vanished(path, thing) };
        let known = self.ledger().knows(path, version);
        match known {
            Known::Judged => {
                // Its former content is back: the version that was waited for is gone.
                if self.settling.forget(path) == Some(Why::Growing) {
                    self.tallies.vanished.add(1);
                }
                return;
            }
            Known::Before if how == How::Found => return,
            Known::Before | Known::No => {}
        }
        let settled = how == How::Complete || self.is_old(thing);
        let waited = self.settling.why(path) == Some(Why::Growing);
        if waited && !settled {
            return;
        }
        let too_early = !settled && (version.is_empty() || self.examine(path, false) == Examined::Unfinished);
        if too_early {
            match self.settling.wait(path, version, Why::Growing, self.world.now()) {
                true => self.tallies.seen.add(1),
                // It is not judged too early for that: its closing or the next scan tells of it.
                false => self.tallies.dropped.add(1),
            }
            return;
        }
        if settled {
            self.examine(path, true);
        }
        if !waited {
            self.tallies.seen.add(1);
        }
        self.close(path, version);
    }

    fn reconsider(&mut self, path: &Path, version: Version, why: Why) {
        let thing = self.world.at(path);
        let now = thing.version();
        if why == Why::Appeared {
            // Somebody writes: the closing will tell. Otherwise it was linked into place; if it cannot be judged as it is, it
            // is left to its closing or the next scan.
            let unknown = now == Some(version) && self.ledger().knows(path, version) != Known::Judged;
            if unknown && self.examine(path, false) == Examined::Judged {
                self.tallies.seen.add(1);
                self.close(path, version);
            }
            return;
        }
        match now {
            Some(now) if self.ledger().knows(path, now) == Known::Judged => self.tallies.vanished.add(1),
            // It has just left its place, so there is one.
            Some(now)
                if (now != version || (now.is_empty() && !self.is_old(thing)))
                    && self.settling.wait(path, now, Why::Growing, self.world.now()) => {}
            Some(now) => {
                self.examine(path, true);
                self.close(path, now);
            }
            None => self.tallies.vanished.add(1),
        }
    }

    /// Notes that a version was judged, and that it has changed meanwhile, if it has.
    fn close(&mut self, path: &Path, version: Version) {
        self.settling.forget(path);
        self.ledger().judged(path, version);
        self.tallies.judged.add(1);
        if let Some(now) = self.world.at(path).version()
            && now != version
            && self.ledger().knows(path, now) != Known::Judged
        {
            // If too many wait, it is no loss: whoever changed the file will close it, or the next scan finds it.
            if self.settling.wait(path, now, Why::Growing, self.world.now()) {
                self.tallies.seen.add(1);
            } else {
                self.tallies.dropped.add(1);
            }
        }
    }

    fn examine(&mut self, path: &Path, settled: bool) -> Examined {
        let examine = &mut self.examine;
        catch_unwind(AssertUnwindSafe(|| examine.examine(path, settled))).unwrap_or_else(|_| {
            ExamineFailed {}.emit();
            Examined::Judged
        })
    }

    /// Nothing to judge is there. A folder, a device or the like was never a file; a file that is gone was seen by name.
    fn vanished(&mut self, path: &Path, thing: Thing) {
        let waited = self.settling.forget(path) == Some(Why::Growing);
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

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
