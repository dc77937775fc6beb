//! The commands of contract `vxvue` and their numbers. Called by the conversation, `relay` and the event form.

/// What a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// 1: are you there?
    Ping,
    /// 11: from now on this client is of the type in `sender`.
    RegisterClient,
    /// 101: the current patient.
    SendPatientInfo,
    /// 102: the current patient's data was corrected; newer consoles have it.
    CorrectPatient,
    /// 601: the current step of the exam.
    SendStepInfo,
    /// 1001: the exam has begun.
    EventStartExam,
    /// 1002: the exam is complete.
    EventCompleteExam,
    /// Anything else: passed on unread, or refused.
    Other,
}

impl Command {
    /// What this number means.
    pub(crate) fn of(number: u32) -> Command {
        match number {
            1 => Command::Ping,
            11 => Command::RegisterClient,
            101 => Command::SendPatientInfo,
            102 => Command::CorrectPatient,
            601 => Command::SendStepInfo,
            1001 => Command::EventStartExam,
            1002 => Command::EventCompleteExam,
            _ => Command::Other,
        }
    }

    /// The interface's own name for it, for events; `unknown` for those nobody names.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Command::Ping => "ping",
            Command::RegisterClient => "registerClient",
            Command::SendPatientInfo => "sendPatientInfo",
            Command::CorrectPatient => "patientCorrected",
            Command::SendStepInfo => "sendStepInfo",
            Command::EventStartExam => "eventStartExam",
            Command::EventCompleteExam => "eventCompleteExam",
            Command::Other => "unknown",
        }
    }

    /// Whether only the console (type 2) may send it.
    pub(crate) fn is_the_consoles(self) -> bool {
        use Command::{CorrectPatient, EventCompleteExam, EventStartExam, SendPatientInfo, SendStepInfo};
        matches!(self, SendPatientInfo | CorrectPatient | SendStepInfo | EventStartExam | EventCompleteExam)
    }
}
