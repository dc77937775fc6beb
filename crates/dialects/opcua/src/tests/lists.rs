//! Which variables there are and what is known of them (contract `opcua`, `VALUELIST_REQUEST` and `VALUEINFO_REQUEST`).

use super::*;

#[test]
fn all_names_are_sorted_by_bytes_whatever_the_body_is() {
    let list = r#"},"Body":{"Variables":["","Boolean","ByteArray","Temperature","é \"x\".1"]}}"#;
    for dialect in [dialect(), native()] {
        for body in ["{}", r#""""#, "null", "[]", "5", r#"{"Variables":["x"]}"#] {
            assert_eq!(Client::of(&dialect).ask("VALUELIST", body), list, "{body}");
        }
        let bare = r#"{"Header":{"MessageType":"VALUELIST_REQUEST","ClientHandle":"1"}}"#;
        assert!(Client::of(&dialect).say(bare).1.ends_with(list));
    }
}

#[test]
fn with_nothing_configured_the_list_is_empty() {
    let empty = |settings: &[(&'static str, &str)]| {
        let mut values = Values::default();
        settings.iter().for_each(|(key, text)| values.set(key, Value::Text((*text).into())));
        Client::of(&Opcua::new(&values, DialectLimits::default())).ask("VALUELIST", "{}")
    };
    assert_eq!(empty(&[]), r#"},"Body":{"Variables":""}}"#);
    assert_eq!(empty(&[("scalars", "native")]), r#"},"Body":{"Variables":[]}}"#);
}

#[test]
fn each_name_is_described_in_order() {
    let body = r#"{"Variables":["ByteArray","no\"ne","Boolean","ByteArray"]}"#;
    let array = r#"{"Variable":"ByteArray","Type":"Byte","IsArray":"true","Delivery":"subscription"}"#;
    let none = r#"{"Variable":"no\"ne","StatusCode":"BadNodeIdUnknown"}"#;
    let switch = concat!(
        r#"{"Variable":"Boolean","Type":"Boolean","IsArray":"false","MetaData":{"DisplayName":" Switch","#,
        r#""Limits":{"Min":" 0","Max":" 1"},"Tags":[" a"," true"],"None":""},"Delivery":"subscription"}"#
    );
    assert_eq!(
        Client::of(&dialect()).ask("VALUEINFO", body),
        format!(r#"}},"Body":{{"Variables":[{array},{none},{switch},{array}]}}}}"#)
    );
    let array = r#"{"Variable":"ByteArray","Type":"Byte","IsArray":true,"Delivery":"subscription"}"#;
    let switch = concat!(
        r#"{"Variable":"Boolean","Type":"Boolean","IsArray":false,"MetaData":{"DisplayName":"Switch","#,
        r#""Limits":{"Min":"0","Max":1},"Tags":["a",true],"None":{}},"Delivery":"subscription"}"#
    );
    assert_eq!(
        Client::of(&native()).ask("VALUEINFO", body),
        format!(r#"}},"Body":{{"Variables":[{array},{none},{switch},{array}]}}}}"#)
    );
}

#[test]
fn how_values_come_is_as_the_source_said_last() {
    use tieline_model::{Dialect, Topic};
    let dialect = dialect();
    let is_polled = || Client::of(&dialect).ask("VALUEINFO", r#"{"Variables":["ByteArray"]}"#).contains(r#""polling""#);
    let server = |name: &str| Topic::new(["opcua", name]);
    assert!(!is_polled());
    dialect.note(&server("nowhere"), r#"{"Delivery":"polling"}"#);
    assert!(!is_polled());
    dialect.note(&server("plant"), r#"{"Delivery":"polling"}"#);
    assert!(is_polled());
    dialect.note(&server("plant"), r#"{"Delivery":"subscription"}"#);
    assert!(!is_polled());
}

#[test]
fn a_list_of_names_is_needed() {
    let wrong = r#","StatusCode":"BadAttributeIdInvalid"}}"#;
    let dialect = dialect();
    for body in [
        "{}",
        "null",
        "[]",
        "5",
        r#"{"Variable":["Boolean"]}"#,
        r#"{"Variables":null}"#,
        r#"{"Variables":"Boolean"}"#,
        r#"{"Variables":{}}"#,
        r#"{"Variables":["Boolean",null]}"#,
        r#"{"Variables":[["Boolean"]]}"#,
        r#"{"Variables":["\ud800"]}"#,
        r#"{"Variables":["Boolean"],"Variables":[]}"#,
    ] {
        assert_eq!(Client::of(&dialect).ask("VALUEINFO", body), wrong, "{body}");
    }
    for body in [r#"{"Variables":[]}"#, r#"{"Variables":""}"#] {
        assert_eq!(Client::of(&dialect).ask("VALUEINFO", body), r#"},"Body":{"Variables":""}}"#, "{body}");
    }
    assert_eq!(Client::of(&native()).ask("VALUEINFO", r#"{"Variables":[]}"#), r#"},"Body":{"Variables":[]}}"#);
}

#[test]
fn too_many_names_are_refused() {
    let dialect = dialect_with(&[("variables", "2")], DialectLimits::default());
    let mut client = Client::of(&dialect);
    assert!(client.ask("VALUEINFO", r#"{"Variables":["a","b"]}"#).contains("BadNodeIdUnknown"));
    assert_eq!(
        client.ask("VALUEINFO", r#"{"Variables":["a","b","c",{}]}"#),
        r#","StatusCode":"BadTooManyOperations"}}"#
    );
    let unbounded = dialect_with(&[("variables", "0")], DialectLimits::default());
    let names = format!(r#"{{"Variables":[{}0]}}"#, "0,".repeat(20_000));
    assert!(Client::of(&unbounded).ask("VALUEINFO", &names).contains("BadNodeIdUnknown"));
}
