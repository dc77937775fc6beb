//! Templates of MR studies: the parameter sets that were found in an archive, how often each occurs per study, sequence and
//! kind of image, and which of them is the template (contract `mr`, "Templates", and its second part).
//!
//! The most frequent set is the template; among equals the newest; an operator's choice beats counting. `record` writes
//! what an archive holds, `learn` finds what varies within an acquisition, `choice` reads and chooses, `reference` reads an
//! existing reference database in its place.

mod choice;
mod echo;
mod expected;
mod learn;
mod names;
mod record;
mod reference;
mod session;
mod settle;
#[cfg(test)]
mod tests;
mod transfer;
mod values;

pub use echo::{EchoTimes, alike};
pub use expected::{Expected, Free};
pub use names::{COMMENTS, COMPARED, PLANE, PROJECT, SEQUENCE_NAME, TE, fold};
pub use record::{Acquisition, FileMark};
pub use reference::Reference;
pub use session::Planned;
pub use transfer::Told;
pub use values::{Plane, Slot, Values};

use crate::{Store, StoreError};
use std::borrow::Cow;

/// The compared parameters as texts, in the order of [`COMPARED`]; absent is `None`.
pub type Texts = [Option<String>; COMPARED.len()];

/// A parameter set of one study, sequence and kind, with what was counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    /// The set's number: `param_id` in a frame.
    pub set: i64,
    /// The kind of image, in the backend's words; empty when it is not known: then it may be any.
    pub kind: String,
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
    /// The combinations of [`PLANE`] that one acquisition has, when there are several: an image has one of them.
    pub planes: Vec<Plane>,
}

impl Template {
    /// What it says about the parameter of this name.
    pub fn expected(&self, name: &str) -> &Expected {
        static NOTHING: Expected = Expected::NotRecorded;
        COMPARED.iter().position(|known| *known == name).map_or(&NOTHING, |at| &self.expected[at])
    }

    /// What is shown beside a header: the text, but of the echo time all that are allowed, so that one that conforms never
    /// stands beside another alone; several values with bars between them.
    pub fn allowed(&self, name: &str) -> Option<Cow<'_, str>> {
        let expected = self.expected(name);
        let all =
            self.echo_times.as_deref().filter(|_| name == COMPARED[TE] && !matches!(expected, Expected::OneOf(_)));
        all.map(Cow::Borrowed).or_else(|| expected.shown())
    }
}

/// What an archive amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Acquisitions that were counted.
    pub acquisitions: u64,
    /// Different parameter sets.
    pub sets: u64,
    /// Studies' sequences by kind: each has one template.
    pub templates: u64,
    /// Those that have more than one set.
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
