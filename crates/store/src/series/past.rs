//! Reading the past: what each station was told last, a series, and pages of series, newest first.

use super::{Series, bits, hash, number};
use crate::{Store, StoreError};
use rusqlite::{OptionalExtension, Params, Row, Transaction, params};
use std::fmt;

/// What a page holds at most, in bytes about; the rest is on the next one.
const BYTES: usize = 8 << 20;
const ALL: &str =
    "SELECT id, station, uid, began, at, series, memory, content FROM series_state JOIN series_now USING (id)";

/// What is remembered of a series.
#[derive(Clone, PartialEq, Eq)]
pub struct Remembered {
    /// Its number: larger began later, and none is given twice.
    pub id: i64,
    /// The scanner, its raw name.
    pub station: String,
    /// The series: a keyed hash.
    pub uid: u64,
    /// When its first image was judged, in milliseconds since 1970.
    pub began: i64,
    /// When the last was.
    pub at: i64,
    /// The content of its last `new`.
    pub content: String,
    /// The series object that was said last.
    pub series: String,
    /// What the judge needs to go on.
    pub memory: Vec<u8>,
}

/// What a station was told last: told again in this order, the state is as it was.
#[derive(Clone, PartialEq, Eq)]
pub struct Last {
    /// The scanner, its raw name.
    pub station: String,
    /// The content of the last `new`, as it was told.
    pub content: String,
    /// The newest series object, whichever series it is about.
    pub series: String,
    /// The content of the last `session`.
    pub session: Option<String>,
}

/// A page of series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Newest first.
    pub series: Vec<Remembered>,
    /// What to ask on with; `None`: that was the last page.
    pub next: Option<i64>,
}

impl fmt::Debug for Remembered {
    /// Without what a header says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Remembered { id, station, began, at, .. } = self;
        write!(f, "Remembered {{ id: {id}, station: {station:?}, began: {began}, at: {at} }}")
    }
}

impl fmt::Debug for Last {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Last {{ station: {:?}, had_a_session: {} }}", self.station, self.session.is_some())
    }
}

impl Series<'_> {
    /// What each station was told last, those that were told a verdict earlier first: told again in this order, everything is
    /// kept in the order it was kept in.
    pub fn last_of_each_station(&self) -> Result<Vec<Last>, StoreError> {
        // A column beside a maximum is of the row that has it (SQLite, "Bare columns in an aggregate query").
        let sql = "SELECT station,
                 (SELECT content FROM series_state AS one WHERE one.station = newest.station ORDER BY told DESC LIMIT 1),
                 (SELECT series FROM series_now WHERE series_now.id = newest.id),
                 (SELECT content FROM series_session AS one WHERE one.station = newest.station ORDER BY id DESC LIMIT 1)
             FROM (SELECT station, id, max(heard) AS heard FROM series_state JOIN series_now USING (id) GROUP BY station)
                 AS newest
             ORDER BY (SELECT max(told) FROM series_state AS one WHERE one.station = newest.station)";
        self.list(sql, [], |row| {
            let (station, content) = (row.get(0)?, row.get(1)?);
            Ok(Last { station, content, series: row.get(2)?, session: row.get(3)? })
        })
    }

    /// When files were marked for the first time, which is `now` (milliseconds since 1970) unless it was before.
    pub fn began(&mut self, now: i64) -> Result<i64, StoreError> {
        let find = |store: &Store| -> rusqlite::Result<Option<i64>> {
            store.connection.query_row("SELECT began FROM series_clock", [], |row| row.get(0))
        };
        // Who has begun before writes nothing.
        if let Some(began) = find(self.store).map_err(self.store.failed("asking since when files are marked"))? {
            return Ok(began);
        }
        let sql = "UPDATE series_clock SET began = coalesce(began, ?) RETURNING began";
        let failed = self.store.failed("noting since when files are marked");
        let note = |transaction: Transaction<'_>| {
            let began = transaction.query_row(sql, [now], |row| row.get(0))?;
            transaction.commit().map(|()| began)
        };
        self.store.writing().and_then(note).map_err(failed)
    }

    /// With as many marks of files as this or more: when the oldest of them was made. What is older may have been forgotten.
    pub fn full_since(&self, files: u64) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT at FROM series_file WHERE id = (SELECT min(id) FROM series_file)
                   AND id <= (SELECT max(id) FROM series_file) - ?";
        let find = |store: &Store| store.connection.query_row(sql, [number(files) - 1], |row| row.get(0)).optional();
        find(self.store).map_err(self.store.failed("looking for the oldest file"))
    }

    /// Whether a session of this station has ended at this moment or later.
    pub fn has_session_since(&self, station: &str, at: i64) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM series_session WHERE station = ? AND at >= ?)";
        let find = |store: &Store| store.connection.query_row(sql, params![station, at], |row| row.get(0));
        find(self.store).map_err(self.store.failed("looking for a session"))
    }

    /// Sessions that ended at `since` (milliseconds since 1970) or later, newest first, at most `limit`: station, when, content.
    pub fn sessions(&self, since: i64, limit: usize) -> Result<Vec<(String, i64, String)>, StoreError> {
        let sql = "SELECT station, at, content FROM series_session WHERE at >= ? ORDER BY id DESC LIMIT ?";
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        self.list(sql, params![since, most], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    }

    /// What is remembered of a series.
    pub fn state(&self, station: &str, uid: u64) -> Result<Option<Remembered>, StoreError> {
        let sql = format!("{ALL} WHERE station = ? AND uid = ?");
        let find = |store: &Store| {
            store.connection.prepare_cached(&sql)?.query_row(params![station, bits(uid)], remembered).optional()
        };
        find(self.store).map_err(self.store.failed("looking for a series"))
    }

    /// Series of a station, or of all, whose last image was judged at `since` (milliseconds since 1970) or later, newest
    /// first, at most `limit`. `before`: the `next` of the page before.
    pub fn history(
        &self,
        station: Option<&str>,
        since: i64,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        // One more than is asked for says whether there is a next page.
        let (before, most) = (before.unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1));
        let of_station = if station.is_some() { "station = ?4 AND" } else { "?4 IS NULL AND" };
        let sql = format!(
            "{ALL} WHERE {of_station} series_state.id < ?1 AND at >= ?2 ORDER BY series_state.id DESC LIMIT ?3"
        );
        let (mut bytes, mut series, mut is_more) = (0, Vec::new(), false);
        let mut read = || -> rusqlite::Result<()> {
            let mut query = self.store.connection.prepare_cached(&sql)?;
            for one in query.query_map(params![before, since, most, station], remembered)? {
                if series.len() == limit || bytes > BYTES {
                    is_more = true;
                    break;
                }
                let one = one?;
                bytes += one.content.len() + one.series.len();
                series.push(one);
            }
            Ok(())
        };
        read().map_err(self.store.failed("reading series"))?;
        let next = series.last().map(|last| last.id).filter(|_| is_more);
        Ok(Page { series, next })
    }

    fn list<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let query = self.store.connection.prepare_cached(sql);
        let rows = query.and_then(|mut query| query.query_map(values, read)?.collect());
        rows.map_err(self.store.failed("reading series"))
    }
}

fn remembered(row: &Row<'_>) -> rusqlite::Result<Remembered> {
    let (id, station, uid, began, at) = (row.get(0)?, row.get(1)?, hash(row.get(2)?), row.get(3)?, row.get(4)?);
    Ok(Remembered { id, station, uid, began, at, series: row.get(5)?, memory: row.get(6)?, content: row.get(7)? })
}
