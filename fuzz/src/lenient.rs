//! The tolerant reader of JSON, beside serde_json: what both read they read alike.

use crate::talk;
use serde_json::Value as Json;
use serde_json::value::RawValue;
use tieline_model::json;
use tieline_model::lenient::{Lenient, members, to_json};

/// Levels of the bounded reading.
const DEPTH: usize = 6;

/// A text: its members, their content, its strict spelling, with and without a limit.
pub(crate) fn run(data: &[u8]) {
    let text = talk::with_marker(data);
    let loosely = read(&text, 0);
    let mut strictly = Vec::new();
    let content = |raw: &RawValue| serde_json::from_str::<String>(raw.get()).ok();
    let strict = json::members(&text, |key, raw| strictly.push((key.to_owned(), raw.get().to_owned(), content(raw))));
    if strict.is_ok() {
        assert_eq!(loosely.as_ref(), Some(&strictly), "JSON is never read differently");
    }
    // Whatever is within the limit is read as without it.
    if let Some(bounded) = read(&text, DEPTH) {
        assert_eq!(Some(&bounded), loosely.as_ref());
        assert!(to_json(&text, 0).is_err() || json::check_depth(&to_json(&text, 0).unwrap(), DEPTH).is_ok());
    }
    match to_json(&text, 0) {
        Err(refusal) => {
            talk::refusal(&refusal);
            assert!(serde_json::from_str::<&RawValue>(&text).is_err(), "JSON is refused: {refusal}");
        }
        Ok(strict) => {
            serde_json::from_str::<&RawValue>(&strict).expect("it is JSON now");
            assert_eq!(to_json(&strict, 0).unwrap(), strict, "and stays as it is");
            // As values, where serde_json can hold them (no half surrogates, no numbers beyond a double).
            if let (Ok(before), Ok(after)) =
                (serde_json::from_str::<Json>(&text), serde_json::from_str::<Json>(&strict))
            {
                assert_eq!(before, after);
            }
        }
    }
}

/// Key, exact slice and content of each member; `None` when it is refused.
fn read(text: &str, depth: usize) -> Option<Vec<(String, String, Option<String>)>> {
    let mut found = Vec::new();
    let mut end = 0;
    let read = members(text, depth, |key, value| {
        let at = value.source().as_ptr() as usize - text.as_ptr() as usize;
        assert!(at >= end && at + value.source().len() <= text.len(), "slices of the text, in order");
        end = at + value.source().len();
        elements(value);
        found.push((key.to_owned(), value.source().to_owned(), value.text().map(|content| content.into_owned())));
    });
    match read {
        Ok(()) => Some(found),
        Err(refusal) => {
            talk::refusal(&refusal);
            None
        }
    }
}

/// A list's elements are all there, each a value of its own.
fn elements(value: Lenient<'_>) {
    let Some(items) = value.items() else { return };
    let items: Vec<&str> = items.map(Lenient::source).collect();
    if let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(value.source()) {
        assert_eq!(items, list.iter().map(|raw| raw.get()).collect::<Vec<_>>());
    }
    items.iter().for_each(|item| drop(to_json(item, 0)));
    assert!(items.iter().map(|item| item.len()).sum::<usize>() <= value.source().len());
}
