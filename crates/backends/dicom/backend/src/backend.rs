//! The backend put together: watcher, reader, judge and the way into the gateway.
//!
//! Promises: one file after the other, whatever each holds; a file that cannot be read is told of and counted; what is
//! logged is a reason, never a path or a value. Started by the gateway through [`crate::BACKEND`].

mod bench;
mod chooser;
mod clock;
mod past;
mod pruning;

use bench::Bench;
use chooser::Chooser;
use clock::{Clock, Time};
use past::Marks;

use crate::demo::Scanner;
use crate::http::Http;
use crate::settings::{self, DicomSettings};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tieline_dicom_judge::templates::{Origin, Templates, text};
use tieline_dicom_judge::{Judge, Kind, Report, Tell};
use tieline_dicom_read::{Parameter, ReadLimits, Unreadable, read};
use tieline_dicom_watch::{Examine, Examined, Version, WatchPlan, Watcher};
use tieline_model::dialect::service::Service;
use tieline_model::{Backend, BackendEntry, BackendFault, BackendPlan, Publisher};
use tieline_store::Store;
use tieline_telemetry::Tally;
use tieline_telemetry::events::{FileUnreadable, JudgementRefused, NothingWatched};
use tieline_telemetry::events::{FilesSkipped, SeriesForgotten, TemplatesStale, TemplatesUnavailable};

/// This backend's part of a registry line.
pub const BACKEND: BackendEntry = BackendEntry {
    name: "dicom",
    fields: DicomSettings::FIELDS,
    expand: |_| Vec::new(),
    demo: |_| (),
    check: settings::check,
    doubts: settings::doubts,
    start,
    tool: None,
};

fn start(plan: BackendPlan<'_>) -> Result<Box<dyn Backend>, BackendFault> {
    let mut settings = DicomSettings::from_values(plan.values);
    let fault = |what: String| BackendFault { what };
    let scanner = plan.demo.as_deref().map(Scanner::prepare).transpose();
    let scanner = scanner.map_err(|error| fault(format!("the demo's scanner cannot begin: {error}")))?;
    if let Some(scanner) = &scanner {
        settings.watch = vec![scanner.export().to_string_lossy().into_owned()];
    }
    if settings.watch.is_empty() {
        NothingWatched {}.emit();
        return Ok(Box::new(Running { watcher: None, scanner: None, clock: None, http: None }));
    }
    let origin = Origin::open(plan.store, &settings.templates).map_err(|error| fault(error.to_string()))?;
    let watch = settings.plan().map_err(|error| fault(format!("match: {error}")))?;
    let judge = Judge::new(Templates::new(origin));
    let judge = judge.with(settings.rules(), settings.naming(&[]), settings.series_end);
    let judge = judge.with_sessions(&settings.session, settings.session_end);
    let time = Time::now();
    let (bench, watch, is_remembering) = bench(judge, watch, plan.store, &settings, &plan.publish, time);
    let bench = Arc::new(Mutex::new(bench));
    let examiner = Examiner {
        bench: bench.clone(),
        time,
        forgotten: SeriesForgotten {}.handle(),
        stale: TemplatesStale {}.handle(),
        skipped: FilesSkipped {}.handle(),
        limits: ReadLimits::default(),
        last: None,
    };
    let bounds = is_remembering.then(|| past::bounds(&settings));
    let chooser = Chooser {
        naming: settings.naming(&[]),
        limits: ReadLimits::default(),
        is_reference: !settings.templates.is_empty(),
    };
    let http = is_remembering.then(|| Http::start(plan.store.to_path_buf(), Box::new(chooser))).transpose();
    let http = http.map_err(|error| fault(format!("answering pages cannot begin: {error}")))?.map(Arc::new);
    let clock = Clock::start(&examiner, plan.store, bounds)
        .map_err(|error| fault(format!("the judge's clock cannot begin: {error}")))?;
    let recall = is_remembering.then(|| Box::new(Marks(bench)) as Box<dyn tieline_dicom_watch::Recall>);
    let watcher =
        Watcher::start_again(watch, Box::new(examiner), recall).map_err(|error| fault(format!("watch: {error}")))?;
    let scanner = scanner.map(Scanner::start).transpose();
    let scanner = scanner.map_err(|error| fault(format!("the demo's scanner cannot begin: {error}")))?;
    Ok(Box::new(Running { watcher: Some(watcher), scanner, clock: Some(clock), http }))
}

/// Where files are judged, what to watch, and whether anything is remembered. Without a store that answers there is no memory: its
/// health tells of it, and files are judged all the same.
fn bench(
    judge: Judge,
    mut watch: WatchPlan,
    folder: &Path,
    settings: &DicomSettings,
    publish: &Arc<dyn Publisher>,
    time: Time,
) -> (Bench, WatchPlan, bool) {
    let way = || Box::new(Way(publish.clone()));
    if settings.remember.is_zero() {
        return (Bench::new(judge, way()), watch, false);
    }
    // Told first, what is there then is new to those who listen.
    let opened = Store::open(folder).and_then(|mut store| {
        past::tell_again(&mut store, &Way(publish.clone()))?;
        past::floor(&mut store, settings, time.since_1970())
    });
    let (judge, beside) = past::remembering(judge, folder, settings);
    let Ok(floor) = opened.and_then(|floor| beside.map(|()| floor)) else {
        return (Bench::new(judge, way()), watch, false);
    };
    let mut bench = Bench::new(judge, way()).remembering();
    // What was under way and is not known is asked for when an image of it comes.
    let _ = past::go_on(&mut bench, settings, time.since_1970());
    watch.existing = tieline_dicom_watch::Existing::Ignore;
    (watch.floor, watch.in_order) = (Some(floor), true);
    (bench, watch, true)
}

/// The backend at work.
struct Running {
    watcher: Option<Watcher>,
    /// Of the demo only. It ends when it is dropped.
    scanner: Option<crate::demo::Running>,
    clock: Option<Clock>,
    /// When something is remembered.
    http: Option<Arc<Http>>,
}

impl Backend for Running {
    fn service(&self) -> Option<Arc<dyn Service>> {
        self.http.clone().map(|http| http as Arc<dyn Service>)
    }

    fn stop(self: Box<Self>) {
        drop(self.scanner);
        if let Some(watcher) = self.watcher {
            watcher.stop();
        }
        if let Some(clock) = self.clock {
            clock.stop();
        }
    }
}

/// Reads and judges each file.
struct Examiner {
    bench: Arc<Mutex<Bench>>,
    time: Time,
    forgotten: Tally,
    stale: Tally,
    skipped: Tally,
    limits: ReadLimits,
    /// Why the last file that was examined could not be read; none when its templates did not answer.
    last: Option<Unreadable>,
}

impl Examine for Examiner {
    fn examine(&mut self, path: &Path, settled: bool) -> Examined {
        let header = match read(path, &self.limits) {
            Ok(header) => header,
            // Whoever removed it knows.
            Err(Unreadable::Gone) => return Examined::Judged,
            Err(_) if !settled => return Examined::Unfinished,
            Err(reason) => {
                self.last = Some(reason);
                if reason.passes() {
                    return Examined::Failing;
                }
                if reason.may_be_written_on() {
                    return Examined::Spoilt;
                }
                self.give_up(path);
                return Examined::Judged;
            }
        };
        if !settled && !header.complete {
            return Examined::Unfinished;
        }
        let now = self.time.since_1970();
        let mut bench = self.bench.lock().unwrap_or_else(PoisonError::into_inner);
        let judged = bench.take(&header, path, now);
        let judge = &bench.judge;
        self.forgotten.add(judge.forgotten() - self.forgotten.total());
        self.stale.add(judge.stale() - self.stale.total());
        self.skipped.add(judge.skipped() - self.skipped.total());
        match judged {
            Ok(()) => Examined::Judged,
            Err(_) => {
                self.last = None;
                Examined::Failing
            }
        }
    }

    fn give_up(&mut self, path: &Path) {
        let report = match self.last {
            Some(reason) => {
                FileUnreadable { reason: reason.as_str() }.emit();
                Report::unreadable(path, reason)
            }
            None => {
                // The store's own words may name a path; the program that opened it has said which file it is.
                TemplatesUnavailable {}.emit();
                Report::unjudged(path)
            }
        };
        self.bench().say(vec![report], self.time.since_1970());
    }

    fn closed(&mut self, path: &Path, version: Version) {
        let now = self.time.since_1970();
        self.bench().closed(path, version.size(), version.modified(), now);
    }

    fn pause(&mut self) {
        self.bench().flush();
    }

    fn order(&mut self, path: &Path) -> String {
        let Ok(header) = read(path, &self.limits) else { return String::new() };
        let read = |parameter| text(header.parameters.get(parameter)).unwrap_or_default();
        // Both are written so that the earlier is the smaller text (PS3.5, 6.2, DA and TM).
        read(Parameter::AcqDate) + &read(Parameter::AcqTime)
    }
}

impl Examiner {
    fn bench(&self) -> MutexGuard<'_, Bench> {
        self.bench.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way into the gateway.
struct Way(Arc<dyn Publisher>);

impl Tell for Way {
    fn tell(&self, station: Option<&str>, kind: Kind, content: String) {
        // A header without a station is shown under the word that stands for it on the wire.
        let station = station.unwrap_or(tieline_dicom_judge::NULL);
        let told = match kind {
            Kind::New => self.0.publish(&[station, "new"], &content),
            Kind::Update => self.0.publish(&[station, "update"], &content),
            Kind::Series => self.0.publish(&[station, "series"], &content),
            Kind::Session => self.0.publish(&[station, "session"], &content),
            Kind::Unreadable => self.0.publish(&["unreadable"], &content),
        };
        if let Err(refusal) = told {
            JudgementRefused { reason: refusal.reason.as_str(), detail: refusal.detail }.emit();
        }
    }
}

#[cfg(test)]
mod clock_tests;
#[cfg(test)]
mod lives_tests;
#[cfg(test)]
mod tests;
