//! A typed value: one of OPC UA's built-in types, alone or as a list, with the dimensions of a list that has several.

use super::{Own, members, node, number, plain, time};
use crate::wire::fields::{Unreadable, elements, is_nothing};
use serde_json::value::RawValue;
use std::ops::RangeInclusive;

/// How deep Variants may stand in lists of Variants. Each level is read again from its text, so this bounds the work.
const MOST_NESTED: usize = 8;
/// A list of these has further typed values in it.
const VARIANT: i128 = 24;

/// Appends `{"Type","Body","Dimensions"?}`. `is_array`: an empty text is an empty list.
pub(super) fn variant(raw: &RawValue, is_array: bool, nested: usize, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    let [kind, body, dimensions] = members(raw, ["Type", "Body", "Dimensions"])?;
    let kind = number::within(kind.ok_or("a value needs `Type`")?, 1..=VARIANT)?;
    typed(kind, body.ok_or("a value needs `Body`")?, dimensions, is_array, nested, out)
}

/// Appends the same for a value that is written flat: in the variable's own type, or in the one that the client names where
/// the variable takes any.
pub(super) fn in_own_type(
    own: Own,
    named: Option<&RawValue>,
    body: &RawValue,
    dimensions: Option<&RawValue>,
    out: &mut Vec<u8>,
) -> Result<(), Unreadable> {
    let named = named.map(|kind| number::within(kind, 1..=VARIANT)).transpose()?;
    let kind = own.kind.or(named).ok_or("the variable takes any type, so the value needs `Type` and `Body`")?;
    match body.get() {
        "null" => Err("a value is missing"),
        list if list.starts_with('[') && !own.is_array => Err("the variable is no array; it takes one value"),
        list if own.is_array && !list.starts_with('[') && list != r#""""# => {
            Err("the variable is an array; it takes a list")
        }
        _ => typed(kind, body, dimensions, own.is_array, 0, out),
    }
}

fn typed(
    kind: i128,
    body: &RawValue,
    dimensions: Option<&RawValue>,
    is_array: bool,
    nested: usize,
    out: &mut Vec<u8>,
) -> Result<(), Unreadable> {
    out.extend_from_slice(format!(r#"{{"Type":{kind},"Body":"#).as_bytes());
    let dimensions = dimensions.filter(|dimensions| !is_nothing(dimensions));
    match body.get() {
        list if list.starts_with('[') => {
            let length = write_list(list, kind, nested, out)?;
            if let Some(dimensions) = dimensions {
                write_dimensions(dimensions, length, out)?;
            }
        }
        _ if dimensions.is_some() => return Err("`Dimensions` are those of a list"),
        r#""""# if is_array => out.extend_from_slice(b"[]"),
        _ if kind == VARIANT => return Err("a Variant stands in a list only"),
        _ => write_scalar(body, kind, nested, out)?,
    }
    out.push(b'}');
    Ok(())
}

/// Appends a list and gives its length.
fn write_list(list: &str, kind: i128, nested: usize, out: &mut Vec<u8>) -> Result<u64, Unreadable> {
    let mut length = 0;
    out.push(b'[');
    elements(list, |element| {
        if length > 0 {
            out.push(b',');
        }
        length += 1;
        write_scalar(element, kind, nested, out)
    })?;
    out.push(b']');
    Ok(length)
}

/// Appends the dimensions of a list when there are several; together they must be as many as it has elements.
fn write_dimensions(dimensions: &RawValue, length: u64, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    let (mut product, mut count, mut written) = (1u64, 0, String::new());
    elements(dimensions.get(), |dimension| {
        let size = number::within(dimension, 0..=u32::MAX.into())?;
        product =
            u64::try_from(size).ok().and_then(|size| product.checked_mul(size)).ok_or("`Dimensions` are too large")?;
        written.push(if count == 0 { '[' } else { ',' });
        written.push_str(&size.to_string());
        count += 1;
        Ok(())
    })?;
    if count > 0 && product != length {
        return Err("`Dimensions` do not agree with the list's length");
    }
    if count > 1 {
        out.extend_from_slice(format!(r#","Dimensions":{written}]"#).as_bytes());
    }
    Ok(())
}

fn write_scalar(raw: &RawValue, kind: i128, nested: usize, out: &mut Vec<u8>) -> Result<(), Unreadable> {
    match kind {
        1 => number::boolean(raw, out),
        10 => number::single(raw, out),
        11 => number::double(raw, out),
        12 | 16 => plain::string(raw, out),
        13 => time::value(raw, out),
        14 => plain::guid(raw, out),
        15 => plain::bytes(raw, out),
        17 => node::node_id(raw, out),
        18 => node::expanded_node_id(raw, out),
        20 => plain::qualified_name(raw, out),
        21 => plain::localized_text(raw, out),
        22 => node::extension_object(raw, out),
        VARIANT if is_null(raw) => {
            out.extend_from_slice(br#"{"Type":0,"Body":null}"#);
            Ok(())
        }
        VARIANT if nested < MOST_NESTED => variant(raw, false, nested + 1, out),
        VARIANT => Err("Variants are nested too deep"),
        _ => {
            let number = number::within(raw, range(kind).ok_or("values of this type cannot be written")?)?;
            out.extend_from_slice(number.to_string().as_bytes());
            Ok(())
        }
    }
}

/// Whether a place in a list of Variants has nothing in it: null, or type 0 without a body.
fn is_null(raw: &RawValue) -> bool {
    let Ok([Some(kind), body]) = members(raw, ["Type", "Body"]) else { return is_nothing(raw) };
    number::within(kind, 0..=0).is_ok() && body.is_none_or(is_nothing)
}

/// What a whole number of this type may be.
fn range(kind: i128) -> Option<RangeInclusive<i128>> {
    Some(match kind {
        2 => i8::MIN.into()..=i8::MAX.into(),
        3 => 0..=u8::MAX.into(),
        4 => i16::MIN.into()..=i16::MAX.into(),
        5 => 0..=u16::MAX.into(),
        6 => i32::MIN.into()..=i32::MAX.into(),
        7 | 19 => 0..=u32::MAX.into(),
        8 => i64::MIN.into()..=i64::MAX.into(),
        9 => 0..=u64::MAX.into(),
        _ => return None,
    })
}
