//! Templates that come from elsewhere: from a file that people have read.
//!
//! Promises: all of them or none; the same file twice is the same as once. Called by `tieline mr templates import`.

use super::Templates;
use super::record::set_of;
use super::values::Values;
use crate::StoreError;
use rusqlite::{Transaction, params};

/// A template as a file tells it.
#[derive(Debug, Clone)]
pub struct Told {
    /// The kind of its images.
    pub kind: String,
    /// What it says.
    pub values: Values,
    /// How many acquisitions have it there.
    pub count: u64,
    /// The first acquisition's date.
    pub first: Option<String>,
    /// The last acquisition's date.
    pub last: Option<String>,
    /// Whether it is the template from now on, whatever is counted.
    pub is_chosen: bool,
}

impl Templates<'_> {
    /// Takes these over.
    pub fn import(&mut self, all: &[Told]) -> Result<(), StoreError> {
        let key = self.store.key();
        let failed = self.store.failed("taking templates over");
        self.store.changes += 1;
        let write = |transaction: &Transaction<'_>| {
            for told in all {
                let set = set_of(transaction, key, &told.kind, &told.values)?;
                let count = i64::try_from(told.count.max(1)).unwrap_or(i64::MAX);
                let sql =
                    "UPDATE parameter_set SET told = max(told, ?2), told_first = ?3, told_last = ?4 WHERE id = ?1";
                transaction.prepare_cached(sql)?.execute(params![set, count, told.first, told.last])?;
                if !told.is_chosen {
                    continue;
                }
                let sql =
                    "UPDATE parameter_set SET is_ideal = NULL WHERE id <> ?1 AND (study_key, sequence_key, kind) =
                             (SELECT study_key, sequence_key, kind FROM parameter_set WHERE id = ?1)";
                transaction.prepare_cached(sql)?.execute([set])?;
                let sql =
                    "UPDATE parameter_set SET is_ideal = coalesce(is_ideal, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
                           WHERE id = ?";
                transaction.prepare_cached(sql)?.execute([set])?;
            }
            Ok(())
        };
        let transaction = self.store.writing();
        transaction.and_then(|transaction| write(&transaction).and_then(|()| transaction.commit())).map_err(failed)
    }
}
