//! What stands in quotation marks: as JSON writes it, and as what it says.
//!
//! Promises: serde_json alone says what an escape of JSON means; the other escapes are first written as one of those.
//! Called with slices that the scan has found.

use std::borrow::Cow;

/// The content of a text; `None` for what is not in quotation marks, and for half a surrogate pair.
pub(super) fn content(source: &str) -> Option<Cow<'_, str>> {
    let mark = source.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let content = source.strip_prefix(mark)?.strip_suffix(mark)?;
    if memchr::memchr(b'\\', content.as_bytes()).is_none() {
        return Some(Cow::Borrowed(content));
    }
    if let Ok(content) = serde_json::from_str(source) {
        return Some(Cow::Owned(content));
    }
    let mut json = String::with_capacity(source.len());
    quote(source, &mut json);
    serde_json::from_str(&json).ok().map(Cow::Owned)
}

/// The same for a key, which may do without quotation marks.
pub(super) fn key(source: &str) -> Option<Cow<'_, str>> {
    match source.starts_with(['"', '\'']) {
        true => content(source),
        false => Some(Cow::Borrowed(source)),
    }
}

/// Writes a text or a key as JSON does; escapes that JSON knows stay as they are.
pub(super) fn quote(source: &str, json: &mut String) {
    let quoted = source.strip_prefix(['"', '\'']).and_then(|rest| rest.strip_suffix(['"', '\'']));
    json.push('"');
    let mut rest = quoted.unwrap_or(source).chars();
    while let Some(char) = rest.next() {
        if char == '\\' {
            escape(&mut rest, json);
        } else {
            plain(char, json);
        }
    }
    json.push('"');
}

/// One character that stands for itself.
fn plain(char: char, json: &mut String) {
    match char {
        '"' => json.push_str("\\\""),
        '\n' => json.push_str("\\n"),
        '\r' => json.push_str("\\r"),
        '\t' => json.push_str("\\t"),
        _ => json.push(char),
    }
}

/// What follows a backslash.
fn escape(rest: &mut std::str::Chars<'_>, json: &mut String) {
    match rest.next() {
        Some(known @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u')) => {
            json.push('\\');
            json.push(known);
        }
        Some('x') => {
            json.push_str("\\u00");
            json.extend(rest.by_ref().take(2));
        }
        Some('v') => json.push_str("\\u000b"),
        Some('0') => json.push_str("\\u0000"),
        // A line that goes on in the next one.
        Some('\r') if rest.as_str().starts_with('\n') => {
            rest.next();
        }
        Some('\n' | '\r' | '\u{2028}' | '\u{2029}') | None => {}
        Some(other) => plain(other, json),
    }
}

/// Whether the first sign, after blanks and comments, opens an object. Asked of texts that were read whole.
pub(super) fn begins_with_object(text: &str) -> bool {
    let mut scan = super::scan::Scan::new(text);
    matches!(scan.next(), Ok(Some((super::scan::Token::OpenObject, _))))
}
