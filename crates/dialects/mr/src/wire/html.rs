//! Escaping the texts of a JSON document against HTML, in one pass and without understanding it.
//!
//! Promises: what comes out is JSON of the same shape; no string in it, key or value, holds `&` other than the beginning
//! of an entity, nor `<`, `>` or a quote, however the JSON spelled them. Called once per group.

/// Appends the JSON text `json` with `& < > " '` inside its strings as entities.
pub(crate) fn escape(json: &[u8], out: &mut Vec<u8>) {
    out.reserve(json.len() + json.len() / 16);
    let (mut at, mut written, mut in_string) = (0, 0, false);
    while let Some(&byte) = json.get(at) {
        // How many bytes stand for this character, and which character it is if it is one of the five.
        let (length, character) = match byte {
            b'"' => {
                in_string = !in_string;
                (1, 0)
            }
            b'\\' if in_string => escaped(&json[at..]),
            b'&' | b'<' | b'>' | b'\'' if in_string => (1, byte),
            _ => (1, 0),
        };
        if let Some(entity) = entity(character) {
            out.extend_from_slice(&json[written..at]);
            out.extend_from_slice(entity);
            written = at + length;
        }
        at += length;
    }
    out.extend_from_slice(&json[written.min(json.len())..]);
}

/// Length and meaning of an escape sequence of JSON; 0 for a character that needs no entity.
fn escaped(json: &[u8]) -> (usize, u8) {
    match json {
        [_, b'"', ..] => (2, b'"'),
        [_, b'u', b'0', b'0', high, low, ..] => {
            let digit = |digit: &u8| char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            match (digit(high), digit(low)) {
                (Some(high), Some(low)) => (6, high << 4 | low),
                _ => (2, 0),
            }
        }
        _ => (2, 0),
    }
}

fn entity(character: u8) -> Option<&'static [u8]> {
    match character {
        b'&' => Some(b"&amp;"),
        b'<' => Some(b"&lt;"),
        b'>' => Some(b"&gt;"),
        b'"' => Some(b"&quot;"),
        b'\'' => Some(b"&#39;"),
        _ => None,
    }
}
