//! What seeded errors are made from: some files that conform, and one file of each series of each session.
//!
//! Promises: the same seed and the same archive give the same files; memory is bounded by the archive's series.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tieline_dicom_judge::templates::text;
use tieline_dicom_read::{Header, Parameter};
use tieline_store::templates::fold;

/// So many files are kept to be changed.
const KEPT: usize = 10_000;
/// So many sessions are kept to take a series from.
const SESSIONS: usize = 20_000;

/// One session: a file of each sequence and kind.
pub(super) type Session = BTreeMap<(String, &'static str), PathBuf>;

/// What was found worth keeping.
pub(super) struct Archive {
    pub(super) files: Vec<PathBuf>,
    /// By study and what tells it from other days and people.
    pub(super) sessions: BTreeMap<[String; 3], Session>,
    seen: u64,
    chance: Chance,
}

impl Archive {
    /// Nothing yet.
    pub(super) fn new(seed: u64) -> Archive {
        Archive { files: Vec::new(), sessions: BTreeMap::new(), seen: 0, chance: Chance(seed) }
    }

    /// Notes a file that conforms. Of all files each has the same chance to be kept.
    pub(super) fn note(&mut self, header: &Header, path: &Path) {
        self.seen += 1;
        if self.files.len() < KEPT {
            self.files.push(path.to_path_buf());
        } else if let Some(place) = self.files.get_mut(self.chance.below(self.seen)) {
            *place = path.to_path_buf();
        }
        let read = |parameter| text(header.parameters.get(parameter)).unwrap_or_default();
        let study = match header.study.reveal().as_str() {
            "" => [read(Parameter::Project), read(Parameter::SubId), read(Parameter::AcqDate)],
            study => [study.to_owned(), String::new(), String::new()],
        };
        if self.sessions.len() < SESSIONS || self.sessions.contains_key(&study) {
            let series = (fold(&read(Parameter::SequenceName)), header.kind.as_str());
            self.sessions.entry(study).or_default().entry(series).or_insert_with(|| path.to_path_buf());
        }
    }
}

/// Numbers that look like chance and are the same each time (SplitMix64, by Sebastiano Vigna).
pub(super) struct Chance(pub(super) u64);

impl Chance {
    /// The next one.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// The next one below this; 0 when there is none.
    pub(super) fn below(&mut self, end: u64) -> usize {
        usize::try_from(self.next() % end.max(1)).unwrap_or_default()
    }
}
