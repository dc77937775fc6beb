//! What the file, the environment and the flags say, put together.
//!
//! Promises: a flag wins over the environment, that over the file, and every value knows where it comes from.

use super::path;
use crate::catalog::{Catalog, Spot};
use crate::problem::{Fault, Origin, Problem};
use std::collections::BTreeMap;
use std::ops::Range;
use tieline_model::settings::{Value, Values};

/// Values by key, the sections that are there, and what was wrong with the rest.
#[derive(Debug, Default)]
pub(crate) struct Given {
    values: BTreeMap<Spot, (Value, Origin)>,
    sections: BTreeMap<usize, Origin>,
    /// What stands in tables, by its place: `alpha.cup.0` is a table, `alpha.cup.0.mode` one of its values.
    marks: BTreeMap<String, Range<usize>>,
    pub(crate) problems: Vec<Problem>,
}

impl Given {
    /// Says that a section is there.
    pub(crate) fn enter(&mut self, section: usize, origin: Origin) {
        self.sections.entry(section).or_insert(origin);
    }

    /// Takes a value in place of an earlier one.
    pub(crate) fn take(&mut self, spot: Spot, value: Value, origin: Origin) {
        self.values.insert(spot, (value, origin));
    }

    /// Says where in the file a table, or a value of one, stands.
    pub(crate) fn mark(&mut self, place: String, span: Range<usize>) {
        self.marks.insert(place, span);
    }

    /// What stands in tables, by its place.
    pub(crate) fn marks(&self) -> &BTreeMap<String, Range<usize>> {
        &self.marks
    }

    /// Whether a key has a value that could not be taken, so that nothing can be concluded from it.
    pub(crate) fn is_broken(&self, path: &str) -> bool {
        self.problems.iter().any(|problem| problem.key == path || problem.fault == Fault::Syntax)
    }

    /// The same of a place in tables, for which what is around it, in it and beside it counts as well: a key that is not
    /// there may be the one that could not be read.
    pub(crate) fn is_doubtful(&self, place: &str) -> bool {
        let within = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let table = path::outer(place);
        let is_missing = table.is_some_and(|table| self.marks.contains_key(table)) && !self.marks.contains_key(place);
        let touches = |problem: &Problem| {
            let may_be_meant = is_missing && problem.fault == Fault::Unknown && path::outer(&problem.key) == table;
            may_be_meant || within(place, &problem.key) || within(&problem.key, place)
        };
        self.is_broken(place) || self.problems.iter().any(touches)
    }

    /// Where a section begins, when it is there.
    pub(crate) fn section(&self, section: usize) -> Option<&Origin> {
        self.sections.get(&section)
    }

    /// What is given for a key.
    pub(crate) fn get(&self, spot: Spot) -> Option<&(Value, Origin)> {
        self.values.get(&spot)
    }

    /// The origin of a key's value.
    pub(crate) fn origin(&self, spot: Spot) -> Origin {
        self.get(spot).map_or(Origin::Default, |(_, origin)| origin.clone())
    }

    /// The values that are given in a section.
    pub(crate) fn values(&self, catalog: &Catalog, section: usize) -> Values {
        let mut values = Values::default();
        for ((_, key), (value, _)) in self.values.range((section, 0)..(section + 1, 0)) {
            values.set(catalog.key((section, *key)).name, value.clone());
        }
        values
    }
}
