//! Threads for work too large for a shard's turn: a shard that did it would let all its other clients wait.
//!
//! Promises: networks take turns, so that one that brings much work waits for itself; as many jobs wait as sessions have
//! brought, one each at most; a job that panics ends as a job, not the thread. Workers are less urgent than shards. One set
//! for all shards; it ends with the last of them.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use tieline_budget::Network;

/// How much less urgent than a shard (`nice`): where cores are few, the system takes shards first.
const LESS_URGENT: i32 = 10;

/// Something to be done; it tells by itself that it is done.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// The line before the threads.
#[derive(Default)]
struct Line {
    jobs: HashMap<Network, VecDeque<Job>>,
    /// Networks that have jobs, in the order of their turns.
    turns: VecDeque<Network>,
    closed: bool,
}

/// A set of worker threads.
pub(crate) struct Workers(Arc<Queue>);

/// What they share.
#[derive(Default)]
struct Queue {
    line: Mutex<Line>,
    filled: Condvar,
}

impl Workers {
    /// Starts so many, one at least; they end when what is returned is dropped and nothing waits any more.
    pub(crate) fn start(threads: usize) -> std::io::Result<Workers> {
        let workers = Workers(Arc::default());
        for number in 0..threads.max(1) {
            let mine = workers.0.clone();
            let run = move || {
                // Where the system does not permit it, all are equally urgent.
                let _ = rustix::process::setpriority_process(None, LESS_URGENT);
                while let Some(job) = mine.next() {
                    // Whoever waits for it learns of the panic from the job itself.
                    let _ = catch_unwind(AssertUnwindSafe(job));
                }
            };
            std::thread::Builder::new().name(format!("worker-{number}")).spawn(run)?;
        }
        Ok(workers)
    }

    /// Puts a job in the line of the network that causes it.
    pub(crate) fn add(&self, network: Network, job: Job) {
        self.0.add(network, job);
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Queue {
    fn add(&self, network: Network, job: Job) {
        let mut line = self.lock();
        let jobs = line.jobs.entry(network).or_default();
        jobs.push_back(job);
        if jobs.len() == 1 {
            line.turns.push_back(network);
        }
        drop(line);
        self.filled.notify_one();
    }

    fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    fn next(&self) -> Option<Job> {
        let mut line = self.lock();
        loop {
            if let Some(job) = line.take() {
                return Some(job);
            }
            if line.closed {
                return None;
            }
            line = self.filled.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// The first job of the network whose turn it is, which goes to the end if it has more.
    fn take(&mut self) -> Option<Job> {
        let network = self.turns.pop_front()?;
        let jobs = self.jobs.get_mut(&network)?;
        let job = jobs.pop_front();
        if jobs.is_empty() {
            self.jobs.remove(&network);
        } else {
            self.turns.push_back(network);
        }
        job
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;
    use std::sync::mpsc::sync_channel;

    fn network(last: u8) -> Network {
        Network::of(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn networks_take_turns() {
        let workers = Queue::default();
        let (told, order) = sync_channel(10);
        for (from, name) in [(1, "a1"), (1, "a2"), (1, "a3"), (2, "b1"), (3, "c1"), (2, "b2")] {
            let told = told.clone();
            workers.add(network(from), Box::new(move || told.send(name).unwrap()));
        }
        workers.close();
        while let Some(job) = workers.next() {
            job();
        }
        let order: Vec<_> = order.try_iter().collect();
        assert_eq!(order, ["a1", "b1", "c1", "a2", "b2", "a3"]);
    }

    #[test]
    fn a_job_that_panics_is_the_only_one() {
        let workers = Workers::start(1).unwrap();
        let (told, done) = sync_channel(1);
        workers.add(network(1), Box::new(|| panic!("of the test")));
        workers.add(network(1), Box::new(move || told.send(()).unwrap()));
        done.recv().unwrap();
    }
}
