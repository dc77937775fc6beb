//! Properties of values and handles: whatever a client says, what is passed on is in its type's range, and what is written
//! can be read back; an update's beginning is that of its own monitor.

use super::data_value;
use crate::handles::{Handle, Handles};
use crate::value::{Own, written};
use crate::wire::style::Style;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use tieline_model::Variant;

/// Anything that JSON can say, mostly what looks like parts of values.
fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        (-300i32..70_000).prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<i16>().prop_map(|number| number.to_string().into()),
        any::<f32>().prop_map(|number| number.to_string().into()),
        "[-+0-9.eE]{0,8}".prop_map(Json::from),
        "(nan|-inf|true|2020-01-02T03:04:05Z|20200102T0304|AAE=|72962b91-fa75-4ae6-8d28-b404dc7daf63)"
            .prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let keys = "(Type|Body|Id|IdType|Namespace|Name|Uri|Locale|Text|TypeId|Dimensions|Value|Status)";
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Json::from),
            vec((keys, inner.clone()), 0..4).prop_map(|members| Json::Object(members.into_iter().collect())),
            (1u8..25, inner).prop_map(|(kind, body)| json!({"Type": kind, "Body": body})),
        ]
    })
}

/// Whether it is the event form of a value: a second reading of the contract, from the other side.
fn is_strict(value: &Json) -> bool {
    let kind = value["Type"].as_u64().unwrap_or(0);
    match &value["Body"] {
        Json::Array(list) => list.iter().all(|element| is_strict_scalar(kind, element)),
        scalar => kind != 24 && is_strict_scalar(kind, scalar),
    }
}

fn is_strict_scalar(kind: u64, value: &Json) -> bool {
    let whole = |low: i64, high: u64| {
        value.as_i64().is_some_and(|number| number >= low && (number < 0 || number as u64 <= high))
            || value.as_u64().is_some_and(|number| number <= high)
    };
    let is_time = |text: &str| text.ends_with('Z') && text.len() >= 20 && &text[10..11] == "T";
    match kind {
        1 => value.is_boolean(),
        2 => whole(-128, 127),
        3 => whole(0, 255),
        4 => whole(-32768, 32767),
        5 => whole(0, 65535),
        6 => whole(i32::MIN.into(), i32::MAX as u64),
        7 | 19 => whole(0, u32::MAX.into()),
        8 => value.is_i64(),
        9 => value.is_u64(),
        10 => value.as_f64().map_or(value.is_string(), |number| (number as f32).is_finite()),
        11 => value.is_number() || matches!(value.as_str(), Some("nan" | "inf" | "-inf")),
        12 | 15 | 16 => value.is_string() || value.is_null(),
        13 => value.as_str().is_some_and(is_time),
        14 => value.as_str().is_some_and(|text| text.len() == 36 && text.to_uppercase() == text),
        17 | 18 => value.get("Id").is_some(),
        20 => value["Name"].is_string(),
        21 => value["Locale"].is_string() && value["Text"].is_string(),
        22 => {
            let is_named = value["TypeId"].get("Id").is_some();
            value["Body"].is_object() || (is_named && (value["Body"].is_string() || value["Body"].is_null()))
        }
        24 => is_strict(value) || *value == json!({"Type": 0, "Body": null}),
        _ => false,
    }
}

/// The body of a value of a type, in event form.
fn scalar(kind: u8) -> BoxedStrategy<Json> {
    let guid = "[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}";
    let bytes = prop_oneof![Just("AAECAw==".to_owned()), Just("/+8=".to_owned()), Just("AAAA".to_owned())];
    let node = prop_oneof![
        any::<u32>().prop_map(|id| json!({"Id": id})),
        ("[^\u{0}]{0,9}", 1u16..).prop_map(|(id, namespace)| json!({"IdType": 1, "Id": id, "Namespace": namespace})),
        guid.prop_map(|id| json!({"IdType": 2, "Id": id})),
    ];
    match kind {
        1 => any::<bool>().prop_map(Json::from).boxed(),
        2 => any::<i8>().prop_map(Json::from).boxed(),
        3 => any::<u8>().prop_map(Json::from).boxed(),
        4 => any::<i16>().prop_map(Json::from).boxed(),
        5 => any::<u16>().prop_map(Json::from).boxed(),
        6 => any::<i32>().prop_map(Json::from).boxed(),
        7 | 19 => any::<u32>().prop_map(Json::from).boxed(),
        8 => any::<i64>().prop_map(Json::from).boxed(),
        9 => any::<u64>().prop_map(Json::from).boxed(),
        10 => prop_oneof![any::<f32>().prop_filter("finite", |n| n.is_finite()), Just(-0.0), Just(1e30)]
            .prop_map(|n| n.to_string().parse::<f64>().unwrap().into())
            .boxed(),
        11 => prop_oneof![any::<f64>().prop_filter("finite", |n| n.is_finite()), Just(-0.0), Just(1e300)]
            .prop_map(Json::from)
            .boxed(),
        13 => (1601i32..10_000, 1u8..13, 1u8..29, 0u32..10_000_000)
            .prop_map(|(year, month, day, ticks)| {
                let fraction = format!(".{ticks:07}");
                let fraction = if ticks == 0 { "" } else { fraction.trim_end_matches('0') };
                format!("{year}-{month:02}-{day:02}T23:59:59{fraction}Z").into()
            })
            .boxed(),
        14 => guid.prop_map(Json::from).boxed(),
        15 => bytes.prop_map(Json::from).boxed(),
        17 => node.boxed(),
        18 => prop_oneof![node, any::<u32>().prop_map(|id| json!({"Id": id, "Namespace": "urn:x", "ServerUri": 7}))]
            .boxed(),
        20 => ("\\PC{0,9}", 1u16..).prop_map(|(name, uri)| json!({"Name": name, "Uri": uri})).boxed(),
        21 => any::<(String, String)>().prop_map(|(locale, text)| json!({"Locale": locale, "Text": text})).boxed(),
        22 => bytes.prop_map(|body| json!({"TypeId": {"Id": 297}, "Body": body})).boxed(),
        _ => any::<String>().prop_map(Json::from).boxed(),
    }
}

/// A DataValue in event form, and whether it is a list.
fn event() -> impl Strategy<Value = (Json, bool)> {
    let kind = prop_oneof![1u8..23].prop_filter("has a form", |kind| *kind != 23);
    let value = kind.prop_flat_map(|kind| {
        let list = vec(scalar(kind), 0..5).prop_map(move |list| (json!({"Type": kind, "Body": list}), true));
        prop_oneof![scalar(kind).prop_map(move |body| (json!({"Type": kind, "Body": body}), false)), list]
    });
    (value, 1u32.., any::<bool>()).prop_map(|((value, is_list), status, is_bad)| {
        let mut event = json!({"Value": value});
        if is_bad {
            event["Status"] = status.into();
            event["SourceTimestamp"] = "2020-01-02T03:04:05.25Z".into();
        }
        (event, is_list)
    })
}

/// What a test does with handles.
#[derive(Debug, Clone)]
enum Step {
    Take(u8),
    Drop(prop::sample::Index),
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn what_is_passed_on_is_strict(value in any_json(), is_array in any::<bool>()) {
        for json in [value.to_string(), json!({"Value": value}).to_string()] {
            let Ok(read) = data_value(serde_json::from_str::<&RawValue>(&json).unwrap(), is_array) else { continue };
            let read: Json = serde_json::from_slice(&read).unwrap();
            prop_assert!(is_strict(&read["Value"]), "{json} became {read}");
        }
    }

    #[test]
    fn what_is_written_flat_is_in_its_variables_type(value in any_json(), kind in 1u8..26, is_array in any::<bool>()) {
        let own = Own { kind: Some(kind.into()).filter(|kind| *kind != 24), is_array };
        for json in [value.to_string(), json!({"Type": 6, "Body": value}).to_string()] {
            let Ok(read) = written(serde_json::from_str::<&RawValue>(&json).unwrap(), own) else { continue };
            let read: Json = serde_json::from_slice(&read).unwrap();
            prop_assert!(is_strict(&read["Value"]), "{json} became {read}");
            // A value that has a `Value` in it names its own type.
            if value.get("Value").is_none() && kind != 24 {
                prop_assert!(read["Value"]["Type"] == kind, "{json} became {read}");
                prop_assert!(read["Value"]["Body"].is_array() == is_array, "{json} became {read}");
            }
        }
    }

    #[test]
    fn every_type_passes_when_it_fits(kind in 1u8..23, body in any_json()) {
        let json = json!({"Value": {"Type": kind, "Body": body}}).to_string();
        if let Ok(read) = data_value(serde_json::from_str::<&RawValue>(&json).unwrap(), false) {
            let read: Json = serde_json::from_slice(&read).unwrap();
            prop_assert!(read["Value"]["Type"] == kind && is_strict(&read["Value"]), "{json} became {read}");
        }
    }

    #[test]
    fn what_is_written_reads_back((event, is_list) in event(), is_text in any::<bool>()) {
        let mut wire = Vec::new();
        Style { is_text, is_exact: true }.write(event.to_string().as_bytes(), 1, &mut wire);
        let wire = String::from_utf8(wire).unwrap();
        let read = data_value(serde_json::from_str::<&RawValue>(&wire).unwrap(), is_list).unwrap();
        let read = String::from_utf8(read).unwrap();
        let is_float = matches!(event["Value"]["Type"].as_u64(), Some(10 | 11));
        let event = event.to_string();
        prop_assert!(if is_float { numbers(&read) == numbers(&event) } else { read == event }, "{event} {wire} {read}");
    }

    #[test]
    fn any_json_is_written_as_json_of_texts(json in any_json()) {
        let mut wire = Vec::new();
        Style { is_text: true, is_exact: false }.write(json.to_string().as_bytes(), 1, &mut wire);
        let wire: Json = serde_json::from_slice(&wire).unwrap();
        prop_assert!(is_all_text(&wire), "{wire}");
    }

    #[test]
    fn a_handle_has_its_own_beginning_as_long_as_it_is_open(
        steps in vec(prop_oneof![(0u8..4).prop_map(Step::Take), any::<prop::sample::Index>().prop_map(Step::Drop)], 0..60),
    ) {
        let handles = Arc::new(Handles::default());
        let (mut open, mut ended): (Vec<(u8, Handle)>, Vec<Variant>) = Default::default();
        for step in steps {
            match step {
                Step::Take(text) => {
                    let handle = handles.take(&[text]);
                    prop_assert!(!ended.contains(&handle.variant()), "a number is used again");
                    open.push((text, handle));
                }
                Step::Drop(at) if !open.is_empty() => {
                    let (text, handle) = open.swap_remove(at.index(open.len()));
                    if open.iter().all(|(other, _)| *other != text) {
                        ended.push(handle.variant());
                    }
                }
                Step::Drop(_) => {}
            }
            for (text, handle) in &open {
                let head = handles.head(handle.variant());
                prop_assert_eq!(head.as_deref(), Some(&[*text][..]));
            }
            for variant in &ended {
                prop_assert!(handles.head(*variant).is_none());
            }
            let mut texts: Vec<u8> = open.iter().map(|(text, _)| *text).collect();
            texts.sort_unstable();
            texts.dedup();
            prop_assert_eq!(handles.len(), texts.len());
        }
    }
}

/// The numbers in a text, to the last bit: 1e300 and 1e+300 are the same.
fn numbers(json: &str) -> Vec<Option<u64>> {
    let parts = json.split([',', ':', '[', ']', '{', '}']);
    parts.map(|part| part.parse::<f64>().ok().map(f64::to_bits)).collect()
}

fn is_all_text(json: &Json) -> bool {
    match json {
        Json::String(_) => true,
        Json::Array(list) => !list.is_empty() && list.iter().all(is_all_text),
        Json::Object(members) => !members.is_empty() && members.values().all(is_all_text),
        _ => false,
    }
}
