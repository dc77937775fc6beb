//! What the examiner answers to the watcher, and what is told then.

use super::*;
use dicom_core::VR;
use tieline_dicom_read::write::{Element, file};
use tieline_model::Refusal;
use tieline_store::Store;

/// Keeps what is published.
#[derive(Default)]
struct Heard(Mutex<Vec<(String, String)>>);

impl Publisher for Heard {
    fn publish(&self, tokens: &[&str], json: &str) -> Result<(), Refusal> {
        self.0.lock().unwrap().push((tokens.join("."), json.to_owned()));
        Ok(())
    }
}

struct Scene {
    folder: tempfile::TempDir,
    examiner: Examiner,
    heard: Arc<Heard>,
}

/// One without a memory.
fn bench_of(origin: Origin, heard: &Arc<Heard>) -> Bench {
    Bench::new(Judge::new(Templates::new(origin)), Box::new(Way(heard.clone())))
}

impl Scene {
    fn new() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let heard = Arc::new(Heard::default());
        let examiner = Examiner {
            bench: Arc::new(Mutex::new(bench_of(Origin::Store(store), &heard))),
            time: Time::now(),
            forgotten: SeriesForgotten {}.handle(),
            stale: TemplatesStale {}.handle(),
            skipped: FilesSkipped {}.handle(),
            limits: ReadLimits::default(),
            last: None,
        };
        Scene { folder, examiner, heard }
    }

    fn examine(&mut self, bytes: &[u8], settled: bool) -> Examined {
        let path = self.folder.path().join("a.dcm");
        std::fs::write(&path, bytes).unwrap();
        self.examiner.examine(&path, settled)
    }

    /// What was told since: topics, and reasons of what is unreadable.
    fn told(&self) -> Vec<(String, String)> {
        let heard = std::mem::take(&mut *self.heard.0.lock().unwrap());
        let reason = |json: String| {
            let json: serde_json::Value = serde_json::from_str(&json).unwrap();
            json["reason"].as_str().unwrap_or_default().to_owned()
        };
        heard.into_iter().map(|(topic, json)| (topic, reason(json))).collect()
    }
}

fn image() -> Vec<u8> {
    file(&[
        Element::text((0x0008, 0x1010), VR::SH, "AWP1"),
        Element::text((0x0008, 0x1030), VR::LO, "Brain^X"),
        Element::text((0x0008, 0x103E), VR::LO, "Task"),
        Element::new((0x7FE0, 0x0010), VR::OW, vec![0; 64]),
    ])
}

#[test]
fn what_may_still_be_written_is_not_told_before_it_is_given_up() {
    let mut scene = Scene::new();
    for (bytes, reason) in [
        (Vec::new(), "the file is empty"),
        (image()[..200].to_vec(), "the file ends in the middle of its header"),
        (vec![0; 4096], "the file begins with nothing but zeros"),
    ] {
        assert_eq!(scene.examine(&bytes, false), Examined::Unfinished);
        assert_eq!(scene.examine(&bytes, true), Examined::Spoilt);
        assert_eq!(scene.told(), []);
        let path = scene.folder.path().join("a.dcm");
        scene.examiner.give_up(&path);
        let told = scene.told();
        assert_eq!(told.len(), 1);
        assert!(told[0].0 == "unreadable" && told[0].1.starts_with(reason), "{told:?}");
    }
}

#[test]
fn what_is_something_else_is_told_at_once() {
    let mut scene = Scene::new();
    assert_eq!(scene.examine(b"a text", false), Examined::Unfinished);
    assert_eq!(scene.examine(b"a text", true), Examined::Judged);
    let told = scene.told();
    assert!(told.len() == 1 && told[0].1.starts_with("this is no DICOM file"), "{told:?}");
    assert_eq!(scene.examiner.examine(&scene.folder.path().join("gone.dcm"), true), Examined::Judged);
    assert_eq!(scene.told(), []);
}

#[test]
fn an_image_that_is_cut_in_its_pixels_is_judged_when_it_was_closed() {
    let mut scene = Scene::new();
    let cut = &image()[..image().len() - 10];
    assert_eq!(scene.examine(cut, false), Examined::Unfinished);
    assert_eq!(scene.told(), []);
    assert_eq!(scene.examine(cut, true), Examined::Judged);
    assert_eq!(scene.told()[0].0, "AWP1.new");
}

/// A database of the reference, as it is made by its own program.
pub(super) const REFERENCE: &str = "
    CREATE TABLE acq (param_id integer, AcqTime text, AcqDate text, SeriesNumber text, SubID text, Operator text,
        Station text, Shims text);
    CREATE TABLE acq_param (is_ideal timestamp, Project text, SequenceName text, Phase text, iPAT text, Comments text,
        SequenceType text, PED_major text, TR text, TE text, Matrix text, PixelResol text, BWP text, BWPPE text, FA text,
        TA text, FoV text, SequenceFile text);";

#[test]
fn templates_that_do_not_answer_are_a_failure_that_passes() {
    let mut scene = Scene::new();
    let database = scene.folder.path().join("db.sqlite");
    let writer = rusqlite::Connection::open(&database).unwrap();
    writer.execute_batch(REFERENCE).unwrap();
    let origin = Origin::open(scene.folder.path(), database.to_str().unwrap()).unwrap();
    scene.examiner.bench = Arc::new(Mutex::new(bench_of(origin, &scene.heard)));
    // Somebody writes it, and takes his time.
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(scene.examine(&image(), true), Examined::Failing);
    assert_eq!(scene.told(), []);
    let path = scene.folder.path().join("a.dcm");
    scene.examiner.give_up(&path);
    let told = scene.told();
    assert!(told.len() == 1 && told[0].1.starts_with("its templates cannot be read"), "{told:?}");
    writer.execute_batch("COMMIT").unwrap();
    assert_eq!(scene.examine(&image(), true), Examined::Judged);
    assert_eq!(scene.told()[0].0, "AWP1.new");
}
