//! Defaults as they are written in `section!`: TOML literals, checked when the section is compiled.
//!
//! Promises: a default whose text does not fit its kind does not compile, except for what is between the quotes of an
//! address or in a list, which the test of its section would show. Called by the code that `section!` writes.

use super::{Kind, SIZES, UNITS, Value};

/// Passes a default on when its text fits its kind; in a constant, one that does not fit is an error of the compiler.
pub const fn checked(kind: Kind, text: &'static str) -> &'static str {
    assert!(fits(kind, text.as_bytes()), "the default is not a TOML literal of the field's type");
    text
}

/// A field's name as the key people write: without the mark of a word of Rust.
pub const fn key(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

/// The value a default stands for.
pub(super) fn read(kind: Kind, text: &str) -> Option<Value> {
    match kind {
        Kind::Bool | Kind::Count => kind.read(text),
        Kind::Text | Kind::Size | Kind::Duration | Kind::Address | Kind::Choice(_) => kind.read(unquoted(text)?),
        // Nothing is their only default.
        Kind::Tables(_) => Some(Value::Tables(Vec::new())),
        Kind::Named(_) => Some(Value::Named(Vec::new())),
        Kind::Free => Some(Value::Free(serde_json::Map::new())),
        Kind::FreeOr(_) => kind.read(unquoted(text)?),
        Kind::Texts => {
            let inside = text.strip_prefix('[')?.strip_suffix(']')?.trim();
            if inside.is_empty() {
                return Some(Value::Texts(Vec::new()));
            }
            let texts = inside.split(',').map(|part| unquoted(part.trim()).map(str::to_owned));
            texts.collect::<Option<_>>().map(Value::Texts)
        }
    }
}

fn unquoted(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.strip_suffix('"')
}

const fn fits(kind: Kind, text: &[u8]) -> bool {
    match kind {
        Kind::Tables(_) => same(text, b"[]"),
        Kind::Named(_) | Kind::Free => same(text, b"{}"),
        Kind::FreeOr(word) => is_quoted(text) && same(inside(text), word.as_bytes()),
        Kind::Bool => same(text, b"true") || same(text, b"false"),
        Kind::Count => !text.is_empty() && digits(text) == text.len(),
        Kind::Text | Kind::Address => is_quoted(text),
        Kind::Size => is_quoted(text) && is_number(inside(text), &SIZES),
        Kind::Duration => is_quoted(text) && is_number(inside(text), &UNITS),
        Kind::Choice(choices) => {
            let mut at = 0;
            while at < choices.len() {
                if is_quoted(text) && same(inside(text), choices[at].name.as_bytes()) {
                    return true;
                }
                at += 1;
            }
            false
        }
        Kind::Texts => text.len() >= 2 && text[0] == b'[' && text[text.len() - 1] == b']',
    }
}

const fn same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

const fn digits(text: &[u8]) -> usize {
    let mut at = 0;
    while at < text.len() && text[at].is_ascii_digit() {
        at += 1;
    }
    at
}

/// In quotes, and with nothing between them that would mean something else to TOML.
const fn is_quoted(text: &[u8]) -> bool {
    if text.len() < 2 || text[0] != b'"' || text[text.len() - 1] != b'"' {
        return false;
    }
    let (inside, mut at) = (inside(text), 0);
    while at < inside.len() {
        if inside[at] == b'"' || inside[at] == b'\\' || inside[at] < b' ' {
            return false;
        }
        at += 1;
    }
    true
}

const fn inside(text: &[u8]) -> &[u8] {
    text.split_at(text.len() - 1).0.split_at(1).1
}

/// Whether it is a whole number with one of these units; nothing needs none.
const fn is_number(text: &[u8], units: &[(&str, u64)]) -> bool {
    let (number, unit) = text.split_at(digits(text));
    let mut at = 0;
    while at < units.len() {
        if !number.is_empty() && same(unit, units[at].0.as_bytes()) {
            return true;
        }
        at += 1;
    }
    same(text, b"0")
}
