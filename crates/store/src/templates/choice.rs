//! Which set is the template, and an operator's choice.

use super::names::{COMPARED, PROJECT, SEQUENCE_NAME, TE, fold};
use super::{EchoTimes, Expected, Template, Templates};
use crate::StoreError;
use rusqlite::{Row, params};

/// Sets with their counts. The best comes first: chosen, then most frequent, then newest.
const COUNTED: &str = "SELECT id, count(identity) AS n, min(date), max(date), is_ideal, {columns}
    FROM parameter_set LEFT JOIN acquisition ON set_id = id {where} GROUP BY id HAVING n > 0 OR is_ideal IS NOT NULL
    ORDER BY {names} is_ideal IS NULL, is_ideal DESC, n DESC, max(began) DESC, id DESC";

impl Templates<'_> {
    /// Every set of this study and sequence, the template first. Names are compared folded, never as patterns.
    pub fn sets(&self, project: &str, sequence: &str) -> Result<Vec<Template>, StoreError> {
        let sql = counted("WHERE study_key = ? AND sequence_key = ?", "");
        self.query(&sql, &[&fold(project), &fold(sequence)])
    }

    /// The template of this study and sequence.
    pub fn template(&self, project: &str, sequence: &str) -> Result<Option<Template>, StoreError> {
        Ok(self.sets(project, sequence)?.into_iter().next())
    }

    /// Every set there is, those of one study and sequence together, their template first.
    pub fn all(&self) -> Result<Vec<Template>, StoreError> {
        self.query(&counted("", "study_key, sequence_key,"), &[])
    }

    /// Makes a set the template of its study and sequence, from now on and whatever is counted.
    pub fn choose(&mut self, project: &str, sequence: &str, set: i64) -> Result<(), StoreError> {
        let names = (fold(project), fold(sequence));
        let failed = self.store.failed("choosing a template");
        let path = self.store.path.clone();
        self.store.changes += 1;
        let transaction = self.store.writing().map_err(failed)?;
        let write = || {
            let sql = "UPDATE parameter_set SET is_ideal = NULL WHERE study_key = ? AND sequence_key = ?";
            transaction.execute(sql, params![names.0, names.1])?;
            let sql = "UPDATE parameter_set SET is_ideal = strftime('%Y-%m-%dT%H:%M:%SZ', 'now')
                       WHERE id = ? AND study_key = ? AND sequence_key = ?";
            transaction.execute(sql, params![set, names.0, names.1])
        };
        match write().map_err(StoreError::while_doing(&path, "choosing a template"))? {
            // The transaction ends here undone: a wrong number takes back no earlier choice.
            0 => Err(StoreError::NoSet { path, set }),
            _ => transaction.commit().map_err(StoreError::while_doing(&path, "choosing a template")),
        }
    }

    /// Takes a choice back, so that counting decides again; whether there was one.
    pub fn unchoose(&mut self, project: &str, sequence: &str) -> Result<bool, StoreError> {
        let sql = "UPDATE parameter_set SET is_ideal = NULL
                   WHERE study_key = ? AND sequence_key = ? AND is_ideal IS NOT NULL";
        self.store.changes += 1;
        let taken = self.store.connection.execute(sql, params![fold(project), fold(sequence)]);
        taken.map(|rows| rows > 0).map_err(self.store.failed("taking a choice back"))
    }

    fn query(&self, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Template>, StoreError> {
        let query = self.store.connection.prepare_cached(sql);
        let rows = query.and_then(|mut query| query.query_map(values, read)?.collect());
        rows.map_err(self.store.failed("looking for a template"))
    }
}

fn counted(condition: &str, names: &str) -> String {
    COUNTED.replace("{columns}", &COMPARED.join(", ")).replace("{where}", condition).replace("{names}", names)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Template> {
    let mut expected: [Expected; COMPARED.len()] = Default::default();
    for (at, expected) in expected.iter_mut().enumerate() {
        *expected = row.get::<_, Option<String>>(at + 5)?.into();
    }
    let kept = expected[TE].text();
    let echo_times = kept.and_then(EchoTimes::parse).and_then(|times| times.plain()).or(kept.map(str::to_owned));
    let (set, count, first) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok(Template { set, count, first, last: row.get(3)?, chosen: row.get(4)?, echo_times, expected })
}

impl Template {
    /// Study and sequence as they are looked up.
    pub fn names(&self) -> (String, String) {
        let name = |at: usize| fold(self.expected[at].text().unwrap_or_default());
        (name(PROJECT), name(SEQUENCE_NAME))
    }
}
