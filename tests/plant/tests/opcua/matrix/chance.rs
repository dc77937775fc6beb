//! Quirks in any combination and order, drawn by chance: what clients see is always what `model.rs` allows.
//!
//! Promises: a seed stands for one draw, and a failure names it. Everyday 200 draws, each on the gateway that has lived through
//! those before it; `TIELINE_TEST_QUIRKS` is another number, `TIELINE_TEST_SEED` another first seed.

use super::bench::Bench;
use super::probe::{self, code};
use super::table::{AWAY, Then};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use tieline_opcua_tests::Library;
use tieline_testkit::{Done, Failure, Logs, number};

/// One thing that happens.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// A quirk of [`QUIRKS`] begins.
    On(usize),
    /// It ends.
    Off(usize),
    /// The connection is cut, or the sessions are forgotten too.
    Meet(Then),
    /// Nobody can connect until the watcher has been told; meanwhile the value changes.
    Loss,
    Set,
    Read,
    Write,
    Watch,
    History,
}

/// A quirk, its value as JSON, and the codes that it brings beside those of a server that is away.
type Quirk = (&'static str, &'static str, &'static [&'static str]);

const FULL: &[&str] = &["BadTooManyMonitoredItems", "BadTooManySubscriptions"];
const LARGE: &[&str] = &["BadResponseTooLarge", "BadEncodingLimitsExceeded", "BadTcpMessageTooLarge"];

/// What can be drawn: what a server does for long, or a gateway takes long to notice, is in the table alone.
const QUIRKS: &[Quirk] = &[
    ("read", "1", &[]),
    ("read", "3", &[]),
    ("write", "1", &[]),
    ("items", "1", &[]),
    ("items", "3", &[]),
    ("untold", "true", &[]),
    ("subscription_items", "1", FULL),
    ("subscription_items", "3", FULL),
    ("subscriptions", "1", FULL),
    ("sessions", "1", &[]),
    ("message", "65536", LARGE),
    ("image", "1100000", LARGE),
    ("refuse", r#"{"CreateSubscription": "BadServiceUnsupported"}"#, &["BadServiceUnsupported"]),
    ("refuse", r#"{"CreateSubscription": "BadTooManySubscriptions"}"#, FULL),
    ("refuse", r#"{"Republish": "BadMessageNotAvailable"}"#, &[]),
    ("refuse", r#"{"Write": "BadUserAccessDenied"}"#, &["BadUserAccessDenied"]),
    ("refuse", r#"{"HistoryRead": "BadServiceUnsupported"}"#, &["BadServiceUnsupported"]),
    ("slow", r#"{"*": 0.05}"#, &[]),
    ("slow", r#"{"Read": 0.2}"#, &[]),
    ("slow", r#"{"CreateSession": 0.2, "ActivateSession": 0.2}"#, &[]),
    ("drop", "3", &[]),
    ("drop", "6", &[]),
    ("drop", "12", &[]),
    ("clock", "90000", &[]),
    ("clock", "-850000000", &[]),
    ("lose", "true", &[]),
    ("number", "0", &[]),
    ("both", "false", &[]),
    ("strange", "true", &[]),
    ("one_publish", "true", &[]),
];

/// Few quirks at a time, and more of what clients do than of what happens to them.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(0..QUIRKS.len(), 1..4).prop_flat_map(|drawn| {
        let step = prop_oneof![
            6 => select(drawn.clone()).prop_map(Step::On),
            1 => select(drawn).prop_map(Step::Off),
            2 => Just(Step::Meet(Then::Cut)),
            2 => Just(Step::Meet(Then::Forgets)),
            1 => Just(Step::Loss),
            3 => Just(Step::Set),
            3 => Just(Step::Read),
            2 => Just(Step::Write),
            1 => Just(Step::Watch),
            1 => Just(Step::History),
        ];
        proptest::collection::vec(step, 4..10)
    })
}

fn drawn(seed: usize) -> Vec<Step> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&(seed as u64).to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    steps().new_tree(&mut runner).unwrap().current()
}

#[test]
fn a_seed_stands_for_one_draw() {
    let all: Vec<Vec<Step>> = (0..50).map(drawn).collect();
    assert_eq!(all, (0..50).map(drawn).collect::<Vec<_>>());
    for (at, quirk) in QUIRKS.iter().enumerate() {
        assert!((0..1000).any(|seed| drawn(seed).contains(&Step::On(at))), "{quirk:?} is never drawn");
    }
}

#[tokio::test]
async fn in_any_combination() {
    let (count, first) = (number("TIELINE_TEST_QUIRKS", 200), number("TIELINE_TEST_SEED", 1));
    let logs = Logs::events();
    let mut bench = Bench::start(Library::Quirky).await.unwrap();
    for seed in first..first + count {
        let steps = drawn(seed);
        if let Err(failure) = live_through(&mut bench, &steps).await {
            let steps: Vec<String> = steps.iter().map(told).collect();
            let ended = bench.end().await.err().map_or_else(String::new, |failure| format!("\n{failure}"));
            let again = format!("TIELINE_TEST_SEED={seed} TIELINE_TEST_QUIRKS=1 is this draw alone");
            panic!(
                "seed {seed}: {failure}\n{}\n{again}{ended}\nthe log ends with\n{}",
                steps.join(", "),
                logs.last(60)
            );
        }
    }
    bench.end().await.unwrap();
}

/// A step for people.
fn told(step: &Step) -> String {
    match step {
        Step::On(at) => format!("{} {}", QUIRKS[*at].0, QUIRKS[*at].1),
        Step::Off(at) => format!("{} ends", QUIRKS[*at].0),
        step => format!("{step:?}"),
    }
}

async fn live_through(bench: &mut Bench, steps: &[Step]) -> Done {
    bench.plant.stat("most_sessions").await?;
    // What a quirk has brought may be told a moment after its end.
    let mut codes: Vec<&str> = Vec::new();
    let mut lived = Ok(());
    for step in steps {
        if let Step::On(at) = step {
            codes.extend(QUIRKS[*at].2);
        }
        lived = live(bench, step, &codes).await.map_err(|failure| Failure(format!("{}: {failure}", told(step))));
        if lived.is_err() {
            break;
        }
    }
    lived?;
    bench.has_few_sessions().await?;
    for step in steps {
        if let Step::On(at) = step {
            bench.switch(QUIRKS[*at].0, &Value::Null).await?;
        }
    }
    bench.heals(&codes).await?;
    bench.watches_no_more().await
}

async fn live(bench: &mut Bench, step: &Step, codes: &[&str]) -> Done {
    match step {
        Step::On(at) => {
            let (name, value, _) = QUIRKS[*at];
            bench.switch(name, &serde_json::from_str(value).unwrap()).await
        }
        Step::Off(at) => bench.switch(QUIRKS[*at].0, &Value::Null).await,
        Step::Meet(then) => bench.meet(*then).await,
        Step::Loss => {
            bench.meet(Then::Refuses).await?;
            bench.is_told_of_the_loss(Then::Refuses, codes).await?;
            bench.proxy.pass();
            Ok(())
        }
        Step::Set => bench.sets().await,
        Step::Watch => bench.watches().await,
        Step::Read => {
            let names: Vec<String> =
                ["Counter", "Place", "Long.1", "Long.2", "Long.3", "Image"].map(str::to_owned).to_vec();
            for (name, answer) in names.iter().zip(probe::read(&mut bench.web, &names).await?) {
                if is_value(name, &answer, codes)? {
                    bench.is_true(name, &answer["Body"]["Value"]["Body"])?;
                }
            }
            Ok(())
        }
        Step::Write => {
            let names: Vec<String> = ["Load.1", "Load.2", "Load.9"].map(str::to_owned).to_vec();
            for (name, answer) in names.iter().zip(bench.written(&names).await?) {
                is_value(name, &answer, codes)?;
            }
            Ok(())
        }
        Step::History => {
            let answer =
                probe::history(&mut bench.web, "History.Ramp", "2020-01-01T00:00:10Z", "2020-01-01T00:00:12.5Z")
                    .await?;
            match is_value("History.Ramp", &answer, codes)? && probe::values(&answer) != ["10", "11", "12"] {
                true => Err(Failure(format!("{answer} are not the values of these seconds"))),
                false => Ok(()),
            }
        }
    }
}

/// Whether an answer is a value; if not, its code is one that may be.
fn is_value(name: &str, answer: &Value, codes: &[&str]) -> Done<bool> {
    match code(answer).as_deref() {
        None => Ok(true),
        Some(code) if AWAY.contains(&code) || codes.contains(&code) => Ok(false),
        Some(code) => Err(Failure(format!("{name} comes to {}", json!(code)))),
    }
}
