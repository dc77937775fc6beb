//! What a client of the measuring program's own protocol is told, for those who are told by HTTP.
//!
//! The dialect words it for its clients and stands on the other side of a seam; a test in `tests/` holds both together.

use crate::jobs::{Answer, Request};
use tieline_model::{Reason, Safe};

/// The reply to a request; `None`: one that could not be read. `cause`: what clients are told of why it failed.
pub(crate) fn worded(request: Option<&Request>, answer: &Answer, cause: Option<&Safe>) -> String {
    let sentence = sentence(request, answer);
    match cause.filter(|_| matches!(answer, Answer::NotRead | Answer::NotImported)) {
        Some(cause) => format!("{sentence} ({cause})"),
        None => sentence,
    }
}

fn sentence(request: Option<&Request>, answer: &Answer) -> String {
    let text = |key| request.and_then(|request| request.text(key)).unwrap_or_default();
    let command = request.map_or("", |request| &*request.command);
    match (answer, command) {
        (Answer::Error(error), _) => format!("Error: {error}"),
        (Answer::Reply(reply), _) if !reply.is_empty() => reply.clone(),
        (Answer::Done | Answer::Reply(_), "image" | "elements") => "O.k.".to_owned(),
        (Answer::Done | Answer::Reply(_), _) => "Ok".to_owned(),
        (Answer::NotRead, "image") => format!("Error: Image file {} could not be read.", text("file")),
        (Answer::NotRead, "elements") => format!("Error: Elements file {} could not be read.", text("file")),
        (Answer::NotImported, "image") => format!("Error: Image could not be imported from file {}.", text("file")),
        (Answer::NotImported, "elements") => {
            let (file, mode) = (text("file"), text("import_mode"));
            format!("Error: Elements could not be imported from file {file} with import mode {mode}.")
        }
        (Answer::NotRead | Answer::NotImported, _) => format!("Error: Request '{command}' could not be carried out."),
        (Answer::Refused(refusal), _) if refusal.reason == Reason::TooMany => {
            format!("Error: Busy, try again later: {}.", refusal.detail)
        }
        (Answer::Refused(_), _) => "Error: Not available now.".to_owned(),
    }
}
