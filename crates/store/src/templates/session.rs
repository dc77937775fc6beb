//! What a session of a study holds, learnt from those that were indexed (contract `mr-verdicts`, "Rules of the site").
//!
//! Promises: a series belongs to a session when nine of ten sessions have it; how often and with how many images is what most
//! of them say. Called by the judge when a session begins, and by the self-check.

use super::Templates;
use super::names::fold;
use crate::StoreError;
use std::collections::{BTreeMap, BTreeSet};

/// A series that a session has to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The sequence's name as headers write it.
    pub sequence: String,
    /// The same as it is compared.
    pub folded: String,
    /// The kind of its images; empty when it is not known.
    pub kind: String,
    /// How many such series a session has.
    pub times: u64,
    /// How many images each has, when most agree.
    pub images: Option<u64>,
}

/// What is known of one sequence and kind.
#[derive(Default)]
struct Found {
    name: String,
    /// How many series each session has.
    sessions: BTreeMap<Vec<u8>, u64>,
    /// How many series have so many images.
    images: BTreeMap<u64, u64>,
}

impl Templates<'_> {
    /// What a session of this study holds, by sequence and kind; empty when none was indexed.
    pub fn session(&self, project: &str) -> Result<Vec<Planned>, StoreError> {
        // Of an archive that was moved each folder has all images.
        let sql = "SELECT session, sequence_key, kind, SequenceName,
                          (SELECT coalesce(max(images), 0) FROM acquisition_folder AS held WHERE held.identity = acquisition.identity)
                   FROM acquisition JOIN parameter_set ON id = set_id WHERE study_key = ? AND session IS NOT NULL";
        let read = || {
            let mut query = self.store.connection.prepare_cached(sql)?;
            let mut rows = query.query([fold(project)])?;
            let (mut all, mut sessions) = (BTreeMap::<(String, String), Found>::new(), BTreeSet::new());
            while let Some(row) = rows.next()? {
                let session: Vec<u8> = row.get(0)?;
                let found = all.entry((row.get(1)?, row.get(2)?)).or_default();
                let name: Option<String> = row.get(3)?;
                found.name = name.unwrap_or_default();
                *found.sessions.entry(session.clone()).or_default() += 1;
                let images: i64 = row.get(4)?;
                *found.images.entry(images.unsigned_abs()).or_default() += 1;
                sessions.insert(session);
            }
            Ok((all, sessions.len()))
        };
        let (all, sessions) = read().map_err(self.store.failed("learning what a session holds"))?;
        let nine_of_ten = |(_, found): &(_, Found)| found.sessions.len() * 10 >= sessions * 9;
        Ok(all.into_iter().filter(nine_of_ten).map(|((folded, kind), found)| found.planned(folded, kind)).collect())
    }
}

impl Found {
    fn planned(self, folded: String, kind: String) -> Planned {
        let mut times: BTreeMap<u64, u64> = BTreeMap::new();
        self.sessions.values().for_each(|count| *times.entry(*count).or_default() += 1);
        let times = most_frequent(&times).map_or(1, |(times, _)| times);
        let total: u64 = self.images.values().sum();
        let images = most_frequent(&self.images).filter(|(images, count)| *images > 0 && count * 2 > total);
        Planned { sequence: self.name, folded, kind, times, images: images.map(|(images, _)| images) }
    }
}

/// The most frequent of these, with how often it is there; among equals the greatest.
fn most_frequent(counts: &BTreeMap<u64, u64>) -> Option<(u64, u64)> {
    counts.iter().max_by_key(|(value, count)| (**count, **value)).map(|(value, count)| (*value, *count))
}
