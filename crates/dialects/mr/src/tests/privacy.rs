//! Nothing of a person comes out where it must not, and no text can hurt: properties over right and broken contents.

use super::*;
use proptest::prelude::*;
use serde_json::json;

const MARKER: &str = "MARKER^DÖ <1971>";

/// Composes it and looks at everything that others than the clients may see.
fn nothing_shows(topic: &str, json: &str) -> Result<(), TestCaseError> {
    let seen = match compose(topic, json) {
        Err(refusal) => format!("{refusal} {refusal:?}"),
        Ok(message) => {
            let event = written(&dialect(), message.clone(), Representation::Event(Sight::Redacted));
            prop_assert!(serde_json::from_str::<serde_json::Value>(&event).is_ok(), "{event}");
            prop_assert!(!event.contains('\n'));
            format!("{:?} {:#?} {event}", message, published(message.clone()))
        }
    };
    prop_assert!(!seen.contains("MARKER") && !seen.contains("1971"), "{seen}");
    Ok(())
}

/// Values with the marker in them, of every JSON type, and some without.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(json!(MARKER).to_string()),
        Just(r#""MARKER\u005eD\u00d6""#.to_owned()),
        Just(json!([MARKER, 1971]).to_string()),
        Just(json!({ MARKER: MARKER }).to_string()),
        Just(r#""MARKER\ud800""#.to_owned()),
        Just("1971".to_owned()),
        Just("MARKER".to_owned()),
        Just("null".to_owned()),
        Just("{}".to_owned()),
    ]
}

/// An object whose members are about a person, or are not known here at all.
fn personal() -> impl Strategy<Value = String> {
    let keys = prop_oneof![
        Just("SubID"),
        Just("Operator"),
        Just("Comments"),
        Just("Project"),
        Just("dcm_path"),
        Just("PatientBirthDate"),
        Just(MARKER),
    ];
    let member = (keys, value()).prop_map(|(key, value)| format!("{}:{value}", json!(key)));
    proptest::collection::vec(member, 0..6).prop_map(|members| format!("{{{}}}", members.join(",")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn patient_data_shows_nowhere_else(
        parts in (personal(), personal(), personal()), cut in 0usize..600, broken in prop::bool::weighted(0.3),
    ) {
        let (errors, input, template) = parts;
        let json = format!(
            r#"{{"conforms":false,"errors":{errors},"input":{input},"template":{template},"verdict":"differs"}}"#
        );
        let cut = (cut..=json.len()).find(|at| json.is_char_boundary(*at)).unwrap_or(json.len());
        let json = if broken { format!("{} {MARKER}", &json[..cut]) } else { json };
        for topic in ["mr.A.new", "mr.A.update", "mr.unreadable", "mr.A.series", "mr.A.session", "mr.A.else"] {
            nothing_shows(topic, &json)?;
        }
    }

    #[test]
    fn nor_does_it_in_what_is_said_of_a_series(
        missing in personal(), why in personal(), texts in (value(), value(), value()), differs in any::<bool>(),
    ) {
        let series = format!(
            r#"{{"number":7,"name":"x","uid":"0123abcd","images":1,"differing":1,"first_differing":1,"missing_values":{missing}}}"#
        );
        nothing_shows("mr.A.series", &series)?;
        let (kind, reason, hint) = texts;
        let conforms = !differs;
        let verdict = if differs { "differs" } else { "no_template" };
        nothing_shows("mr.A.new", &format!(
            r#"{{"conforms":{conforms},"errors":{{}},"input":{{}},"template":{{}},"verdict":"{verdict}","series":{series},"kind":{kind},"not_compared":{why},"rules":[1],"reason":{reason},"hint":{hint}}}"#
        ))?;
    }

    #[test]
    fn the_path_of_an_unreadable_file_shows_nowhere(path in value(), repeat in any::<bool>()) {
        let reason = if repeat { path.clone() } else { r#""not DICOM""#.to_owned() };
        nothing_shows("mr.unreadable", &format!(r#"{{"path":{path},"reason":{reason}}}"#))?;
    }

    #[test]
    fn no_text_hurts(text in any::<String>()) {
        for topic in ["mr.A.new", "mr.A.update", "mr.A.series", "mr.A.session", "mr.unreadable"] {
            if let Ok(message) = compose(topic, &text) {
                let heard = written(&dialect(), message, Representation::Wire(Variant::default()));
                prop_assert!(serde_json::from_str::<serde_json::Value>(&heard).is_ok());
            }
        }
    }

    /// Whatever a header holds and however its JSON is spelled: the same texts, as entities.
    #[test]
    fn escaped_texts_are_the_texts_escaped(text in any::<String>(), ascii in any::<bool>()) {
        let json = if ascii { spelled(&text) } else { json!(text).to_string() };
        let heard = wire("mr.A.new", &no_template(&format!(r#"{{"Comments":{json}}}"#)));
        let heard: serde_json::Value = serde_json::from_str(&heard).unwrap();
        let expected = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        prop_assert_eq!(&heard["content"]["input"]["Comments"], &json!(expected.replace('\'', "&#39;")));
    }
}

/// A JSON string in which every character is a `\u` escape.
fn spelled(text: &str) -> String {
    text.encode_utf16().fold("\"".to_owned(), |out, unit| out + &format!("\\u{unit:04x}")) + "\""
}

#[test]
fn a_body_that_was_not_composed_shows_nothing_at_all() {
    for body in ["MARKER", "{}", r#"{"station":"A","type":"new","content":{"SubID":"MARKER"}}"#] {
        let message = Message::new(Topic::new(["mr", "A", "new"]), body);
        let event = written(&dialect(), message, Representation::Event(Sight::Redacted));
        assert!(!event.contains("MARKER"), "{event}");
        assert!(serde_json::from_str::<serde_json::Value>(&event).is_ok(), "{event}");
    }
}
