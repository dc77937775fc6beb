//! From OPC UA to JSON, byte by byte: this runs for every change of every variable.

mod composed;
mod plain;

use super::DEPTH;
use super::time::write_time;
use crate::structures::Structures;
use composed::{expanded_node_id, extension_object, localized_text, node_id, qualified_name};
use opcua::types::{Array, DataValue, StatusCode, SubStatusCode, UaNullable, Variant};
pub use plain::quoted;
use plain::{base64, float, guid, number, text};

/// Writes a DataValue, or its status when the value has no JSON form.
pub fn write_data_value(value: &DataValue, structures: &Structures, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(b"{\"Value\":");
    let written = value.value.as_ref().is_some_and(|value| variant(value, structures, DEPTH, out).is_some());
    if !written {
        out.truncate(start);
        let status = value.status();
        return status_code(if status.is_good() { StatusCode::BadInternalError } else { status }, out);
    }
    let status = value.status().bits();
    if status != 0 {
        out.extend_from_slice(b",\"Status\":");
        number(status, out);
    }
    for (key, time) in [
        (b",\"SourceTimestamp\":\"".as_slice(), value.source_timestamp),
        (b",\"ServerTimestamp\":\"".as_slice(), value.server_timestamp),
    ] {
        if let Some(time) = time.filter(|time| !time.is_null()) {
            out.extend_from_slice(key);
            write_time(&time, out);
            out.push(b'"');
        }
    }
    out.push(b'}');
}

/// Writes `{"StatusCode":"…"}` with the symbolic name. A code that the standard does not name is told by its severity.
pub fn status_code(status: StatusCode, out: &mut Vec<u8>) {
    let name = match status.sub_code() {
        SubStatusCode::Invalid if status.is_good() => "Good",
        SubStatusCode::Invalid if status.is_uncertain() => "Uncertain",
        SubStatusCode::Invalid => "Bad",
        known => known.name(),
    };
    out.extend_from_slice(b"{\"StatusCode\":\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\"}");
}

/// Writes `{"Type","Body","Dimensions"?}`. `None`: it has no JSON form, and what was written is to be taken back.
fn variant(value: &Variant, structures: &Structures, depth: usize, out: &mut Vec<u8>) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    out.extend_from_slice(b"{\"Type\":");
    match value {
        Variant::Array(array) => many(array, structures, depth, out)?,
        scalar => {
            number(type_of(scalar)?, out);
            out.extend_from_slice(b",\"Body\":");
            body(scalar, structures, depth, out)?;
        }
    }
    out.push(b'}');
    Some(())
}

fn many(array: &Array, structures: &Structures, depth: usize, out: &mut Vec<u8>) -> Option<()> {
    number(array.value_type as u32, out);
    out.extend_from_slice(b",\"Body\":[");
    // Without elements there is nothing else that would tell of a type without JSON form.
    if matches!(array.value_type as u32, DATA_VALUE | DIAGNOSTIC_INFO) {
        return None;
    }
    for (at, element) in array.values.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        body(element, structures, depth, out)?;
    }
    out.push(b']');
    let dimensions = array.dimensions.as_deref().filter(|dimensions| dimensions.len() > 1 && !array.values.is_empty());
    if let Some(dimensions) = dimensions {
        out.extend_from_slice(b",\"Dimensions\":[");
        for (at, dimension) in dimensions.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            number(dimension, out);
        }
        out.push(b']');
    }
    Some(())
}

/// A Variant without a value.
const NULL: &[u8] = br#"{"Type":0,"Body":null}"#;

/// Writes a value without its type: a scalar's body, or a list of them. `None`: it has no JSON form, and what was written is
/// to be taken back.
pub fn flat(value: &Variant, structures: &Structures, out: &mut Vec<u8>) -> Option<()> {
    let Variant::Array(array) = value else { return body(value, structures, DEPTH, out) };
    out.push(b'[');
    for (at, element) in array.values.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        body(element, structures, DEPTH, out)?;
    }
    out.push(b']');
    Some(())
}

const DATA_VALUE: u32 = 23;
const DIAGNOSTIC_INFO: u32 = 25;

/// The number of a scalar's built-in type, when it has a JSON form.
fn type_of(value: &Variant) -> Option<u8> {
    let id = match value {
        Variant::Boolean(_) => 1,
        Variant::SByte(_) => 2,
        Variant::Byte(_) => 3,
        Variant::Int16(_) => 4,
        Variant::UInt16(_) => 5,
        Variant::Int32(_) => 6,
        Variant::UInt32(_) => 7,
        Variant::Int64(_) => 8,
        Variant::UInt64(_) => 9,
        Variant::Float(_) => 10,
        Variant::Double(_) => 11,
        Variant::String(_) => 12,
        Variant::DateTime(_) => 13,
        Variant::Guid(_) => 14,
        Variant::ByteString(_) => 15,
        Variant::XmlElement(_) => 16,
        Variant::NodeId(_) => 17,
        Variant::ExpandedNodeId(_) => 18,
        Variant::StatusCode(_) => 19,
        Variant::QualifiedName(_) => 20,
        Variant::LocalizedText(_) => 21,
        Variant::ExtensionObject(_) => 22,
        Variant::Variant(_) => 24,
        Variant::Empty | Variant::DataValue(_) | Variant::DiagnosticInfo(_) | Variant::Array(_) => return None,
    };
    Some(id)
}

/// Writes the body of a scalar. `None`: it has no JSON form, and what was written is to be taken back.
pub(crate) fn body(value: &Variant, structures: &Structures, depth: usize, out: &mut Vec<u8>) -> Option<()> {
    match value {
        Variant::Boolean(value) => number(value, out),
        Variant::SByte(value) => number(value, out),
        Variant::Byte(value) => number(value, out),
        Variant::Int16(value) => number(value, out),
        Variant::UInt16(value) => number(value, out),
        Variant::Int32(value) => number(value, out),
        Variant::UInt32(value) => number(value, out),
        Variant::Int64(value) => number(value, out),
        Variant::UInt64(value) => number(value, out),
        Variant::Float(value) => float(f64::from(*value), value, out),
        Variant::Double(value) => float(*value, value, out),
        Variant::String(value) => text(value, out),
        Variant::DateTime(value) => {
            out.push(b'"');
            write_time(value, out);
            out.push(b'"');
        }
        Variant::Guid(value) => guid(value, out),
        Variant::ByteString(value) => base64(value, out),
        Variant::XmlElement(value) if value.is_ua_null() => out.extend_from_slice(b"null"),
        Variant::XmlElement(value) => quoted(&value.to_string(), out),
        Variant::NodeId(value) => node_id(value, out),
        Variant::ExpandedNodeId(value) => expanded_node_id(value, out),
        Variant::StatusCode(value) => number(value.bits(), out),
        Variant::QualifiedName(value) => qualified_name(value, out),
        Variant::LocalizedText(value) => localized_text(value, out),
        Variant::ExtensionObject(value) => extension_object(value, structures, depth, out)?,
        // In a list there may be nothing in a place.
        Variant::Variant(value) if value.is_empty() => out.extend_from_slice(NULL),
        Variant::Variant(value) => variant(value, structures, depth, out)?,
        Variant::Empty | Variant::DataValue(_) | Variant::DiagnosticInfo(_) | Variant::Array(_) => return None,
    }
    Some(())
}

/// The types that have no JSON form have a name and a number all the same.
#[cfg(test)]
#[test]
fn numbers_are_those_of_the_names() {
    assert_eq!(super::data_type_id("DataValue").map(u32::from), Some(DATA_VALUE));
    assert_eq!(super::data_type_id("DiagnosticInfo").map(u32::from), Some(DIAGNOSTIC_INFO));
}
