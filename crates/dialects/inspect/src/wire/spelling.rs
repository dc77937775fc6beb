//! JSON text written otherwise: as Python's `json.dumps` writes it, for a script that is shown its own request, or without
//! blanks.
//!
//! Promises: time linear in the text, no recursion, no tree; the texts must be JSON and were read as such before. Called by
//! the reply to an unknown request, by custom commands and by `compose`.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use tieline_model::json::members;

/// The text as Python prints it: blanks behind commas and colons only, ASCII only, numbers as its own. Of an object's keys
/// that are there twice, the last value stands at the first place.
pub(crate) fn python(json: &str) -> String {
    let mut found: Vec<(String, &str)> = Vec::new();
    let mut place: HashMap<String, usize> = HashMap::new();
    let read = members(json, |key, value| match place.entry(key.to_owned()) {
        Entry::Occupied(place) => found[*place.get()].1 = value.get(),
        Entry::Vacant(free) => {
            free.insert(found.len());
            found.push((key.to_owned(), value.get()));
        }
    });
    let mut out = String::with_capacity(json.len());
    if read.is_err() {
        // No object, or one with a key that is half a character.
        respell(json, &mut out);
        return out;
    }
    for (at, (key, value)) in found.iter().enumerate() {
        out.push_str(if at == 0 { "{\"" } else { ", \"" });
        key.encode_utf16().for_each(|unit| push(unit, &mut out));
        out.push_str("\": ");
        respell(value, &mut out);
    }
    out.push_str(if found.is_empty() { "{}" } else { "}" });
    out
}

/// The text without the blanks between its tokens.
pub(crate) fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    tokens(json, |token| out.push_str(token));
    out
}

/// Calls `each` for every token: a text with its quotes, a number, a word, or one character.
fn tokens<'a>(json: &'a str, mut each: impl FnMut(&'a str)) {
    let mut rest = json.trim_ascii_start();
    while let Some(first) = rest.bytes().next() {
        let length = match first {
            b'"' => text_length(rest),
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            _ => rest.find([',', ']', '}', ' ', '\t', '\n', '\r']).unwrap_or(rest.len()),
        };
        let (token, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        each(token);
        rest = behind.trim_ascii_start();
    }
}

/// How long the text at the beginning is, both quotes included.
fn text_length(rest: &str) -> usize {
    let mut escaped = false;
    let end = rest.bytes().skip(1).position(|byte| match byte {
        _ if escaped => {
            escaped = false;
            false
        }
        b'\\' => {
            escaped = true;
            false
        }
        byte => byte == b'"',
    });
    end.map_or(rest.len(), |end| end + 2)
}

fn respell(json: &str, out: &mut String) {
    tokens(json, |token| match token.as_bytes().first() {
        Some(b',') => out.push_str(", "),
        Some(b':') => out.push_str(": "),
        Some(b'"') => text(token, out),
        Some(b'-' | b'0'..=b'9') => number(token, out),
        _ => out.push_str(token),
    });
}

/// A text, its escapes read and written anew.
fn text(token: &str, out: &mut String) {
    out.push('"');
    let mut characters = token.get(1..).unwrap_or_default().chars();
    // The first unescaped quote is the last character.
    while let Some(character) = characters.next().filter(|character| *character != '"') {
        let unit = match (character, if character == '\\' { characters.next() } else { None }) {
            ('\\', Some('u')) => {
                let digits = characters.as_str().get(..4).unwrap_or_default();
                characters = characters.as_str().get(4..).unwrap_or_default().chars();
                u16::from_str_radix(digits, 16).unwrap_or(0xFFFD)
            }
            ('\\', Some('b')) => 8,
            ('\\', Some('t')) => 9,
            ('\\', Some('n')) => 10,
            ('\\', Some('f')) => 12,
            ('\\', Some('r')) => 13,
            ('\\', Some(other)) => other as u16,
            (plain, _) => {
                plain.encode_utf16(&mut [0; 2]).iter().for_each(|unit| push(*unit, out));
                continue;
            }
        };
        push(unit, out);
    }
    out.push('"');
}

/// One UTF-16 unit inside a text.
fn push(unit: u16, out: &mut String) {
    let short = match unit {
        0x22 => "\\\"",
        0x5C => "\\\\",
        8 => "\\b",
        9 => "\\t",
        10 => "\\n",
        12 => "\\f",
        13 => "\\r",
        0x20..=0x7E => return out.push(char::from(unit as u8)),
        _ => return out.push_str(&format!("\\u{unit:04x}")),
    };
    out.push_str(short);
}

/// A whole number as it came, any other as the shortest text that is the same double; one beyond all doubles as it came.
fn number(token: &str, out: &mut String) {
    let is_whole = !token.contains(['.', 'e', 'E']);
    let value: f64 = token.parse().unwrap_or(f64::INFINITY);
    if token == "-0" {
        out.push('0');
    } else if is_whole || value.is_infinite() {
        out.push_str(token);
    } else {
        // Both languages change to an exponent at the same sizes; Python's has a sign and at least two digits.
        let shortest = format!("{value:?}");
        // Of two shortest texts that are equally near, Python takes the even one, as JSON's writer does, and Rust the other.
        let even = serde_json::Number::from_f64(value).map(|number| number.to_string());
        let shortest = even.filter(|even| even.len() == shortest.len()).unwrap_or(shortest);
        let Some((digits, exponent)) = shortest.split_once('e') else { return out.push_str(&shortest) };
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
        out.push_str(&format!("{digits}e{sign}{exponent:0>2}"));
    }
}
