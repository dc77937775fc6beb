//! After an index: what is free for certain is kept as free, so that a store does not hold every comment of every session.
//!
//! Promises: no template becomes another by it; whole or not at all. Called by `tieline mr index` at its end, when no
//! acquisition is half read.

use super::Templates;
use super::learn::free;
use super::record::{drop_unused, set_of};
use super::values::Slot;
use crate::StoreError;
use rusqlite::{Transaction, params};

impl Templates<'_> {
    /// Takes the values of free parameters out of the sets, where enough acquisitions show that they are free.
    pub fn settle(&mut self) -> Result<(), StoreError> {
        let mut changes = Vec::new();
        self.groups("", &[], |group| {
            let certain: Vec<_> = free(&group).into_iter().filter(|(_, _, certain)| *certain).collect();
            for raw in group {
                let mut values = raw.values.clone();
                for (at, why, _) in &certain {
                    if matches!(values.slot(*at), Slot::Set(_)) {
                        values.set_free(*at, *why);
                    }
                }
                if values != raw.values {
                    changes.push((raw.set, raw.kind, values));
                }
            }
        })?;
        if changes.is_empty() {
            return Ok(());
        }
        let key = self.store.key();
        let failed = self.store.failed("working out what is free");
        self.store.changes += 1;
        let write = |transaction: &Transaction<'_>| {
            for (from, kind, values) in &changes {
                let to = set_of(transaction, key, kind, values)?;
                let sql = "UPDATE parameter_set SET
                             is_ideal = max(coalesce(parameter_set.is_ideal, ''), coalesce(old.chosen, '')), told = parameter_set.told + old.mine,
                             told_first = coalesce(min(told_first, old.first), told_first, old.first),
                             told_last = coalesce(max(told_last, old.last), told_last, old.last)
                           FROM (SELECT is_ideal AS chosen, told AS mine, told_first AS first, told_last AS last
                                 FROM parameter_set WHERE id = ?1) AS old WHERE id = ?2";
                transaction.prepare_cached(sql)?.execute(params![from, to])?;
                let sql = "UPDATE parameter_set SET is_ideal = NULL WHERE id = ? AND is_ideal = ''";
                transaction.prepare_cached(sql)?.execute([to])?;
                let sql = "UPDATE acquisition SET set_id = ?2 WHERE set_id = ?1";
                transaction.prepare_cached(sql)?.execute(params![from, to])?;
                transaction
                    .prepare_cached("UPDATE parameter_set SET is_ideal = NULL, told = 0 WHERE id = ?")?
                    .execute([from])?;
                drop_unused(transaction, *from)?;
            }
            Ok(())
        };
        let transaction = self.store.writing();
        transaction.and_then(|transaction| write(&transaction).and_then(|()| transaction.commit())).map_err(failed)
    }
}
