//! How monitors' updates begin, as numbers: a client's handle is part of what makes bytes differ, and the hub compares
//! numbers ([`Variant`]).
//!
//! Promises: equal beginnings have one number while any monitor has it, so that clients with equal handles share their
//! bytes; a number is never used again, so that a message which is written late is never taken for another handle's; what
//! is held is bounded by the monitors that are open. Called by conversations (which take and give back) and by `encode`.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use tieline_model::Variant;

/// The beginnings in use, shared by all conversations of a listener.
#[derive(Default)]
pub(crate) struct Handles(RwLock<Table>);

#[derive(Default)]
struct Table {
    by_number: HashMap<u64, Entry>,
    by_head: HashMap<Arc<[u8]>, u64>,
    /// The last number given; 0 is the ordinary form, which is nobody's.
    last: u64,
}

struct Entry {
    head: Arc<[u8]>,
    monitors: usize,
}

/// One monitor's share of a number; given back when dropped.
pub(crate) struct Handle {
    handles: Arc<Handles>,
    number: u64,
}

impl Handles {
    /// The number of a beginning, for one monitor.
    pub(crate) fn take(self: &Arc<Handles>, head: &[u8]) -> Handle {
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Table { by_number, by_head, last } = &mut *table;
        let number = by_head.get(head).copied().unwrap_or_else(|| {
            *last += 1;
            let head: Arc<[u8]> = head.into();
            by_head.insert(head.clone(), *last);
            by_number.insert(*last, Entry { head, monitors: 0 });
            *last
        });
        if let Some(entry) = by_number.get_mut(&number) {
            entry.monitors += 1;
        }
        Handle { handles: self.clone(), number }
    }

    /// The beginning with this number; `None` when no monitor has it any more.
    pub(crate) fn head(&self, variant: Variant) -> Option<Arc<[u8]>> {
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
        table.by_number.get(&variant.0).map(|entry| entry.head.clone())
    }

    fn give_back(&self, number: u64) {
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = table.by_number.get_mut(&number) else { return };
        entry.monitors -= 1;
        if entry.monitors == 0
            && let Some(entry) = table.by_number.remove(&number)
        {
            table.by_head.remove(&entry.head);
        }
    }

    /// How many beginnings are held.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(table.by_number.len(), table.by_head.len());
        table.by_number.len()
    }
}

impl Handle {
    /// What the hub compares.
    pub(crate) fn variant(&self) -> Variant {
        Variant(self.number)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.handles.give_back(self.number);
    }
}
