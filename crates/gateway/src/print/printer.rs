//! A queue of lines with a thread of its own that writes them.
//!
//! Promises: who says something copies it into the queue and goes on, whatever becomes of it. The queue is bounded in
//! bytes; what finds no room, and what cannot be written, is lost, counted at once (`tieline_log_lines_lost_total`) and
//! told in one line when lines pass again. Called by whatever talks or logs.

use std::cell::Cell;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tieline_telemetry::events::{LogLinesLost, LogUnread, LogUnwritten};

/// Bytes that wait to be written, at most; as many again may be on their way.
pub(super) const ROOM: usize = 1 << 20;
/// Of that, what only the thread itself may use, to tell what was lost.
const RESERVE: usize = 1 << 10;
/// How long the end of a gateway waits for the reader of what it said.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// The longest part of a line that is kept back until its end comes.
const LINE: usize = 64 << 10;
/// The pause before a descriptor that says "not now" is tried again.
const AGAIN: Duration = Duration::from_millis(20);

thread_local! {
    /// Whether this thread is telling what was lost.
    static CONFESSES: Cell<bool> = const { Cell::new(false) };
}

/// Prints lines; cheap to clone.
#[derive(Clone)]
pub(crate) struct Printer(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// There is something to write.
    filled: Condvar,
    /// Everything was written, or has failed to be.
    emptied: Condvar,
    room: usize,
    /// Whether losses are told in the log; otherwise as a plain line.
    logs: AtomicBool,
    /// Whether the end waits a moment only.
    hurries: AtomicBool,
}

#[derive(Default)]
struct State {
    queue: Vec<u8>,
    /// Whether the thread is at work on what it took.
    is_writing: bool,
    /// Lines for which there was no room, not told yet.
    unread: u64,
}

impl Printer {
    /// Prints to `sink`, on a thread of its own.
    pub(super) fn to(sink: impl Write + Send + 'static) -> Printer {
        Printer::with_room(sink, ROOM)
    }

    pub(super) fn with_room(sink: impl Write + Send + 'static, room: usize) -> Printer {
        let shared = Shared {
            state: Mutex::default(),
            filled: Condvar::new(),
            emptied: Condvar::new(),
            room,
            logs: AtomicBool::new(false),
            hurries: AtomicBool::new(false),
        };
        let printer = Printer(Arc::new(shared));
        let theirs = printer.clone();
        // Without a thread nothing is written; the queue fills, and what is lost is counted.
        let _ = std::thread::Builder::new().name("printer".to_owned()).spawn(move || theirs.run(sink));
        printer
    }

    /// For the log: what is written at once is one line or several.
    pub(crate) fn lines(&self) -> Lines {
        Lines(self.clone())
    }

    /// For talk: lines are put together from what is written.
    pub(crate) fn diagnostics(&self) -> Talk {
        Talk { printer: self.clone(), line: Vec::new() }
    }

    /// From now on there is a log, and losses are events in it.
    pub(crate) fn has_log(&self) {
        self.0.logs.store(true, Ordering::Relaxed);
    }

    /// From now on the end does not wait until everything was read: a gateway ends when it is told to.
    pub(crate) fn hurry(&self) {
        self.0.hurries.store(true, Ordering::Relaxed);
    }

    /// Waits until everything was written, a moment at most when the program hurries; whether it was.
    pub(crate) fn finish(&self) -> bool {
        let deadline = self.0.hurries.load(Ordering::Relaxed).then(|| Instant::now() + LAST_WORDS);
        let mut state = self.lock();
        while state.is_writing || !state.queue.is_empty() {
            let left = deadline.map_or(LAST_WORDS, |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return false;
            }
            state = self.0.emptied.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Nothing in here may panic: a panic is told by this very way.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let reserve = if CONFESSES.try_with(Cell::get).unwrap_or(false) { 0 } else { RESERVE };
        let mut state = self.lock();
        if state.queue.len().saturating_add(bytes.len()) <= self.0.room.saturating_sub(reserve) {
            state.queue.extend_from_slice(bytes);
            drop(state);
            self.0.filled.notify_one();
        } else {
            let lost = lines(bytes);
            state.unread += lost;
            drop(state);
            LogLinesLost { reason: "unread" }.handle().add(lost);
        }
    }

    /// The thread's whole life.
    fn run(self, mut sink: impl Write) {
        let mut taken = Vec::new();
        let (mut unwritten, mut is_torn) = (0, false);
        loop {
            let mut state = self.lock();
            state.is_writing = false;
            while state.queue.is_empty() {
                self.0.emptied.notify_all();
                state = self.0.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state.is_writing = true;
            std::mem::swap(&mut state.queue, &mut taken);
            drop(state);
            if is_torn {
                // What comes next begins a line of its own.
                taken.insert(0, b'\n');
            }
            let rest = deliver(&mut sink, &taken);
            is_torn = match rest {
                [] => false,
                rest if rest.len() == taken.len() => is_torn,
                rest => taken.get(taken.len() - rest.len() - 1) != Some(&b'\n'),
            };
            if rest.is_empty() {
                self.confess(std::mem::take(&mut unwritten));
            } else {
                let lost = lines(rest);
                unwritten += lost;
                LogLinesLost { reason: "unwritten" }.handle().add(lost);
            }
            taken.clear();
        }
    }

    /// Tells what was lost, now that lines pass again.
    fn confess(&self, unwritten: u64) {
        let unread = std::mem::take(&mut self.lock().unread);
        let _ = CONFESSES.try_with(|confesses| confesses.set(true));
        let in_log = self.0.logs.load(Ordering::Relaxed);
        let plain = |lost, why| self.push(format!("warning: {lost} lines were lost because {why}\n").as_bytes());
        match unread {
            0 => {}
            lines if in_log => LogUnread { lines }.emit(),
            lines => plain(lines, "nobody read them"),
        }
        match unwritten {
            0 => {}
            lines if in_log => LogUnwritten { lines }.emit(),
            lines => plain(lines, "they could not be written"),
        }
        let _ = CONFESSES.try_with(|confesses| confesses.set(false));
    }
}

/// Writes as much as can be; what could not, which is nothing when all went well.
fn deliver<'a>(sink: &mut impl Write, mut bytes: &'a [u8]) -> &'a [u8] {
    while !bytes.is_empty() {
        match sink.write(bytes) {
            Ok(0) => return bytes,
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Somebody who shares the descriptor has made it so that it does not wait; this thread may.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::park_timeout(AGAIN),
            Err(_) => return bytes,
        }
    }
    bytes
}

fn lines(bytes: &[u8]) -> u64 {
    let ends = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    ends.max(1)
}

/// Takes whole lines.
pub(crate) struct Lines(Printer);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes parts of lines. Neither writing nor flushing ever fails or waits.
pub(crate) struct Talk {
    printer: Printer,
    line: Vec<u8>,
}

impl Write for Talk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        let whole = match self.line.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => end + 1,
            None if self.line.len() > LINE => self.line.len(),
            None => 0,
        };
        self.printer.push(self.line.get(..whole).unwrap_or_default());
        self.line.drain(..whole);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.printer.push(&std::mem::take(&mut self.line));
        Ok(())
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}
