//! Numbers and texts as JSON. Writing into memory does not fail, so nothing here can.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use opcua::types::{ByteString, Guid, UAString};
use serde::Serialize;
use std::fmt::Display;
use std::io::Write;

pub(super) fn number(value: impl Display, out: &mut Vec<u8>) {
    let _ = write!(out, "{value}");
}

/// The shortest text that reads back the same in its own type; `2` where others write `2.0`.
pub(super) fn float(value: f64, own: &impl Serialize, out: &mut Vec<u8>) {
    if value.is_nan() {
        out.extend_from_slice(b"\"nan\"");
    } else if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"\"inf\"".as_slice() } else { b"\"-inf\"" });
    } else {
        let start = out.len();
        let _ = serde_json::to_writer(&mut *out, own);
        if out.ends_with(b".0") {
            out.truncate(out.len() - 2);
        } else if let Some(plus) = out.iter().skip(start).position(|byte| *byte == b'+') {
            out.remove(start + plus); // `1e+300`
        }
    }
}

/// Writes a text as JSON, with its quotes.
pub fn quoted(text: &str, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(out, text);
}

pub(super) fn text(text: &UAString, out: &mut Vec<u8>) {
    match text.value() {
        Some(text) => quoted(text, out),
        None => out.extend_from_slice(b"null"),
    }
}

/// Upper case with hyphens.
pub(super) fn guid(guid: &Guid, out: &mut Vec<u8>) {
    let start = out.len() + 1;
    let _ = write!(out, "\"{guid}\"");
    if let Some(digits) = out.get_mut(start..) {
        digits.make_ascii_uppercase();
    }
}

pub(super) fn base64(bytes: &ByteString, out: &mut Vec<u8>) {
    match &bytes.value {
        Some(bytes) => base64_of(bytes, out),
        None => out.extend_from_slice(b"null"),
    }
}

pub(super) fn base64_of(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let start = out.len();
    // Four letters for each three bytes begun, which is what the alphabet with padding needs.
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    if let Some(place) = out.get_mut(start..) {
        let _ = STANDARD.encode_slice(bytes, place);
    }
    out.push(b'"');
}
