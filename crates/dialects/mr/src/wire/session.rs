//! What a session that has ended lacks (contract `mr-verdicts`, "Rules of the site"): the content of a `session` frame, and
//! the member `session` of the state.

use serde::Deserialize;
use std::borrow::Cow;
use tieline_model::{Reason, Refusal};

/// A session that has ended. Names of sequences, which identify nobody.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Session<'a> {
    #[serde(borrow)]
    missing: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    incomplete: Vec<Incomplete<'a>>,
    #[serde(borrow)]
    repeated: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    differing: Vec<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Incomplete<'a> {
    #[serde(borrow)]
    sequence: Cow<'a, str>,
    expected: u64,
    got: u64,
}

impl<'a> Session<'a> {
    /// Reads a session.
    pub(crate) fn read(json: &'a str) -> Result<Session<'a>, Refusal> {
        let detail = "the content of mr.STATION.session is an object of four lists: missing, repeated and differing hold names of \
            sequences, incomplete objects of sequence, expected and got";
        serde_json::from_str(json).map_err(|_| Refusal::new(Reason::BadField, detail))
    }

    /// The same as JSON, in the contract's order.
    pub(crate) fn in_order(&self) -> String {
        let names =
            |list: &[Cow<'_, str>]| serde_json::Value::from(list.iter().map(|name| &**name).collect::<Vec<_>>());
        let incomplete: Vec<_> = self.incomplete.iter().map(Incomplete::in_order).collect();
        format!(
            r#"{{"missing":{},"incomplete":[{}],"repeated":{},"differing":{}}}"#,
            names(&self.missing),
            incomplete.join(","),
            names(&self.repeated),
            names(&self.differing)
        )
    }
}

impl Incomplete<'_> {
    fn in_order(&self) -> String {
        let sequence = serde_json::Value::from(&*self.sequence);
        format!(r#"{{"sequence":{sequence},"expected":{},"got":{}}}"#, self.expected, self.got)
    }
}
