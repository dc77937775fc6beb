//! Envelopes that are written loosely: read as what they mean, and JSON never otherwise than as JSON.

use crate::wire::envelope::Parts;
use proptest::prelude::*;
use std::borrow::Cow;
use tieline_model::Reason;

fn read(text: &str) -> Option<serde_json::Value> {
    serde_json::from_str(&Parts::strict(text, 8).ok()?).ok()
}

#[test]
fn comments_and_last_commas_are_read_over() {
    let cases = [
        (r#"{"a":1,}"#, r#"{"a":1}"#),
        (r#"{"a":[1,2, ] , }"#, r#"{"a":[1,2]}"#),
        ("{\"a\":1, // one\n \"b\":2 /* two, } */}", r#"{"a":1,"b":2}"#),
        ("// first\n{\"a\":\"// no, */ comment,}\", /**/}", r#"{"a":"// no, */ comment,}"}"#),
        (r#"{"a":"\",}\\",}"#, r#"{"a":"\",}\\"}"#),
        ("{} // end", "{}"),
        ("{sender:'2','data':{a:'\"[[[[[[[[[\"',},}", r#"{"sender":"2","data":{"a":"\"[[[[[[[[[\""}}"#),
    ];
    for (lenient, strict) in cases {
        assert_eq!(read(lenient), serde_json::from_str(strict).ok(), "{lenient}");
    }
}

#[test]
fn other_mistakes_stay_mistakes_and_are_told_as_they_came() {
    for text in
        ["{,}", "[,]", r#"{"a":1,,}"#, r#"{"a":,}"#, "{} /* no end", "{} / {}", "{'a':1", "{a:NaN}", "[1,]", "1"]
    {
        let refusal = Parts::strict(text, 8).unwrap_err();
        assert_eq!(refusal.reason, Reason::Malformed, "{text}");
        assert_eq!(refusal, Parts::read(text).err().unwrap(), "{text}");
    }
}

#[test]
fn depth_is_bounded_however_it_is_written() {
    for text in [r#"{"a":[[1]]}"#, r#"{"a":[[1]],}"#, r#"{'"':[[1]],}"#, "{a:[[1]]}"] {
        assert!(Parts::strict(text, 3).is_ok(), "{text}");
        assert!(Parts::strict(text, 2).is_err(), "{text}");
    }
    assert_eq!(Parts::strict(r#"{"a":[[1]]}"#, 2).unwrap_err().reason, Reason::TooLarge);
}

proptest! {
    #[test]
    fn any_text_is_survived(text in any::<String>(), depth in 0..4usize) {
        let _ = Parts::strict(&text, depth);
    }

    /// What is a JSON object is read as it stands.
    #[test]
    fn json_is_never_read_differently(text in r#"\{("a"|'a'|a)?[\[\]{}",:/* a1'\\]{0,20}\}"#) {
        if serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text).is_ok() {
            prop_assert!(matches!(Parts::strict(&text, 0), Ok(Cow::Borrowed(same)) if same == text));
        }
    }
}
