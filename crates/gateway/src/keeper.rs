//! Watches over the store: claims it for this gateway, tells what fails in it, and finds out when it works again.
//!
//! Promises: two gateways never work on one store; each failure is counted with its cause and logged, `/readyz` tells of it
//! as long as it lasts, and its end is told once. Whoever uses the store waits for none of this. Called by the gateway.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tieline_model::{Safe, safe};
use tieline_store::health::{Cause, Watch, probe, watch};
use tieline_store::{StoreError, StoreLock};
use tieline_telemetry::events::{StoreFailed, StoreRecovered};

/// How often it is looked whether a store that failed works again: at first, and at most.
const LOOK: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(10)];

/// Keeps one store.
pub(crate) struct Keeper {
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
    _watch: Watch,
    _claim: Option<StoreLock>,
}

/// What is known of the store.
#[derive(Default)]
pub(crate) struct State {
    now: Mutex<Now>,
    changed: Condvar,
}

#[derive(Default)]
struct Now {
    /// The last cause, and since when something has been at fault.
    failure: Option<(Cause, Instant)>,
    is_over: bool,
}

impl Keeper {
    /// Claims the store in this folder and watches over it. A store that cannot be written is told of and is no reason not
    /// to start; one that another gateway works on is.
    pub(crate) fn start(folder: &Path) -> Result<Keeper, StoreError> {
        let state = Arc::new(State::default());
        let claim = match StoreLock::take(folder) {
            Ok(claim) => Some(claim),
            Err(error @ StoreError::InUse { .. }) => return Err(error),
            Err(error) => {
                state.failed(error.cause(), "locking the store");
                None
            }
        };
        if claim.is_some()
            && let Err(cause) = probe(folder)
        {
            state.failed(cause, "trying whether the store can be written");
        }
        let told = state.clone();
        let watch = watch(folder, Arc::new(move |cause, doing| told.failed(cause, doing)));
        let (theirs, folder) = (state.clone(), folder.to_path_buf());
        // Without the thread it stays said that the store has failed once.
        let thread =
            std::thread::Builder::new().name("store".to_owned()).spawn(move || theirs.look_after(&folder)).ok();
        Ok(Keeper { state, thread, _watch: watch, _claim: claim })
    }

    /// For those who ask how the store is.
    pub(crate) fn state(&self) -> Arc<State> {
        self.state.clone()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.state.lock().is_over = true;
        self.state.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl State {
    /// What is at fault now.
    pub(crate) fn failure(&self) -> Option<Safe> {
        let (cause, since) = self.lock().failure?;
        Some(safe!("the store does not work: {} (for {} s)", cause.words(), since.elapsed().as_secs()))
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, cause: Cause, doing: &'static str) {
        StoreFailed { cause: cause.as_str(), detail: safe!("{}: {}", doing, cause.words()) }.emit();
        let mut now = self.lock();
        let since = now.failure.map_or_else(Instant::now, |(_, since)| since);
        now.failure = Some((cause, since));
        drop(now);
        self.changed.notify_all();
    }

    /// The thread's whole life: waits for a failure, then tries until the store can be written.
    fn look_after(&self, folder: &Path) {
        let [first, most] = LOOK;
        let mut pause = first;
        let mut now = self.lock();
        while !now.is_over {
            let Some((_, since)) = now.failure else {
                pause = first;
                now = self.changed.wait(now).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let waited = self.changed.wait_timeout(now, pause).unwrap_or_else(PoisonError::into_inner);
            now = waited.0;
            if now.is_over || !waited.1.timed_out() {
                continue;
            }
            drop(now);
            let works = probe(folder).is_ok();
            now = self.lock();
            if works {
                now.failure = None;
                drop(now);
                StoreRecovered { seconds: since.elapsed().as_secs() }.emit();
                now = self.lock();
            } else {
                pause = (pause * 2).min(most);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// Waits for a change of what is at fault; the test's own deadline ends it otherwise.
    fn until(state: &State, wanted: impl Fn(&Option<Safe>) -> bool) -> Option<Safe> {
        loop {
            let failure = state.failure();
            if wanted(&failure) {
                return failure;
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_store_has_one_keeper() {
        let folder = tempfile::tempdir().unwrap();
        let keeper = Keeper::start(folder.path()).unwrap();
        assert_eq!(keeper.state().failure(), None);
        assert!(matches!(Keeper::start(folder.path()).err(), Some(StoreError::InUse { .. })));
        drop(keeper);
        assert!(Keeper::start(folder.path()).is_ok());
    }

    #[test]
    fn what_fails_is_told_until_it_works_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        let keeper = Keeper::start(&store).unwrap();
        // What is there is no database any more, whoever runs the test.
        std::fs::write(store.join(tieline_store::FILE), "not a database at all, but long enough to look at").unwrap();
        assert!(tieline_store::Store::open(&store).is_err());
        let failure = until(&keeper.state(), Option::is_some).unwrap().to_string();
        assert!(failure.starts_with("the store does not work: its file is damaged"), "{failure}");
        std::fs::remove_file(store.join(tieline_store::FILE)).unwrap();
        until(&keeper.state(), Option::is_none);
        assert!(tieline_store::Store::open(&store).is_ok());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_told_of_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let keeper = Keeper::start(&file.join("store")).unwrap();
        assert!(keeper.state().failure().is_some());
    }
}
