//! The record of variables: every value with its source time, for servers that keep no history of their own.
//!
//! Promises: a batch is kept whole or not at all; two values of one moment are both kept, in their order; reading a range
//! touches that range only, however much is kept; pruning goes in small steps, what arrived first first, so that nobody waits
//! long and no wrong clock of a server matters.
//! Values lie in the order of variable and time, which is the order they are read in. Called by backends.

mod prune;
#[cfg(test)]
mod tests;

pub use prune::Pruned;

use crate::{Store, StoreError};
use rusqlite::{OptionalExtension, Transaction, params};
use std::collections::HashMap;

/// What a value takes besides its own bytes, about, for the bound in bytes: its key, and the room that pages leave free.
/// A million values of 81 bytes took 110 to 114 bytes each, of one variable, of 40 and of 1000; 40 more since there is an
/// index of their arrival.
const ROW: u64 = 72;

/// A value to be kept.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The variable's name.
    pub variable: &'a str,
    /// When the value was made, in steps of 100 ns since 1601, as OPC UA counts.
    pub source_time: i64,
    /// When it arrived here, in the same steps.
    pub arrived: i64,
    /// The value as it will be read: JSON in the event form.
    pub body: &'a [u8],
}

/// A value that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its place: what to ask on from.
    pub place: Place,
    /// The value.
    pub body: Vec<u8>,
}

/// The place of a value among those of its variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When the value was made, in steps of 100 ns since 1601.
    pub source_time: i64,
    /// Its number among the values of that moment, from 0.
    pub sequence: i64,
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    /// Values of all variables.
    pub values: u64,
    /// The bytes they take, about.
    pub bytes: u64,
}

/// The record in a store.
pub struct History<'a> {
    store: &'a mut Store,
}

impl Store {
    /// Its record of variables.
    pub fn history(&mut self) -> History<'_> {
        History { store: self }
    }
}

/// Reads by the primary key alone; the test of the plan holds it to that.
const READ: &str = "SELECT source_time, sequence, body FROM history_value
     WHERE variable_id = ?1 AND (source_time, sequence) > (?2, ?3) AND source_time <= ?4
     ORDER BY source_time, sequence LIMIT ?5";

impl History<'_> {
    /// Keeps a batch.
    pub fn append(&mut self, rows: &[Row<'_>]) -> Result<(), StoreError> {
        let failed = self.store.failed("keeping values");
        let transaction = self.store.writing();
        transaction.and_then(|transaction| keep(&transaction, rows).and_then(|()| transaction.commit())).map_err(failed)
    }

    /// The values of a variable whose source times lie from `from` to `to`, both included, oldest first, at most `limit`.
    /// `after`: only those behind this place, which is how one reads on.
    pub fn read(
        &self,
        variable: &str,
        from: i64,
        to: i64,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Vec<Kept>, StoreError> {
        let first = Place { source_time: from, sequence: -1 };
        let after = after.map_or(first, |after| after.max(first));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let query = || -> rusqlite::Result<Vec<Kept>> {
            let find = "SELECT id FROM history_variable WHERE name = ?";
            let connection = &self.store.connection;
            let id: Option<i64> =
                connection.prepare_cached(find)?.query_row([variable], |row| row.get(0)).optional()?;
            let Some(id) = id else { return Ok(Vec::new()) };
            let mut query = connection.prepare_cached(READ)?;
            let rows = query.query_map(params![id, after.source_time, after.sequence, to, limit], |row| {
                let place = Place { source_time: row.get(0)?, sequence: row.get(1)? };
                Ok(Kept { place, body: row.get(2)? })
            })?;
            rows.collect()
        };
        query().map_err(self.store.failed("reading values"))
    }

    /// How much is kept.
    pub fn amount(&self) -> Result<Amount, StoreError> {
        let query = self.store.connection.prepare_cached("SELECT \"values\", bytes FROM history_amount");
        let amount = query.and_then(|mut query| {
            query.query_row([], |row| {
                let number = |at| row.get::<_, i64>(at).map(|number| u64::try_from(number).unwrap_or(0));
                Ok(Amount { values: number(0)?, bytes: number(1)? })
            })
        });
        amount.map_err(self.store.failed("counting values"))
    }
}

fn keep(transaction: &Transaction<'_>, rows: &[Row<'_>]) -> rusqlite::Result<()> {
    let mut ids: HashMap<&str, i64> = HashMap::new();
    let mut insert = transaction.prepare_cached(
        "INSERT INTO history_value (variable_id, source_time, sequence, body, arrived)
         SELECT ?1, ?2, coalesce(max(sequence) + 1, 0), ?3, ?4 FROM history_value WHERE variable_id = ?1 AND source_time = ?2",
    )?;
    let mut bytes = 0;
    for row in rows {
        let id = match ids.get(row.variable) {
            Some(id) => *id,
            None => {
                let id = id_of(transaction, row.variable)?;
                ids.insert(row.variable, id);
                id
            }
        };
        insert.execute(params![id, row.source_time, row.body, row.arrived])?;
        bytes += size(row.body.len());
    }
    count(transaction, i64::try_from(rows.len()).unwrap_or(i64::MAX), bytes)
}

/// The number of the variable, which is given when it has none.
fn id_of(transaction: &Transaction<'_>, name: &str) -> rusqlite::Result<i64> {
    transaction
        .prepare_cached("INSERT INTO history_variable (name) VALUES (?) ON CONFLICT DO NOTHING")?
        .execute([name])?;
    transaction.prepare_cached("SELECT id FROM history_variable WHERE name = ?")?.query_row([name], |row| row.get(0))
}

fn size(body: usize) -> i64 {
    i64::try_from(body as u64 + ROW).unwrap_or(i64::MAX)
}

/// Keeps the totals, which nobody could count in time.
fn count(transaction: &Transaction<'_>, values: i64, bytes: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE history_amount SET \"values\" = \"values\" + ?, bytes = bytes + ?";
    transaction.prepare_cached(sql)?.execute([values, bytes]).map(drop)
}
