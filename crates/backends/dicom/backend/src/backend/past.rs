//! The start after earlier lives: what they have told and judged, and what was there before the first.
//!
//! Promises: what each station was told last is told again before anything new is; a file that was judged is not judged again;
//! what was forgotten is not new. A store that does not answer costs the memory, not the start. Called by the backend.

use super::Bench;
use super::bench::{hash, millis};
use crate::settings::{DicomSettings, Existing};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tieline_dicom_judge::{Judge, Kind, Tell};
use tieline_dicom_watch::{Recall, Version};
use tieline_store::series::{Bounds, Mark, Remembered};
use tieline_store::{Store, StoreError};

/// So many files, series and sessions are remembered at most: some hundred megabytes of the store.
const FILES: u64 = 2_000_000;
const SERIES: u64 = 100_000;
const SESSIONS: u64 = 100_000;
/// A series that is older than this is asked for when an image of it comes.
const UNDER_WAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Series that are looked at for those that were under way.
const RECENT: usize = 2_000;
/// How long a batch waits for another process that writes: files that were judged wait for it.
const PATIENCE: Duration = Duration::from_millis(50);

/// How much is remembered.
pub(super) fn bounds(settings: &DicomSettings) -> Bounds {
    Bounds { keep: settings.remember, files: FILES, series: SERIES, sessions: SESSIONS }
}

/// Gives the judge a memory: in the templates' store, or in the store beside a reference database.
pub(super) fn remembering(judge: Judge, folder: &Path, settings: &DicomSettings) -> (Judge, Result<(), StoreError>) {
    let beside = match settings.templates.as_str() {
        "" => Ok(None),
        _ => Store::open(folder).map(Some),
    };
    match beside {
        Ok(beside) => {
            let mut judge = judge.remembering(beside);
            let set = judge.store().map_or(Ok(()), |store| store.set_patience(PATIENCE));
            (judge, set)
        }
        Err(error) => (judge, Err(error)),
    }
}

/// Tells what each station was told last.
pub(super) fn tell_again(store: &mut Store, way: &dyn Tell) -> Result<(), StoreError> {
    for last in store.series().last_of_each_station()? {
        let station = Some(last.station.as_str());
        way.tell(station, Kind::New, last.content);
        way.tell(station, Kind::Series, last.series);
        if let Some(session) = last.session {
            way.tell(station, Kind::Session, session);
        }
    }
    Ok(())
}

/// Goes on with the series and sessions that were under way.
pub(super) fn go_on(bench: &mut Bench, settings: &DicomSettings, now: Duration) -> Result<(), StoreError> {
    let span = UNDER_WAY.max(settings.session_end).max(settings.series_end);
    let since = millis(now).saturating_sub(millis(span));
    let Some(store) = bench.judge.store() else { return Ok(()) };
    let (mut all, mut before) = (Vec::<(Remembered, bool)>::new(), None);
    while all.len() < RECENT {
        let page = store.series().history(None, since, before, 500)?;
        for one in page.series {
            let was_told = store.series().has_session_since(&one.station, one.at.saturating_add(1))?;
            all.push((one, !was_told));
        }
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    for (one, is_open) in all.into_iter().rev() {
        // As if its last image came now: more may have come meanwhile, and nothing is over before that is seen.
        bench.judge.recall(one.uid, &one.memory, now, is_open);
    }
    Ok(())
}

/// What had not changed since this moment, in nanoseconds since 1970, was there before or is forgotten.
pub(super) fn floor(store: &mut Store, settings: &DicomSettings, now: Duration) -> Result<i64, StoreError> {
    // Rounded up: what is made after the start is later than that.
    let now = millis(now).saturating_add(1);
    let began = store.series().began(now)?;
    let keep = millis(settings.remember);
    // As long as nothing can be forgotten, everything that is not marked is new.
    let forgotten = if now.saturating_sub(began) < keep { i64::MIN } else { now.saturating_sub(keep) };
    let forgotten = forgotten.max(store.series().full_since(FILES)?.unwrap_or(i64::MIN));
    let floor = match settings.existing {
        Existing::Ignore => began.max(forgotten),
        Existing::Check => forgotten,
    };
    Ok(floor.saturating_mul(1_000_000))
}

/// The marks of earlier lives. By the connection that keeps new ones: another one would read again what each of them changed.
/// Asked under the watcher's seen index; who holds the bench never asks that, so neither waits for the other for ever.
pub(super) struct Marks(pub(super) Arc<Mutex<Bench>>);

impl Recall for Marks {
    fn was_judged(&mut self, path: &Path, version: Version) -> bool {
        let mut bench = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(store) = bench.judge.store() else { return false };
        let path = hash(store.key(), path);
        // A file that is judged twice is counted once all the same.
        store.series().mark(path, version.size(), version.modified()).is_ok_and(|mark| mark == Some(Mark::Judged))
    }
}
