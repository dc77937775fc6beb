//! Templates of MR studies: the parameter sets that were found in an archive, how often each occurs per study and
//! sequence, and which of them is the template (contract `mr`, "Templates").
//!
//! The most frequent set is the template; among equals the newest; an operator's choice beats counting. `record` writes
//! what an archive holds, `choice` reads and chooses, `reference` reads an existing reference database in its place.

mod choice;
mod echo;
mod names;
mod record;
mod reference;
#[cfg(test)]
mod tests;

pub use echo::{EchoTimes, alike};
pub use names::{COMPARED, PROJECT, SEQUENCE_NAME, TE, fold};
pub use record::{Acquisition, FileMark};
pub use reference::Reference;

use crate::{Store, StoreError};
use std::fmt;

/// The compared parameters as texts, in the order of [`COMPARED`]; absent is `None`.
pub type Texts = [Option<String>; COMPARED.len()];

/// What a template says about one parameter.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Expected {
    /// Nothing: the database has no place for it, so nothing can be compared with it.
    #[default]
    NotRecorded,
    /// That a header does not have it.
    Absent,
    /// This text.
    Text(String),
}

impl Expected {
    /// The text, when there is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Expected::Text(text) => Some(text),
            Expected::NotRecorded | Expected::Absent => None,
        }
    }
}

impl From<Option<String>> for Expected {
    fn from(text: Option<String>) -> Expected {
        text.map_or(Expected::Absent, Expected::Text)
    }
}

impl fmt::Debug for Expected {
    /// Only whether there is something: comments and study names may tell of a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Expected::NotRecorded => "not recorded",
            Expected::Absent => "absent",
            Expected::Text(_) => "a text",
        })
    }
}

/// A parameter set of one study and sequence, with what was counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    /// The set's number: `param_id` in a frame.
    pub set: i64,
    /// How many acquisitions have it: `n` in a frame.
    pub count: i64,
    /// The first acquisition's date as the headers write it.
    pub first: Option<String>,
    /// The last acquisition's date.
    pub last: Option<String>,
    /// When an operator chose it: `is_ideal` in a frame.
    pub chosen: Option<String>,
    /// Every echo time of the set's acquisitions, joined by commas: `multiecho_tes` in a frame, and its `TE`.
    pub echo_times: Option<String>,
    /// What it says about each compared parameter, in the order of [`COMPARED`].
    pub expected: [Expected; COMPARED.len()],
}

impl Template {
    /// What it says about the parameter of this name.
    pub fn expected(&self, name: &str) -> &Expected {
        static NOTHING: Expected = Expected::NotRecorded;
        COMPARED.iter().position(|known| *known == name).map_or(&NOTHING, |at| &self.expected[at])
    }

    /// What a header is compared with, and what is shown beside it: the text, but of the echo time all that are allowed,
    /// so that one that conforms never stands beside another alone.
    pub fn allowed(&self, name: &str) -> Option<&str> {
        let all = self.echo_times.as_deref().filter(|_| name == COMPARED[TE]);
        all.or_else(|| self.expected(name).text())
    }
}

/// What an archive amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Acquisitions that were counted.
    pub acquisitions: u64,
    /// Different parameter sets.
    pub sets: u64,
    /// Pairs of study and sequence: each has one template.
    pub templates: u64,
    /// Those pairs that have more than one set.
    pub mixed: u64,
}

/// The templates in a store.
pub struct Templates<'a> {
    store: &'a mut Store,
}

impl Store {
    /// Its templates.
    pub fn templates(&mut self) -> Templates<'_> {
        Templates { store: self }
    }
}

impl Templates<'_> {
    /// A number that is another one after any change, by whomever.
    pub fn version(&self) -> Result<[u64; 2], StoreError> {
        let query = self.store.connection.prepare_cached("PRAGMA data_version");
        let version = query.and_then(|mut query| query.query_row([], |row| row.get::<_, i64>(0)));
        let version = version.map_err(self.store.failed("asking for changes"))?;
        Ok([version.unsigned_abs(), self.store.changes])
    }
}
