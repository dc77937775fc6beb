//! Whatever moment a kill comes, each file is judged once over both lives, and its series counts it once.

use super::*;
use proptest::prelude::*;

/// Where a life ends, in the middle of a batch.
#[derive(Debug, Clone, Copy)]
enum Killed {
    /// Judged, not kept, not told.
    BeforeItWasKept,
    /// Kept, not told.
    BeforeItWasTold,
}

fn killed() -> impl Strategy<Value = Killed> {
    prop_oneof![Just(Killed::BeforeItWasKept), Just(Killed::BeforeItWasTold)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_file_is_judged_exactly_once_over_all_lives(
        files in 1..60u64,
        lives in proptest::collection::vec((0..8usize, killed()), 0..6),
        batch in 1..7usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        // How often each file's judgement was kept, and what those who listen have heard or read in the state after they came back.
        let mut kept = vec![0; usize::try_from(files).unwrap()];
        for life in lives.into_iter().map(Some).chain([None]) {
            let mut store = Store::open(folder.path()).unwrap();
            // A scan finds the files in any order and asks for those that are not judged.
            let found = (0..files).rev().filter(|path| store.series().mark(*path, 10, 1).unwrap().is_none());
            let found: Vec<_> = found.collect();
            for (number, paths) in found.chunks(batch).enumerate() {
                let ends = life.filter(|(at, _)| *at == number).map(|(_, how)| how);
                if matches!(ends, Some(Killed::BeforeItWasKept)) {
                    break;
                }
                let images = |store: &mut Store| -> u64 {
                    store.series().state("A", 1).unwrap().map_or(0, |known| known.series.parse().unwrap())
                };
                let before = images(&mut store);
                let marks: Vec<_> = paths.iter().map(|path| FileMark { image: Some((1, *path)), ..file(*path, 1) }).collect();
                let counts: Vec<_> = (1..=paths.len() as u64).map(|more| (before + more).to_string()).collect();
                let said: Vec<_> = counts
                    .iter()
                    .enumerate()
                    .map(|(at, images)| said("A", 1, 1, (before == 0 && at == 0).then_some("new"), images))
                    .collect();
                store.series().record(&Batch { files: &marks, said: &said, sessions: &[] }).unwrap();
                paths.iter().for_each(|path| kept[usize::try_from(*path).unwrap()] += 1);
                if ends.is_some() {
                    break;
                }
            }
        }
        prop_assert!(kept.iter().all(|times| *times == 1), "{kept:?}");
        let mut store = Store::open(folder.path()).unwrap();
        let all = store.series().last_of_each_station().unwrap();
        prop_assert_eq!(all.len(), 1);
        let last = &all[0];
        prop_assert_eq!((last.content.as_str(), last.series.clone()), ("new", files.to_string()));
        prop_assert!((0..files).all(|path| store.series().image(1, path).unwrap() == Some(false)));
    }
}

#[test]
fn a_batch_that_cannot_be_kept_leaves_nothing_of_itself() {
    let (_folder, mut store) = store();
    store
        .connection
        .execute_batch("CREATE TRIGGER full BEFORE INSERT ON series_session BEGIN SELECT raise(ABORT, 'full'); END")
        .unwrap();
    let session = SessionEnd { station: "A", at: 1, content: "c" };
    let said = said("A", 1, 1, Some("c"), "s");
    let batch = Batch { files: &[file(1, 1)], said: &[said], sessions: &[session] };
    let error = store.series().record(&batch).unwrap_err().to_string();
    assert!(error.contains("keeping what was judged"), "{error}");
    assert!(store.series().is_empty().unwrap() && store.series().state("A", 1).unwrap().is_none());
}
