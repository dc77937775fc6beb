//! Which set is the template, and an operator's choice.

use super::learn::{Raw, learn};
use super::names::{COMPARED, PROJECT, SEQUENCE_NAME, fold};
use super::values::Values;
use super::{Template, Templates, Texts, Totals};
use crate::StoreError;
use rusqlite::{Row, params};

/// Sets with their counts, those of one study, sequence and kind together. What an import has told counts as if it had been
/// counted here, unless more was.
const COUNTED: &str =
    "SELECT id, max(count(identity), told), coalesce(min(date), told_first), coalesce(max(date), told_last),
    max(began), is_ideal, kind, varied, study_key, sequence_key, {columns}
    FROM parameter_set LEFT JOIN acquisition ON set_id = id {where} GROUP BY id
    HAVING max(count(identity), told) > 0 OR is_ideal IS NOT NULL ORDER BY study_key, sequence_key, kind";

impl Templates<'_> {
    /// Every set of this study and sequence, those of one kind together, their template first. Names are compared folded,
    /// never as patterns.
    pub fn sets(&self, project: &str, sequence: &str) -> Result<Vec<Template>, StoreError> {
        let mut sets = Vec::new();
        let condition = "WHERE study_key = ? AND sequence_key = ?";
        self.groups(condition, &[&fold(project), &fold(sequence)], |group| sets.extend(learn(group)))?;
        Ok(sets)
    }

    /// The template of this study, sequence and kind; when there is none, that of images whose kind is not known.
    pub fn template(&self, project: &str, sequence: &str, kind: &str) -> Result<Option<Template>, StoreError> {
        let mut best = None;
        // The unknown kind comes first, so that the known one replaces it.
        let condition = "WHERE study_key = ? AND sequence_key = ? AND kind IN ('', ?)";
        self.groups(condition, &[&fold(project), &fold(sequence), &kind], |group| {
            best = learn(group).into_iter().next().or(best.take());
        })?;
        Ok(best)
    }

    /// Every set there is, those of one study, sequence and kind together, their template first.
    pub fn all(&self) -> Result<Vec<Template>, StoreError> {
        let mut sets = Vec::new();
        self.groups("", &[], |group| sets.extend(learn(group)))?;
        Ok(sets)
    }

    /// What there is now.
    pub fn totals(&self) -> Result<Totals, StoreError> {
        let mut totals = Totals::default();
        self.groups("", &[], |group| {
            let sets = learn(group).len() as u64;
            totals.sets += sets;
            totals.templates += 1;
            totals.mixed += u64::from(sets > 1);
        })?;
        let sql = "SELECT count(*) FROM acquisition";
        let count = self.store.connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        totals.acquisitions = count.map_err(self.store.failed("counting"))?.unsigned_abs();
        Ok(totals)
    }

    /// Gives the sets of each study, sequence and kind to `each`, one group after the other.
    pub(super) fn groups(
        &self,
        condition: &str,
        values: &[&dyn rusqlite::ToSql],
        mut each: impl FnMut(Vec<Raw>),
    ) -> Result<(), StoreError> {
        let sql = COUNTED.replace("{columns}", &COMPARED.join(", ")).replace("{where}", condition);
        let mut read = || {
            let mut query = self.store.connection.prepare_cached(&sql)?;
            let mut rows = query.query(values)?;
            let mut group: Vec<Raw> = Vec::new();
            let mut names = (String::new(), String::new(), String::new());
            while let Some(row) = rows.next()? {
                let next = (row.get(8)?, row.get(9)?, row.get(6)?);
                if next != names && !group.is_empty() {
                    each(std::mem::take(&mut group));
                }
                names = next;
                group.push(raw(row)?);
            }
            if !group.is_empty() {
                each(group);
            }
            Ok(())
        };
        read().map_err(self.store.failed("looking for a template"))
    }

    /// Makes a set the template of its study, sequence and kind, from now on and whatever is counted.
    pub fn choose(&mut self, project: &str, sequence: &str, set: i64) -> Result<(), StoreError> {
        let names = (fold(project), fold(sequence));
        let failed = self.store.failed("choosing a template");
        let path = self.store.path.clone();
        self.store.changes += 1;
        let transaction = self.store.writing().map_err(failed)?;
        let write = || {
            let sql = "UPDATE parameter_set SET is_ideal = NULL WHERE study_key = ?1 AND sequence_key = ?2
                       AND kind = (SELECT kind FROM parameter_set WHERE id = ?3)";
            transaction.execute(sql, params![names.0, names.1, set])?;
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

    /// Takes the choices of all kinds back, so that counting decides again; whether there was one.
    pub fn unchoose(&mut self, project: &str, sequence: &str) -> Result<bool, StoreError> {
        let sql = "UPDATE parameter_set SET is_ideal = NULL
                   WHERE study_key = ? AND sequence_key = ? AND is_ideal IS NOT NULL";
        self.store.changes += 1;
        let taken = self.store.connection.execute(sql, params![fold(project), fold(sequence)]);
        taken.map(|rows| rows > 0).map_err(self.store.failed("taking a choice back"))
    }
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    let mut columns = Texts::default();
    for (at, text) in columns.iter_mut().enumerate() {
        *text = row.get(at + 10)?;
    }
    let varied: Option<String> = row.get(7)?;
    let values = Values::read(columns, varied.as_deref());
    let (set, count, first, last) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    Ok(Raw { set, count, first, last, newest: row.get(4)?, chosen: row.get(5)?, kind: row.get(6)?, values })
}

impl Template {
    /// Study and sequence as they are looked up.
    pub fn names(&self) -> (String, String) {
        let name = |at: usize| fold(self.expected[at].text().unwrap_or_default());
        (name(PROJECT), name(SEQUENCE_NAME))
    }
}
