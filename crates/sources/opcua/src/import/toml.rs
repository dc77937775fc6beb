//! A server as TOML, to be put into a configuration file.

use serde_json::Value as Json;
use std::fmt::Write;
use tieline_model::settings::{Value, Values};

/// `[[opcua.server]]` with its variables; what is not given is left out.
pub(crate) fn to_toml(server: &Values) -> String {
    let mut out = String::from("[[opcua.server]]\n");
    keys(server, &mut out);
    for (_, value) in server.iter() {
        let Value::Tables(variables) = value else { continue };
        for variable in variables {
            out.push_str("\n[[opcua.server.variable]]\n");
            keys(variable, &mut out);
        }
    }
    out
}

fn keys(values: &Values, out: &mut String) {
    for (key, value) in values.iter() {
        let value = match value {
            Value::Tables(_) | Value::Named(_) => continue,
            Value::Text(text) => quoted(text),
            Value::Texts(texts) => list(texts.iter().map(|text| quoted(text))),
            Value::Count(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            Value::Duration(time) => format!("\"{}ms\"", time.as_millis()),
            Value::Address(address) => quoted(&address.to_string()),
            Value::Free(notes) => table(notes),
        };
        let _ = writeln!(out, "{key} = {value}");
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

fn table(notes: &serde_json::Map<String, Json>) -> String {
    let pairs: Vec<_> = notes.iter().map(|(key, value)| format!("{} = {}", bare(key), json(value))).collect();
    if pairs.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", pairs.join(", ")) }
}

fn json(value: &Json) -> String {
    match value {
        // TOML has no nothing.
        Json::Null => quoted(""),
        Json::Bool(truth) => truth.to_string(),
        // Beyond its whole numbers there is only the text.
        Json::Number(number) if number.is_u64() && !number.is_i64() => quoted(&number.to_string()),
        Json::Number(number) => number.to_string(),
        Json::String(text) => quoted(text),
        Json::Array(items) => list(items.iter().map(json)),
        Json::Object(notes) => table(notes),
    }
}

fn bare(key: &str) -> String {
    let is_bare = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_bare { key.to_owned() } else { quoted(key) }
}

/// In quotes, with what TOML does not allow there escaped.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => drop(write!(out, "\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
