//! From an object to the bytes of a structure, field by field.
//!
//! Promises: every field that is not optional has to be there, and no other may be; scalars may stand as texts, as
//! everywhere; what is wrong is told with the path of its field, in plain words, without any of the value.

use super::Fields;
use super::types::{Enumeration, Field, Kind, Shape, Structure, Table};
use crate::value::{DEPTH, data_type_name, read_body};
use opcua::types::{
    Array, BinaryEncodable, ByteStringBody, ContextOwned, ExtensionObject, NodeId, Variant, VariantScalarTypeId,
};
use serde_json::Value as Json;
use serde_json::value::RawValue;
use std::borrow::Cow;
use tieline_model::json::members;

/// What does not fit, and what would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The field, with those around it: `Point.X`, `Points[3].X`.
    pub path: String,
    /// In plain words: `a whole number from 0 to 255 (Byte)`.
    pub expected: String,
}

type Done = Result<(), Misfit>;

fn misfit(path: &str, expected: impl Into<String>) -> Misfit {
    Misfit { path: path.to_owned(), expected: expected.into() }
}

/// Whether a client has written a structure in this value as an object.
pub fn has_fields(value: &Variant) -> bool {
    match value {
        Variant::ExtensionObject(object) => object.inner_is::<Fields>(),
        Variant::Variant(inner) => has_fields(inner),
        Variant::Array(array) => array.values.iter().any(has_fields),
        _ => false,
    }
}

/// The types that a client names in a value.
pub fn named_in(value: &Variant) -> Vec<NodeId> {
    match value {
        Variant::ExtensionObject(object) => {
            object.inner_as::<Fields>().and_then(|fields| fields.type_id.clone()).into_iter().collect()
        }
        Variant::Variant(inner) => named_in(inner),
        Variant::Array(array) => {
            let mut all: Vec<NodeId> = array.values.iter().flat_map(named_in).collect();
            all.dedup();
            all
        }
        _ => Vec::new(),
    }
}

/// Puts bytes in the place of objects; `own`: the structure of those that do not name their type.
pub fn fill(table: &Table, own: Option<&Structure>, value: &mut Variant) -> Result<(), Misfit> {
    match value {
        Variant::ExtensionObject(place) => {
            let Some(fields) = place.inner_as::<Fields>() else { return Ok(()) };
            let named = fields.type_id.as_ref().map(|id| table.named(id));
            let structure = match &named {
                Some(named) => named.as_deref(),
                None => own,
            };
            let unknown = || misfit("", "a structure whose type the server describes, or bytes in base64");
            let structure = structure.ok_or_else(unknown)?;
            let bytes = object(table, structure, &fields.json)?;
            *place = ExtensionObject::new(ByteStringBody::new(bytes.into(), structure.encoding.clone()));
            Ok(())
        }
        Variant::Variant(inner) => fill(table, own, inner),
        Variant::Array(array) => array.values.iter_mut().try_for_each(|value| fill(table, own, value)),
        _ => Ok(()),
    }
}

/// The value of a field by itself, as arguments of methods are sent.
pub fn argument(table: &Table, field: &Field, json: &str) -> Result<Variant, Misfit> {
    let path = &field.name;
    let one = |json: &str| match &field.shape {
        Shape::Structure(data_type) => {
            let structure = table.by_type(data_type).ok_or_else(|| misfit(path, "a structure that is not known"))?;
            let bytes =
                object(table, &structure, json).map_err(|inner| misfit(&below(path, &inner.path), inner.expected))?;
            let body = ByteStringBody::new(bytes.into(), structure.encoding.clone());
            Ok(Variant::from(ExtensionObject::new(body)))
        }
        Shape::Enumeration(names) => {
            number_of(names, json).map(Variant::Int32).ok_or_else(|| misfit(path, named(names)))
        }
        Shape::Plain(kind) => {
            let mut value = plain(*kind, json).ok_or_else(|| misfit(path, example(*kind)))?;
            fill(table, None, &mut value).map_err(|inner| misfit(&below(path, &inner.path), inner.expected))?;
            Ok(value)
        }
    };
    if field.rank == 0 {
        // An argument of any type brings its own.
        return one(json).map(|value| if let Variant::Variant(inner) = value { *inner } else { value });
    }
    let (mut lengths, mut flat) = (vec![None; field.rank], Vec::new());
    flatten(json, &mut lengths, &mut flat).ok_or_else(|| misfit(path, wanted(field)))?;
    let values = flat.into_iter().map(one).collect::<Result<Vec<_>, _>>()?;
    let kind = match &field.shape {
        Shape::Structure(_) => VariantScalarTypeId::ExtensionObject,
        Shape::Enumeration(_) => VariantScalarTypeId::Int32,
        Shape::Plain(kind) => {
            VariantScalarTypeId::try_from(u32::from(*kind)).map_err(|_| misfit(path, example(*kind)))?
        }
    };
    let lengths: Vec<u32> = lengths.into_iter().filter_map(|length| length?.try_into().ok()).collect();
    let array = match field.rank {
        _ if values.is_empty() => Array::new(kind, values),
        1 => Array::new(kind, values),
        _ => Array::new_multi(kind, values, lengths),
    };
    array.map(Variant::from).map_err(|_| misfit(path, wanted(field)))
}

/// The bytes of the structure that this object is.
pub(super) fn object(table: &Table, structure: &Structure, json: &str) -> Result<Vec<u8>, Misfit> {
    let mut out = Vec::new();
    whole(table, structure, json, "", DEPTH, &mut out)?;
    Ok(out)
}

fn whole(table: &Table, structure: &Structure, json: &str, path: &str, depth: usize, out: &mut Vec<u8>) -> Done {
    let depth = depth.checked_sub(1).ok_or_else(|| misfit(path, "fewer structures in structures"))?;
    // Where every scalar is a text, nothing at all is the empty one.
    let json = if json == r#""""# { "{}" } else { json };
    let mut given: Vec<Option<&RawValue>> = vec![None; structure.fields.len()];
    let mut odd = None;
    let read = members(json, |name, value| match structure.fields.iter().position(|field| field.name == name) {
        Some(at) => match given.get_mut(at) {
            Some(place) if place.is_none() => *place = Some(value),
            _ => odd = odd.take().or(Some((at, "one value"))),
        },
        None => odd = odd.take().or(Some((usize::MAX, "no other field"))),
    });
    read.map_err(|_| misfit(path, "an object with the structure's fields"))?;
    let names = || structure.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ");
    if let Some((at, expected)) = odd {
        return Err(match structure.fields.get(at) {
            Some(field) => misfit(&below(path, &field.name), expected),
            None => misfit(path, format!("{expected} than {}", names())),
        });
    }
    let is_given = |field: &Field, value: &Option<&RawValue>| {
        value.is_some_and(|value| !field.is_optional || value.get() != "null")
    };
    match structure.kind {
        Kind::Plain => {}
        Kind::Optional => {
            let optional = structure.fields.iter().zip(&given).filter(|(field, _)| field.is_optional);
            let bits = (0u32..).zip(optional).filter(|(_, (field, value))| is_given(field, value));
            let mask = bits.fold(0u32, |mask, (bit, _)| mask | 1u32.checked_shl(bit).unwrap_or_default());
            out.extend_from_slice(&mask.to_le_bytes());
        }
        Kind::Union => {
            let mut chosen = (1u32..).zip(&given).filter(|(_, value)| value.is_some());
            let number = chosen.next().map_or(0, |(number, _)| number);
            if chosen.next().is_some() {
                return Err(misfit(path, format!("one of {}", names())));
            }
            out.extend_from_slice(&number.to_le_bytes());
        }
    }
    for (field, value) in structure.fields.iter().zip(given) {
        let path = below(path, &field.name);
        match value {
            Some(value) if is_given(field, &Some(value)) => one(table, field, value.get(), &path, depth, out)?,
            _ if structure.kind == Kind::Union || (structure.kind == Kind::Optional && field.is_optional) => {}
            _ => return Err(misfit(&path, wanted(field))),
        }
    }
    Ok(())
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn one(table: &Table, field: &Field, json: &str, path: &str, depth: usize, out: &mut Vec<u8>) -> Done {
    match field.rank {
        0 => value(table, &field.shape, json, path, depth, out),
        1 if json == "null" => {
            out.extend_from_slice(&(-1i32).to_le_bytes());
            Ok(())
        }
        1 => {
            let list = elements(json).ok_or_else(|| misfit(path, wanted(field)))?;
            out.extend_from_slice(&length(list.len(), path)?.to_le_bytes());
            list.iter().enumerate().try_for_each(|(at, element)| {
                value(table, &field.shape, element.get(), &format!("{path}[{at}]"), depth, out)
            })
        }
        rank => {
            let (mut lengths, mut flat) = (vec![None; rank], Vec::new());
            flatten(json, &mut lengths, &mut flat).ok_or_else(|| misfit(path, wanted(field)))?;
            out.extend_from_slice(&length(rank, path)?.to_le_bytes());
            for one in lengths {
                out.extend_from_slice(&length(one.unwrap_or(0), path)?.to_le_bytes());
            }
            flat.iter().try_for_each(|element| value(table, &field.shape, element, path, depth, out))
        }
    }
}

/// Lists in lists of equal length, one after the other.
fn flatten<'a>(json: &'a str, lengths: &mut [Option<usize>], flat: &mut Vec<&'a str>) -> Option<()> {
    let Some((own, inner)) = lengths.split_first_mut() else {
        flat.push(json);
        return Some(());
    };
    let list = elements(json)?;
    (*own.get_or_insert(list.len()) == list.len()).then_some(())?;
    list.iter().try_for_each(|element| flatten(element.get(), inner, flat))
}

fn elements(json: &str) -> Option<Vec<&RawValue>> {
    if json == r#""""# { Some(Vec::new()) } else { serde_json::from_str(json).ok() }
}

fn length(length: usize, path: &str) -> Result<i32, Misfit> {
    i32::try_from(length).map_err(|_| misfit(path, "a shorter list"))
}

fn value(table: &Table, shape: &Shape, json: &str, path: &str, depth: usize, out: &mut Vec<u8>) -> Done {
    match shape {
        Shape::Structure(data_type) => {
            let structure = table.by_type(data_type).ok_or_else(|| misfit(path, "a structure that is not known"))?;
            whole(table, &structure, json, path, depth, out)
        }
        Shape::Enumeration(names) => {
            let number = number_of(names, json).ok_or_else(|| misfit(path, named(names)))?;
            out.extend_from_slice(&number.to_le_bytes());
            Ok(())
        }
        Shape::Plain(kind) => {
            let mut value = plain(*kind, json).ok_or_else(|| misfit(path, example(*kind)))?;
            fill(table, None, &mut value).map_err(|inner| misfit(&below(path, &inner.path), inner.expected))?;
            let owned = ContextOwned::default();
            let written = match &value {
                Variant::Variant(inner) => inner.encode(out, &owned.context()),
                value => value.encode_value(out, &owned.context()),
            };
            written.map_err(|_| misfit(path, example(*kind)))
        }
    }
}

/// A value of a built-in type, in either form of its scalars.
pub(crate) fn plain(kind: u8, json: &str) -> Option<Variant> {
    let json = loosened(kind, json)?;
    let raw: &RawValue = serde_json::from_str(&json).ok()?;
    read_body(kind, raw)
}

fn loosened(kind: u8, json: &str) -> Option<Cow<'_, str>> {
    let text = || serde_json::from_str::<String>(json).ok();
    let is_text = json.starts_with('"');
    Some(match kind {
        1 if is_text => Cow::Owned(text()?.trim().to_lowercase()),
        2..=9 | 19 if is_text => Cow::Owned(text()?.trim().to_owned()),
        10 | 11 if is_text => {
            let text = text()?.trim().to_lowercase();
            match text.as_str() {
                "nan" | "inf" | "-inf" => Cow::Owned(format!("{text:?}")),
                _ => Cow::Owned(text),
            }
        }
        // A number or a truth as a text.
        12 | 16 if !is_text && json != "null" && !json.starts_with(['{', '[']) => Cow::Owned(format!("\"{json}\"")),
        17 | 18 | 20 => {
            let mut object: serde_json::Map<String, Json> = serde_json::from_str(json).ok()?;
            let is_numeric = object.get("IdType").is_none_or(|kind| kind == 0 || kind == "0" || kind == "");
            for (key, value) in &mut object {
                let is_number = key != "Name" && (key != "Id" || is_numeric);
                if let Some(number) = value.as_str().filter(|_| is_number).and_then(|text| text.parse::<u32>().ok()) {
                    *value = number.into();
                }
            }
            object.retain(|key, value| key == "Id" || key == "Name" || value != "");
            Cow::Owned(Json::Object(object).to_string())
        }
        _ => Cow::Borrowed(json),
    })
}

/// By its number, its name, both with an underscore between as others write it, or as it is read.
fn number_of(names: &Enumeration, json: &str) -> Option<i32> {
    match serde_json::from_str(json).ok()? {
        Json::Number(number) => i32::try_from(number.as_i64()?).ok(),
        Json::String(text) => {
            let text = text.trim();
            let behind = || text.rsplit_once('_').and_then(|(_, number)| number.parse().ok());
            names.number(text).or_else(|| text.parse().ok()).or_else(behind)
        }
        Json::Object(object) => match object.get("Value") {
            Some(value) => number_of(names, &value.to_string()),
            None => number_of(names, &object.get("Name")?.to_string()),
        },
        _ => None,
    }
}

/// What a field takes, in plain words.
pub fn wanted(field: &Field) -> String {
    let one = match &field.shape {
        Shape::Plain(kind) => example(*kind),
        Shape::Enumeration(names) => named(names),
        Shape::Structure(_) => "an object".to_owned(),
    };
    match field.rank {
        0 => one,
        1 => format!("a list, each element {one}"),
        rank => format!("lists in lists, {rank} deep and each as long as its neighbours, each element {one}"),
    }
}

fn named(names: &Enumeration) -> String {
    let names: Vec<String> = names.0.iter().take(20).map(|(number, name)| format!("{name} ({number})")).collect();
    if names.is_empty() { "a whole number".to_owned() } else { format!("one of {}", names.join(", ")) }
}

/// What a value of this type looks like, in plain words.
pub(crate) fn example(kind: u8) -> String {
    let what = match kind {
        1 => "true or false",
        2 => "a whole number from -128 to 127",
        3 => "a whole number from 0 to 255",
        4 => "a whole number from -32768 to 32767",
        5 => "a whole number from 0 to 65535",
        6..=9 => "a whole number in its range",
        10 | 11 => "a number",
        13 => "a time as in 2020-01-02T03:04:05Z",
        15 => "bytes in base64",
        17 | 18 => "a node as in {\"Id\": 85}",
        21 => "a text as in {\"Text\": \"Oven\"}",
        22 => "a structure with `TypeId` and `Body`",
        24 => "a value with `Type` and `Body`",
        _ => "a text",
    };
    format!("{what} ({})", data_type_name(kind).unwrap_or("?"))
}
