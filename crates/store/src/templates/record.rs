//! Counting: acquisitions come in, each belongs to the set of its parameters, and files are marked as done.
//!
//! Promises: a batch is kept whole or not at all, so a kill loses the last batch and counts nothing twice; files may
//! come in any order. Called by `tieline mr index`.

use super::names::{COMPARED, PROJECT, SEQUENCE_NAME, fold};
use super::values::Values as Held;
use super::{Templates, Texts};
use crate::{Key, StoreError};
use rusqlite::{OptionalExtension, Row, Transaction, params, params_from_iter, types::Value};
use std::collections::HashMap;
use std::fmt;

/// One acquisition as far as its files were read.
#[derive(Clone, PartialEq)]
pub struct Acquisition {
    /// Keyed hash of what makes it this one: study, series number, sequence name, kind.
    pub identity: [u8; 16],
    /// The same without the kind, as it was counted when kinds were not known: it replaces that one.
    pub without_kind: [u8; 16],
    /// Keyed hash of its study: acquisitions of one session have the same.
    pub session: [u8; 16],
    /// The kind of its images, in the backend's words.
    pub kind: &'static str,
    /// When it began, as text that sorts by time; empty when the header does not say.
    pub began: String,
    /// The date alone, as the header writes it.
    pub date: Option<String>,
    /// What its images say.
    pub values: Held,
}

impl Acquisition {
    /// Takes over what another file of the same acquisition says.
    pub fn absorb(&mut self, other: Acquisition) {
        self.values.absorb(other.values);
        if (&other.began, &other.date) < (&self.began, &self.date) {
            (self.began, self.date) = (other.began, other.date);
        }
    }
}

impl fmt::Debug for Acquisition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquisition").field("kind", &self.kind).field("values", &self.values).finish_non_exhaustive()
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
    /// Keyed hash of its folder: an archive that was moved has each image twice, but in another folder.
    pub folder: [u8; 16],
    /// The acquisition it belongs to, when it is one's image.
    pub acquisition: Option<[u8; 16]>,
}

impl Templates<'_> {
    /// Keeps a batch: what these acquisitions add, and that these files are done.
    pub fn record(&mut self, acquisitions: Vec<Acquisition>, files: &[FileMark]) -> Result<(), StoreError> {
        let key = self.store.key();
        let failed = self.store.failed("keeping what was indexed");
        self.store.changes += 1;
        let write = |transaction: &Transaction<'_>| {
            acquisitions.into_iter().try_for_each(|acquisition| keep(transaction, key, acquisition))?;
            let mut images: HashMap<([u8; 16], [u8; 16]), i64> = HashMap::new();
            for file in files {
                let is_new = mark(transaction, file)?;
                if let Some(acquisition) = file.acquisition.filter(|_| is_new) {
                    *images.entry((acquisition, file.folder)).or_default() += 1;
                }
            }
            let sql =
                "INSERT INTO acquisition_folder VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET images = images + ?3";
            let mut add = transaction.prepare_cached(sql)?;
            images.into_iter().try_for_each(|((acquisition, folder), count)| {
                add.execute(params![acquisition, folder, count]).map(drop)
            })
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

    /// Forgets what was indexed; sets that an operator chose stay, with nothing counted, and so do those that were imported.
    pub fn forget(&mut self) -> Result<(), StoreError> {
        let failed = self.store.failed("forgetting what was indexed");
        self.store.changes += 1;
        let sql = "DELETE FROM acquisition; DELETE FROM acquisition_folder; DELETE FROM indexed_file;
                   DELETE FROM parameter_set WHERE is_ideal IS NULL AND told = 0;";
        let transaction = self.store.writing();
        let done =
            transaction.and_then(|transaction| transaction.execute_batch(sql).and_then(|()| transaction.commit()));
        done.map_err(failed)
    }
}

fn keep(transaction: &Transaction<'_>, key: Key, mut acquisition: Acquisition) -> rusqlite::Result<()> {
    let columns = COMPARED.join(", ");
    let sql = format!(
        "SELECT set_id, began, date, varied, {columns} FROM acquisition JOIN parameter_set ON id = set_id WHERE identity = ?"
    );
    let known = |row: &Row<'_>| {
        let mut texts = Texts::default();
        for (at, text) in texts.iter_mut().enumerate() {
            *text = row.get(at + 4)?;
        }
        let varied: Option<String> = row.get(3)?;
        let values = Held::read(texts, varied.as_deref());
        let (began, date) = (row.get(1)?, row.get(2)?);
        Ok((row.get::<_, i64>(0)?, Acquisition { began, date, values, ..acquisition.clone() }))
    };
    let known = transaction.prepare_cached(&sql)?.query_row([acquisition.identity], known).optional()?;
    let mut left = None;
    if let Some((set, known)) = known {
        left = Some(set);
        acquisition.absorb(known);
    } else if let Some(old) = taken_over(transaction, &acquisition)? {
        left = Some(old);
    }
    let set = set_of(transaction, key, acquisition.kind, &acquisition.values)?;
    let sql = "INSERT INTO acquisition (identity, set_id, date, began, session) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT DO UPDATE SET set_id = ?2, date = ?3, began = ?4, session = ?5";
    let values = params![acquisition.identity, set, acquisition.date, acquisition.began, acquisition.session];
    transaction.prepare_cached(sql)?.execute(values)?;
    if let Some(left) = left.filter(|left| *left != set) {
        drop_unused(transaction, left)?;
    }
    Ok(())
}

/// Takes away what was counted of the same acquisition when kinds were not known, and tells its set.
fn taken_over(transaction: &Transaction<'_>, acquisition: &Acquisition) -> rusqlite::Result<Option<i64>> {
    if acquisition.kind.is_empty() {
        return Ok(None);
    }
    let sql = "DELETE FROM acquisition WHERE identity = ?1
               AND (SELECT kind FROM parameter_set WHERE id = set_id) = '' RETURNING set_id";
    transaction.prepare_cached(sql)?.query_row([acquisition.without_kind], |row| row.get(0)).optional()
}

/// It was the set of an acquisition half read: one that nobody has and nobody chose is no set.
pub(super) fn drop_unused(transaction: &Transaction<'_>, set: i64) -> rusqlite::Result<()> {
    let sql = "DELETE FROM parameter_set WHERE id = ?1 AND is_ideal IS NULL AND told = 0
               AND NOT EXISTS (SELECT 1 FROM acquisition WHERE set_id = ?1)";
    transaction.prepare_cached(sql)?.execute([set]).map(drop)
}

/// The number of the set with these values, which is made when there is none.
pub(super) fn set_of(transaction: &Transaction<'_>, key: Key, kind: &str, held: &Held) -> rusqlite::Result<i64> {
    let (texts, varied) = (held.columns(), held.varied());
    // Absent and empty are different.
    let parts = texts.iter().flat_map(|text| match text {
        Some(text) => [b"+".as_slice(), text.as_bytes()],
        None => [b"-".as_slice(), b"".as_slice()],
    });
    // A set without either is the same set as for versions that knew neither.
    let more = [(b"k".as_slice(), kind), (b"v".as_slice(), varied.as_deref().unwrap_or_default())];
    let more = more.into_iter().filter(|(_, text)| !text.is_empty()).flat_map(|(mark, text)| [mark, text.as_bytes()]);
    let fingerprint = key.hash(parts.chain(more));
    let find = "SELECT id FROM parameter_set WHERE fingerprint = ?";
    let found = transaction.prepare_cached(find)?.query_row([fingerprint], |row| row.get(0)).optional()?;
    if let Some(found) = found {
        return Ok(found);
    }
    let name = |at: usize| Value::Text(fold(texts[at].as_deref().unwrap_or_default()));
    let kind = Value::Text(kind.to_owned());
    let varied = varied.map_or(Value::Null, Value::Text);
    let values = [name(PROJECT), name(SEQUENCE_NAME), Value::Blob(fingerprint.to_vec()), kind, varied];
    let texts = texts.iter().map(|text| text.clone().map_or(Value::Null, Value::Text));
    let marks = vec!["?"; values.len() + COMPARED.len()].join(", ");
    let columns = COMPARED.join(", ");
    let sql = format!(
        "INSERT INTO parameter_set (study_key, sequence_key, fingerprint, kind, varied, {columns}) VALUES ({marks})"
    );
    transaction.prepare_cached(&sql)?.execute(params_from_iter(values.into_iter().chain(texts)))?;
    Ok(transaction.last_insert_rowid())
}

/// Marks a file as done; whether no file of this path was known before.
fn mark(transaction: &Transaction<'_>, file: &FileMark) -> rusqlite::Result<bool> {
    let known = "SELECT 1 FROM indexed_file WHERE path = ?";
    let is_new = !transaction.prepare_cached(known)?.exists([file.path])?;
    let sql = "INSERT INTO indexed_file VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO UPDATE SET was_read = max(was_read, ?4) WHERE size = ?2 AND modified = ?3";
    let values = params![file.path, size(file), file.modified, file.was_read];
    if transaction.prepare_cached(sql)?.execute(values)? == 0 {
        // The file is another one by now.
        transaction.prepare_cached("REPLACE INTO indexed_file VALUES (?, ?, ?, ?)")?.execute(values)?;
    }
    Ok(is_new)
}

fn size(file: &FileMark) -> i64 {
    i64::try_from(file.size).unwrap_or(i64::MAX)
}
