//! Values that are written flat: in the variable's own type (contract `opcua`, second part).

use super::*;
use crate::value::{Own, written};
use serde_json::value::RawValue;

fn flat(own: &str, is_array: bool, json: &str) -> Result<String, &'static str> {
    let read = written(serde_json::from_str::<&RawValue>(json).unwrap(), Own::named(own, is_array))?;
    Ok(String::from_utf8(read).unwrap())
}

#[test]
fn a_flat_value_gets_the_variables_own_type() {
    for (own, json, kind, body) in [
        ("Int32", r#""77""#, 6, "77"),
        ("Int32", "77", 6, "77"),
        ("Int32", r#"{"Type": 6, "Body": "4711"}"#, 6, "4711"),
        ("Double", r#"{"Type": 6, "Body": "4711"}"#, 11, "4711"),
        ("Double", r#"{"Type": "12", "Body": "2.80"}"#, 11, "2.8"),
        ("Double", "2.50", 11, "2.5"),
        ("Float", r#""nan""#, 10, r#""nan""#),
        ("Byte", "255", 3, "255"),
        ("UInt64", "18446744073709551615", 9, "18446744073709551615"),
        ("Int64", r#""-9223372036854775808""#, 8, "-9223372036854775808"),
        ("Boolean", "true", 1, "true"),
        ("Boolean", r#""TRUE""#, 1, "true"),
        ("Boolean", "0", 1, "false"),
        ("String", r#""77""#, 12, r#""77""#),
        ("String", "77", 12, r#""77""#),
        ("String", r#""""#, 12, r#""""#),
        ("String", r#"{"Type":12,"Body":"a \"b\""}"#, 12, r#""a \"b\"""#),
        ("DateTime", r#""2020-01-02T03:04:05Z""#, 13, r#""2020-01-02T03:04:05Z""#),
        ("ByteString", r#""AAE=""#, 15, r#""AAE=""#),
        ("NodeId", r#"{"IdType":"1","Id":"x","Namespace":"2"}"#, 17, r#"{"IdType":1,"Id":"x","Namespace":2}"#),
        ("LocalizedText", r#"{"Locale":"en","Text":"x"}"#, 21, r#"{"Locale":"en","Text":"x"}"#),
        ("ExtensionObject", r#"{"TypeId":{"Id":5},"Body":"AAE="}"#, 22, r#"{"TypeId":{"Id":5},"Body":"AAE="}"#),
        ("ExtensionObject", r#"{"X":"1","Value":2}"#, 22, r#"{"Body":{"X":"1","Value":2}}"#),
        ("ExtensionObject", r#"{"Body":{"X":1}}"#, 22, r#"{"Body":{"X":1}}"#),
        ("ExtensionObject", r#"{"Value":{"Type":22,"Body":{"Body":{"X":1}}}}"#, 22, r#"{"Body":{"X":1}}"#),
        ("ExtensionObject", r#"{"Type":22,"Body":{"Body":{"X":1}}}"#, 22, r#"{"Body":{"X":1}}"#),
        ("Variant", r#"{"Type": 6, "Body": "4711"}"#, 6, "4711"),
    ] {
        let expected = format!(r#"{{"Value":{{"Type":{kind},"Body":{body}}}}}"#);
        assert_eq!(flat(own, false, json).as_deref(), Ok(expected.as_str()), "{own}: {json}");
    }
    for (own, json, kind, body) in [
        ("Byte", r#"[1,"2",3.0]"#, 3, "[1,2,3]"),
        ("Byte", r#"{"Type":6,"Body":["1",2]}"#, 3, "[1,2]"),
        ("Byte", r#"{"Type":6,"Body":[1,2],"Dimensions":[2,1]}"#, 3, r#"[1,2],"Dimensions":[2,1]"#),
        ("Byte", "[]", 3, "[]"),
        ("Byte", r#""""#, 3, "[]"),
        ("Boolean", r#"[true,"False",1]"#, 1, "[true,false,true]"),
        ("String", r#"["a",null,5]"#, 12, r#"["a",null,"5"]"#),
        ("ExtensionObject", r#"[{"X":1},{"Body":{"X":2}}]"#, 22, r#"[{"Body":{"X":1}},{"Body":{"X":2}}]"#),
        ("LocalizedText", r#"[{"Text":"x"}]"#, 21, r#"[{"Locale":"","Text":"x"}]"#),
    ] {
        let expected = format!(r#"{{"Value":{{"Type":{kind},"Body":{body}}}}}"#);
        assert_eq!(flat(own, true, json).as_deref(), Ok(expected.as_str()), "{own}[]: {json}");
    }
}

#[test]
fn what_does_not_fit_it_is_refused() {
    for (own, is_array, json) in [
        ("Byte", false, "300"),
        ("Byte", false, r#"{"Type":6,"Body":"300"}"#),
        ("UInt32", false, r#""-1""#),
        ("Int32", false, "1.5"),
        ("Int32", false, r#""seven""#),
        ("Int32", false, r#""""#),
        ("Int32", false, "null"),
        ("String", false, "null"),
        ("Int32", false, "true"),
        ("Int32", false, "{}"),
        ("Int32", false, r#"{"Body":"4711"}"#),
        ("Int32", false, r#"{"Type":6}"#),
        ("Int32", false, r#"{"Type":"Int32","Body":1}"#),
        ("Int32", false, r#"{"Type":99,"Body":1}"#),
        ("Int32", false, r#"{"Type":6,"Type":6,"Body":1}"#),
        ("Int32", false, "[1]"),
        ("Int32", false, r#"{"Type":6,"Body":[1]}"#),
        ("Int32", true, "1"),
        ("Int32", true, r#"{"Type":6,"Body":1}"#),
        ("Int32", true, "[[1]]"),
        ("Int32", true, "[1,null]"),
        ("Boolean", false, "2"),
        ("Boolean", false, r#""yes""#),
        ("DataValue", false, r#"{"Type":6,"Body":1}"#),
        ("DataValue", false, "1"),
        ("Variant", false, "1"),
        ("Variant", false, r#"{"Body":1}"#),
        ("Unknown", false, "1"),
        ("LocalizedText", false, r#""x""#),
    ] {
        let read = flat(own, is_array, json);
        assert!(read.is_err(), "{own} {is_array}: {json} became {read:?}");
    }
}

#[test]
fn a_whole_data_value_keeps_the_type_it_names() {
    let named = r#"{"Value":{"Type":6,"Body":"4711"},"Status":"0"}"#;
    assert_eq!(flat("Double", false, named).as_deref(), Ok(r#"{"Value":{"Type":6,"Body":4711}}"#));
}

#[test]
fn a_client_writes_as_the_products_own_pages_do() {
    let dialect = dialect();
    let asked = |variable: &str, body: &str| {
        let topic = format!("opcua.plant.{variable}");
        format!(r#"write {topic} {{"Value":{body}}} by opcua.write [{topic}]"#)
    };
    for (variable, value, body) in [
        ("Temperature", r#""77""#, r#"{"Type":11,"Body":77}"#),
        ("Temperature", r#"{"Type": 6, "Body": "4711"}"#, r#"{"Type":11,"Body":4711}"#),
        ("Boolean", r#""True""#, r#"{"Type":1,"Body":true}"#),
        ("ByteArray", "[1,2]", r#"{"Type":3,"Body":[1,2]}"#),
    ] {
        let request = format!(r#"{{"Variable":"{variable}","Value":{value}}}"#);
        assert_eq!(Client::of(&dialect).ask("WRITE", &request), asked(variable, body), "{value}");
    }
    let wrong = r#","StatusCode":"BadAttributeIdInvalid"}}"#;
    for (variable, value) in [("Temperature", r#""warm""#), ("ByteArray", "256"), ("Boolean", "[true]")] {
        let request = format!(r#"{{"Variable":"{variable}","Value":{value}}}"#);
        assert_eq!(Client::of(&dialect).ask("WRITE", &request), wrong, "{value}");
    }
}
