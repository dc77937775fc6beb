//! The processes of one job: the program, and all that it has started, found and ended.
//!
//! Promises: a process is one of the job's when it is in the program's process group, or descends from it, or has the
//! job's mark in its environment; so one that made a session of its own and lost its parent is found as well. Only one
//! that has left all three behind is not. No other process is ever signalled: signals go through a descriptor of the very
//! process that was looked at, so a number that is given anew meanwhile does no harm. Linux only.
//!
//! All are stopped before any is ended, again and again until nobody new is found: so none can start another unseen.
//! Called by [`super::run`] on a blocking thread.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// As many descriptors are held at once at most; the others have their turn when these have gone.
const MOST_HELD: usize = 256;
/// So many looks in a row must find nobody.
const QUIET: usize = 3;
/// More of an environment is not looked at; the kernel's own bound for one text is 128 KiB.
const MOST_ENVIRONMENT: u64 = 4 << 20;

/// A job's processes.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    leader: i32,
    /// When the program was started, in the kernel's ticks: nothing older is the job's.
    since: u64,
    /// As it stands in the environment, `NAME=value`.
    mark: Vec<u8>,
}

/// What ending a job's processes came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    /// How many had to be ended.
    pub(crate) ended: usize,
    /// Whether none is left.
    pub(crate) all: bool,
}

/// What the kernel says of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Process {
    pid: i32,
    is_over: bool,
    parent: i32,
    group: i32,
    started: u64,
}

impl Tree {
    /// The job of a program that has just been started as the leader of its own group and was not waited for yet.
    pub(crate) fn of(leader: Pid, mark: &str) -> Option<Tree> {
        let leader = leader.as_raw_nonzero().get();
        let since = process(leader)?.started;
        Some(Tree { leader, since, mark: mark.as_bytes().to_vec() })
    }

    /// Asks every process to end, gives them `grace`, then ends what is left; it takes no longer than `within` behind that.
    pub(crate) fn end(&self, grace: Duration, within: Duration) -> Ending {
        let mut seen = BTreeSet::new();
        if !grace.is_zero() {
            let asked = self.held(&BTreeSet::new());
            for ((pid, _), descriptor) in &asked {
                seen.insert(*pid);
                let _ = pidfd_send_signal(descriptor, Signal::TERM);
            }
            wait(asked.into_values().collect(), Instant::now() + grace);
        }
        let deadline = Instant::now() + within;
        let mut quiet = 0;
        loop {
            let stopped = self.stopped(deadline);
            // One that starts its successor and goes can be missed once, between the reading of two names.
            quiet = if stopped.is_empty() { quiet + 1 } else { 0 };
            if quiet >= QUIET || Instant::now() >= deadline {
                return Ending { ended: seen.len(), all: self.members().is_empty() };
            }
            for ((pid, _), descriptor) in &stopped {
                seen.insert(*pid);
                let _ = pidfd_send_signal(descriptor, Signal::KILL);
            }
            wait(stopped.into_values().collect(), deadline);
        }
    }

    /// All processes, stopped, so that they start no more.
    fn stopped(&self, deadline: Instant) -> BTreeMap<(i32, u64), OwnedFd> {
        let mut stopped = BTreeMap::new();
        let mut known = BTreeSet::new();
        loop {
            let found = self.held(&known);
            if found.is_empty() || Instant::now() >= deadline {
                return stopped;
            }
            for (key, descriptor) in found {
                let _ = pidfd_send_signal(&descriptor, Signal::STOP);
                known.insert(key);
                stopped.insert(key, descriptor);
            }
            if stopped.len() >= MOST_HELD {
                return stopped;
            }
        }
    }

    /// Descriptors of processes that are not known yet.
    fn held(&self, known: &BTreeSet<(i32, u64)>) -> BTreeMap<(i32, u64), OwnedFd> {
        let new = self.members().into_iter().filter(|one| !known.contains(&(one.pid, one.started)));
        let mut held = BTreeMap::new();
        for one in new.take(MOST_HELD) {
            let Some(descriptor) = Pid::from_raw(one.pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok())
            else {
                continue;
            };
            // The number may have become another process's before it was opened.
            if process(one.pid).is_some_and(|now| now.started == one.started) {
                held.insert((one.pid, one.started), descriptor);
            }
        }
        held
    }

    /// The processes that have not ended.
    fn members(&self) -> Vec<Process> {
        let mut others = Vec::new();
        let mut members = Vec::new();
        let mut pids = BTreeSet::from([self.leader]);
        let Ok(folder) = std::fs::read_dir("/proc") else { return members };
        let names = folder.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        for one in names.filter_map(process).filter(|one| !one.is_over && one.started >= self.since) {
            if one.pid == self.leader || one.group == self.leader || self.has_mark(one.pid) {
                pids.insert(one.pid);
                members.push(one);
            } else {
                others.push(one);
            }
        }
        // Children of children, as long as there are any.
        loop {
            let (children, rest): (Vec<_>, Vec<_>) = others.into_iter().partition(|one| pids.contains(&one.parent));
            if children.is_empty() {
                return members;
            }
            pids.extend(children.iter().map(|one| one.pid));
            members.extend(children);
            others = rest;
        }
    }

    fn has_mark(&self, pid: i32) -> bool {
        let mut environment = Vec::new();
        let read = File::open(format!("/proc/{pid}/environ"))
            .and_then(|file| file.take(MOST_ENVIRONMENT).read_to_end(&mut environment));
        read.is_ok() && environment.split(|byte| *byte == 0).any(|variable| variable == self.mark)
    }
}

/// Reads `/proc/PID/stat`; the name in it may hold anything, so it is read from its last parenthesis on.
fn process(pid: i32) -> Option<Process> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let behind = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let mut fields = std::str::from_utf8(&stat[behind..]).ok()?.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    // The 22nd of all fields is the time it was started at.
    let started = fields.nth(16)?.parse().ok()?;
    Some(Process { pid, is_over: matches!(state, "Z" | "X" | "x"), parent, group, started })
}

/// Waits until all of these processes are over, so long at most.
fn wait(mut waiting: Vec<OwnedFd>, deadline: Instant) {
    while !waiting.is_empty() {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout =
            Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() };
        let mut polled: Vec<PollFd<'_>> = waiting.iter().map(|one| PollFd::new(one, PollFlags::IN)).collect();
        let told = poll(&mut polled, Some(&timeout));
        let over: Vec<bool> = polled.iter().map(|one| !one.revents().is_empty()).collect();
        drop(polled);
        match told {
            Ok(0) if left.is_zero() => return,
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return,
        }
        let mut over = over.into_iter();
        waiting.retain(|_| !over.next().unwrap_or(false));
    }
}
