//! Numbers and texts. `None`: the JSON is no value of that type.

use super::super::read_time;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use opcua::types::{ByteString, Guid, UAString, Variant};
use serde_json::value::RawValue;
use std::str::FromStr;

/// The first whole number that a Double does not tell from its neighbour.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The types 1 to 11, from their digits.
pub(super) fn number(data_type: u8, text: &str) -> Option<Variant> {
    let value = match data_type {
        1 => Variant::Boolean(text.parse().ok()?),
        2 => Variant::SByte(whole(text)?),
        3 => Variant::Byte(whole(text)?),
        4 => Variant::Int16(whole(text)?),
        5 => Variant::UInt16(whole(text)?),
        6 => Variant::Int32(whole(text)?),
        7 => Variant::UInt32(whole(text)?),
        8 => Variant::Int64(whole(text)?),
        9 => Variant::UInt64(whole(text)?),
        10 => Variant::Float(match special(text) {
            Some(value) => value as f32,
            None => written(text)?.parse::<f32>().ok().filter(|value| value.is_finite())?,
        }),
        11 => Variant::Double(match special(text) {
            Some(value) => value,
            None => written(text)?.parse::<f64>().ok().filter(|value| value.is_finite())?,
        }),
        _ => return None,
    };
    Some(value)
}

/// A whole number, also one with an exponent or a fraction of zeros.
fn whole<T: FromStr + TryFrom<i64>>(text: &str) -> Option<T> {
    if let Ok(value) = text.parse() {
        return Some(value);
    }
    let value: f64 = written(text)?.parse().ok()?;
    let is_whole = value.fract() == 0.0 && value.abs() < EXACT;
    is_whole.then_some(value as i64).and_then(|value| T::try_from(value).ok())
}

/// JSON's numbers only: Rust reads a few more words than that.
fn written(text: &str) -> Option<&str> {
    text.starts_with(|c: char| c == '-' || c.is_ascii_digit()).then_some(text)
}

fn special(text: &str) -> Option<f64> {
    match text {
        "\"nan\"" => Some(f64::NAN),
        "\"inf\"" => Some(f64::INFINITY),
        "\"-inf\"" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// The types 12 to 16, which are texts in JSON, or null where OPC UA has a null of them.
pub(super) fn text(data_type: u8, raw: &RawValue) -> Option<Variant> {
    let text: Option<String> = serde_json::from_str(raw.get()).ok()?;
    let value = match data_type {
        12 => Variant::String(UAString::from(text)),
        13 => Variant::DateTime(Box::new(read_time(&text?)?)),
        14 => Variant::Guid(Box::new(guid(&text?)?)),
        15 => Variant::ByteString(bytes(text)?),
        16 => Variant::XmlElement(UAString::from(text).into()),
        _ => return None,
    };
    Some(value)
}

/// Five groups of digits with hyphens; other ways to write one are not the standard's.
pub(super) fn guid(text: &str) -> Option<Guid> {
    if text.len() != 36 {
        return None;
    }
    Guid::from_str(text).ok()
}

/// Base64, or a null.
pub(super) fn bytes(text: Option<String>) -> Option<ByteString> {
    match text {
        Some(text) => STANDARD.decode(text).ok().map(ByteString::from),
        None => Some(ByteString::null()),
    }
}
