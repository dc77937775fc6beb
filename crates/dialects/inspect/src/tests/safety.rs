//! No text can hurt: properties over any text, and over texts that look like requests.

use super::*;
use proptest::prelude::*;

/// Says them all one after the other and answers at the end: one reply each, no client's words in a refusal.
fn nothing_breaks(texts: &[String]) -> Result<(), TestCaseError> {
    let mut client = Client::new();
    let (mut told, mut open, mut replies) = (Vec::new(), Vec::new(), 0);
    for text in texts {
        let (asked, said) = client.say(text);
        told.extend(said);
        replies += 1;
        match asked {
            Ok(Asked { intent: Intent::Command(command), right }) => {
                let body: serde_json::Value = serde_json::from_slice(&command.body).unwrap();
                prop_assert!(body.is_object() && right.is_some());
                let shown = format!("{command:?}");
                prop_assert!(!shown.contains("MARKER"), "{}", shown);
                open.push(command.ticket);
            }
            Ok(Asked { intent, right }) => prop_assert!(matches!(intent, Intent::Answer) && right.is_none()),
            Err(refusal) => {
                let shown = format!("{refusal} {refusal:?}");
                prop_assert!(!shown.contains("MARKER"), "{}", shown);
            }
        }
        if text.starts_with("quit") {
            break;
        }
    }
    for ticket in open.into_iter().rev() {
        told.extend(client.answer(ticket, r#"{"failed":"import"}"#));
    }
    let said = told.iter().filter(|utterance| matches!(utterance, Utterance::Text(text) if !text.is_empty())).count();
    prop_assert_eq!(said, replies);
    Ok(())
}

/// Pieces that make requests now and then.
fn like_a_request() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(","),
        Just(":"),
        Just("\""),
        Just("\\"),
        Just("quit"),
        Just("{\"quit\":"),
        Just("{\"image\":"),
        Just("{\"elements\":"),
        Just("{\"report\":"),
        Just("\"file\":"),
        Just("\"name\":"),
        Just("\"focal_length\":"),
        Just("\"import_mode\":"),
        Just("\"MARKER\""),
        Just("50.0"),
        Just("null"),
        Just("1e9"),
        Just("\\ud800"),
        Just("\u{feff}"),
        Just(" "),
        Just("\n"),
    ];
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// Whole requests with any texts in them.
fn request() -> impl Strategy<Value = String> {
    (any::<String>(), any::<String>(), any::<f64>(), 0..6u8).prop_map(|(one, other, number, kind)| {
        let json = match kind {
            0 => serde_json::json!({ "image": { "file": one, "name": other, "focal_length": number } }),
            1 => {
                serde_json::json!({ "image": { "file": one, "name": other, "focal_length": number.abs().to_string() } })
            }
            2 => serde_json::json!({ "elements": { "file": one, "import_mode": other } }),
            3 => serde_json::json!({ "report": [one, other, number] }),
            4 => serde_json::json!({ one: other, "MARKER": number }),
            _ => serde_json::json!({ "quit": one }),
        };
        json.to_string() + "\n"
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_request_has_one_reply(
        texts in proptest::collection::vec(prop_oneof![any::<String>(), like_a_request(), request()], 0..12),
    ) {
        nothing_breaks(&texts)?;
    }

    #[test]
    fn what_is_spelled_anew_means_the_same(text in request()) {
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        for spelled in [crate::wire::spelling::python(&text), crate::wire::spelling::compact(&text)] {
            let again: serde_json::Value = serde_json::from_str(&spelled).unwrap();
            prop_assert_eq!(&again, &value);
            prop_assert!(!spelled.contains('\n'));
        }
        prop_assert!(crate::wire::spelling::python(&text).is_ascii());
    }
}

/// Found by the property above: read carelessly, the number is its neighbour.
#[test]
fn numbers_keep_their_last_digit() {
    let text = r#"{"report": [225586620184943.62]}"#;
    assert_eq!(crate::wire::spelling::python(text), text);
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(value["report"][0].to_string(), "225586620184943.62");
}

#[test]
fn any_nesting_is_survived_without_a_limit() {
    let mut client = Client::of(&with_limits(DialectLimits { json_depth: 0, ..DialectLimits::default() }));
    let nested = "[".repeat(300_000) + &"]".repeat(300_000);
    assert!(client.reply(&nested).len() > nested.len());
    assert_eq!(
        client.reply(&format!(r#"{{"image":{nested}}}"#)),
        "Error: Missing parameter 'file' in 'image' request."
    );
    let command = client.command(&format!(r#"{{"report":{nested}}}"#));
    assert_eq!(command.body.len(), nested.len() + r#"{"report":}"#.len());
}
