//! How values are written for clients: one pass over the event form.

use crate::wire::style::Style;

fn written(is_text: bool, is_exact: bool, level: usize, json: &str) -> String {
    let mut out = b"before".to_vec();
    Style { is_text, is_exact }.write(json.as_bytes(), level, &mut out);
    String::from_utf8(out.split_off(6)).unwrap()
}

#[test]
fn every_scalar_becomes_a_text() {
    let cases = [
        ("5", r#""5""#),
        ("-1.50E+3", r#""-1.50E+3""#),
        ("true", r#""true""#),
        ("null", r#""""#),
        ("{}", r#""""#),
        ("[ ]", r#""""#),
        ("{ \n}", r#""""#),
        (r#""5""#, r#""5""#),
        (r#"{"a" : [1 , {"b":null}, [], "x"] }"#, r#"{"a":["1",{"b":""},"","x"]}"#),
        (r#"{"1":"\"{[\\","c\"":2}"#, r#"{"1":"\"{[\\","c\"":"2"}"#),
        ("[18446744073709551615,1e300]", r#"["18446744073709551615","1e300"]"#),
        (r#""[1,true,null] \u0031""#, r#""[1,true,null] \u0031""#),
        ("[[[]]]", r#"[[""]]"#),
    ];
    for (json, expected) in cases {
        assert_eq!(written(true, false, 1, json), expected, "{json}");
        assert_eq!(written(true, true, 1, json), expected, "{json}");
    }
    let json = r#"{"a" : [1, {"b": null}], "c": {}}"#;
    assert_eq!(written(false, true, 1, json), json, "byte for byte");
    assert_eq!(written(false, false, 1, json), json.replace(' ', ""));
}

#[test]
fn only_the_times_beside_a_value_are_cut() {
    let value = concat!(
        r#"{"Value":{"Type":13,"Body":"2020-01-02T03:04:05.5Z","SourceTimestamp":"2020-01-02T03:04:05.5Z"},"#,
        r#""SourceTimestamp": "2020-01-02T03:04:05.1234567Z","ServerTimestamp":"2020-01-02T03:04:05Z","x":"0.5"}"#
    );
    let cut = value.replace(": \"2020-01-02T03:04:05.1234567Z", ":\"2020-01-02T03:04:05Z");
    assert_eq!(written(false, false, 1, value), cut);
    assert_eq!(written(true, false, 1, value), cut.replace("13,", "\"13\","));
    assert_eq!(written(true, true, 1, value), value.replace("13,", "\"13\",").replace(": ", ":"));
    let list = format!(r#"{{"DataValues":[{value},{value}],"SourceTimestamp":"0.5"}}"#);
    assert_eq!(written(false, false, 3, &list), format!(r#"{{"DataValues":[{cut},{cut}],"SourceTimestamp":"0.5"}}"#));
    for odd in [r#"{"SourceTimestamp":5.5}"#, r#"{"SourceTimestamp":null}"#, r#"["SourceTimestamp","0.5"]"#] {
        assert_eq!(written(false, false, 1, odd), odd);
    }
}

#[test]
fn any_bytes_survive() {
    for json in [
        "",
        "\"",
        "\"\\",
        "{",
        "[",
        "}",
        "]]",
        ":",
        "\u{c}",
        "\u{c}\u{c}1",
        "é",
        "{\"SourceTimestamp\":\"",
        "\"SourceTimestamp\":",
    ] {
        for level in 0..4 {
            written(true, false, level, json);
            written(false, false, level, json);
        }
    }
}
