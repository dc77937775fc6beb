//! A series is judged as one thing: what it has come to, what never came, what is left out.

use super::{content, header, judge, words};
use crate::rules::{RuleSettings, Rules, SkipSettings};
use crate::templates::{Origin, Templates};
use crate::{Judge, Kind, NameFrom, Naming, SERIES_END};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::time::Duration;
use tieline_dicom_read::{Header, Parameter, SeriesKind, Value};
use tieline_model::Patient;

/// An image with a name of its own.
fn image(number: i64, changes: &[(Parameter, Value)]) -> Header {
    let image = Patient::new(format!("1.2.{number}"));
    Header { image, instance: Some(number), series: Patient::new("9.9".to_owned()), ..header("1.2.3", 7, changes) }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What is told of an image: kinds with their contents.
fn told(judge: &mut Judge, header: &Header, path: &str, at: u64) -> Vec<(Kind, Json)> {
    let reports = judge.judge(header, Path::new(path), seconds(at)).unwrap();
    reports.iter().map(|report| (report.kind, content(report))).collect()
}

#[test]
fn one_wrong_image_among_right_ones_keeps_the_series_red() {
    let (_folder, mut judge) = judge(&[header("archive", 1, &[])]);
    let first = told(&mut judge, &image(1, &[]), "/d/1", 0);
    assert_eq!((first[0].0, &first[0].1["verdict"]), (Kind::New, &json!("conforms")));
    let wrong = told(&mut judge, &image(17, &[(Parameter::Fa, Value::Number(90.0))]), "/d/17", 0);
    assert_eq!(
        (wrong[0].0, &wrong[0].1["verdict"], &wrong[0].1["conforms"]),
        (Kind::New, &json!("differs"), &json!(false))
    );
    let series = json!({
        "number": 7, "name": "Task", "uid": wrong[0].1["series"]["uid"], "images": 2, "differing": 1,
        "first_differing": 17, "verdict": "differs", "ended": false, "missing_values": {},
    });
    assert_eq!(wrong[0].1["series"], series);
    let next = told(&mut judge, &image(2, &[]), "/d/2", 0);
    assert_eq!(next.iter().map(|one| one.0).collect::<Vec<_>>(), [Kind::Update, Kind::Series]);
    assert_eq!((&next[0].1, &next[1].1["images"], &next[1].1["verdict"]), (&json!(2), &json!(3), &json!("differs")));
    // Another parameter differs as well: the message names both, with the first one's value.
    let worse = told(&mut judge, &image(5, &[(Parameter::Tr, Value::Number(1.0))]), "/d/5", 0);
    let errors = worse[0].1["errors"].as_object().unwrap();
    assert_eq!(errors.keys().collect::<Vec<_>>(), ["TR", "FA"]);
    assert_eq!((&errors["FA"]["have"], &worse[0].1["series"]["first_differing"]), (&json!(90.0), &json!(5)));
}

#[test]
fn a_file_renamed_or_sent_twice_is_one_image() {
    let (_folder, mut judge) = judge(&[header("archive", 1, &[])]);
    told(&mut judge, &image(1, &[]), "/d/1", 0);
    assert_eq!(told(&mut judge, &image(1, &[]), "/d/other/1", 0), []);
    let wrong = image(2, &[(Parameter::Fa, Value::Number(90.0))]);
    told(&mut judge, &wrong, "/d/2", 0);
    assert_eq!(told(&mut judge, &wrong, "/e/2", 0), []);
    let next = told(&mut judge, &image(3, &[]), "/d/3", 0);
    assert_eq!((&next[0].1, &next[1].1["images"], &next[1].1["differing"]), (&json!(2), &json!(3), &json!(1)));
}

#[test]
fn a_diffusion_series_with_a_comment_per_image_is_one_new() {
    let shot = |study: &str, number: i64| {
        let kind = match number % 10 {
            0 => "ep_b0".to_owned(),
            _ => format!("ep_b1000#{number}"),
        };
        let comment = words(&format!("{study}: volume {number}"));
        let changes = [(Parameter::SequenceType, words(&kind)), (Parameter::Comments, comment)];
        let image = Patient::new(format!("{study}.{number}"));
        Header { image, instance: Some(number), kind: SeriesKind::M, ..header(study, 7, &changes) }
    };
    let archive: Vec<_> = ["a", "b", "c"].iter().flat_map(|study| (0..520).map(|number| shot(study, number))).collect();
    let (_folder, mut judge) = judge(&archive);
    let mut kinds = Vec::new();
    for number in 0..520 {
        kinds.extend(told(&mut judge, &shot("live", number), &format!("/d/{number}"), 0));
    }
    let news: Vec<_> = kinds.iter().filter(|one| one.0 == Kind::New).collect();
    assert_eq!((news.len(), &news[0].1["verdict"]), (1, &json!("conforms")));
    let why = news[0].1["not_compared"]["Comments"].as_str().unwrap();
    assert!(why.contains("differs from session to session"), "{why}");
    let ended = judge.tick(SERIES_END);
    assert_eq!(content(&ended[0])["missing_values"], json!({}));
}

#[test]
fn what_never_came_is_told_at_the_end() {
    let echo = |study: &str, number: i64| {
        let changes = [
            (Parameter::Te, Value::Number(14.0 * number as f64)),
            (Parameter::SequenceType, words(&format!("b{number}"))),
            (Parameter::PedMajor, words(["ROW", "COL"][number as usize % 2])),
        ];
        Header { image: Patient::new(format!("{study}.{number}")), ..header(study, 7, &changes) }
    };
    let archive: Vec<_> = (1..=3).map(|number| echo("a", number)).collect();
    let (_folder, mut judge) = judge(&archive);
    assert_eq!(told(&mut judge, &echo("live", 1), "/d/1", 0)[0].1["verdict"], "conforms");
    assert!(judge.tick(SERIES_END - seconds(1)).is_empty());
    assert_eq!(told(&mut judge, &echo("live", 3), "/d/3", 30).len(), 2);
    assert!(judge.tick(SERIES_END).is_empty(), "an image came in between");
    let ended = judge.tick(SERIES_END + seconds(30));
    let content = content(&ended[0]);
    assert_eq!(
        (ended[0].kind, ended[0].station.as_deref(), &content["ended"]),
        (Kind::Series, Some("AWP1"), &json!(true))
    );
    let missing = json!({"TE": ["28"], "SequenceType": ["b2"], "PED_major": ["ROW [0, 96, 96, 0] null"]});
    assert_eq!(content["missing_values"], missing);
    assert!(judge.tick(SERIES_END * 9).is_empty(), "it is told once");
}

#[test]
fn the_next_series_ends_the_one_before() {
    let (_folder, mut judge) = judge(&[header("archive", 1, &[])]);
    let of = |number: i64, image: i64, station: &str| {
        let changes = [(Parameter::Station, words(station))];
        Header { image: Patient::new(format!("{number}.{image}")), ..header("1.2.3", number, &changes) }
    };
    told(&mut judge, &of(7, 1, "A"), "/d/1", 0);
    told(&mut judge, &of(1, 1, "B"), "/d/2", 0);
    told(&mut judge, &of(8, 1, "A"), "/d/3", 1);
    // Exported side by side: it goes on.
    assert_eq!(told(&mut judge, &of(7, 2, "A"), "/d/4", 1).len(), 2);
    told(&mut judge, &of(8, 2, "A"), "/d/5", 2);
    assert!(judge.tick(Duration::from_millis(2900)).is_empty());
    let ended = judge.tick(seconds(3));
    assert_eq!(ended.iter().map(|one| content(one)["number"].clone()).collect::<Vec<_>>(), [json!(7)]);
}

#[test]
fn a_study_without_a_name_says_so_and_what_to_set() {
    let (_folder, mut judge) = judge(&[header("archive", 1, &[])]);
    let nameless = header("1.2.3", 7, &[(Parameter::Project, Value::Absent)]);
    let told_of = told(&mut judge, &nameless, "/d/Brain^X/1", 0);
    assert_eq!((&told_of[0].1["verdict"], &told_of[0].1["reason"]), (&json!("no_template"), &json!("no_study_name")));
    assert!(told_of[0].1["hint"].as_str().unwrap().contains("project = "), "{}", told_of[0].1["hint"]);
    let naming = Naming::new(vec![NameFrom::StudyDescription, NameFrom::Folder(1)], vec!["/d".into()]);
    let mut judge = judge.with(Rules::default(), naming, SERIES_END);
    let told_of = told(&mut judge, &nameless, "/d/Brain^X/1", 0);
    assert_eq!((&told_of[0].1["verdict"], &told_of[0].1["reason"]), (&json!("conforms"), &Json::Null));
    assert_eq!(told_of[0].1["input"]["Project"], "Brain^X");
}

#[test]
fn rules_of_the_site_apply_and_are_named() {
    let (_folder, judge) = judge(&[header("archive", 1, &[(Parameter::Fa, Value::Number(60.0))])]);
    let quiet = RuleSettings { ignore: vec!["FA".to_owned()], ..RuleSettings::default() };
    let skip = SkipSettings { sequence: "*phoenix*".to_owned(), ..SkipSettings::default() };
    let mut judge = judge.with(Rules::new(&[quiet], &[skip]), Naming::default(), SERIES_END);
    let told_of = told(&mut judge, &image(1, &[(Parameter::Fa, Value::Number(90.0))]), "/d/1", 0);
    assert_eq!((&told_of[0].1["verdict"], &told_of[0].1["rules"]), (&json!("conforms"), &json!([1])));
    assert_eq!(told_of[0].1["not_compared"]["FA"], "ignored by [[mr.rule]] 1");
    let phoenix = header("1.2.3", 99, &[(Parameter::SequenceName, words("PhoenixZIPReport"))]);
    assert_eq!(told(&mut judge, &phoenix, "/d/2", 0), []);
    assert_eq!(judge.skipped(), 1);
}

#[test]
fn a_number_that_is_none_differs_visibly() {
    let (_folder, mut judge) = judge(&[header("archive", 1, &[(Parameter::Tr, Value::Number(2000.5))])]);
    let told_of = told(&mut judge, &image(1, &[(Parameter::Tr, words("2000,5"))]), "/d/1", 0);
    assert_eq!(told_of[0].1["errors"]["TR"], json!({"expect": "2000.5", "have": "2000,5"}));
}

#[test]
fn a_reference_database_knows_no_kinds_and_the_nearest_of_its_sets_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db.sqlite");
    let writer = rusqlite::Connection::open(&path).unwrap();
    let rows = |id: i64, count: usize| {
        format!("INSERT INTO acq (param_id) VALUES {};", vec![format!("({id})"); count].join(", "))
    };
    let made = format!(
        "CREATE TABLE acq (param_id integer);
         CREATE TABLE acq_param (Project text, SequenceName text, TR text, FA text, BWP text);
         INSERT INTO acq_param VALUES ('Brain^X', 'Task', '400.0', '60.0', '290.0'), ('Brain^X', 'Task', '500.0', '60.0', '300.0'),
                                      ('Brain^X', 'Task', '900.0', '90.0', '900.0');
         {} {} {}",
        rows(1, 9),
        rows(2, 4),
        rows(3, 2)
    );
    writer.execute_batch(&made).unwrap();
    let mut judge = Judge::new(Templates::new(Origin::open(&path, path.to_str().unwrap()).unwrap()));
    let mut told = |tr: f64, fa: f64, bwp: f64| {
        let changes = [(Parameter::Tr, tr), (Parameter::Fa, fa), (Parameter::Bwp, bwp)];
        let changes = changes.map(|(parameter, number)| (parameter, Value::Number(number)));
        let judgement = judge.look(&header("1", 1, &changes)).unwrap();
        let names: Vec<_> = judgement.differences.iter().map(|one| one.parameter.name()).collect();
        (judgement.template.unwrap().set, names.join(" "))
    };
    assert_eq!(told(400.0, 60.0, 290.0), (1, String::new()));
    assert_eq!(told(500.0, 60.0, 300.0), (2, String::new()));
    assert_eq!(told(500.0, 60.0, 310.0), (2, "BWP".to_owned()), "the nearest");
    assert_eq!(told(450.0, 60.0, 310.0), (1, "TR BWP".to_owned()), "the first among equals");
    assert_eq!(told(900.0, 90.0, 900.0).0, 1, "what two of fifteen have is not allowed");
}
