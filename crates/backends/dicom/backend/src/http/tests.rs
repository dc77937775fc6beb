//! Who may ask what, pages that follow each other, and what those do not see who may not see patient data.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tieline_model::{Caller, Sight, safe};
use tieline_store::series::{Batch, Remembered, Said};

const MARKER: &str = "MARKER^JANE";

/// Chooses what is called so, and says what it has chosen.
struct Chooser(SyncSender<(String, u64)>);

impl Choose for Chooser {
    fn choose(&mut self, store: &mut Store, series: &Remembered) -> Result<(), NotChosen> {
        store.templates().all()?;
        if series.station == "odd" {
            return Err(NotChosen::Refused(safe!("the series names no study")));
        }
        self.0.send((series.station.clone(), series.uid)).unwrap();
        Ok(())
    }
}

struct Rig {
    folder: tempfile::TempDir,
    http: Http,
    chosen: Receiver<(String, u64)>,
}

impl Rig {
    fn new() -> Rig {
        let (told, chosen) = sync_channel(8);
        let folder = tempfile::tempdir().unwrap();
        let http = Http::start(folder.path().to_owned(), Box::new(Chooser(told))).unwrap();
        Rig { folder, http, chosen }
    }

    fn remember(&self, station: &str, uid: u64, at: i64) {
        let content = json!({
            "conforms": false, "errors": {"TE": {"expect": "30", "have": 1}, "Comments": {"expect": "", "have": MARKER}, "PatientAge": 1},
            "input": {"SubID": MARKER}, "template": {}, "verdict": "differs",
        });
        let series = json!({
            "number": 7, "name": "rest", "uid": format!("{uid:016x}"), "images": 9, "differing": 1, "first_differing": 3,
            "verdict": "differs", "ended": true, "missing_values": {"Comments": [MARKER]},
        });
        let (content, series) = (content.to_string(), series.to_string());
        let said = Said { station, uid, at, content: Some(&content), series: &series, memory: b"" };
        let mut store = Store::open(self.folder.path()).unwrap();
        store.series().record(&Batch { said: &[said], ..Batch::default() }).unwrap();
    }

    fn call(&self, path: &str, query: &str, caller: Caller, sight: Sight, body: Option<&str>) -> (u16, String) {
        let (told, reply) = sync_channel(1);
        let query = query.split('&').filter_map(|pair| pair.split_once('='));
        let query = query.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let body = body.map(|body| Box::new(std::io::Cursor::new(body.to_owned())) as Box<dyn Read + Send>);
        let call = Call { path: path.to_owned(), query, caller, sight, body };
        self.http.call(call, Replied::new(Box::new(move |reply| told.send(reply).unwrap())));
        let reply = reply.recv().unwrap();
        (reply.status, String::from_utf8(reply.body.to_vec()).unwrap())
    }

    fn history(&self, query: &str, sight: Sight) -> Value {
        let (status, body) = self.call("history", query, local(), sight, None);
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    fn choose(&self, caller: Caller, body: &str) -> (u16, String) {
        self.call("choose", "", caller, Sight::Full, Some(body))
    }
}

fn local() -> Caller {
    Caller { address: ([127, 0, 0, 1], 50_000).into(), forwarded: false }
}

fn names(page: &Value) -> Vec<&str> {
    page["series"].as_array().unwrap().iter().map(|one| one["uid"].as_str().unwrap()).collect()
}

#[test]
fn nothing_is_remembered_where_there_is_no_store_and_none_is_made() {
    let rig = Rig::new();
    assert_eq!(rig.history("", Sight::Full), json!({ "series": [], "next": null }));
    assert_eq!(rig.choose(local(), r#"{"station":"A","uid":"1"}"#).0, 404);
    assert!(!rig.folder.path().join(FILE).exists());
}

#[test]
fn pages_follow_each_other_newest_first() {
    let rig = Rig::new();
    for (uid, at) in [(1, 1_000), (2, 2_000), (3, 3_000)] {
        rig.remember("A", uid, at);
    }
    rig.remember("B", 4, 4_000);
    let first = rig.history("station=A&limit=2", Sight::Full);
    assert_eq!(names(&first), ["0000000000000003", "0000000000000002"]);
    let second = rig.history(&format!("station=A&limit=2&before={}", first["next"]), Sight::Full);
    assert_eq!((names(&second), &second["next"]), (vec!["0000000000000001"], &Value::Null));
    assert_eq!(
        names(&rig.history("since=1970-01-01T00:00:03Z", Sight::Full)),
        ["0000000000000004", "0000000000000003"]
    );
    assert_eq!(
        names(&rig.history("since=1970-01-01T00:00:02.001Z&unknown=7&station=A", Sight::Full)),
        ["0000000000000003"]
    );
    let newest = &rig.history("station=B", Sight::Full)["series"][0];
    assert_eq!(
        (&newest["station"], &newest["began"], &newest["at"]),
        (&json!("B"), &json!("1970-01-01T00:00:04.000Z"), &json!("1970-01-01T00:00:04.000Z"))
    );
    assert_eq!((&newest["content"]["input"]["SubID"], &newest["series"]["images"]), (&json!(MARKER), &json!(9)));
}

#[test]
fn who_may_not_see_patient_data_sees_which_parameters_differ_and_no_more() {
    let rig = Rig::new();
    rig.remember("A", 1, 1_000);
    let page = rig.history("", Sight::Redacted);
    assert!(!page.to_string().contains("MARKER"), "{page}");
    let one = &page["series"][0];
    assert_eq!(one["content"], json!({ "verdict": "differs", "differing": ["TE", "Comments"] }));
    let series = json!({"number": 7, "name": "rest", "uid": "0000000000000001", "images": 9, "differing": 1, "first_differing": 3, "verdict": "differs", "ended": true});
    assert_eq!(one["series"], series);
}

#[test]
fn a_question_that_cannot_be_read_says_which_part_of_it() {
    let rig = Rig::new();
    for (query, part) in [
        ("limit=0", "`limit`"),
        ("limit=501", "`limit`"),
        ("limit=x", "`limit`"),
        ("before=x", "`before`"),
        ("since=yesterday", "`since`"),
        ("since=1969-01-01T00:00:00Z", "`since`"),
    ] {
        let (status, told) = rig.call("history", query, local(), Sight::Full, None);
        assert_eq!(status, 400, "{query}");
        assert!(told.contains(part), "{query}: {told}");
    }
    for (path, body, status) in [("choose", None, 405), ("history", Some("{}"), 405), ("other", None, 404)] {
        assert_eq!(rig.call(path, "", local(), Sight::Full, body).0, status, "{path}");
    }
    assert_eq!((rig.http.most_bytes("history"), rig.http.most_bytes("choose")), (None, Some(MOST)));
}

#[test]
fn a_choice_is_made_on_this_machine_of_a_series_that_is_remembered() {
    let rig = Rig::new();
    rig.remember("A", 0xAB, 1_000);
    rig.remember("odd", 1, 1_000);
    let choice = |station: &str, uid: &str| json!({ "station": station, "uid": uid }).to_string();
    let elsewhere = Caller { address: ([192, 0, 2, 1], 1).into(), ..local() };
    for caller in [elsewhere, Caller { forwarded: true, ..local() }] {
        let (status, told) = rig.choose(caller, &choice("A", "ab"));
        assert_eq!(status, 403);
        assert!(told.contains("on the machine the gateway runs on"), "{told}");
    }
    for body in
        ["", "{", "[]", "{}", r#"{"station":"A"}"#, r#"{"station":7,"uid":"ab"}"#, r#"{"station":"A","uid":"+ab"}"#]
    {
        let (status, told) = rig.choose(local(), body);
        assert_eq!(status, 400, "{body}");
        assert!(!told.contains("panick"), "{told}");
    }
    assert_eq!(rig.choose(local(), &choice("A", "cd")).0, 404);
    assert_eq!(rig.choose(local(), &choice("B", "ab")).0, 404);
    let (status, told) = rig.choose(local(), &choice("odd", "1"));
    assert_eq!((status, told.as_str()), (409, "Tieline: the series names no study\n"));
    assert!(rig.chosen.try_recv().is_err(), "none of these chose");
    let (status, told) = rig.choose(local(), &choice("A", "00000000000000ab"));
    assert_eq!((status, told.as_str()), (200, r#"{"station":"A","uid":"00000000000000ab"}"#));
    assert_eq!(rig.chosen.recv().unwrap(), ("A".to_owned(), 0xAB));
}

proptest! {
    #[test]
    fn no_question_hurts(query in proptest::collection::vec((
        prop_oneof![Just("station".to_owned()), Just("since".to_owned()), Just("before".to_owned()), Just("limit".to_owned()), any::<String>()],
        prop_oneof![any::<String>(), any::<i64>().prop_map(|number| number.to_string())],
    ), 0..5)) {
        if let Ok(asked) = page::Asked::read(&query) {
            prop_assert!((1..=500).contains(&asked.limit));
        }
    }
}
