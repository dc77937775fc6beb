//! The judge: compares each image with its study's template and judges its series as one thing (contract `mr-verdicts`).
//!
//! Promises: every image is compared; a series' first image is a `new`, and so is every one by which more parameters differ
//! or the verdict gets worse, the others are counted; a series' verdict never gets better; memory is bounded. It watches no
//! folder, and of a series the time is passed in. [`rules`] is what a site expects otherwise than its [`templates`] say.
//! Called by the DICOM backend and the command line with what the reader has read, from one thread at a time.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod compare;
mod images;
mod memory;
mod missing;
mod naming;
mod recall;
mod report;
pub mod rules;
mod series;
mod session;
pub mod templates;
#[cfg(test)]
mod tests;

pub use compare::{Difference, NULL, NotCompared};
pub use memory::Kept;
pub use naming::{NO_STUDY_NAME_HINT, NameFrom, Naming};
pub use report::{Kind, Report, Tell, Verdict};
pub use series::series_uid;
pub use session::SESSION_END;

use compare::{Comparison, compare};
use rules::{Applied, Names, Rules, SessionSettings};
use series::{OfSession, Said, Series};
use session::Sessions;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use templates::{Templates, text};
use tieline_dicom_read::{Header, Parameter, Value};
use tieline_model::Patient;
use tieline_store::templates::Template;
use tieline_store::{Key, Store, StoreError};

/// A series is over when no image came for so long, unless the site says otherwise.
pub const SERIES_END: Duration = Duration::from_secs(60);

/// Judges files, one after the other.
pub struct Judge {
    templates: Templates,
    series: Series,
    sessions: Sessions,
    rules: Rules,
    naming: Naming,
    skipped: u64,
    /// Where what earlier lives knew stands; the templates' own store when it is not given.
    beside: Option<Store>,
    remembers: bool,
}

/// What came out about one header, by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// What differs, in the contract's order.
    pub differences: Vec<Difference>,
    /// What was not compared, in the contract's order.
    pub not_compared: Vec<(Parameter, NotCompared)>,
    /// The template it was compared with; of several the nearest.
    pub template: Option<Arc<Template>>,
    /// Whether there is none because the study has no name.
    pub is_nameless: bool,
    /// The rules of the site that apply.
    pub rules: Arc<Applied>,
}

/// What came out about a file as one of its series.
#[derive(Debug)]
pub struct Taken {
    /// About the file alone.
    pub judgement: Judgement,
    /// About its series so far: the object that frames have.
    pub series: Patient<String>,
    /// What is to be told.
    pub reports: Vec<Report>,
    /// Keyed hashes of the series and of the image, when it was counted.
    pub image: Option<(u64, u64)>,
}

impl Judge {
    /// A judge who knows these templates and no series yet; no rules, and studies are named as usual.
    pub fn new(templates: Templates) -> Judge {
        let series = Series::new(templates.key(), SERIES_END);
        let sessions = Sessions::new(&[], SESSION_END);
        Judge {
            templates,
            series,
            sessions,
            rules: Rules::default(),
            naming: Naming::default(),
            skipped: 0,
            beside: None,
            remembers: false,
        }
    }

    /// The same with the rules of a site, what names its studies, and when a series is over.
    pub fn with(mut self, rules: Rules, naming: Naming, series_end: Duration) -> Judge {
        self.series = Series::new(self.key(), series_end);
        (self.rules, self.naming) = (rules, naming);
        self
    }

    /// The same with what sessions have to hold, and when one is over.
    pub fn with_sessions(mut self, settings: &[SessionSettings], session_end: Duration) -> Judge {
        self.sessions = Sessions::new(settings, session_end);
        self
    }

    /// Judges the next file at this moment and says what is to be told, in this order: series and sessions that are over, then
    /// the file's own.
    /// `now` counts from any moment, and never back. Without an answer from the templates nothing is remembered of it.
    pub fn judge(&mut self, header: &Header, path: &Path, now: Duration) -> Result<Vec<Report>, StoreError> {
        let mut reports = self.tick(now);
        reports.extend(self.take(header, path, now)?.reports);
        Ok(reports)
    }

    /// What is to be told as time goes by: series and sessions that are over.
    pub fn tick(&mut self, now: Duration) -> Vec<Report> {
        let keeps = self.remembers;
        let mut reports: Vec<_> = self.series.end(now).iter().map(|known| Report::series(known, keeps)).collect();
        reports.extend(self.sessions.end(now));
        reports
    }

    /// Judges the next file: what came out, and what is to be told of it and its series.
    pub fn take(&mut self, header: &Header, path: &Path, now: Duration) -> Result<Taken, StoreError> {
        let header = &self.named(header, path);
        let judgement = self.look(header)?;
        if judgement.rules.skipped {
            self.skipped += 1;
            return Ok(Taken { judgement, series: Patient::new("null".to_owned()), reports: Vec::new(), image: None });
        }
        let image = self.series.names(header, path);
        if self.remembers {
            self.ask(header, image, now);
        }
        let project = text(header.parameters.get(Parameter::Project)).unwrap_or_default();
        let study = study(self.key(), header, &project);
        let session = OfSession { study, kind: header.kind, project: Patient::new(project.clone()) };
        let (said, known) = self.series.said(header, path, &judgement, session, now);
        let mut reports = self.sessions.note(&mut self.templates, &project, study, header.kind.as_str(), known, now);
        let (station, series) = (known.station.clone(), report::series(known));
        let keeps = self.remembers;
        let report = |kind, content: String, kept| Report {
            station: station.clone(),
            kind,
            content: Patient::new(content),
            kept,
        };
        match said {
            Said::Nothing => {}
            Said::Changed => reports.push(Report::series(known, keeps)),
            Said::New => {
                let of = report::Of { known, series: &series };
                let kept = keeps.then(|| report::keep(known, Patient::new(series.to_string())));
                reports.push(report(Kind::New, report::content(header, path, &judgement, Some(of)).to_string(), kept));
            }
            Said::Update(count) => {
                reports.extend([report(Kind::Update, count.to_string(), None), Report::series(known, keeps)]);
            }
        }
        Ok(Taken { judgement, series: Patient::new(series.to_string()), reports, image: Some(image) })
    }

    /// The header with the name that its study is known by.
    pub fn named(&self, header: &Header, path: &Path) -> Header {
        let mut header = header.clone();
        self.naming.name(&mut header, path);
        header
    }

    /// Compares one header, which has the name its study is known by, with its template; no series is remembered.
    pub fn look(&mut self, header: &Header) -> Result<Judgement, StoreError> {
        let name = |parameter| match header.parameters.get(parameter) {
            Value::Text(text) => text.as_str(),
            _ => "",
        };
        let (project, sequence) = (name(Parameter::Project), name(Parameter::SequenceName));
        let kind = header.kind.as_str();
        let rules = self.rules.of(Names { project, sequence, station: name(Parameter::Station), kind });
        let is_nameless = project.is_empty();
        let none = |rules| Judgement {
            verdict: Verdict::NoTemplate,
            differences: Vec::new(),
            not_compared: Vec::new(),
            template: None,
            is_nameless,
            rules,
        };
        // A header that does not name its study or sequence has no template, not that of all the nameless.
        let has_sequence = matches!(header.parameters.get(Parameter::SequenceName), Value::Text(_));
        if rules.skipped || is_nameless || !has_sequence {
            return Ok(none(rules));
        }
        let allowed = self.templates.allowed(project, sequence, kind)?;
        // The nearest, and among equals the first; one that fits is near enough.
        let mut nearest: Option<(&Arc<Template>, Comparison)> = None;
        for template in allowed.iter() {
            let found = compare(template, &header.parameters, &rules);
            let fits = found.differences.is_empty();
            if nearest.as_ref().is_none_or(|(_, best)| found.differences.len() < best.differences.len()) {
                nearest = Some((template, found));
            }
            if fits {
                break;
            }
        }
        let Some((template, found)) = nearest else {
            return Ok(none(rules));
        };
        let verdict = if found.differences.is_empty() { Verdict::Conforms } else { Verdict::Differs };
        let (template, Comparison { differences, not_compared }) = (Some(template.clone()), found);
        Ok(Judgement { verdict, differences, not_compared, template, is_nameless, rules })
    }

    /// What a session of this study has to hold, by the names that a session's report has.
    pub fn expected(&mut self, project: &str) -> Vec<String> {
        self.sessions.expected_names(&mut self.templates, project)
    }

    /// How many series had to be forgotten because there were too many: their next file is a `new` again.
    pub fn forgotten(&self) -> u64 {
        self.series.forgotten()
    }

    /// How many images were left out because a rule of the site says so.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// How often a template from memory had to do because the database did not answer.
    pub fn stale(&self) -> u64 {
        self.templates.stale()
    }
}

/// What names a session: its study's UID, or without one what tells it from other days and people.
fn study(key: Key, header: &Header, project: &str) -> u64 {
    let read = |parameter| text(header.parameters.get(parameter)).unwrap_or_default();
    match header.study.reveal().as_str() {
        "" => key.short([project, &read(Parameter::SubId), &read(Parameter::AcqDate)].map(str::as_bytes)),
        study => key.short([study.as_bytes()]),
    }
}

impl Judgement {
    /// The content of a `new` message about this file alone: JSON, keys in the contract's order.
    pub fn content(&self, header: &Header, path: &Path) -> String {
        report::content(header, path, self, None).to_string()
    }
}
