//! What is read loosely and what is not, and that strict JSON is read as ever.

use super::*;
use crate::json;
use proptest::prelude::*;

/// The members as lines `key = slice | content`.
fn read(text: &str) -> Result<Vec<String>, Refusal> {
    let mut lines = Vec::new();
    members(text, 8, |key, value| {
        let content = value.text().map(|content| format!(" | {content}")).unwrap_or_default();
        lines.push(format!("{key} = {}{content}", value.source()));
    })?;
    Ok(lines)
}

#[test]
fn what_is_written_by_hand_is_read() {
    let cases: [(&str, &[&str]); 14] = [
        (
            r#"{ ws_op : "open", ws_stream_ids : "points" }"#,
            &[r#"ws_op = "open" | open"#, r#"ws_stream_ids = "points" | points"#],
        ),
        (
            r#"{ws_op: 'send', ws_msg: '{ "EventID" : 6 }'}"#,
            &["ws_op = 'send' | send", r#"ws_msg = '{ "EventID" : 6 }' | { "EventID" : 6 }"#],
        ),
        (r#"{ws_op: "send", ws_msg: {"a": NaN}}"#, &[r#"ws_op = "send" | send"#, r#"ws_msg = {"a": NaN}"#]),
        ("{a: [1, 2,], b: {c: 1,},}", &["a = [1, 2,]", "b = {c: 1,}"]),
        ("// first\n{a /* key */ : /* value */ 1 // last\r}/**/ //", &["a = 1"]),
        ("{a: [ /* } */ '}' ], b: 2}", &["a = [ /* } */ '}' ]", "b = 2"]),
        ("{'a': \"one\r\ntwo\tthree\"}", &["a = \"one\r\ntwo\tthree\" | one\r\ntwo\tthree"]),
        ("{a: 'one \\\r\ntwo \\\nthree'}", &["a = 'one \\\r\ntwo \\\nthree' | one two three"]),
        (
            r#"{a: 'it\'s \x41\v\u00e9\0\q"', "b\"": "it's"}"#,
            &["a = 'it\\'s \\x41\\v\\u00e9\\0\\q\"' | it's A\u{b}é\0q\"", r#"b" = "it's" | it's"#],
        ),
        (
            "{a: -Infinity, b: +NaN, c: +.5, d: 5., e: -1.e+3}",
            &["a = -Infinity", "b = +NaN", "c = +.5", "d = 5.", "e = -1.e+3"],
        ),
        ("{größe_1: true, $a-b.c: null, 7: false}", &["größe_1 = true", "$a-b.c = null", "7 = false"]),
        ("\u{a0}{\u{2003}a\u{a0}:\u{a0}1}\u{b}", &["a = 1"]),
        (r#"{a: '\ud83d\ude8c', b: "\ud83d"}"#, &[r"a = '\ud83d\ude8c' | 🚌", r#"b = "\ud83d""#]),
        ("{}", &[]),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text).unwrap(), expected, "{text}");
    }
}

#[test]
fn what_is_neither_is_refused() {
    let places = [
        ("", 1, 1),
        ("{", 1, 2),
        ("{a", 1, 3),
        ("{a:}", 1, 4),
        ("{a:1 b:2}", 1, 6),
        ("{a:1,,}", 1, 6),
        ("{,}", 1, 2),
        ("{a:[,]}", 1, 5),
        ("{a:[1}", 1, 6),
        ("{a:1]", 1, 5),
        ("{a:1}}", 1, 6),
        ("{a:1} x", 1, 7),
        ("{a:hello}", 1, 4),
        ("{a:nan}", 1, 4),
        ("{a:undefined}", 1, 4),
        ("{a:0x1F}", 1, 4),
        ("{a:007}", 1, 4),
        ("{a:.}", 1, 4),
        ("{a:1e}", 1, 4),
        ("{a:--1}", 1, 4),
        ("{a:1_000}", 1, 4),
        ("{a:'x}", 1, 7),
        ("{a:\n'x\u{1}'}", 2, 3),
        ("{a:'\\u12'}", 1, 5),
        ("{a:'\\1'}", 1, 5),
        ("{a:'\\", 1, 5),
        ("{a:1 /* }", 1, 6),
        ("{a:1 /*/", 1, 6),
        ("{a:1 / 2}", 1, 6),
        ("{a=1}", 1, 3),
        ("{a:1;b:2}", 1, 5),
        ("{[1]:2}", 1, 2),
        ("{`a`:1}", 1, 2),
        ("\u{feff}{}", 1, 1),
    ];
    for (text, line, column) in places {
        let refusal = to_json(text, 8).unwrap_err();
        let expected = format!("not JSON, however loosely it is read: line {line} column {column}");
        assert_eq!((refusal.reason, refusal.detail.as_str()), (Reason::Malformed, expected.as_str()), "{text}");
        assert_eq!(read(text).unwrap_err().reason, Reason::Malformed, "{text}");
    }
    for text in ["[]", "[1]", "'a'", "1", "/**/[{}]", r#"{"\ud83d": 1}"#] {
        assert!(to_json(text, 8).is_ok());
        assert_eq!(read(text).unwrap_err().reason, Reason::Malformed, "{text}");
    }
}

#[test]
fn depth_is_bounded_and_without_a_limit_nothing_recurses() {
    assert!(read("{a:[[[[[[[]]]]]]]}").is_ok());
    let refusal = read("{a:[[[[[[[[]]]]]]]]}").unwrap_err();
    assert_eq!((refusal.reason, refusal.limit), (Reason::TooLarge, Some("json_depth")));
    assert!(read("{a:'[[[[[[[[[[[[', /* {{{{{{{{{{ */}").is_ok(), "what is no bracket does not count");
    let nested = "[".repeat(300_000) + &"]".repeat(300_000);
    let mut found = 0;
    members(&format!("{{a:{nested}}}"), 0, |_, value| found = value.source().len()).unwrap();
    assert_eq!(found, 600_000);
    assert_eq!(to_json(&nested, 0).unwrap(), nested);
}

#[test]
fn a_list_gives_its_elements() {
    let mut items = Vec::new();
    members("{a: ['x', [1, [2]], {b: 3,}, /* no */ NaN, ], b: [], c: 'no list'}", 8, |_, value| {
        items.push(value.items().map(|items| items.map(Lenient::source).collect::<Vec<_>>()));
    })
    .unwrap();
    assert_eq!(items, [Some(vec!["'x'", "[1, [2]]", "{b: 3,}", "NaN"]), Some(Vec::new()), None]);
}

#[test]
fn it_is_written_as_strict_json() {
    let cases = [
        ("{a: [1, +2., .5, -.5e3, ], 'b': {}, // no\n}", r#"{"a":[1,2,0.5,-0.5e3],"b":{}}"#),
        ("'a\"\\'\\x41\\v\\0\\\n\\u00e9\\/\n\t'", r#""a\"'\u0041\u000b\u0000\u00e9\/\n\t""#),
        (r#"{"a" : "\ud800", "b": [ {}, [ ] ], "c": 1.50E+07}"#, r#"{"a":"\ud800","b":[{},[]],"c":1.50E+07}"#),
        (" true ", "true"),
    ];
    for (text, expected) in cases {
        assert_eq!(to_json(text, 8).unwrap(), expected, "{text}");
    }
    assert_eq!(to_json("[NaN]", 8).unwrap_err().reason, Reason::BadField);
    assert_eq!(to_json("-Infinity", 8).unwrap_err().reason, Reason::BadField);
}

/// A text that serde_json reads is read in the same way here; any other at least does not hurt.
fn reads_alike(text: &str) -> Result<(), TestCaseError> {
    let mut leniently = Vec::new();
    let lenient =
        members(text, 0, |key, value| leniently.push((key.to_owned(), value.source().to_owned(), value.text())));
    let mut strictly = Vec::new();
    let content = |raw: &RawValue| serde_json::from_str::<String>(raw.get()).ok().map(Cow::Owned);
    let strict = json::members(text, |key, raw| strictly.push((key.to_owned(), raw.get().to_owned(), content(raw))));
    if strict.is_ok() {
        prop_assert!(lenient.is_ok(), "{text:?}");
        prop_assert_eq!(&leniently, &strictly, "{:?}", text);
    }
    let rewritten = to_json(text, 0);
    if let Ok(raw) = serde_json::from_str::<&RawValue>(text) {
        let rewritten = rewritten.map_err(|refusal| TestCaseError::fail(format!("{text:?}: {refusal}")))?;
        prop_assert_eq!(without_blanks(raw.get()), rewritten);
    } else if let Ok(rewritten) = rewritten {
        let again = to_json(&rewritten, 0).unwrap();
        prop_assert!(serde_json::from_str::<&RawValue>(&rewritten).is_ok(), "{text:?} became {rewritten:?}");
        prop_assert_eq!(again, rewritten);
    }
    Ok(())
}

/// Strict JSON without the blanks between its signs.
fn without_blanks(json: &str) -> String {
    let (mut in_text, mut escaped) = (false, false);
    json.chars()
        .filter(|char| {
            if escaped {
                escaped = false;
            } else if in_text && *char == '\\' {
                escaped = true;
            } else if *char == '"' {
                in_text = !in_text;
            }
            in_text || !matches!(char, ' ' | '\t' | '\n' | '\r')
        })
        .collect()
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
        "[\\\\\"'/*\n\ta-c{},:]{0,8}".prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            proptest::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn json_is_never_read_differently(value in any_json(), pretty in any::<bool>()) {
        let written = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        reads_alike(&written.unwrap())?;
    }

    #[test]
    fn no_text_hurts(text in any::<String>()) {
        reads_alike(&text)?;
    }

    #[test]
    fn nothing_like_json_is_read_differently(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("{"), Just("}"), Just("["), Just("]"), Just(","), Just(":"), Just("\""), Just("'"), Just("\\"),
                Just("\\u00e9"), Just("\\ud800"), Just("\\udc00"), Just("\\n"), Just("\\'"), Just("\\x41"), Just("\n"),
                Just("//"), Just("/*"), Just("*/"), Just("a"), Just("\"a\""), Just("'b'"), Just("1"), Just("-"),
                Just("."), Just("e9"), Just("+"), Just("0"), Just("NaN"), Just("null"), Just("{\"a\":"), Just(" "),
                Just("\u{a0}"), Just("ü"), Just("{a:"), Just("],"), Just("},"),
            ],
            0..24,
        ),
    ) {
        reads_alike(&parts.concat())?;
    }
}
