//! Values as they stand in a TOML file: for `config show`, the example, the schema and the reference page.
//!
//! Promises: what is written here is read back as the same value; a property test holds it to that.

use std::time::Duration;
use tieline_model::settings::{UNITS, Value, Values, in_path, quoted};

/// The value as TOML.
pub fn toml(value: &Value) -> String {
    match value {
        Value::Text(text) => quoted(text),
        Value::Count(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Texts(texts) => list(texts.iter().map(|text| quoted(text))),
        Value::Duration(time) => quoted(&duration(*time)),
        Value::Address(address) => quoted(&address.to_string()),
        Value::Tables(tables) => list(tables.iter().map(inner)),
        Value::Named(tables) => table(tables.iter().map(|(name, values)| (name.as_str(), inner(values)))),
        Value::Free(map) => free(map),
    }
}

/// The value as JSON.
pub fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::Count(number) => (*number).into(),
        Value::Bool(truth) => (*truth).into(),
        Value::Texts(texts) => texts.clone().into(),
        Value::Duration(time) => duration(*time).into(),
        Value::Address(address) => address.to_string().into(),
        Value::Tables(tables) => tables.iter().map(object).collect(),
        Value::Named(tables) => tables.iter().map(|(name, values)| (name.clone(), object(values))).collect(),
        Value::Free(map) => map.clone().into(),
    }
}

fn inner(values: &Values) -> String {
    table(values.iter().map(|(key, value)| (key, toml(value))))
}

fn object(values: &Values) -> serde_json::Value {
    values.iter().map(|(key, value)| (key.to_owned(), json(value))).collect()
}

/// A free table on one line. What is nothing in JSON cannot come from a file, and TOML has no word for it: it is left out.
fn free(map: &serde_json::Map<String, serde_json::Value>) -> String {
    let filled = map.iter().filter(|(_, value)| !value.is_null());
    table(filled.map(|(key, value)| (key.as_str(), inline(value))))
}

fn inline(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => quoted(text),
        serde_json::Value::Array(values) => list(values.iter().filter(|value| !value.is_null()).map(inline)),
        serde_json::Value::Object(map) => free(map),
        plain => plain.to_string(),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

fn table<'a>(entries: impl Iterator<Item = (&'a str, String)>) -> String {
    let entries: Vec<String> = entries.map(|(key, value)| format!("{} = {value}", in_path(key))).collect();
    if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) }
}

/// The time with the largest unit that leaves a whole number.
fn duration(time: Duration) -> String {
    let milliseconds = time.as_millis();
    let unit = UNITS.iter().find(|(_, size)| milliseconds.is_multiple_of(u128::from(*size)));
    match unit {
        Some((name, size)) if milliseconds > 0 => format!("{}{name}", milliseconds / u128::from(*size)),
        _ => "0".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tieline_model::settings::Kind;
    use toml::de::DeValue;

    proptest! {
        #[test]
        fn texts_come_back(text in any::<String>()) {
            let literal = quoted(&text);
            let read = DeValue::parse(&literal).unwrap();
            prop_assert_eq!(read.get_ref().as_str(), Some(text.as_str()));
            prop_assert!(!literal.contains('\n'));
        }

        #[test]
        fn durations_come_back(milliseconds in any::<u64>()) {
            let time = Duration::from_millis(milliseconds);
            prop_assert_eq!(Kind::Duration.read(&duration(time)), Some(Value::Duration(time)));
        }
    }

    #[test]
    fn durations_have_their_largest_unit() {
        assert_eq!(duration(Duration::from_secs(600)), "10m");
        assert_eq!(duration(Duration::from_millis(90_500)), "90500ms");
        assert_eq!(duration(Duration::ZERO), "0");
    }
}
