//! Sessions: which series a study on one scanner has had, and in the end what is missing, broken off or there too often
//! (contract `mr-verdicts`, "Rules of the site").
//!
//! Promises: one session per scanner at a time; it ends with the next study there, or when nothing came for long; a study of
//! which nothing is expected is not spoken of. Memory is bounded. It knows no clock: the time is passed in.

use super::series::{Known, OfSession};
use super::{Kind, NULL, Report, Verdict};
use crate::rules::{SessionSettings, glob};
use crate::templates::{Templates, text};
use globset::GlobMatcher;
use serde_json::{Value as Json, json};
use std::time::Duration;
use tieline_model::Patient;
use tieline_store::templates::{Planned, fold};

/// A session is over when no image came for so long, unless the site says otherwise.
pub const SESSION_END: Duration = Duration::from_secs(20 * 60);
/// So many scanners have a session at a time; the one that was quiet for longest ends when there are more.
const SCANNERS: usize = 256;
/// So many series of one session are followed.
const SERIES: usize = 500;

/// The sessions of all scanners.
pub(super) struct Sessions {
    open: Vec<Open>,
    rules: Vec<Rule>,
    end: Duration,
}

/// What a site says about the sessions of some studies.
struct Rule {
    project: Option<GlobMatcher>,
    sequences: Vec<(String, GlobMatcher)>,
    images: Vec<(GlobMatcher, u64)>,
}

/// The session of one scanner.
struct Open {
    station: Option<String>,
    study: u64,
    last: Duration,
    expected: Vec<Expected>,
    series: Vec<Ran>,
}

/// What a session has to hold.
struct Expected {
    name: String,
    sequence: Option<GlobMatcher>,
    folded: String,
    /// Any, when it is empty.
    kind: String,
    times: u64,
    images: Option<u64>,
}

/// A series that there was.
struct Ran {
    uid: u64,
    name: String,
    folded: String,
    kind: &'static str,
    images: u64,
    differs: bool,
}

impl Sessions {
    pub(super) fn new(settings: &[SessionSettings], end: Duration) -> Sessions {
        Sessions { open: Vec::new(), rules: settings.iter().filter_map(Rule::new).collect(), end }
    }

    /// Notes what is known of a series after one more image, and gives the sessions that end by it.
    pub(super) fn note(
        &mut self,
        templates: &mut Templates,
        project: &str,
        study: u64,
        kind: &'static str,
        known: &Known,
        now: Duration,
    ) -> Vec<Report> {
        let mut ended = Vec::new();
        let at = self.open.iter().position(|open| open.station == known.station);
        let at = match at {
            Some(at) if self.open[at].study == study => at,
            other => {
                if let Some(before) = other.map(|at| self.open.remove(at)) {
                    ended.extend(before.report());
                }
                if self.open.len() >= SCANNERS {
                    let quiet = self.open.iter().enumerate().min_by_key(|(_, open)| open.last).map_or(0, |(at, _)| at);
                    ended.extend(self.open.remove(quiet).report());
                }
                let expected = self.expected(templates, project);
                let station = known.station.clone();
                self.open.push(Open { station, study, last: now, expected, series: Vec::new() });
                self.open.len() - 1
            }
        };
        if let Some(open) = self.open.get_mut(at) {
            // Those of an earlier life come in the order in which they began.
            open.last = open.last.max(now);
            open.note(known, kind);
        }
        ended
    }

    /// Takes over a series of an earlier life, those of a session in the order in which they began: as if its last image came
    /// at this moment.
    pub(super) fn recall(&mut self, templates: &mut Templates, known: &Known) {
        let OfSession { study, kind, project } = &known.session;
        let _ = self.note(templates, project.reveal(), *study, kind.as_str(), known, known.last);
    }

    /// Sessions that are over at this moment.
    pub(super) fn end(&mut self, now: Duration) -> Vec<Report> {
        let end = self.end;
        let over = self.open.extract_if(.., |open| now.saturating_sub(open.last) >= end);
        over.filter_map(|open| open.report()).collect()
    }

    /// The names of what a session of this study has to hold.
    pub(super) fn expected_names(&self, templates: &mut Templates, project: &str) -> Vec<String> {
        self.expected(templates, project).into_iter().map(|one| one.name).collect()
    }

    /// What a session of this study has to hold: what the site says, or what was learnt. When the store does not answer, nothing.
    fn expected(&self, templates: &mut Templates, project: &str) -> Vec<Expected> {
        let folded = fold(project);
        let rule = self.rules.iter().find(|rule| rule.project.as_ref().is_none_or(|glob| glob.is_match(&folded)));
        let learnt = templates.session(project).unwrap_or_default();
        let images = |name: &str| {
            let of = rule.into_iter().flat_map(|rule| &rule.images).find(|(glob, _)| glob.is_match(name));
            of.map(|(_, images)| *images)
        };
        match rule.filter(|rule| !rule.sequences.is_empty()) {
            Some(rule) => rule
                .sequences
                .iter()
                .map(|(name, glob)| {
                    let mut same = learnt.iter().filter(|one| glob.is_match(&one.folded));
                    // One name of several series leaves open how many there are, and how large.
                    let alone = same.next().filter(|_| same.next().is_none());
                    Expected {
                        name: name.clone(),
                        sequence: Some(glob.clone()),
                        folded: String::new(),
                        kind: String::new(),
                        times: alone.map_or(u64::MAX, |one| one.times),
                        images: images(&fold(name)).or_else(|| alone.and_then(|one| one.images)),
                    }
                })
                .collect(),
            None => learnt
                .iter()
                .map(|one| Expected {
                    name: shown(one, &learnt),
                    sequence: None,
                    folded: one.folded.clone(),
                    kind: one.kind.clone(),
                    times: one.times,
                    images: images(&one.folded).or(one.images),
                })
                .collect(),
        }
    }
}

/// The sequence's name, with the kind where one name stands for several.
fn shown(one: &Planned, all: &[Planned]) -> String {
    let several = all.iter().filter(|other| other.folded == one.folded).count() > 1;
    if several { format!("{} ({})", one.sequence, one.kind) } else { one.sequence.clone() }
}

impl Rule {
    fn new(settings: &SessionSettings) -> Option<Rule> {
        let project = if settings.project.is_empty() { None } else { Some(glob(&settings.project).ok()?) };
        let sequences = settings.sequences.iter().filter_map(|name| Some((name.clone(), glob(name).ok()?))).collect();
        let images =
            settings.images.0.iter().filter_map(|(name, count)| Some((glob(name).ok()?, count.as_u64()?))).collect();
        Some(Rule { project, sequences, images })
    }
}

impl Expected {
    fn is(&self, ran: &Ran) -> bool {
        match &self.sequence {
            Some(glob) => glob.is_match(&ran.folded),
            None => self.folded == ran.folded && (self.kind.is_empty() || self.kind == ran.kind),
        }
    }
}

impl Open {
    fn note(&mut self, known: &Known, kind: &'static str) {
        let is_full = self.series.len() >= SERIES;
        let differs = known.verdict == Verdict::Differs;
        match self.series.iter_mut().rev().find(|ran| ran.uid == known.uid) {
            Some(ran) => (ran.images, ran.differs) = (known.images, differs),
            None if !is_full => {
                let name = text(&known.name).unwrap_or_else(|| NULL.to_owned());
                let folded = fold(&name);
                self.series.push(Ran { uid: known.uid, name, folded, kind, images: known.images, differs });
            }
            None => {}
        }
    }

    fn report(self) -> Option<Report> {
        let content = Patient::new(self.json().to_string());
        (!self.expected.is_empty()).then_some(Report {
            station: self.station,
            kind: Kind::Session,
            content,
            kept: None,
        })
    }

    fn json(&self) -> Json {
        let (mut missing, mut incomplete, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
        for expected in &self.expected {
            let ran: Vec<&Ran> = self.series.iter().filter(|ran| expected.is(ran)).collect();
            if ran.is_empty() {
                missing.push(expected.name.as_str());
            }
            if ran.len() as u64 > expected.times {
                repeated.push(expected.name.as_str());
            }
            if let Some(images) = expected.images {
                let short = ran.iter().filter(|ran| ran.images < images);
                incomplete
                    .extend(short.map(|ran| json!({"sequence": ran.name, "expected": images, "got": ran.images})));
            }
        }
        let differing: Vec<_> = self.series.iter().filter(|ran| ran.differs).map(|ran| ran.name.as_str()).collect();
        json!({"missing": missing, "incomplete": incomplete, "repeated": repeated, "differing": differing})
    }
}
