//! Marking: files that were judged, together with what their judgement said, in one transaction.

use super::{Series, bits, number};
use crate::{Store, StoreError};
use rusqlite::{OptionalExtension, Transaction, params};
use std::fmt;

/// What became of a version of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It was judged, or found to be unreadable, and whoever listens was told.
    Judged,
    /// It was there before the first start, and nobody wanted to know.
    Before,
}

/// One version of a file. Every identity is a short keyed hash ([`crate::Key`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileMark {
    /// Of the path ([`super::path_hash`]).
    pub path: u64,
    /// In bytes.
    pub size: u64,
    /// When it was changed last, in whatever steps, as long as they stay the same.
    pub modified: i64,
    /// What became of it.
    pub mark: Mark,
    /// The series and the image of it (SOP Instance UID); `None` where there is no image to count.
    pub image: Option<(u64, u64)>,
    /// Whether the image differs from the template.
    pub differs: bool,
    /// When, in milliseconds since 1970.
    pub at: i64,
}

/// What was said of a series.
#[derive(Clone, Copy)]
pub struct Said<'a> {
    /// The scanner, its raw name.
    pub station: &'a str,
    /// The series: a keyed hash.
    pub uid: u64,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// The content of the `new` that is told; `None` when only the series object is.
    pub content: Option<&'a str>,
    /// The series object as it is from now on.
    pub series: &'a str,
    /// What the judge needs to go on with this series, in a form of its own; it is given back as it was.
    pub memory: &'a [u8],
}

/// A session that has ended.
#[derive(Clone, Copy)]
pub struct SessionEnd<'a> {
    /// The scanner, its raw name.
    pub station: &'a str,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// The content of the `session` that is told.
    pub content: &'a str,
}

/// What one transaction keeps.
#[derive(Debug, Clone, Copy, Default)]
pub struct Batch<'a> {
    /// Files, each once; of two marks of one path the later counts.
    pub files: &'a [FileMark],
    /// In the order in which it is told.
    pub said: &'a [Said<'a>],
    /// In the order in which it is told.
    pub sessions: &'a [SessionEnd<'a>],
}

impl fmt::Debug for Said<'_> {
    /// Without what a header says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Said { station, at, content, .. } = self;
        write!(f, "Said {{ station: {station:?}, at: {at}, is_new: {} }}", content.is_some())
    }
}

impl fmt::Debug for SessionEnd<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionEnd {{ station: {:?}, at: {} }}", self.station, self.at)
    }
}

impl Series<'_> {
    /// Keeps a batch, whole or not at all. To be told afterwards.
    pub fn record(&mut self, batch: &Batch<'_>) -> Result<(), StoreError> {
        let failed = self.store.failed("keeping what was judged");
        let transaction = self.store.writing();
        transaction
            .and_then(|transaction| keep(&transaction, batch).and_then(|()| transaction.commit()))
            .map_err(failed)
    }

    /// What became of exactly this version of a file; `None`: it is not known.
    pub fn mark(&self, path: u64, size: u64, modified: i64) -> Result<Option<Mark>, StoreError> {
        let sql = "SELECT was_judged FROM series_file WHERE path = ? AND size = ? AND modified = ?";
        let find = |store: &Store| {
            let mut query = store.connection.prepare_cached(sql)?;
            query.query_row(params![bits(path), number(size), modified], |row| row.get::<_, bool>(0)).optional()
        };
        let was_judged = find(self.store).map_err(self.store.failed("looking for a file"))?;
        Ok(was_judged.map(|was_judged| if was_judged { Mark::Judged } else { Mark::Before }))
    }

    /// Whether an image of a series was counted, and whether it was one that differs.
    pub fn image(&self, series: u64, image: u64) -> Result<Option<bool>, StoreError> {
        let sql = "SELECT max(differs) FROM series_file WHERE series = ? AND image = ?";
        let find = |store: &Store| {
            store.connection.prepare_cached(sql)?.query_row([bits(series), bits(image)], |row| row.get(0))
        };
        find(self.store).map_err(self.store.failed("looking for an image"))
    }

    /// Whether no file is marked at all, as before the first start.
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        let find = "SELECT NOT EXISTS (SELECT 1 FROM series_file)";
        self.store.connection.query_row(find, [], |row| row.get(0)).map_err(self.store.failed("looking for files"))
    }
}

fn keep(transaction: &Transaction<'_>, batch: &Batch<'_>) -> rusqlite::Result<()> {
    // A mark that takes the place of another one is the newest again: what is oldest goes first.
    let mut mark = transaction.prepare_cached(
        "REPLACE INTO series_file (path, size, modified, was_judged, series, image, differs, at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for file in batch.files {
        let (series, image) = file.image.map(|(series, image)| (bits(series), bits(image))).unzip();
        let (size, was_judged) = (number(file.size), file.mark == Mark::Judged);
        mark.execute(params![bits(file.path), size, file.modified, was_judged, series, image, file.differs, file.at])?;
    }
    if !batch.said.is_empty() {
        let sql = "UPDATE series_clock SET tick = tick + ? RETURNING tick - ?1";
        let many = i64::try_from(batch.said.len()).unwrap_or(i64::MAX);
        let tick: i64 = transaction.prepare_cached(sql)?.query_row([many], |row| row.get(0))?;
        for ((at, said), tick) in batch.said.iter().enumerate().zip(tick..) {
            // What is overtaken within the batch need not be written: nobody reads in between.
            let same = |later: &Said<'_>| later.uid == said.uid && later.station == said.station;
            if said.content.is_some() || !batch.said.iter().skip(at + 1).any(same) {
                say(transaction, said, tick)?;
            }
        }
    }
    let mut end = transaction.prepare_cached("INSERT INTO series_session (station, at, content) VALUES (?, ?, ?)")?;
    for SessionEnd { station, at, content } in batch.sessions {
        end.execute(params![station, at, content])?;
    }
    Ok(())
}

fn say(transaction: &Transaction<'_>, said: &Said<'_>, tick: i64) -> rusqlite::Result<()> {
    let Said { station, uid, at, content, series, memory } = said;
    let id: Option<i64> = match content {
        Some(content) => {
            let sql = "INSERT INTO series_state (station, uid, began, told, content) VALUES (?1, ?2, ?3, ?4, ?5)
                       ON CONFLICT (station, uid) DO UPDATE SET told = ?4, content = ?5 RETURNING id";
            let values = params![station, bits(*uid), at, tick, content];
            Some(transaction.prepare_cached(sql)?.query_row(values, |row| row.get(0))?)
        }
        None => {
            let sql = "SELECT id FROM series_state WHERE station = ? AND uid = ?";
            transaction.prepare_cached(sql)?.query_row(params![station, bits(*uid)], |row| row.get(0)).optional()?
        }
    };
    // A series whose verdict is forgotten by now is remembered from its next one on.
    let Some(id) = id else { return Ok(()) };
    let sql = "REPLACE INTO series_now (id, at, heard, series, memory) VALUES (?, ?, ?, ?, ?)";
    transaction.prepare_cached(sql)?.execute(params![id, at, tick, series, memory]).map(drop)
}
