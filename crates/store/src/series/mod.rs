//! What is remembered of MR scans: which files were judged, what was said of each series last, what sessions lacked
//! (contract `mr-verdicts`, "What is remembered").
//!
//! Promises: a batch is kept whole or not at all, so that a file is never marked without what its judgement said; nothing
//! that identifies a person is kept but in `content`, which no formatting shows; reading touches what is asked for only; pruning goes in
//! small steps. Called by the backend that judges, before it tells (decision 0009), and by whoever shows the past.

mod past;
mod prune;
mod seen;
#[cfg(test)]
mod tests;

pub use past::{Last, Page, Remembered};
pub use prune::{Bounds, Forgotten};
pub use seen::{Batch, FileMark, Mark, Said, SessionEnd};

use crate::{Key, Store};

/// The memory of series in a store.
pub struct Series<'a> {
    store: &'a mut Store,
}

impl Store {
    /// Its memory of series.
    pub fn series(&mut self) -> Series<'_> {
        Series { store: self }
    }
}

/// The hash of a file's path, for marks: those of one folder share their upper half, so that they lie side by side, and
/// marking a series writes a few pages instead of one for each file.
pub fn path_hash(key: Key, folder: &[u8], name: &[u8]) -> u64 {
    let half = |part: &[u8]| u128::from_le_bytes(key.hash([part])) as u32;
    u64::from(half(folder)) << 32 | u64::from(half(name))
}

/// A hash as the database keeps it: the same bits.
fn bits(hash: u64) -> i64 {
    i64::from_ne_bytes(hash.to_ne_bytes())
}

/// A hash as it was given.
fn hash(bits: i64) -> u64 {
    u64::from_ne_bytes(bits.to_ne_bytes())
}

/// A number as the database keeps it.
fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
