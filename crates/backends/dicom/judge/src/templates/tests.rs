//! Tests of what is kept in memory.

use super::{Origin, Templates, acquisition};
use std::path::Path;
use tieline_dicom_read::{Header, Parameter, Parameters, Value};
use tieline_model::Patient;
use tieline_store::templates::Acquisition;
use tieline_store::{Store, StoreError};

fn file(store: &Store, study: &str) -> Acquisition {
    let mut parameters = Parameters::default();
    for (parameter, text) in [(Parameter::Project, "Brain"), (Parameter::SequenceName, "Task")] {
        parameters.set(parameter, Value::Text(text.to_owned()));
    }
    let header = Header { parameters, study: Patient::new(study.to_owned()), complete: true, ..Header::default() };
    acquisition(store.key(), &header).unwrap()
}

#[test]
fn the_store_is_looked_at_again_only_after_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    let mut templates = Templates::new(Origin::open(folder.path(), "").unwrap());
    let count = |templates: &mut Templates| {
        templates.allowed("brain", "task", "OTHER").unwrap().first().map(|template| template.count)
    };
    assert_eq!(count(&mut templates), None);
    let one = file(&store, "1");
    store.templates().record(vec![one], &[]).unwrap();
    assert_eq!(count(&mut templates), Some(1));
    let kept = templates.allowed("BRAIN", "Task", "OTHER").unwrap();
    let again = templates.allowed("Brain", " task", "OTHER").unwrap();
    assert!(std::sync::Arc::ptr_eq(&kept, &again), "the same template from memory");
    let two = file(&store, "2");
    store.templates().record(vec![two], &[]).unwrap();
    assert_eq!((count(&mut templates), templates.stale()), (Some(2), 0));
}

#[test]
fn a_wrong_setting_is_said_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db.sqlite");
    let store = Store::open(folder.path()).unwrap();
    drop(store);
    // A store has no table of the reference: a mistake in the configuration, said at once.
    let own = folder.path().join(tieline_store::FILE).display().to_string();
    assert!(Origin::open(Path::new("unused"), &own).err().unwrap().to_string().contains("acq_param"));
    let missing = Origin::open(Path::new("unused"), &path.display().to_string()).err().unwrap().to_string();
    assert!(missing.contains("templates = ") && missing.contains("db.sqlite"), "{missing}");
    assert!(!path.exists() && !Path::new("unused").exists());
}

#[test]
fn a_database_that_does_not_answer_costs_a_refresh_and_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db.sqlite");
    let writer = rusqlite::Connection::open(&path).unwrap();
    let made = "CREATE TABLE acq (param_id integer);
                CREATE TABLE acq_param (Project text, SequenceName text, TR text);
                INSERT INTO acq_param VALUES ('Brain', 'Task', '1300.0'); INSERT INTO acq VALUES (1);";
    writer.execute_batch(made).unwrap();
    let mut templates = Templates::new(Origin::open(Path::new("unused"), &path.display().to_string()).unwrap());
    assert_eq!(templates.every, super::ASK);
    templates.every = std::time::Duration::ZERO;
    let count = |templates: &mut Templates, name| {
        Ok::<_, StoreError>(templates.allowed("Brain", name, "M")?.first().map(|one| one.count))
    };
    assert_eq!(count(&mut templates, "task").unwrap(), Some(1));
    writer.execute_batch("BEGIN EXCLUSIVE; INSERT INTO acq VALUES (1)").unwrap();
    assert_eq!((count(&mut templates, "task").unwrap(), templates.stale()), (Some(1), 1));
    let error = count(&mut templates, "other").unwrap_err().to_string();
    assert!(error.contains("db.sqlite") && error.contains("locked"), "{error}");
    writer.execute_batch("COMMIT").unwrap();
    assert_eq!((count(&mut templates, "task").unwrap(), templates.stale()), (Some(2), 1));
    assert_eq!(count(&mut templates, "other").unwrap(), None);
}

#[test]
fn what_has_no_names_is_no_acquisition() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let header = Header { study: Patient::new("1".to_owned()), complete: true, ..Header::default() };
    assert!(acquisition(store.key(), &header).is_none());
    assert_eq!(file(&store, "1").identity, file(&store, "1").identity);
    assert_ne!(file(&store, "1").identity, file(&store, "2").identity);
}
