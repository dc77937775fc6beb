//! One HTTP answer, as far as tests look at it.

use crate::{Done, Failure};

/// A status, a head and a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// For example 403.
    pub status: u16,
    /// Status line and headers as they came, without the empty line.
    pub head: String,
    /// The body, text.
    pub body: String,
}

impl Answer {
    pub(crate) fn new(head: String, body: String) -> Done<Answer> {
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        match status {
            Some(status) => Ok(Answer { status, head, body }),
            None => Err(Failure(format!("no HTTP answer: {head:?}"))),
        }
    }

    /// A header's value; its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (have, value) = line.split_once(':')?;
            have.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}
