//! Tests of the clock: from a file in a folder to what is published, and the end of a series when no file comes any more.

use super::BACKEND;
use dicom_core::VR;
use serde_json::{Value as Json, json};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tieline_dicom_read::write::{Element, file};
use tieline_model::settings::{Value, Values};
use tieline_model::{BackendPlan, Interest, InterestChanged, Publisher, Refusal};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Published(Mutex<SyncSender<(Vec<String>, String)>>);

impl Publisher for Published {
    fn publish(&self, tokens: &[&str], json: &str) -> Result<(), Refusal> {
        let tokens = tokens.iter().map(|token| (*token).to_owned()).collect();
        self.0.lock().unwrap().send((tokens, json.to_owned())).unwrap();
        Ok(())
    }
}

struct Nobody;

impl Interest for Nobody {
    fn watch(&self, _: InterestChanged) {}
}

fn next(published: &Receiver<(Vec<String>, String)>) -> (String, Json) {
    let (tokens, json) = published.recv_timeout(PATIENCE).unwrap();
    (tokens.join("."), serde_json::from_str(&json).unwrap())
}

#[test]
fn a_series_is_published_as_it_grows_and_when_it_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let (store, export) = (folder.path().join("store"), folder.path().join("export"));
    std::fs::create_dir(&export).unwrap();
    let mut values = Values::default();
    values.set("watch", Value::Texts(vec![export.display().to_string()]));
    values.set("series_end", Value::Duration(Duration::from_millis(1500)));
    let mut skip = Values::default();
    skip.set("sequence", Value::Text("*phoenix*".to_owned()));
    values.set("skip", Value::Tables(vec![skip]));
    let (sender, published) = sync_channel(100);
    let plan = BackendPlan {
        values: &values,
        store: &store,
        publish: Arc::new(Published(Mutex::new(sender))),
        interest: Arc::new(Nobody),
        demo: None,
    };
    let backend = (BACKEND.start)(plan).unwrap();
    let put = |name: &str, sequence: &str, number: u32| {
        let text = Element::text;
        let elements = [
            text((0x0008, 0x0018), VR::UI, &format!("1.2.{number}")),
            text((0x0008, 0x1010), VR::SH, "AWP7"),
            text((0x0008, 0x1030), VR::LO, "Brain^X"),
            text((0x0008, 0x103E), VR::LO, sequence),
            text((0x0020, 0x000E), VR::UI, "1.2"),
            text((0x0020, 0x0011), VR::IS, "3"),
            text((0x0020, 0x0013), VR::IS, &number.to_string()),
        ];
        std::fs::write(export.join(name), file(&elements)).unwrap();
    };
    put("0.dcm", "PhoenixZIPReport", 9);
    put("1.dcm", "rest", 1);
    let (topic, new) = next(&published);
    assert_eq!((topic.as_str(), &new["verdict"]), ("AWP7.new", &json!("no_template")));
    assert_eq!(new["input"]["SequenceName"], "rest", "what is left out is not told");
    put("2.dcm", "rest", 2);
    let (topic, update) = next(&published);
    let (beside, series) = next(&published);
    assert_eq!((topic.as_str(), update, beside.as_str()), ("AWP7.update", json!(1), "AWP7.series"));
    assert_eq!(
        (&series["images"], &series["ended"], &series["uid"]),
        (&json!(2), &json!(false), &new["series"]["uid"])
    );
    // No file comes any more: the clock ends it.
    let (topic, end) = next(&published);
    assert_eq!((topic.as_str(), &end["images"], &end["ended"]), ("AWP7.series", &json!(2), &json!(true)));
    backend.stop();
}

/// The backend over an empty folder, with these changes of its keys, as the test wants to see it.
fn backend(change: impl FnOnce(&mut Values)) -> (tempfile::TempDir, Box<dyn tieline_model::Backend>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("export")).unwrap();
    let mut values = Values::default();
    values.set("watch", Value::Texts(vec![folder.path().join("export").display().to_string()]));
    change(&mut values);
    let (sender, _published) = sync_channel(100);
    let plan = BackendPlan {
        values: &values,
        store: &folder.path().join("store"),
        publish: Arc::new(Published(Mutex::new(sender))),
        interest: Arc::new(Nobody),
        demo: None,
    };
    let backend = (BACKEND.start)(plan).unwrap();
    (folder, backend)
}

#[test]
fn pages_are_answered_when_something_is_remembered_and_only_then() {
    let (_folder, remembers) = backend(|_| ());
    assert!(remembers.service().is_some());
    remembers.stop();
    let (folder, forgets) = backend(|values| values.set("remember", Value::Duration(Duration::ZERO)));
    assert!(forgets.service().is_none());
    forgets.stop();
    assert!(tieline_store::Store::open(&folder.path().join("store")).unwrap().series().is_empty().unwrap());
}
