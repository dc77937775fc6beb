//! The scanner and the scheduler driven by hand, without threads: what happens when the kernel's queue overflows, when it will
//! not watch another folder, and when a scan meets what was never told.

use super::super::counts::Tallies;
use super::super::due_queue::{DueQueue, Next};
use super::super::scanner::Scanner;
use super::super::scheduler::Scheduler;
use super::super::seen::SeenIndex;
use super::super::stamp;
use super::super::watcher::Disk;
use super::*;

/// Both halves of a watcher, and a folder.
struct Stepped {
    top: TempDir,
    poll: mio::Poll,
    scanner: Scanner,
    scheduler: Scheduler<Disk>,
    due_queue: Arc<DueQueue>,
    tallies: Arc<Tallies>,
    log: Log,
}

impl Stepped {
    fn new(change: impl FnOnce(WatchPlan) -> WatchPlan) -> Stepped {
        let top = tempfile::tempdir().unwrap();
        let plan = change(plan(top.path()));
        let poll = mio::Poll::new().unwrap();
        let due_queue = Arc::new(DueQueue::new(plan.queue, Box::new(|| ()), false));
        let tallies = Arc::new(Tallies::new());
        let seen = Arc::new(Mutex::new(SeenIndex::new(plan.files)));
        let log = Log::default();
        let scheduler = Scheduler::new(&plan, Box::new(Judge(log.clone())), Disk, seen.clone(), tallies.clone());
        let scanner = Scanner::new(plan, stamp::now(), &poll, (seen, due_queue.clone(), tallies.clone()));
        Stepped { top, poll, scanner, scheduler, due_queue, tallies, log }
    }

    /// Lets the scanner and the scheduler work in turn until something is so.
    fn run(&mut self, done: impl Fn(&Stepped) -> bool) {
        let begun = Instant::now();
        let mut events = mio::Events::with_capacity(4);
        while !done(self) {
            assert!(begun.elapsed() < DEADLINE, "{:?}", self.tallies.counts());
            let wait = self.scanner.turn(Instant::now());
            self.scheduler.look_again();
            let mut busy = false;
            while let Next::Candidate(candidate) = self.due_queue.next(Some(Instant::now())) {
                self.scheduler.take(candidate);
                self.tallies.waiting.down(1);
                busy = true;
            }
            if !busy {
                self.poll.poll(&mut events, Some(wait.min(Duration::from_millis(5)))).unwrap();
            }
        }
    }

    fn judged(&self) -> usize {
        self.log.lock().unwrap().len()
    }

    fn write(&self, name: &str) {
        std::fs::write(self.top.path().join(name), b"x.").unwrap();
    }
}

#[test]
fn when_the_kernels_queue_overflows_a_scan_finds_everything() {
    let limit = std::fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let limit: usize = limit.trim().parse().unwrap();
    let mut stepped = Stepped::new(|plan| plan);
    stepped.run(|stepped| stepped.tallies.counts().folders == 1);
    // Nobody listens meanwhile. Each file is two pieces of news, each folder one.
    let files = limit.min(200_000) / 2 + 1_000;
    for n in 0..files {
        stepped.write(&format!("{n}.dcm"));
    }
    // Of these the kernel has not told at all.
    std::fs::create_dir_all(stepped.top.path().join("a/b")).unwrap();
    stepped.write("a/b/last.dcm");
    stepped.run(|stepped| stepped.judged() == files + 1);
    let counts = stepped.tallies.counts();
    assert!(counts.overflows >= 1, "{counts:?}");
    stepped.run(|stepped| stepped.tallies.counts().waiting == 0);
    let counts = stepped.tallies.counts();
    assert_eq!((counts.seen, counts.judged, counts.folders), (files as u64 + 1, files as u64 + 1, 3));
    stepped.write("a/b/later.dcm");
    stepped.run(|stepped| stepped.judged() == files + 2);
}

#[test]
fn a_link_into_place_is_judged_at_once_even_if_its_other_name_is_gone_soon_after() {
    for (keeps_its_name, settle) in [(true, NEVER), (false, Duration::from_millis(1))] {
        let mut stepped = Stepped::new(|plan| WatchPlan { settle, ..plan });
        stepped.run(|stepped| stepped.tallies.counts().folders == 1);
        let away = tempfile::tempdir().unwrap();
        let (other, linked) = (away.path().join("a.tmp"), stepped.top.path().join("a.dcm"));
        std::fs::write(&other, b"x.").unwrap();
        std::fs::hard_link(&other, &linked).unwrap();
        if !keeps_its_name {
            std::fs::remove_file(&other).unwrap();
        }
        stepped.run(|stepped| stepped.judged() == 1);
        assert_eq!(stepped.tallies.counts().scans, 0);
    }
}

#[test]
fn when_the_line_is_full_a_scan_finds_the_rest() {
    let mut stepped = Stepped::new(|plan| WatchPlan { queue: 8, ..plan });
    stepped.run(|stepped| stepped.tallies.counts().folders == 1);
    // Heard all at once, so that the line is full long before anything is taken from it.
    for n in 0..1_000 {
        stepped.write(&format!("{n}.dcm"));
    }
    stepped.run(|stepped| stepped.judged() == 1_000);
    stepped.run(|stepped| stepped.tallies.counts().scans == 1);
    let counts = stepped.tallies.counts();
    assert_eq!((counts.seen, counts.judged, counts.vanished, counts.overflows), (1_000, 1_000, 0, 0));
    assert!(counts.dropped >= 900, "{counts:?}");
}

#[test]
fn folders_that_the_kernel_will_not_watch_are_polled() {
    let mut stepped = Stepped::new(|plan| plan);
    stepped.scanner.kernel.as_mut().unwrap().allowed = 2;
    for name in ["a", "b", "c/d"] {
        std::fs::create_dir_all(stepped.top.path().join(name)).unwrap();
    }
    stepped.run(|stepped| stepped.tallies.counts().folders == 5);
    for (name, files) in ["1.dcm", "a/2.dcm", "b/3.dcm", "c/d/4.dcm"].into_iter().zip(1..) {
        stepped.write(name);
        stepped.run(|stepped| stepped.judged() == files);
    }
    std::fs::create_dir_all(stepped.top.path().join("c/d/e/f")).unwrap();
    stepped.write("c/d/e/f/5.dcm");
    stepped.run(|stepped| stepped.judged() == 5);
    // Room for more: now they are watched.
    stepped.scanner.kernel.as_mut().unwrap().allowed = usize::MAX;
    stepped.run(|stepped| !stepped.scanner.folders.has_unwatched());
    stepped.write("c/d/e/f/6.dcm");
    stepped.run(|stepped| stepped.judged() == 6);
    assert_eq!(stepped.tallies.counts().scans, 0, "nothing else was needed");
}

#[test]
fn a_scan_finds_what_was_never_told_and_forgets_what_is_gone() {
    let mut stepped = Stepped::new(|plan| plan);
    std::fs::create_dir_all(stepped.top.path().join("a/b")).unwrap();
    stepped.run(|stepped| stepped.tallies.counts().folders == 3);
    // The news is lost.
    stepped.scanner.kernel = None;
    std::fs::rename(stepped.top.path().join("a"), stepped.top.path().join("c")).unwrap();
    stepped.write("c/b/1.dcm");
    stepped.scanner.rescan = true;
    stepped.run(|stepped| stepped.judged() == 1 && stepped.tallies.counts().scans == 1);
    assert_eq!(stepped.tallies.counts().folders, 3);
    assert!(!stepped.scanner.folders.contains(&stepped.top.path().join("a")));
}

#[test]
fn a_seen_index_that_is_too_small_repeats_no_old_file() {
    let mut stepped = Stepped::new(|plan| WatchPlan { files: 10, ..plan });
    stepped.run(|stepped| stepped.tallies.counts().folders == 1);
    for n in 0..100 {
        stepped.write(&format!("{n}.dcm"));
    }
    stepped.run(|stepped| stepped.judged() >= 100);
    // A scan that begins after the last file was written: from here on all of them are older than a scan.
    for scans in 1..=4 {
        stepped.scanner.rescan = true;
        stepped.run(|stepped| stepped.tallies.counts().scans == scans);
    }
    let judged = stepped.judged();
    assert!((100..=200).contains(&judged), "once, and once more for those a scan could not tell: {judged}");
    for scans in 5..=8 {
        stepped.scanner.rescan = true;
        stepped.run(|stepped| stepped.tallies.counts().scans == scans);
    }
    assert_eq!(stepped.judged(), judged);
    stepped.write("new.dcm");
    stepped.run(|stepped| stepped.judged() == judged + 1);
}
