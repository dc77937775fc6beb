//! `tieline mr report`: what is remembered, as table, JSON and CSV.

use super::Site;
use serde_json::{Value as Json, json};
use std::time::SystemTime;
use tieline_commandline::{USAGE, WELL};
use tieline_store::Store;
use tieline_store::series::{Batch, Said, SessionEnd};

fn millis() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

/// Three series and a session of this hour, and one of the day before.
fn site() -> Site {
    let site = Site::new();
    let mut store = Store::open(&site.store()).unwrap();
    let hour = 60 * 60 * 1000;
    for (uid, verdict, ago) in [(1, "differs", 0), (2, "conforms", 0), (3, "no_template", 0), (4, "differs", 24 * hour)]
    {
        let content = json!({
            "input": {"Project": "Brain^X, \"old\"", "SubID": "MARKER^NAME"},
            "errors": {"TE": {"expect": "30.0", "have": 31.5}, "iPAT": {"expect": "2", "have": "null"}},
        });
        let series = json!({"name": "=rest", "number": uid, "images": 220, "differing": 3, "verdict": verdict});
        let (content, series) = (content.to_string(), series.to_string());
        let said =
            Said { station: "AWP1", uid, at: millis() - ago, content: Some(&content), series: &series, memory: b"" };
        store.series().record(&Batch { said: &[said], ..Batch::default() }).unwrap();
    }
    let content = json!({
        "missing": ["T1w"], "incomplete": [{"sequence": "rest", "expected": 220, "got": 100}], "repeated": [], "differing": [],
    })
    .to_string();
    let session = SessionEnd { station: "AWP1", at: millis(), content: &content };
    store.series().record(&Batch { sessions: &[session], ..Batch::default() }).unwrap();
    site
}

#[test]
fn sessions_and_differences_are_a_table() {
    let told = site().run(&["report", "--since", "12h"]);
    assert_eq!(told.code, WELL, "{told:?}");
    let lines: Vec<_> = told.out.lines().collect();
    assert_eq!(lines.len(), 3, "{}", told.out);
    assert!(lines[1].contains("session") && lines[1].ends_with("missing: T1w; incomplete: rest (100 of 220 images)"));
    let cells = lines[2].split_once("series").unwrap().1;
    assert!(cells.contains("AWP1") && cells.contains("=rest") && cells.contains("220"), "{cells}");
    assert!(cells.ends_with("TE 31.5 instead of 30.0; iPAT null instead of 2"), "{cells}");
    assert_eq!(told.diagnostics, "3 series, of which 1 differ and 1 have no template; 1 sessions that ended\n");
    assert!(!told.out.contains("MARKER"));
    assert!(site().run(&["report"]).diagnostics.starts_with("4 series, of which 2 differ"), "seven days");
}

#[test]
fn they_are_json_lines() {
    let told = site().run(&["report", "--json", "--since", "12h"]);
    let lines: Vec<Json> = told.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["type"], &lines[0]["content"]["missing"]), (&json!("session"), &json!(["T1w"])));
    assert_eq!((&lines[1]["series"]["differing"], &lines[1]["errors"]["TE"]["have"]), (&json!(3), &json!(31.5)));
}

#[test]
fn they_are_csv_in_which_no_header_is_a_formula() {
    let told = site().run(&["report", "--csv", "--since", "12h"]);
    let lines: Vec<_> = told.out.lines().collect();
    assert_eq!(lines[0], "when,what,station,study,sequence,series,images,differing,found");
    let rest = r#",series,AWP1,"Brain^X, ""old""","'=rest",1,220,3,TE 31.5 instead of 30.0; iPAT null instead of 2"#;
    assert!(lines.len() == 3 && lines[2].ends_with(rest), "{}", told.out);
}

#[test]
fn where_nothing_is_remembered_no_store_is_made() {
    let site = Site::new();
    let told = site.run(&["report"]);
    assert!(told.code == WELL && told.out.is_empty() && told.diagnostics.starts_with("0 series"), "{told:?}");
    assert!(!site.store().exists());
    assert_eq!(site.run(&["report", "--since", "week"]).code, USAGE);
    assert_eq!(site.run(&["report", "--json", "--csv"]).code, USAGE);
}
