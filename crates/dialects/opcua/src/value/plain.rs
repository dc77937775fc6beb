//! Texts, bytes, and the small objects made of texts and numbers.

use super::{members, number, text};
use crate::wire::fields::{Unreadable, is_nothing};
use crate::wire::head::quote;
use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD};
use serde_json::value::RawValue;

/// The standard alphabet; padding may be left out.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Appends a text, or null.
pub(super) fn string(raw: &RawValue, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    match raw.get() {
        "null" => out.extend_from_slice(b"null"),
        _ => quote(&text(raw)?, out),
    }
    Ok(())
}

/// Appends bytes as base64, or null.
pub(super) fn bytes(raw: &RawValue, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    if raw.get() == "null" {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    let bytes = LENIENT.decode(text(raw)?.trim_ascii()).map_err(|_| "bytes in base64 are expected")?;
    quote(&STANDARD.encode(bytes), out);
    Ok(())
}

/// Appends a GUID in upper case.
pub(super) fn guid(raw: &RawValue, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    let text = text(raw)?;
    let text = text.trim_ascii();
    let is_right = |(place, byte): (usize, u8)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    if text.len() != 36 || !text.bytes().enumerate().all(is_right) {
        return Err("a GUID is expected, as in 72962B91-FA75-4AE6-8D28-B404DC7DAF63");
    }
    quote(&text.to_ascii_uppercase(), out);
    Ok(())
}

/// Appends a QualifiedName: `{"Name","Uri"?}`.
pub(super) fn qualified_name(raw: &RawValue, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    let [name, namespace] = members(raw, ["Name", "Uri"])?;
    out.extend_from_slice(br#"{"Name":"#);
    text_or_empty(name.ok_or("a QualifiedName needs `Name`")?, out)?;
    index("Uri", namespace, u16::MAX.into(), out)?;
    out.push(b'}');
    Ok(())
}

/// Appends a LocalizedText: `{"Locale","Text"}`.
pub(super) fn localized_text(raw: &RawValue, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    let [locale, content] = members(raw, ["Locale", "Text"])?;
    out.extend_from_slice(br#"{"Locale":"#);
    match locale {
        Some(locale) => text_or_empty(locale, out)?,
        None => out.extend_from_slice(b"\"\""),
    }
    out.extend_from_slice(br#","Text":"#);
    text_or_empty(content.ok_or("a LocalizedText needs `Text`")?, out)?;
    out.push(b'}');
    Ok(())
}

/// Appends a text; null is the empty one.
pub(super) fn text_or_empty(raw: &RawValue, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    match raw.get() {
        "null" => out.extend_from_slice(b"\"\""),
        _ => quote(&text(raw)?, out),
    }
    Ok(())
}

/// Appends `,"key":number` unless it is 0 or absent.
pub(super) fn index(key: &str, raw: Option<&RawValue>, most: i128, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    let number = match raw.filter(|raw| !is_nothing(raw)) {
        Some(raw) => number::within(raw, 0..=most)?,
        None => 0,
    };
    if number != 0 {
        out.extend_from_slice(format!(r#","{key}":{number}"#).as_bytes());
    }
    Ok(())
}
