//! Tests of the record: order, ranges, reading on, forgetting, and that a million values make no difference.

use super::*;
use proptest::prelude::*;
use std::time::Duration;

const DAY: i64 = 24 * 3600 * 10_000_000;

fn open() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

fn row<'a>(variable: &'a str, source_time: i64, body: &'a str) -> Row<'a> {
    Row { variable, source_time, arrived: source_time, body: body.as_bytes() }
}

fn bodies(kept: &[Kept]) -> Vec<&str> {
    kept.iter().map(|kept| std::str::from_utf8(&kept.body).unwrap()).collect()
}

/// A million values: 100 variables, one value each second.
fn million(store: &mut Store) {
    let sql = "WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 99)
               INSERT INTO history_variable (id, name) SELECT n + 1, 'v' || n FROM n;
               WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 999999)
               INSERT INTO history_value SELECT n / 10000 + 1, (n % 10000) * 10000000, 0, x'7b7d', NULL FROM n;
               UPDATE history_amount SET \"values\" = 1000000, bytes = 1000000 * 74;";
    store.connection.execute_batch(sql).unwrap();
}

fn plan(store: &Store, sql: &str) -> String {
    let mut query = store.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let count = query.parameter_count();
    let rows = query.query_map(rusqlite::params_from_iter(vec![1i64; count]), |row| row.get::<_, String>(3)).unwrap();
    rows.map(Result::unwrap).collect::<Vec<_>>().join("\n")
}

#[test]
fn values_come_back_in_the_order_of_time() {
    let (_folder, mut store) = open();
    let mut history = store.history();
    history.append(&[row("a", 20, "2"), row("b", 10, "x"), row("a", 10, "1")]).unwrap();
    history.append(&[row("a", 20, "2"), row("a", 20, "other"), row("a", 30, "3")]).unwrap();
    let read = |from, to, limit| history.read("a", from, to, None, limit).unwrap();
    assert_eq!(bodies(&read(i64::MIN, i64::MAX, 100)), ["1", "2", "2", "other", "3"]);
    assert_eq!(bodies(&read(20, 20, 100)), ["2", "2", "other"]);
    assert_eq!(bodies(&read(11, 19, 100)), [""; 0]);
    assert_eq!(bodies(&read(30, 10, 100)), [""; 0]);
    assert_eq!(bodies(&read(10, 30, 2)), ["1", "2"]);
    assert_eq!(bodies(&history.read("c", 0, 100, None, 100).unwrap()), [""; 0]);
    assert_eq!(history.amount().unwrap(), Amount { values: 6, bytes: 6 * ROW + 10 });
}

#[test]
fn one_reads_on_from_a_place() {
    let (_folder, mut store) = open();
    let mut history = store.history();
    let rows: Vec<_> = (0..10).map(|at| row("a", at / 4, "x")).collect();
    history.append(&rows).unwrap();
    let (mut after, mut places) = (None, Vec::new());
    loop {
        let page = history.read("a", 1, i64::MAX, after, 3).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.place);
        places.extend(page.iter().map(|kept| (kept.place.source_time, kept.place.sequence)));
    }
    assert_eq!(places, [(1, 0), (1, 1), (1, 2), (1, 3), (2, 0), (2, 1)]);
}

#[test]
fn what_was_kept_is_there_after_a_restart_and_for_others() {
    let (folder, mut store) = open();
    store.history().append(&[row("a", 1, "1")]).unwrap();
    let mut other = Store::open(folder.path()).unwrap();
    assert_eq!(bodies(&other.history().read("a", 0, 9, None, 9).unwrap()), ["1"]);
    store.history().append(&[row("a", 2, "2")]).unwrap();
    drop(store);
    assert_eq!(bodies(&other.history().read("a", 0, 9, None, 9).unwrap()), ["1", "2"]);
}

#[test]
fn what_is_too_old_is_forgotten() {
    let (_folder, mut store) = open();
    let mut history = store.history();
    let now = 100 * DAY;
    let rows: Vec<_> = (60..100).flat_map(|day| [row("a", day * DAY, "a"), row("b", day * DAY, "b")]).collect();
    history.append(&rows).unwrap();
    assert_eq!(history.prune(Duration::ZERO, 0, now).unwrap(), Pruned::default());
    let pruned = history.prune(Duration::from_secs(30 * 24 * 3600), 0, now).unwrap();
    assert_eq!(pruned, Pruned { too_old: 20, too_many: 0, is_more: false });
    assert_eq!(history.read("a", 0, i64::MAX, None, 1).unwrap()[0].place.source_time, 70 * DAY);
    assert_eq!(history.amount().unwrap(), Amount { values: 60, bytes: 60 * (ROW + 1) });
}

/// A server's clock may be years behind or ahead.
#[test]
fn what_is_too_old_is_so_by_its_arrival() {
    let (_folder, mut store) = open();
    let mut history = store.history();
    let now = 100 * DAY;
    let rows: Vec<_> = [(1, 99), (500, 99), (99, 10)]
        .map(|(source, arrived)| Row { arrived: arrived * DAY, ..row("a", source * DAY, "x") })
        .to_vec();
    history.append(&rows).unwrap();
    assert_eq!(history.prune(Duration::from_secs(30 * 24 * 3600), 0, now).unwrap().too_old, 1);
    let left = history.read("a", 0, i64::MAX, None, 9).unwrap();
    assert_eq!(left.iter().map(|kept| kept.place.source_time / DAY).collect::<Vec<_>>(), [1, 500]);
}

/// Before there were arrivals; one value is said to be of a time to come.
#[test]
fn what_an_earlier_program_kept_is_pruned_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut old = rusqlite::Connection::open(folder.path().join(crate::FILE)).unwrap();
    crate::migrations::migrate_to(&mut old, crate::migrations::BEFORE_ARRIVALS);
    let values = format!("(1, {DAY}, 0, x'7b7d'), (1, {}, 0, x'7b7d')", i64::MAX / 2);
    let sql = format!(
        "INSERT INTO history_variable VALUES (1, 'a'); INSERT INTO history_value VALUES {values};
                       UPDATE history_amount SET \"values\" = 2, bytes = 2 * 34;"
    );
    old.execute_batch(&sql).unwrap();
    drop(old);
    let mut store = Store::open(folder.path()).unwrap();
    let now: i64 =
        store.connection.query_row("SELECT (unixepoch() + 11644473600) * 10000000", [], |row| row.get(0)).unwrap();
    let mut history = store.history();
    assert_eq!(history.amount().unwrap(), Amount { values: 2, bytes: 2 * (ROW + 2) });
    let keep = Duration::from_secs(24 * 3600);
    assert_eq!(history.prune(keep, 0, now).unwrap().too_old, 1);
    assert_eq!(history.prune(keep, 0, now + 2 * DAY).unwrap().too_old, 1);
    assert_eq!(history.amount().unwrap(), Amount::default());
}

#[test]
fn what_is_too_much_is_forgotten_oldest_first() {
    let (_folder, mut store) = open();
    let mut history = store.history();
    // One has a value each second, the other one each hundred seconds.
    let rows: Vec<_> = (0..10_000).map(|second| row("a", second * 10_000_000, "a")).collect();
    let slow: Vec<_> = (0..100).map(|second| row("b", second * 1_000_000_000, "b")).collect();
    rows.chunks(1000).chain([slow.as_slice()]).for_each(|rows| history.append(rows).unwrap());
    let bound = 5050 * (ROW + 1);
    let pruned = history.prune(Duration::ZERO, bound, 10_000 * 10_000_000).unwrap();
    let amount = history.amount().unwrap();
    assert!(!pruned.is_more && amount.bytes <= bound, "{pruned:?} {amount:?}");
    assert!(amount.bytes > bound * 98 / 100, "{amount:?}");
    assert_eq!(pruned.too_many + amount.values, 10_100);
    let first = |variable| history.read(variable, 0, i64::MAX, None, 1).unwrap()[0].place.source_time / 10_000_000;
    let (a, b) = (first("a"), first("b"));
    assert!(a > 4900 && b > 4500, "both lost their oldest: {a} {b}");
}

#[test]
fn pruning_goes_in_steps() {
    let (_folder, mut store) = open();
    million(&mut store);
    let mut history = store.history();
    let mut calls = 0;
    loop {
        let pruned = history.prune(Duration::from_secs(5000), 0, 10_000 * 10_000_000).unwrap();
        calls += 1;
        assert!(pruned.too_old <= 50_000);
        if !pruned.is_more {
            break;
        }
    }
    assert_eq!((calls, history.amount().unwrap().values), (11, 500_000));
    assert_eq!(history.read("v7", 0, i64::MAX, None, 1).unwrap()[0].place.source_time, 5000 * 10_000_000);
}

#[test]
fn a_million_values_are_read_by_their_key() {
    let (_folder, mut store) = open();
    million(&mut store);
    let found = store.history().read("v42", 5000 * 10_000_000, i64::MAX, None, 10).unwrap();
    assert_eq!(
        found.iter().map(|kept| kept.place.source_time / 10_000_000).collect::<Vec<_>>(),
        (5000..5010).collect::<Vec<_>>()
    );
    let read = plan(&store, READ);
    let range = "SEARCH history_value USING PRIMARY KEY (variable_id=? AND source_time>? AND source_time<?)";
    let two =
        "SEARCH history_value USING PRIMARY KEY (variable_id=? AND (source_time,sequence)>(?,?) AND source_time<?)";
    assert!([range, two].contains(&read.as_str()), "{read}");
    for sql in [prune::OLDEST, prune::FIRST] {
        let plan = plan(&store, sql);
        assert!(!plan.contains("SCAN history_value") && !plan.contains("TEMP B-TREE"), "{plan}");
        assert!(plan.contains("INDEX history_value_arrived (variable_id=?"), "{plan}");
    }
}

#[test]
fn a_reader_does_not_hold_up_who_writes() {
    let (folder, mut store) = open();
    store.history().append(&[row("a", 1, "1")]).unwrap();
    let other = Store::open(folder.path()).unwrap();
    let reading = other.connection.unchecked_transaction().unwrap();
    let count = || reading.query_row("SELECT count(*) FROM history_value", [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count(), 1);
    store.history().append(&[row("a", 2, "2")]).unwrap();
    store.history().prune(Duration::from_secs(1), 0, 100 * DAY).unwrap();
    assert_eq!(count(), 1, "the reader sees what there was");
    drop(reading);
    assert_eq!(store.history().amount().unwrap(), Amount::default());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Against a list in memory.
    #[test]
    fn it_is_a_sorted_list(
        values in proptest::collection::vec((0usize..3, 0i64..20, any::<u8>()), 0..60),
        from in 0i64..20, to in 0i64..20, limit in 0usize..20, batch in 1usize..20,
    ) {
        let names = ["a", "b", "c"];
        let (_folder, mut store) = open();
        let texts: Vec<String> = values.iter().map(|(_, _, body)| body.to_string()).collect();
        let rows: Vec<Row<'_>> =
            values.iter().zip(&texts).map(|((name, time, _), text)| row(names[*name], *time, text)).collect();
        rows.chunks(batch).for_each(|rows| store.history().append(rows).unwrap());
        for name in names {
            let mut expected: Vec<_> = rows.iter().filter(|row| row.variable == name && (from..=to).contains(&row.source_time)).collect();
            expected.sort_by_key(|row| row.source_time);
            let expected: Vec<_> = expected.into_iter().take(limit).map(|row| row.body.to_vec()).collect();
            let found = store.history().read(name, from, to, None, limit).unwrap();
            prop_assert_eq!(found.into_iter().map(|kept| kept.body).collect::<Vec<_>>(), expected);
        }
    }
}
