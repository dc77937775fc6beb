//! From JSON in the event form to OPC UA: the value of a write.
//!
//! Promises: any text at all is a value or a refusal; numbers are read from their digits, so none is rounded on the way;
//! one that is out of range, or no whole number where the type has none but those, is refused. The text of a refusal says
//! which part is wrong, and holds nothing of it.

mod composed;
mod plain;

use super::{DEPTH, data_type_name, read_time};
use opcua::types::{Array, DataValue, StatusCode, Variant, VariantScalarTypeId};
use serde::Deserialize;
use serde_json::value::RawValue;
use tieline_model::{Reason, Refusal, Safe, safe};

/// A DataValue as it is written.
#[derive(Deserialize)]
struct Written<'a> {
    #[serde(rename = "Value", borrow)]
    value: Typed<'a>,
    #[serde(rename = "Status")]
    status: Option<u32>,
    #[serde(rename = "SourceTimestamp")]
    source: Option<String>,
    #[serde(rename = "ServerTimestamp")]
    server: Option<String>,
}

/// A Variant as it is written.
#[derive(Deserialize)]
pub struct Typed<'a> {
    /// The number of its built-in type.
    #[serde(rename = "Type")]
    pub data_type: u8,
    /// The value itself: a list for an array, flat where it has `Dimensions`.
    #[serde(rename = "Body", borrow)]
    pub body: &'a RawValue,
    #[serde(rename = "Dimensions")]
    dimensions: Option<Vec<u32>>,
}

/// Reads the body of a `write`. The refusal says which part is wrong, and holds nothing of it.
pub fn read_data_value(body: &[u8]) -> Result<DataValue, Refusal> {
    let written: Written<'_> =
        serde_json::from_slice(body).map_err(|_| bad("a value is `Value` with `Type` and `Body`"))?;
    let time = |text: Option<String>, wrong: &'static str| {
        text.map(|text| read_time(&text).ok_or_else(|| bad(wrong))).transpose()
    };
    Ok(DataValue {
        value: Some(variant(written.value, DEPTH)?),
        status: written.status.filter(|status| *status != 0).map(StatusCode::from),
        source_timestamp: time(written.source, "`SourceTimestamp` is no time")?,
        server_timestamp: time(written.server, "`ServerTimestamp` is no time")?,
        ..DataValue::null()
    })
}

fn variant(typed: Typed<'_>, depth: usize) -> Result<Variant, Refusal> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Refusal::new(Reason::TooLarge, "Variants are nested too deep"));
    };
    let read = |raw: &RawValue| body(typed.data_type, raw, depth);
    if !typed.body.get().starts_with('[') {
        // Nothing in a place of its own is no value.
        return if typed.data_type == 24 && typed.body.get() == "null" { Err(misfit(24)) } else { read(typed.body) };
    }
    let elements: Vec<&RawValue> = serde_json::from_str(typed.body.get()).map_err(|_| bad("`Body` is no list"))?;
    let values = elements.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let kind =
        VariantScalarTypeId::try_from(u32::from(known(typed.data_type)?)).map_err(|_| bad("`Type` is unknown"))?;
    let dimensions = typed.dimensions.unwrap_or_default();
    let fault = "`Dimensions` do not belong to the length of `Body`";
    // An empty list with dimensions makes bytes that no reader understands.
    let array = if values.is_empty() || dimensions.len() < 2 {
        if !dimensions.is_empty() && elements_of(&dimensions) != Some(values.len()) {
            return Err(bad(fault));
        }
        Array::new(kind, values)
    } else if elements_of(&dimensions) == Some(values.len()) {
        Array::new_multi(kind, values, dimensions)
    } else {
        return Err(bad(fault));
    };
    array.map(|array| Variant::Array(Box::new(array))).map_err(|_| bad("an element of `Body` has another type"))
}

/// How many elements these dimensions have.
fn elements_of(dimensions: &[u32]) -> Option<usize> {
    dimensions.iter().try_fold(1usize, |product, dimension| product.checked_mul(usize::try_from(*dimension).ok()?))
}

/// The type, when values of it can be written.
fn known(data_type: u8) -> Result<u8, Refusal> {
    match data_type {
        1..=22 | 24 => Ok(data_type),
        _ => Err(bad("`Type` is no type that has a JSON form: 1 to 22, or 24")),
    }
}

fn body(data_type: u8, raw: &RawValue, depth: usize) -> Result<Variant, Refusal> {
    let value = match known(data_type)? {
        1..=11 => plain::number(data_type, raw.get()),
        12..=16 => plain::text(data_type, raw),
        24 => {
            let typed: Option<Typed<'_>> = serde_json::from_str(raw.get()).map_err(|_| misfit(data_type))?;
            let inner = match typed {
                Some(typed) if typed.data_type == 0 && typed.body.get() == "null" => Variant::Empty,
                Some(typed) => variant(typed, depth)?,
                None => Variant::Empty,
            };
            Some(Variant::Variant(Box::new(inner)))
        }
        _ => composed::object(data_type, raw),
    };
    value.ok_or_else(|| misfit(data_type))
}

/// A scalar of this type by itself. `None`: the JSON is no value of that type.
pub(crate) fn read_body(data_type: u8, raw: &RawValue) -> Option<Variant> {
    body(data_type, raw, DEPTH).ok()
}

fn misfit(data_type: u8) -> Refusal {
    Refusal::new(Reason::BadField, safe!("`Body` is no {}", data_type_name(data_type).unwrap_or("value")))
}

fn bad(detail: impl Into<Safe>) -> Refusal {
    Refusal::new(Reason::BadField, detail)
}
