//! What was said about each series: its verdict, how many images it has and how many of them differ.
//!
//! Promises: a verdict never gets better; an image counts once, however often its file comes; the order of images makes no
//! difference to what is known in the end. At most so many series and images are remembered, and what was forgotten is
//! counted.

use super::compare::Difference;
use super::images::Images;
use super::missing::Missing;
use super::{Judgement, Verdict, memory};
use crate::templates::Templates;
use lru::LruCache;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;
use tieline_dicom_read::{Header, Parameter, SeriesKind, Value};
use tieline_model::Patient;
use tieline_store::Key;

/// How many series are remembered: some weeks of a large site, a few megabytes.
const MOST: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();
/// How many of them can be under way at once; the oldest ends when there are more.
const MOST_OPEN: usize = 64;
/// A series that was followed by another of its station still gets images for so long: scanners export side by side.
const OVERLAP: Duration = Duration::from_secs(2);
/// Letters that are kept of a value that differs.
const LETTERS: usize = 1000;

/// Series by their identity.
pub(super) struct Series {
    known: LruCache<u64, Known>,
    /// Those that may still get images.
    open: Vec<u64>,
    images: Images,
    key: Key,
    pub(super) end: Duration,
    forgotten: u64,
}

/// One series.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) station: Option<String>,
    pub(super) number: Value,
    pub(super) name: Value,
    /// A keyed hash of what makes it this series.
    pub(super) uid: u64,
    pub(super) verdict: Verdict,
    /// One of each parameter that differed in any image, in the contract's order.
    pub(super) differences: Vec<Difference>,
    pub(super) images: u64,
    pub(super) differing: u64,
    /// The smallest instance number of those that differ.
    pub(super) first_differing: Option<i64>,
    pub(super) missing: Missing,
    /// Whether it is over: no image came for long, or another series came after it.
    pub(super) ended: bool,
    pub(super) last: Duration,
    pub(super) is_followed: bool,
    /// Whether an earlier life has counted images of it, which [`Images`] does not know.
    pub(super) is_recalled: bool,
    /// That of its last image.
    pub(super) session: OfSession,
}

/// What tells to which session a series belongs.
#[derive(Debug, Clone)]
pub(super) struct OfSession {
    /// The study: a keyed hash.
    pub(super) study: u64,
    pub(super) kind: SeriesKind,
    /// The study's name.
    pub(super) project: Patient<String>,
}

/// What there is to say about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// The whole judgement.
    New,
    /// That it is the so-many-th further file of its series.
    Update(u64),
    /// That an image that was counted differs now: its file came again, with another header.
    Changed,
    /// It was said already.
    Nothing,
}

impl Series {
    pub(super) fn new(key: Key, end: Duration) -> Series {
        let (known, open) = (LruCache::new(MOST), Vec::new());
        Series { known, open, images: Images::default(), key, end, forgotten: 0 }
    }

    /// Remembers an image's judgement and says what is to be told, with what is known of its series now.
    pub(super) fn said(
        &mut self,
        header: &Header,
        path: &Path,
        judgement: &Judgement,
        session: OfSession,
        now: Duration,
    ) -> (Said, &Known) {
        let identity = self.identity(header);
        let image = self.image(identity, header, path);
        if !self.known.contains(&identity) {
            self.forgotten += u64::from(self.known.len() == self.known.cap().get());
        }
        let mut is_new = false;
        let station = station(header);
        let known = self.known.get_or_insert_mut(identity, || {
            is_new = true;
            Known::new(header, identity, session.clone())
        });
        known.last = now;
        known.ended = false;
        known.is_followed = false;
        known.session = session.clone();
        let (is_further, now_differs) = self.images.take(image, judgement.verdict == Verdict::Differs);
        let grew = known.take(header, judgement, is_further, now_differs);
        if is_new || !self.open.contains(&identity) {
            self.open.retain(|one| *one != identity);
            self.open.push(identity);
        }
        for other in self.open.iter().filter(|other| **other != identity) {
            if let Some(other) = self.known.peek_mut(other).filter(|other| other.station.as_deref() == station) {
                other.is_followed = true;
            }
        }
        let said = match self.known.peek(&identity) {
            _ if is_new || grew => Said::New,
            Some(known) if is_further => Said::Update(known.images.saturating_sub(1)),
            _ if now_differs => Said::Changed,
            _ => Said::Nothing,
        };
        // It was put in above, and nothing was since.
        let known = self.known.get_or_insert(identity, || Known::new(header, identity, session));
        (said, known)
    }

    /// Ends the series that are over at this moment, and gives them.
    pub(super) fn end(&mut self, now: Duration) -> Vec<Known> {
        let mut ended = Vec::new();
        let (known, end) = (&mut self.known, self.end);
        let surplus = self.open.len().saturating_sub(MOST_OPEN);
        let mut at = 0;
        self.open.retain(|identity| {
            at += 1;
            let Some(series) = known.peek_mut(identity) else { return false };
            let idle = now.saturating_sub(series.last);
            let is_over = idle >= end || (series.is_followed && idle >= OVERLAP.min(end)) || at <= surplus;
            if is_over {
                series.ended = true;
                ended.push(series.clone());
            }
            !is_over
        });
        ended
    }

    /// Which image a file is: its series and itself.
    pub(super) fn names(&self, header: &Header, path: &Path) -> (u64, u64) {
        let series = self.identity(header);
        (series, self.image(series, header, path))
    }

    /// Whether this series is known: then whether an earlier life may have counted an image of it that is not known here.
    pub(super) fn asks(&self, (series, image): (u64, u64)) -> Option<bool> {
        self.known.peek(&series).map(|known| known.is_recalled && !self.images.has(image))
    }

    /// Takes over what an earlier life knew of a series, under way or not.
    pub(super) fn recall(
        &mut self,
        memory: &[u8],
        uid: u64,
        last: Duration,
        templates: &mut Templates,
    ) -> Option<&Known> {
        let known = memory::read(memory, uid, last, templates)?;
        if !known.ended {
            self.open.push(uid);
        }
        self.known.put(uid, known);
        self.known.peek(&uid)
    }

    /// What another life needs to go on with this series, as it is now.
    pub(super) fn memory(&self, uid: u64) -> Option<Vec<u8>> {
        self.known.peek(&uid).map(memory::write)
    }

    /// Takes over that an earlier life has counted an image.
    pub(super) fn counted(&mut self, image: u64, differs: bool) {
        let _ = self.images.take(image, differs);
    }

    /// How many series were forgotten.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    fn identity(&self, header: &Header) -> u64 {
        series_uid(self.key, header)
    }

    /// An image is what its UID names, wherever its file lies; without one it is its file.
    fn image(&self, series: u64, header: &Header, path: &Path) -> u64 {
        let series = format!("{series:x}");
        match header.image.reveal().as_str() {
            "" => self.key.short([series.as_bytes(), b"path", path.as_os_str().as_encoded_bytes()]),
            // The number as well, for the same reason as a series'.
            image => self.key.short([
                series.as_bytes(),
                image.as_bytes(),
                &header.instance.unwrap_or_default().to_le_bytes(),
            ]),
        }
    }
}

/// The series that an image with this header belongs to, as a keyed hash: what its UID names on its station; without one,
/// its study, number and name.
pub fn series_uid(key: Key, header: &Header) -> u64 {
    let parameters = &header.parameters;
    let read = |parameter| crate::templates::text(parameters.get(parameter)).unwrap_or_default();
    let (station, number, series) = (read(Parameter::Station), read(Parameter::SeriesNumber), header.series.reveal());
    match series.is_empty() {
        // The number as well: what makes people nameless gives all their series one UID at times.
        false => hash(key, &[&station, series, &number]),
        true => hash(key, &[&station, header.study.reveal(), &number, &read(Parameter::SequenceName)]),
    }
}

fn hash(key: Key, parts: &[&str]) -> u64 {
    key.short(parts.iter().map(|part| part.as_bytes()))
}

fn station(header: &Header) -> Option<&str> {
    match header.parameters.get(Parameter::Station) {
        Value::Text(station) => Some(station),
        _ => None,
    }
}

impl Known {
    fn new(header: &Header, uid: u64, session: OfSession) -> Known {
        let parameter = |parameter| header.parameters.get(parameter).clone();
        Known {
            station: station(header).map(str::to_owned),
            number: parameter(Parameter::SeriesNumber),
            name: parameter(Parameter::SequenceName),
            uid,
            verdict: Verdict::Conforms,
            differences: Vec::new(),
            images: 0,
            differing: 0,
            first_differing: None,
            missing: Missing::default(),
            ended: false,
            last: Duration::ZERO,
            is_followed: false,
            is_recalled: false,
            session,
        }
    }

    /// Takes an image's judgement over; whether the series is worse by it in a way that was not told.
    fn take(&mut self, header: &Header, judgement: &Judgement, is_further: bool, now_differs: bool) -> bool {
        self.images += u64::from(is_further);
        self.differing += u64::from(now_differs);
        if judgement.verdict == Verdict::Differs {
            self.first_differing = [self.first_differing, header.instance].into_iter().flatten().min();
        }
        let worse = judgement.verdict.worse(self.verdict);
        let mut grew = worse != self.verdict;
        self.verdict = worse;
        for difference in &judgement.differences {
            if self.differences.iter().all(|known| known.parameter != difference.parameter) {
                self.differences.push(shortened(difference));
                grew = true;
            }
        }
        self.differences.sort_by_key(|one| crate::templates::COMPARED.iter().position(|known| *known == one.parameter));
        if let Some(template) = &judgement.template {
            self.missing.came(template, header);
        }
        grew
    }
}

/// What is kept of a difference: texts of a reasonable length.
fn shortened(difference: &Difference) -> Difference {
    let short = |text: &str| text.chars().take(LETTERS).collect::<String>();
    let have = match &difference.have {
        Value::Text(text) => Value::Text(short(text)),
        other => other.clone(),
    };
    Difference { parameter: difference.parameter, expect: Patient::new(short(difference.expect.reveal())), have }
}
