//! Which of the files that reading a folder finds are handed on: all that are not known, but for those the plan ignores.
//!
//! Promises: what was judged is never handed on again; what was there before the start is handed on when its folder comes
//! to its place anew. Called by the scanner for each file, so it does no more than two look-ups.

use crate::due_queue::How;
use crate::seen::{Known, SeenIndex};
use crate::stamp::Thing;
use std::path::Path;

/// How a folder is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// What is not known is new.
    New,
    /// The same, in a scan: when the seen index was too small for all files, an unknown file is new if it has changed since
    /// the scan before.
    Scan,
    /// What has not changed since the start was there before it, and is ignored.
    Before,
    /// The folder has come to its place just now, and so has all that is in it, however old.
    Arrived,
}

/// Times that the rules need, in nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    /// When watching began.
    pub(crate) start: i64,
    /// When the last scan that saw everything began; before the first, the start.
    pub(crate) scan: i64,
}

/// Whether to hand a file on, and as what.
pub(crate) fn filter(seen: &mut SeenIndex, path: &Path, thing: Thing, rule: Rule, times: Times) -> Option<How> {
    let version = thing.version()?;
    let changed_before = |time: i64| matches!(thing, Thing::File(stamp, _) if stamp.changed() < time);
    match (seen.knows(path, version), rule) {
        (Known::Judged, _) => None,
        (_, Rule::Arrived) => Some(How::Arrived),
        (Known::Before, _) => None,
        (Known::No, Rule::Before) if changed_before(times.start.saturating_add(1)) => {
            seen.before(path, version);
            None
        }
        (Known::No, Rule::Scan) if seen.is_overfull() && changed_before(times.scan) => None,
        (Known::No, _) => Some(How::Found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp::Stamp;

    const TIMES: Times = Times { start: 100, scan: 150 };

    fn file(mtime: i64, ctime: i64) -> Thing {
        Thing::File(Stamp { size: 1, mtime, ctime }, 1)
    }

    #[test]
    fn what_is_known_is_not_handed_on() {
        let mut seen = SeenIndex::new(10);
        let (path, thing) = (Path::new("/w/a"), file(200, 200));
        for rule in [Rule::New, Rule::Scan, Rule::Before, Rule::Arrived] {
            assert!(filter(&mut seen, path, thing, rule, TIMES).is_some(), "{rule:?}");
        }
        seen.judged(path, thing.version().unwrap());
        for rule in [Rule::New, Rule::Scan, Rule::Before, Rule::Arrived] {
            assert_eq!(filter(&mut seen, path, thing, rule, TIMES), None, "{rule:?}");
        }
        assert_eq!(filter(&mut seen, path, file(201, 201), Rule::Scan, TIMES), Some(How::Found));
        assert_eq!(filter(&mut seen, path, Thing::Gone, Rule::Scan, TIMES), None);
    }

    #[test]
    fn what_was_there_before_the_start_stays_out_until_it_arrives() {
        let mut seen = SeenIndex::new(10);
        let path = Path::new("/w/a");
        assert_eq!(filter(&mut seen, path, file(100, 100), Rule::Before, TIMES), None);
        assert_eq!(filter(&mut seen, path, file(100, 100), Rule::Scan, TIMES), None);
        assert_eq!(filter(&mut seen, path, file(100, 100), Rule::Arrived, TIMES), Some(How::Arrived));
        let moved = Path::new("/w/moved");
        assert_eq!(filter(&mut seen, moved, file(50, 101), Rule::Before, TIMES), Some(How::Found));
    }

    #[test]
    fn a_seen_index_that_was_too_small_falls_back_to_the_last_scans_time() {
        let mut seen = SeenIndex::new(1);
        seen.judged(Path::new("/w/a"), file(1, 1).version().unwrap());
        seen.judged(Path::new("/w/b"), file(1, 1).version().unwrap());
        let path = Path::new("/w/c");
        assert_eq!(filter(&mut seen, path, file(149, 149), Rule::Scan, TIMES), None);
        assert_eq!(filter(&mut seen, path, file(149, 150), Rule::Scan, TIMES), Some(How::Found));
        assert_eq!(filter(&mut seen, path, file(1, 1), Rule::Arrived, TIMES), Some(How::Arrived));
        assert_eq!(filter(&mut seen, path, file(1, 1), Rule::New, TIMES), Some(How::Found));
        assert_eq!(filter(&mut seen, path, Thing::Unknown, Rule::Scan, TIMES), Some(How::Found));
    }
}
