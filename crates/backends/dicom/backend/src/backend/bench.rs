//! Where files are judged: what comes out is kept in the store together with the files' marks, and then told (decision 0009).
//!
//! Promises: nothing is told before it is kept, unless the store does not take it; then it is told all the same, and what could not
//! be kept is written with what comes next, within a bound. Without a memory everything is told at once. Shared by the
//! examiner and the clock behind one lock, so that what is told of a series is told in order.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};
use tieline_dicom_judge::{Judge, Kept, Kind, NULL, Report, Taken, Tell, Verdict};
use tieline_dicom_read::Header;
use tieline_store::series::{Batch, FileMark, Mark, Said, SessionEnd, path_hash};
use tieline_store::{Key, StoreError};

/// How long a store that did not take a batch is left alone.
const PAUSE: Duration = Duration::from_secs(1);
/// Marks that are kept in memory for a store that takes none, some 80 bytes each; beyond, the oldest are given up.
const MARKS: usize = 200_000;
/// What was said, likewise: of each series the last, some kilobytes each.
const SAID: usize = 5_000;

/// The judge and what came out that is not told or kept yet.
pub(super) struct Bench {
    pub(super) judge: Judge,
    way: Box<dyn Tell + Send>,
    /// The key of marks; none when nothing is remembered.
    key: Option<Key>,
    files: Vec<FileMark>,
    said: Vec<Saying>,
    /// So many of `said` are told: the store did not take them.
    told: usize,
    /// The file that was judged last and is not marked yet: nothing is kept before it is.
    current: Option<Current>,
    failed: Option<Instant>,
}

struct Saying {
    report: Report,
    at: i64,
}

#[derive(Default, Clone, Copy)]
struct Current {
    image: Option<(u64, u64)>,
    differs: bool,
}

impl Bench {
    /// One without a memory.
    pub(super) fn new(judge: Judge, way: Box<dyn Tell + Send>) -> Bench {
        let (files, said) = (Vec::new(), Vec::new());
        Bench { judge, way, key: None, files, said, told: 0, current: None, failed: None }
    }

    /// One that keeps what comes out in the judge's store.
    pub(super) fn remembering(mut self) -> Bench {
        self.key = self.judge.store().map(|store| store.key());
        self
    }

    /// Tells what time has brought. `now`: since 1970.
    pub(super) fn tick(&mut self, now: Duration) {
        let reports = self.judge.tick(now);
        self.say(reports, now);
        // What is retried comes with it.
        self.flush();
    }

    /// Judges a file. [`Bench::closed`] has to follow when that went well.
    pub(super) fn take(&mut self, header: &Header, path: &Path, now: Duration) -> Result<(), StoreError> {
        // What is over is told also when the file cannot be judged.
        let over = self.judge.tick(now);
        self.say(over, now);
        let Taken { judgement, reports, image, .. } = self.judge.take(header, path, now)?;
        if self.key.is_some() {
            self.current = Some(Current { image, differs: judgement.verdict == Verdict::Differs });
        }
        self.say(reports, now);
        Ok(())
    }

    /// Marks a version of a file as done with.
    pub(super) fn closed(&mut self, path: &Path, size: u64, modified: i64, now: Duration) {
        let Current { image, differs } = self.current.take().unwrap_or_default();
        let Some(key) = self.key else { return };
        let mark = Mark::Judged;
        self.files.push(FileMark { path: hash(key, path), size, modified, mark, image, differs, at: millis(now) });
    }

    /// Takes up what is to be told; without a memory it is told at once.
    pub(super) fn say(&mut self, reports: Vec<Report>, now: Duration) {
        let at = millis(now);
        match self.key {
            None => reports.into_iter().for_each(|report| report.tell(&*self.way)),
            Some(_) => self.said.extend(reports.into_iter().map(|report| Saying { report, at })),
        }
    }

    /// Keeps and then tells what there is. While a file is judged and not marked, nothing.
    pub(super) fn flush(&mut self) {
        let is_empty = self.files.is_empty() && self.said.is_empty();
        if is_empty || self.key.is_none() || self.current.is_some() {
            return;
        }
        let is_paused = self.failed.is_some_and(|failed| failed.elapsed() < PAUSE);
        let is_kept = !is_paused && self.keep();
        if !is_paused {
            // Asked once, the store has told its health what is wrong with it.
            self.failed = (!is_kept).then(Instant::now);
        }
        for saying in self.said.iter().skip(self.told) {
            saying.report.clone().tell(&*self.way);
        }
        if is_kept {
            self.files.clear();
            self.said.clear();
        } else {
            self.shorten();
        }
        self.told = self.said.len();
    }

    fn keep(&mut self) -> bool {
        let (mut said, mut sessions) = (Vec::new(), Vec::new());
        // Each as it is now, after all that is kept here: what was said of it last and what is needed to go on belong together.
        let kept = self.said.iter().filter_map(|saying| saying.report.kept.as_ref());
        let uids: HashSet<_> = kept.map(|kept| kept.uid).collect();
        let memories: HashMap<_, _> = uids.into_iter().map(|uid| (uid, self.judge.memory(uid))).collect();
        for Saying { report: Report { station, kind, content, kept }, at } in &self.said {
            let (station, at) = (station.as_deref().unwrap_or(NULL), *at);
            match (kind, kept) {
                (Kind::New | Kind::Series, Some(Kept { uid, series })) => {
                    let memory = memories.get(uid).map(Vec::as_slice).unwrap_or_default();
                    let content = (*kind == Kind::New).then(|| content.reveal().as_str());
                    said.push(Said { station, uid: *uid, at, content, series: series.reveal(), memory });
                }
                (Kind::Session, _) => sessions.push(SessionEnd { station, at, content: content.reveal() }),
                _ => {}
            }
        }
        let batch = Batch { files: &self.files, said: &said, sessions: &sessions };
        self.judge.store().is_some_and(|store| store.series().record(&batch).is_ok())
    }

    /// Leaves of what was told what another try needs: of each series the last, and its last `new`.
    fn shorten(&mut self) {
        let mut known = HashSet::new();
        let mut is_last = |saying: &Saying| match &saying.report.kept {
            // A `new` is needed beside what was said of the series after it.
            Some(kept) => known.insert((kept.uid, saying.report.kind == Kind::New)),
            None => saying.report.kind == Kind::Session,
        };
        let mut rest: Vec<_> = self.said.drain(..).rev().filter(|saying| is_last(saying)).take(SAID).collect();
        rest.reverse();
        self.said = rest;
        let surplus = self.files.len().saturating_sub(MARKS);
        drop(self.files.drain(..surplus));
    }
}

/// A path's hash for its mark.
pub(super) fn hash(key: Key, path: &Path) -> u64 {
    let bytes =
        |part: Option<&std::ffi::OsStr>| part.map(std::ffi::OsStr::as_encoded_bytes).unwrap_or_default().to_vec();
    path_hash(key, &bytes(path.parent().map(Path::as_os_str)), &bytes(path.file_name()))
}

pub(super) fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
