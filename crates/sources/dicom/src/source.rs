//! The source put together: watcher, reader, judge and the way into the gateway.
//!
//! Promises: one file after the other, whatever each holds; a file that cannot be read is told of and counted; what is
//! logged is a reason, never a path or a value. Started by the gateway through [`crate::SOURCE`].

use crate::demo::Scanner;
use crate::judge::{Judge, Kind, Report, Tell};
use crate::read::{ReadLimits, Unreadable, read};
use crate::rules;
use crate::settings::{self, DicomSettings};
use crate::templates::{Origin, Templates};
use crate::tool;
use crate::watch::{Examine, Examined, Watcher};
use std::ffi::OsString;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tieline_model::{Desk, Publisher, Source, SourceEntry, SourceFault, SourcePlan, Tool};
use tieline_telemetry::Tally;
use tieline_telemetry::events::{FileUnreadable, JudgementRefused, NothingWatched};
use tieline_telemetry::events::{FilesSkipped, SeriesForgotten, TemplatesStale, TemplatesUnavailable};

/// This source's part of a registry line.
pub const SOURCE: SourceEntry = SourceEntry {
    name: "dicom",
    fields: DicomSettings::FIELDS,
    expand: |_| Vec::new(),
    demo: |_| (),
    check: settings::check,
    doubts: rules::doubts,
    start,
    tool: Some(Tool { name: None, about: "Build and see the templates of MR studies, and check files by hand", run }),
};

fn start(plan: SourcePlan<'_>) -> Result<Box<dyn Source>, SourceFault> {
    let mut settings = DicomSettings::from_values(plan.values);
    let fault = |what: String| SourceFault { what };
    let scanner = plan.demo.as_deref().map(Scanner::prepare).transpose();
    let scanner = scanner.map_err(|error| fault(format!("the demo's scanner cannot begin: {error}")))?;
    if let Some(scanner) = &scanner {
        settings.watch = vec![scanner.export().to_string_lossy().into_owned()];
    }
    if settings.watch.is_empty() {
        NothingWatched {}.emit();
        return Ok(Box::new(Running { watcher: None, scanner: None, clock: None }));
    }
    let origin = Origin::open(plan.store, &settings.templates).map_err(|error| fault(error.to_string()))?;
    let watch = settings.plan().map_err(|error| fault(format!("match: {error}")))?;
    let judge = Judge::new(Templates::new(origin));
    let judge = judge.with(settings.rules(), settings.naming(&[]), settings.series_end);
    let judge = judge.with_sessions(&settings.session, settings.session_end);
    let examiner = Examiner {
        judge: Arc::new(Mutex::new(judge)),
        began: Instant::now(),
        forgotten: SeriesForgotten {}.handle(),
        stale: TemplatesStale {}.handle(),
        skipped: FilesSkipped {}.handle(),
        limits: ReadLimits::default(),
        way: Way(plan.publish),
        last: None,
    };
    let clock = Clock::start(&examiner).map_err(|error| fault(format!("the judge's clock cannot begin: {error}")))?;
    let watcher = Watcher::start(watch, Box::new(examiner)).map_err(|error| fault(format!("watch: {error}")))?;
    let scanner = scanner.map(Scanner::start).transpose();
    let scanner = scanner.map_err(|error| fault(format!("the demo's scanner cannot begin: {error}")))?;
    Ok(Box::new(Running { watcher: Some(watcher), scanner, clock: Some(clock) }))
}

/// The source at work.
struct Running {
    watcher: Option<Watcher>,
    /// Of the demo only. It ends when it is dropped.
    scanner: Option<crate::demo::Running>,
    clock: Option<Clock>,
}

impl Source for Running {
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

/// How often it is asked which series are over.
const TICK: Duration = Duration::from_secs(1);

/// Tells the judge that time goes by, also when no file comes.
struct Clock {
    ring: SyncSender<()>,
    thread: thread::JoinHandle<()>,
}

impl Clock {
    fn start(examiner: &Examiner) -> std::io::Result<Clock> {
        let (judge, began, way) = (examiner.judge.clone(), examiner.began, Way(examiner.way.0.clone()));
        let (ring, rung) = sync_channel::<()>(1);
        let run = move || {
            while rung.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                // Told under the lock: what is known of a series must not overtake a later image of it.
                let mut judge = judge.lock().unwrap_or_else(PoisonError::into_inner);
                judge.tick(began.elapsed()).into_iter().for_each(|report| report.tell(&way));
            }
        };
        let thread = thread::Builder::new().name("dicom-clock".to_owned()).spawn(run)?;
        Ok(Clock { ring, thread })
    }

    fn stop(self) {
        drop(self.ring);
        let _ = self.thread.join();
    }
}

/// Reads and judges each file.
struct Examiner {
    judge: Arc<Mutex<Judge>>,
    began: Instant,
    forgotten: Tally,
    stale: Tally,
    skipped: Tally,
    limits: ReadLimits,
    way: Way,
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
        let mut judge = self.judge.lock().unwrap_or_else(PoisonError::into_inner);
        let judged = judge.judge(&header, path, self.began.elapsed());
        self.forgotten.add(judge.forgotten() - self.forgotten.total());
        self.stale.add(judge.stale() - self.stale.total());
        self.skipped.add(judge.skipped() - self.skipped.total());
        match judged {
            Ok(reports) => reports.into_iter().for_each(|report| report.tell(&self.way)),
            Err(_) => {
                self.last = None;
                return Examined::Failing;
            }
        }
        Examined::Judged
    }

    fn give_up(&mut self, path: &Path) {
        match self.last {
            Some(reason) => {
                FileUnreadable { reason: reason.as_str() }.emit();
                Report::unreadable(path, reason).tell(&self.way);
            }
            None => {
                // The store's own words may name a path; the program that opened it has said which file it is.
                TemplatesUnavailable {}.emit();
                Report::unjudged(path).tell(&self.way);
            }
        }
    }
}

/// The way into the gateway.
struct Way(Arc<dyn Publisher>);

impl Tell for Way {
    fn tell(&self, station: Option<&str>, kind: Kind, content: String) {
        // A header without a station is shown under the word that stands for it on the wire.
        let station = station.unwrap_or(crate::judge::NULL);
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

/// `tieline mr …`.
fn run(arguments: Vec<OsString>, desk: &mut Desk<'_>) -> u8 {
    let configuration = desk.configuration;
    let store = move |given: &tool::Given| {
        let settings = configuration(given.config.as_deref(), &given.set)?;
        Ok((settings.store, DicomSettings::from_values(&settings.values)))
    };
    tool::run(
        arguments,
        &mut tool::Desk { out: desk.out, talk: desk.talk, is_terminal: desk.is_terminal, store: &store },
    )
}

#[cfg(test)]
mod clock_tests;
#[cfg(test)]
mod tests;
