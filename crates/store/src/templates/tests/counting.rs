//! Counting and choosing in our own store.

use super::acquisition;
use crate::history::Row;
use crate::templates::{Acquisition, FileMark, Template, Totals};
use crate::{Key, Store, StoreError};
use proptest::prelude::*;

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

fn record(store: &mut Store, make: impl Fn(Key) -> Vec<Acquisition>) {
    let acquisitions = make(store.key());
    store.templates().record(acquisitions, &[]).unwrap();
}

fn template(store: &mut Store) -> Template {
    store.templates().template("brain", "TASK ", "").unwrap().unwrap()
}

fn tr(template: &Template) -> &str {
    template.expected("TR").text().unwrap()
}

#[test]
fn the_most_frequent_set_wins() {
    let (_folder, mut store) = store();
    record(&mut store, |key| {
        let odd = [("TR", "1400.0")];
        vec![
            acquisition(key, "a", "20240101", &[30.0], &[]),
            acquisition(key, "b", "20240102", &[30.0], &[]),
            acquisition(key, "c", "20250101", &[30.0], &odd),
        ]
    });
    let best = template(&mut store);
    assert_eq!((tr(&best), best.count), ("1300.0", 2));
    assert_eq!((best.first.as_deref(), best.last.as_deref()), (Some("20240101"), Some("20240102")));
    assert_eq!((best.chosen.as_deref(), best.echo_times.as_deref()), (None, Some("30")));
    let totals = store.templates().totals().unwrap();
    assert_eq!(totals, Totals { acquisitions: 3, sets: 2, templates: 1, mixed: 1 });
}

#[test]
fn among_equals_the_newest_wins() {
    for (a, b, wins) in [("20240101", "20250101", "1400.0"), ("20250101", "20240101", "1300.0")] {
        let (_folder, mut store) = store();
        record(&mut store, |key| {
            let odd = acquisition(key, "b", b, &[30.0], &[("TR", "1400.0")]);
            vec![acquisition(key, "a", a, &[30.0], &[]), odd]
        });
        assert_eq!(tr(&template(&mut store)), wins);
    }
}

#[test]
fn a_choice_beats_counting_until_it_is_taken_back() {
    let (_folder, mut store) = store();
    let odd = [("TR", "1400.0")];
    record(&mut store, |key| {
        let mut all = vec![acquisition(key, "odd", "20200101", &[30.0], &odd)];
        all.extend(["a", "b"].map(|name| acquisition(key, name, "20240101", &[30.0], &[])));
        all
    });
    let sets = store.templates().sets("Brain", "Task").unwrap();
    assert_eq!(sets.iter().map(tr).collect::<Vec<_>>(), ["1300.0", "1400.0"]);
    let before = store.templates().version().unwrap();
    store.templates().choose("BRAIN", "task", sets[1].set).unwrap();
    assert_ne!(store.templates().version().unwrap(), before);
    let chosen = template(&mut store);
    assert_eq!((tr(&chosen), chosen.count), ("1400.0", 1));
    assert!(chosen.chosen.is_some_and(|when| when.starts_with("20") && when.ends_with('Z')));

    let error = store.templates().choose("Brain", "Task", 999).unwrap_err();
    assert!(matches!(error, StoreError::NoSet { set: 999, .. }), "{error}");
    let error = store.templates().choose("Brain", "Other", sets[0].set).unwrap_err();
    assert!(matches!(error, StoreError::NoSet { .. }), "{error}");
    assert_eq!(tr(&template(&mut store)), "1400.0", "a wrong number takes back no earlier choice");

    store.templates().forget().unwrap();
    assert_eq!(template(&mut store).count, 0, "what was chosen outlasts a fresh start");
    assert!(store.templates().unchoose("Brain", "Task").unwrap());
    assert!(!store.templates().unchoose("Brain", "Task").unwrap());
    assert_eq!(store.templates().template("Brain", "Task", "").unwrap(), None);
}

#[test]
fn names_are_never_patterns() {
    let (_folder, mut store) = store();
    record(&mut store, |key| vec![acquisition(key, "a", "20240101", &[30.0], &[])]);
    for (project, sequence) in [("%", "Task"), ("Brain", "%"), ("Bra_n", "Task"), ("*", "*"), ("Brain", ""), ("", "")] {
        assert_eq!(store.templates().template(project, sequence, "").unwrap(), None, "{project} {sequence}");
    }
    record(&mut store, |key| vec![acquisition(key, "b", "20240101", &[30.0], &[("Project", "100%_x")])]);
    assert!(store.templates().template("100%_X", "task", "").unwrap().is_some());
    assert!(store.templates().template("100aax", "task", "").unwrap().is_none());
}

#[test]
fn echoes_of_one_acquisition_belong_to_one_set() {
    let (_folder, mut store) = store();
    // Two multi-echo acquisitions, their files in different orders, and one with a wrong echo time.
    for (name, echo) in [("a", 14.0), ("b", 30.0), ("a", 30.0), ("b", 46.0), ("b", 14.0), ("a", 46.0), ("c", 99.0)] {
        record(&mut store, |key| vec![acquisition(key, name, "20240101", &[echo], &[])]);
    }
    let best = template(&mut store);
    assert_eq!((best.count, best.echo_times.as_deref()), (2, Some("14,30,46")));
    let sets = store.templates().sets("Brain", "Task").unwrap();
    assert_eq!(sets.len(), 2, "sets of acquisitions half read are gone");
}

#[test]
fn marks_hold_while_a_file_stays_as_it_is() {
    let (_folder, mut store) = store();
    let seen = FileMark {
        path: store.key().hash([b"x".as_slice()]),
        size: 5,
        modified: 7,
        was_read: false,
        folder: [0; 16],
        acquisition: None,
    };
    let read = FileMark { was_read: true, ..seen };
    let mut templates = store.templates();
    assert!(!templates.is_done(&seen).unwrap());
    templates.record(Vec::new(), &[seen]).unwrap();
    assert!(templates.is_done(&seen).unwrap() && !templates.is_done(&read).unwrap());
    templates.record(Vec::new(), &[read]).unwrap();
    templates.record(Vec::new(), &[seen]).unwrap();
    assert!(templates.is_done(&read).unwrap(), "passing over takes back no reading");
    for other in [FileMark { size: 6, ..seen }, FileMark { modified: 8, ..seen }] {
        assert!(!templates.is_done(&other).unwrap());
    }
    let changed = FileMark { size: 6, ..seen };
    templates.record(Vec::new(), &[changed]).unwrap();
    assert!(templates.is_done(&changed).unwrap() && !templates.is_done(&seen).unwrap());
    assert!(!templates.is_done(&FileMark { was_read: true, ..changed }).unwrap());
    templates.forget().unwrap();
    assert!(!templates.is_done(&changed).unwrap());
}

#[test]
fn another_connection_sees_what_was_counted() {
    let (folder, mut store) = store();
    let mut other = Store::open(folder.path()).unwrap();
    let before = other.templates().version().unwrap();
    assert_eq!(other.templates().version().unwrap(), before);
    record(&mut store, |key| vec![acquisition(key, "a", "20240101", &[30.0], &[])]);
    assert_ne!(other.templates().version().unwrap(), before);
    assert_eq!(template(&mut other).count, 1);
}

#[test]
fn no_formatting_shows_a_text() {
    let (_folder, mut store) = store();
    record(&mut store, |key| vec![acquisition(key, "a", "20240101", &[30.0], &[("Comments", "MARKER")])]);
    let shown = format!("{:?} {:?}", template(&mut store), acquisition(store.key(), "MARKER", "1", &[], &[]));
    assert!(!shown.contains("MARKER") && !shown.contains("Brain"), "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn the_order_of_files_and_batches_makes_no_difference(
        files in proptest::collection::vec((0..3u8, 0..4u8, 0..3u8, 0..2u8), 1..12),
        batch in 1..5usize,
    ) {
        // A file: which acquisition, which echo, when, and a parameter that may differ within one acquisition.
        let make = |key: Key, &(which, echo, when, kind): &(u8, u8, u8, u8)| {
            let echoes = [10.0 + f64::from(echo)];
            acquisition(key, &which.to_string(), &format!("2024010{when}"), &echoes, &[("SequenceType", &kind.to_string())])
        };
        let counted = |files: &[(u8, u8, u8, u8)], batch: usize| {
            let (_folder, mut store) = store();
            let key = store.key();
            for files in files.chunks(batch) {
                store.templates().record(files.iter().map(|file| make(key, file)).collect(), &[]).unwrap();
            }
            let sets = store.templates().sets("brain", "task").unwrap();
            let mut sets: Vec<_> = sets.into_iter().map(|set| Template { set: 0, ..set }).collect();
            sets.sort_by_key(|set| format!("{:?}", set.expected.each_ref().map(|one| one.text().map(str::to_owned))));
            sets
        };
        let mut other = files.clone();
        other.reverse();
        prop_assert_eq!(counted(&files, batch), counted(&other, 1));
    }
}

#[test]
fn indexing_and_a_gateway_that_writes_do_not_throw_each_other_out() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Store::open(folder.path()).unwrap();
    let (mut index, mut gateway) = (open(), open());
    let key = index.key();
    std::thread::scope(|scope| {
        // Each batch reads before it writes: it asks which acquisitions are known.
        let indexing = scope.spawn(move || {
            (0..200).try_for_each(|at| {
                let one = acquisition(key, &at.to_string(), "20200102", &[], &[]);
                index.templates().record(vec![one.clone(), one], &[])
            })
        });
        for source_time in 0..200 {
            gateway.history().append(&[Row { variable: "a", source_time, arrived: source_time, body: b"1" }]).unwrap();
        }
        indexing.join().unwrap().unwrap();
    });
}
