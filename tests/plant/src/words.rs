//! The values of `tests/opcua/plant.json`, as each of the dialect's two forms has them.

use super::Library;
use serde_json::{Value, json};

/// How the dialect writes scalars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalars {
    /// Every one a text.
    String,
    /// As JSON has them.
    Native,
}

impl Scalars {
    /// Both of them.
    pub const ALL: [Scalars; 2] = [Scalars::String, Scalars::Native];

    /// The word for it in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Scalars::String => "string",
            Scalars::Native => "native",
        }
    }
}

/// A built-in type and values of it.
#[derive(Debug)]
pub struct Type {
    /// Its number.
    pub id: u8,
    /// Its name in variables of the plant: `Scalar.<name>` holds the first value, `Array.<name>` all of them.
    pub name: String,
    values: Vec<Value>,
    /// The same as the dialect tells them, where that is something else.
    told: Vec<Value>,
}

/// Every built-in type of the plant, with the values that this library keeps whole.
pub fn types(library: Library) -> Vec<Type> {
    let plant = plant();
    let entries = plant["types"].as_array().into_iter().flatten();
    entries
        .map(|entry| {
            let [mut values, mut told] =
                ["values", "told"].map(|key| entry[key].as_array().cloned().unwrap_or_default());
            if let (Library::NodeOpcua, Some(most)) = (library, entry["node_opcua"].as_u64()) {
                [&mut values, &mut told].into_iter().for_each(|list| list.truncate(most as usize));
            }
            if told.is_empty() {
                told.clone_from(&values);
            }
            let id = entry["id"].as_u64().and_then(|id| u8::try_from(id).ok()).unwrap_or_default();
            Type { id, name: entry["name"].as_str().unwrap_or_default().to_owned(), values, told }
        })
        .collect()
}

pub(super) fn plant() -> Value {
    serde_json::from_str(include_str!("../../opcua/plant.json")).unwrap_or_default()
}

impl Type {
    /// The values in the words of `plant.json`.
    pub fn plain(&self) -> &[Value] {
        &self.values
    }

    /// The values as the dialect writes them.
    pub fn values(&self, scalars: Scalars) -> Vec<Value> {
        self.told.iter().map(|value| written(self.id, value, scalars)).collect()
    }

    /// What the configuration calls it.
    pub fn builtin(&self) -> &str {
        if self.name == "Structure" { "ExtensionObject" } else { &self.name }
    }

    /// Whether what a server says of itself is this value: servers have several texts for one number or time.
    pub fn is_same(&self, found: &Value, value: &Value) -> bool {
        if let (Value::Array(found), Value::Array(values)) = (found, value) {
            return found.len() == values.len()
                && found.iter().zip(values).all(|(one, other)| self.is_same(one, other));
        }
        let (Some(one), Some(other)) = (found.as_str(), value.as_str()) else { return found == value };
        match self.id {
            10 => one.parse::<f32>().map(f32::to_bits) == other.parse().map(f32::to_bits),
            11 => one.parse::<f64>().map(f64::to_bits) == other.parse().map(f64::to_bits),
            13 => without_zeros(one) == without_zeros(other),
            _ => one == other,
        }
    }
}

/// A time without the zeros at its end: `…05.120Z` is `…05.12Z`.
fn without_zeros(time: &str) -> String {
    let bare = time.trim_end_matches('Z');
    if bare.contains('.') { bare.trim_end_matches('0').trim_end_matches('.').to_owned() } else { bare.to_owned() }
}

fn written(id: u8, value: &Value, scalars: Scalars) -> Value {
    match (scalars, value) {
        (Scalars::String, Value::Null) => json!(""),
        (Scalars::String, _) => value.clone(),
        (Scalars::Native, Value::String(text)) if matches!(id, 1..=11 | 19) => {
            serde_json::from_str(text).unwrap_or_else(|_| value.clone())
        }
        (Scalars::Native, Value::Object(members)) => {
            let is_number = |key: &str, text: &str| match key {
                "Id" => members.get("IdType").is_none() && text.parse::<u32>().is_ok(),
                "IdType" | "ServerUri" | "Uri" | "UnitId" => true,
                "Namespace" => text.parse::<u16>().is_ok(),
                _ => false,
            };
            let one = |(key, value): (&String, &Value)| {
                let value = match value.as_str().filter(|text| is_number(key, text)) {
                    Some(text) => serde_json::from_str(text).unwrap_or_default(),
                    None => written(17, value, scalars),
                };
                (key.clone(), value)
            };
            Value::Object(members.iter().map(one).collect())
        }
        (Scalars::Native, _) => value.clone(),
    }
}
