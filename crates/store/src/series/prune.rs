//! Forgetting: what is older than a site wants to remember, and what is too much.

use super::{Series, number};
use crate::StoreError;
use rusqlite::params;
use std::time::Duration;

/// The rows that one transaction looks at, at most: it holds up who wants to write for a few milliseconds.
const BATCH: usize = 250;
/// The rows of a table that one call looks at, at most.
const CALL: usize = 20_000;

/// How much is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How long; zero: for ever.
    pub keep: Duration,
    /// So many marks of files.
    pub files: u64,
    /// So many series.
    pub series: u64,
    /// So many sessions.
    pub sessions: u64,
}

/// What was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// Marks of files.
    pub files: u64,
    /// Series.
    pub series: u64,
    /// Sessions.
    pub sessions: u64,
    /// Whether there is more to forget: call again soon.
    pub is_more: bool,
}

impl Series<'_> {
    /// Forgets what is beyond the bounds, the oldest first. `now` in milliseconds since 1970. Bounded in work: `is_more` says
    /// whether to call again.
    pub fn prune(&mut self, bounds: &Bounds, now: i64) -> Result<Forgotten, StoreError> {
        let keep = i64::try_from(bounds.keep.as_millis()).unwrap_or(i64::MAX);
        let oldest = if keep == 0 { i64::MIN } else { now.saturating_sub(keep) };
        let (files, more_files) = self.forget("series_file", "at", oldest, bounds.files)?;
        let now = "(SELECT at FROM series_now WHERE series_now.id = series_state.id)";
        let (series, more_series) = self.forget("series_state", now, oldest, bounds.series)?;
        let (sessions, more_sessions) = self.forget("series_session", "at", oldest, bounds.sessions)?;
        if files + series + sessions > 0 {
            // Writes the pages back as far as nobody reads them, so that the log does not grow by what was forgotten.
            let checkpoint = self.store.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
            checkpoint.map_err(self.store.failed("writing the log back"))?;
        }
        Ok(Forgotten { files, series, sessions, is_more: more_files || more_series || more_sessions })
    }

    /// Forgets rows of a table that are older than `oldest`, and those beyond the newest `most`; how many, and whether there
    /// may be more. Numbers only rise: those to look at are the lowest, and the highest alone says which are too many, where one
    /// that was given up counts as a row. What a wrong clock has dated later than the rest holds up nothing: it is passed over.
    fn forget(&mut self, table: &str, at: &str, oldest: i64, most: u64) -> Result<(u64, bool), StoreError> {
        let end = format!("SELECT max(id) FROM (SELECT id FROM {table} WHERE id > ?1 ORDER BY id LIMIT {BATCH})");
        let step = format!(
            "DELETE FROM {table} WHERE id > ?1 AND id <= ?2 AND ({at} < ?3 OR id <= (SELECT max(id) FROM {table}) - ?4)"
        );
        let (mut forgotten, mut seen, mut is_more) = (0, i64::MIN, false);
        for _ in 0..CALL / BATCH {
            let failed = self.store.failed("forgetting series");
            let mut look = || -> rusqlite::Result<Option<(i64, usize)>> {
                let transaction = self.store.writing()?;
                let last: Option<i64> = transaction.prepare_cached(&end)?.query_row([seen], |row| row.get(0))?;
                let Some(last) = last else { return Ok(None) };
                let done = transaction.prepare_cached(&step)?.execute(params![seen, last, oldest, number(most)])?;
                transaction.commit().map(|()| Some((last, done)))
            };
            let Some((last, done)) = look().map_err(failed)? else { return Ok((forgotten, false)) };
            (seen, is_more) = (last, done > 0);
            forgotten += done as u64;
        }
        Ok((forgotten, is_more))
    }
}
