//! How late this machine wakes a thread that only sleeps: what no server can be blamed for.
//!
//! Promises: it does nothing else, and ends when it is dropped. Called by `run`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tieline_bench_kit::machine::pause;

const NAP: Duration = Duration::from_millis(1);

/// A thread that sleeps a millisecond at a time.
#[derive(Debug)]
pub(crate) struct Jitter {
    state: Arc<(AtomicBool, AtomicU64)>,
    thread: Option<JoinHandle<()>>,
}

impl Jitter {
    /// Starts to sleep.
    pub(crate) fn start() -> std::io::Result<Jitter> {
        let state = Arc::new((AtomicBool::new(false), AtomicU64::new(0)));
        let own = state.clone();
        let sleep = move || {
            while !own.0.load(Ordering::Relaxed) {
                let began = Instant::now();
                pause(NAP);
                let late = began.elapsed().saturating_sub(NAP).as_micros() as u64;
                own.1.fetch_max(late, Ordering::Relaxed);
            }
        };
        let thread = std::thread::Builder::new().name("jitter".to_owned()).spawn(sleep)?;
        Ok(Jitter { state, thread: Some(thread) })
    }

    /// The latest it woke since it was asked last, in milliseconds.
    pub(crate) fn worst(&self) -> f64 {
        self.state.1.swap(0, Ordering::Relaxed) as f64 / 1000.0
    }
}

impl Drop for Jitter {
    fn drop(&mut self) {
        self.state.0.store(true, Ordering::Relaxed);
        // A panic there has already been told.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
