//! Sessions: what is missing, broken off, there too often.

use super::{content, header, words};
use crate::rules::{Images, Rules, SessionSettings};
use crate::templates::{Origin, Templates, acquisition};
use crate::{Judge, Kind, Naming, Report, SERIES_END, SESSION_END};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::time::Duration;
use tieline_dicom_read::{Header, Parameter, SeriesKind};
use tieline_model::Patient;
use tieline_store::Store;
use tieline_store::templates::FileMark;

fn image(study: &str, series: i64, name: &str, kind: SeriesKind, number: i64) -> Header {
    let image = Patient::new(format!("{study}.{series}.{number}"));
    Header { image, kind, ..header(study, series, &[(Parameter::SequenceName, words(name))]) }
}

/// A session: series with their names, kinds and numbers of images.
fn session(study: &str, series: &[(&str, SeriesKind, i64)]) -> Vec<Header> {
    let of = |(at, (name, kind, images)): (usize, &(&str, SeriesKind, i64))| {
        (0..*images).map(|number| image(study, at as i64 + 1, name, *kind, number)).collect::<Vec<_>>()
    };
    series.iter().enumerate().flat_map(of).collect()
}

const WHOLE: &[(&str, SeriesKind, i64)] =
    &[("T1w", SeriesKind::M, 1), ("rest", SeriesKind::M, 3), ("fmap", SeriesKind::M, 2), ("fmap", SeriesKind::P, 1)];

fn judge(settings: &[SessionSettings]) -> (tempfile::TempDir, Judge) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    let key = store.key();
    for study in ["a", "b", "c"] {
        for (at, header) in session(study, WHOLE).iter().enumerate() {
            let one = acquisition(key, header).unwrap();
            let path = key.hash([study.as_bytes(), &[at as u8]]);
            let file = FileMark {
                path,
                size: 1,
                modified: 1,
                was_read: true,
                folder: [0; 16],
                acquisition: Some(one.identity),
            };
            store.templates().record(vec![one], &[file]).unwrap();
        }
    }
    let judge = Judge::new(Templates::new(Origin::Store(store)));
    let judge = judge.with(Rules::default(), Naming::default(), SERIES_END);
    (folder, judge.with_sessions(settings, SESSION_END))
}

fn play(judge: &mut Judge, images: &[Header], at: u64) -> Vec<Report> {
    let mut told = Vec::new();
    for (number, header) in images.iter().enumerate() {
        told.extend(judge.judge(header, Path::new(&format!("/d/{at}/{number}")), Duration::from_secs(at)).unwrap());
    }
    told
}

fn sessions(reports: &[Report]) -> Vec<Json> {
    reports.iter().filter(|report| report.kind == Kind::Session).map(content).collect()
}

#[test]
fn a_whole_session_is_told_as_such_when_it_is_over() {
    let (_folder, mut judge) = judge(&[]);
    let told = play(&mut judge, &session("live", WHOLE), 0);
    assert_eq!(sessions(&told), [Json::Null; 0]);
    assert_eq!(judge.expected("BRAIN^x"), ["fmap (M)", "fmap (P)", "rest", "T1w"]);
    assert_eq!(sessions(&judge.tick(SESSION_END - Duration::from_secs(1))), [Json::Null; 0]);
    let ended = sessions(&judge.tick(SESSION_END));
    let whole = json!({"missing": [], "incomplete": [], "repeated": [], "differing": []});
    assert_eq!(ended, [whole]);
}

#[test]
fn the_next_study_ends_a_session_and_what_is_wrong_with_it_is_told() {
    let (_folder, mut judge) = judge(&[]);
    let mut images =
        session("live", &[("fmap", SeriesKind::M, 2), ("rest", SeriesKind::M, 3), ("rest", SeriesKind::M, 1)]);
    images[2].parameters.set(Parameter::Tr, tieline_dicom_read::Value::Number(1.0));
    play(&mut judge, &images, 0);
    let told = sessions(&play(&mut judge, &session("next", &WHOLE[..1]), 1));
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["missing"], json!(["fmap (P)", "T1w"]));
    assert_eq!(told[0]["incomplete"], json!([{"sequence": "rest", "expected": 3, "got": 1}]));
    assert_eq!((&told[0]["repeated"], &told[0]["differing"]), (&json!(["rest"]), &json!(["rest"])));
}

#[test]
fn what_the_site_says_beats_what_was_learnt() {
    let settings = SessionSettings {
        project: "brain*".to_owned(),
        sequences: vec!["T1w".to_owned(), "fmap*".to_owned(), "dMRI".to_owned()],
        images: Images(json!({"T1w": 5}).as_object().unwrap().clone()),
    };
    let (_folder, mut judge) = judge(&[settings]);
    play(&mut judge, &session("live", WHOLE), 0);
    let ended = sessions(&judge.tick(SESSION_END));
    assert_eq!(ended[0]["missing"], json!(["dMRI"]));
    assert_eq!(ended[0]["incomplete"], json!([{"sequence": "T1w", "expected": 5, "got": 1}]));
    assert_eq!(ended[0]["repeated"], json!([]), "how many series a pattern stands for is open");
}

#[test]
fn of_a_study_that_nobody_knows_nothing_is_expected() {
    let (_folder, mut judge) = judge(&[]);
    let other = header("x", 1, &[(Parameter::Project, words("Other"))]);
    play(&mut judge, &[other], 0);
    assert_eq!(judge.expected("Other"), [""; 0]);
    assert_eq!(sessions(&judge.tick(SESSION_END)), [Json::Null; 0]);
}
