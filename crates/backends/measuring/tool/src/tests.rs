//! Tests of the command line: what is printed where, and with which exit code.

use super::*;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use tieline_commandline::{FAILED, USAGE};
use tieline_model::ToolSettings;
use tieline_model::settings::Values;
use tieline_store::project::{Element, Job, Picture, Thumbnail};

/// What a command printed.
#[derive(Debug)]
struct Told {
    code: u8,
    out: String,
    diagnostics: String,
}

fn type_in(store: &Path, line: &[&str]) -> Told {
    let (mut out, mut diagnostics) = (Vec::new(), Vec::new());
    let configuration = |_: Option<&Path>, set: &[String]| match set {
        [] => Ok(ToolSettings { values: Values::default(), store: store.to_owned() }),
        [wrong, ..] => Err(format!("{wrong} is no key")),
    };
    let mut context =
        ToolContext { out: &mut out, diagnostics: &mut diagnostics, is_terminal: false, configuration: &configuration };
    let code = run(line.iter().map(OsString::from).collect(), &mut context);
    Told { code, out: String::from_utf8(out).unwrap(), diagnostics: String::from_utf8(diagnostics).unwrap() }
}

/// A store with two series, a clipboard, a stage and a job.
fn filled() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    let mut project = store.project();
    for (content, series) in [(1u8, "A\u{1b}[31m"), (2, "A\u{1b}[31m"), (1, "")] {
        let picture = Picture {
            hash: [content; 32],
            format: "tiff".to_owned(),
            width: 640,
            height: 480,
            bits: 16,
            size: 99,
            camera: Some("ACME One".to_owned()),
            focal_length: None,
        };
        let thumbnail = Thumbnail { media_type: "image/png".to_owned(), bytes: vec![content] };
        project.add_image((series, 50.5), &format!("{content}.tif"), (&picture, &thumbnail), 1000, 1 << 20).unwrap();
    }
    let element = |name: String| Element {
        kind: "point".to_owned(),
        name: Some(name),
        position: Some([1.0, -2.5, 0.0]),
        body: r#"{"numbers":[]}"#.to_owned(),
        ..Element::default()
    };
    let many: Vec<_> = (0..1200).map(|at| element(format!("P{at}"))).collect();
    project.set_clipboard("clip.gxml", &many[..3], 2000, 1 << 20).unwrap();
    project.add_stage("stage.gxml", &many, 3000, 1 << 20).unwrap();
    let job = Job { at: 4000, peer: "127.0.0.1:9", command: "image", took: 12, result: "failed", detail: "no image" };
    project.jobs_add(&job, 10).unwrap();
    folder
}

#[test]
fn what_there_is_is_listed() {
    let folder = filled();
    let told = type_in(folder.path(), &["list"]);
    assert_eq!(told.code, WELL, "{told:?}");
    for part in
        ["A\u{fffd}[31m", "50.5 mm", "''", "Clipboard", "Stage 1", "1200", "clip.gxml", "1970-01-01T00:00:01.000Z"]
    {
        assert!(told.out.contains(part), "{part} in {}", told.out);
    }
    let told = type_in(folder.path(), &["list", "--json"]);
    let lines: Vec<Json> = told.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (lines.len(), &lines[1]["series"]["name"], &lines[3]["stage"]["elements"]),
        (4, &"".into(), &1200.into())
    );
}

#[test]
fn a_series_and_a_stage_are_shown() {
    let folder = filled();
    let told = type_in(folder.path(), &["show", "A\u{1b}[31m"]);
    assert!(told.code == WELL && told.out.contains("640 × 480") && told.out.contains("020202020202"), "{told:?}");
    let told = type_in(folder.path(), &["show", "", "--json"]);
    let line: Json = serde_json::from_str(&told.out).unwrap();
    assert_eq!((&line["file"], &line["bits"], &line["sha256"]), (&"1.tif".into(), &16.into(), &"01".repeat(32).into()));
    let told = type_in(folder.path(), &["show", "--stage", "1"]);
    assert!(
        told.out.lines().count() == 1201 && told.out.contains("P1199") && told.out.contains("-2.5"),
        "{}",
        told.out
    );
    for line in [&["show", "B"][..], &["show", "--stage", "2"]] {
        let told = type_in(folder.path(), line);
        assert!(told.code == FAILED && told.out.is_empty() && told.diagnostics.contains("project list"), "{told:?}");
    }
}

#[test]
fn everything_is_exported() {
    let folder = filled();
    let told = type_in(folder.path(), &["export"]);
    let lines: Vec<Json> = told.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = |key: &str| lines.iter().filter(|line| line.get(key).is_some()).count();
    assert_eq!(["series", "image", "stage", "element"].map(count), [2, 3, 2, 1203]);
    assert_eq!(lines.last().unwrap()["element"]["content"]["numbers"], serde_json::json!([]));
    let out: PathBuf = folder.path().join("out.jsonl");
    std::fs::write(&out, "before").unwrap();
    let by_file = type_in(folder.path(), &["export", "--out", out.to_str().unwrap()]);
    assert!(
        by_file.code == WELL && by_file.out.is_empty() && by_file.diagnostics.contains("1210 lines"),
        "{by_file:?}"
    );
    assert_eq!(std::fs::read_to_string(&out).unwrap(), told.out);
    let nowhere = folder.path().join("none/out.jsonl");
    let told = type_in(folder.path(), &["export", "--out", nowhere.to_str().unwrap()]);
    assert!(told.code == FAILED && told.diagnostics.contains("out.jsonl"), "{told:?}");
}

#[test]
fn nothing_is_cleared_without_yes() {
    let folder = filled();
    let told = type_in(folder.path(), &["clear"]);
    assert!(
        told.code == USAGE && told.diagnostics.contains("--yes") && told.diagnostics.contains("1203 elements"),
        "{told:?}"
    );
    assert!(!type_in(folder.path(), &["list"]).out.is_empty());
    assert_eq!(type_in(folder.path(), &["clear", "--yes"]).code, WELL);
    let told = type_in(folder.path(), &["list"]);
    assert!(told.code == WELL && told.out.is_empty() && told.diagnostics.contains("empty"), "{told:?}");
    assert!(type_in(folder.path(), &["jobs"]).out.contains("127.0.0.1:9"), "the jobs stay");
}

#[test]
fn looking_makes_no_store_and_mistakes_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    for line in [&["list"][..], &["export"], &["clear", "--yes"], &["jobs"]] {
        let told = type_in(&store, line);
        assert!(told.code == WELL && told.out.is_empty() && told.diagnostics.contains("store.path"), "{told:?}");
    }
    assert!(!store.exists());
    for line in [&[][..], &["project"], &["show"], &["show", "A", "--stage", "1"], &["jobs", "--set", "a=b"]] {
        let told = type_in(&store, line);
        assert!(told.code == USAGE && told.out.is_empty() && !told.diagnostics.is_empty(), "{line:?}: {told:?}");
    }
    let told = type_in(&store, &["--help"]);
    assert!(told.code == WELL && told.out.contains("tieline project") && told.diagnostics.is_empty(), "{told:?}");
}
