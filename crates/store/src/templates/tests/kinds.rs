//! Kinds of images, what varies within an acquisition, and stores from before either was known.

use super::acquisition;
use crate::templates::{Acquisition, COMMENTS, COMPARED, Expected, FileMark, Free, Template};
use crate::{Key, Store};

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

/// An image of a session.
fn image(key: Key, session: &str, kind: &'static str, differs: &[(&str, &str)]) -> Acquisition {
    let one = acquisition(key, session, "20240101", &[30.0], differs);
    Acquisition { identity: key.hash([session.as_bytes(), kind.as_bytes()]), kind, ..one }
}

fn record(store: &mut Store, images: impl IntoIterator<Item = Acquisition>) {
    store.templates().record(images.into_iter().collect(), &[]).unwrap();
}

fn expected(template: &Template, name: &str) -> Expected {
    template.expected(name).clone()
}

#[test]
fn magnitude_and_phase_do_not_compete() {
    let (_folder, mut store) = store();
    let key = store.key();
    for session in ["a", "b"] {
        record(&mut store, [image(key, session, "M", &[("TR", "1")]), image(key, session, "P", &[("TR", "2")])]);
    }
    for (kind, tr) in [("M", "1"), ("P", "2")] {
        let found = store.templates().template("Brain", "Task", kind).unwrap().unwrap();
        assert_eq!((found.expected("TR").text(), found.count, found.kind.as_str()), (Some(tr), 2, kind));
    }
    assert_eq!(store.templates().template("Brain", "Task", "MOCO").unwrap(), None);
    let totals = store.templates().totals().unwrap();
    assert_eq!((totals.acquisitions, totals.sets, totals.templates, totals.mixed), (4, 2, 2, 0));
    // A choice holds for its own kind.
    let sets = store.templates().sets("Brain", "Task").unwrap();
    sets.iter().for_each(|set| store.templates().choose("Brain", "Task", set.set).unwrap());
    assert!(store.templates().sets("Brain", "Task").unwrap().iter().all(|set| set.chosen.is_some()));
}

#[test]
fn what_one_acquisition_has_several_of_is_a_set() {
    let (_folder, mut store) = store();
    let key = store.key();
    for session in ["a", "b", "c"] {
        for value in ["b0", "b1000#1", "b1000#2"] {
            record(&mut store, [image(key, session, "M", &[("SequenceType", value)])]);
        }
    }
    let found = store.templates().template("Brain", "Task", "M").unwrap().unwrap();
    assert_eq!(found.count, 3);
    let values = ["b0", "b1000#1", "b1000#2"].map(|text| Some(text.to_owned()));
    assert_eq!(expected(&found, "SequenceType"), Expected::OneOf(values.to_vec()));
    assert_eq!(found.allowed("SequenceType").unwrap(), "b0 | b1000#1 | b1000#2");
}

#[test]
fn planes_of_a_localizer_are_kept_together() {
    let (_folder, mut store) = store();
    let key = store.key();
    for (major, matrix) in [("ROW", "[0, 256, 128, 0]"), ("COL", "[256, 0, 0, 128]")] {
        record(&mut store, [image(key, "a", "M", &[("PED_major", major), ("Matrix", matrix)])]);
    }
    let found = store.templates().template("Brain", "Task", "M").unwrap().unwrap();
    let plane = |parts: [&str; 2]| [Some(parts[0].to_owned()), Some(parts[1].to_owned()), None];
    assert_eq!(found.planes, [plane(["COL", "[256, 0, 0, 128]"]), plane(["ROW", "[0, 256, 128, 0]"])]);
}

#[test]
fn comments_of_motion_correction_become_free_and_are_not_hoarded() {
    let (_folder, mut store) = store();
    let key = store.key();
    let session = |store: &mut Store, session: usize| {
        let name = session.to_string();
        for number in 0..5 {
            let comment = format!("Motion: {session}.{number}");
            record(store, [image(key, &name, "MOCO", &[("Comments", &comment)])]);
        }
    };
    let why = |store: &mut Store| store.templates().template("Brain", "Task", "MOCO").unwrap().unwrap();
    session(&mut store, 0);
    assert_eq!(why(&mut store).expected[COMMENTS], Expected::Free(Free::OneSession));
    session(&mut store, 1);
    assert_eq!((why(&mut store).expected[COMMENTS].clone(), why(&mut store).count), (Expected::Free(Free::Differs), 2));
    let rows = |store: &Store| {
        store.connection.query_row("SELECT count(*) FROM parameter_set", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    store.templates().settle().unwrap();
    assert_eq!(rows(&store), 2, "two are not enough to forget what they said");
    (2..10).for_each(|number| session(&mut store, number));
    let before = why(&mut store);
    store.templates().choose("Brain", "Task", before.set).unwrap();
    let before = why(&mut store);
    store.templates().settle().unwrap();
    let after = why(&mut store);
    assert_eq!((rows(&store), after.count), (1, 10));
    assert_eq!(Template { set: after.set, ..before }, after);
    session(&mut store, 10);
    assert_eq!((why(&mut store).count, store.templates().totals().unwrap().mixed), (11, 0));
}

#[test]
fn the_images_of_an_acquisition_are_counted_once() {
    let (_folder, mut store) = store();
    let key = store.key();
    let one = image(key, "a", "M", &[]);
    let mark = |number: u8| FileMark {
        path: key.hash([[number].as_slice()]),
        size: 5,
        modified: 7,
        was_read: true,
        folder: [0; 16],
        acquisition: Some(one.identity),
    };
    store.templates().record(vec![one.clone()], &[mark(1), mark(2)]).unwrap();
    store.templates().record(vec![one.clone()], &[mark(2), FileMark { size: 6, ..mark(1) }, mark(3)]).unwrap();
    let images = |store: &mut Store| store.templates().session("Brain").unwrap()[0].images;
    assert_eq!(images(&mut store), Some(3));
    // The same archive under another path.
    let moved: Vec<_> = [11, 12, 13].map(|number| FileMark { folder: [1; 16], ..mark(number) }).to_vec();
    store.templates().record(vec![one], &moved).unwrap();
    assert_eq!(images(&mut store), Some(3));
}

/// A store as the version before has left it: without kinds.
fn old_store(folder: &std::path::Path, identity: [u8; 16]) {
    let mut connection = rusqlite::Connection::open(folder.join(crate::FILE)).unwrap();
    crate::migrations::migrate_to(&mut connection, 3);
    let columns = COMPARED.join(", ");
    let values = COMPARED.map(|name| match name {
        "Project" => "'Brain'",
        "SequenceName" => "'Task'",
        "TR" => "'1300.0'",
        "TE" => "'30.0'",
        _ => "NULL",
    });
    connection
        .execute_batch(&format!(
            "INSERT INTO parameter_set (id, study_key, sequence_key, fingerprint, is_ideal, {columns})
             VALUES (1, 'brain', 'task', x'00', NULL, {});
             INSERT INTO indexed_file VALUES (x'01', 5, 7, 1);",
            values.join(", ")
        ))
        .unwrap();
    connection.execute("INSERT INTO acquisition VALUES (?, 1, '20240101', '20240101 120000')", [identity]).unwrap();
}

#[test]
fn templates_from_before_kinds_were_known_stay_valid() {
    let folder = tempfile::tempdir().unwrap();
    old_store(folder.path(), [9; 16]);
    let mut store = Store::open(folder.path()).unwrap();
    for kind in ["", "M", "P"] {
        let found = store.templates().template("Brain", "Task", kind).unwrap().unwrap();
        assert_eq!((found.expected("TR").text(), found.count, found.kind.as_str()), (Some("1300.0"), 1, ""));
    }
    let done = FileMark { path: [0; 16], size: 5, modified: 7, was_read: false, folder: [0; 16], acquisition: None };
    assert!(!store.templates().is_done(&done).unwrap(), "files are read once more, to learn their kinds");
    // The same acquisition, now with its kind, is one acquisition.
    let key = store.key();
    let again = Acquisition { without_kind: [9; 16], ..image(key, "a", "M", &[("TR", "1400.0")]) };
    record(&mut store, [again]);
    assert_eq!(store.templates().totals().unwrap().acquisitions, 1);
    let found = store.templates().template("Brain", "Task", "M").unwrap().unwrap();
    assert_eq!((found.expected("TR").text(), found.kind.as_str()), (Some("1400.0"), "M"));
    assert_eq!(store.templates().template("Brain", "Task", "P").unwrap(), None);
}

#[test]
fn a_session_holds_what_nine_of_ten_hold() {
    let (_folder, mut store) = store();
    let key = store.key();
    let series = |store: &mut Store, session: &str, sequence: &str, number: u8, images: u8| {
        let one = acquisition(key, session, "20240101", &[30.0], &[("SequenceName", sequence)]);
        let identity = key.hash([session.as_bytes(), sequence.as_bytes(), &[number]]);
        let one = Acquisition { identity, kind: "M", ..one };
        let mark = |image: u8| FileMark {
            path: key.hash([identity.as_slice(), &[image]]),
            size: 5,
            modified: 7,
            was_read: true,
            folder: [0; 16],
            acquisition: Some(identity),
        };
        let files: Vec<_> = (0..images).map(mark).collect();
        store.templates().record(vec![one], &files).unwrap();
    };
    for session in 0..10u8 {
        let name = session.to_string();
        series(&mut store, &name, "T1w", 1, 4);
        series(&mut store, &name, "Rest", 2, if session == 3 { 2 } else { 9 });
        series(&mut store, &name, "Rest", 3, 9);
        if session < 5 {
            series(&mut store, &name, "Extra", 4, 1);
        }
        if session != 7 {
            series(&mut store, &name, "dMRI", 5, session + 1);
        }
    }
    let plan = store.templates().session("BRAIN").unwrap();
    let plan: Vec<_> = plan.iter().map(|one| (one.sequence.as_str(), one.times, one.images)).collect();
    assert_eq!(plan, [("dMRI", 1, None), ("Rest", 2, Some(9)), ("T1w", 1, Some(4))]);
    assert_eq!(store.templates().session("other").unwrap(), []);
}
