//! JSON as Python's `json.dumps` spells it. What is expected here was printed by Python 3.11.

use crate::wire::spelling::{compact, python};

#[test]
fn as_python_prints_it() {
    for (json, expected) in [
        ("{ \"a\":1 ,\"b\" :[ true,false,null ] }", r#"{"a": 1, "b": [true, false, null]}"#),
        ("[[],{},[{}]]", "[[], {}, [{}]]"),
        (r#""ü\/\u002f\"\\\b\f\n\r\t\u001f""#, r#""\u00fc//\"\\\b\f\n\r\t\u001f""#),
        ("\"\u{7f} ~\u{80}🚌\"", r#""\u007f ~\u0080\ud83d\ude8c""#),
        (r#""\ud83d\ude8c \uD800 \u0041\u00E4""#, r#""\ud83d\ude8c \ud800 A\u00e4""#),
        (r#"["[1,2]:{\"}", ""]"#, r#"["[1,2]:{\"}", ""]"#),
        ("[0,-0,-1,123456789012345678901234567890]", "[0, 0, -1, 123456789012345678901234567890]"),
        (
            "[1.0,-0.0,1.50,1E5,1e15,1e16,123456789012345680.0]",
            "[1.0, -0.0, 1.5, 100000.0, 1000000000000000.0, 1e+16, 1.2345678901234568e+17]",
        ),
        (
            "[0.0001,0.00001,1.5e-7,5e-324,1e22,1.7976931348623157e308,0.1e1]",
            "[0.0001, 1e-05, 1.5e-07, 5e-324, 1e+22, 1.7976931348623157e+308, 1.0]",
        ),
        (r#"{"a":1,"b":2,"\u0061":{"x":3}}"#, r#"{"a": {"x": 3}, "b": 2}"#),
        (r#"{"":0,"é\"":1}"#, r#"{"": 0, "\u00e9\"": 1}"#),
    ] {
        assert_eq!(python(json), expected, "{json}");
    }
}

#[test]
fn where_python_prints_no_json_or_less_the_text_stays() {
    for (json, expected) in [
        // Python says Infinity.
        ("[1e400,-1e400]", "[1e400, -1e400]"),
        // Deeper in, keys that are there twice stay, as under a key that is half a character.
        (r#"[{"a":1,"a":2}]"#, r#"[{"a": 1, "a": 2}]"#),
        (r#"{"\ud800":1,"a":1,"a":2}"#, r#"{"\ud800": 1, "a": 1, "a": 2}"#),
    ] {
        assert_eq!(python(json), expected, "{json}");
    }
}

#[test]
fn compact_is_the_same_text_without_blanks() {
    let json = "\n{ \"a b\" : [ 1.50 , \"\\u00fc \\\" , \" ] , \"a b\":\tnull }\r\n";
    assert_eq!(compact(json), r#"{"a b":[1.50,"\u00fc \" , "],"a b":null}"#);
}

#[test]
fn any_nesting_is_spelled() {
    let nested = "[".repeat(500_000) + &"]".repeat(500_000);
    assert_eq!(python(&nested), nested);
    assert_eq!(compact(&nested), nested);
}
