//! Reading the project, in pages: each takes what comes behind a place, and how many at most.

use super::{ContentHash, Element, Image, Picture, Project, Series, Stage, Thumbnail, Totals};
use crate::StoreError;
use rusqlite::{OptionalExtension, Params, Row, params};

/// Everything of a series; what is counted is counted by an index.
const SERIES: &str = "SELECT id, name, focal_length, at,
     (SELECT count(*) FROM project_image WHERE series_id = project_series.id) FROM project_series";

const STAGES: &str = "SELECT number, file, at, elements FROM project_stage";

impl Project<'_> {
    /// The series whose numbers are larger than `after`, oldest first.
    pub fn series(&self, after: i64, limit: usize) -> Result<Vec<Series>, StoreError> {
        let sql = format!("{SERIES} WHERE id > ?1 ORDER BY id LIMIT ?2");
        self.list(&sql, params![after, signed(limit)], series)
    }

    /// The series of this name.
    pub fn series_named(&self, name: &str) -> Result<Option<Series>, StoreError> {
        let sql = format!("{SERIES} WHERE name = ?1");
        Ok(self.list(&sql, params![name], series)?.pop())
    }

    /// The images of a series whose numbers are larger than `after`, in the order of their import.
    pub fn images(&self, series: i64, after: i64, limit: usize) -> Result<Vec<Image>, StoreError> {
        let sql =
            "SELECT project_image.id, file, project_image.focal_length, at, hash, format, width, height, bits, size,
                          camera, project_picture.focal_length
                   FROM project_image JOIN project_picture USING (hash)
                   WHERE series_id = ?1 AND project_image.id > ?2 ORDER BY project_image.id LIMIT ?3";
        self.list(sql, params![series, after, signed(limit)], |row| {
            let picture = Picture {
                hash: row.get(4)?,
                format: row.get(5)?,
                width: row.get(6)?,
                height: row.get(7)?,
                bits: row.get(8)?,
                size: number(row, 9)?,
                camera: row.get(10)?,
                focal_length: row.get(11)?,
            };
            Ok(Image { id: row.get(0)?, file: row.get(1)?, focal_length: row.get(2)?, at: row.get(3)?, picture })
        })
    }

    /// The thumbnail of the picture with this content.
    pub fn thumbnail(&self, hash: &ContentHash) -> Result<Option<Thumbnail>, StoreError> {
        let sql = "SELECT thumbnail_type, thumbnail FROM project_picture WHERE hash = ?1";
        let thumbnail = |row: &Row<'_>| Ok(Thumbnail { media_type: row.get(0)?, bytes: row.get(1)? });
        Ok(self.list(sql, params![hash], thumbnail)?.pop())
    }

    /// The stages whose numbers are at least `from`, in that order; 0 is the clipboard.
    pub fn stages(&self, from: i64, limit: usize) -> Result<Vec<Stage>, StoreError> {
        let sql = format!("{STAGES} WHERE number >= ?1 ORDER BY number LIMIT ?2");
        self.list(&sql, params![from, signed(limit)], |row| {
            Ok(Stage { number: row.get(0)?, file: row.get(1)?, at: row.get(2)?, elements: number(row, 3)? })
        })
    }

    /// The elements of the stage of this number from their place `from` on, counted from 0, in the order of their file.
    pub fn elements(&self, stage: i64, from: u64, limit: usize) -> Result<Vec<Element>, StoreError> {
        let sql = "SELECT kind, name, identity, x, y, z, body FROM project_element
                   WHERE stage_id = (SELECT id FROM project_stage WHERE number = ?1) AND position >= ?2
                   ORDER BY position LIMIT ?3";
        let from = i64::try_from(from).unwrap_or(i64::MAX);
        self.list(sql, params![stage, from, signed(limit)], |row| {
            let position: [Option<f64>; 3] = [row.get(3)?, row.get(4)?, row.get(5)?];
            let position = match position {
                [Some(x), Some(y), Some(z)] => Some([x, y, z]),
                _ => None,
            };
            let (kind, name, identity) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Element { kind, name, identity, position, body: row.get(6)? })
        })
    }

    /// What there is.
    pub fn totals(&self) -> Result<Totals, StoreError> {
        let sql = "SELECT (SELECT count(*) FROM project_series), (SELECT count(*) FROM project_image),
                          (SELECT count(*) FROM project_stage),
                          (SELECT coalesce(sum(elements), 0) FROM project_stage), bytes FROM project_amount";
        let totals = |row: &Row<'_>| {
            let (series, images, stages) = (number(row, 0)?, number(row, 1)?, number(row, 2)?);
            Ok(Totals { series, images, stages, elements: number(row, 3)?, bytes: number(row, 4)? })
        };
        let found = self.store.connection.query_row(sql, [], totals).optional();
        found.map(Option::unwrap_or_default).map_err(self.store.failed("counting the project"))
    }

    /// Lets `read` see the project of one moment, whoever writes meanwhile.
    pub fn at_one_moment<T, E: From<StoreError>>(&mut self, read: impl FnOnce(&Self) -> Result<T, E>) -> Result<T, E> {
        let failed = || self.store.failed("reading the project of one moment");
        self.store.connection.execute_batch("BEGIN").map_err(failed())?;
        let done = read(self);
        self.store.connection.execute_batch("COMMIT").map_err(failed())?;
        done
    }

    /// The rows of a query, each read by `read`.
    pub(super) fn list<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let query = self.store.connection.prepare_cached(sql);
        let rows = query.and_then(|mut query| query.query_map(values, read)?.collect());
        rows.map_err(self.store.failed("reading the project"))
    }
}

fn series(row: &Row<'_>) -> rusqlite::Result<Series> {
    let (id, name, focal_length) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok(Series { id, name, focal_length, at: row.get(3)?, images: number(row, 4)? })
}

/// A count, which is never negative.
pub(super) fn number(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(at).map(|number| u64::try_from(number).unwrap_or(0))
}

pub(super) fn signed(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
