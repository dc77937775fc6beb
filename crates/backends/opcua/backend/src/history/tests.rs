//! Tests of the recorder: what is recorded is read, is there after a restart, and what does not fit is counted.

use super::*;
use opcua::types::{StatusCode, Variant};
use tieline_opcua_values::write_data_value;

const FOREVER: Bounds = Bounds { keep: Duration::ZERO, bytes: 0 };

fn at(second: i64) -> DateTime {
    DateTime::from(DateTime::ymd(2020, 1, 2).ticks() + second * 10_000_000)
}

fn value(second: i64, number: i32) -> (DataValue, Vec<u8>) {
    let value =
        DataValue { value: Some(Variant::from(number)), source_timestamp: Some(at(second)), ..DataValue::null() };
    let mut json = Vec::new();
    write_data_value(&value, &tieline_opcua_values::Structures::default(), &mut json);
    (value, json)
}

fn record(recorder: &Recorder, variable: &str, seconds: impl IntoIterator<Item = i64>) {
    for second in seconds {
        let (value, json) = value(second, i32::try_from(second).unwrap());
        recorder.record(variable, &value, &json);
    }
}

/// The numbers that are found, and whether there are more.
async fn read(recorder: &Recorder, from: i64, to: i64, most: usize) -> (Vec<i64>, bool) {
    let (found, is_more) = recorder.read("a", &at(from), &at(to), most).await.unwrap();
    let number = |body: &Vec<u8>| serde_json::from_slice::<serde_json::Value>(body).unwrap()["Value"]["Body"].as_i64();
    (found.iter().map(|body| number(body).unwrap()).collect(), is_more)
}

#[tokio::test]
async fn what_is_recorded_is_read_at_once_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(folder.path(), FOREVER).unwrap();
    record(&recorder, "a", [3, 1, 2]);
    record(&recorder, "b", [1]);
    assert_eq!(read(&recorder, 0, 9, 0).await, (vec![1, 2, 3], false));
    assert_eq!(read(&recorder, 9, 0, 0).await, (vec![1, 2, 3], false), "oldest first all the same");
    assert_eq!(read(&recorder, 1, 3, 0).await, (vec![1, 2], false), "the end is not included");
    assert_eq!(read(&recorder, 2, 2, 0).await, (vec![2], false));
    assert_eq!(read(&recorder, 0, 9, 2).await, (vec![1, 2], true));
    assert_eq!(read(&recorder, 0, 9, 3).await, (vec![1, 2, 3], false));
    record(&recorder, "a", [4]);
    drop(recorder);
    let again = Recorder::start(folder.path(), FOREVER).unwrap();
    assert_eq!(read(&again, 0, 9, 0).await, (vec![1, 2, 3, 4], false));
}

#[tokio::test]
async fn many_values_come_in_pages_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(folder.path(), FOREVER).unwrap();
    record(&recorder, "a", 0..12_000);
    let (found, is_more) = read(&recorder, 0, 100_000, 0).await;
    assert_eq!((found, is_more), ((0..12_000).collect(), false));
    assert!(read(&recorder, 0, 100_000, 11_999).await.1);
    assert_eq!(recorder.queued.load(Ordering::Relaxed), 0, "nothing waits any more");
}

#[tokio::test]
async fn what_does_not_fit_is_counted_and_what_is_no_value_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (one, json) = value(1, 1);
    let recorder = Recorder::with_room(folder.path(), FOREVER, 10, weight("a", &json)).unwrap();
    let long = vec![b' '; 1000];
    recorder.record("a", &one, &[json.as_slice(), long.as_slice()].concat());
    assert_eq!((recorder.lost.total(), recorder.queued.load(Ordering::Relaxed)), (1, 0));
    recorder.record("a", &one, &json);
    let gone = DataValue { status: Some(StatusCode::BadNotConnected), ..DataValue::null() };
    recorder.record("a", &gone, b"{\"StatusCode\":\"BadNotConnected\"}");
    assert_eq!(read(&recorder, 0, 9, 0).await, (vec![1], false));
    assert_eq!(recorder.lost.total(), 1);
}

#[tokio::test]
async fn a_value_without_a_time_has_that_of_its_arrival() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(folder.path(), FOREVER).unwrap();
    let before = DateTime::now();
    let (mut value, json) = value(1, 7);
    value.source_timestamp = Some(DateTime::null());
    recorder.record("a", &value, &json);
    let (found, _) = recorder.read("a", &before, &DateTime::from(i64::MAX), 0).await.unwrap();
    assert_eq!(found, [json]);
}

#[tokio::test]
async fn old_values_are_forgotten_by_their_arrival() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(folder.path(), FOREVER).unwrap();
    record(&recorder, "a", 0..100);
    drop(recorder);
    let store = || Store::open(folder.path()).unwrap();
    let strict = Bounds { keep: Duration::from_secs(3600), bytes: 0 };
    let prune = |later: i64| {
        let at = DateTime::from(DateTime::now().checked_ticks() + later * 10_000_000);
        let mut writer = Writer::new(store(), strict, Arc::default());
        writer.prune_at(std::time::Instant::now(), at);
        store().history().amount().unwrap().values
    };
    assert_eq!(prune(0), 100, "they are of 2020, and have just arrived");
    assert_eq!(prune(3700), 0);
}

/// Another program in the middle of its writing.
fn held(folder: &std::path::Path) -> rusqlite::Connection {
    let other = rusqlite::Connection::open(folder.join(tieline_store::FILE)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    other
}

#[tokio::test]
async fn what_another_program_holds_up_is_written_when_it_has_done() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(folder.path(), FOREVER).unwrap();
    let other = held(folder.path());
    record(&recorder, "a", 0..2500);
    assert_eq!(read(&recorder, 0, 9999, 0).await, (vec![], false), "what is there is read all the same");
    record(&recorder, "a", 2500..2600);
    other.execute_batch("ROLLBACK").unwrap();
    while recorder.queued.load(Ordering::Relaxed) > 0 {
        std::thread::yield_now();
    }
    assert_eq!(read(&recorder, 0, 9999, 0).await, ((0..2600).collect(), false));
    assert_eq!(recorder.lost.total(), 0);
}

#[test]
fn while_it_cannot_be_written_what_has_no_room_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let queued: Arc<AtomicUsize> = Arc::default();
    let store = Store::open(folder.path()).unwrap();
    let mut writer = Writer::new(store, FOREVER, queued.clone()).holding(3);
    let other = held(folder.path());
    let value = |writer: &mut Writer, second: i64| {
        let (_, body) = value(second, 1);
        queued.fetch_add(weight("a", &body), Ordering::Relaxed);
        writer.take(Note::Value { variable: "a".to_owned(), source_time: second, arrived: second, body });
    };
    let flush = |writer: &mut Writer| writer.take(Note::Flush(sync_channel(1).0));
    value(&mut writer, 0);
    flush(&mut writer);
    (1..6).for_each(|second| value(&mut writer, second));
    flush(&mut writer);
    assert_eq!((writer.no_room.total(), writer.lost.total(), writer.kept.total()), (3, 0, 0));
    other.execute_batch("ROLLBACK").unwrap();
    flush(&mut writer);
    assert_eq!((writer.no_room.total(), writer.lost.total(), writer.kept.total()), (3, 0, 3));
    assert_eq!(queued.load(Ordering::Relaxed), 0, "nothing waits any more");
    // At the end it is tried again for some time, and then told as lost.
    let other = held(folder.path());
    value(&mut writer, 7);
    writer.finish();
    assert_eq!((writer.lost.total(), queued.load(Ordering::Relaxed)), (1, 0));
    drop(other);
}
