//! Never the wrong patient: consoles, displays, late displays, refusals, crashes, restarts and two consoles in random order
//! against the real hub and the real dialect, without a socket, the clock moved by hand. One sentence holds after every
//! step: what any display shows is what the console said last, or it says that it does not know.
//!
//! `TIELINE_TEST_ROOM_STEPS` makes it longer.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)]

mod story;
mod world;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};
use tieline_gateway::registry::DIALECTS;
use tieline_model::settings::{Value, Values};
use tieline_testkit::number;
use world::World;

/// Steps of one life of the world; when it fails, the fewest that do are shown.
const STEPS: usize = 120;
const SHARDS: usize = 3;
/// Types of displays.
const KINDS: [u32; 3] = [106, 107, 500];

/// What a console says.
#[derive(Debug, Clone, Copy)]
enum Word {
    /// 101 of this patient, to this receiver.
    Patient(u8, u32),
    /// 101 that is refused.
    NoPatient(u32),
    /// Something that cannot be read.
    Noise,
    /// 102 of the patient this console named last, its id left out or not.
    Corrected(bool, u32),
    Step(u8, u32),
    /// A 601 that is refused.
    NoStep(u32),
    Start(u32),
    Complete(u32),
    /// A command nobody knows.
    Other(u32),
}

#[derive(Debug, Clone, Copy)]
enum Step {
    /// A console connects, on this shard.
    Console(usize),
    /// One of the consoles speaks.
    Say(usize, Word),
    /// Two of them speak at once: both are heard before the second, then the first, is published.
    AtOnce(usize, Word, usize, Word),
    /// A display of this type connects.
    Display(usize, u32),
    /// A display registers again, as this type.
    Again(usize, u32),
    /// One of all clients goes, politely or not.
    Gone(usize),
    /// Seconds pass; each shard tells the dialect.
    Time(u64),
    /// Tieline starts anew; everybody is cut off.
    Restart,
    /// A shard is slow: it hands out nothing until it is not.
    Slow(usize, bool),
}

fn word() -> impl Strategy<Value = Word> {
    let to = || prop_oneof![4 => Just(106), 2 => Just(0), 2 => Just(107), 1 => Just(500), 1 => Just(7)];
    prop_oneof![
        6 => (0u8..3, to()).prop_map(|(who, to)| Word::Patient(who, to)),
        1 => to().prop_map(Word::NoPatient),
        1 => Just(Word::Noise),
        1 => (any::<bool>(), to()).prop_map(|(with_id, to)| Word::Corrected(with_id, to)),
        4 => (0u8..4, to()).prop_map(|(step, to)| Word::Step(step, to)),
        1 => to().prop_map(Word::NoStep),
        3 => to().prop_map(Word::Start),
        3 => to().prop_map(Word::Complete),
        1 => to().prop_map(Word::Other),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let kind = || prop_oneof![Just(106), Just(107), Just(500)];
    prop_oneof![
        2 => (0..SHARDS).prop_map(Step::Console),
        20 => (0usize..3, word()).prop_map(|(who, word)| Step::Say(who, word)),
        3 => (0usize..3, word(), 0usize..3, word()).prop_map(|(a, b, c, d)| Step::AtOnce(a, b, c, d)),
        4 => (0..SHARDS, kind()).prop_map(|(shard, kind)| Step::Display(shard, kind)),
        2 => (0usize..9, kind()).prop_map(|(who, kind)| Step::Again(who, kind)),
        3 => (0usize..9).prop_map(Step::Gone),
        2 => prop_oneof![Just(1), Just(59), Just(599), Just(700)].prop_map(Step::Time),
        1 => prop_oneof![8 => Just(Step::Time(1)), 1 => Just(Step::Restart)],
        2 => (0..SHARDS, any::<bool>()).prop_map(|(shard, slow)| Step::Slow(shard, slow)),
    ]
}

/// Lives worlds of these settings until so many steps were made.
fn lives(settings: &[(&'static str, Value)], exactly: bool) {
    let entry = DIALECTS.iter().find(|entry| entry.name == "vxvue").unwrap();
    let mut values = Values::defaults(entry.fields);
    settings.iter().for_each(|(key, value)| values.set(key, value.clone()));
    let cases = (number("TIELINE_TEST_ROOM_STEPS", 6000) / STEPS).max(1) as u32;
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let steps = proptest::collection::vec(step(), 1..2 * STEPS);
    let result = runner.run(&steps, |steps| {
        let mut world = World::new(&values);
        for step in steps {
            world.live(step);
            world.judge(exactly)?;
        }
        Ok(())
    });
    result.unwrap_or_else(|error| match error {
        TestError::Fail(why, steps) => panic!("{why}\nafter {steps:?}"),
        TestError::Abort(why) => panic!("{why}"),
    });
}

#[test]
fn a_display_shows_what_the_console_said_last_or_that_it_does_not_know() {
    lives(&[], true);
}

/// Who comes late is told nothing, and must not take what it hears from then on for what it is not.
#[test]
fn the_same_without_replay() {
    lives(&[("replay_on_register", Value::Bool(false))], false);
}
