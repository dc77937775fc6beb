//! The replies, word for word as in contract `inspect`; where it is silent, in its manner.
//!
//! Called by requests that are wrong, and by the conversation when a command was answered.

use serde::Deserialize;
use tieline_model::{Reason, Refusal};

/// What a client is told that says `quit`.
pub(crate) const BYE: &str = "bye";
/// What is no JSON.
pub(crate) const MALFORMED: &str = "Error: Malformed JSON message.";
/// What an executor said that this dialect does not understand.
const UNREADABLE: &str = "Error: The answer to this request could not be read.";

/// A command under way, with what its reply names.
#[derive(Debug)]
pub(crate) enum Underway {
    Image { file: String },
    Elements { file: String, import_mode: String },
    Custom { name: String },
}

impl Underway {
    /// Bytes it holds.
    pub(crate) fn size(&self) -> usize {
        match self {
            Underway::Image { file } => file.len(),
            Underway::Elements { file, import_mode } => file.len() + import_mode.len(),
            Underway::Custom { name } => name.len(),
        }
    }

    /// What the client is told.
    pub(crate) fn reply(&self, answer: Result<&[u8], &Refusal>) -> String {
        let answer = match answer {
            Ok(json) => serde_json::from_slice(json).unwrap_or_default(),
            Err(refusal) => return refused(refusal),
        };
        match answer {
            Answer { error: Some(error), .. } => format!("Error: {error}"),
            Answer { failed: Some(failed), cause: None, .. } => self.failed(failed),
            Answer { failed: Some(failed), cause: Some(cause), .. } => format!("{} ({cause})", self.failed(failed)),
            Answer { reply: Some(reply), .. } if !reply.is_empty() => reply,
            Answer { reply: None, done: false, .. } => UNREADABLE.to_owned(),
            Answer { .. } => match self {
                Underway::Custom { .. } => "Ok".to_owned(),
                Underway::Image { .. } | Underway::Elements { .. } => "O.k.".to_owned(),
            },
        }
    }

    fn failed(&self, failed: Failed) -> String {
        match (self, failed) {
            (Underway::Image { file }, Failed::Read) => format!("Error: Image file {file} could not be read."),
            (Underway::Image { file }, Failed::Import) => {
                format!("Error: Image could not be imported from file {file}.")
            }
            (Underway::Elements { file, .. }, Failed::Read) => {
                format!("Error: Elements file {file} could not be read.")
            }
            (Underway::Elements { file, import_mode }, Failed::Import) => {
                format!("Error: Elements could not be imported from file {file} with import mode {import_mode}.")
            }
            (Underway::Custom { name }, _) => format!("Error: Request '{name}' could not be carried out."),
        }
    }
}

/// What an executor answers.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Answer {
    done: bool,
    failed: Option<Failed>,
    /// Why it failed, when clients are to be told.
    cause: Option<String>,
    reply: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Failed {
    Read,
    Import,
}

/// What was not done, for the client.
pub(crate) fn refused(refusal: &Refusal) -> String {
    let detail = refusal.detail.as_str();
    match refusal.reason {
        Reason::NotPermitted => "Error: Not permitted.".to_owned(),
        Reason::Unavailable => "Error: Not available now.".to_owned(),
        Reason::TooMany => format!("Error: Busy, try again later: {detail}."),
        _ => {
            let mut characters = detail.chars();
            let first = characters.next().map(|first| first.to_ascii_uppercase());
            format!("Error: {}{}.", first.map(String::from).unwrap_or_default(), characters.as_str())
        }
    }
}

/// A request with none of the known keys, given as JSON.
pub(crate) fn unknown(request: &str) -> String {
    format!("Error: Unknown request:\n{request}")
}

/// A parameter that is not there.
pub(crate) fn missing(parameter: &str, request: &str) -> String {
    format!("Error: Missing parameter '{parameter}' in '{request}' request.")
}

/// A parameter of another type than it must have.
pub(crate) fn must_be(parameter: &str, request: &str, what: &str) -> String {
    format!("Error: Parameter '{parameter}' in '{request}' request must be {what}.")
}
