//! The file: TOML to values of the catalog's keys.
//!
//! Promises: any bytes give values or problems with their lines, never a panic; every problem is found at once.

use super::fit::For;
use super::given::Given;
use super::unknown;
use crate::catalog::Catalog;
use crate::problem::{Fault, Origin, Problem, Source};
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Reads the file's text into `given`.
pub(crate) fn read(catalog: &Catalog, source: &Source, given: &mut Given) {
    let (document, errors) = DeTable::parse_recoverable(&source.text);
    let mut broken = BTreeSet::new();
    for error in errors {
        let origin = source.at(error.span().unwrap_or(0..0));
        // One mistake can make the reader stumble again on the same line: only the first is worth reading.
        if !broken.insert(line(&origin)) {
            continue;
        }
        let message = format!("this is not TOML: {}", error.message().lines().collect::<Vec<_>>().join(", "));
        let hint = match error.message().contains("duplicate") {
            true => "it can be there once; delete one of the two",
            false => "one `key = value` per line, texts in quotes, sections in [brackets]",
        };
        given.problems.push(Problem::new(Fault::Syntax, "", message, origin, hint.to_owned()));
    }
    let syntax = given.problems.len();
    let mut walk = Walk { catalog, source, given };
    for (name, value) in document.get_ref() {
        walk.section(name.get_ref(), name.span(), value);
    }
    // What the reader made of a broken line is its guess, not what was written.
    let mut at = 0;
    given.problems.retain(|problem| {
        at += 1;
        at <= syntax || !broken.contains(&line(&problem.origin))
    });
}

fn line(origin: &Origin) -> usize {
    match origin {
        Origin::File(place) => place.line,
        _ => 0,
    }
}

/// The way through the document; `tables` has the part of it that leads below a section's keys.
pub(crate) struct Walk<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) source: &'a Source,
    pub(crate) given: &'a mut Given,
}

impl Walk<'_> {
    fn section(&mut self, name: &str, span: Range<usize>, value: &Spanned<DeValue<'_>>) {
        let origin = self.source.at(span);
        let Some(section) = self.catalog.section(name).filter(|_| !name.contains('.')) else {
            self.given.problems.push(unknown::section(self.catalog, name, origin));
            return;
        };
        self.table(section, name, origin, value);
    }

    fn table(&mut self, section: usize, name: &str, origin: Origin, value: &Spanned<DeValue<'_>>) {
        let DeValue::Table(table) = value.get_ref() else {
            let message = format!("{name} must be a section");
            let hint = format!("begin it with a line [{name}], once, and write its keys on the lines below");
            let problem = Problem::new(Fault::WrongType, name, message, origin, hint);
            self.given.problems.push(problem.with("", "not a section"));
            return;
        };
        self.given.enter(section, origin);
        for (key, value) in table {
            self.key(section, key, value);
        }
    }

    fn key(&mut self, section: usize, key: &Spanned<toml::de::DeString<'_>>, value: &Spanned<DeValue<'_>>) {
        let (name, at) = (key.get_ref().as_ref(), self.source.at(key.span()));
        let inner = format!("{}.{name}", self.catalog.sections[section].name);
        if let Some(spot) = self.catalog.spot(&self.catalog.sections[section].name, name) {
            let wanted = For { key: self.catalog.key(spot), path: &inner, place: &inner, outer: None };
            if let Some(read) = self.value(wanted, value) {
                self.given.take(spot, read, self.source.at(value.span()));
            }
        } else if let Some(table) = self.catalog.section(&inner).filter(|_| !name.contains('.')) {
            self.table(table, &inner, at, value);
        } else {
            self.given.problems.push(unknown::key(self.catalog, section, name, at));
        }
    }
}
