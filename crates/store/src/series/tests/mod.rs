//! Tests of the memory of series: marks and what was said together, the past, forgetting, and what a kill leaves.

mod kills;
mod past;
mod pruning;

use super::{Batch, Bounds, FileMark, Mark, Said, SessionEnd, path_hash};
use crate::Store;
use std::time::Duration;

const MINUTE: i64 = 60_000;

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

fn file(path: u64, at: i64) -> FileMark {
    FileMark { path, size: 10, modified: 1, mark: Mark::Judged, image: Some((path / 10, path)), differs: false, at }
}

fn said<'a>(station: &'a str, uid: u64, at: i64, content: Option<&'a str>, series: &'a str) -> Said<'a> {
    Said { station, uid, at, content, series, memory: series.as_bytes() }
}

fn say(store: &mut Store, said: &[Said<'_>]) {
    store.series().record(&Batch { said, ..Batch::default() }).unwrap();
}

fn mark(store: &mut Store, files: &[FileMark]) {
    store.series().record(&Batch { files, ..Batch::default() }).unwrap();
}

const ALL: Bounds = Bounds { keep: Duration::ZERO, files: u64::MAX, series: u64::MAX, sessions: u64::MAX };

#[test]
fn a_version_of_a_file_is_known_by_path_size_and_time() {
    let (folder, mut store) = store();
    assert!(store.series().is_empty().unwrap());
    let [a, b] = [file(u64::MAX, 1), FileMark { mark: Mark::Before, image: None, ..file(2, 1) }];
    mark(&mut store, &[a, b]);
    for mut store in [store, Store::open(folder.path()).unwrap()] {
        let series = store.series();
        assert!(!series.is_empty().unwrap());
        assert_eq!(series.mark(u64::MAX, 10, 1).unwrap(), Some(Mark::Judged));
        assert_eq!(series.mark(2, 10, 1).unwrap(), Some(Mark::Before));
        for (path, size, modified) in [(3, 10, 1), (2, 11, 1), (2, 10, 2)] {
            assert_eq!(series.mark(path, size, modified).unwrap(), None, "{path} {size} {modified}");
        }
    }
    let mut store = Store::open(folder.path()).unwrap();
    mark(&mut store, &[FileMark { size: 11, ..b }, FileMark { size: 12, ..b }]);
    assert_eq!(store.series().mark(2, 10, 1).unwrap(), None, "another version took its place");
    assert_eq!(store.series().mark(2, 11, 1).unwrap(), None, "and another one that of this");
    assert_eq!(store.series().mark(2, 12, 1).unwrap(), Some(Mark::Before));
}

#[test]
fn an_image_is_known_in_its_series_wherever_its_files_lie() {
    let (_folder, mut store) = store();
    let of = |path, image, differs| FileMark { image, differs, ..file(path, 1) };
    mark(
        &mut store,
        &[of(1, Some((7, 70)), false), of(2, Some((7, 71)), true), of(3, Some((7, 70)), true), of(4, None, false)],
    );
    let series = store.series();
    assert_eq!(series.image(7, 71).unwrap(), Some(true));
    assert_eq!(series.image(7, 70).unwrap(), Some(true), "one of its files differs");
    assert_eq!((series.image(7, 72).unwrap(), series.image(8, 70).unwrap()), (None, None));
}

#[test]
fn no_formatting_shows_what_a_header_says() {
    let (_folder, mut store) = store();
    let said = said("A", 1, 1, Some("MARKER"), "MARKER");
    let session = SessionEnd { station: "A", at: 1, content: "MARKER" };
    let batch = Batch { files: &[], said: &[said], sessions: &[session] };
    store.series().record(&batch).unwrap();
    let (last, page) =
        (store.series().last_of_each_station().unwrap(), store.series().history(None, 0, None, 9).unwrap());
    assert_eq!((last.len(), page.series.len()), (1, 1));
    let shown = format!("{batch:?} {last:?} {page:#?}");
    assert!(!shown.contains("MARKER"), "{shown}");
}

#[test]
fn looking_for_one_thing_reads_that_thing_alone() {
    let (_folder, store) = store();
    let plan = |sql: &str| {
        let mut query = store.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let rows = query.query_map([], |row| row.get::<_, String>(3)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>().join("; ")
    };
    for (sql, index) in [
        ("SELECT was_judged FROM series_file WHERE path = 1 AND size = 2 AND modified = 3", "path=?"),
        ("SELECT max(differs) FROM series_file WHERE series = 1 AND image = 2", "series=? AND image=?"),
        (
            "SELECT * FROM series_state JOIN series_now USING (id) WHERE station = 'a' AND series_state.id < 3 AND at >= 0
             ORDER BY series_state.id DESC LIMIT 9",
            "station=? AND rowid<?",
        ),
        ("SELECT content FROM series_state WHERE station = 'a' ORDER BY told DESC LIMIT 1", "series_state_told (station=?)"),
        ("SELECT id FROM series_file WHERE id > 1 ORDER BY id LIMIT 9", "rowid>?"),
    ] {
        let plan = plan(sql);
        assert!(plan.contains(index) && !plan.contains("SCAN series") && !plan.contains("TEMP"), "{sql}: {plan}");
    }
}

#[test]
fn files_of_one_folder_lie_side_by_side() {
    let (_folder, store) = store();
    let hash = |folder: &str, name: &str| path_hash(store.key(), folder.as_bytes(), name.as_bytes());
    assert_eq!(hash("/a", "1") >> 32, hash("/a", "2") >> 32);
    assert_ne!(hash("/a", "1"), hash("/a", "2"));
    assert_ne!(hash("/a", "1") >> 32, hash("/b", "1") >> 32);
    assert_eq!(hash("/a", "1") as u32, hash("/b", "1") as u32);
}
