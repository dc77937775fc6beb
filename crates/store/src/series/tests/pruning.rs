//! Forgetting in small steps, the oldest first, and nothing else.

use super::*;
use crate::series::Forgotten;

fn kept(store: &Store, table: &str) -> i64 {
    store.connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[test]
fn what_is_older_than_a_site_remembers_goes() {
    let (_folder, mut store) = store();
    let (old, new) = (MINUTE, 10 * MINUTE);
    let files = [file(1, old), file(2, new), file(3, old)];
    let said = [said("A", 1, old, Some("a"), "s"), said("A", 2, old, Some("b"), "s"), said("A", 2, new, None, "s")];
    let sessions = [old, new].map(|at| SessionEnd { station: "A", at, content: "c" });
    store.series().record(&Batch { files: &files, said: &said, sessions: &sessions }).unwrap();
    let bounds = Bounds { keep: Duration::from_secs(5 * 60), ..ALL };
    assert_eq!(
        store.series().prune(&bounds, new).unwrap(),
        Forgotten { files: 2, series: 1, sessions: 1, is_more: false }
    );
    let series = store.series();
    assert_eq!((series.mark(1, 10, 1).unwrap(), series.mark(2, 10, 1).unwrap()), (None, Some(Mark::Judged)));
    assert!(series.state("A", 1).unwrap().is_none() && series.state("A", 2).unwrap().is_some());
    assert_eq!(store.series().prune(&bounds, new).unwrap(), Forgotten::default());
    assert_eq!(store.series().prune(&ALL, i64::MAX).unwrap(), Forgotten::default(), "zero is for ever");
}

#[test]
fn what_is_too_much_goes_by_age() {
    let (_folder, mut store) = store();
    let files: Vec<_> = (0..100).map(|path| file(path, 1)).collect();
    mark(&mut store, &files);
    // Judged again, it is the newest.
    mark(&mut store, &[FileMark { size: 11, ..file(0, 1) }]);
    for uid in 0..20 {
        say(&mut store, &[said("A", uid, 1, Some("c"), "s")]);
    }
    let bounds = Bounds { files: 10, series: 5, ..ALL };
    store.series().prune(&bounds, 1).unwrap();
    assert!(kept(&store, "series_file") <= 10 && kept(&store, "series_state") == 5);
    let series = store.series();
    assert_eq!(
        (series.mark(0, 11, 1).unwrap(), series.mark(99, 10, 1).unwrap()),
        (Some(Mark::Judged), Some(Mark::Judged))
    );
    assert_eq!(series.mark(50, 10, 1).unwrap(), None);
    assert!(series.state("A", 19).unwrap().is_some() && series.state("A", 14).unwrap().is_none());
}

#[test]
fn one_call_does_a_bounded_amount_of_work() {
    let (_folder, mut store) = store();
    let files: Vec<_> = (0..25_000).map(|path| file(path, 1)).collect();
    mark(&mut store, &files);
    let bounds = Bounds { files: 10, ..ALL };
    let first = store.series().prune(&bounds, 1).unwrap();
    assert_eq!((first.files, first.is_more), (20_000, true));
    let second = store.series().prune(&bounds, 1).unwrap();
    assert_eq!((second.files, second.is_more, kept(&store, "series_file")), (4990, false, 10));
}

#[test]
fn a_clock_that_was_wrong_holds_up_nothing() {
    let (_folder, mut store) = store();
    let far = 1_000_000 * MINUTE;
    mark(&mut store, &(0..2000).map(|path| file(path, far)).collect::<Vec<_>>());
    mark(&mut store, &(2000..2500).map(|path| file(path, 1)).collect::<Vec<_>>());
    let bounds = Bounds { keep: Duration::from_secs(60), ..ALL };
    assert_eq!(store.series().prune(&bounds, 2 * MINUTE + 1).unwrap().files, 500);
    assert_eq!(kept(&store, "series_file"), 2000);
}
