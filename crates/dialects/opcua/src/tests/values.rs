//! What may be written, and what it becomes: every built-in type, in either scalar form (contract `opcua`, Values).

use super::data_value;
use serde_json::value::RawValue;

/// The event form of a value of this type, or why there is none.
fn typed(kind: u8, body: &str, is_array: bool) -> Result<String, &'static str> {
    let json = format!(r#"{{"Value":{{"Type":{kind},"Body":{body}}}}}"#);
    let read = data_value(serde_json::from_str::<&RawValue>(&json).unwrap(), is_array)?;
    let read = String::from_utf8(read).unwrap();
    let head = format!(r#"{{"Value":{{"Type":{kind},"Body":"#);
    Ok(read.strip_prefix(&head).and_then(|rest| rest.strip_suffix("}}")).unwrap().to_owned())
}

fn reads(kind: u8, cases: &[(&str, &str)]) {
    for (body, expected) in cases {
        assert_eq!(typed(kind, body, false).as_deref(), Ok(*expected), "type {kind}: {body}");
    }
}

fn refuses(kind: u8, bodies: &[&str]) {
    for body in bodies {
        let read = typed(kind, body, false);
        assert!(read.is_err(), "type {kind}: {body} became {read:?}");
    }
}

#[test]
fn truths() {
    reads(1, &[("true", "true"), (r#""false""#, "false"), (r#"" true ""#, "true"), ("1", "true"), (r#""0""#, "false")]);
    reads(1, &[(r#""True""#, "true"), (r#""FALSE""#, "false"), (r#"" tRuE""#, "true")]);
    refuses(1, &["2", r#""yes""#, r#""""#, "null", "{}", "1.0"]);
}

#[test]
fn whole_numbers_are_exact_and_in_range() {
    let limits: [(u8, i128, i128); 9] = [
        (2, -128, 127),
        (3, 0, 255),
        (4, -32768, 32767),
        (5, 0, 65535),
        (6, i32::MIN.into(), i32::MAX.into()),
        (7, 0, u32::MAX.into()),
        (8, i64::MIN.into(), i64::MAX.into()),
        (9, 0, u64::MAX.into()),
        (19, 0, u32::MAX.into()),
    ];
    for (kind, low, high) in limits {
        for number in [low, high, 0, 1, high / 3] {
            let text = number.to_string();
            reads(kind, &[(&text, &text), (&format!("\"{text}\""), &text), (&format!("\" {text}.000 \""), &text)]);
        }
        for number in [low - 1, high + 1, high * 10, i128::from(u64::MAX) * 1000] {
            refuses(kind, &[&number.to_string(), &format!("\"{number}\"")]);
        }
        refuses(kind, &["0.5", "1e-1", "1e99999999999999999999", "1e400", "null", "true", "{}", r#""nan""#]);
        let odd = ["\"\"", "\"-\"", "\"1.\"", "\".5\"", "\"1e\"", "\"0x1\"", "\"1 2\"", "\"+1\"", "\"١\"", "\"--1\""];
        refuses(kind, &odd);
    }
    reads(4, &[("1e2", "100"), ("1.5e1", "15"), ("-0", "0"), ("0e99999999999999999999", "0"), ("\"007\"", "7")]);
    reads(4, &[("1000e-3", "1"), ("0.00012e5", "12"), ("-3.2768E+4", "-32768"), ("12300e-2", "123")]);
    reads(9, &[("18446744073709551615", "18446744073709551615"), ("1.8446744073709551615e19", "18446744073709551615")]);
    refuses(9, &["18446744073709551616", "1.84467440737095516155e19", "-1"]);
}

#[test]
fn floats_are_the_nearest_of_their_type() {
    reads(
        11,
        &[
            ("2.80", "2.8"),
            (r#""-30.0""#, "-30"),
            ("1e300", "1e300"),
            ("-0.0", "-0"),
            ("0.1", "0.1"),
            ("1.7976931348623157e308", "1.7976931348623157e308"),
            ("5e-324", "5e-324"),
            ("1e-999", "0"),
            ("123456789.123456789", "123456789.12345679"),
            (r#""nan""#, r#""nan""#),
            (r#""NaN""#, r#""nan""#),
            (r#""inf""#, r#""inf""#),
            (r#""-Infinity""#, r#""-inf""#),
        ],
    );
    reads(10, &[("2.8", "2.8"), ("0.1", "0.1"), ("16777217", "16777216"), ("3.4028235e38", "3.4028235e38")]);
    refuses(11, &["1e400", "-1e309", "null", "true", r#""""#, r#""1,5""#, r#""0x1p3""#, r#""infinite""#, "[[1]]"]);
    refuses(10, &["1e39", "3.5e38"]);
}

#[test]
fn texts_and_bytes() {
    for kind in [12, 16] {
        reads(kind, &[(r#""a\"\u00e9\\n""#, r#""a\"é\\n""#), ("null", "null"), (r#""""#, r#""""#)]);
        reads(kind, &[("5.0", r#""5.0""#), ("true", r#""true""#), (r#"" x ""#, r#"" x ""#)]);
        refuses(kind, &[r#""\ud800""#, "{}"]);
    }
    reads(
        15,
        &[(r#""AAECAw==""#, r#""AAECAw==""#), (r#""AAECAw""#, r#""AAECAw==""#), ("null", "null"), (r#""""#, r#""""#)],
    );
    refuses(15, &[r#""A""#, r#""A*==""#, r#""AAECAx==""#, r#""-_-_""#, "{}"]);
    let guid = "72962B91-FA75-4AE6-8D28-B404DC7DAF63";
    reads(14, &[(&format!("\"{}\"", guid.to_lowercase()), &format!("\"{guid}\""))]);
    refuses(14, &["null", "1", r#""72962B91FA754AE68D28B404DC7DAF63""#, r#""{72962B91-FA75-4AE6-8D28-B404DC7DAF6}""#]);
    refuses(14, &[r#""72962B91-FA75-4AE6-8D28-B404DC7DAFG3""#, r#""72962B91-FA75-4AE6-8D28-B404DC7DAFé""#]);
}

#[test]
fn times() {
    let cases = [
        ("2020-01-02T03:04:05Z", "2020-01-02T03:04:05Z"),
        ("20200102T030405", "2020-01-02T03:04:05Z"),
        ("20200102T030405.5Z", "2020-01-02T03:04:05.5Z"),
        ("2020-01-02T03:04:05.1234567890Z", "2020-01-02T03:04:05.1234567Z"),
        ("2020-01-02T03:04:05.0000000999", "2020-01-02T03:04:05Z"),
        ("2020-01-02T03:04:05,250+01:30", "2020-01-02T01:34:05.25Z"),
        ("2020-01-02t03:04-0500", "2020-01-02T08:04:00Z"),
        ("2020-01-02 03:04:05+00", "2020-01-02T03:04:05Z"),
        ("2019-12-31T23:30-01", "2020-01-01T00:30:00Z"),
        ("2020-02-29T00:00:00Z", "2020-02-29T00:00:00Z"),
        ("1601-01-01T00:00:00Z", "1601-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z"),
        (" 2020-01-02T03:04:05Z ", "2020-01-02T03:04:05Z"),
    ];
    for (time, expected) in cases {
        reads(13, &[(&format!("\"{time}\""), &format!("\"{expected}\""))]);
    }
    for time in [
        "",
        "NOW",
        "2020",
        "2020-01-02",
        "2020-01-02T",
        "2020-13-02T03:04:05Z",
        "2019-02-29T00:00:00Z",
        "2020-01-02T24:00:00Z",
        "2020-01-02T03:04:60Z",
        "2020-01-02T03:04:05.Z",
        "2020-01-02T03:04.5Z",
        "2020-01-02T03:04:05X",
        "2020-01-02T03:04:05+1",
        "2020-01-02T03:04:05+24:00",
        "2020-01-02T03:04:05+01:60",
        "2020-01-02T03:04:05ZZ",
        "1600-12-31T23:59:59Z",
        "0000-00-00T00:00:00Z",
        "1601-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "+2020-01-02T03:04:05Z",
        "2020-1-2T3:4:5Z",
        "2020-01-02T03:04:05.12a4567Z",
        "２020-01-02T03:04:05Z",
        "2020-01-02T03:04:05.1234567x",
    ] {
        refuses(13, &[&format!("\"{time}\"")]);
    }
    refuses(13, &["null", "5", "true", "{}"]);
}

#[test]
fn names_of_nodes() {
    reads(
        17,
        &[
            (r#"{"Id":85}"#, r#"{"Id":85}"#),
            (r#"{"IdType":"0","Id":"85","Namespace":"0"}"#, r#"{"Id":85}"#),
            (r#"{"Namespace":2,"Id":"a b","IdType":"1"}"#, r#"{"IdType":1,"Id":"a b","Namespace":2}"#),
            (r#"{"IdType":1,"Id":null,"Namespace":""}"#, r#"{"IdType":1,"Id":""}"#),
            (r#"{"IdType":3,"Id":"AAE"}"#, r#"{"IdType":3,"Id":"AAE="}"#),
            (
                r#"{"IdType":2,"Id":"72962b91-fa75-4ae6-8d28-b404dc7daf63","Namespace":65535}"#,
                r#"{"IdType":2,"Id":"72962B91-FA75-4AE6-8D28-B404DC7DAF63","Namespace":65535}"#,
            ),
        ],
    );
    let wrong = [
        "5",
        "null",
        "{}",
        r#"{"Id":-1}"#,
        r#"{"Id":4294967296}"#,
        r#"{"Id":"x"}"#,
        r#"{"IdType":4,"Id":1}"#,
        r#"{"IdType":2,"Id":"x"}"#,
        r#"{"Id":1,"Namespace":65536}"#,
        r#"{"Id":1,"Namespace":"urn:x"}"#,
        r#"{"Id":1,"Id":2}"#,
        r#""i=85""#,
    ];
    refuses(17, &wrong);
    reads(
        18,
        &[
            (r#"{"Id":"1","Namespace":"2","ServerUri":"0"}"#, r#"{"Id":1,"Namespace":2}"#),
            (r#"{"Id":1,"Namespace":"urn:a","ServerUri":3}"#, r#"{"Id":1,"Namespace":"urn:a","ServerUri":3}"#),
        ],
    );
    refuses(18, &[r#"{"Id":1,"Namespace":70000}"#, r#"{"Id":1,"Namespace":"70000"}"#, r#"{"Id":1,"ServerUri":-1}"#]);
}

#[test]
fn small_objects() {
    reads(20, &[(r#"{"Name":"a","Uri":"2"}"#, r#"{"Name":"a","Uri":2}"#), (r#"{"Name":null}"#, r#"{"Name":""}"#)]);
    refuses(20, &["{}", r#""a""#, r#"{"Name":"a","Uri":65536}"#, r#"{"Name":{}}"#]);
    reads(21, &[(r#"{"Locale":"en","Text":"x"}"#, r#"{"Locale":"en","Text":"x"}"#)]);
    reads(21, &[(r#"{"Text":null}"#, r#"{"Locale":"","Text":""}"#)]);
    refuses(21, &["{}", r#"{"Locale":"en"}"#, r#""x""#, r#"{"Text":[]}"#]);
    reads(22, &[(r#"{"TypeId":{"Id":"297"},"Body":"AAE="}"#, r#"{"TypeId":{"Id":297},"Body":"AAE="}"#)]);
    reads(22, &[(r#"{"TypeId":{"Id":297},"Body":null}"#, r#"{"TypeId":{"Id":297},"Body":null}"#)]);
    reads(22, &[(r#"{"TypeId":{"Id":"5"},"Body":{"X":"1"}}"#, r#"{"TypeId":{"Id":5},"Body":{"X":"1"}}"#)]);
    reads(22, &[(r#"{"Body":{"X":1}}"#, r#"{"Body":{"X":1}}"#), (r#"{"X":1}"#, r#"{"Body":{"X":1}}"#)]);
    reads(22, &[(r#"{"Body":{}}"#, r#"{"Body":{}}"#)]);
    refuses(
        22,
        &[
            "{}",
            "{ }",
            r#"{"Body":"AAE="}"#,
            r#"{"TypeId":{"Id":1}}"#,
            r#"{"TypeId":5,"Body":null}"#,
            r#"{"TypeId":{"Id":1},"Body":"*"}"#,
        ],
    );
}

#[test]
fn lists_and_their_dimensions() {
    reads(4, &[("[]", "[]"), (r#"[1,"2", 3.0]"#, "[1,2,3]")]);
    reads(12, &[(r#"["a",null]"#, r#"["a",null]"#)]);
    refuses(4, &["[1,null]", "[[1]]", "[1.5]", "[32768]", r#"["x"]"#]);
    assert_eq!(typed(4, r#""""#, true).as_deref(), Ok("[]"), "an empty list as text");
    assert_eq!(typed(12, r#""""#, true).as_deref(), Ok("[]"));
    assert!(typed(4, r#""""#, false).is_err());
    let shaped = |body: &str, dimensions: &str| {
        let json = format!(r#"{{"Value":{{"Dimensions":{dimensions},"Body":{body},"Type":3}}}}"#);
        let read = data_value(serde_json::from_str::<&RawValue>(&json).unwrap(), false);
        read.map(|read| String::from_utf8(read).unwrap().replace(r#"{"Value":{"Type":3,"Body":"#, "").replace("}}", ""))
    };
    for (body, dimensions, expected) in [
        ("[1,2,3,4,5,6]", r#"["2",3]"#, r#"[1,2,3,4,5,6],"Dimensions":[2,3]"#),
        ("[1,2]", "[2]", "[1,2]"),
        ("[1,2]", "[]", "[1,2]"),
        ("[1,2]", r#""""#, "[1,2]"),
        ("[1,2]", "null", "[1,2]"),
        ("1", "null", "1"),
        ("[]", "[0,4294967295]", r#"[],"Dimensions":[0,4294967295]"#),
    ] {
        assert_eq!(shaped(body, dimensions).as_deref(), Ok(expected), "{body} {dimensions}");
    }
    for (body, dimensions) in [
        ("[1,2]", "[3]"),
        ("[1,2]", "[2,2]"),
        ("[1,2]", "[-1,-2]"),
        ("[1]", "5"),
        ("[1]", "{}"),
        ("1", "[1]"),
        ("[1]", "[1.5]"),
        ("[]", "[4294967295,4294967295,4294967295,0]"),
    ] {
        assert!(shaped(body, dimensions).is_err(), "{body} {dimensions}");
    }
}

#[test]
fn variants_in_lists() {
    let list = r#"[{"Type":"4","Body":"1"},{"Body":["a"],"Type":12},{"Type":24,"Body":[{"Type":1,"Body":"true"}]}]"#;
    let strict = r#"[{"Type":4,"Body":1},{"Type":12,"Body":["a"]},{"Type":24,"Body":[{"Type":1,"Body":true}]}]"#;
    reads(24, &[(list, strict), ("[]", "[]")]);
    let nothing = r#"[{"Type":0,"Body":null}]"#;
    reads(24, &[("[null]", nothing), (r#"[""]"#, nothing), (r#"[{"Type":"0","Body":""}]"#, nothing)]);
    reads(24, &[(r#"[{"Type":0}]"#, nothing)]);
    refuses(24, &[r#"[{"Type":0,"Body":1}]"#, r#"[{"Body":null}]"#]);
    refuses(24, &[r#"{"Type":4,"Body":1}"#, "1", "null", "[1]", r#"[{"Type":24,"Body":{"Type":1,"Body":true}}]"#]);
    let nested = |depth: usize| {
        let open = r#"[{"Type":24,"Body":"#.repeat(depth);
        format!("{open}[]{}", "}]".repeat(depth))
    };
    assert!(typed(24, &nested(8), false).is_ok());
    assert!(typed(24, &nested(9), false).is_err());
    assert!(typed(24, &nested(30), false).is_err());
}

#[test]
fn a_value_has_a_type_that_can_be_written_and_a_body() {
    let read = |json: &str| {
        data_value(serde_json::from_str::<&RawValue>(json).unwrap(), false).map(|read| String::from_utf8(read).unwrap())
    };
    for json in [
        "5",
        "null",
        "[]",
        "{}",
        r#"{"Body":true}"#,
        r#"{"Value":5}"#,
        r#"{"Value":{"Body":true}}"#,
        r#"{"Value":{"Type":1}}"#,
        r#"{"Value":{"Type":0,"Body":null}}"#,
        r#"{"Value":{"Type":23,"Body":{}}}"#,
        r#"{"Value":{"Type":25,"Body":{}}}"#,
        r#"{"Value":{"Type":"Boolean","Body":true}}"#,
        r#"{"Value":{"Type":null,"Body":true}}"#,
        r#"{"Value":{"StatusCode":"BadInternalError"}}"#,
        r#"{"Value":{"Type":1,"Type":1,"Body":true}}"#,
        r#"{"Value":{"Type":1,"Body":true},"Status":-1}"#,
        r#"{"Value":{"Type":1,"Body":true},"Status":"Bad"}"#,
        r#"{"Value":{"Type":1,"Body":true},"SourceTimestamp":"NOW"}"#,
        r#"{"Value":{"Type":1,"Body":true},"ServerTimestamp":5}"#,
    ] {
        assert!(read(json).is_err(), "{json}");
    }
    let all = concat!(
        r#"{"ServerTimestamp":"2020-01-02T03:04:05+01:00","SourceTimestamp":"20200102T030405.25","Status":"2150891520","#,
        r#""Value":{"Body":"1","Type":"1"},"x":[]}"#
    );
    let strict = concat!(
        r#"{"Value":{"Type":1,"Body":true},"Status":2150891520,"SourceTimestamp":"2020-01-02T03:04:05.25Z","#,
        r#""ServerTimestamp":"2020-01-02T02:04:05Z"}"#
    );
    assert_eq!(read(all).as_deref(), Ok(strict));
    let nothing = r#"{"Value":{"Type":1,"Body":true},"Status":null,"SourceTimestamp":"","ServerTimestamp":null}"#;
    assert_eq!(read(nothing).as_deref(), Ok(r#"{"Value":{"Type":1,"Body":true}}"#));
}
