//! The X-ray console's dialect. Input: what one client says, message after message, with bytes 255 between them; byte 1
//! stands for a patient's name.

use crate::talk::{self, MARKER, Said};
use serde_json::Value as Json;
use std::sync::{Arc, LazyLock};
use tieline_model::settings::{Value, Values};
use tieline_model::{Dialect, DialectLimits, Intent, Message, Outcome, Sensitivity, Topic};

/// The dialect as it is by default, and as strict as can be.
static DIALECTS: LazyLock<[Arc<dyn Dialect>; 2]> = LazyLock::new(|| {
    let entry = tieline_vxvue::ENTRY;
    let mut strict = Values::defaults(entry.fields);
    strict.set("replay_on_register", Value::Bool(false));
    strict.set("unknown_commands", Value::Text("reject".into()));
    let tight = DialectLimits { json_depth: 3, streams: 2, ..DialectLimits::default() };
    [(entry.build)(&Values::defaults(entry.fields), DialectLimits::default()), (entry.build)(&strict, tight)]
});

/// Whatever a client says: a reply in the product's words, or a message that is passed on byte for byte by a client that
/// may say it, and no patient where none belongs.
pub(crate) fn run(data: &[u8]) {
    for dialect in DIALECTS.iter() {
        talk_with(&**dialect, data);
    }
}

fn talk_with(dialect: &dyn Dialect, data: &[u8]) {
    let mut client = talk::connect(dialect);
    let mut registered = 0.0;
    for (at, said) in talk::messages(data).enumerate() {
        match client.on_message(said.frame()) {
            Err(refusal) => {
                talk::refusal(&refusal);
                refused(&talk::told(&mut *client, Outcome::Refused(&refusal)));
            }
            Ok(asked) if at % 7 == 6 => {
                // Understood, and refused by somebody else: nothing has changed.
                talk::asked(&asked);
                refused(&talk::told(&mut *client, Outcome::Refused(&talk::elsewhere(at))));
            }
            Ok(asked) => {
                talk::asked(&asked);
                let Said::Text(text) = &said else { panic!("bytes were understood") };
                let told = talk::told(&mut *client, Outcome::Done);
                match &asked.intent {
                    Intent::Subscribe { add, .. } => {
                        let kind = add[0].0.token(1).expect("a type").parse::<f64>().expect("a number");
                        // A page of Tieline's own also hears whether the console is there.
                        assert!(add.len() <= 3 && kind > 1.0, "{kind}");
                        assert_eq!(told[0]["command"], Json::from(11));
                        // Who changes its type may be told the end of what it was told before.
                        let others = [Json::from(1002), Json::from(0)];
                        assert!(told[1..].iter().all(|one| one["sender"] == 1 && others.contains(&one["command"])));
                        registered = kind;
                    }
                    Intent::Answer => assert_eq!((told.len(), &told[0]["command"]), (1, &Json::from(1))),
                    Intent::Publish(message) => {
                        assert!(told.is_empty(), "what is passed on gets no reply");
                        passed_on(dialect, message, text, registered);
                    }
                    Intent::Channels(_) | Intent::Command(_) => panic!("this dialect asks for neither"),
                }
            }
        }
        // A refusal of something that was never heard has no command to name.
        let told = talk::told(&mut *client, Outcome::Refused(&talk::elsewhere(at)));
        refused(&told);
        assert_eq!(told[0]["command"], 0);
        if let Said::Text(text) = &said {
            compose(dialect, text);
        }
    }
    client.farewell(&mut tieline_model::Replies::default());
}

/// The contract's refusal: `res` 0, a known error code, one line.
fn refused(told: &[Json]) {
    let [reply] = told else { panic!("one reply, not {}", told.len()) };
    assert_eq!((&reply["sender"], &reply["res"], &reply["data"]["status"]), (&1.into(), &0.into(), &0.into()));
    assert!((1..=7).contains(&reply["data"]["error"].as_u64().expect("a code")));
    talk::one_line(reply["data"]["message"].as_str().expect("a line"));
}

fn passed_on(dialect: &dyn Dialect, message: &Message, text: &str, registered: f64) {
    assert_eq!(message.body, text.as_bytes(), "passed on byte for byte");
    assert!(registered > 1.0, "by somebody who has not registered");
    shown(dialect, message);
    // Read by another reader, where that one can (it refuses numbers beyond a double, and half surrogates).
    if let Ok(json) = serde_json::from_str::<Json>(text) {
        assert_eq!(json["sender"].as_f64(), Some(registered), "a borrowed type");
        let (command, receiver) = (json["command"].as_f64(), json["receiver"].as_f64().unwrap_or_default());
        assert_eq!(command.map(|command| command as u32), Some(message.tag));
        assert_eq!(message.topics[0].as_str(), format!("vxvue.{}.{}", receiver as u32, message.tag));
        if matches!(message.tag, 101 | 601 | 1001 | 1002) {
            assert_eq!(registered, 2.0, "only the console may say {}", message.tag);
        }
    }
}

/// A redacted event names nobody: a marker may stand in a 601's two open fields only.
fn shown(dialect: &dyn Dialect, message: &Message) {
    let has_name = String::from_utf8_lossy(&message.body).contains(MARKER);
    assert!(!has_name || message.sensitivity == Sensitivity::Patient, "a name in an open message");
    talk::unmarked(&format!("{message:?}"));
    let mut event = talk::representations(dialect, message);
    if message.tag == 601
        && let Ok(mut json) = serde_json::from_str::<Json>(&event)
    {
        for open in ["bodypartAlias", "projectionAlias"] {
            json["data"][open] = Json::Null;
        }
        event = json.to_string();
    }
    talk::unmarked(&event);
}

/// What the gateway itself says is held to the same rules.
fn compose(dialect: &dyn Dialect, text: &str) {
    let (first, rest) = text.split_once(' ').unwrap_or(("vxvue", text));
    for (topic, json) in [("vxvue.106.101", text), ("vxvue.0.601", text), ("vxvue.3.77", text), (first, rest)] {
        let Ok(topic) = Topic::parse(topic) else { continue };
        match dialect.compose(&topic, json) {
            Err(refusal) => talk::refusal(&refusal),
            Ok(message) => {
                assert_eq!(message.topics, [topic]);
                assert!(message.body.starts_with(br#"{"sender":1,"#));
                shown(dialect, &message);
            }
        }
    }
}
