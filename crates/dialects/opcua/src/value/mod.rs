//! Reading what clients want written: from either scalar form of the wire to the strict event form that the backend gets
//! (contract `opcua`, Values).
//!
//! Promises: what comes out is in range, whole where its type is, and says what was meant to the last digit; anything else
//! is refused and never wrapped, rounded or guessed. Called by the conversation.

mod kind;
mod node;
mod number;
mod plain;
pub(crate) mod time;
mod variant;

pub(crate) use kind::Own;
pub(crate) use number::whole;

use crate::wire::fields::{Unreadable, fields, is_nothing, scalar};
use serde_json::value::RawValue;

/// A `WRITE_REQUEST`'s `Value` in event form: a DataValue with a type of its own, or a value that is written flat and gets
/// the variable's, as in `"77"`, `[1,2]` or `{"Type":6,"Body":"4711"}`.
pub(crate) fn written(json: &RawValue, own: Own) -> Result<Vec<u8>, Unreadable> {
    let [value, kind, body, dimensions] = match json.get().starts_with('{') {
        // What is there twice is told by whoever reads the fields.
        true if own.is_structure() => members(json, ["Value", "Type", "Body", "Dimensions"]).unwrap_or_default(),
        true => members(json, ["Value", "Type", "Body", "Dimensions"])?,
        false => [None; 4],
    };
    // A structure's fields may be called as anything; its value is one that says its type.
    let is_fields = own.is_structure() && kind.is_none() && !value.is_some_and(says_type);
    if is_fields {
        let mut out = br#"{"Value":"#.to_vec();
        variant::in_own_type(own, None, json, None, &mut out)?;
        out.push(b'}');
        return Ok(out);
    }
    if value.is_some() {
        return data_value(json, own.is_array);
    }
    let mut out = Vec::with_capacity(json.get().len() + 32);
    out.extend_from_slice(br#"{"Value":"#);
    match kind {
        Some(kind) => variant::in_own_type(own, Some(kind), body.ok_or("a value needs `Body`")?, dimensions, &mut out)?,
        None => variant::in_own_type(own, None, json, None, &mut out)?,
    }
    out.push(b'}');
    Ok(out)
}

fn says_type(value: &RawValue) -> bool {
    matches!(members(value, ["Type"]), Ok([Some(_)]))
}

/// `{"Value":{"Type","Body"},"Status"?,"SourceTimestamp"?,"ServerTimestamp"?}` in event form. `is_array`: an empty text is an
/// empty list.
fn data_value(json: &RawValue, is_array: bool) -> Result<Vec<u8>, Unreadable> {
    let names = ["Value", "Status", "SourceTimestamp", "ServerTimestamp"];
    let [value, status, source, server] = members(json, names)?;
    let mut out = Vec::with_capacity(json.get().len() + 32);
    out.extend_from_slice(br#"{"Value":"#);
    variant::variant(value.ok_or("`Value` has no `Value`")?, is_array, 0, &mut out)?;
    if let Some(status) = status.filter(|status| !is_nothing(status)) {
        let status = number::within(status, 0..=u32::MAX.into())?;
        if status != 0 {
            out.extend_from_slice(format!(r#","Status":{status}"#).as_bytes());
        }
    }
    for (key, time) in [("SourceTimestamp", source), ("ServerTimestamp", server)] {
        if let Some(time) = time.filter(|time| !is_nothing(time)) {
            out.extend_from_slice(format!(r#","{key}":"#).as_bytes());
            time::value(time, &mut out)?;
        }
    }
    out.push(b'}');
    Ok(out)
}

/// The members of an object inside a value.
fn members<'a, const N: usize>(json: &'a RawValue, names: [&str; N]) -> Result<[Option<&'a RawValue>; N], Unreadable> {
    fields(json.get(), names).map_err(|_| "an object is expected, with each field once")
}

/// The text of a scalar in either form.
fn text(raw: &RawValue) -> Result<std::borrow::Cow<'_, str>, Unreadable> {
    scalar(raw).ok_or("a text, a number or a truth is expected")
}
