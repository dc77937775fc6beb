//! Forgetting: what is too old, and what is too much.

use super::{History, ROW, count};
use crate::{Store, StoreError};
use rusqlite::{Transaction, params};
use std::time::Duration;

/// The values that one transaction forgets at most: it holds up who wants to write for a few milliseconds.
const BATCH: usize = 1000;
/// The values that one call forgets at most.
const CALL: usize = 50_000;
/// How often one call looks for the oldest values of all variables.
const LOOKS: usize = 16;
/// The shortest time that is cut off at once: a minute, in steps of 100 ns.
const LEAST: i64 = 600_000_000;

/// The values to forget first, found by the index of arrivals.
pub(super) const OLDEST: &str = "DELETE FROM history_value WHERE (variable_id, source_time, sequence) IN (
         SELECT variable_id, source_time, sequence FROM history_value INDEXED BY history_value_arrived
         WHERE variable_id = ?1 AND coalesce(arrived, source_time) < ?2
         ORDER BY coalesce(arrived, source_time) LIMIT ?3)
     RETURNING length(body)";

/// When the value of each variable arrived that arrived first.
pub(super) const FIRST: &str = "SELECT id, (SELECT coalesce(arrived, source_time) FROM history_value
         INDEXED BY history_value_arrived WHERE variable_id = id
         ORDER BY coalesce(arrived, source_time) LIMIT 1) FROM history_variable";

/// What was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// Values that arrived longer than `keep` ago.
    pub too_old: u64,
    /// Further values, beyond `bytes`.
    pub too_many: u64,
    /// Whether there is more to forget: call again soon.
    pub is_more: bool,
}

impl History<'_> {
    /// Forgets values that arrived longer than `keep` ago (zero: none is too old), then the oldest of those beyond `bytes` (0: no bound).
    /// `now` in steps of 100 ns since 1601. Bounded in work: `is_more` says whether to call again.
    pub fn prune(&mut self, keep: Duration, bytes: u64, now: i64) -> Result<Pruned, StoreError> {
        let mut left = CALL;
        let mut pruned = Pruned::default();
        if !keep.is_zero() {
            let steps = i64::try_from(keep.as_nanos() / 100).unwrap_or(i64::MAX);
            pruned.too_old = self.forget_before(now.saturating_sub(steps), &mut left, None)?;
        }
        if bytes > 0 {
            for _ in 0..LOOKS {
                let kept = self.amount()?.bytes;
                let excess = kept.saturating_sub(bytes);
                let Some(first) = self.firsts()?.into_iter().map(|(_, time)| time).min() else { break };
                if left == 0 || excess == 0 {
                    break;
                }
                // Half of the time that would be too much if values came evenly; then it is looked at again.
                let span = i128::from(now.saturating_sub(first));
                let share = span * i128::from(excess) / (2 * i128::from(kept));
                let step = i64::try_from(share).unwrap_or(i64::MAX).max(LEAST);
                pruned.too_many += self.forget_before(first.saturating_add(step), &mut left, Some(bytes))?;
            }
            pruned.is_more = self.amount()?.bytes > bytes && self.amount()?.values > 0;
        }
        pruned.is_more |= left == 0;
        if pruned.too_old + pruned.too_many > 0 {
            // Writes the pages back as far as nobody reads them, so that the log does not grow by what was forgotten.
            let checkpoint = self.store.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
            checkpoint.map_err(self.store.failed("writing the log back"))?;
        }
        Ok(pruned)
    }

    /// Forgets values that arrived before this time, while there is work left to do and more than `until` bytes are kept.
    fn forget_before(&mut self, time: i64, left: &mut usize, until: Option<u64>) -> Result<u64, StoreError> {
        let mut forgotten = 0;
        for (variable, first) in self.firsts()? {
            if first >= time {
                continue;
            }
            loop {
                if *left == 0 || until.is_some_and(|bytes| self.amount().is_ok_and(|amount| amount.bytes <= bytes)) {
                    return Ok(forgotten);
                }
                let batch = BATCH.min(*left);
                let failed = self.store.failed("forgetting values");
                let done = forget(self.store, variable, time, batch).map_err(failed)?;
                *left -= done;
                forgotten += done as u64;
                if done < batch {
                    break;
                }
            }
        }
        Ok(forgotten)
    }

    /// The variables that have values, each with the time the first of them arrived.
    fn firsts(&self) -> Result<Vec<(i64, i64)>, StoreError> {
        let query = || -> rusqlite::Result<Vec<(i64, i64)>> {
            let mut query = self.store.connection.prepare_cached(FIRST)?;
            let rows = query.query_map([], |row| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?)))?;
            rows.filter_map(|row| row.map(|(id, time)| time.map(|time| (id, time))).transpose()).collect()
        };
        query().map_err(self.store.failed("looking for the oldest values"))
    }
}

/// Forgets a batch of a variable's oldest values; how many there were.
fn forget(store: &mut Store, variable: i64, time: i64, batch: usize) -> rusqlite::Result<usize> {
    let transaction = store.writing()?;
    let (values, bytes) = remove(&transaction, variable, time, batch)?;
    count(&transaction, -values, -bytes)?;
    transaction.commit()?;
    Ok(usize::try_from(values).unwrap_or(0))
}

fn remove(transaction: &Transaction<'_>, variable: i64, time: i64, batch: usize) -> rusqlite::Result<(i64, i64)> {
    let mut statement = transaction.prepare_cached(OLDEST)?;
    let batch = i64::try_from(batch).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![variable, time, batch])?;
    let (mut values, mut bytes) = (0, 0);
    while let Some(row) = rows.next()? {
        values += 1;
        bytes += row.get::<_, i64>(0)?.saturating_add_unsigned(ROW);
    }
    Ok((values, bytes))
}
