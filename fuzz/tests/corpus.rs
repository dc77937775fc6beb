//! Replays the kept corpus through every target, then more inputs made from it: what the fuzzers found stays found, on
//! any machine, without libFuzzer.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use proptest::prelude::*;
use proptest::sample::Index;
use std::path::{Path, PathBuf};
use tieline_fuzz::TARGETS;

/// What an input may have at most.
const LONGEST: usize = 4096;
/// Files a target may have: each must be there for something.
const MOST_FILES: usize = 60;

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// The inputs of a target, by file name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder(target)).unwrap_or_else(|_| panic!("{target} has no folder in the corpus"));
    let mut files: Vec<_> = entries
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// Runs one input; a panic names the file it came from.
fn replay(target: &str, name: &str, data: &[u8]) {
    let run = std::panic::catch_unwind(|| tieline_fuzz::run(target, data));
    assert!(run.is_ok(), "fuzz/corpus/{target}/{name} breaks a promise (what it said stands above)");
}

#[test]
fn every_target_holds_for_its_corpus() {
    for (target, _) in TARGETS {
        let files = corpus(target);
        assert!(files.len() >= 5, "{target} has {} inputs: too few to mean anything", files.len());
        assert!(files.len() <= MOST_FILES, "{target} has {} inputs: keep those that add something", files.len());
        for (name, data) in files {
            assert!(data.len() <= LONGEST, "{target}/{name} is longer than {LONGEST} bytes");
            replay(target, &name, &data);
        }
    }
}

#[test]
fn every_folder_has_its_target() {
    let folders = std::fs::read_dir(folder("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    for name in folders {
        assert!(TARGETS.iter().any(|(target, _)| *target == name), "fuzz/corpus/{name} belongs to no target");
    }
    for (target, _) in TARGETS {
        let program = folder("").join(format!("../libfuzzer/fuzz_targets/{target}.rs"));
        assert!(program.exists(), "{target} has no libFuzzer program");
    }
}

/// How an input is changed.
#[derive(Debug, Clone)]
enum Change {
    Set(Index, u8),
    Flip(Index, u8),
    Cut(Index, Index),
    Insert(Index, Vec<u8>),
    /// The rest comes from another input.
    Cross(Index, Index, Index),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        any::<(Index, u8)>().prop_map(|(at, byte)| Change::Set(at, byte)),
        (any::<Index>(), 0u8..8).prop_map(|(at, bit)| Change::Flip(at, 1 << bit)),
        any::<(Index, Index)>().prop_map(|(from, to)| Change::Cut(from, to)),
        (any::<Index>(), proptest::collection::vec(any::<u8>(), 1..9))
            .prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        any::<(Index, Index, Index)>().prop_map(|(at, other, from)| Change::Cross(at, other, from)),
    ]
}

fn changed(mut data: Vec<u8>, changes: &[Change], all: &[(String, Vec<u8>)]) -> Vec<u8> {
    for change in changes {
        let end = data.len() + 1;
        match change {
            Change::Set(at, byte) if !data.is_empty() => *at.get_mut(&mut data) = *byte,
            Change::Flip(at, bit) if !data.is_empty() => *at.get_mut(&mut data) ^= bit,
            Change::Set(..) | Change::Flip(..) => {}
            Change::Cut(one, two) => {
                let (one, two) = (one.index(end), two.index(end));
                data.drain(one.min(two)..one.max(two));
            }
            Change::Insert(at, bytes) => drop(data.splice(at.index(end)..at.index(end), bytes.iter().copied())),
            Change::Cross(at, other, from) => {
                let (_, other) = other.get(all);
                data.truncate(at.index(end));
                data.extend_from_slice(&other[from.index(other.len() + 1)..]);
            }
        }
    }
    data.truncate(LONGEST);
    data
}

/// A test for each target, so that they run side by side.
macro_rules! targets_hold_for_what_is_made_from_their_corpus {
    ($($target:ident)*) => {
        const NAMED: &[&str] = &[$(stringify!($target)),*];
        $(
        #[test]
        fn $target() {
            let target = stringify!($target);
            let all = corpus(target);
            let inputs = prop_oneof![
                8 => (any::<Index>(), proptest::collection::vec(change(), 1..6))
                    .prop_map(|(at, changes)| changed(at.get(&all).1.clone(), &changes, &all)),
                1 => proptest::collection::vec(any::<u8>(), 0..200),
                1 => any::<String>().prop_map(String::into_bytes),
            ];
            let config = ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() };
            proptest::test_runner::TestRunner::new(config)
                .run(&inputs, |data| {
                    tieline_fuzz::run(target, &data);
                    Ok(())
                })
                .unwrap();
        }
        )*
    };
}

targets_hold_for_what_is_made_from_their_corpus!(close config csa origin_policy fme frames gxml header image inflate inspect lenient negotiate opcua opcua_import opcua_value path protocol topic vxvue);

#[test]
fn every_target_is_named_above() {
    let targets: Vec<&str> = TARGETS.iter().map(|(target, _)| *target).collect();
    assert_eq!(NAMED, targets);
}
