//! No text can hurt, and nothing of a patient comes out where it must not: properties over right and broken messages.

use super::*;
use proptest::prelude::*;
use serde_json::json;

const MARKER: &str = "MARKER^DÖ-1971";

/// Says it as a stranger, a display and the console, and checks everything that others than the receivers may see.
fn nothing_shows(text: &str) -> Result<(), TestCaseError> {
    let dialect = dialect();
    let clients = [Client::of(&dialect), Client::registered(&dialect, 106), Client::registered(&dialect, 2)];
    for mut client in clients {
        let (asked, told) = client.say(text);
        let mut seen = format!("{asked:?} {asked:#?} {told}");
        match asked {
            Err(refusal) => seen += &refusal.to_string(),
            Ok(Asked { intent: Intent::Publish(message), .. }) => {
                seen += &format!("{:?}", published(message.clone()));
                seen += &event(&dialect, message, Sight::Redacted);
            }
            Ok(_) => {}
        }
        prop_assert!(!seen.contains("MARKER") && !seen.contains("1971"), "{seen}");
    }
    Ok(())
}

/// Values with the marker in them, of every JSON type, and some without.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(json!(MARKER).to_string()),
        Just(r#""MARKER\u005eD\u00d6-1971""#.to_owned()),
        Just(json!([MARKER]).to_string()),
        Just(json!({ MARKER: MARKER }).to_string()),
        Just(json!({ "name": { "family": MARKER } }).to_string()),
        Just("1971".to_owned()),
        Just("19710302".to_owned()),
        Just(r#""1971-03-02""#.to_owned()),
        Just(r#""19710302""#.to_owned()),
        Just(r#""MARKER\ud800""#.to_owned()),
        Just("MARKER".to_owned()),
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just(r#""""#.to_owned()),
    ]
}

fn member() -> impl Strategy<Value = String> {
    let keys = prop_oneof![
        Just("patientId"),
        Just("patientID"),
        Just("patientName"),
        Just("patientBirth"),
        Just("patientBirthDate"),
        Just("patientSex"),
        Just("anything"),
        Just(MARKER),
    ];
    (keys, value()).prop_map(|(key, value)| format!("{}:{value}", json!(key)))
}

/// Messages around `data` with markers, whole or cut off or with something after them.
fn message() -> impl Strategy<Value = String> {
    let command = prop_oneof![Just("101"), Just("601"), Just("1001"), Just("1002"), Just("50001"), Just("11")];
    let sender = prop_oneof![Just("2".to_owned()), Just("106".to_owned()), value()];
    let extra = prop_oneof![
        Just(String::new()),
        member().prop_map(|member| format!(",{member}")),
        value().prop_map(|value| format!(r#","res":{value}"#)),
        value().prop_map(|value| format!(r#","receiver":{value}"#)),
        value().prop_map(|value| format!(r#","data":{value}"#)),
    ];
    let data = proptest::collection::vec(member(), 0..5);
    (command, sender, extra, data, 0usize..400, prop::bool::weighted(0.3)).prop_map(
        |(command, sender, extra, data, cut, broken)| {
            // A marker as a number would be a receiver, a type or a command, and those are told.
            let number = |text: String| if text.starts_with('1') { "2".to_owned() } else { text };
            let (sender, extra) = (number(sender), extra.replace(":1971", ":7"));
            let data = data.join(",");
            let text = format!(r#"{{"sender":{sender},"command":{command},"data":{{{data}}}{extra}}}"#);
            let cut = (cut..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
            if broken { format!("{} {MARKER}", &text[..cut]) } else { text }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn patient_data_shows_nowhere(text in message()) {
        nothing_shows(&text)?;
    }

    #[test]
    fn no_text_hurts(text in any::<String>()) {
        for kind in [0, 2, 106] {
            let dialect = dialect();
            let mut client = if kind == 0 { Client::of(&dialect) } else { Client::registered(&dialect, kind) };
            if let (Err(_), told) = client.say(&text) {
                serde_json::from_str::<serde_json::Value>(&told).unwrap();
            }
        }
    }

    /// The same with texts that look like messages.
    #[test]
    fn nothing_like_a_message_hurts(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("{"), Just("}"), Just("["), Just("]"), Just(","), Just(":"), Just("\""), Just("\\"),
                Just("\"sender\":2"), Just("\"command\":101"), Just("\"data\":"), Just("\"patientId\""),
                Just("null"), Just("1e9"), Just("-"), Just("\\ud800"), Just("\u{feff}"), Just(" "),
            ],
            0..40,
        ),
    ) {
        let dialect = dialect();
        let (asked, _) = Client::registered(&dialect, 2).say(&parts.concat());
        if let Ok(Asked { intent: Intent::Publish(message), .. }) = asked {
            let event = event(&dialect, message, Sight::Redacted);
            serde_json::from_str::<serde_json::Value>(&event).unwrap();
        }
    }
}

#[test]
fn any_nesting_is_survived_without_a_limit() {
    let limits = DialectLimits { json_depth: 0, ..DialectLimits::default() };
    let dialect = Vxvue::new(VxvueSettings::default(), limits);
    let nested = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
    let text = format!(r#"{{"sender":2,"command":7,"data":{{"a":{nested}}}}}"#);
    let message = console_says(&dialect, &text);
    let expected = r#"{"sender":2,"receiver":0,"command":7,"name":"unknown","data":{"a":"[patient data]"}}"#;
    assert_eq!(event(&dialect, message, Sight::Redacted), expected);
}
