//! What the file, the environment and the flags say, put together.
//!
//! Promises: a flag wins over the environment, that over the file, and every value knows where it comes from.

use super::catalog::{Catalog, Spot};
use super::problem::{Fault, Origin, Problem};
use std::collections::BTreeMap;
use tieline_model::settings::{Value, Values};

/// Values by key, the sections that are there, and what was wrong with the rest.
#[derive(Debug, Default)]
pub(super) struct Given {
    values: BTreeMap<Spot, (Value, Origin)>,
    sections: BTreeMap<usize, Origin>,
    pub(super) problems: Vec<Problem>,
}

impl Given {
    /// Says that a section is there.
    pub(super) fn enter(&mut self, section: usize, origin: Origin) {
        self.sections.entry(section).or_insert(origin);
    }

    /// Takes a value in place of an earlier one, or the problem it is.
    pub(super) fn take(&mut self, spot: Spot, value: Result<Value, Box<Problem>>, origin: Origin) {
        match value {
            Ok(value) => {
                self.values.insert(spot, (value, origin));
            }
            Err(problem) => self.problems.push(*problem),
        }
    }

    /// Whether a key has a value that could not be taken, so that nothing can be concluded from it.
    pub(super) fn is_broken(&self, path: &str) -> bool {
        self.problems.iter().any(|problem| problem.key == path || problem.fault == Fault::Syntax)
    }

    /// Where a section begins, when it is there.
    pub(super) fn section(&self, section: usize) -> Option<&Origin> {
        self.sections.get(&section)
    }

    /// What is given for a key.
    pub(super) fn get(&self, spot: Spot) -> Option<&(Value, Origin)> {
        self.values.get(&spot)
    }

    /// The origin of a key's value.
    pub(super) fn origin(&self, spot: Spot) -> Origin {
        self.get(spot).map_or(Origin::Default, |(_, origin)| origin.clone())
    }

    /// The values that are given in a section.
    pub(super) fn values(&self, catalog: &Catalog, section: usize) -> Values {
        let mut values = Values::default();
        for ((_, key), (value, _)) in self.values.range((section, 0)..(section + 1, 0)) {
            values.set(catalog.key((section, *key)).name, value.clone());
        }
        values
    }
}
