//! What is retained, against a model that remembers everything and looks at all of it.

use super::*;
use proptest::prelude::*;
use std::time::SystemTime;
use tieline_model::{Forget, Message, SessionId};

fn published(topic: &str, change: impl FnOnce(&mut Message)) -> Arc<Published> {
    of("test", &[topic], change)
}

fn of(dialect: &'static str, topics: &[&str], change: impl FnOnce(&mut Message)) -> Arc<Published> {
    let topics: Vec<Topic> = topics.iter().map(|topic| Topic::parse(topic).unwrap()).collect();
    let mut message = Message::on(topics, topics_text(dialect));
    message.retain = true;
    change(&mut message);
    Arc::new(Published { at: SystemTime::UNIX_EPOCH, dialect, origin: SessionId::NONE, message })
}

fn topics_text(dialect: &str) -> String {
    dialect.to_owned()
}

fn filter(text: &str) -> Filter {
    Filter::parse(text).unwrap()
}

/// The first topics of what a filter finds.
fn heard(retained: &Retained, text: &str) -> Vec<String> {
    retained.matching(&filter(text)).into_iter().map(|(_, retained)| retained.message.topics[0].to_string()).collect()
}

#[test]
fn newest_of_a_topic_stays_and_order_is_the_hubs() {
    let mut retained = Retained::default();
    for (sequence, topic) in ["a.1", "a.2", "a.1"].into_iter().enumerate() {
        retained.take_note(sequence as u64, &published(topic, |_| ()));
    }
    assert_eq!(heard(&retained, ">"), ["a.2", "a.1"]);
}

#[test]
fn forgetting_spares_the_same_subject_only() {
    let mut retained = Retained::default();
    retained.take_note(1, &published("a.1", |m| m.subject = Some(7)));
    retained.take_note(2, &published("a.2", |m| m.subject = Some(8)));
    retained.take_note(3, &published("a.3", |_| ()));
    let forget = Forget { topics: filter("a.*"), except_subject: Some(8) };
    retained.take_note(4, &published("b", |m| (m.retain, m.forget) = (false, vec![forget])));
    assert_eq!(heard(&retained, ">"), ["a.2"]);
}

#[test]
fn one_topic_can_be_forgotten() {
    let mut retained = Retained::default();
    retained.take_note(1, &of("test", &["a.1", "a.2"], |_| ()));
    retained.take_note(2, &published("a.3", |_| ()));
    for topic in ["a.1", "a.1", "a.4"] {
        retained.forget(&Topic::parse(topic).unwrap());
    }
    assert_eq!(
        (heard(&retained, "a.1").len(), heard(&retained, "a.2").len(), heard(&retained, "a.3").len()),
        (0, 1, 1)
    );
    retained.forget(&Topic::parse("a.2").unwrap());
    retained.forget(&Topic::parse("a.3").unwrap());
    assert_eq!((retained.by_sequence.len(), retained.by_topic.len(), retained.shelves["test"].bytes), (0, 0, 0));
}

#[test]
fn bounds_hold_and_are_counted() {
    let mut retained = Retained::default();
    let evicted: u64 =
        (0..ENTRIES as u64 + 5).map(|n| retained.take_note(n, &published(&format!("a.{n}"), |_| ()))).sum();
    assert_eq!((retained.by_sequence.len(), retained.by_topic.len(), evicted), (ENTRIES, ENTRIES, 5));
    retained.take_note(u64::MAX, &published("big", |m| m.body = vec![0; BYTES + 1].into()));
    assert_eq!((retained.by_sequence.len(), retained.by_topic.len(), retained.shelves["test"].bytes), (0, 0, 0));
}

/// Ten thousand and one variables do not make anybody forget the patient.
#[test]
fn one_dialect_evicts_nothing_of_another() {
    let mut retained = Retained::default();
    retained.take_note(1, &of("xray", &["xray.patient"], |_| ()));
    retained.take_note(2, &of("xray", &["xray.step"], |m| m.body = vec![0; BYTES / 2].into()));
    let count = ENTRIES as u64 + 1;
    let evicted: u64 =
        (0..count).map(|n| retained.take_note(10 + n, &of("plant", &[&format!("plant.{n}")], |_| ()))).sum();
    retained.take_note(1 << 40, &of("plant", &["plant.large"], |m| m.body = vec![0; BYTES].into()));
    assert_eq!(evicted, 1);
    assert_eq!(heard(&retained, "xray.>"), ["xray.patient", "xray.step"]);
}

#[test]
fn a_newer_one_on_one_topic_leaves_the_other_topics_theirs() {
    let mut retained = Retained::default();
    retained.take_note(1, &of("test", &["a", "b"], |m| m.body = "old".into()));
    retained.take_note(2, &of("test", &["a"], |m| m.body = "new".into()));
    let bodies = |text: &str| -> Vec<u64> { retained.matching(&filter(text)).into_iter().map(|(at, _)| at).collect() };
    assert_eq!((bodies("a"), bodies("b"), bodies("*")), (vec![2], vec![1], vec![1, 2]));
    retained.take_note(3, &of("test", &["b"], |_| ()));
    assert_eq!(retained.by_sequence.keys().copied().collect::<Vec<_>>(), [2, 3], "the newest of nothing goes");
}

#[test]
fn one_may_be_kept_on_some_of_its_topics_only() {
    let mut retained = Retained::default();
    let some = |m: &mut Message| (m.retain, m.retain_on) = (false, m.topics[..2].to_vec());
    retained.take_note(1, &of("test", &["a.1", "a.2", "b"], some));
    let at = |retained: &Retained, text: &str| -> Vec<u64> {
        retained.matching(&filter(text)).into_iter().map(|(at, _)| at).collect()
    };
    assert_eq!((at(&retained, "a.1"), at(&retained, "a.2"), at(&retained, "a.*")), (vec![1], vec![1], vec![1]));
    assert_eq!((at(&retained, "b"), at(&retained, "*")), (vec![], vec![]), "it is not kept there");
    retained.take_note(2, &published("a.1", |_| ()));
    assert_eq!((at(&retained, "a.1"), at(&retained, "a.2"), at(&retained, "a.*")), (vec![2], vec![1], vec![1, 2]));
    retained.take_note(3, &published("a.2", |_| ()));
    assert_eq!((at(&retained, "a.2"), retained.by_sequence.len()), (vec![3], 2));
}

#[derive(Debug, Clone)]
enum Step {
    Keep(usize, Vec<usize>, Option<u64>),
    Forget(usize, Option<u64>),
}

const TOPICS: [&str; 4] = ["s.a", "s.b", "s.c", "t.a"];
const FILTERS: [&str; 6] = ["s.a", "s.b", "s.*", "t.>", ">", "*.a"];
const DIALECTS: [&str; 2] = ["one", "two"];

fn step() -> impl Strategy<Value = Step> {
    let subject = || proptest::option::of(0u64..3);
    prop_oneof![
        4 => (0..2usize, proptest::collection::vec(0..TOPICS.len(), 1..4), subject())
            .prop_map(|(dialect, topics, subject)| Step::Keep(dialect, topics, subject)),
        1 => (0..FILTERS.len(), subject()).prop_map(|(filter, except)| Step::Forget(filter, except)),
    ]
}

proptest! {
    /// The model holds, for each topic, the number and the subject of its newest message.
    #[test]
    fn each_topic_has_its_newest_and_nothing_else_is_held(steps in proptest::collection::vec(step(), 0..60)) {
        let mut retained = Retained::default();
        let mut model: BTreeMap<&str, (u64, Option<u64>)> = BTreeMap::new();
        for (sequence, step) in (1u64..).zip(steps) {
            match step {
                Step::Keep(dialect, topics, subject) => {
                    let topics: Vec<&str> = topics.into_iter().map(|at| TOPICS[at]).collect();
                    retained.take_note(sequence, &of(DIALECTS[dialect], &topics, |m| m.subject = subject));
                    for topic in topics {
                        model.insert(topic, (sequence, subject));
                    }
                }
                Step::Forget(at, except_subject) => {
                    let topics = filter(FILTERS[at]);
                    model.retain(|topic, (_, subject)| {
                        !topics.matches(&Topic::parse(topic).unwrap())
                            || (except_subject.is_some() && *subject == except_subject)
                    });
                    let forget = vec![Forget { topics, except_subject }];
                    retained.take_note(sequence, &of("one", &["x"], |m| (m.retain, m.forget) = (false, forget)));
                }
            }
            for text in FILTERS {
                let wanted = filter(text);
                let mut expected: Vec<u64> = model
                    .iter()
                    .filter(|(topic, _)| wanted.matches(&Topic::parse(topic).unwrap()))
                    .map(|(_, (at, _))| *at)
                    .collect();
                expected.sort_unstable();
                expected.dedup();
                let found: Vec<u64> = retained.matching(&wanted).into_iter().map(|(at, _)| at).collect();
                prop_assert_eq!(found, expected, "{}", text);
            }
            let mut held: Vec<u64> = model.values().map(|(at, _)| *at).collect();
            held.sort_unstable();
            held.dedup();
            prop_assert_eq!(retained.by_sequence.keys().copied().collect::<Vec<_>>(), held.clone());
            prop_assert_eq!(retained.by_topic.len(), model.len());
            let shelved: usize = retained.shelves.values().map(|shelf| shelf.sequences.len()).sum();
            prop_assert_eq!(shelved, held.len());
            let bytes: usize = retained.by_sequence.values().map(|entry| entry.published.message.body.len()).sum();
            prop_assert_eq!(retained.shelves.values().map(|shelf| shelf.bytes).sum::<usize>(), bytes);
        }
    }
}
