//! What a database of the reference says, in the shapes its versions have.

use crate::StoreError;
use crate::templates::{Expected, Reference, Template};
use rusqlite::Connection;
use std::path::{Path, PathBuf};

const ACQ: &str = "CREATE TABLE acq (param_id integer, AcqTime text, AcqDate text, SeriesNumber text, SubID text,
    Operator text, Station text, Shims text);";
const PARAM: &str =
    "CREATE TABLE acq_param (is_ideal timestamp, Project text, SequenceName text, Phase text, iPAT text,
    Comments text, SequenceType text, PED_major text, TR text, TE text, Matrix text, PixelResol text, BWP text,
    BWPPE text, FA text, TA text, FoV text, SequenceFile text);";
const COUNTED: &str =
    "CREATE TABLE template_by_count (n int, Project text, SequenceName text, param_id int, first text,
    last text, multiecho_tes text);";

fn database(folder: &tempfile::TempDir, sql: &[&str]) -> (PathBuf, Connection) {
    let path = folder.path().join("db 100%?#.sqlite");
    let writer = Connection::open(&path).unwrap();
    sql.iter().for_each(|sql| writer.execute_batch(sql).unwrap());
    (path, writer)
}

fn param(writer: &Connection, id: i64, tr: &str, te: &str) {
    let sql = "INSERT INTO acq_param (rowid, Project, SequenceName, TR, TE, iPAT) VALUES (?, 'Brain^X', 'Task', ?, ?, 'null')";
    writer.execute(sql, (id, tr, te)).unwrap();
}

fn acq(writer: &Connection, id: i64, date: &str, subject: &str, series: &str) {
    let sql =
        "INSERT INTO acq (param_id, AcqDate, AcqTime, SubID, SeriesNumber, Station) VALUES (?, ?, '1', ?, ?, 'S')";
    writer.execute(sql, (id, date, subject, series)).unwrap();
}

fn best(path: &Path) -> Template {
    Reference::open(path).unwrap().allowed("BRAIN^x", "task").unwrap().remove(0)
}

fn tr(template: &Template) -> &str {
    template.expected("TR").text().unwrap()
}

#[test]
fn the_same_rules_choose() {
    let folder = tempfile::tempdir().unwrap();
    let (path, writer) = database(&folder, &[ACQ, PARAM]);
    param(&writer, 35, "1300.0", "30.0");
    param(&writer, 36, "1400.0", "30.0");
    param(&writer, 37, "1500.0", "30.0");
    for (id, date, subject) in
        [(35, "20240101", "a"), (35, "20240102", "b"), (36, "20240103", "c"), (36, "20240104", "d")]
    {
        acq(&writer, id, date, subject, "1");
    }
    let newest = best(&path);
    assert_eq!((newest.set, newest.count, tr(&newest)), (36, 2, "1400.0"));
    assert_eq!((newest.first.as_deref(), newest.last.as_deref()), (Some("20240103"), Some("20240104")));
    assert_eq!(*newest.expected("iPAT"), Expected::Absent);
    acq(&writer, 35, "20230101", "e", "1");
    assert_eq!((best(&path).set, best(&path).count), (35, 3));
    writer.execute("UPDATE acq_param SET is_ideal = '2024-11-24 10:00:00' WHERE rowid = 37", []).unwrap();
    assert_eq!((best(&path).set, best(&path).count, best(&path).chosen.is_some()), (37, 0, true));
    let reference = Reference::open(&path).unwrap();
    assert_eq!(reference.all().unwrap().iter().map(|set| set.set).collect::<Vec<_>>(), [37, 35, 36]);
    for (project, sequence) in [("%", "Task"), ("Brain_X", "Task"), ("Brain^X", "T%")] {
        assert_eq!(reference.allowed(project, sequence).unwrap(), []);
    }
}

#[test]
fn echo_times_are_those_of_the_chosen_sets_acquisitions() {
    let folder = tempfile::tempdir().unwrap();
    let (path, writer) = database(&folder, &[ACQ, PARAM]);
    for (id, te) in [(1, "14.0"), (2, "30.0"), (3, "46.0"), (4, "99.0")] {
        param(&writer, id, "1300.0", te);
    }
    for (id, subject) in [(1, "a"), (2, "a"), (3, "a"), (1, "b"), (2, "b"), (3, "b"), (1, "c"), (4, "d")] {
        acq(&writer, id, "20240101", subject, "7");
    }
    let found = best(&path);
    assert_eq!((found.set, found.echo_times.as_deref()), (1, Some("14.0,30.0,46.0")));
    assert_eq!(
        (found.allowed("TE").as_deref(), found.allowed("TR").as_deref()),
        (Some("14.0,30.0,46.0"), Some("1300.0"))
    );
    // Each in the database's own spelling, also where it spells one in two ways.
    for (id, te) in [(1, "14"), (2, "31.63"), (3, "46.0")] {
        writer.execute("UPDATE acq_param SET TE = ? WHERE rowid = ?", (te, id)).unwrap();
    }
    param(&writer, 5, "1300.0", "31.630");
    acq(&writer, 5, "20240101", "a", "7");
    assert_eq!(best(&path).allowed("TE").as_deref(), Some("14,31.63,46.0"));
}

#[test]
fn its_own_count_is_used_where_its_acquisitions_say_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (path, writer) = database(&folder, &[PARAM, COUNTED]);
    param(&writer, 35, "1300.0", "14.0");
    let sql = "INSERT INTO template_by_count VALUES (150, 'Brain^X', 'Task', 35, '20230101', '20240101', '14.0,30.0')";
    writer.execute(sql, []).unwrap();
    let told = best(&path);
    assert_eq!((told.set, told.count, told.echo_times.as_deref()), (35, 150, Some("14.0,30.0")));
    assert_eq!((told.first.as_deref(), told.last.as_deref()), (Some("20230101"), Some("20240101")));
    writer.execute_batch(ACQ).unwrap();
    param(&writer, 36, "1400.0", "30.0");
    acq(&writer, 36, "20250101", "a", "1");
    assert_eq!((best(&path).set, best(&path).count), (36, 1), "what was counted by itself may be old");
}

#[test]
fn older_versions_have_fewer_columns() {
    let folder = tempfile::tempdir().unwrap();
    let old = PARAM.replace("Phase text,", "").replace(",\n    BWPPE text", "").replace(", SequenceFile text", "");
    let (path, writer) = database(&folder, &[&old, "CREATE TABLE acq (param_id integer, SubID text)"]);
    param(&writer, 1, "1300.0", "30.0");
    writer.execute("INSERT INTO acq VALUES (1, 'a')", []).unwrap();
    let found = best(&path);
    assert_eq!((found.count, found.first.as_deref(), found.echo_times.as_deref()), (1, None, Some("30.0")));
    assert_eq!(*found.expected("Phase"), Expected::NotRecorded);
    writer.execute_batch("ALTER TABLE acq_param ADD COLUMN SequenceFile text").unwrap();
    assert_eq!(*best(&path).expected("SequenceFile"), Expected::NotRecorded, "the set is older than the column");
    writer.execute("UPDATE acq_param SET SequenceFile = 'null'", []).unwrap();
    assert_eq!(*best(&path).expected("SequenceFile"), Expected::Absent);
}

#[test]
fn what_the_reference_writes_meanwhile_is_seen() {
    for mode in ["wal", "delete"] {
        let folder = tempfile::tempdir().unwrap();
        let (path, writer) = database(&folder, &[&format!("PRAGMA journal_mode = {mode};"), ACQ, PARAM]);
        param(&writer, 1, "1300.0", "30.0");
        acq(&writer, 1, "20240101", "a", "1");
        let mut reference = Reference::open(&path).unwrap();
        let count = |reference: &Reference| reference.allowed("brain^x", "task").unwrap()[0].count;
        let before = reference.version().unwrap();
        assert_eq!((count(&reference), reference.version().unwrap()), (1, before));
        // While the reference is in the middle of writing, the last whole state is what holds.
        writer.execute_batch("BEGIN IMMEDIATE").unwrap();
        acq(&writer, 1, "20240102", "b", "1");
        assert_eq!(count(&reference), 1, "{mode}");
        writer.execute_batch("COMMIT").unwrap();
        assert_ne!(reference.version().unwrap(), before, "{mode}");
        assert_eq!(count(&reference), 2, "{mode}");
    }
}

#[test]
fn a_database_moved_into_its_place_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let (path, writer) = database(&folder, &[ACQ, PARAM]);
    param(&writer, 1, "1300.0", "30.0");
    acq(&writer, 1, "20240101", "a", "1");
    drop(writer);
    let mut reference = Reference::open(&path).unwrap();
    let before = reference.version().unwrap();
    let next = tempfile::tempdir().unwrap();
    let (other, writer) = database(&next, &[ACQ, PARAM]);
    param(&writer, 1, "1400.0", "30.0");
    acq(&writer, 1, "20240101", "a", "1");
    drop(writer);
    std::fs::rename(&other, &path).unwrap();
    assert_ne!(reference.version().unwrap(), before);
    assert_eq!(tr(&reference.allowed("Brain^X", "Task").unwrap()[0]), "1400.0");
}

#[test]
fn it_is_never_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let (path, writer) = database(&folder, &[ACQ, PARAM]);
    drop(writer);
    let before = std::fs::read(&path).unwrap();
    let mut reference = Reference::open(&path).unwrap();
    assert!(reference.all().unwrap().is_empty() && reference.version().is_ok());
    drop(reference);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_is_no_reference_database_is_a_mistake_in_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none.sqlite");
    let other = folder.path().join("other.sqlite");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE x (y)").unwrap();
    let text = folder.path().join("text.sqlite");
    std::fs::write(&text, "plain text that is long enough to be looked at by somebody").unwrap();
    for (path, says) in [(&missing, "there is no such file"), (&other, "acq_param"), (&text, "not a database")] {
        let error = Reference::open(path).err().unwrap();
        assert!(matches!(error, StoreError::Reference { .. }));
        let error = error.to_string();
        assert!(error.contains("templates = ") && error.contains(says) && error.contains("sqlite"), "{error}");
    }
    assert!(!missing.exists());
}

#[test]
fn every_set_a_third_as_frequent_as_the_first_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let (path, writer) = database(&folder, &[ACQ, PARAM]);
    for (id, tr, count) in [(1, "1300.0", 9), (2, "1400.0", 3), (3, "1500.0", 2)] {
        param(&writer, id, tr, "30.0");
        (0..count).for_each(|at| acq(&writer, id, &format!("202401{at:02}"), &format!("{id}{at}"), "1"));
    }
    let allowed = || {
        let sets = Reference::open(&path).unwrap().allowed("Brain^X", "Task").unwrap();
        sets.iter().map(|set| set.set).collect::<Vec<_>>()
    };
    assert_eq!(allowed(), [1, 2]);
    writer.execute("UPDATE acq_param SET is_ideal = '2024-11-24 10:00:00' WHERE rowid = 3", []).unwrap();
    assert_eq!(allowed(), [3], "what an operator chose stands alone");
}
