//! What a forwarded message becomes: its topic, whether it is kept, and what it does to the room.
//!
//! A message to receiver R with command C is published on `vxvue.R.C`; R is 0 for everybody. Promises: the body is the
//! text as it came. Called by the conversation (a client's words) and by `compose` (the gateway's own).

use crate::effect::Effect;
use crate::settings::UnknownCommands;
use crate::wire::command::Command;
use crate::wire::envelope::Envelope;
use crate::wire::{patient_info, step_info};
use crate::{NAME, Rules};
use std::sync::Arc;
use tieline_model::{Message, Reason, Refusal, Sensitivity, Topic};

/// Refuses a command that nobody may send here.
pub(crate) fn admit(rules: &Rules, command: Command) -> Result<(), Refusal> {
    match (command, rules.settings.unknown_commands) {
        (Command::Other, UnknownCommands::Reject) => Err(Refusal::new(
            Reason::Unknown,
            "this command is not known here (`unknown_commands = \"forward\"` lets it through)",
        )),
        _ => Ok(()),
    }
}

/// Checks `data` and makes the message; `text` is all of it, envelope included, as it came.
pub(crate) fn message(rules: &Arc<Rules>, envelope: &Envelope<'_>, text: &str) -> Result<Message, Refusal> {
    let (command, receiver) = (Command::of(envelope.command), envelope.receiver);
    let mut message = Message::new(topic(receiver, envelope.command), text.as_bytes().to_vec());
    let effect = match command {
        Command::SendPatientInfo => {
            let patient = patient_info::check(envelope.data)?;
            let number = rules.subject(patient.reveal());
            message.subject = Some(number);
            Some(Effect::Patient(receiver, number))
        }
        Command::CorrectPatient => {
            let patient = patient_info::read(envelope.data).named();
            Some(Effect::Corrected(receiver, patient.map(|id| rules.subject(id.reveal()))))
        }
        Command::SendStepInfo => {
            step_info::check(envelope.data)?;
            Some(Effect::Step(receiver))
        }
        Command::EventStartExam => Some(Effect::Start(receiver)),
        Command::EventCompleteExam => Some(Effect::Complete),
        Command::Ping | Command::RegisterClient | Command::Other => None,
    };
    message.tag = envelope.command;
    message.retain = effect.is_some() && command != Command::EventCompleteExam;
    message.turn = effect.map(|effect| effect.turn(rules));
    message.sensitivity = sensitivity(command, envelope);
    Ok(message)
}

/// The topic of a command to a receiver.
pub(crate) fn topic(receiver: u32, command: u32) -> Topic {
    Topic::new([NAME, &receiver.to_string(), &command.to_string()])
}

/// The start and the end of an exam say nothing of a person, unless they carry something that nobody here reads.
fn sensitivity(command: Command, envelope: &Envelope<'_>) -> Sensitivity {
    let event = matches!(command, Command::EventStartExam | Command::EventCompleteExam);
    match event && envelope.data.is_none() && !envelope.unread {
        true => Sensitivity::Open,
        false => Sensitivity::Patient,
    }
}
