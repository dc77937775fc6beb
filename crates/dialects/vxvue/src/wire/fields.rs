//! Reading single fields of a message without building a tree: whole numbers and texts.
//!
//! Promises: no recursion whatever the nesting; only what is asked for is decoded. Called by the rest of `wire` and by
//! the event form.

use serde_json::value::RawValue;
use std::borrow::Cow;
use tieline_model::{Reason, Refusal, safe};

/// A number of the envelope: whole, from 0 to 4294967295. `106.0` and `1.06e2` are the number 106 as well, as they are
/// to the JavaScript on the other side.
pub(crate) fn whole(raw: &RawValue) -> Option<u32> {
    let text = raw.get();
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    (number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number)).then_some(number as u32)
}

/// The content of a JSON string; `None` for any other value, and for half a surrogate pair, which is no text.
pub(crate) fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    let content = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    match content.contains('\\') {
        false => Some(Cow::Borrowed(content)),
        true => serde_json::from_str(raw.get()).ok().map(Cow::Owned),
    }
}

/// Whether this is `null`, which everywhere in this dialect means the same as absent.
pub(crate) fn is_null(raw: &RawValue) -> bool {
    raw.get() == "null"
}

/// Puts a member into its place, once: receivers disagree about which of two equal keys counts, so one message could
/// say different things to different displays.
pub(crate) fn put<'a>(slot: &mut Option<&'a RawValue>, key: &'static str, raw: &'a RawValue) -> Result<(), Refusal> {
    match slot.replace(raw) {
        None => Ok(()),
        Some(_) => Err(Refusal::new(Reason::BadField, safe!("`{}` is there twice; send it once", key))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> &RawValue {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn whole_numbers_in_any_spelling() {
        let cases = [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("106", Some(106)),
            ("106.0", Some(106)),
            ("1.06e2", Some(106)),
            ("1E2", Some(100)),
            ("4294967295", Some(u32::MAX)),
            ("4294967296", None),
            ("1e400", None),
            ("123456789012345678901234567890", None),
            ("106.5", None),
            ("-1", None),
            ("\"106\"", None),
            ("true", None),
            ("null", None),
            ("[1]", None),
        ];
        for (json, expected) in cases {
            assert_eq!(whole(raw(json)), expected, "{json}");
        }
    }

    #[test]
    fn texts_are_decoded_and_nothing_else_is_one() {
        assert_eq!(text(raw(r#""CHEST""#)).as_deref(), Some("CHEST"));
        assert_eq!(text(raw(r#""\u0043\"""#)).as_deref(), Some("C\""));
        assert_eq!(text(raw(r#""\ud83e\uddb4""#)).as_deref(), Some("🦴"));
        for json in [r#""\ud800""#, "1", "null", "{}", "[]"] {
            assert_eq!(text(raw(json)), None, "{json}");
        }
    }
}
