//! Escaping, character by character.

use crate::wire::html::escape;

fn escaped(json: &str) -> String {
    let mut out = Vec::new();
    escape(json.as_bytes(), &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn only_the_five_inside_strings_become_entities() {
    for (json, expected) in [
        (r#"{"a":[1.0,true,null]}"#, r#"{"a":[1.0,true,null]}"#),
        (r#""&<>'""#, r#""&amp;&lt;&gt;&#39;""#),
        (r#""\"""#, r#""&quot;""#),
        (r#""\\""#, r#""\\""#),
        (r#""\\\"<""#, r#""\\&quot;&lt;""#),
        (r#""\\u003c""#, r#""\\u003c""#),
        (r#""\u003c\u003E\u0026\u0022\u0027""#, r#""&lt;&gt;&amp;&quot;&#39;""#),
        (r#""\u103c\u003d\u00e9\ud83e\uddb4""#, r#""\u103c\u003d\u00e9\ud83e\uddb4""#),
        (r#""\/\n\t""#, r#""\/\n\t""#),
        ("\"é<サ\"", "\"é&lt;サ\""),
        ("", ""),
    ] {
        assert_eq!(escaped(json), expected, "{json}");
    }
}

#[test]
fn text_that_is_no_json_does_no_harm_either() {
    for json in ["\"", "\"\\", "\"\\u", "\"\\u00", "\"\\u00\"", "\\", "\"\\u003"] {
        assert!(escaped(json).len() >= json.len(), "{json}");
    }
}
