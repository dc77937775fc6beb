//! The content of a JSON string, copied only when it has escapes. Called by everything in this dialect that reads a
//! text.

use serde_json::value::RawValue;
use std::borrow::Cow;

/// The content; `None` for any other value, and for half a surrogate pair, which is no text and cannot be sent as one.
pub(crate) fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    let content = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    match content.contains('\\') {
        false => Some(Cow::Borrowed(content)),
        true => serde_json::from_str(raw.get()).ok().map(Cow::Owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_text_is_a_text() {
        let cases = [
            (r#""""#, Some("")),
            (r#""plain""#, Some("plain")),
            (r#""a\n\u00e9\\""#, Some("a\né\\")),
            (r#""\ud83d\ude8c""#, Some("🚌")),
            (r#""\ud83d""#, None),
            ("1", None),
            ("null", None),
            (r#"["a"]"#, None),
        ];
        for (json, expected) in cases {
            let raw: &RawValue = serde_json::from_str(json).unwrap();
            assert_eq!(text(raw).as_deref(), expected, "{json}");
        }
    }
}
