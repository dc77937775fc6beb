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
/// So many looks in a row must find nobody, while other processes on the machine are started.
const QUIET: usize = 12;
/// More of an environment is not looked at; the kernel's own bound for one text is 128 KiB.
const MOST_ENVIRONMENT: u64 = 4 << 20;

/// The flag of the kernel's own threads (PF_KTHREAD).
const KERNELS: u32 = 0x0020_0000;

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
    /// Whether it is a thread of the kernel.
    is_kernels: bool,
}

/// A process's number and when it was started: no two have both.
type Identity = (i32, u64);

impl Process {
    fn identity(&self) -> Identity {
        (self.pid, self.started)
    }

    /// A descriptor of this process; its number may have become another one's since it was looked at.
    fn opened(&self) -> Option<OwnedFd> {
        let descriptor = pidfd_open(Pid::from_raw(self.pid)?, PidfdFlags::empty()).ok()?;
        process(self.pid).filter(|now| now.started == self.started).map(|_| descriptor)
    }
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
        let mut ended = BTreeSet::new();
        if !grace.is_zero() {
            let (asked, _) = self.signalled(Signal::TERM, &BTreeSet::new());
            ended.extend(asked.keys().copied());
            wait(asked.into_values().collect(), Instant::now() + grace);
        }
        let deadline = Instant::now() + within;
        let mut quiet = 0;
        loop {
            let newest = newest();
            let (stopped, is_sure) = self.stopped(deadline);
            if stopped.is_empty() && !is_sure && Instant::now() < deadline {
                // Somebody's environment is not there yet, or not any more: that is over in moments.
                quiet = 0;
                std::thread::yield_now();
                continue;
            }
            // One that starts its successor and goes can be missed between the reading of two names, but not when nobody
            // on this machine has started anything meanwhile.
            quiet = match stopped.is_empty() {
                true if newest.is_some() && newest == self::newest() => QUIET,
                true => quiet + 1,
                false => 0,
            };
            if quiet >= QUIET || Instant::now() >= deadline {
                return Ending { ended: ended.len(), all: quiet > 0 };
            }
            for descriptor in stopped.values() {
                let _ = pidfd_send_signal(descriptor, Signal::KILL);
            }
            ended.extend(stopped.keys().copied());
            wait(stopped.into_values().collect(), deadline);
        }
    }

    /// All processes, stopped, so that they start no more; and whether the last look could tell of each process whose it is.
    fn stopped(&self, deadline: Instant) -> (BTreeMap<Identity, OwnedFd>, bool) {
        let mut stopped = BTreeMap::new();
        let mut is_sure = true;
        let mut known = BTreeSet::new();
        while stopped.len() < MOST_HELD && Instant::now() < deadline {
            let found;
            (found, is_sure) = self.signalled(Signal::STOP, &known);
            if found.is_empty() {
                break;
            }
            known.extend(found.keys().copied());
            stopped.extend(found);
        }
        (stopped, is_sure)
    }

    /// Gives a signal to every process that is not known yet, each as soon as it is found; and whether it could be told of
    /// every process whose it is.
    fn signalled(&self, signal: Signal, known: &BTreeSet<Identity>) -> (BTreeMap<Identity, OwnedFd>, bool) {
        let mut found = BTreeMap::new();
        let mut take = |one: Process| {
            if !known.contains(&one.identity())
                && found.len() < MOST_HELD
                && let Some(descriptor) = one.opened()
            {
                let _ = pidfd_send_signal(&descriptor, signal);
                found.insert(one.identity(), descriptor);
            }
        };
        let mut pids = BTreeSet::from([self.leader]);
        let mut others = Vec::new();
        for one in newest_first().into_iter().filter_map(process) {
            if one.is_over || one.started < self.since {
                continue;
            }
            let mark = self.mark(one.pid);
            if one.pid == self.leader || one.group == self.leader || mark == Mark::Ours {
                pids.insert(one.pid);
                take(one);
            } else {
                others.push((one, mark));
            }
        }
        // Children of children, as long as there are any.
        loop {
            let (children, rest): (Vec<_>, Vec<_>) =
                others.into_iter().partition(|(one, _)| pids.contains(&one.parent));
            if children.is_empty() {
                return (found, rest.iter().all(|(_, mark)| *mark != Mark::Unknown));
            }
            pids.extend(children.iter().map(|(one, _)| one.pid));
            children.into_iter().for_each(|(one, _)| take(one));
            others = rest;
        }
    }

    /// Whether the process has the job's mark. In the middle of becoming another program (`execve`) it has an address space
    /// already, and neither arguments nor an environment yet; when it is about to be over it has them no more.
    fn mark(&self, pid: i32) -> Mark {
        let read = |what: &str, most: u64| {
            let mut bytes = Vec::new();
            let file = File::open(format!("/proc/{pid}/{what}"));
            file.and_then(|file| file.take(most).read_to_end(&mut bytes)).map(|_| bytes)
        };
        match read("environ", MOST_ENVIRONMENT) {
            Ok(environment) if environment.split(|byte| *byte == 0).any(|variable| variable == self.mark) => Mark::Ours,
            Ok(environment) if environment.is_empty() && read("cmdline", 1).is_ok_and(|line| line.is_empty()) => {
                // The kernel's own threads have neither, ever.
                if process(pid).is_some_and(|now| !now.is_over && !now.is_kernels) {
                    Mark::Unknown
                } else {
                    Mark::Others
                }
            }
            _ => Mark::Others,
        }
    }
}

/// Whose a process is, as its environment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Ours,
    Others,
    /// It says nothing at this moment.
    Unknown,
}

/// The number that the newest process on this machine was given.
fn newest() -> Option<u32> {
    let load = std::fs::read_to_string("/proc/loadavg").ok()?;
    load.split_ascii_whitespace().last()?.parse().ok().filter(|newest| *newest > 0)
}

/// All processes' numbers, in the order from the newest: those live shortest who start others and go.
fn newest_first() -> Vec<i32> {
    let newest = newest().and_then(|newest| i32::try_from(newest).ok()).unwrap_or(i32::MAX);
    let Ok(folder) = std::fs::read_dir("/proc") else { return Vec::new() };
    let mut pids: Vec<i32> = folder.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    // Numbers above it are left from before they began anew.
    pids.sort_unstable_by_key(|pid| (*pid > newest, std::cmp::Reverse(*pid)));
    pids
}

/// Reads `/proc/PID/stat`; the name in it may hold anything, so it is read from its last parenthesis on.
fn process(pid: i32) -> Option<Process> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let behind = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let mut fields = std::str::from_utf8(&stat[behind..]).ok()?.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    // The 9th of all fields are flags, the 22nd is the time it was started at.
    let flags: u32 = fields.nth(3)?.parse().ok()?;
    let started = fields.nth(12)?.parse().ok()?;
    let is_kernels = flags & KERNELS != 0;
    Some(Process { pid, is_over: matches!(state, "Z" | "X" | "x"), parent, group, started, is_kernels })
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
