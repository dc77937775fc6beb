//! Keeping what was imported: one transaction each, so that a kill at any moment leaves the whole import or nothing.

use super::{Element, NotKept, Picture, Project, ROW, Thumbnail};
use crate::StoreError;
use rusqlite::{OptionalExtension, Transaction, params};

/// What became of an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImageKept {
    /// Its series' number.
    pub series: i64,
    /// The focal length in millimetres of the series, which may be another than was asked for.
    pub series_focal_length: f64,
    /// Whether the series was made for it.
    pub is_new_series: bool,
    /// Whether the series has it for the first time; otherwise nothing was changed.
    pub is_new: bool,
}

/// What became of elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageKept {
    /// The stage's number; 0 is the clipboard.
    pub number: i64,
    /// How many elements it has now.
    pub elements: u64,
}

/// What ended a transaction before its end.
enum End {
    Full(u64),
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for End {
    fn from(error: rusqlite::Error) -> End {
        End::Sql(error)
    }
}

impl Project<'_> {
    /// Puts an image into the series of this name, which is made with `focal_length` when there is none. A series keeps the
    /// focal length it was made with. `at`: milliseconds since 1970; `most`: what the project may hold, in bytes.
    pub fn add_image(
        &mut self,
        (series, focal_length): (&str, f64),
        file: &str,
        (picture, thumbnail): (&Picture, &Thumbnail),
        at: i64,
        most: u64,
    ) -> Result<ImageKept, NotKept> {
        self.whole("keeping an image", most, |transaction| {
            let find = "SELECT id, focal_length FROM project_series WHERE name = ?";
            let mut find = transaction.prepare_cached(find)?;
            let found = find.query_row([series], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            let mut bytes = 0;
            let is_new_series = found.is_none();
            let (id, kept_focal_length) = match found {
                Some(found) => found,
                None => {
                    let sql = "INSERT INTO project_series (name, focal_length, at) VALUES (?, ?, ?)";
                    transaction.prepare_cached(sql)?.execute(params![series, focal_length, at])?;
                    bytes += ROW + series.len();
                    (transaction.last_insert_rowid(), focal_length)
                }
            };
            bytes += keep_picture(transaction, picture, thumbnail)?;
            let sql = "INSERT INTO project_image (series_id, hash, file, focal_length, at) VALUES (?, ?, ?, ?, ?)
                       ON CONFLICT DO NOTHING";
            let values = params![id, picture.hash, file, focal_length, at];
            let is_new = transaction.prepare_cached(sql)?.execute(values)? > 0;
            if is_new {
                bytes += ROW + file.len();
            }
            let kept = ImageKept { series: id, series_focal_length: kept_focal_length, is_new_series, is_new };
            Ok((kept, signed(bytes)))
        })
    }

    /// Puts elements into the clipboard, whose elements before are gone then. `at` and `most` as for images.
    pub fn set_clipboard(
        &mut self,
        file: &str,
        elements: &[Element],
        at: i64,
        most: u64,
    ) -> Result<StageKept, NotKept> {
        self.whole("replacing the clipboard", most, |transaction| {
            let sql = "DELETE FROM project_element
                       WHERE stage_id = (SELECT id FROM project_stage WHERE number = 0)";
            transaction.execute(sql, [])?;
            let sql = "DELETE FROM project_stage WHERE number = 0 RETURNING bytes";
            let before: Option<i64> = transaction.query_row(sql, [], |row| row.get(0)).optional()?;
            let (kept, bytes) = keep_stage(transaction, 0, file, elements, at)?;
            Ok((kept, bytes - before.unwrap_or(0)))
        })
    }

    /// Puts elements into a new stage, numbered behind the last one. `at` and `most` as for images.
    pub fn add_stage(&mut self, file: &str, elements: &[Element], at: i64, most: u64) -> Result<StageKept, NotKept> {
        self.whole("keeping a stage", most, |transaction| {
            let sql = "SELECT coalesce(max(number), 0) + 1 FROM project_stage";
            let number = transaction.query_row(sql, [], |row| row.get(0))?;
            Ok(keep_stage(transaction, number, file, elements, at)?)
        })
    }

    /// Forgets series, images, stages and elements; the record of jobs stays.
    pub fn clear(&mut self) -> Result<(), StoreError> {
        let sql = "DELETE FROM project_element; DELETE FROM project_stage; DELETE FROM project_image;
                   DELETE FROM project_picture; DELETE FROM project_series; UPDATE project_amount SET bytes = 0;";
        let failed = self.store.failed("clearing the project");
        let transaction = self.store.writing();
        let done =
            transaction.and_then(|transaction| transaction.execute_batch(sql).and_then(|()| transaction.commit()));
        done.map_err(failed)
    }

    /// Does all of `work` or nothing of it; it tells by how many bytes the project has grown.
    fn whole<T>(
        &mut self,
        doing: &'static str,
        most: u64,
        work: impl FnOnce(&Transaction<'_>) -> Result<(T, i64), End>,
    ) -> Result<T, NotKept> {
        let failed = self.store.failed(doing);
        let run = || -> Result<T, End> {
            // The right to write comes first: two processes must not both read and then wait for each other.
            let transaction = self.store.writing()?;
            let (done, grown) = work(&transaction)?;
            let sql = "UPDATE project_amount SET bytes = bytes + ? RETURNING bytes";
            let bytes: i64 = transaction.query_row(sql, [grown], |row| row.get(0))?;
            let bytes = u64::try_from(bytes).unwrap_or(0);
            if grown > 0 && bytes > most {
                return Err(End::Full(bytes.saturating_sub(grown.unsigned_abs())));
            }
            transaction.commit()?;
            Ok(done)
        };
        run().map_err(|end| match end {
            End::Full(bytes) => NotKept::Full { bytes, most },
            End::Sql(error) => NotKept::Store(failed(error)),
        })
    }
}

/// Keeps a picture that is not known yet; how many bytes that takes.
fn keep_picture(transaction: &Transaction<'_>, picture: &Picture, thumbnail: &Thumbnail) -> rusqlite::Result<usize> {
    let sql = "INSERT INTO project_picture VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
    let values = params![
        picture.hash,
        picture.format,
        picture.width,
        picture.height,
        picture.bits,
        i64::try_from(picture.size).unwrap_or(i64::MAX),
        picture.camera,
        picture.focal_length,
        thumbnail.media_type,
        thumbnail.bytes,
    ];
    let is_new = transaction.prepare_cached(sql)?.execute(values)? > 0;
    let camera = picture.camera.as_ref().map_or(0, String::len);
    Ok(if is_new { ROW + camera + thumbnail.bytes.len() } else { 0 })
}

fn keep_stage(
    transaction: &Transaction<'_>,
    number: i64,
    file: &str,
    elements: &[Element],
    at: i64,
) -> rusqlite::Result<(StageKept, i64)> {
    let bytes = signed(ROW + file.len() + elements.iter().map(size).sum::<usize>());
    let sql = "INSERT INTO project_stage (number, file, at, elements, bytes) VALUES (?, ?, ?, ?, ?)";
    let count = signed(elements.len());
    transaction.prepare_cached(sql)?.execute(params![number, file, at, count, bytes])?;
    let id = transaction.last_insert_rowid();
    let sql = "INSERT INTO project_element VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut insert = transaction.prepare_cached(sql)?;
    for (place, element) in elements.iter().enumerate() {
        let [x, y, z] = element.position.map_or([None; 3], |position| position.map(Some));
        let (kind, name, identity) = (&element.kind, &element.name, &element.identity);
        insert.execute(params![id, signed(place), kind, name, identity, x, y, z, element.body])?;
    }
    Ok((StageKept { number, elements: elements.len() as u64 }, bytes))
}

fn size(element: &Element) -> usize {
    let texts = [&element.name, &element.identity].into_iter().flatten().map(String::len).sum::<usize>();
    ROW + element.kind.len() + element.body.len() + texts
}

fn signed(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
