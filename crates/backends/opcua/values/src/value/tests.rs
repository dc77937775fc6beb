//! Tests of values: what is written is what the words say, it comes back the same, and any text at all is answered.

use super::*;
use crate::structures::Structures;
use opcua::types::{
    Array, ByteString, ByteStringBody, DataValue, DateTime, ExpandedNodeId, ExtensionObject, Guid, Identifier,
    LocalizedText, NodeId, QualifiedName, Range, StatusCode, UAString, Variant, VariantScalarTypeId, XmlBody,
    XmlElement,
};
use proptest::prelude::*;
use tieline_model::Reason;

fn written(value: &DataValue) -> String {
    let mut out = Vec::new();
    write_data_value(value, &Structures::default(), &mut out);
    String::from_utf8(out).unwrap()
}

/// The body alone.
fn body_of(value: impl Into<Variant>) -> String {
    let text = written(&DataValue::value_only(value.into()));
    let (_, body) = text.split_once(",\"Body\":").unwrap_or_else(|| panic!("no body in {text}"));
    body.strip_suffix("}}").unwrap().to_owned()
}

fn read(text: &str) -> Result<Variant, Reason> {
    read_data_value(text.as_bytes()).map(|value| value.value.unwrap()).map_err(|refusal| refusal.reason)
}

fn read_body(data_type: u8, body: &str) -> Result<Variant, Reason> {
    read(&format!("{{\"Value\":{{\"Type\":{data_type},\"Body\":{body}}}}}"))
}

#[test]
fn a_whole_value_is_written_in_its_order() {
    let at = DateTime::ymd_hms_nano(2020, 1, 2, 3, 4, 5, 123_456_700);
    let value = DataValue {
        value: Some(Variant::Double(2.8)),
        status: Some(StatusCode::BadNodeIdUnknown),
        source_timestamp: Some(at),
        server_timestamp: Some(DateTime::ymd_hms(2020, 1, 2, 3, 4, 6)),
        ..DataValue::null()
    };
    let text = r#"{"Value":{"Type":11,"Body":2.8},"Status":2150891520,"SourceTimestamp":"2020-01-02T03:04:05.1234567Z","ServerTimestamp":"2020-01-02T03:04:06Z"}"#;
    assert_eq!(written(&value), text);
    assert_eq!(read_data_value(text.as_bytes()).unwrap(), value);
    let plain = DataValue { status: Some(StatusCode::Good), source_timestamp: Some(DateTime::null()), ..true.into() };
    assert_eq!(written(&plain), r#"{"Value":{"Type":1,"Body":true}}"#);
}

#[test]
fn numbers_have_their_shortest_text() {
    let doubles: [(f64, &str); 9] = [
        (-30.0, "-30"),
        (2.8, "2.8"),
        (1e300, "1e300"),
        (-0.0, "-0"),
        (0.1 + 0.2, "0.30000000000000004"),
        (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
        (f64::NAN, "\"nan\""),
        (f64::INFINITY, "\"inf\""),
        (f64::NEG_INFINITY, "\"-inf\""),
    ];
    for (value, text) in doubles {
        assert_eq!(body_of(value), text);
    }
    assert_eq!((body_of(2.8f32), body_of(16_777_216.0f32)), ("2.8".to_owned(), "16777216".to_owned()));
    assert_eq!((body_of(i64::MIN), body_of(u64::MAX)), (i64::MIN.to_string(), u64::MAX.to_string()));
}

#[test]
fn each_type_has_its_form() {
    let guid: Guid = "72962b91-fa75-4ae6-8d28-b404dc7daf63".parse().unwrap();
    let cases: Vec<(Variant, &str)> = vec![
        (UAString::null().into(), "null"),
        ("a\"b\n\u{1}é".into(), "\"a\\\"b\\n\\u0001é\""),
        (DateTime::null().into(), "\"1601-01-01T00:00:00Z\""),
        (guid.clone().into(), "\"72962B91-FA75-4AE6-8D28-B404DC7DAF63\""),
        (ByteString::null().into(), "null"),
        (ByteString::from(vec![]).into(), "\"\""),
        (ByteString::from(vec![1, 2, 255, 4]).into(), "\"AQL/BA==\""),
        (Variant::XmlElement(XmlElement::null()), "null"),
        (Variant::XmlElement("<a/>".into()), "\"<a/>\""),
        (NodeId::new(0, 85u32).into(), "{\"Id\":85}"),
        (NodeId::new(2, "x").into(), "{\"IdType\":1,\"Id\":\"x\",\"Namespace\":2}"),
        (NodeId::new(1, guid).into(), "{\"IdType\":2,\"Id\":\"72962B91-FA75-4AE6-8D28-B404DC7DAF63\",\"Namespace\":1}"),
        (NodeId::new(1, ByteString::from(vec![0])).into(), "{\"IdType\":3,\"Id\":\"AA==\",\"Namespace\":1}"),
        (
            ExpandedNodeId { namespace_uri: "urn:x".into(), server_index: 3, node_id: NodeId::new(0, 1u32) }.into(),
            "{\"Id\":1,\"Namespace\":\"urn:x\",\"ServerUri\":3}",
        ),
        (ExpandedNodeId::new(NodeId::new(4, 1u32)).into(), "{\"Id\":1,\"Namespace\":4}"),
        (StatusCode::BadNodeIdUnknown.into(), "2150891520"),
        (QualifiedName::new(0, "q").into(), "{\"Name\":\"q\"}"),
        (QualifiedName::new(7, "q").into(), "{\"Name\":\"q\",\"Uri\":7}"),
        (LocalizedText::new("de", "Ofen").into(), "{\"Locale\":\"de\",\"Text\":\"Ofen\"}"),
        (LocalizedText::null().into(), "{\"Locale\":\"\",\"Text\":\"\"}"),
        (ExtensionObject::null().into(), "{\"TypeId\":{\"Id\":0},\"Body\":null}"),
        (
            ExtensionObject::from_message(Range { low: 0.0, high: 1.5 }).into(),
            "{\"TypeId\":{\"Id\":886},\"Body\":{\"Low\":0,\"High\":1.5}}",
        ),
        (
            ExtensionObject::new(ByteStringBody::new(vec![1, 2].into(), NodeId::new(2, 3u32))).into(),
            "{\"TypeId\":{\"Id\":3,\"Namespace\":2},\"Body\":\"AQI=\"}",
        ),
    ];
    for (value, text) in cases {
        assert_eq!(body_of(value), text);
    }
}

#[test]
fn arrays_are_lists_with_their_dimensions() {
    assert_eq!(body_of(vec![1i32, -2]), "[1,-2]");
    assert_eq!(body_of(Vec::<f64>::new()), "[]");
    let matrix = Array::new_multi(VariantScalarTypeId::Byte, vec![Variant::Byte(7); 6], [2u32, 3]).unwrap();
    assert_eq!(body_of(matrix.clone()), "[7,7,7,7,7,7],\"Dimensions\":[2,3]");
    assert_eq!(read_body(3, "[7,7,7,7,7,7],\"Dimensions\":[2,3]"), Ok(Variant::from(matrix)));
    let inner = [1i32.into(), Variant::Empty, vec![true].into()].map(|one| Variant::Variant(Box::new(one)));
    let mixed = Array::new(VariantScalarTypeId::Variant, inner.to_vec()).unwrap();
    let text = "[{\"Type\":6,\"Body\":1},{\"Type\":0,\"Body\":null},{\"Type\":1,\"Body\":[true]}]";
    assert_eq!(body_of(mixed.clone()), text);
    assert_eq!(read_body(24, text), Ok(Variant::from(mixed.clone())));
    assert_eq!(read_body(24, &text.replace("{\"Type\":0,\"Body\":null}", "null")), Ok(Variant::from(mixed)));
}

/// As decoded from the wire, and written back so, it makes bytes that no reader understands.
#[test]
fn empty_arrays_never_have_dimensions() {
    let decoded = Array { value_type: VariantScalarTypeId::Double, values: Vec::new(), dimensions: Some(Vec::new()) };
    assert_eq!(body_of(decoded), "[]");
    for text in ["[]", "[],\"Dimensions\":[]", "[],\"Dimensions\":[0]", "[],\"Dimensions\":[0,3]"] {
        let Ok(Variant::Array(array)) = read_body(11, text) else { panic!("{text}") };
        assert_eq!((array.value_type, array.values.len(), array.dimensions), (VariantScalarTypeId::Double, 0, None));
    }
}

#[test]
fn what_has_no_form_is_told_as_its_status() {
    let own = |value: Option<Variant>, status| written(&DataValue { value, status, ..DataValue::null() });
    let internal = "{\"StatusCode\":\"BadInternalError\"}";
    assert_eq!(own(None, None), internal);
    assert_eq!(own(None, Some(StatusCode::BadNoData)), "{\"StatusCode\":\"BadNoData\"}");
    assert_eq!(own(Some(Variant::Empty), Some(StatusCode::from(0x0000_0400))), internal);
    assert_eq!(own(Some(Variant::DataValue(Box::default())), None), internal);
    assert_eq!(
        own(Some(Variant::DiagnosticInfo(Box::default())), Some(StatusCode::Uncertain)),
        "{\"StatusCode\":\"Uncertain\"}"
    );
    assert_eq!(own(Some(Vec::<DataValue>::new().into()), None), internal);
    let xml = XmlBody::new(b"<a/>".to_vec(), NodeId::new(0, 1u32), "a".to_owned());
    assert_eq!(own(Some(ExtensionObject::new(xml).into()), None), internal);
    let mut deep = Variant::from(1i32);
    for _ in 0..100 {
        deep = Variant::Variant(Box::new(deep));
    }
    assert_eq!(own(Some(deep), None), internal);
}

#[test]
fn codes_without_a_name_are_told_by_their_severity() {
    let name = |code: u32| {
        let mut out = Vec::new();
        status_code(StatusCode::from(code), &mut out);
        String::from_utf8(out).unwrap()
    };
    assert_eq!(name(0x8034_0000), "{\"StatusCode\":\"BadNodeIdUnknown\"}");
    assert_eq!(name(0), "{\"StatusCode\":\"Good\"}");
    assert_eq!(name(0x8FFF_0000), "{\"StatusCode\":\"Bad\"}");
    assert_eq!(name(0x4FFF_0000), "{\"StatusCode\":\"Uncertain\"}");
    assert_eq!(name(0xFFFF_0000), "{\"StatusCode\":\"Bad\"}");
}

#[test]
fn numbers_are_held_to_their_type() {
    for (data_type, body) in [
        (1, "1"),
        (1, "\"true\""),
        (2, "128"),
        (3, "300"),
        (3, "-1"),
        (6, "1.5"),
        (7, "-1"),
        (8, "9223372036854775808"),
        (9, "18446744073709551616"),
        (9, "1e300"),
        (10, "1e39"),
        (10, "\"1\""),
        (11, "1e400"),
        (11, "null"),
        (11, "\"NaN\""),
        (12, "1"),
        (13, "\"yesterday\""),
        (13, "null"),
        (14, "\"{72962B91-FA75-4AE6-8D28-B404DC7DAF63}\""),
        (15, "\"AQL\""),
        (17, "{\"Id\":-1}"),
        (17, "{\"IdType\":4,\"Id\":1}"),
        (17, "{\"Id\":1,\"Namespace\":\"urn:x\"}"),
        (17, "{\"Id\":1,\"Namespace\":65536}"),
        (19, "-1"),
        (20, "\"q\""),
        (22, "null"),
        (6, "[1,[2]]"),
        (6, "[1,null]"),
        (6, "[1,2],\"Dimensions\":[3]"),
        (6, "[1,2],\"Dimensions\":[2,2]"),
        (6, "[1,2],\"Dimensions\":[4294967295,4294967295,4294967295]"),
        (6, "[],\"Dimensions\":[1,1]"),
        (0, "null"),
        (24, "[{\"Type\":0,\"Body\":1}]"),
        (24, "null"),
        (23, "{}"),
        (25, "{}"),
        (26, "1"),
    ] {
        assert_eq!(read_body(data_type, body), Err(Reason::BadField), "{data_type} {body}");
    }
    assert_eq!(read_body(6, "2.0e1"), Ok(Variant::Int32(20)));
    assert_eq!(read_body(11, "18446744073709551615"), Ok(Variant::Double(18_446_744_073_709_551_615.0)));
    let deep = "{\"Type\":24,\"Body\":".repeat(100) + "1" + &"}".repeat(100);
    assert_eq!(read(&format!("{{\"Value\":{deep}}}")), Err(Reason::TooLarge));
}

#[test]
fn refusals_hold_nothing_of_the_value() {
    let refusal = read_data_value(b"{\"Value\":{\"Type\":3,\"Body\":\"MARKER\"}}").unwrap_err();
    assert_eq!(refusal.detail.as_str(), "`Body` is no Byte");
    let refusal = read_data_value(b"{\"Value\":{\"Type\":\"MARKER\"}}").unwrap_err();
    assert!(!refusal.detail.as_str().contains("MARKER"));
}

fn text() -> impl Strategy<Value = UAString> {
    proptest::option::of(any::<String>()).prop_map(UAString::from)
}

fn bytes() -> impl Strategy<Value = ByteString> {
    proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40)).prop_map(|value| ByteString { value })
}

fn guid() -> impl Strategy<Value = Guid> {
    any::<[u8; 16]>().prop_map(Guid::from_bytes)
}

fn node_id() -> impl Strategy<Value = NodeId> {
    let identifier = prop_oneof![
        any::<u32>().prop_map(Identifier::Numeric),
        text().prop_map(Identifier::String),
        guid().prop_map(Identifier::Guid),
        bytes().prop_map(Identifier::ByteString),
    ];
    (any::<u16>(), identifier).prop_map(|(namespace, identifier)| NodeId { namespace, identifier })
}

fn expanded_node_id() -> impl Strategy<Value = ExpandedNodeId> {
    (node_id(), text(), any::<u32>()).prop_map(|(mut node_id, namespace_uri, server_index)| {
        // A URI stands in the place of the index.
        node_id.namespace = if namespace_uri.is_null() { node_id.namespace } else { 0 };
        ExpandedNodeId { node_id, namespace_uri, server_index }
    })
}

fn structure() -> impl Strategy<Value = ExtensionObject> {
    let raw = proptest::collection::vec(any::<u8>(), 0..40).prop_map(ByteString::from);
    let some = (node_id(), raw).prop_map(|(id, raw)| ExtensionObject::new(ByteStringBody::new(raw, id)));
    prop_oneof![1 => Just(ExtensionObject::null()), 5 => some]
}

fn localized() -> impl Strategy<Value = LocalizedText> {
    let text = || text().prop_map(|text| if text.is_empty() { UAString::null() } else { text });
    (text(), text()).prop_map(|(locale, text)| LocalizedText { locale, text })
}

/// Any value of this type; the extremes of numbers come often.
fn scalar(data_type: u8) -> BoxedStrategy<Variant> {
    use proptest::num;
    match data_type {
        1 => any::<bool>().prop_map(Variant::from).boxed(),
        2 => prop_oneof![any::<i8>(), Just(i8::MIN), Just(i8::MAX)].prop_map(Variant::from).boxed(),
        3 => prop_oneof![any::<u8>(), Just(u8::MAX)].prop_map(Variant::from).boxed(),
        4 => prop_oneof![any::<i16>(), Just(i16::MIN), Just(i16::MAX)].prop_map(Variant::from).boxed(),
        5 => prop_oneof![any::<u16>(), Just(u16::MAX)].prop_map(Variant::from).boxed(),
        6 => prop_oneof![any::<i32>(), Just(i32::MIN), Just(i32::MAX)].prop_map(Variant::from).boxed(),
        7 => prop_oneof![any::<u32>(), Just(u32::MAX)].prop_map(Variant::from).boxed(),
        8 => prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX)].prop_map(Variant::from).boxed(),
        9 => prop_oneof![any::<u64>(), Just(u64::MAX), Just(0)].prop_map(Variant::from).boxed(),
        10 => prop_oneof![num::f32::ANY, Just(-0.0), Just(f32::MIN_POSITIVE), Just(f32::MAX)]
            .prop_map(Variant::from)
            .boxed(),
        11 => prop_oneof![num::f64::ANY, Just(-0.0), Just(5e-324), Just(f64::MAX)].prop_map(Variant::from).boxed(),
        12 => text().prop_map(Variant::String).boxed(),
        13 => (0..=DateTime::endtimes_ticks()).prop_map(|ticks| Variant::from(DateTime::from(ticks))).boxed(),
        14 => guid().prop_map(Variant::from).boxed(),
        15 => bytes().prop_map(Variant::from).boxed(),
        16 => text().prop_map(|text| Variant::XmlElement(text.into())).boxed(),
        17 => node_id().prop_map(Variant::from).boxed(),
        18 => expanded_node_id().prop_map(Variant::from).boxed(),
        19 => any::<u32>().prop_map(|code| Variant::StatusCode(StatusCode::from(code))).boxed(),
        20 => (any::<u16>(), text())
            .prop_map(|(namespace_index, name)| Variant::from(QualifiedName { namespace_index, name }))
            .boxed(),
        21 => localized().prop_map(Variant::from).boxed(),
        22 => structure().prop_map(Variant::from).boxed(),
        _ => prop_oneof![9 => (1u8..=22).prop_flat_map(any_of), 1 => Just(Variant::Empty)]
            .prop_map(|inner| Variant::Variant(Box::new(inner)))
            .boxed(),
    }
}

/// A value of this type, alone, in a list, or in a table.
fn any_of(data_type: u8) -> BoxedStrategy<Variant> {
    let kind = VariantScalarTypeId::try_from(u32::from(data_type)).unwrap();
    let list = proptest::collection::vec(scalar(data_type), 0..6)
        .prop_map(move |values| Variant::from(Array::new(kind, values).unwrap()));
    let table = (proptest::collection::vec(scalar(data_type), 6), prop_oneof![Just([2u32, 3]), Just([6, 1])])
        .prop_map(move |(values, dimensions)| Variant::from(Array::new_multi(kind, values, dimensions).unwrap()));
    prop_oneof![3 => scalar(data_type), 2 => list, 1 => table].boxed()
}

fn time() -> impl Strategy<Value = Option<DateTime>> {
    proptest::option::of((1..=DateTime::endtimes_ticks()).prop_map(DateTime::from))
}

fn data_value() -> impl Strategy<Value = DataValue> {
    let value = prop_oneof![1u8..=22, Just(24)].prop_flat_map(any_of);
    let status = proptest::option::of(prop_oneof![any::<u32>(), Just(0x8034_0000)])
        .prop_map(|code| code.filter(|code| *code != 0));
    (value, status, time(), time()).prop_map(|(value, status, source, server)| DataValue {
        value: Some(value),
        status: status.map(StatusCode::from),
        source_timestamp: source,
        server_timestamp: server,
        ..DataValue::null()
    })
}

/// To the bit, and `NaN` is itself: what comparing numbers would not tell. Which NaN it was is not kept.
fn exactly(value: &DataValue) -> String {
    format!("{value:?}")
}

/// What a client might send: the right keys with any values, and any values at all.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        any::<f64>()
            .prop_filter("JSON has no such number", |value| value.is_finite())
            .prop_map(|value| format!("{value:?}")),
        prop_oneof![any::<String>(), Just("nan".into()), Just("AAAA".into()), Just("2020-01-02T03:04:05Z".into())]
            .prop_map(|value| serde_json::to_string(&value).unwrap()),
    ];
    let key = prop_oneof![
        Just("Type"),
        Just("Body"),
        Just("Dimensions"),
        Just("Id"),
        Just("IdType"),
        Just("Namespace"),
        Just("TypeId"),
        Just("Name"),
        Just("Text"),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|list| format!("[{}]", list.join(","))),
            proptest::collection::vec((key.clone(), inner), 0..4).prop_map(|members| {
                let members: Vec<_> = members.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back_the_same(value in data_value()) {
        let text = written(&value);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
        let again = read_data_value(text.as_bytes());
        prop_assert_eq!(again.map(|again| exactly(&again)), Ok(exactly(&value)), "{}", text);
    }

    #[test]
    fn any_json_is_answered(data_type in any::<u8>(), body in json(), dimensions in json(), other in json()) {
        for data_type in [data_type, data_type % 26] {
            let text = format!("{{\"Value\":{{\"Type\":{data_type},\"Body\":{body},\"Dimensions\":{dimensions}}}}}");
            for text in [text, format!("{{\"Value\":{{\"Type\":{data_type},\"Body\":{body}}}}}"), other.clone()] {
                // What can be read can be written, and means the same then.
                if let Ok(value) = read_data_value(text.as_bytes()) {
                    let again = read_data_value(written(&value).as_bytes()).map(|again| exactly(&again));
                    prop_assert_eq!(again, Ok(exactly(&value)));
                }
            }
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_data_value(&bytes);
    }

    #[test]
    fn what_fits_another_type_fits_back(value in prop_oneof![2u8..=11].prop_flat_map(scalar), to in 2u8..=11) {
        if let Some(fitted) = fit(&value, to, false) {
            let own = value.scalar_type_id().unwrap() as u32;
            let back = fit(&fitted, u8::try_from(own).unwrap(), false);
            // A Float that is told as the Double was is another number, and the same text.
            if let (Variant::Double(sent), Variant::Float(taken)) = (&value, &fitted) {
                prop_assert!(sent.to_string() == taken.to_string() || back.is_some());
                return Ok(());
            }
            // A negative zero is the one number that whole types do not tell from its opposite.
            if value.as_f64() != Some(0.0) {
                prop_assert_eq!(format!("{back:?}"), format!("{:?}", Some(value)));
            }
        }
    }
}

/// A reader that is quick rather than exact takes its neighbour.
#[test]
fn a_number_is_read_to_its_last_digit() {
    let written = read_data_value(br#"{"Value":{"Type":11,"Body":225586620184943.62}}"#).unwrap();
    assert_eq!(written.value, Some(Variant::Double(225_586_620_184_943.62)));
}
