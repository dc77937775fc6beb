//! No text can hurt: properties over any text, and over texts that look like messages.

use super::*;
use proptest::prelude::*;

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok()
}

/// Says it as one who has opened nothing and as one who has.
fn nothing_breaks(text: &str) -> Result<(), TestCaseError> {
    let dialect = dialect();
    for mut client in [Client::of(&dialect), Client::on_a(&dialect)] {
        match client.say(text) {
            (Err(refusal), told) => {
                prop_assert!(is_json(&told) && !told.contains("MARKER"), "{told}");
                let shown = format!("{refusal} {refusal:?}");
                prop_assert!(!shown.contains("MARKER"), "{shown}");
            }
            (Ok(Asked { intent: Intent::Publish(message), .. }), _) => {
                let shown = format!("{message:?}");
                prop_assert!(!shown.contains("MARKER"), "{shown}");
                prop_assert!(is_json(&written(&dialect, message, Representation::Event(Sight::Full))));
            }
            (Ok(_), told) => prop_assert!(told.is_empty() || is_json(&told)),
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_hurts(text in any::<String>()) {
        nothing_breaks(&text)?;
    }

    #[test]
    fn nothing_like_a_message_hurts(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("{"), Just("}"), Just("["), Just("]"), Just(","), Just(":"), Just("\""), Just("\\"),
                Just("\"ws_op\":"), Just("\"send\""), Just("\"open\""), Just("\"admin\""), Just("\"ws_msg\":"),
                Just("ws_op:"), Just("'send'"), Just("'"), Just("//"), Just("/*"), Just("*/"), Just("\n"), Just("NaN"),
                Just("ws_msg:'MARKER',"), Just("\"ws_stream_ids\":"), Just("\"MARKER\""), Just("null"), Just("1e9"), Just("\u{feff}"), Just(" "),
            ],
            0..40,
        ),
    ) {
        nothing_breaks(&parts.concat())?;
    }

    #[test]
    fn any_message_arrives_as_it_was_sent(content in any::<String>(), id in "[^\\p{Cc}]{1,60}") {
        let dialect = dialect();
        let mut client = Client::of(&dialect);
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        client.say(&format!(r#"{{"ws_op":"open","ws_stream_id":{}}}"#, quoted(&id))).0.unwrap();
        let send = format!(r#"{{"ws_op":"send","ws_msg":{}}}"#, quoted(&content));
        let Intent::Publish(message) = client.say(&send).0.unwrap().intent else { panic!() };
        prop_assert_eq!(&message.body[..], content.as_bytes());
        let event = written(&dialect, message, Representation::Event(Sight::Redacted));
        let event: serde_json::Value = serde_json::from_str(&event).unwrap();
        prop_assert_eq!(&event["message"], &serde_json::Value::from(content));
        prop_assert_eq!(&event["stream"], &serde_json::Value::from(id));
    }
}

#[test]
fn any_nesting_is_survived_without_a_limit() {
    let limits = DialectLimits { json_depth: 0, ..DialectLimits::default() };
    let dialect = Fme::new(FmeSettings::default(), limits);
    let nested = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
    assert_eq!(sent(&dialect, &nested).body.len(), nested.len());
    let open = format!(r#"{{"ws_op":"open","ws_stream_ids":{nested}}}"#);
    assert_eq!(Client::of(&dialect).line(&open), "bad_field");
}
