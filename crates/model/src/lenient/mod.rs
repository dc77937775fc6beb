//! Reading JSON as people write it by hand: keys without quotation marks, single quotation marks, trailing commas,
//! comments, line breaks inside texts, `NaN` and `Infinity`. It is JSON5 but for hexadecimal numbers, and line breaks in
//! texts on top.
//!
//! Called by dialects whose products take such texts, after the strict reader has refused one. Promises: what is JSON
//! is never read differently from how serde_json reads it; the exact slice of each value stays at hand; time linear in
//! the text, no recursion, memory of one byte for each level of nesting, and never deeper than the limit.
//!
//! It is Tieline's own because nothing else gives all of that: `json5` has no slices and refuses line breaks in texts,
//! `jsonc-parser` knows no `NaN` and builds a tree first.

mod scan;
mod text;
mod walk;

use crate::{Reason, Refusal, safe};
use serde_json::value::RawValue;
use std::borrow::Cow;
use walk::{Event, Walk};

/// A value as it stands in a text that was read whole.
#[derive(Clone, Copy)]
pub struct Lenient<'a>(&'a str);

impl<'a> Lenient<'a> {
    /// The value that the strict reader has found.
    pub fn of(raw: &'a RawValue) -> Lenient<'a> {
        Lenient(raw.get())
    }

    /// Its exact place in the text, without blanks and comments around it.
    pub fn source(self) -> &'a str {
        self.0
    }

    /// Whether it is in quotation marks, double or single.
    pub fn is_text(self) -> bool {
        self.0.starts_with(['"', '\''])
    }

    /// Whether it is `null`.
    pub fn is_null(self) -> bool {
        self.0 == "null"
    }

    /// What stands in the quotation marks, copied only where it has escapes. `None` for any other value, and for half a
    /// surrogate pair, which is no text and cannot be sent as one.
    pub fn text(self) -> Option<Cow<'a, str>> {
        text::content(self.0)
    }

    /// The elements of a list, one after another; `None` for any other value.
    pub fn items(self) -> Option<impl Iterator<Item = Lenient<'a>>> {
        // What it holds was read before, so there is no fault in it to stop at.
        self.0.starts_with('[').then(|| Children::of(self.0, 0).filter_map(|child| Some(child.ok()?.1)))
    }

    /// The same value where it is strict JSON.
    pub fn json(self) -> Option<&'a RawValue> {
        serde_json::from_str(self.0).ok()
    }
}

/// Calls `member` for each key and value of an object, in order, without building a tree. Refuses a text that is no
/// object, or not one thing alone, or nested deeper than `limit` (0: no limit).
pub fn members<'a>(text: &'a str, limit: usize, mut member: impl FnMut(&str, Lenient<'a>)) -> Result<(), Refusal> {
    for child in Children::of(text, limit) {
        let (Some(key), value) = child? else {
            return Err(Refusal::new(Reason::Malformed, "a message must be one JSON object"));
        };
        let Some(key) = text::key(key) else {
            return Err(Refusal::new(Reason::Malformed, "a key has half of a surrogate pair; it is no text"));
        };
        member(&key, value);
    }
    match text::begins_with_object(text) {
        true => Ok(()),
        false => Err(Refusal::new(Reason::Malformed, "a message must be one JSON object")),
    }
}

/// The same in strict JSON, for those who read on with serde_json: comments are gone, texts and keys quoted, numbers
/// spelled as JSON spells them. Refuses `NaN` and `Infinity`, for which JSON has no words, and what `members` refuses
/// but for the object: any value will do.
pub fn to_json(text: &str, limit: usize) -> Result<String, Refusal> {
    let mut walk = Walk::new(text, limit);
    let mut json = String::with_capacity(text.len());
    let mut after_a_value = false;
    while let Some((event, place)) = walk.next()? {
        let slice = &text[place];
        if after_a_value && !matches!(event, Event::Close) {
            json.push(',');
        }
        match event {
            Event::Open | Event::Close => json.push_str(slice),
            Event::Key => {
                text::quote(slice, &mut json);
                json.push(':');
            }
            Event::Text => text::quote(slice, &mut json),
            Event::Word => scan::word(slice, &mut json)?,
        }
        after_a_value = matches!(event, Event::Close | Event::Text | Event::Word);
    }
    Ok(json)
}

/// What stands directly in the outermost list or object: the key, if it has one, and the value. A value that is neither
/// list nor object stands for itself.
struct Children<'a> {
    text: &'a str,
    walk: Walk<'a>,
}

impl<'a> Children<'a> {
    fn of(text: &'a str, limit: usize) -> Children<'a> {
        Children { text, walk: Walk::new(text, limit) }
    }

    fn child(&mut self) -> Result<Option<(Option<&'a str>, Lenient<'a>)>, Refusal> {
        let (mut key, mut from) = (None, None);
        while let Some((event, place)) = self.walk.next()? {
            let depth = self.walk.depth();
            match event {
                Event::Key if depth == 1 => key = Some(&self.text[place]),
                Event::Open if depth == 2 => from = Some(place.start),
                Event::Close if depth == 1 => {
                    return Ok(from.map(|from| (key, Lenient(&self.text[from..place.end]))));
                }
                Event::Text | Event::Word if depth <= 1 => return Ok(Some((key, Lenient(&self.text[place])))),
                _ => {}
            }
        }
        Ok(None)
    }
}

impl<'a> Iterator for Children<'a> {
    type Item = Result<(Option<&'a str>, Lenient<'a>), Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        self.child().transpose()
    }
}

/// What is wrong at a place: the place only, never the text itself.
fn malformed(text: &str, at: usize) -> Refusal {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let column = at - memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1) + 1;
    Refusal::new(Reason::Malformed, safe!("not JSON, however loosely it is read: line {} column {}", line, column))
}

#[cfg(test)]
mod tests;
