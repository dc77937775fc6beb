//! A display that arrives late: what is kept, what is forgotten, and that nobody is shown a former patient.

use super::*;
use proptest::prelude::*;
use tieline_model::{Filter, Topic};

/// What a hub keeps, with the meaning that [`Message`] gives its fields.
#[derive(Default)]
struct Kept(Vec<(Topic, Option<u64>, String)>);

impl Kept {
    /// What the console says, as the hub takes it: with what its turn makes of it.
    fn hear(&mut self, dialect: &Vxvue, text: &str) {
        let (before, message) = settled(console_says(dialect, text)).unwrap();
        before.iter().chain([&message]).for_each(|message| self.publish(message));
    }

    fn publish(&mut self, message: &Message) {
        for forget in &message.forget {
            self.0.retain(|(topic, subject, _)| {
                !forget.topics.matches(topic) || (forget.except_subject.is_some() && forget.except_subject == *subject)
            });
        }
        let topic = &message.topics[0];
        if message.retain {
            self.0.retain(|(kept, ..)| kept != topic);
            let text = String::from_utf8(message.body.to_vec()).unwrap();
            self.0.push((topic.clone(), message.subject, text));
        }
    }

    /// What a client of this type is given, oldest first.
    fn for_type(&self, kind: u32) -> Vec<&str> {
        let filters = [format!("vxvue.{kind}.*"), "vxvue.0.*".to_owned()].map(|text| Filter::parse(&text).unwrap());
        let wanted = |topic: &Topic| filters.iter().any(|filter| filter.matches(topic));
        self.0.iter().filter(|(topic, ..)| wanted(topic)).map(|(.., text)| text.as_str()).collect()
    }
}

fn patient(receiver: u32, id: &str, name: &str) -> String {
    format!(
        r#"{{"sender":2,"receiver":{receiver},"command":101,"data":{{"patientId":"{id}","patientName":"{name}"}}}}"#
    )
}

fn plain(receiver: u32, command: u32) -> String {
    format!(r#"{{"sender":2,"receiver":{receiver},"command":{command}}}"#)
}

fn after(script: &[String], kind: u32) -> Vec<String> {
    let (dialect, mut kept) = (dialect(), Kept::default());
    for text in script {
        kept.hear(&dialect, text);
    }
    kept.for_type(kind).into_iter().map(str::to_owned).collect()
}

#[test]
fn patient_start_and_step_are_given_oldest_first() {
    let script = [patient(106, "P1", "A"), plain(106, 1001), plain(106, 601), plain(0, 50001)];
    assert_eq!(after(&script, 106), script[..3]);
    assert_eq!(after(&script, 107), [] as [String; 0]);
}

#[test]
fn a_complete_exam_leaves_nothing_whomever_it_was_told_to() {
    let complete = |receiver| {
        vec![patient(106, "P1", "A"), patient(0, "P1", "A"), plain(106, 1001), plain(0, 601), plain(receiver, 1002)]
    };
    for receiver in [0, 106, 107] {
        for kind in [106, 107, 2] {
            assert_eq!(after(&complete(receiver), kind), [] as [String; 0]);
        }
    }
}

#[test]
fn a_new_patient_ends_the_one_before_and_the_step() {
    let script = [patient(107, "P1", "A"), plain(107, 601), plain(107, 1001), patient(106, "P2", "B")];
    assert_eq!(after(&script, 107), [""; 0], "told to another receiver, and still nobody sees P1");
    assert_eq!(after(&script, 106), [script[3].clone()]);
}

#[test]
fn one_patient_told_to_two_receivers_stays_with_both() {
    let other_spelling = r#"{"sender":2,"receiver":107,"command":101,"data":{"patientID":"\u00501"}}"#.to_owned();
    let script = [patient(106, "P1", "A"), other_spelling];
    assert_eq!(after(&script, 106), [script[0].clone()]);
    assert_eq!(after(&script, 107), [script[1].clone()]);
}

#[test]
fn what_is_told_to_everybody_takes_the_place_of_what_was_told_to_one() {
    let script = [patient(106, "P1", "OLD NAME"), patient(0, "P1", "NEW NAME"), plain(106, 601), plain(0, 601)];
    assert_eq!(after(&script, 106), [script[1].clone(), script[3].clone()]);
}

#[test]
fn the_same_patient_again_keeps_start_step_and_correction() {
    let corrected = r#"{"sender":2,"receiver":106,"command":102,"data":{"patientName":"B"}}"#.to_owned();
    let script = [patient(106, "P1", "A"), corrected, plain(106, 1001), plain(106, 601), patient(106, "P1", "C")];
    assert_eq!(after(&script, 106), script[1..]);
    let other = [&script[..], &[patient(106, "P2", "D")]].concat();
    assert_eq!(after(&other, 106), other[5..]);
}

#[test]
fn what_comes_before_its_patient_belongs_to_it_only_when_the_last_exam_is_known_to_be_over() {
    let script = [plain(106, 1001), plain(106, 601), patient(106, "P1", "A")];
    assert_eq!(after(&script, 106), script[2..], "it may be about the patient of whom nobody told the hub");
    let script = [&[plain(106, 1002)], &script[..]].concat();
    assert_eq!(after(&script, 106), script[1..]);
}

#[test]
fn subjects_mean_nothing_outside_the_process() {
    let subject = |dialect: &Vxvue| console_says(dialect, PATIENT).subject.unwrap();
    let (one, other) = (dialect(), dialect());
    assert_eq!(subject(&one), subject(&one));
    assert_ne!(subject(&one), subject(&other));
}

proptest! {
    /// Whatever the console says in whatever order, to whomever: what is kept is about the patient named last, and
    /// about nobody once an exam is complete.
    #[test]
    fn nobody_is_shown_a_former_patient(script in proptest::collection::vec((0u8..6, 0usize..3, 0u32..4), 0..24)) {
        let (dialect, mut kept) = (dialect(), Kept::default());
        let (mut current, mut is_known): (Option<usize>, bool) = (None, true);
        for (what, who, receiver) in script {
            let receiver = [0, 106, 107, 2][receiver as usize];
            let text = match what {
                0 | 1 => patient(receiver, &format!("PATIENT-{who}"), "N"),
                2 => plain(receiver, 601),
                3 => plain(receiver, 1001),
                4 => plain(receiver, 1002),
                _ => plain(receiver, 50001),
            };
            let is_other = matches!(what, 0 | 1) && is_known && current != Some(who);
            match what {
                0 | 1 => (current, is_known) = (Some(who), true),
                4 => (current, is_known) = (None, false),
                _ => {}
            }
            kept.hear(&dialect, &text);
            for kind in [2, 106, 107] {
                for text in kept.for_type(kind) {
                    let is_current = current.is_some_and(|who| text.contains(&format!("PATIENT-{who}")));
                    prop_assert!(is_current || !text.contains("PATIENT-"), "{text}");
                }
            }
            if is_other {
                prop_assert_eq!(kept.0.len(), 1, "nothing of the one before is left");
            }
            if what == 4 {
                prop_assert!(kept.0.is_empty());
            }
        }
    }
}
