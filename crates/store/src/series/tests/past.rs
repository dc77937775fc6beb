//! What was said last, and pages of what was said before.

use super::*;
use crate::series::{Last, Remembered};
use proptest::prelude::*;

fn last(store: &mut Store) -> Vec<Last> {
    store.series().last_of_each_station().unwrap()
}

fn one(station: &str, content: &str, series: &str, session: Option<&str>) -> Last {
    Last {
        station: station.to_owned(),
        content: content.to_owned(),
        series: series.to_owned(),
        session: session.map(str::to_owned),
    }
}

#[test]
fn a_station_is_told_last_what_it_was_told_last() {
    let (folder, mut store) = store();
    say(&mut store, &[said("A", 1, 1, Some("a1"), "s1"), said("B", 9, 2, Some("b9"), "s9")]);
    assert_eq!(last(&mut store), [one("A", "a1", "s1", None), one("B", "b9", "s9", None)]);
    // Two series side by side: the last verdict is of one, the last image of the other.
    say(&mut store, &[said("A", 2, 3, Some("a2"), "t1"), said("A", 1, 4, None, "s2"), said("A", 2, 5, None, "t2")]);
    say(&mut store, &[said("A", 1, 6, Some("a1'"), "s3"), said("A", 2, 7, None, "t3")]);
    // More of a series of the other one changes nothing of whose verdict was last.
    say(&mut store, &[said("B", 9, 8, None, "s9'")]);
    let sessions = [("A", "first"), ("A", "second"), ("C", "other")];
    let sessions = sessions.map(|(station, content)| SessionEnd { station, at: 8, content });
    store.series().record(&Batch { sessions: &sessions, ..Batch::default() }).unwrap();
    let expected = [one("B", "b9", "s9'", None), one("A", "a1'", "t3", Some("second"))];
    assert_eq!(last(&mut store), expected);
    assert_eq!(last(&mut Store::open(folder.path()).unwrap()), expected, "also after a restart");
}

#[test]
fn a_series_is_remembered_whole() {
    let (_folder, mut store) = store();
    say(&mut store, &[said("A", u64::MAX, 5, Some("content"), "s1"), said("A", u64::MAX, 9, None, "s2")]);
    let found = store.series().state("A", u64::MAX).unwrap().unwrap();
    let Remembered { station, uid, began, at, content, series, memory, .. } = found;
    assert_eq!((station.as_str(), uid, began, at), ("A", u64::MAX, 5, 9));
    assert_eq!((content.as_str(), series.as_str(), &memory[..]), ("content", "s2", &b"s2"[..]));
    assert_eq!(store.series().state("B", u64::MAX).unwrap(), None);
    // One that is forgotten is remembered from its next verdict on.
    say(&mut store, &[said("A", 3, 9, None, "s")]);
    assert_eq!(store.series().state("A", 3).unwrap(), None);
}

#[test]
fn the_same_series_at_two_stations_is_two() {
    let (_folder, mut store) = store();
    say(&mut store, &[said("A", 1, 1, Some("a"), "s"), said("B", 1, 2, Some("b"), "s")]);
    assert_eq!(store.series().history(None, 0, None, 9).unwrap().series.len(), 2);
}

#[test]
fn a_page_is_bounded_in_bytes_too() {
    let (_folder, mut store) = store();
    let long = "x".repeat(3 << 20);
    for uid in 0..5 {
        say(&mut store, &[said("A", uid, 1, Some(&long), "s")]);
    }
    let page = store.series().history(None, 0, None, 100).unwrap();
    assert_eq!((page.series.len(), page.next), (3, Some(page.series[2].id)));
    let rest = store.series().history(None, 0, page.next, 100).unwrap();
    assert_eq!((rest.series.len(), rest.next), (2, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn pages_together_are_the_whole_newest_first(
        said_of in proptest::collection::vec((0..3u8, 0..6u64, 0..20i64, any::<bool>()), 0..40),
        since in 0..20i64, limit in 1..5usize, station in proptest::option::of(0..3u8),
    ) {
        let (_folder, mut store) = store();
        let name = |number: u8| ["A", "B", "C"][usize::from(number)];
        // Station and series, in the order of their first verdict, with the time of the last image.
        let mut model: Vec<(&str, u64, i64)> = Vec::new();
        for (number, uid, at, is_new) in said_of {
            say(&mut store, &[said(name(number), uid, at, is_new.then_some("c"), "s")]);
            match model.iter_mut().find(|(station, known, _)| *station == name(number) && *known == uid) {
                Some(known) => known.2 = at,
                None if is_new => model.push((name(number), uid, at)),
                None => {}
            }
        }
        let station = station.map(name);
        model.retain(|(of, _, at)| *at >= since && station.is_none_or(|station| station == *of));
        model.reverse();
        let (mut read, mut before) = (Vec::new(), None);
        loop {
            let page = store.series().history(station, since, before, limit).unwrap();
            prop_assert!(page.series.len() <= limit);
            read.extend(page.series);
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        let read: Vec<_> = read.iter().map(|one| (one.station.as_str(), one.uid, one.at)).collect();
        prop_assert_eq!(read, model);
    }
}

#[test]
fn the_first_start_is_known_for_good() {
    let (folder, mut store) = store();
    assert_eq!(store.series().began(5).unwrap(), 5);
    assert_eq!(store.series().began(9).unwrap(), 5);
    assert_eq!(Store::open(folder.path()).unwrap().series().began(9).unwrap(), 5);
}

#[test]
fn a_full_seen_index_says_since_when_it_knows_files() {
    let (_folder, mut store) = store();
    assert_eq!(store.series().full_since(1).unwrap(), None);
    mark(&mut store, &[file(1, 7), file(2, 8)]);
    assert_eq!(store.series().full_since(3).unwrap(), None);
    assert_eq!(store.series().full_since(2).unwrap(), Some(7));
}

#[test]
fn sessions_are_listed_newest_first() {
    let (_folder, mut store) = store();
    let session = |station, at| SessionEnd { station, at, content: "c" };
    let batch = Batch { files: &[], said: &[], sessions: &[session("A", 1), session("B", 2), session("A", 3)] };
    store.series().record(&batch).unwrap();
    let all = store.series().sessions(2, 9).unwrap();
    assert_eq!(all, [("A".to_owned(), 3, "c".to_owned()), ("B".to_owned(), 2, "c".to_owned())]);
    assert_eq!(store.series().sessions(0, 1).unwrap().len(), 1);
    assert!(store.series().has_session_since("A", 3).unwrap() && !store.series().has_session_since("B", 3).unwrap());
}
