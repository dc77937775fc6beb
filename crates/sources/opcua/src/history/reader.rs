//! Reading the record: a connection of its own, so that no reading waits for a writing.

use super::Found;
use std::sync::{Mutex, PoisonError};
use tieline_store::{Store, StoreError};

/// The values that one statement reads at most: no reading keeps the log from being written back for long.
const PAGE: usize = 5000;
/// The bytes that one reading finds at most.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Reads, one at a time.
pub(super) struct Reader(Mutex<Store>);

impl Reader {
    pub(super) fn new(store: Store) -> Reader {
        Reader(Mutex::new(store))
    }

    /// From `from` to `to`, both included; blocks.
    pub(super) fn read(&self, variable: &str, from: i64, to: i64, most: usize) -> Result<Found, StoreError> {
        let most = if most == 0 { usize::MAX } else { most };
        let (mut found, mut bytes, mut after) = (Vec::new(), 0, None);
        loop {
            // One more than asked for tells whether there are more.
            let wanted = PAGE.min((most - found.len()).saturating_add(1));
            let page = {
                let mut store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                store.history().read(variable, from, to, after, wanted)?
            };
            let is_last = page.len() < wanted;
            for kept in page {
                bytes += kept.body.len();
                if found.len() == most || bytes > MOST_BYTES {
                    return Ok((found, true));
                }
                after = Some(kept.place);
                found.push(kept.body);
            }
            if is_last {
                return Ok((found, false));
            }
        }
    }
}
