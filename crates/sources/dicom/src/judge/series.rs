//! What was said about each series: enough to know whether the next file says something else.
//!
//! Promises: a few words per series, hashes with a random key and no texts; at most so many series, and what was
//! forgotten is counted.

use super::Judgement;
use crate::parameters::{Parameter, Value};
use crate::read::Header;
use lru::LruCache;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::num::NonZeroUsize;
use std::path::Path;

/// How many series are remembered: some weeks of a large site, a megabyte.
const MOST: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// Series by station, study, number and name.
pub(super) struct Series {
    known: LruCache<u64, Known>,
    key: RandomState,
    forgotten: u64,
}

/// One series.
struct Known {
    /// The verdict told last, with what differed.
    told: u64,
    /// The file of the last message.
    file: u64,
    /// How many further files there were.
    count: u64,
}

/// What there is to say about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// The whole judgement.
    New,
    /// That it is the so-many-th further file of its series.
    Update(u64),
    /// It was said already.
    Nothing,
}

impl Default for Series {
    fn default() -> Series {
        Series { known: LruCache::new(MOST), key: RandomState::new(), forgotten: 0 }
    }
}

impl Series {
    /// Remembers a file's judgement and says what is to be told.
    pub(super) fn said(&mut self, header: &Header, path: &Path, judgement: &Judgement) -> Said {
        let parameters = &header.parameters;
        let identity = self.hash(|state| {
            header.study.reveal().hash(state);
            for parameter in [Parameter::Station, Parameter::SeriesNumber, Parameter::SequenceName] {
                feed(parameters.get(parameter), state);
            }
        });
        let told = self.hash(|state| {
            judgement.verdict.hash(state);
            for difference in &judgement.differences {
                difference.parameter.hash(state);
                difference.expect.hash(state);
                feed(&difference.have, state);
            }
        });
        let file = self.hash(|state| path.hash(state));
        let Some(known) = self.known.get_mut(&identity) else {
            let full = self.known.len() == self.known.cap().get();
            self.forgotten += u64::from(full);
            let _ = self.known.push(identity, Known { told, file, count: 0 });
            return Said::New;
        };
        // A file that is judged again because it grew is no further file.
        let is_further = known.file != file;
        known.count += u64::from(is_further);
        known.file = file;
        match std::mem::replace(&mut known.told, told) == told {
            false => Said::New,
            true if is_further => Said::Update(known.count),
            true => Said::Nothing,
        }
    }

    /// How many series were forgotten.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    fn hash(&self, feed: impl FnOnce(&mut std::hash::DefaultHasher)) -> u64 {
        let mut state = self.key.build_hasher();
        feed(&mut state);
        state.finish()
    }
}

fn feed(value: &Value, state: &mut impl Hasher) {
    std::mem::discriminant(value).hash(state);
    match value {
        Value::Absent | Value::Nothing => {}
        Value::Text(text) => text.hash(state),
        Value::Integer(number) => number.hash(state),
        Value::Number(number) => number.to_bits().hash(state),
        Value::Integers(numbers) => numbers.hash(state),
        Value::Numbers(numbers) => numbers.iter().for_each(|number| number.to_bits().hash(state)),
    }
}
