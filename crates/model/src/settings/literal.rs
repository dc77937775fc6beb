//! Values as they stand in a TOML file: in `config show`, the example, the reference page, and whatever makes configuration.
//!
//! Promises: what is written here is read back as the same value; property tests, here and in the gateway's configuration,
//! hold it to that. A backend names the keys of what it finds wrong with `in_path`, as the gateway's configuration does.

use super::{SIZES, UNITS, Value, Values};
use std::time::Duration;

/// The value as TOML, on one line.
pub fn toml(value: &Value) -> String {
    match value {
        Value::Text(text) => quoted(text),
        Value::Count(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Texts(texts) => list(texts.iter().map(|text| quoted(text))),
        Value::Size(bytes) => quoted(&size(*bytes)),
        Value::Duration(time) => quoted(&length(*time)),
        Value::Address(address) => quoted(&address.to_string()),
        Value::Tables(tables) => list(tables.iter().map(inner)),
        Value::Named(tables) => table(tables.iter().map(|(name, values)| (name.as_str(), inner(values)))),
        Value::Free(map) => free(map),
    }
}

fn inner(values: &Values) -> String {
    table(values.iter().map(|(key, value)| (key, toml(value))))
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

/// A name as a part of a path of keys, in quotes when it needs them: `weld`, `"a.b"`.
pub fn in_path(name: &str) -> String {
    let is_bare = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_bare { name.to_owned() } else { quoted(name) }
}

/// A text as TOML's basic string on one line, so that a comment can follow it.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "\""
}

/// A time with the largest unit that leaves a whole number: `10m`, `90500ms`, `0`.
pub fn length(time: Duration) -> String {
    let milliseconds = time.as_millis();
    let unit = UNITS.iter().find(|(_, size)| milliseconds.is_multiple_of(u128::from(*size)));
    match unit {
        Some((name, size)) if milliseconds > 0 => format!("{}{name}", milliseconds / u128::from(*size)),
        _ => "0".to_owned(),
    }
}

/// A size with the largest unit that leaves a whole number, or without: `512MiB`, `1000`.
pub fn size(bytes: u64) -> String {
    let unit = SIZES.iter().find(|(_, each)| bytes.is_multiple_of(*each));
    match unit {
        Some((name, each)) if bytes > 0 => format!("{}{name}", bytes / each),
        _ => bytes.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;
    use proptest::prelude::*;
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
            prop_assert_eq!(Kind::Duration.read(&length(time)), Some(Value::Duration(time)));
        }
    }

    #[test]
    fn sizes_come_back_with_their_largest_unit() {
        for (bytes, text) in [(0, "0"), (1000, "1000"), (512 << 20, "512MiB"), (1 << 40, "1024GiB"), (1025, "1025")] {
            assert_eq!(size(bytes), text);
            assert_eq!(Kind::Size.read(text), Some(Value::Size(bytes)));
        }
    }

    #[test]
    fn durations_have_their_largest_unit() {
        assert_eq!(length(Duration::from_secs(600)), "10m");
        assert_eq!(length(Duration::from_millis(90_500)), "90500ms");
        assert_eq!(length(Duration::ZERO), "0");
    }
}
