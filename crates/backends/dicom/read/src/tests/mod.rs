//! Tests of the reader: what is written by small helpers is read as the contract says, and what is broken is refused.

mod any;
mod enhanced;
mod private;
mod structure;
mod texts;
mod tolerance;
mod values;
mod xa;

use super::{Header, ReadLimits, Unreadable, read_from};
use crate::write::{self, Element};
use crate::{Parameter, Value};
use dicom_core::VR;
use std::io::Cursor;

/// An element that ends the header, with four bytes of image.
fn pixels() -> Element {
    Element::new((0x7FE0, 0x0010), VR::OW, [1, 2, 3, 4])
}

fn text(tag: (u16, u16), vr: VR, text: &str) -> Element {
    Element::text(tag, vr, text)
}

fn try_bytes(bytes: &[u8]) -> Result<Header, Unreadable> {
    read_from(Cursor::new(bytes), bytes.len() as u64, &ReadLimits::default())
}

fn header(elements: &[Element]) -> Header {
    try_bytes(&write::file(elements)).unwrap()
}

/// The value of one parameter in a file with these elements.
fn value(elements: &[Element], parameter: Parameter) -> Value {
    header(elements).parameters.get(parameter).clone()
}

fn words(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Values print a redaction; a failing test of ours may show them, since they are made up.
#[track_caller]
fn assert_value(have: &Value, expected: &Value) {
    assert!(have == expected, "{} is not {}", shown(have), shown(expected));
}

fn shown(value: &Value) -> String {
    match value {
        Value::Absent => "absent".to_owned(),
        Value::Nothing => "nothing".to_owned(),
        Value::Text(text) => format!("{text:?}"),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => format!("{number:?}"),
        Value::Integers(numbers) => format!("{numbers:?}"),
        Value::Numbers(numbers) => format!("{numbers:?}"),
    }
}

/// An element without value representation, little endian.
fn implicit(tag: (u16, u16), value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(&tag.0.to_le_bytes());
    out.extend_from_slice(&tag.1.to_le_bytes());
    out.extend_from_slice(&(value.len() as u32).to_le_bytes());
    out.extend_from_slice(value);
    out
}

/// An element in big endian whose length has two bytes.
fn big(tag: (u16, u16), vr: &str, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(&tag.0.to_be_bytes());
    out.extend_from_slice(&tag.1.to_be_bytes());
    out.extend_from_slice(vr.as_bytes());
    out.extend_from_slice(&(value.len() as u16).to_be_bytes());
    out.extend_from_slice(value);
    out
}

/// A file whose meta information names this transfer syntax, with these bytes as its data set.
fn with_syntax(uid: &str, data_set: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 128];
    out.extend_from_slice(b"DICM");
    out.extend_from_slice(&write::data_set(&[Element::text((2, 0x10), VR::UI, uid)]));
    out.extend_from_slice(data_set);
    out
}
