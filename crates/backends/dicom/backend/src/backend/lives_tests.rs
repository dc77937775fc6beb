//! A gateway that is killed again and again: the backend in a process of its own, the same store, and files that come meanwhile.
//! However often it dies, every image is counted once, and every series ends as in one life.
//!
//! `TIELINE_LIVES` and `TIELINE_FILES` make more of it.

use super::BACKEND;
use dicom_core::VR;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tieline_dicom_read::write::{Element, file};
use tieline_model::settings::{Value, Values};
use tieline_model::{BackendPlan, Interest, InterestChanged, Publisher, Refusal};
use tieline_store::Store;
use tieline_store::series::Remembered;

/// Names the folder of a life; without it the test of that name is none.
const HERE: &str = "TIELINE_TEST_LIFE";
const DEADLINE: Duration = Duration::from_secs(120);

/// Writes down what is told, each message in one piece.
struct Log(Mutex<std::fs::File>);

impl Publisher for Log {
    fn publish(&self, tokens: &[&str], json: &str) -> Result<(), Refusal> {
        let line = format!("{} {json}\n", tokens.join("."));
        self.0.lock().unwrap().write_all(line.as_bytes()).unwrap();
        Ok(())
    }
}

struct Nobody;

impl Interest for Nobody {
    fn watch(&self, _: InterestChanged) {}
}

fn plan(top: &Path) -> Values {
    let mut values = Values::default();
    values.set("watch", Value::Texts(vec![top.join("export").display().to_string()]));
    values.set("scan", Value::Duration(Duration::from_secs(1)));
    // So that the end of the series can be waited for; one that gets images again goes on.
    values.set("series_end", Value::Duration(Duration::from_secs(1)));
    values
}

/// What a killed process runs: the backend, until it dies.
#[test]
fn one_life() {
    let Some(top) = std::env::var_os(HERE).map(PathBuf::from) else { return };
    let log = std::fs::OpenOptions::new().append(true).create(true).open(top.join("log")).unwrap();
    let (values, store) = (plan(&top), top.join("store"));
    let publish = Arc::new(Log(Mutex::new(log)));
    let plan = BackendPlan { values: &values, store: &store, publish, interest: Arc::new(Nobody), demo: None };
    let _backend = (BACKEND.start)(plan).unwrap();
    std::fs::write(top.join("begun"), "").unwrap();
    wait(DEADLINE);
}

struct Life(Child);

impl Life {
    fn begin(top: &Path) -> Life {
        let _ = std::fs::remove_file(top.join("begun"));
        let mut command = Command::new(std::env::current_exe().unwrap());
        let command = command.args(["--exact", "backend::lives_tests::one_life"]).env(HERE, top);
        Life(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    fn begun(top: &Path) -> Life {
        let life = Life::begin(top);
        until(|| top.join("begun").exists());
        life
    }
}

impl Drop for Life {
    /// As `kill -9`.
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn wait(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::thread::park_timeout(time.saturating_sub(start.elapsed()));
    }
}

fn until(mut is: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < DEADLINE, "it takes too long");
        wait(Duration::from_millis(5));
    }
}

/// The images of some series on two scanners, in the order in which they come.
fn put(export: &Path, number: usize, of: usize) {
    let (series, text) = (number * 10 / of, Element::text);
    let elements = [
        text((0x0008, 0x0018), VR::UI, &format!("1.2.{series}.{number}")),
        text((0x0008, 0x0022), VR::DA, "20260105"),
        text((0x0008, 0x0032), VR::TM, &format!("10{:02}{:02}.{:06}", number / 6000, number / 100 % 60, number % 100)),
        text((0x0008, 0x1010), VR::SH, if series % 2 == 0 { "AWP1" } else { "AWP2" }),
        text((0x0008, 0x1030), VR::LO, "Brain^X"),
        text((0x0008, 0x103E), VR::LO, &format!("run_{series}")),
        text((0x0020, 0x000D), VR::UI, "1.2"),
        text((0x0020, 0x000E), VR::UI, &format!("1.2.{series}")),
        text((0x0020, 0x0011), VR::IS, &series.to_string()),
        text((0x0020, 0x0013), VR::IS, &number.to_string()),
    ];
    let name = format!("{number}.dcm");
    // Some are moved into place, some written there, and some come a second time under another name.
    let bytes = file(&elements);
    match number % 3 {
        0 => {
            std::fs::write(export.join("part"), &bytes).unwrap();
            std::fs::rename(export.join("part"), export.join(name)).unwrap();
        }
        _ => std::fs::write(export.join(name), &bytes).unwrap(),
    }
    if number.is_multiple_of(50) {
        std::fs::write(export.join(format!("again-{number}.dcm")), bytes).unwrap();
    }
}

/// What is remembered of each series, oldest first.
fn series(top: &Path) -> Vec<Remembered> {
    let mut store = Store::open(&top.join("store")).unwrap();
    let mut all = store.series().history(None, 0, None, 100).unwrap().series;
    all.reverse();
    all
}

fn counts(top: &Path) -> BTreeMap<String, (u64, Json)> {
    let all = series(top);
    let each = all.iter().map(|one| {
        let mut object: Json = serde_json::from_str(&one.series).unwrap();
        // Another store has another key.
        object["uid"] = Json::Null;
        (object["name"].as_str().unwrap().to_owned(), (object["images"].as_u64().unwrap(), object))
    });
    each.collect()
}

fn images(top: &Path) -> u64 {
    counts(top).values().map(|(images, _)| images).sum()
}

/// Whether every image is counted and every series over.
fn is_over(top: &Path, files: usize) -> bool {
    let all = counts(top);
    let images: u64 = all.values().map(|(images, _)| images).sum();
    assert!(images <= files as u64, "an image was counted twice");
    images == files as u64 && all.values().all(|(_, object)| object["ended"] == true)
}

fn many(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn scene() -> tempfile::TempDir {
    let top = tempfile::tempdir().unwrap();
    std::fs::create_dir(top.path().join("export")).unwrap();
    top
}

#[test]
fn however_often_it_is_killed_every_series_ends_as_in_one_life() {
    let (files, lives) = (many("TIELINE_FILES", 600), many("TIELINE_LIVES", 8));
    let (one, killed) = (scene(), scene());
    let life = Life::begun(one.path());
    (0..files).for_each(|number| put(&one.path().join("export"), number, files));
    until(|| is_over(one.path(), files));
    drop(life);

    let mut life = Some(Life::begun(killed.path()));
    let mut random = 12_345_u64;
    let mut next = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) % below
    };
    for number in 0..files {
        put(&killed.path().join("export"), number, files);
        if number % (files / lives) == files / lives / 2 {
            // In the middle of its work, of its start, or when all is done.
            wait(Duration::from_micros(next(60_000)));
            drop(life.take());
            life = Some(Life::begin(killed.path()));
        }
    }
    until(|| is_over(killed.path(), files));
    drop(life.take());
    // Another life finds nothing to do.
    let log = || std::fs::read_to_string(killed.path().join("log")).unwrap();
    let before = series(killed.path());
    let lines = log().lines().count();
    let life = Life::begun(killed.path());
    until(|| log().lines().count() >= lines + 4);
    put(&killed.path().join("export"), files - 1, files);
    let last = "run_9".to_owned();
    drop(life);
    assert_eq!(counts(killed.path()), counts(one.path()));
    assert_eq!(counts(killed.path())[&last].0, (files / 10) as u64);
    let after = series(killed.path());
    assert!(before.iter().zip(&after).all(|(before, after)| before.content == after.content));
}

#[test]
fn what_came_while_it_was_down_is_judged_in_the_order_of_acquisition_and_what_was_there_before_is_not() {
    let top = scene();
    let export = top.path().join("export");
    put(&export, 5, 600);
    // Until what is made is later than that by the clock of the file system.
    let changed = |name: &str| std::fs::metadata(top.path().join(name)).unwrap().modified().unwrap();
    until(|| {
        std::fs::write(top.path().join("probe"), "").unwrap();
        changed("probe") > changed("export/5.dcm") + Duration::from_millis(2)
    });
    let life = Life::begun(top.path());
    put(&export, 6, 600);
    until(|| series(top.path()).len() == 1);
    drop(life);
    let state = series(top.path()).remove(0);
    for number in [500, 70, 430, 301, 299, 140] {
        put(&export, number, 600);
    }
    let lines = std::fs::read_to_string(top.path().join("log")).unwrap().lines().count();
    let _life = Life::begun(top.path());
    until(|| series(top.path()).len() == 7);
    let log = std::fs::read_to_string(top.path().join("log")).unwrap();
    let mut told = log.lines().skip(lines);
    // First what was told last, as it was.
    assert_eq!(told.next().unwrap(), format!("AWP1.new {}", state.content));
    assert_eq!(told.next().unwrap(), format!("AWP1.series {}", state.series));
    let new = told.filter_map(|line| line.split_once(".new ")).map(|(_, json)| json);
    let names: Vec<_> =
        new.map(|json| serde_json::from_str::<Json>(json).unwrap()["series"]["name"].to_string()).collect();
    assert_eq!(names, ["1", "2", "4", "5", "7", "8"].map(|series| format!("\"run_{series}\"")));
    assert_eq!(images(top.path()), 7);
}
