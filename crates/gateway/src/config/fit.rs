//! Whether a value fits its key, and the problem when it does not.
//!
//! Promises: file, environment and flags are held to the same rules. Called by `file` and `overrides`.

use super::catalog::{Catalog, Spot};
use super::problem::{Fault, Origin, Problem};
use tieline_model::settings::{Kind, Value};
use toml::de::DeValue;

/// The value of a key as the file has it.
pub(super) fn from_file(
    catalog: &Catalog,
    spot: Spot,
    value: &DeValue<'_>,
    origin: &Origin,
) -> Result<Value, Box<Problem>> {
    let kind = catalog.key(spot).kind;
    let read = match (kind, value) {
        (Kind::Text | Kind::Duration | Kind::Address | Kind::Choice(_), DeValue::String(text)) => kind.read(text),
        (Kind::Bool, DeValue::Boolean(truth)) => Some(Value::Bool(*truth)),
        (Kind::Count, DeValue::Integer(number)) => match u64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Some(Value::Count(number)),
            Err(_) => {
                return Err(Box::new(out_of_range(
                    catalog,
                    spot,
                    &number.to_string(),
                    origin.clone(),
                    i64::MAX as u64,
                )));
            }
        },
        (Kind::Texts, DeValue::Array(list)) => {
            let texts = list.iter().map(|item| item.get_ref().as_str().map(str::to_owned));
            texts.collect::<Option<Vec<_>>>().map(Value::Texts)
        }
        _ => None,
    };
    let (found, label) = (shown(value), found(kind, value));
    match read {
        Some(value) => in_range(catalog, spot, value, &found, origin),
        None => Err(Box::new(misfit(catalog, spot, &found, &label, repair(kind, value), origin))),
    }
}

/// The value of a key as an environment variable or a flag has it.
pub(super) fn from_text(catalog: &Catalog, spot: Spot, text: &str, origin: &Origin) -> Result<Value, Box<Problem>> {
    let kind = catalog.key(spot).kind;
    match kind.read(text) {
        Some(value) => in_range(catalog, spot, value, text, origin),
        None => Err(Box::new(misfit(catalog, spot, text, "", repair_text(kind, text), origin))),
    }
}

fn in_range(catalog: &Catalog, spot: Spot, value: Value, shown: &str, origin: &Origin) -> Result<Value, Box<Problem>> {
    match (&value, catalog.key(spot).largest) {
        (Value::Count(number), Some(largest)) if *number > largest => {
            Err(Box::new(out_of_range(catalog, spot, shown, origin.clone(), largest)))
        }
        _ => Ok(value),
    }
}

fn out_of_range(catalog: &Catalog, spot: Spot, shown: &str, origin: Origin, largest: u64) -> Problem {
    let (path, largest) = (catalog.path(spot), catalog.key(spot).largest.unwrap_or(largest));
    let message = format!("{path} is out of range");
    let hint = format!("a whole number from 0 to {largest}");
    Problem::new(Fault::OutOfRange, path, message, origin, hint).with(shown, "out of range")
}

fn misfit(catalog: &Catalog, spot: Spot, shown: &str, label: &str, repair: Option<String>, origin: &Origin) -> Problem {
    let path = catalog.path(spot);
    let expects = catalog.key(spot).kind.expects();
    let message = format!("{path} must be {expects}");
    let hint = repair.unwrap_or_else(|| {
        let default = super::literal::toml(&catalog.key(spot).default);
        match origin {
            Origin::File(_) => format!("for example: {} = {default}", catalog.key(spot).name),
            _ => format!("for example: {}", default.trim_matches('"')),
        }
    });
    Problem::new(Fault::WrongType, path, message, origin.clone(), hint).with(shown, label)
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
        DeValue::String(_) if matches!(kind, Kind::Duration | Kind::Address | Kind::Choice(_)) => "does not fit",
        DeValue::String(_) => "a text",
        DeValue::Array(_) if kind == Kind::Texts => "not only texts",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
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
        Kind::Duration if text.parse::<u64>().is_ok() => Some(format!("add the unit, as in \"{text}s\"")),
        Kind::Choice(choices) => {
            let near = super::nearest::nearest(text, choices.iter().map(|choice| choice.name))?;
            Some(format!("did you mean \"{near}\"?"))
        }
        _ => None,
    }
}
