//! Why something was not done, in a form that every dialect can put into its product's words.
//!
//! A refusal's text is a [`Safe`]: no client's words, so no patient data (contract `access`).

use crate::Safe;

/// What kind of refusal: the label of the metric, and what a dialect chooses its code by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It cannot be read at all.
    Malformed,
    /// It can be read, but nothing here is called so.
    Unknown,
    /// A part is missing or has the wrong type or value.
    BadField,
    /// Something else has to come first.
    TooEarly,
    /// The client has no right to it.
    NotPermitted,
    /// Longer, deeper or more than a limit allows.
    TooLarge,
    /// Faster than a limit allows.
    TooMany,
    /// A kind of frame this dialect does not speak.
    Unsupported,
    /// What would have to do it is not there now.
    Unavailable,
}

impl Reason {
    /// Every reason, for documentation and tests.
    pub const ALL: [Reason; 9] = [
        Reason::Malformed,
        Reason::Unknown,
        Reason::BadField,
        Reason::TooEarly,
        Reason::NotPermitted,
        Reason::TooLarge,
        Reason::TooMany,
        Reason::Unsupported,
        Reason::Unavailable,
    ];

    /// The word in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Malformed => "malformed",
            Reason::Unknown => "unknown",
            Reason::BadField => "bad_field",
            Reason::TooEarly => "too_early",
            Reason::NotPermitted => "not_permitted",
            Reason::TooLarge => "too_large",
            Reason::TooMany => "too_many",
            Reason::Unsupported => "unsupported",
            Reason::Unavailable => "unavailable",
        }
    }
}

/// Something was not done; nothing has changed, and the client is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// What kind.
    pub reason: Reason,
    /// What is wrong and what to do, one line.
    pub detail: Safe,
    /// The key of the limit that was reached, when it was one: counted by it.
    pub limit: Option<&'static str>,
}

impl Refusal {
    /// A refusal with its one line.
    pub fn new(reason: Reason, detail: impl Into<Safe>) -> Refusal {
        Refusal { reason, detail: detail.into(), limit: None }
    }

    /// The same, because of this limit.
    pub fn at_limit(self, key: &'static str) -> Refusal {
        Refusal { limit: Some(key), ..self }
    }
}
