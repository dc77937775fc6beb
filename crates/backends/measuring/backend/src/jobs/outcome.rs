//! What came of a job, in the words that the dialect and what stands behind it share.

use bytes::Bytes;
use serde_json::json;
use tieline_model::{Reason, Refusal, Safe};

/// What the client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It was done.
    Done,
    /// It was done, and this is the reply; nothing is as good as [`Answer::Done`].
    Reply(String),
    /// The file could not be read.
    NotRead,
    /// It could not be imported.
    NotImported,
    /// What went wrong, a sentence for the client.
    Error(String),
    /// It was not carried out at all.
    Refused(Refusal),
}

/// What came of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// For the client.
    pub(crate) answer: Answer,
    /// For those who run the gateway, in the record of jobs; may be empty.
    pub(crate) detail: String,
    /// Why it failed, for the log and, when it is configured so, for the client; may be empty.
    pub(crate) cause: Safe,
}

impl Outcome {
    /// An answer and what else there is to say.
    pub(crate) fn new(answer: Answer, detail: impl Into<String>) -> Outcome {
        Outcome { answer, detail: detail.into(), cause: "".into() }
    }

    /// With why it failed.
    pub(crate) fn because(self, cause: Safe) -> Outcome {
        Outcome { cause, ..self }
    }

    /// It was not carried out, since what would do it is not there.
    pub(crate) fn unavailable(detail: impl Into<Safe>) -> Outcome {
        let refusal = Refusal::new(Reason::Unavailable, detail);
        let detail = refusal.detail.to_string();
        Outcome::new(Answer::Refused(refusal), detail)
    }

    /// It had waited for too long to be begun.
    pub(crate) fn too_late() -> Outcome {
        let refusal = Refusal::new(Reason::TooMany, "it waited for longer than its `timeout` and was not begun");
        let detail = refusal.detail.to_string();
        Outcome::new(Answer::Refused(refusal), detail)
    }
}

impl Answer {
    /// A word for the record. A reply in the product's manner tells itself whether it is an error.
    pub(crate) fn result(&self) -> &'static str {
        match self {
            Answer::Done => "done",
            Answer::Reply(text) if !text.starts_with("Error") => "done",
            _ => "failed",
        }
    }

    /// For the dialect; `cause`: what clients are told of why it failed.
    pub(crate) fn told(self, cause: Option<&Safe>) -> Result<Bytes, Refusal> {
        let json = match self {
            Answer::NotRead if cause.is_some() => json!({ "failed": "read", "cause": cause.map(Safe::as_str) }),
            Answer::NotImported if cause.is_some() => json!({ "failed": "import", "cause": cause.map(Safe::as_str) }),
            Answer::Done => json!({ "done": true }),
            Answer::Reply(text) => json!({ "reply": text }),
            Answer::NotRead => json!({ "failed": "read" }),
            Answer::NotImported => json!({ "failed": "import" }),
            Answer::Error(text) => json!({ "error": text }),
            Answer::Refused(refusal) => return Err(refusal),
        };
        Ok(json.to_string().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_in_the_dialects_words() {
        for (answer, expected, result) in [
            (Answer::Done, r#"{"done":true}"#, "done"),
            (Answer::Reply("a\n\"ü\"".to_owned()), r#"{"reply":"a\n\"ü\""}"#, "done"),
            (Answer::Reply("Error: no.".to_owned()), r#"{"reply":"Error: no."}"#, "failed"),
            (Answer::NotRead, r#"{"failed":"read"}"#, "failed"),
            (Answer::NotImported, r#"{"failed":"import"}"#, "failed"),
            (Answer::Error("no licence".to_owned()), r#"{"error":"no licence"}"#, "failed"),
        ] {
            assert_eq!((answer.result(), &answer.told(None).unwrap()[..]), (result, expected.as_bytes()));
        }
        let Outcome { answer, detail, .. } = Outcome::too_late();
        assert_eq!((answer.result(), detail.is_empty()), ("failed", false));
        assert_eq!(answer.told(None).unwrap_err().reason, Reason::TooMany);
    }
}
