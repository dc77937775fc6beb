//! The line between the scanner, which finds files, and the examiner, which judges them.
//!
//! Promises: a bound for each of its two lanes. News (a file was closed, moved or linked) goes first and never waits: when
//! its lane is full the scanner is told, and a scan finds the file later. What was found by reading folders goes after it,
//! and its finder waits until there is room.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::stamp::Version;

/// Files that reading folders may have in line. Small, since the reader waits: what it finds stays where it is meanwhile.
const FOUND: usize = 1024;
/// The same at the start, when they are put in order first.
const GATHERED: usize = 4096;
/// So long that is waited for: a large tree takes longer to read.
const GATHERING: Duration = Duration::from_secs(5);

/// A file to look at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) path: PathBuf,
    pub(crate) how: How,
}

/// How a file came to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// It was closed after writing, moved or linked into place: it is complete.
    Complete,
    /// It has appeared with this in it, and may be complete.
    Appeared(Version),
    /// A folder was read in which it is.
    Found,
    /// As `Found`, but it has come to its place now, however old it is.
    Arrived,
}

/// What the examiner gets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Candidate(Candidate),
    /// The time it wanted to wait at most is over.
    Late,
    /// What was found at the start, all of it or as much as there is room for.
    Gathered(Vec<Candidate>),
    /// There will be no more.
    Closed,
}

/// The line.
pub(crate) struct DueQueue {
    lanes: Mutex<Lanes>,
    filled: Condvar,
    bound: usize,
    since: Instant,
    /// Called when there is room again, if the scanner has asked for it.
    room: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Lanes {
    news: VecDeque<Candidate>,
    found: VecDeque<Candidate>,
    closed: bool,
    asked: bool,
    /// What is found is kept together until it is said that it is all there is.
    gathering: bool,
    /// It was said, and they were not taken yet.
    gathered: bool,
}

impl DueQueue {
    pub(crate) fn new(bound: usize, room: Box<dyn Fn() + Send + Sync>, gathering: bool) -> DueQueue {
        let lanes = Lanes { gathering, ..Lanes::default() };
        DueQueue { lanes: Mutex::new(lanes), filled: Condvar::new(), bound, since: Instant::now(), room }
    }

    /// Puts news in line; `false` when there is no room.
    pub(crate) fn news(&self, candidate: Candidate) -> bool {
        let mut lanes = self.lock();
        if lanes.news.len() >= self.bound {
            return false;
        }
        lanes.news.push_back(candidate);
        drop(lanes);
        self.filled.notify_one();
        true
    }

    /// Puts in line what reading a folder has found: ask [`DueQueue::has_room`] before each look, so that there is room.
    pub(crate) fn found(&self, candidate: Candidate) {
        self.lock().found.push_back(candidate);
        self.filled.notify_one();
    }

    /// Whether there is room for something found. If not, the scanner is woken when both lanes are half empty.
    pub(crate) fn has_room(&self) -> bool {
        let mut lanes = self.lock();
        if lanes.gathering && self.since.elapsed() >= GATHERING {
            (lanes.gathering, lanes.gathered) = (false, true);
            self.filled.notify_one();
        }
        let most = if lanes.gathering { GATHERED } else { FOUND };
        let full = lanes.found.len() >= self.bound.min(most);
        lanes.asked |= full;
        !full
    }

    /// Whether both lanes are half empty. If not, the scanner is woken when they are.
    pub(crate) fn is_calm(&self) -> bool {
        let mut lanes = self.lock();
        let calm = self.calm(&lanes);
        lanes.asked |= !calm;
        calm
    }

    /// Says that all that was there at the start is found, or as much as there is room for.
    pub(crate) fn gathered(&self) {
        let mut lanes = self.lock();
        if std::mem::take(&mut lanes.gathering) {
            lanes.gathered = true;
            drop(lanes);
            self.filled.notify_one();
        }
    }

    /// Whether nothing is in line.
    pub(crate) fn is_empty(&self) -> bool {
        let lanes = self.lock();
        lanes.news.is_empty() && (lanes.found.is_empty() || lanes.gathering)
    }

    /// Whether there will be no more.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Takes the next, waiting until `deadline` at most (without one, as long as it takes).
    pub(crate) fn next(&self, deadline: Option<Instant>) -> Next {
        let mut lanes = self.lock();
        loop {
            if lanes.closed {
                return Next::Closed;
            }
            let first = lanes.news.pop_front();
            if first.is_none() && lanes.gathered && !lanes.gathering {
                lanes.gathered = false;
                let found = std::mem::take(&mut lanes.found).into();
                let wake = std::mem::take(&mut lanes.asked);
                drop(lanes);
                if wake {
                    (self.room)();
                }
                return Next::Gathered(found);
            }
            // Only what is handed out may leave its lane.
            let found = |lanes: &mut Lanes| if lanes.gathering { None } else { lanes.found.pop_front() };
            if let Some(candidate) = first.or_else(|| found(&mut lanes)) {
                let wake = lanes.asked && self.calm(&lanes);
                lanes.asked &= !wake;
                drop(lanes);
                if wake {
                    (self.room)();
                }
                return Next::Candidate(candidate);
            }
            lanes = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => self.filled.wait(lanes).unwrap_or_else(PoisonError::into_inner),
                Some(rest) if rest.is_zero() => return Next::Late,
                Some(rest) => self.filled.wait_timeout(lanes, rest).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }

    /// Ends the line: what is in it is not judged any more.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    fn calm(&self, lanes: &Lanes) -> bool {
        lanes.news.len() <= self.bound / 2 && lanes.found.len() <= self.bound.min(FOUND) / 2
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    fn candidate(name: &str) -> Candidate {
        Candidate { path: name.into(), how: How::Found }
    }

    fn names(due_queue: &DueQueue, n: usize) -> Vec<String> {
        let take = |_| match due_queue.next(Some(Instant::now())) {
            Next::Candidate(candidate) => candidate.path.display().to_string(),
            other => format!("{other:?}"),
        };
        (0..n).map(take).collect()
    }

    #[test]
    fn news_goes_first_and_keeps_its_order() {
        let due_queue = DueQueue::new(10, Box::new(|| ()), false);
        due_queue.found(candidate("c"));
        assert!(due_queue.news(candidate("a")) && due_queue.news(candidate("b")));
        assert_eq!(names(&due_queue, 4), ["a", "b", "c", "Late"]);
    }

    #[test]
    fn a_full_lane_says_so_and_room_is_told_once() {
        let told = Arc::new(AtomicUsize::new(0));
        let count = told.clone();
        let tell = Box::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let due_queue = DueQueue::new(4, tell, false);
        for n in 0..4 {
            assert!(due_queue.has_room() && due_queue.news(candidate("n")), "{n}");
            due_queue.found(candidate("f"));
        }
        assert!(!due_queue.has_room() && !due_queue.news(candidate("n")) && !due_queue.is_calm());
        names(&due_queue, 5);
        assert_eq!(told.load(Ordering::Relaxed), 0);
        names(&due_queue, 3);
        assert_eq!(told.load(Ordering::Relaxed), 1);
        assert!(due_queue.has_room() && due_queue.is_calm());
    }

    #[test]
    fn who_waits_is_woken() {
        let due_queue = Arc::new(DueQueue::new(4, Box::new(|| ()), false));
        let waiting = due_queue.clone();
        let thread = std::thread::spawn(move || (waiting.next(None), waiting.next(None)));
        assert!(due_queue.news(candidate("a")));
        due_queue.close();
        // Closing may come before the first was taken: then nothing is taken any more.
        let (first, second) = thread.join().unwrap();
        assert!(first == Next::Candidate(candidate("a")) || first == Next::Closed);
        assert_eq!(second, Next::Closed);
        assert_eq!(due_queue.next(Some(Instant::now() + Duration::from_secs(60))), Next::Closed);
    }

    #[test]
    fn what_is_found_at_the_start_is_handed_out_together_and_news_before_it() {
        let due_queue = DueQueue::new(10, Box::new(|| ()), true);
        let candidate = |name: &str, how| Candidate { path: name.into(), how };
        due_queue.found(candidate("b", How::Found));
        assert!(due_queue.is_empty(), "it is not all there is yet");
        assert_eq!(due_queue.next(Some(Instant::now())), Next::Late);
        assert!(due_queue.news(candidate("n", How::Complete)));
        assert_eq!(due_queue.next(None), Next::Candidate(candidate("n", How::Complete)));
        due_queue.found(candidate("a", How::Found));
        due_queue.gathered();
        due_queue.gathered();
        assert!(!due_queue.is_empty());
        let both = vec![candidate("b", How::Found), candidate("a", How::Found)];
        assert_eq!(due_queue.next(None), Next::Gathered(both));
        due_queue.found(candidate("c", How::Found));
        assert_eq!(due_queue.next(None), Next::Candidate(candidate("c", How::Found)));
        assert_eq!(due_queue.next(Some(Instant::now())), Next::Late);
    }
}
