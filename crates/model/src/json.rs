//! Reading a client's JSON within bounds: the depth is checked before anything is built from it.
//!
//! Called by the dialects, before they parse. Promises: time linear in the text, no recursion.

use crate::{Reason, Refusal, safe};
use serde::Deserializer;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Calls `member` for each key and value of an object, in order, without building a tree. `Err` is serde_json's, for text
/// that is no object.
pub fn members<'a>(json: &'a str, member: impl FnMut(&str, &'a RawValue)) -> serde_json::Result<()> {
    let mut reader = serde_json::Deserializer::from_str(json);
    reader.deserialize_map(Members(member))?;
    reader.end()
}

struct Members<F>(F);

impl<'de, F: FnMut(&str, &'de RawValue)> Visitor<'de> for Members<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        // A key is borrowed where it has no escapes, which is nearly always, and owned otherwise.
        while let Some(Key(key)) = map.next_key()? {
            (self.0)(&key, map.next_value()?);
        }
        Ok(())
    }
}

#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// Refuses text that nests objects and lists deeper than `limit` (0: no limit of ours; serde_json's own 128 holds).
pub fn check_depth(text: &str, limit: usize) -> Result<(), Refusal> {
    let limit = if limit == 0 { usize::MAX } else { limit };
    // Most messages have fewer brackets than the limit allows levels, and that is quickly seen.
    let brackets = memchr::memchr2_iter(b'{', b'[', text.as_bytes());
    if brackets.take(limit.saturating_add(1)).count() <= limit || depth_within(text, limit) {
        return Ok(());
    }
    Err(too_deep(limit))
}

/// What is said of a text that is nested too deep.
pub(crate) fn too_deep(limit: usize) -> Refusal {
    let detail = safe!("JSON is nested deeper than {} (limits.json_depth)", limit);
    Refusal::new(Reason::TooLarge, detail).at_limit("json_depth")
}

/// What is wrong with a text that should be one JSON object: places only, never the text itself.
pub fn malformed(error: &serde_json::Error) -> Refusal {
    use serde_json::error::Category;
    let (line, column) = (error.line(), error.column());
    let detail = match error.classify() {
        Category::Data => "a message must be one JSON object".into(),
        Category::Eof => safe!("the JSON ends too early, at line {} column {}", line, column),
        Category::Io | Category::Syntax => safe!("not JSON: line {} column {}", line, column),
    };
    Refusal::new(Reason::Malformed, detail)
}

fn depth_within(text: &str, limit: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limit {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_texts_do_not_count() {
        assert!(check_depth(r#"{"a":"[[[[\"[[","b":[1]}"#, 2).is_ok());
        assert!(check_depth("[[[]]]", 2).is_err());
        assert!(check_depth("[[],[],[]]", 2).is_ok());
        assert!(check_depth(&"[".repeat(100_000), 0).is_ok());
    }
}
