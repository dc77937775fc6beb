//! What a message does to the room, and what others are told because of it: decided when the hub has come to it.
//!
//! Promises: whoever was told of an exam is told its end, once, before anything of the next one; what is kept is about the
//! patient named last. Made by `relay` and the conversation, taken by the hub.

use crate::room::{Known, Receivers, State};
use crate::wire::participant::NOBODY;
use crate::{NAME, Rules, presence, relay};
use std::sync::Arc;
use std::time::SystemTime;
use tieline_model::{Filter, Forget, Message, Part, Topic, Turn};

/// The mark of an end that this server itself tells: written for each type of receiver. Pings are never published, so their
/// number is free.
pub(crate) const OWN_END: u32 = 1;

/// What a message does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// 101 to this receiver, about the patient with this number.
    Patient(u32, u64),
    /// 102: the current patient's data was corrected, the id perhaps too, which may be left out.
    Corrected(u32, Option<u64>),
    /// 601 to this receiver.
    Step(u32),
    /// 1001.
    Start(u32),
    /// 1002.
    Complete,
    /// The console said something about the exam that nobody could read.
    Unread,
    /// The console has been away for too long.
    GiveUp,
    /// Who is there has changed.
    Presence,
}

/// An effect together with the room it is about.
pub(crate) struct Told {
    pub(crate) rules: Arc<Rules>,
    pub(crate) effect: Effect,
}

impl Effect {
    /// The message that has this effect and says nothing by itself.
    pub(crate) fn message(self, rules: &Arc<Rules>) -> Message {
        let mut message = Message::on(Vec::new(), "");
        message.turn = Some(self.turn(rules));
        message
    }

    /// The effect, for a message that says something.
    pub(crate) fn turn(self, rules: &Arc<Rules>) -> Arc<dyn Turn> {
        Arc::new(Told { rules: rules.clone(), effect: self })
    }
}

impl Turn for Told {
    fn take(&self, at: SystemTime, message: &mut Message) -> Option<Vec<Message>> {
        let mut state = self.rules.room.lock();
        let mut before = Vec::new();
        match self.effect {
            Effect::Patient(receiver, patient) => before.extend(self.announce(&mut state, message, receiver, patient)),
            Effect::Corrected(receiver, patient) => before.extend(self.correct(&mut state, message, receiver, patient)),
            Effect::Step(receiver) => {
                instead_of(receiver, &["601"], message);
                state.tell(receiver);
            }
            Effect::Start(receiver) => {
                instead_of(receiver, &["1001"], message);
                state.tell(receiver);
            }
            Effect::Complete => {
                let told = state.end(Known::Nobody);
                message.forget = everything();
                before.extend(end(&told, message.topics.clone()));
            }
            Effect::Unread => return self.lose(&mut state, at, message),
            Effect::GiveUp if state.is_given_up() => return self.lose(&mut state, at, message),
            Effect::GiveUp => return None,
            Effect::Presence => presence::tell(&self.rules, &mut state, at, message),
        }
        Some(before)
    }
}

impl Told {
    /// A patient is announced. Of another one than the one that is known, everything is forgotten, and who was told of that
    /// one and does not hear of this one is told the end.
    fn announce(&self, state: &mut State, message: &mut Message, receiver: u32, patient: u64) -> Option<Message> {
        let mut end_of_other = None;
        match state.known {
            Known::Patient(known) if known == patient && !state.is_split => instead_of(receiver, &["101"], message),
            // What came before its patient, after the last exam was complete, belongs to this one.
            Known::Nobody => {}
            Known::Patient(_) | Known::Unknown => {
                // Who was told another patient sees by itself that this is a new one. Who was told a step or a start only does
                // not, and has to be told before.
                let spared = match () {
                    () if state.newcomers || state.is_split => Vec::new(),
                    () if receiver == NOBODY => state.patients.iter().map(|one| relay::topic(one, 101)).collect(),
                    () if state.patients.reach(receiver) => vec![relay::topic(receiver, 101)],
                    () => Vec::new(),
                };
                message.forget = everything();
                let told = state.end(Known::Unknown);
                end_of_other = end(&told, spared);
            }
        }
        state.known = Known::Patient(patient);
        state.patients.add(receiver);
        state.tell(receiver);
        end_of_other
    }

    /// The current patient's data was corrected.
    fn correct(
        &self,
        state: &mut State,
        message: &mut Message,
        receiver: u32,
        patient: Option<u64>,
    ) -> Option<Message> {
        let mut end_of_former = None;
        instead_of(receiver, &["102"], message);
        match patient {
            Some(patient) => {
                let is_told_already = state.known == Known::Patient(patient) && state.patients.reach(receiver);
                state.named_by_correction |= !is_told_already;
                let is_another = matches!(state.known, Known::Patient(known) if known != patient);
                state.is_split |= is_another && receiver != NOBODY && state.patients.iter().any(|one| one != receiver);
                state.known = Known::Patient(patient);
                state.patients.add(receiver);
            }
            // It takes the place of the correction that alone named the patient: who comes later could not be told whose it is.
            None if state.named_by_correction => {
                message.forget = everything();
                end_of_former = end(&state.end(Known::Unknown), Vec::new());
            }
            None if state.known == Known::Nobody => state.known = Known::Unknown,
            None => {}
        }
        state.tell(receiver);
        end_of_former
    }

    /// Nobody knows any more where the exam is: everything is forgotten, and who was told of it is told the end.
    fn lose(&self, state: &mut State, at: SystemTime, message: &mut Message) -> Option<Vec<Message>> {
        let was_nobody = state.known == Known::Nobody;
        let told = state.end(Known::Unknown);
        match end(&told, Vec::new()) {
            Some(ended) => *message = ended,
            // Pages that say "nobody is announced" do not know that any more.
            None if was_nobody => presence::tell(&self.rules, state, at, message),
            None => return None,
        }
        message.forget = everything();
        Some(Vec::new())
    }
}

/// What is said to everybody takes the place of what the same commands said to single types, so that nobody is told an older
/// state later.
fn instead_of(receiver: u32, commands: &[&str], message: &mut Message) {
    if receiver == NOBODY {
        message.forget = commands.iter().map(|command| forget(command)).collect();
    }
}

/// All that is ever kept.
fn everything() -> Vec<Forget> {
    ["101", "102", "601", "1001"].map(forget).to_vec()
}

fn forget(command: &str) -> Forget {
    let topics = Filter::new([Part::Token(NAME), Part::Any, Part::Token(command)]);
    Forget { topics, except_subject: None }
}

/// The end of an exam for those who were told of it, but not for those who hear one of these topics.
fn end(told: &Receivers, spare: Vec<Topic>) -> Option<Message> {
    if told.is_empty() {
        return None;
    }
    let topics = told.iter().map(|receiver| relay::topic(receiver, 1002)).collect();
    let mut message = Message::on(topics, own_end(106));
    message.tag = OWN_END;
    message.spare = spare;
    Some(message)
}

/// The end of an exam in this server's words.
pub(crate) fn own_end(receiver: u32) -> String {
    format!(r#"{{"sender":1,"receiver":{receiver},"command":1002}}"#)
}
