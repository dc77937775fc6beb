//! Tests of the judge: what is told about a series as its files come.

mod property;
mod series;
mod session;

use super::{Judge, Kind, Report, Tell};
use crate::templates::{Origin, Templates, acquisition};
use serde_json::{Value as Json, json};
use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;
use tieline_dicom_read::{Header, Parameter, Parameters, Unreadable, Value};
use tieline_model::Patient;
use tieline_store::Store;

fn words(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A file of the study `Brain^X`, sequence `Task`.
fn header(study: &str, series: i64, changes: &[(Parameter, Value)]) -> Header {
    let mut parameters = Parameters::default();
    let own = [
        (Parameter::Project, words("Brain^X")),
        (Parameter::SequenceName, words("Task")),
        (Parameter::Station, words("AWP1")),
        (Parameter::SeriesNumber, Value::Integer(series)),
        (Parameter::AcqDate, words("20240101")),
        (Parameter::Tr, Value::Number(1300.0)),
        (Parameter::Te, Value::Number(30.0)),
        (Parameter::Matrix, Value::Integers(vec![0, 96, 96, 0])),
        (Parameter::BwpPe, Value::Nothing),
    ];
    own.iter().chain(changes).for_each(|(parameter, value)| parameters.set(*parameter, value.clone()));
    Header { parameters, study: Patient::new(study.to_owned()), complete: true, ..Header::default() }
}

/// A judge whose store has counted these files.
fn judge(files: &[Header]) -> (tempfile::TempDir, Judge) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    let acquisitions = files.iter().map(|file| acquisition(store.key(), file).unwrap()).collect();
    store.templates().record(acquisitions, &[]).unwrap();
    (folder, Judge::new(Templates::new(Origin::Store(store))))
}

/// The next file of each header in turn; what was told: the verdict of a `new`, the count of an `update`.
fn told(judge: &mut Judge, headers: &[Header]) -> Vec<String> {
    let say = |(at, header)| match judged(judge, header, &format!("/d/{at}.dcm")) {
        None => "nothing".to_owned(),
        Some(report) if report.kind == Kind::Update => report.content.reveal().clone(),
        Some(report) => content(&report)["verdict"].as_str().unwrap().to_owned(),
    };
    headers.iter().enumerate().map(say).collect()
}

/// What is told of a file itself; after an update follows what is known of the series.
fn judged(judge: &mut Judge, header: &Header, path: &str) -> Option<Report> {
    let reports = judge.take(header, Path::new(path), Duration::ZERO).unwrap().reports;
    // Sessions that end by it are another matter.
    let mut reports = reports.into_iter().filter(|report| report.kind != Kind::Session);
    let first = reports.next();
    let kinds: Vec<_> = reports.map(|report| report.kind).collect();
    let expected: &[Kind] =
        if first.as_ref().is_some_and(|first| first.kind == Kind::Update) { &[Kind::Series] } else { &[] };
    assert_eq!(kinds, expected);
    first
}

fn content(report: &Report) -> Json {
    serde_json::from_str(report.content.reveal()).unwrap()
}

#[test]
fn a_series_is_told_once_and_then_counted() {
    let (_folder, mut judge) = judge(&[header("archive", 1, &[])]);
    let file = header("1.2.3", 7, &[]);
    assert_eq!(told(&mut judge, &[file.clone(), file.clone(), file]), ["conforms", "1", "2"]);
}

#[test]
fn a_later_image_that_differs_is_told_and_the_series_stays_so() {
    let (_folder, mut judge) = judge(&[header("archive", 1, &[])]);
    let good = header("1.2.3", 7, &[]);
    let slow = header("1.2.3", 7, &[(Parameter::Tr, Value::Number(1400.0))]);
    let slower = header("1.2.3", 7, &[(Parameter::Tr, Value::Number(1500.0))]);
    let late = header("1.2.3", 7, &[(Parameter::Te, Value::Number(31.0))]);
    let files = [&good, &good, &slow, &slow, &slower, &late, &good].map(Clone::clone);
    // Another value of the same parameter is no news, another parameter is.
    assert_eq!(told(&mut judge, &files), ["conforms", "1", "differs", "3", "4", "differs", "6"]);
}

#[test]
fn what_makes_another_series() {
    let (_folder, mut judge) = judge(&[header("archive", 1, &[])]);
    let files = [
        header("1.2.3", 7, &[]),
        header("4.5.6", 7, &[]),
        header("1.2.3", 8, &[]),
        header("1.2.3", 7, &[(Parameter::Station, words("AWP2"))]),
        header("1.2.3", 7, &[(Parameter::SequenceName, words("Rest"))]),
        header("1.2.3", 7, &[]),
    ];
    assert_eq!(told(&mut judge, &files), ["conforms", "conforms", "conforms", "conforms", "no_template", "1"]);
}

#[test]
fn every_echo_is_compared_with_all_allowed_ones() {
    let echo = |study: &str, time: f64| header(study, 1, &[(Parameter::Te, Value::Number(time))]);
    let (_folder, mut judge) = judge(&[echo("archive", 14.0), echo("archive", 30.0)]);
    let files = [14.0, 30.0, 14.0, 99.0].map(|time| echo("1.2.3", time));
    assert_eq!(told(&mut judge, &files), ["conforms", "1", "2", "differs"]);
    let report = judged(&mut judge, &echo("4.5.6", 14.0), "/d/9.dcm").unwrap();
    let content = content(&report);
    assert_eq!(content["verdict"], "conforms");
    assert_eq!((&content["template"]["TE"], &content["template"]["multiecho_tes"]), (&json!("14,30"), &json!("14,30")));
}

#[test]
fn the_allowed_echo_times_stand_in_the_databases_spelling() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reference.sqlite");
    let writer = rusqlite::Connection::open(&path).unwrap();
    writer
        .execute_batch(
            "CREATE TABLE acq_param (Project text, SequenceName text, TE text);
             CREATE TABLE acq (param_id integer, AcqDate text, SeriesNumber text, SubID text);
             INSERT INTO acq_param (rowid, Project, SequenceName, TE)
             VALUES (1, 'Brain^X', 'Task', '31.63'), (2, 'Brain^X', 'Task', '14');
             INSERT INTO acq VALUES (1, '20240101', '7', 'a'), (2, '20240101', '7', 'a'), (1, '20240102', '7', 'b');",
        )
        .unwrap();
    let mut judge = Judge::new(Templates::new(Origin::open(&path, path.to_str().unwrap()).unwrap()));
    for time in [14.0, 31.63, 99.0] {
        let file = header(&format!("1.{time}"), 7, &[(Parameter::Te, Value::Number(time))]);
        let report = judged(&mut judge, &file, "/d/1.dcm").unwrap();
        let content = content(&report);
        assert_eq!(content["template"]["TE"], "14,31.63", "{time}");
        assert_eq!(content["conforms"], json!(time != 99.0));
        let expect = &content["errors"]["TE"]["expect"];
        assert_eq!(*expect, if time == 99.0 { json!("14,31.63") } else { json!(null) });
    }
}

#[test]
fn the_same_file_again_is_no_further_file() {
    let (_folder, mut judge) = judge(&[header("archive", 1, &[])]);
    let (half, whole) = (header("1.2.3", 7, &[(Parameter::Tr, Value::Absent)]), header("1.2.3", 7, &[]));
    let mut kind = |header, path| judged(&mut judge, header, path).map(|report| report.kind);
    assert_eq!(kind(&whole, "/d/1.dcm"), Some(Kind::New));
    assert_eq!(kind(&whole, "/d/1.dcm"), None);
    assert_eq!(kind(&half, "/d/1.dcm"), Some(Kind::New), "it was written anew, and now it differs");
    assert_eq!(kind(&whole, "/d/1.dcm"), None, "and what was seen stays seen");
    let next = judged(&mut judge, &whole, "/d/2.dcm").unwrap();
    assert_eq!((next.kind, next.content.reveal().as_str()), (Kind::Update, "1"));
}

#[test]
fn a_new_message_is_exactly_as_the_contract_has_it() {
    let (_folder, mut judge) = judge(&[header("archive", 1, &[])]);
    let file = header("1.2.3", 7, &[(Parameter::Tr, Value::Number(1400.5)), (Parameter::SubId, words("A\"<b>\n"))]);
    let report = judged(&mut judge, &file, "/d/x.dcm").unwrap();
    assert_eq!((report.kind, report.station.as_deref()), (Kind::New, Some("AWP1")));
    let null = "\"null\"";
    let absent = "iPAT Comments SequenceType PED_major Phase PixelResol BWP BWPPE FA TA FoV SequenceFile";
    let absent: Vec<_> = absent.split(' ').map(|name| format!("\"{name}\":\"absent on both sides\"")).collect();
    let absent = absent.join(",");
    let expected = format!(
        "{{\"conforms\":false,\"errors\":{{\"TR\":{{\"expect\":\"1300.0\",\"have\":1400.5}}}},\"input\":{{\
         \"Phase\":{null},\"iPAT\":{null},\"AcqTime\":{null},\"AcqDate\":\"20240101\",\"SeriesNumber\":7,\
         \"SubID\":\"A\\\"<b>\\n\",\"Comments\":{null},\"Operator\":{null},\"Station\":\"AWP1\",\"Project\":\"Brain^X\",\
         \"SequenceName\":\"Task\",\"SequenceType\":{null},\"PED_major\":{null},\"TR\":1400.5,\"TE\":30.0,\
         \"Matrix\":[0,96,96,0],\"PixelResol\":{null},\"BWP\":{null},\"BWPPE\":null,\"FA\":{null},\"TA\":{null},\
         \"FoV\":{null},\"Shims\":{null},\"SequenceFile\":{null},\"dcm_path\":\"/d/x.dcm\"}},\
         \"template\":{{\"n\":1,\"Project\":\"Brain^X\",\"SequenceName\":\"Task\",\"param_id\":1,\"first\":\"20240101\",\
         \"last\":\"20240101\",\"multiecho_tes\":\"30\",\"is_ideal\":{null},\"iPAT\":{null},\"Comments\":{null},\
         \"SequenceType\":{null},\"PED_major\":{null},\"Phase\":{null},\"TR\":\"1300.0\",\"TE\":\"30\",\
         \"Matrix\":\"[0, 96, 96, 0]\",\"PixelResol\":{null},\"BWP\":{null},\"BWPPE\":{null},\"FA\":{null},\"TA\":{null},\
         \"FoV\":{null},\"SequenceFile\":{null}}},\"verdict\":\"differs\",\"series\":{{\"number\":7,\"name\":\"Task\",\"uid\":\"UID\",\
         \"images\":1,\"differing\":1,\"first_differing\":null,\"verdict\":\"differs\",\"ended\":false,\
         \"missing_values\":{{}}}},\"kind\":\"OTHER\",\"not_compared\":{{{absent}}},\"rules\":[]}}"
    );
    let uid = content(&report)["series"]["uid"].as_str().unwrap().to_owned();
    assert!(uid.len() == 16 && uid.bytes().all(|byte| byte.is_ascii_hexdigit()), "{uid}");
    let expected = expected.replace("UID", &uid);
    assert_eq!(report.content.reveal(), &expected);
}

#[test]
fn without_a_template_nothing_differs() {
    let (_folder, mut judge) = judge(&[]);
    for file in [header("1", 1, &[]), header("1", 2, &[(Parameter::Project, Value::Absent)])] {
        let report = judged(&mut judge, &file, "x").unwrap();
        let content = content(&report);
        assert_eq!((&content["conforms"], &content["verdict"]), (&json!(true), &json!("no_template")));
        assert_eq!((&content["errors"], &content["template"]), (&json!({}), &json!({})));
    }
}

#[test]
fn a_choice_holds_for_the_very_next_file() {
    let odd = header("b", 1, &[(Parameter::Tr, Value::Number(1400.0))]);
    let (folder, mut judge) = judge(&[header("a", 1, &[]), header("c", 1, &[]), odd.clone()]);
    assert_eq!(told(&mut judge, std::slice::from_ref(&odd)), ["differs"]);
    let mut other = Store::open(folder.path()).unwrap();
    let set = other.templates().sets("Brain^X", "Task").unwrap()[1].set;
    other.templates().choose("Brain^X", "Task", set).unwrap();
    let next =
        judged(&mut judge, &header("later", 1, &[(Parameter::Tr, Value::Number(1400.0))]), "/d/next.dcm").unwrap();
    assert_eq!(content(&next)["verdict"], "conforms");
}

#[test]
#[cfg(unix)]
fn a_file_that_cannot_be_read_is_told() {
    use std::os::unix::ffi::OsStrExt;
    #[derive(Default)]
    struct Told(RefCell<Vec<(Option<String>, Kind, String)>>);
    impl Tell for Told {
        fn tell(&self, station: Option<&str>, kind: Kind, content: String) {
            self.0.borrow_mut().push((station.map(str::to_owned), kind, content));
        }
    }
    let told = Told::default();
    let path = Path::new(std::ffi::OsStr::from_bytes(b"/d/\xff.dcm"));
    Report::unreadable(path, Unreadable::NotDicom).tell(&told);
    let reason = Unreadable::NotDicom.to_string();
    let expected = (None, Kind::Unreadable, format!("{{\"path\":\"/d/\u{fffd}.dcm\",\"reason\":\"{reason}\"}}"));
    assert_eq!(told.0.into_inner(), [expected]);
}

#[test]
fn memory_is_bounded_and_what_is_forgotten_counted() {
    let (_folder, mut judge) = judge(&[]);
    for series in 0..10_002 {
        judged(&mut judge, &header("1", series, &[]), "x");
    }
    assert_eq!(judge.forgotten(), 2);
    let kind = |judge: &mut Judge, series| judged(judge, &header("1", series, &[]), "y").unwrap().kind;
    assert_eq!(kind(&mut judge, 10_001), Kind::Update);
    assert_eq!(kind(&mut judge, 0), Kind::New);
}

#[test]
fn no_formatting_shows_a_value() {
    let (_folder, mut judge) = judge(&[header("archive", 1, &[])]);
    let file = header("MARKER", 7, &[(Parameter::SubId, words("MARKER")), (Parameter::Comments, words("MARKER"))]);
    let judgement = judge.look(&file).unwrap();
    let report = judged(&mut judge, &file, "/MARKER.dcm").unwrap();
    assert!(report.content.reveal().contains("MARKER"));
    assert!(!format!("{judgement:?} {report:?} {file:?}").contains("MARKER"));
}
