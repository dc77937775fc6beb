//! Which files of a group are read: enough to know what varies within an acquisition.
//!
//! Promises: the outcome depends on the files, not on threads or their order; a group that is not plainly one acquisition
//! whose images all say the same is read whole.

use super::super::Reader;
use super::walk::{Found, Group};
use std::collections::{BTreeMap, HashMap, HashSet};
use tieline_dicom_judge::templates::acquisition;
use tieline_dicom_read::Unreadable;
use tieline_store::Key;
use tieline_store::templates::{Acquisition, FileMark, Values};

/// Of a group with more files, so many are read first.
pub(super) const MOST_READ: usize = 64;

/// How many of those stand at the beginning, where echoes that take turns show.
const FIRST: usize = 4;

/// What a group amounts to.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Files that need no second look.
    pub(super) files: Vec<FileMark>,
    /// What they say.
    pub(super) acquisitions: Vec<Acquisition>,
    /// How many files were read.
    pub(super) read: u64,
    /// How many were passed over.
    pub(super) passed_over: u64,
    /// How many have no study's or sequence's name.
    pub(super) without_names: u64,
    /// How many could not be read, by reason.
    pub(super) unreadable: BTreeMap<&'static str, u64>,
}

/// What makes two files say the same.
#[derive(PartialEq, Clone)]
enum Outcome {
    Acquisition([u8; 16], Box<Values>),
    WithoutNames,
    Unreadable(&'static str),
}

/// Reads what has to be read of a group.
pub(super) fn read_group(group: Group, key: Key, reader: &Reader<'_>, all_files: bool) -> Done {
    let mut done = Done::default();
    let mut merged: HashMap<[u8; 16], Acquisition> = HashMap::new();
    let count = group.files.len();
    // What is of another size says something else, if only by a letter.
    let mut sizes = HashSet::new();
    let (first, rest): (Vec<_>, Vec<_>) = group.files.into_iter().enumerate().partition(|(at, file)| {
        let is_new_size = sizes.insert(file.mark.size);
        all_files || is_new_size || is_sample(*at, count)
    });
    let mut outcomes: Vec<Outcome> = Vec::new();
    for (_, file) in first {
        let outcome = read_one(&file, key, reader, &mut done, &mut merged);
        if !outcomes.contains(&outcome) {
            outcomes.push(outcome);
        }
    }
    // Files that could not be read today say nothing about the others; files that are something else do.
    let is_plain = match outcomes.as_slice() {
        [Outcome::Unreadable(reason)] => *reason == Unreadable::NotDicom.as_str(),
        [_] => true,
        _ => false,
    };
    let acquisition = match outcomes.as_slice() {
        [Outcome::Acquisition(identity, _)] => Some(*identity),
        _ => None,
    };
    for (_, file) in rest {
        if is_plain {
            done.passed_over += 1;
            done.files.push(FileMark { was_read: false, acquisition, ..file.mark });
        } else {
            read_one(&file, key, reader, &mut done, &mut merged);
        }
    }
    done.acquisitions = merged.into_values().collect();
    done.acquisitions.sort_by_key(|acquisition| acquisition.identity);
    done
}

/// Whether the file at this place is read first: the first ones, the last one, and others evenly between.
fn is_sample(at: usize, count: usize) -> bool {
    if count <= MOST_READ || at < FIRST {
        return true;
    }
    let (steps, spread) = (MOST_READ - FIRST, count - FIRST);
    // The last place of each of so many equal steps; the last of all is the last file.
    (1..=steps).any(|step| FIRST + step * spread / steps - 1 == at)
}

fn read_one(
    file: &Found,
    key: Key,
    reader: &Reader<'_>,
    done: &mut Done,
    merged: &mut HashMap<[u8; 16], Acquisition>,
) -> Outcome {
    done.read += 1;
    let header = match reader(&file.path) {
        Ok(header) => header,
        Err(reason) => {
            *done.unreadable.entry(reason.as_str()).or_default() += 1;
            // What the system refuses today it may give tomorrow.
            if !matches!(reason, Unreadable::Denied | Unreadable::Gone | Unreadable::Io(_)) {
                done.files.push(FileMark { was_read: true, ..file.mark });
            }
            return Outcome::Unreadable(reason.as_str());
        }
    };
    let acquisition = acquisition(key, &header);
    let identity = acquisition.as_ref().map(|acquisition| acquisition.identity);
    done.files.push(FileMark { was_read: true, acquisition: identity, ..file.mark });
    let Some(acquisition) = acquisition else {
        done.without_names += 1;
        return Outcome::WithoutNames;
    };
    let outcome = Outcome::Acquisition(acquisition.identity, Box::new(acquisition.values.clone()));
    match merged.get_mut(&acquisition.identity) {
        Some(known) => known.absorb(acquisition),
        None => drop(merged.insert(acquisition.identity, acquisition)),
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_has_both_ends_and_its_size() {
        for count in 1..2000 {
            let sample: Vec<usize> = (0..count).filter(|at| is_sample(*at, count)).collect();
            assert_eq!(sample.len(), count.min(MOST_READ), "{count}");
            assert!(sample.starts_with(&[0, 1, 2, 3][..count.min(FIRST)]) && sample.last() == Some(&(count - 1)));
            let widest = sample.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
            assert!(widest <= count / (MOST_READ - FIRST) + 1, "{count}: a gap of {widest}");
        }
    }
}
