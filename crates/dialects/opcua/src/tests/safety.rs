//! No text can hurt: properties over any text, and over texts that look like messages; what is refused repeats nothing.

use super::*;
use proptest::prelude::*;

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok()
}

/// Says it as one who has nothing open and as one who has.
fn nothing_breaks(dialect: &Opcua, text: &str) -> Result<(), TestCaseError> {
    let mut busy = Client::of(dialect);
    busy.ask("MONITORSTART", r#"{"Variable":"Temperature"}"#);
    for mut client in [Client::of(dialect), busy] {
        let (asked, told) = client.say(text);
        match asked {
            Err(refusal) => {
                prop_assert!(is_json(&told), "{told}");
                prop_assert!(told.contains(r#""StatusCode":"Bad"#) && !told.contains('\n'), "{told}");
                let shown = format!("{refusal} {refusal:?}");
                prop_assert!(!shown.contains("MARKER"), "{shown}");
            }
            Ok(Asked { intent: Intent::Command(command), .. }) => {
                let shown = format!("{command:?}");
                prop_assert!(told.is_empty() && !shown.contains("MARKER"), "{shown}");
                let body = std::str::from_utf8(&command.body).unwrap();
                prop_assert!(body.is_empty() || is_json(body), "{body}");
                let told = client.answered(command.ticket, r#"{"Value":{"Type":1,"Body":true}}"#);
                prop_assert!(is_json(&told), "{told}");
            }
            Ok(_) => prop_assert!(is_json(&told), "{told}"),
        }
    }
    prop_assert_eq!(dialect.0.handles.len(), 0, "all were given back");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_hurts(text in any::<String>()) {
        nothing_breaks(&dialect(), &text)?;
    }

    #[test]
    fn nothing_like_a_message_hurts(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("{"), Just("}"), Just("["), Just("]"), Just(","), Just(":"), Just("\""), Just("\\"), Just("1"), Just("null"),
                Just("\"Header\":{"), Just("\"MessageType\":"), Just("\"ClientHandle\":"), Just("\"Body\":{"), Just("\"READ_REQUEST\""),
                Just("\"WRITE_REQUEST\""), Just("\"MONITORSTART_REQUEST\""), Just("\"Variable\":"), Just("\"Temperature\""),
                Just("\"MARKER\""), Just("\"Value\":{"), Just("\"Type\":"), Just("\"Body\":"), Just("\u{feff}"),
            ],
            0..40,
        ),
    ) {
        nothing_breaks(&dialect(), &parts.concat())?;
    }

    #[test]
    fn no_field_hurts(
        kind in "(READ|WRITE|HISTORICALREAD|MONITORSTART|MONITORSTOP|VALUELIST|VALUEINFO)",
        handle in any::<String>(),
        name in prop_oneof![Just("Temperature".to_owned()), Just("ByteArray".to_owned()), any::<String>()],
        type_id in 0u8..27,
        value in any::<String>(),
    ) {
        let request = json!({
            "Header": {"MessageType": format!("{kind}_REQUEST"), "ClientHandle": handle},
            "Body": {
                "Variable": name, "Variables": [name, value], "StartTime": value, "EndTime": "NOW",
                "Value": {"Value": {"Type": type_id, "Body": value}},
            },
        });
        nothing_breaks(&native(), &request.to_string())?;
    }
}

#[test]
fn any_nesting_is_survived_without_a_limit() {
    let dialect = dialect_with(&[], DialectLimits { json_depth: 0, ..DialectLimits::default() });
    let mut client = Client::of(&dialect);
    for (open, close) in [("[", "]"), (r#"[{"Type":24,"Body":"#, "}]"), (r#"{"TypeId":"#, "}")] {
        let nested = format!("{}1{}", open.repeat(300_000), close.repeat(300_000));
        let body = format!(r#"{{"Variable":"Temperature","x":{nested}}}"#);
        assert!(client.ask("READ", &body).starts_with("read "));
        for kind in [17, 22, 24] {
            let body = format!(r#"{{"Variable":"Temperature","Value":{{"Value":{{"Type":{kind},"Body":{nested}}}}}}}"#);
            assert_eq!(client.ask("WRITE", &body), r#","StatusCode":"BadAttributeIdInvalid"}}"#);
        }
    }
}
