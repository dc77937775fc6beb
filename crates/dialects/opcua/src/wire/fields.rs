//! Looking into JSON without building a tree: an object's named members, a list's elements, a scalar's text.
//!
//! Promises: one pass each, members that mean nothing are skipped, and a member that is there twice is refused, since it
//! could mean either. Called by everything in this dialect that reads JSON.

use serde::Deserializer;
use serde::de::{Error, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use tieline_model::json::{malformed, members};
use tieline_model::{Reason, Refusal};

/// The members of an object with these names, as they stand in the text.
pub(crate) fn fields<'a, const N: usize>(
    json: &'a str,
    names: [&str; N],
) -> Result<[Option<&'a RawValue>; N], Refusal> {
    let mut found = [None; N];
    let mut is_twice = false;
    members(json, |name, value| {
        if let Some(place) = names.iter().position(|known| *known == name) {
            is_twice |= found[place].replace(value).is_some();
        }
    })
    .map_err(|error| malformed(&error))?;
    match is_twice {
        true => Err(Refusal::new(Reason::BadField, "a field is there twice; send it once")),
        false => Ok(found),
    }
}

/// Why a value cannot be read: what is wrong, without any of it.
pub(crate) type Unreadable = &'static str;

/// Calls `each` for every element of a list, in order, until one cannot be read.
pub(crate) fn elements<'a>(
    json: &'a str,
    each: impl FnMut(&'a RawValue) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let mut unreadable = None;
    let list = Elements { each, unreadable: &mut unreadable };
    match serde_json::Deserializer::from_str(json).deserialize_seq(list) {
        Ok(()) => Ok(()),
        Err(_) => Err(unreadable.unwrap_or("a list is expected")),
    }
}

struct Elements<'r, F> {
    each: F,
    unreadable: &'r mut Option<Unreadable>,
}

impl<'de, F: FnMut(&'de RawValue) -> Result<(), Unreadable>> Visitor<'de> for Elements<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element()? {
            if let Err(what) = (self.each)(element) {
                *self.unreadable = Some(what);
                return Err(A::Error::custom(what));
            }
        }
        Ok(())
    }
}

/// A text's content, or a number or truth as it is written: clients may send either form. `None` for anything else, and for
/// half a surrogate pair, which is no text.
pub(crate) fn scalar(raw: &RawValue) -> Option<Cow<'_, str>> {
    let json = raw.get();
    match json.as_bytes() {
        [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => Some(Cow::Borrowed(&json[1..json.len() - 1])),
        [b'"', ..] => serde_json::from_str(json).ok().map(Cow::Owned),
        [b'{' | b'[' | b'n', ..] => None,
        _ => Some(Cow::Borrowed(json)),
    }
}

/// Whether it says nothing: null, or the empty text that stands for it.
pub(crate) fn is_nothing(raw: &RawValue) -> bool {
    matches!(raw.get(), "null" | r#""""#)
}
