//! Time that goes by also when no file comes: series and sessions end, and what is old is forgotten.
//!
//! Started by the backend.

use super::Examiner;
use super::pruning::Pruning;
use std::path::Path;
use std::sync::PoisonError;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};
use tieline_store::series::Bounds;

/// The time since 1970 that never goes back: that of the start, and what has gone by since.
#[derive(Clone, Copy)]
pub(super) struct Time {
    start: Duration,
    began: Instant,
}

impl Time {
    pub(super) fn now() -> Time {
        let start = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Time { start, began: Instant::now() }
    }

    pub(super) fn since_1970(self) -> Duration {
        self.start + self.began.elapsed()
    }
}

/// How often it is asked which series are over.
const TICK: Duration = Duration::from_secs(1);

/// Tells the judge that time goes by, also when no file comes.
pub(super) struct Clock {
    ring: SyncSender<()>,
    thread: thread::JoinHandle<()>,
}

impl Clock {
    pub(super) fn start(examiner: &Examiner, folder: &Path, bounds: Option<Bounds>) -> std::io::Result<Clock> {
        let (bench, time) = (examiner.bench.clone(), examiner.time);
        let mut pruning = bounds.map(|bounds| Pruning::new(folder, bounds));
        let (ring, rung) = sync_channel::<()>(1);
        let run = move || {
            while rung.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                // Told under the lock: what is known of a series must not overtake a later image of it.
                bench.lock().unwrap_or_else(PoisonError::into_inner).tick(time.since_1970());
                if let Some(pruning) = &mut pruning {
                    pruning.tick(time.since_1970());
                }
            }
        };
        let thread = thread::Builder::new().name("dicom-clock".to_owned()).spawn(run)?;
        Ok(Clock { ring, thread })
    }

    pub(super) fn stop(self) {
        drop(self.ring);
        let _ = self.thread.join();
    }
}
