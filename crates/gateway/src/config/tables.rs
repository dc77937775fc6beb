//! What a key's value is in the file, down into tables: `[[section.key]]`, and tables in these.
//!
//! Promises: every problem in every table is told, with its own line; what was read is marked with its place, so that
//! what is found out later can be shown there. Called by `file` for each key.

use super::file::Walk;
use super::fit::{self, For};
use super::{free, unknown};
use tieline_model::settings::{Kind, Value, Values};
use toml::Spanned;
use toml::de::DeValue;

impl Walk<'_> {
    /// The value of a key; `None` after telling what is wrong with it.
    pub(super) fn value(&mut self, wanted: For<'_>, value: &Spanned<DeValue<'_>>) -> Option<Value> {
        match wanted.key.kind {
            Kind::Tables(_) => self.tables(wanted, value),
            Kind::Free => free::read(wanted, value, self.source, &mut self.given.problems),
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
        let place = |number: usize| format!("{}.{number}", wanted.place);
        let DeValue::Array(list) = value.get_ref() else {
            self.given.problems.push(fit::no_tables(wanted, value.get_ref(), value.span(), self.source));
            // One table in single brackets is looked into all the same, so that what is in it is told as well.
            self.one(wanted, place(0), value);
            return None;
        };
        let mut tables = Vec::with_capacity(list.len());
        for (number, one) in list.iter().enumerate() {
            if !one.get_ref().is_table() {
                let wanted = For { place: &place(number), ..wanted };
                self.given.problems.push(fit::no_tables(wanted, one.get_ref(), one.span(), self.source));
            }
            // What is no table takes a place as well, so that those behind it keep theirs.
            tables.push(self.one(wanted, place(number), one));
        }
        Some(Value::Tables(tables))
    }

    /// The values of one table: in the order of its keys, with the default of each that is not there.
    fn one(&mut self, wanted: For<'_>, place: String, value: &Spanned<DeValue<'_>>) -> Values {
        let keys = &wanted.key.inner;
        let mut values = Values::default();
        for key in keys {
            values.set(key.name, key.default.clone());
        }
        for (name, value) in value.get_ref().as_table().into_iter().flatten() {
            let (name, at) = (name.get_ref().as_ref(), name.span());
            let Some(key) = keys.iter().find(|key| key.name == name) else {
                let origin = self.source.at(at);
                self.given.problems.push(unknown::in_table(self.catalog, wanted, &place, name, origin));
                continue;
            };
            let (path, place) = (format!("{}.{name}", wanted.path), format!("{place}.{name}"));
            if let Some(value) = self.value(For { key, path: &path, place: &place }, value) {
                values.set(key.name, value);
            }
            self.given.mark(place, value.span());
        }
        self.given.mark(place, value.span());
        values
    }
}
