//! Values as people read and type them, by way of the event form, which says everything of a value.
//!
//! Promises: what is read is shown whole unless a bound is given; what is typed becomes exactly that value or is refused.
//! Called by the commands that show or write values.

use super::status;
use super::variable::Group;
use opcua::types::{DataValue, DateTime, NodeId, Variant};
use serde::Deserialize;
use serde_json::value::RawValue;
use tieline_commandline::printable;
use tieline_opcua_values::Structures;
use tieline_opcua_values::{Typed, data_type_name, read_data_value, write_data_value, write_time};

/// The event form: one JSON object.
pub(super) fn event_form(value: &DataValue, structures: &Structures) -> String {
    let mut out = Vec::new();
    write_data_value(value, structures, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// What of the event form is looked at.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "Value", borrow)]
    value: Option<Typed<'a>>,
}

/// One line for programs: which variable, and its value in the event form.
pub(super) fn line(group: &Group, name: &str, node: &NodeId, value: &DataValue, structures: &Structures) -> String {
    let (server, node) =
        (serde_json::Value::from(group.target.typed.as_str()), serde_json::Value::from(node.to_string()));
    let name = serde_json::Value::from(name);
    format!("{{\"name\":{name},\"server\":{server},\"node\":{node},\"data\":{}}}", event_form(value, structures))
}

/// The value alone, for people: a text without quotes, anything else as JSON; empty when there is none.
pub(super) fn shown(value: &DataValue, structures: &Structures) -> String {
    let form = event_form(value, structures);
    let Ok(Event { value: Some(value) }) = serde_json::from_str(&form) else { return String::new() };
    let body = value.body.get();
    match serde_json::from_str::<String>(body) {
        Ok(text) => printable(&text),
        Err(_) => printable(body),
    }
}

/// The same with at most `most` characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
    }
}

/// The name of the value's own built-in type, with brackets for an array; empty when there is no value.
pub(super) fn type_of(value: &DataValue) -> String {
    let form = event_form(value, &Structures::default());
    let Ok(Event { value: Some(event) }) = serde_json::from_str(&form) else { return String::new() };
    let name = data_type_name(event.data_type).unwrap_or("?");
    let is_array = matches!(value.value, Some(Variant::Array(_)));
    format!("{name}{}", if is_array { "[]" } else { "" })
}

/// The status, when it is not good.
pub(super) fn status_of(value: &DataValue) -> String {
    value.status.filter(|status| status.bits() != 0).map(status::name).unwrap_or_default()
}

/// When the value came to be, else when the server looked.
pub(super) fn time_of(value: &DataValue) -> String {
    value.source_timestamp.or(value.server_timestamp).map(|time| time_shown(&time)).unwrap_or_default()
}

/// A time in UTC.
pub(super) fn time_shown(time: &DateTime) -> String {
    let mut out = Vec::new();
    write_time(time, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// Built-in types whose values are typed as they are, without quotes: the texts among them.
const TEXTS: [u8; 5] = [12, 13, 14, 15, 16];
const FLOATS: [u8; 2] = [10, 11];
const BOOLEAN: u8 = 1;
const LOCALIZED_TEXT: u8 = 21;

/// The value that was typed, as this built-in type.
pub(super) fn typed(text: &str, data_type: u8, is_array: bool) -> Result<Variant, String> {
    let name = data_type_name(data_type).unwrap_or("?");
    let body = match is_array {
        // In any letter case, as everywhere.
        _ if data_type == BOOLEAN => text.to_lowercase(),
        true => text.to_owned(),
        false if TEXTS.contains(&data_type) => serde_json::Value::from(text).to_string(),
        false if FLOATS.contains(&data_type) && ["nan", "inf", "-inf"].contains(&text) => format!("{text:?}"),
        // A bare text has no language; with one it is JSON.
        false if data_type == LOCALIZED_TEXT && !text.starts_with('{') => {
            serde_json::json!({"Locale": "", "Text": text}).to_string()
        }
        false => text.to_owned(),
    };
    // One JSON text, and nothing that would close the object early.
    let body = serde_json::from_str::<&RawValue>(&body).ok();
    let written = body.map(|body| format!("{{\"Value\":{{\"Type\":{data_type},\"Body\":{body}}}}}"));
    let value = written.and_then(|written| read_data_value(written.as_bytes()).ok()?.value);
    let is_as_wanted = |value: &Variant| matches!(value, Variant::Array(_)) == is_array;
    value.filter(is_as_wanted).ok_or_else(|| match is_array {
        true => format!("`{text}` is no array of {name}; an array is JSON, as in '[1, 2]'"),
        false => format!("`{text}` is no {name}{}", example(data_type)),
    })
}

fn example(data_type: u8) -> &'static str {
    match data_type {
        1 => ", which is true or false",
        2..=9 => ", which is a whole number within its range",
        10 | 11 => ", which is a number, nan, inf or -inf",
        13 => ", which is as in 2020-01-02T03:04:05Z",
        15 => ", which is base64",
        17 | 18 => ", which is as in '{\"Id\": 85}' or '{\"IdType\": 1, \"Id\": \"Oven\", \"Namespace\": 2}'",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opcua::types::{LocalizedText, StatusCode, UAString};

    #[test]
    fn values_are_shown_as_people_read_them() {
        let known = Structures::default();
        let show = |value: Variant| shown(&DataValue::value_only(value), &known);
        assert_eq!(show(2.5f64.into()), "2.5");
        assert_eq!(show(1e300f64.into()), "1e300");
        assert_eq!(show(f64::NAN.into()), "nan");
        assert_eq!(show("a\u{1b}b \"c\"".into()), "a\u{fffd}b \"c\"");
        assert_eq!(show(vec![1i32, 2].into()), "[1,2]");
        assert_eq!(show(Variant::Empty), "");
        assert_eq!(type_of(&DataValue::value_only(vec![1i32])), "Int32[]");
        let bad = DataValue { status: Some(StatusCode::BadSensorFailure), ..DataValue::null() };
        assert_eq!((shown(&bad, &known), status_of(&bad)), (String::new(), "BadSensorFailure".to_owned()));
        assert_eq!((cut("größe", 3), cut("größe", 5)), ("grö…".to_owned(), "größe".to_owned()));
    }

    #[test]
    fn what_is_typed_becomes_that_value() {
        for (text, data_type, value) in [
            ("true", 1, Variant::from(true)),
            ("FALSE", 1, Variant::from(false)),
            ("-128", 2, Variant::from(-128i8)),
            ("18446744073709551615", 9, Variant::from(u64::MAX)),
            ("1.5", 10, Variant::from(1.5f32)),
            ("-inf", 11, Variant::from(f64::NEG_INFINITY)),
            ("a \"b\"", 12, Variant::from("a \"b\"")),
            ("5", 12, Variant::from("5")),
            ("Hot", 21, Variant::from(LocalizedText { locale: UAString::null(), text: "Hot".into() })),
        ] {
            assert_eq!(typed(text, data_type, false), Ok(value), "{text}");
        }
        assert_eq!(typed("[1, 2]", 6, true), Ok(Variant::from(vec![1i32, 2])));
        assert_eq!(typed("[True, false]", 1, true), Ok(Variant::from(vec![true, false])));
        assert_eq!(typed("[\"a\"]", 12, true), Ok(Variant::from(vec!["a".to_owned()])));
    }

    #[test]
    fn what_is_not_that_type_is_refused() {
        for (text, data_type, is_array, hint) in [
            ("300", 3, false, "no Byte, which is a whole number"),
            ("hot", 11, false, "no Double"),
            ("[1]", 6, false, "no Int32"),
            ("1", 6, true, "as in '[1, 2]'"),
            ("1}, \"x\": {\"a\":1", 6, false, "no Int32"),
            ("yesterday", 13, false, "2020-01-02T03:04:05Z"),
        ] {
            let said = typed(text, data_type, is_array).unwrap_err();
            assert!(said.contains(hint), "{said}");
        }
    }
}
