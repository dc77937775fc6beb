//! `tieline config schema`: JSON Schema (draft 2020-12) of the file, for editors.
//!
//! Promises: every key of the catalog is in it, and nothing else is allowed by it.

use serde_json::{Map, Value, json};
use tieline_config::{Catalog, Key, MOST_NAMES};
use tieline_model::settings::{self, Kind, SIZES, UNITS, Values, length, prose, size};

/// The schema.
pub(in crate::cli) fn schema(catalog: &Catalog) -> Value {
    let mut sections = Map::new();
    for section in catalog.sections.iter().filter(|section| !section.name.contains('.')) {
        let mut properties = properties(&section.keys);
        let inner = format!("{}.", section.name);
        for table in &catalog.sections {
            if let Some(name) = table.name.strip_prefix(&inner) {
                properties.insert(name.to_owned(), object(&table.doc, self::properties(&table.keys)));
            }
        }
        sections.insert(section.name.clone(), object(&section.doc, properties));
    }
    let mut root = object("Configuration of Tieline.", sections);
    root["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    root["title"] = "tieline.toml".into();
    root
}

fn object(doc: &str, properties: Map<String, Value>) -> Value {
    json!({ "description": doc, "type": "object", "properties": properties, "additionalProperties": false })
}

fn properties(keys: &[Key]) -> Map<String, Value> {
    keys.iter().map(|key| (key.name.to_owned(), property(key))).collect()
}

fn property(key: &Key) -> Value {
    let mut property = match key.kind {
        Kind::Text => json!({"type": "string"}),
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Count => json!({"type": "integer", "minimum": 0}),
        Kind::Size => {
            let units = SIZES.map(|(name, _)| name).join("|");
            json!({"type": ["string", "integer"], "pattern": format!("^[0-9]+({units})?$"), "minimum": 0})
        }
        Kind::Duration => {
            let units = UNITS.map(|(name, _)| name).join("|");
            json!({"type": "string", "pattern": format!("^(0|[0-9]+({units}))$")})
        }
        Kind::Address => json!({"type": "string", "pattern": "^(\\[.+\\]|[0-9.]+):[0-9]{1,5}$"}),
        Kind::Choice(choices) => {
            let each = choices.iter().map(|choice| json!({"const": choice.name, "description": prose(choice.doc)}));
            json!({"type": "string", "oneOf": each.collect::<Vec<_>>()})
        }
        Kind::Texts => json!({"type": "array", "items": {"type": "string"}}),
        Kind::Tables(_) => json!({"type": "array", "items": object(&key.doc, properties(&key.inner))}),
        Kind::Named(_) => json!({
            "type": "object",
            "propertyNames": {"minLength": 1},
            "maxProperties": MOST_NAMES,
            "additionalProperties": object(&key.doc, properties(&key.inner)),
        }),
        Kind::Free => json!({"type": "object"}),
        Kind::FreeOr(word) => json!({"anyOf": [{"const": word}, {"type": "object"}]}),
    };
    if let Some(largest) = key.largest {
        property["maximum"] = largest.into();
    }
    match &key.depends {
        Some(depends) => property["description"] = format!("{} Default: {depends}.", key.doc).into(),
        None => {
            property["description"] = key.doc.as_str().into();
            property["default"] = match (key.kind, &key.default) {
                (Kind::FreeOr(word), settings::Value::Free(map)) if map.is_empty() => word.into(),
                (_, default) => value(default),
            };
        }
    }
    property
}

fn value(value: &settings::Value) -> Value {
    match value {
        settings::Value::Text(text) => text.as_str().into(),
        settings::Value::Count(number) => (*number).into(),
        settings::Value::Bool(truth) => (*truth).into(),
        settings::Value::Texts(texts) => texts.clone().into(),
        settings::Value::Size(bytes) => size(*bytes).into(),
        settings::Value::Duration(time) => length(*time).into(),
        settings::Value::Address(address) => address.to_string().into(),
        settings::Value::Tables(tables) => tables.iter().map(table).collect(),
        settings::Value::Named(tables) => tables.iter().map(|(name, values)| (name.clone(), table(values))).collect(),
        settings::Value::Free(map) => map.clone().into(),
    }
}

fn table(values: &Values) -> Value {
    values.iter().map(|(key, inner)| (key.to_owned(), value(inner))).collect()
}
