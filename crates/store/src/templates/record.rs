//! Counting: acquisitions come in, each belongs to the set of its parameters, and files are marked as done.
//!
//! Promises: a batch is kept whole or not at all, so a kill loses the last batch and counts nothing twice; files may
//! come in any order. Called by `tieline mr index`.

use super::names::{COMPARED, PROJECT, SEQUENCE_NAME, TE, fold};
use super::{EchoTimes, Templates, Texts, Totals};
use crate::{Key, StoreError};
use rusqlite::{OptionalExtension, Row, Transaction, params, params_from_iter, types::Value};
use std::fmt;

/// One acquisition as far as its files were read.
#[derive(Clone, PartialEq)]
pub struct Acquisition {
    /// Keyed hash of what makes it this one: study, series number, sequence name.
    pub identity: [u8; 16],
    /// When it began, as text that sorts by time; empty when the header does not say.
    pub began: String,
    /// The date alone, as the header writes it.
    pub date: Option<String>,
    /// Its parameters: those of its earliest file. The echo time in it has no meaning.
    pub texts: Texts,
    /// The echo times of all its files.
    pub echo_times: EchoTimes,
}

impl Acquisition {
    /// Takes over what another file of the same acquisition says.
    pub fn absorb(&mut self, other: Acquisition) {
        let mut echo_times = std::mem::take(&mut self.echo_times);
        echo_times.extend(&other.echo_times);
        // The smaller texts decide between files of the same moment, so that their order never does.
        if (&other.began, &other.texts) < (&self.began, &self.texts) {
            *self = other;
        }
        self.echo_times = echo_times;
    }
}

impl fmt::Debug for Acquisition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquisition").field("echo_times", &self.echo_times).finish_non_exhaustive()
    }
}

/// A file that needs no second look while it stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileMark {
    /// Keyed hash of its path.
    pub path: [u8; 16],
    /// Its size in bytes.
    pub size: u64,
    /// When it was changed last, in nanoseconds since 1970.
    pub modified: i64,
    /// Whether its header was read, or it was passed over as one of many alike.
    pub was_read: bool,
}

impl Templates<'_> {
    /// Keeps a batch: what these acquisitions add, and that these files are done.
    pub fn record(&mut self, acquisitions: Vec<Acquisition>, files: &[FileMark]) -> Result<(), StoreError> {
        let key = self.store.key();
        let failed = self.store.failed("keeping what was indexed");
        self.store.changes += 1;
        let write = |transaction: &Transaction<'_>| {
            acquisitions.into_iter().try_for_each(|acquisition| keep(transaction, key, acquisition))?;
            files.iter().try_for_each(|file| mark(transaction, file))
        };
        let transaction = self.store.writing();
        transaction.and_then(|transaction| write(&transaction).and_then(|()| transaction.commit())).map_err(failed)
    }

    /// Whether this file is done as it is now: read, or passed over when that is enough (`was_read` is false).
    pub fn is_done(&self, file: &FileMark) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM indexed_file WHERE path = ? AND size = ? AND modified = ? AND was_read >= ?";
        let query = self.store.connection.prepare_cached(sql);
        let values = params![file.path, size(file), file.modified, file.was_read];
        query.and_then(|mut query| query.exists(values)).map_err(self.store.failed("looking for indexed files"))
    }

    /// Forgets what was indexed; sets that an operator chose stay, with nothing counted.
    pub fn forget(&mut self) -> Result<(), StoreError> {
        let failed = self.store.failed("forgetting what was indexed");
        self.store.changes += 1;
        let sql = "DELETE FROM acquisition; DELETE FROM indexed_file;
                   DELETE FROM parameter_set WHERE is_ideal IS NULL;";
        let transaction = self.store.writing();
        let done =
            transaction.and_then(|transaction| transaction.execute_batch(sql).and_then(|()| transaction.commit()));
        done.map_err(failed)
    }

    /// What there is now.
    pub fn totals(&self) -> Result<Totals, StoreError> {
        let sql = "WITH names AS (
                       SELECT count(*) AS sets FROM parameter_set
                       WHERE is_ideal IS NOT NULL OR id IN (SELECT set_id FROM acquisition)
                       GROUP BY study_key, sequence_key)
                   SELECT (SELECT count(*) FROM acquisition), coalesce(sum(sets), 0), count(*),
                          count(*) FILTER (WHERE sets > 1) FROM names";
        let read = |row: &Row<'_>| {
            let number = |at| row.get::<_, i64>(at).map(i64::unsigned_abs);
            let (acquisitions, sets) = (number(0)?, number(1)?);
            Ok(Totals { acquisitions, sets, templates: number(2)?, mixed: number(3)? })
        };
        self.store.connection.query_row(sql, [], read).map_err(self.store.failed("counting"))
    }
}

fn keep(transaction: &Transaction<'_>, key: Key, mut acquisition: Acquisition) -> rusqlite::Result<()> {
    let columns = COMPARED.join(", ");
    let sql = format!(
        "SELECT set_id, began, date, {columns} FROM acquisition JOIN parameter_set ON id = set_id WHERE identity = ?"
    );
    let known = |row: &Row<'_>| {
        let mut texts = Texts::default();
        for (at, text) in texts.iter_mut().enumerate() {
            *text = row.get(at + 3)?;
        }
        let echo_times = texts[TE].as_deref().and_then(EchoTimes::parse).unwrap_or_default();
        let (began, date, identity) = (row.get(1)?, row.get(2)?, acquisition.identity);
        Ok((row.get::<_, i64>(0)?, Acquisition { identity, began, date, texts, echo_times }))
    };
    let known = transaction.prepare_cached(&sql)?.query_row([acquisition.identity], known).optional()?;
    let mut left = None;
    if let Some((set, known)) = known {
        left = Some(set);
        acquisition.texts[TE] = known.texts[TE].clone();
        acquisition.absorb(known);
    }
    acquisition.texts[TE] = acquisition.echo_times.kept();
    let set = set_of(transaction, key, &acquisition.texts)?;
    let sql = "INSERT INTO acquisition VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO UPDATE SET set_id = ?2, date = ?3, began = ?4";
    let values = params![acquisition.identity, set, acquisition.date, acquisition.began];
    transaction.prepare_cached(sql)?.execute(values)?;
    if let Some(left) = left.filter(|left| *left != set) {
        // It was the set of an acquisition half read: one that nobody has and nobody chose is no set.
        let sql = "DELETE FROM parameter_set WHERE id = ?1 AND is_ideal IS NULL
                   AND NOT EXISTS (SELECT 1 FROM acquisition WHERE set_id = ?1)";
        transaction.prepare_cached(sql)?.execute([left])?;
    }
    Ok(())
}

/// The number of the set with these texts, which is made when there is none.
fn set_of(transaction: &Transaction<'_>, key: Key, texts: &Texts) -> rusqlite::Result<i64> {
    // Absent and empty are different.
    let parts = texts.iter().flat_map(|text| match text {
        Some(text) => [b"+".as_slice(), text.as_bytes()],
        None => [b"-".as_slice(), b"".as_slice()],
    });
    let fingerprint = key.hash(parts);
    let find = "SELECT id FROM parameter_set WHERE fingerprint = ?";
    let found = transaction.prepare_cached(find)?.query_row([fingerprint], |row| row.get(0)).optional()?;
    if let Some(found) = found {
        return Ok(found);
    }
    let name = |at: usize| Value::Text(fold(texts[at].as_deref().unwrap_or_default()));
    let values = [name(PROJECT), name(SEQUENCE_NAME), Value::Blob(fingerprint.to_vec())];
    let texts = texts.iter().map(|text| text.clone().map_or(Value::Null, Value::Text));
    let marks = vec!["?"; values.len() + COMPARED.len()].join(", ");
    let columns = COMPARED.join(", ");
    let sql = format!("INSERT INTO parameter_set (study_key, sequence_key, fingerprint, {columns}) VALUES ({marks})");
    transaction.prepare_cached(&sql)?.execute(params_from_iter(values.into_iter().chain(texts)))?;
    Ok(transaction.last_insert_rowid())
}

fn mark(transaction: &Transaction<'_>, file: &FileMark) -> rusqlite::Result<()> {
    let sql = "INSERT INTO indexed_file VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO UPDATE SET was_read = max(was_read, ?4) WHERE size = ?2 AND modified = ?3";
    let values = params![file.path, size(file), file.modified, file.was_read];
    if transaction.prepare_cached(sql)?.execute(values)? == 0 {
        // The file is another one by now.
        transaction.prepare_cached("REPLACE INTO indexed_file VALUES (?, ?, ?, ?)")?.execute(values)?;
    }
    Ok(())
}

fn size(file: &FileMark) -> i64 {
    i64::try_from(file.size).unwrap_or(i64::MAX)
}
