//! One life or several: the same series, the same sessions; a store that takes nothing holds up nothing.

use super::*;
use crate::backend::past::{go_on, remembering, tell_again};
use crate::settings::DicomSettings;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::sync::{Arc, Mutex};
use tieline_dicom_judge::templates::{Origin, Templates, acquisition};
use tieline_dicom_read::{Parameter, Parameters, SeriesKind, Value};
use tieline_model::Patient;
use tieline_store::Store;
use tieline_store::series::Mark;

type Told = Arc<Mutex<Vec<(Kind, String)>>>;

struct Ear(Told);

impl Tell for Ear {
    fn tell(&self, _: Option<&str>, kind: Kind, content: String) {
        self.0.lock().unwrap().push((kind, content));
    }
}

struct Scene {
    folder: tempfile::TempDir,
    told: Told,
    bench: Option<Bench>,
    settings: DicomSettings,
    at: Duration,
}

impl Scene {
    fn new() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let key = store.key();
        let archive = (0..6).map(|number| acquisition(key, &image("archive", 1, number, false)).unwrap());
        store.templates().record(archive.collect(), &[]).unwrap();
        let at = Duration::from_secs(1_000_000);
        let mut scene = Scene { folder, told: Told::default(), bench: None, settings: DicomSettings::default(), at };
        scene.begin();
        scene
    }

    /// Another life, if there was one before.
    fn begin(&mut self) {
        drop(self.bench.take());
        let (folder, settings) = (self.folder.path(), &self.settings);
        let judge = Judge::new(Templates::new(Origin::open(folder, &settings.templates).unwrap()));
        let (judge, is_remembering) = remembering(judge, folder, settings);
        is_remembering.unwrap();
        let mut bench = Bench::new(judge, Box::new(Ear(self.told.clone()))).remembering();
        go_on(&mut bench, settings, self.at).unwrap();
        self.bench = Some(bench);
    }

    fn bench(&mut self) -> &mut Bench {
        self.bench.as_mut().unwrap()
    }

    fn take(&mut self, header: &Header, name: &str) {
        self.at += Duration::from_millis(10);
        let (at, path) = (self.at, Path::new("/d").join(name));
        self.bench().take(header, &path, at).unwrap();
        self.bench().closed(&path, 1, 1, at);
    }

    fn told(&self) -> Vec<(Kind, Json)> {
        let told = std::mem::take(&mut *self.told.lock().unwrap());
        told.into_iter().map(|(kind, content)| (kind, nameless(&content))).collect()
    }

    fn series(&self) -> Vec<(Json, Json)> {
        let mut store = Store::open(self.folder.path()).unwrap();
        let all = store.series().history(None, 0, None, 100).unwrap().series;
        all.iter().map(|one| (nameless(&one.content), nameless(&one.series))).collect()
    }
}

/// Without the hash, which is another one in each store.
fn nameless(content: &str) -> Json {
    let mut json: Json = serde_json::from_str(content).unwrap();
    for at in ["/uid", "/series/uid"] {
        if let Some(uid) = json.pointer_mut(at) {
            *uid = Json::Null;
        }
    }
    json
}

/// An image of a series with three echoes, each with a sequence type of its own.
fn image(study: &str, series: i64, number: i64, is_wrong: bool) -> Header {
    let mut parameters = Parameters::default();
    let text = |text: &str| Value::Text(text.to_owned());
    for (parameter, value) in [
        (Parameter::Project, text("Brain^X")),
        (Parameter::SequenceName, text("Task")),
        (Parameter::Station, text("AWP1")),
        (Parameter::SeriesNumber, Value::Integer(series)),
        (Parameter::Te, Value::Number(14.1 * (number % 3 + 1) as f64)),
        (Parameter::SequenceType, text(&format!("b{}", number % 3))),
        (Parameter::Fa, Value::Number(if is_wrong { 90.1 } else { 60.0 })),
    ] {
        parameters.set(parameter, value);
    }
    Header {
        parameters,
        study: Patient::new(study.to_owned()),
        series: Patient::new(format!("{study}.{series}")),
        image: Patient::new(format!("{study}.{series}.{number}")),
        instance: Some(number),
        kind: SeriesKind::M,
        complete: true,
        ..Header::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_series_is_the_same_in_the_end_in_however_many_lives(
        images in proptest::collection::vec((1..3i64, 0..12i64, 0..6u8), 1..40),
        cuts in proptest::collection::vec(any::<bool>(), 40),
        batches in proptest::collection::vec(any::<bool>(), 40),
    ) {
        let (mut one, mut many) = (Scene::new(), Scene::new());
        for (at, (series, number, wrong)) in images.iter().enumerate() {
            let header = image("live", *series, *number, *wrong == 0);
            for scene in [&mut one, &mut many] {
                scene.take(&header, &format!("{at}"));
            }
            one.bench().flush();
            if batches[at] || cuts[at] {
                many.bench().flush();
            }
            if cuts[at] {
                many.begin();
            }
        }
        for scene in [&mut one, &mut many] {
            let end = scene.at + Duration::from_secs(24 * 60 * 60);
            scene.bench().flush();
            scene.bench().tick(end);
        }
        prop_assert_eq!(one.series(), many.series());
        prop_assert_eq!(one.told(), many.told());
    }
}

#[test]
fn what_was_not_kept_is_judged_by_the_next_life_and_what_was_is_told_again() {
    let mut scene = Scene::new();
    scene.take(&image("live", 1, 1, true), "1");
    scene.bench().flush();
    let told = scene.told();
    assert_eq!(told.len(), 1);
    scene.take(&image("live", 1, 2, false), "2");
    assert_eq!(scene.told(), [], "it is not kept yet");
    scene.begin();
    let mut store = Store::open(scene.folder.path()).unwrap();
    let key = store.key();
    let mark =
        |store: &mut Store, name: &str| store.series().mark(hash(key, &Path::new("/d").join(name)), 1, 1).unwrap();
    assert_eq!((mark(&mut store, "1"), mark(&mut store, "2")), (Some(Mark::Judged), None));
    tell_again(&mut store, &Ear(scene.told.clone())).unwrap();
    let again = scene.told();
    assert_eq!((again.len(), &again[0], &again[1].1["images"]), (2, &told[0], &json!(1)));
    scene.take(&image("live", 1, 2, false), "2");
    scene.bench().flush();
    let next = scene.told();
    assert_eq!(next.iter().map(|one| one.0).collect::<Vec<_>>(), [Kind::Update, Kind::Series]);
    assert_eq!((&next[1].1["images"], &next[1].1["verdict"]), (&json!(2), &json!("differs")));
}

#[test]
fn a_store_that_takes_nothing_holds_up_nothing_and_gets_it_later() {
    let mut scene = Scene::new();
    let other = rusqlite::Connection::open(scene.folder.path().join(tieline_store::FILE)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    scene.take(&image("live", 1, 0, false), "0");
    scene.bench().flush();
    assert_eq!(scene.told().len(), 1, "it is told all the same");
    for number in 1..9 {
        scene.take(&image("live", 1, number, false), &number.to_string());
        scene.bench().flush();
    }
    assert_eq!(scene.told().len(), 16);
    assert_eq!(scene.bench().said.len(), 2, "of a series its `new` and the last are enough");
    other.execute_batch("ROLLBACK").unwrap();
    assert!(scene.series().is_empty());
    // As if the pause were over.
    scene.bench().failed = None;
    scene.bench().flush();
    assert_eq!((scene.told(), &scene.series()[0].1["images"]), (Vec::new(), &json!(9)));
    assert!(scene.bench().files.is_empty() && scene.bench().said.is_empty());
    scene.begin();
    scene.take(&image("live", 1, 8, false), "again");
    scene.bench().flush();
    assert_eq!(scene.told(), [], "an image is known wherever its file lies");
}

#[test]
fn with_a_reference_database_the_memory_stands_in_the_store_beside_it() {
    let mut scene = Scene::new();
    let database = scene.folder.path().join("db.sqlite");
    let writer = rusqlite::Connection::open(&database).unwrap();
    writer.execute_batch(crate::backend::tests::REFERENCE).unwrap();
    scene.settings.templates = database.to_str().unwrap().to_owned();
    for number in 0..3 {
        scene.begin();
        scene.take(&image("live", 1, number, false), &number.to_string());
        scene.bench().flush();
    }
    let kinds: Vec<_> = scene.told().iter().map(|one| one.0).collect();
    assert_eq!(kinds, [Kind::New, Kind::Update, Kind::Series, Kind::Update, Kind::Series]);
    assert_eq!(scene.series()[0].1["images"], 3);
}
