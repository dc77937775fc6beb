//! What a display shows, and the story as somebody would tell it who heard every word. Read by the world, which compares the two.

use super::{KINDS, Word};
use std::collections::BTreeMap;

/// What a display shows. A patient is an id and a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) patient: Option<(String, String)>,
    pub(crate) step: Option<String>,
    pub(crate) running: bool,
}

impl Shown {
    /// As a display does it: another patient's exam has not begun, a complete one is forgotten.
    pub(crate) fn hear(&mut self, text: &str) {
        let message: serde_json::Value = serde_json::from_str(text).unwrap();
        let data = &message["data"];
        let of = |key: &str| data[key].as_str().map(str::to_owned);
        match message["command"].as_u64() {
            Some(101) => {
                let (id, name) = (of("patientId").unwrap(), of("patientName").unwrap());
                if self.patient.as_ref().is_some_and(|(shown, _)| *shown != id) {
                    *self = Shown::default();
                }
                self.patient = Some((id, name));
            }
            Some(102) => {
                let shown = self.patient.as_ref().map(|(id, _)| id.clone());
                self.patient = of("patientId").or(shown).zip(of("patientName"));
            }
            Some(601) => self.step = of("bodypartAlias"),
            Some(1001) => self.running = true,
            Some(1002) => *self = Shown::default(),
            _ => {}
        }
    }
}

/// Whom a story is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whom {
    Nobody,
    Patient(String),
    /// Somebody whom nobody could name: nobody else is the same.
    Somebody,
}

/// What was said, and to whom: as somebody would tell it who heard every word since `Story::default`.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub(crate) whom: Whom,
    /// By type of display.
    pub(crate) told: BTreeMap<u32, Shown>,
    /// Types that were told the patient by a 101.
    pub(crate) announced: Vec<u32>,
    /// Somebody knows the patient's id from a correction only.
    pub(crate) by_correction: bool,
    /// A correction gave some another id than others were told.
    pub(crate) is_split: bool,
    /// Whether it is remembered word by word; otherwise it is what can be told to who comes late.
    pub(crate) whole: bool,
}

impl Story {
    pub(crate) fn new(whom: Whom) -> Story {
        let told = KINDS.iter().map(|kind| (*kind, Shown::default())).collect();
        Story { whom, told, announced: Vec::new(), by_correction: false, is_split: false, whole: false }
    }

    pub(crate) fn ends(&mut self, whom: Whom) {
        *self = Story { whole: self.whole, ..Story::new(whom) };
    }

    pub(crate) fn to(&mut self, receiver: u32) -> impl Iterator<Item = &mut Shown> {
        self.told.iter_mut().filter(move |(kind, _)| receiver == 0 || receiver == **kind).map(|(_, shown)| shown)
    }

    pub(crate) fn goes_on(&mut self, word: Word, patient: &str, name: &str) {
        match word {
            Word::Patient(_, receiver) => {
                let same = self.whom == Whom::Nobody || self.whom == Whom::Patient(patient.to_owned());
                if !same || (self.is_split && !self.whole) {
                    self.ends(Whom::Nobody);
                }
                self.announced.push(receiver);
                self.whom = Whom::Patient(patient.to_owned());
                self.to(receiver).for_each(|shown| shown.patient = Some((patient.to_owned(), name.to_owned())));
            }
            Word::NoPatient(_) | Word::Noise | Word::NoStep(_) => self.ends(Whom::Somebody),
            Word::Corrected(with_id, receiver) => {
                if with_id {
                    let same = self.whom == Whom::Patient(patient.to_owned());
                    let told = self.announced.iter().any(|one| *one == 0 || *one == receiver);
                    self.by_correction |= !(same && told);
                    let is_another = !same && matches!(self.whom, Whom::Patient(_));
                    self.is_split |= is_another && receiver != 0 && self.announced.iter().any(|one| *one != receiver);
                    self.announced.push(receiver);
                    self.whom = Whom::Patient(patient.to_owned());
                } else if self.by_correction && !self.whole {
                    self.ends(Whom::Somebody);
                } else if self.whom == Whom::Nobody {
                    self.whom = Whom::Somebody;
                }
                for shown in self.to(receiver) {
                    let id = shown.patient.as_ref().map(|(id, _)| id.clone());
                    let id = if with_id { Some(patient.to_owned()) } else { id };
                    shown.patient = id.map(|id| (id, name.to_owned()));
                }
            }
            Word::Step(step, receiver) => self.to(receiver).for_each(|shown| shown.step = Some(format!("S{step}"))),
            Word::Start(receiver) => self.to(receiver).for_each(|shown| shown.running = true),
            Word::Complete(_) => self.ends(Whom::Nobody),
            Word::Other(_) => {}
        }
    }
}
