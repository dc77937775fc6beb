//! What a forwarded message becomes: its topic, whether it is kept, and which kept messages it ends.
//!
//! A message to receiver R with command C is published on `vxvue.R.C`; R is 0 for everybody. Promises: the body is the
//! text as it came. Called by the conversation (a client's words) and by `compose` (the gateway's own).

use crate::settings::UnknownCommands;
use crate::wire::command::Command;
use crate::wire::envelope::Envelope;
use crate::wire::participant::NOBODY;
use crate::wire::{patient_info, step_info};
use crate::{NAME, Rules};
use tieline_model::{Filter, Forget, Message, Part, Reason, Refusal, Sensitivity, Topic};

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

/// Checks `data` and makes the message; `text` is all of it, envelope included.
pub(crate) fn message(rules: &Rules, envelope: &Envelope<'_>, text: &str) -> Result<Message, Refusal> {
    let command = Command::of(envelope.command);
    let subject = match command {
        Command::SendPatientInfo => Some(rules.subject(patient_info::check(envelope.data)?.reveal())),
        Command::SendStepInfo => step_info::check(envelope.data).map(|()| None)?,
        _ => None,
    };
    let mut message = Message::new(topic(envelope.receiver, envelope.command), text.as_bytes().to_vec());
    message.tag = envelope.command;
    message.keep = matches!(command, Command::SendPatientInfo | Command::SendStepInfo | Command::EventStartExam);
    message.forget = forget(command, envelope.receiver, subject);
    message.subject = subject;
    message.sensitivity = sensitivity(command, envelope);
    Ok(message)
}

/// The topic of a command to a receiver.
pub(crate) fn topic(receiver: u32, command: u32) -> Topic {
    Topic::new([NAME, &receiver.to_string(), &command.to_string()])
}

/// What is kept is about one patient at a time. A new patient ends everything about the one before, whomever it was
/// addressed to; the same patient told to another receiver leaves both messages. What is said to everybody takes the
/// place of what was said to one receiver, so that nobody is shown an older state first.
fn forget(command: Command, receiver: u32, subject: Option<u64>) -> Vec<Forget> {
    let all = |command: &str| Forget { topics: every_receiver(command), except_subject: None };
    let to_everybody = receiver == NOBODY;
    match command {
        Command::SendPatientInfo if to_everybody => vec![all("601"), all("101")],
        Command::SendPatientInfo => {
            vec![all("601"), Forget { topics: every_receiver("101"), except_subject: subject }]
        }
        Command::SendStepInfo if to_everybody => vec![all("601")],
        Command::EventCompleteExam => vec![all("101"), all("601"), all("1001")],
        _ => Vec::new(),
    }
}

fn every_receiver(command: &str) -> Filter {
    Filter::new([Part::Token(NAME), Part::Any, Part::Token(command)])
}

/// The start and the end of an exam say nothing of a person, unless they carry something that nobody here reads.
fn sensitivity(command: Command, envelope: &Envelope<'_>) -> Sensitivity {
    let event = matches!(command, Command::EventStartExam | Command::EventCompleteExam);
    match event && envelope.data.is_none() && !envelope.unread {
        true => Sensitivity::Open,
        false => Sensitivity::Patient,
    }
}
