//! The watcher: two threads, one that finds files and one that has them judged.
//!
//! Promises: what is made in the watched folders after `start` has returned is judged; stopping takes a bounded time, even
//! if a network share does not answer. Made by whoever runs the backend.

use super::counts::{Counts, Tallies};
use super::due_queue::{DueQueue, Next};
use super::scanner::{Scanner, WAKE};
use super::scheduler::{Scheduler, World};
use super::seen::SeenIndex;
use super::stamp::{self, Thing};
use super::{Examine, Existing, Recall, WatchError, WatchPlan};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tieline_telemetry::events::WatcherStuck;

/// The clock of file systems goes in steps, up to so long.
const TICK: Duration = Duration::from_millis(12);
/// How long a watcher's threads may take to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Watches folders and has new files judged, until it is stopped or dropped.
pub struct Watcher {
    stopping: Arc<AtomicBool>,
    due_queue: Arc<DueQueue>,
    waker: Arc<mio::Waker>,
    tallies: Arc<Tallies>,
    threads: Vec<Thread>,
    /// How long the threads may take to end.
    pub(super) patience: Duration,
}

struct Thread {
    part: &'static str,
    handle: JoinHandle<()>,
    /// Nothing is ever sent: it is cut when the thread ends.
    ended: Receiver<()>,
}

impl Watcher {
    /// Watches as the plan says. Fails if there is nothing to watch, or the system gives no threads; folders that are not
    /// there are waited for.
    pub fn start(plan: WatchPlan, examine: Box<dyn Examine>) -> Result<Watcher, WatchError> {
        Watcher::start_again(plan, examine, None)
    }

    /// The same after earlier lives: what `recall` knows is not judged again.
    pub fn start_again(
        plan: WatchPlan,
        examine: Box<dyn Examine>,
        recall: Option<Box<dyn Recall>>,
    ) -> Result<Watcher, WatchError> {
        let plan = plan.checked()?;
        let (begun, start) = (Instant::now(), stamp::now());
        let waits = plan.existing == Existing::Ignore;
        let poll = mio::Poll::new()?;
        let waker = Arc::new(mio::Waker::new(poll.registry(), WAKE)?);
        let wake = waker.clone();
        // It fails only if the poll is gone; then nobody waits.
        let room = Box::new(move || drop(wake.wake()));
        let due_queue = Arc::new(DueQueue::new(plan.queue, room, plan.in_order));
        let tallies = Arc::new(Tallies::new());
        let seen = Arc::new(Mutex::new(SeenIndex::new(plan.files).with(recall)));
        let stopping = Arc::new(AtomicBool::new(false));
        let mut watcher = Watcher {
            stopping: stopping.clone(),
            due_queue: due_queue.clone(),
            waker,
            tallies: tallies.clone(),
            threads: Vec::new(),
            patience: PATIENCE,
        };
        let scheduler = Scheduler::new(&plan, examine, Disk, seen.clone(), tallies.clone());
        watcher.spawn("examiner", {
            let (due_queue, tallies) = (due_queue.clone(), tallies.clone());
            move || judge(scheduler, &due_queue, &tallies)
        })?;
        watcher.spawn("scanner", move || {
            let scanner = Scanner::new(plan, start, &poll, (seen, due_queue, tallies));
            look_out(scanner, poll, &stopping);
        })?;
        // What was there before the start is told from what came after it by its time, so that time has to move on.
        while waits && begun.elapsed() < TICK {
            std::thread::park_timeout(TICK.saturating_sub(begun.elapsed()));
        }
        Ok(watcher)
    }

    /// What it has done so far.
    pub fn counts(&self) -> Counts {
        self.tallies.counts()
    }

    /// Ends it. Files that are in line are not judged any more. A thread that does not end within five seconds is left
    /// behind, and told of.
    pub fn stop(mut self) {
        self.tell();
        let deadline = Instant::now() + self.patience;
        for Thread { part, handle, ended } in self.threads.drain(..) {
            let rest = deadline.saturating_duration_since(Instant::now());
            match ended.recv_timeout(rest) {
                // A panic in it was told of when it happened.
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) | Ok(()) => drop(handle.join()),
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => WatcherStuck { part }.emit(),
            }
        }
    }

    fn spawn(&mut self, part: &'static str, run: impl FnOnce() + Send + 'static) -> Result<(), WatchError> {
        let (end, ended): (SyncSender<()>, Receiver<()>) = sync_channel(1);
        let run = move || {
            let _end = end;
            run();
        };
        let handle = std::thread::Builder::new().name(format!("dicom {part}")).spawn(run)?;
        self.threads.push(Thread { part, handle, ended });
        Ok(())
    }

    fn tell(&self) {
        self.stopping.store(true, Ordering::Release);
        self.due_queue.close();
        drop(self.waker.wake());
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.tell();
    }
}

fn look_out(mut scanner: Scanner, mut poll: mio::Poll, stopping: &AtomicBool) {
    let mut events = mio::Events::with_capacity(4);
    while !stopping.load(Ordering::Acquire) {
        let wait = scanner.turn(Instant::now());
        // Interrupted or not, the next turn looks at everything.
        drop(poll.poll(&mut events, Some(wait)));
    }
}

fn judge(mut scheduler: Scheduler<Disk>, due_queue: &DueQueue, tallies: &Tallies) {
    loop {
        let next = scheduler.look_again();
        scheduler.pause(due_queue.is_empty());
        match due_queue.next(next) {
            Next::Candidate(candidate) => {
                scheduler.take(candidate);
                tallies.waiting.down(1);
            }
            Next::Gathered(mut found) => {
                scheduler.sort(&mut found);
                for candidate in found {
                    scheduler.take(candidate);
                    tallies.waiting.down(1);
                    scheduler.pause(false);
                    if due_queue.is_closed() {
                        break;
                    }
                }
            }
            Next::Late => {}
            Next::Closed => return scheduler.pause(true),
        }
    }
}

/// The real world.
pub(crate) struct Disk;

impl World for Disk {
    fn at(&self, path: &Path) -> Thing {
        Thing::at(path)
    }
    fn now(&self) -> Instant {
        Instant::now()
    }
    fn wall(&self) -> i64 {
        stamp::now()
    }
}
