//! What a key's value is in the file, down into tables: `[[section.key]]`, `[section.key.NAME]`, and tables in these.
//!
//! Promises: every problem in every table is told, with its own line; what was read is marked with its place, so that
//! what is found out later can be shown there. Called by `file` for each key.

use super::file::Walk;
use super::fit::{self, For};
use super::{free, unknown};
use crate::catalog::ANY;
use crate::problem::{Fault, Problem, shortened};
use std::ops::Range;
use tieline_model::settings::{Kind, Value, Values, in_path};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// How many tables with names a key may have.
pub const MOST_NAMES: usize = 1000;

impl Walk<'_> {
    /// The value of a key; `None` after telling what is wrong with it.
    pub(crate) fn value(&mut self, wanted: For<'_>, value: &Spanned<DeValue<'_>>) -> Option<Value> {
        match wanted.key.kind {
            Kind::Tables(_) => self.tables(wanted, value),
            Kind::Named(_) => self.named(wanted, value),
            Kind::FreeOr(word) if matches!(value.get_ref(), DeValue::String(text) if text.as_ref() == word) => {
                wanted.key.kind.read(word)
            }
            Kind::Free | Kind::FreeOr(_) => free::read(wanted, value, self.source, &mut self.given.problems),
            _ => match fit::from_file(wanted, value, self.source) {
                Ok(value) => Some(value),
                Err(problem) => {
                    self.given.problems.push(*problem);
                    None
                }
            },
        }
    }

    fn tables(&mut self, wanted: For<'_>, value: &Spanned<DeValue<'_>>) -> Option<Value> {
        let DeValue::Array(list) = value.get_ref() else {
            self.given.problems.push(fit::no_tables(wanted, value.get_ref(), value.span(), self.source));
            // One table in single brackets is looked into all the same, so that what is in it is told as well.
            self.one(For { place: &format!("{}.0", wanted.place), ..wanted }, value);
            return None;
        };
        let mut tables = Vec::with_capacity(list.len());
        for (number, one) in list.iter().enumerate() {
            let wanted = For { place: &format!("{}.{number}", wanted.place), ..wanted };
            if !one.get_ref().is_table() {
                self.given.problems.push(fit::no_tables(wanted, one.get_ref(), one.span(), self.source));
            }
            // What is no table takes a place as well, so that those behind it keep theirs.
            tables.push(self.one(wanted, one));
        }
        Some(Value::Tables(tables))
    }

    fn named(&mut self, wanted: For<'_>, value: &Spanned<DeValue<'_>>) -> Option<Value> {
        let DeValue::Table(table) = value.get_ref() else {
            self.given.problems.push(fit::no_tables(wanted, value.get_ref(), value.span(), self.source));
            self.all(For { path: &wanted.key.each(wanted.path, ANY), ..wanted }, value);
            return None;
        };
        let mut tables = Vec::with_capacity(table.len());
        for (number, (key, value)) in in_order(table).into_iter().enumerate() {
            let name = key.get_ref().as_ref();
            let path = wanted.key.each(wanted.path, &in_path(&shortened(name)));
            let place = wanted.key.each(wanted.place, &in_path(name));
            let each = For { path: &path, place: &place, ..wanted };
            if number == MOST_NAMES {
                self.given.problems.push(self.too_many(wanted, &place, key.span()));
            }
            if name.is_empty() {
                self.given.problems.push(self.nameless(wanted, &place, key.span()));
            }
            if value.get_ref().is_table() {
                tables.push((name.to_owned(), self.one(each, value)));
            } else {
                self.given.problems.push(fit::no_named(each, name, value, self.source));
                self.all(each, value);
            }
        }
        Some(Value::Named(tables))
    }

    /// Looks into a list of tables where there should be none, so that what is in them is told as well.
    fn all(&mut self, wanted: For<'_>, value: &Spanned<DeValue<'_>>) {
        for (number, one) in value.get_ref().as_array().into_iter().flat_map(|list| list.iter()).enumerate() {
            self.one(For { place: &format!("{}.{number}", wanted.place), ..wanted }, one);
        }
    }

    /// The values of one table, whose path and place `wanted` has: in the order of its keys, with the default of each that
    /// is not there.
    fn one(&mut self, wanted: For<'_>, value: &Spanned<DeValue<'_>>) -> Values {
        let keys = &wanted.key.inner;
        let mut values = Values::default();
        for key in keys {
            values.set(key.name, key.default.clone());
        }
        for (name, value) in value.get_ref().as_table().into_iter().flatten() {
            let (name, at) = (name.get_ref().as_ref(), name.span());
            let Some(key) = keys.iter().find(|key| key.name == name) else {
                let origin = self.source.at(at);
                self.given.problems.push(unknown::in_table(self.catalog, wanted, name, origin));
                continue;
            };
            let (path, place) = (format!("{}.{name}", wanted.path), format!("{}.{name}", wanted.place));
            if let Some(value) = self.value(For { key, path: &path, place: &place, outer: Some(&wanted) }, value) {
                values.set(key.name, value);
            }
            self.given.mark(place, value.span());
        }
        self.given.mark(wanted.place.to_owned(), value.span());
        values
    }

    fn too_many(&self, wanted: For<'_>, place: &str, span: Range<usize>) -> Problem {
        let message = format!("{} has more than {MOST_NAMES} tables", wanted.path);
        let (at, hint) = (self.source.at(span), "take out those that are not needed".to_owned());
        Problem::new(Fault::OutOfRange, place, message, at, hint).with("", "one too many")
    }

    fn nameless(&self, wanted: For<'_>, place: &str, span: Range<usize>) -> Problem {
        let message = format!("{} has a table without a name", wanted.path);
        let (at, hint) = (self.source.at(span), "write a name between the quotes".to_owned());
        Problem::new(Fault::WrongType, place, message, at, hint).with("", "no name")
    }
}

/// What a table holds, in the order of the file.
pub(crate) fn in_order<'a, 'b>(table: &'a DeTable<'b>) -> Vec<(&'a Spanned<DeString<'b>>, &'a Spanned<DeValue<'b>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}
