//! One line of the registry: all that the gateway has to know about a dialect before it is built.

use crate::settings::{Field, Values};
use crate::{BackendEntry, Dialect, DialectLimits, Instrument, Tool};
use std::sync::Arc;

/// A dialect as the registry lists it. Its section in the configuration has `listen` and a `limits` table besides
/// its own `fields`.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Section, topic root and metric label.
    pub name: &'static str,
    /// The product's own HTTP address, when it brings a web site: the default of `http`, and `Dialect::visit` answers.
    pub site: Option<&'static str>,
    /// What makes its messages without any client.
    pub backend: Option<BackendEntry>,
    /// What it takes the place of, in a few words for people.
    pub title: &'static str,
    /// The product's own address: the default of `listen`.
    pub listen: &'static str,
    /// Its own settings.
    pub fields: &'static [Field],
    /// Builds it from its section, whose values have been checked against `fields`.
    pub build: fn(&Values, DialectLimits) -> Arc<dyn Dialect>,
    /// The simulated clients of `tieline demo`.
    pub instruments: fn() -> Vec<Box<dyn Instrument>>,
    /// Limits whose usual value does not suit it: numbers by their keys. What a person sets for all listeners wins over them.
    pub limits: &'static [(&'static str, u64)],
    /// A topic and a JSON text for `tieline send` that make something visible: the line the first screen offers.
    pub sample: (&'static str, &'static str),
}

impl Entry {
    /// The same, with what stands behind it.
    pub const fn backed_by(self, backend: BackendEntry) -> Entry {
        Entry { backend: Some(backend), ..self }
    }

    /// The same, with its backend's part of the command line.
    pub const fn with_tool(self, tool: Tool) -> Entry {
        let backend = match self.backend {
            Some(backend) => Some(BackendEntry { tool: Some(tool), ..backend }),
            None => None,
        };
        Entry { backend, ..self }
    }

    /// All its own keys and those of its backend.
    pub fn all_fields(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().chain(self.backend.iter().flat_map(|backend| backend.fields))
    }
}
