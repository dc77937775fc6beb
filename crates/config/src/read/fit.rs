//! Whether a value fits its key, and the problem when it does not.
//!
//! Promises: file, environment and flags are held to the same rules. Called by `file`, `tables` and `overrides`.

use super::path;
use crate::catalog::{ANY, Catalog, Key, Spot};
use crate::problem::{Fault, Origin, Problem, Source};
use std::ops::Range;
use tieline_model::settings::{Kind, SIZES, Value, toml};
use toml::Spanned;
use toml::de::DeValue;

/// The key that a value is for.
#[derive(Clone, Copy)]
pub(crate) struct For<'a> {
    pub(crate) key: &'a Key,
    /// Its full name for people: `alpha.cup.mode`, and with the names that tables have.
    pub(crate) path: &'a str,
    /// The same with the places of tables, counted from 0: `alpha.cup.0.mode`.
    pub(crate) place: &'a str,
    /// What the table was for that it is in; `None`: it is in the section itself.
    pub(crate) outer: Option<&'a For<'a>>,
}

impl For<'_> {
    /// The line with which the table begins whose path this has.
    pub(crate) fn heading(&self) -> String {
        self.key.heading(self.path)
    }
}

/// The value of a key as the file has it.
pub(crate) fn from_file(wanted: For<'_>, value: &Spanned<DeValue<'_>>, source: &Source) -> Result<Value, Box<Problem>> {
    let (kind, origin) = (wanted.key.kind, || source.at(value.span()));
    let value = value.get_ref();
    let read = match (kind, value) {
        (Kind::Text | Kind::Size | Kind::Duration | Kind::Address | Kind::Choice(_), DeValue::String(text)) => {
            kind.read(text)
        }
        (Kind::Size, DeValue::Integer(number)) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) if number >= 0 => kind.read(&number.to_string()),
            _ => return Err(Box::new(out_of_range(wanted, &number.to_string(), origin(), i64::MAX as u64))),
        },
        (Kind::Bool, DeValue::Boolean(truth)) => Some(Value::Bool(*truth)),
        (Kind::Count, DeValue::Integer(number)) => match u64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Some(Value::Count(number)),
            Err(_) => return Err(Box::new(out_of_range(wanted, &number.to_string(), origin(), i64::MAX as u64))),
        },
        (Kind::Texts, DeValue::Array(list)) => {
            let texts = list.iter().map(|item| item.get_ref().as_str().map(str::to_owned));
            texts.collect::<Option<Vec<_>>>().map(Value::Texts)
        }
        _ => None,
    };
    match read {
        Some(read) => in_range(wanted, read, || (shown(value), origin())),
        None => Err(Box::new(unfit(wanted, value, repair(kind, value), origin()))),
    }
}

/// The problem of what stands there in place of tables, or of one of them.
pub(crate) fn no_tables(wanted: For<'_>, value: &DeValue<'_>, span: Range<usize>, source: &Source) -> Problem {
    let (heading, naming) = (wanted.key.heading(&wanted.key.each(wanted.path, ANY)), wanted.key.naming());
    let hint = format!("begin each with a line {heading} and write its keys on the lines below{naming}");
    unfit(wanted, value, Some(hint), source.at(span))
}

/// The problem of what stands there in place of the table of this name; `wanted` has its path.
pub(crate) fn no_named(wanted: For<'_>, name: &str, value: &Spanned<DeValue<'_>>, source: &Source) -> Problem {
    let (span, value) = (value.span(), value.get_ref());
    let hint = match once(wanted, value) {
        Some(hint) => hint,
        // The name was forgotten: what stands there is a key of a table.
        None if wanted.key.inner.iter().any(|key| key.name == name) => {
            let path = path::outer(wanted.path).unwrap_or_default();
            format!("{name} belongs below a line [{path}.{ANY}]{}", wanted.key.naming())
        }
        None => format!("begin it with a line {} and write its keys on the lines below", wanted.heading()),
    };
    let message = format!("{} must be a table", wanted.path);
    // As in place of any table: the key's own kind is many.
    let label = found(Kind::Free, value);
    Problem::new(Fault::WrongType, wanted.place, message, source.at(span), hint).with(&shown(value), label)
}

/// The problem of what stands there in place of one table.
pub(crate) fn no_table(wanted: For<'_>, value: &DeValue<'_>, span: Range<usize>, source: &Source) -> Problem {
    unfit(wanted, value, once(wanted, value), source.at(span))
}

/// What to do about a list of tables in place of one.
fn once(wanted: For<'_>, value: &DeValue<'_>) -> Option<String> {
    let hint = || format!("begin it with a line [{}], once, and write its keys on the lines below", wanted.path);
    are_tables(value).then(hint)
}

fn are_tables(value: &DeValue<'_>) -> bool {
    let list = value.as_array().filter(|list| !list.is_empty());
    list.is_some_and(|list| list.iter().all(|one| one.get_ref().is_table()))
}

/// The value of a key as an environment variable or a flag has it.
pub(crate) fn from_text(catalog: &Catalog, spot: Spot, text: &str, origin: &Origin) -> Result<Value, Box<Problem>> {
    let path = catalog.path(spot);
    let wanted = For { key: catalog.key(spot), path: &path, place: &path, outer: None };
    if wanted.key.is_for_the_file() {
        return Err(Box::new(for_the_file(catalog, spot, text, origin)));
    }
    match wanted.key.kind.read(text) {
        Some(value) => in_range(wanted, value, || (text.to_owned(), origin.clone())),
        None => Err(Box::new(misfit(wanted, text, String::new(), repair_text(wanted.key.kind, text), origin.clone()))),
    }
}

/// The problem of an environment variable or a flag for a key, or for something in it, that can stand in the file only.
pub(crate) fn for_the_file(catalog: &Catalog, spot: Spot, text: &str, origin: &Origin) -> Problem {
    let path = catalog.path(spot);
    let message = match origin {
        Origin::Flag(_) => format!("{path} cannot be set with --set"),
        _ => format!("{path} cannot be set in the environment"),
    };
    let key = catalog.key(spot);
    let (heading, naming) = (key.heading(&key.each(&path, ANY)), key.naming());
    let hint = format!("write {heading} in the file, and its keys on the lines below{naming}");
    Problem::new(Fault::WrongType, path, message, origin.clone(), hint).with(text, "")
}

fn in_range(wanted: For<'_>, value: Value, given: impl FnOnce() -> (String, Origin)) -> Result<Value, Box<Problem>> {
    match (&value, wanted.key.largest) {
        (Value::Count(number), Some(largest)) if *number > largest => {
            let (shown, origin) = given();
            Err(Box::new(out_of_range(wanted, &shown, origin, largest)))
        }
        _ => Ok(value),
    }
}

fn out_of_range(wanted: For<'_>, shown: &str, origin: Origin, largest: u64) -> Problem {
    let largest = wanted.key.largest.unwrap_or(largest);
    let message = format!("{} is out of range", wanted.path);
    let hint = format!("a whole number from 0 to {largest}");
    Problem::new(Fault::OutOfRange, wanted.place, message, origin, hint).with(shown, "out of range")
}

fn unfit(wanted: For<'_>, value: &DeValue<'_>, repair: Option<String>, origin: Origin) -> Problem {
    misfit(wanted, &shown(value), found(wanted.key.kind, value), repair, origin)
}

fn misfit(wanted: For<'_>, shown: &str, label: String, repair: Option<String>, origin: Origin) -> Problem {
    let message = format!("{} must be {}", wanted.path, wanted.key.kind.expects());
    let hint = repair.unwrap_or_else(|| {
        let default = toml(&wanted.key.default);
        match origin {
            Origin::File(_) => format!("for example: {} = {default}", wanted.key.name),
            _ => format!("for example: {}", default.trim_matches('"')),
        }
    });
    Problem::new(Fault::WrongType, wanted.place, message, origin, hint).with(shown, label)
}

/// The value as it stands in the file, for the problem's data.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(_) => "[…]".to_owned(),
        DeValue::Table(_) => "{…}".to_owned(),
    }
}

fn found(kind: Kind, value: &DeValue<'_>) -> String {
    let found = match value {
        DeValue::String(_) if matches!(kind, Kind::Size | Kind::Duration | Kind::Address | Kind::Choice(_)) => {
            "does not fit"
        }
        DeValue::String(_) => "a text",
        DeValue::Array(_) if kind == Kind::Texts => "not only texts",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) if matches!(kind, Kind::Named(_)) && are_tables(value) => "tables without names",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) if matches!(kind, Kind::Tables(_)) => "one table",
        DeValue::Table(_) => "a table",
    };
    found.to_owned()
}

fn repair(kind: Kind, value: &DeValue<'_>) -> Option<String> {
    match (kind, value) {
        (Kind::Duration, DeValue::Integer(number)) => Some(format!("for seconds write \"{number}s\"")),
        (Kind::Count | Kind::Bool, DeValue::String(text)) if kind.read(text).is_some() => {
            Some(format!("write {text} without quotes"))
        }
        (Kind::Texts, DeValue::String(text)) => Some(format!("write it in brackets: [\"{text}\"]")),
        (_, DeValue::String(text)) => repair_text(kind, text),
        _ => None,
    }
}

fn repair_text(kind: Kind, text: &str) -> Option<String> {
    match kind {
        Kind::Address => match text.rsplit_once(':') {
            Some(("localhost", port)) => Some(format!("write the IP address: \"127.0.0.1:{port}\"")),
            Some(("" | "*", port)) => Some(format!("for all addresses of this machine write \"0.0.0.0:{port}\"")),
            _ if text.parse::<std::net::Ipv4Addr>().is_ok() => Some(format!("add the port, as in \"{text}:8090\"")),
            _ if text.parse::<u16>().is_ok() => Some(format!("add the IP address: \"127.0.0.1:{text}\"")),
            _ => None,
        },
        Kind::Size => {
            let (number, unit) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
            let near = SIZES.iter().find(|(name, _)| unit.trim_start().to_uppercase().starts_with(&name[..1]))?.0;
            (!number.is_empty()).then(|| format!("write \"{number}{near}\""))
        }
        Kind::Duration if text.parse::<u64>().is_ok() => Some(format!("add the unit, as in \"{text}s\"")),
        Kind::Choice(choices) => {
            let near = super::nearest::nearest(text, choices.iter().map(|choice| choice.name))?;
            Some(format!("did you mean \"{near}\"?"))
        }
        _ => None,
    }
}
