//! Type dictionaries, as servers had them before data types had definitions (OPC UA part 3, OPC Binary): an XML text that
//! says what is in the bytes of each type.
//!
//! Promises: a type that is not of the usual make, with bits elsewhere than in front, is not taken.

use super::types::{Enumeration, Field, Kind, Shape, Structure, Table};
use opcua::types::NodeId;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::HashMap;
use std::sync::Arc;

/// A longer text is no dictionary.
const LONGEST: usize = 16 << 20;
/// So many types of one dictionary are taken.
const MOST: usize = 5000;
/// The bits of an encoding mask.
const MASK: u32 = 32;

/// The structure of this name in a dictionary, with this encoding, and those in it; their data types are not known here, so
/// they go by names of their own. `None`: it says nothing of it that can be used.
pub fn in_dictionary(text: &[u8], name: &str, encoding: &NodeId) -> Option<Table> {
    let text = if text.len() <= LONGEST { text } else { b"" };
    table(&parse(&String::from_utf8_lossy(text))?, name, encoding)
}

/// What a dictionary says of one name.
#[derive(Debug, PartialEq)]
pub(super) enum Described {
    Structure(Vec<Part>),
    Enumeration(Arc<Enumeration>),
}

/// One field as it is written.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Part {
    name: String,
    kind: String,
    /// The field that tells how many there are.
    length: String,
    /// The field that tells whether it is there, and for unions with which number.
    switch: String,
    number: Option<u32>,
    bits: u32,
}

pub(super) fn parse(text: &str) -> Option<HashMap<String, Described>> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut types = HashMap::new();
    let (mut parts, mut names): (Vec<Part>, Vec<(i64, String)>) = (Vec::new(), Vec::new());
    let mut name = String::new();
    while types.len() < MOST {
        match reader.read_event().ok()? {
            Event::Start(tag) => match tag.local_name().as_ref() {
                b"StructuredType" | b"EnumeratedType" => {
                    (parts, names) = (Vec::new(), Vec::new());
                    name = attribute(&tag, "Name");
                }
                b"Field" => parts.push(Part {
                    name: attribute(&tag, "Name"),
                    kind: attribute(&tag, "TypeName"),
                    length: attribute(&tag, "LengthField"),
                    switch: attribute(&tag, "SwitchField"),
                    number: attribute(&tag, "SwitchValue").parse().ok(),
                    bits: attribute(&tag, "Length").parse().unwrap_or(1),
                }),
                b"EnumeratedValue" => {
                    names.push((attribute(&tag, "Value").parse().ok()?, attribute(&tag, "Name")));
                }
                _ => {}
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                b"StructuredType" => {
                    types.insert(std::mem::take(&mut name), Described::Structure(std::mem::take(&mut parts)));
                }
                b"EnumeratedType" => {
                    let names = Enumeration(std::mem::take(&mut names));
                    types.insert(std::mem::take(&mut name), Described::Enumeration(Arc::new(names)));
                }
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    Some(types)
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> String {
    let found = tag.attributes().with_checks(false).flatten().find(|one| one.key.as_ref() == name.as_bytes());
    let raw = found.map(|one| String::from_utf8_lossy(&one.value).into_owned()).unwrap_or_default();
    quick_xml::escape::unescape(&raw).map(|text| text.into_owned()).unwrap_or_default()
}

/// The structure of this name with all that it needs.
pub(super) fn table(types: &HashMap<String, Described>, name: &str, encoding: &NodeId) -> Option<Table> {
    let mut table = Table::default();
    let mut pending = vec![name.to_owned()];
    while let Some(name) = pending.pop() {
        let id = own_id(encoding, &name);
        if table.by_type(&id).is_some() {
            continue;
        }
        let Described::Structure(parts) = types.get(&name)? else { return None };
        let (kind, fields) = fields(types, parts, encoding, &mut pending)?;
        let is_wanted = table.is_empty();
        let encoding = if is_wanted { encoding.clone() } else { NodeId::null() };
        table.insert(id, Structure { encoding, kind, fields });
    }
    Some(table)
}

/// A name in a dictionary as an id that no node has.
fn own_id(encoding: &NodeId, name: &str) -> NodeId {
    NodeId::new(encoding.namespace, format!("{encoding} {name}"))
}

fn fields(
    types: &HashMap<String, Described>,
    parts: &[Part],
    encoding: &NodeId,
    pending: &mut Vec<String>,
) -> Option<(Kind, Vec<Field>)> {
    let is_bit = |part: &Part| part.kind.ends_with(":Bit");
    let bits: u32 = parts.iter().filter(|part| is_bit(part)).map(|part| part.bits).sum();
    let is_union = parts.iter().any(|part| part.number.is_some());
    let kind = match (bits, is_union) {
        (0, false) => Kind::Plain,
        (0, true) => Kind::Union,
        (MASK, false) => Kind::Optional,
        _ => return None,
    };
    let counts: Vec<&str> = parts.iter().map(|part| part.length.as_str()).filter(|name| !name.is_empty()).collect();
    // In a union the first field is the number of the one that is there.
    let selector = if is_union { parts.first()?.name.as_str() } else { "" };
    let real = parts.iter().filter(|part| {
        !is_bit(part) && !counts.contains(&part.name.as_str()) && (selector.is_empty() || part.name != selector)
    });
    let mut fields = Vec::new();
    for part in real {
        let shape = shape(types, &part.kind, encoding, pending)?;
        let rank = usize::from(!part.length.is_empty());
        fields.push(Field { name: part.name.clone(), shape, rank, is_optional: !part.switch.is_empty() && !is_union });
    }
    Some((kind, fields))
}

fn shape(
    types: &HashMap<String, Described>,
    kind: &str,
    encoding: &NodeId,
    pending: &mut Vec<String>,
) -> Option<Shape> {
    let (_, name) = kind.split_once(':')?;
    if let Some(own) = types.get(name) {
        return Some(match own {
            Described::Enumeration(names) => Shape::Enumeration(names.clone()),
            Described::Structure(_) => {
                pending.push(name.to_owned());
                Shape::Structure(own_id(encoding, name))
            }
        });
    }
    // The names of OPC Binary, where they are others than the built-in types'.
    let name = match name {
        "CharArray" => "String",
        "Char" => return None,
        name => name,
    };
    crate::value::data_type_id(name).map(Shape::Plain)
}
