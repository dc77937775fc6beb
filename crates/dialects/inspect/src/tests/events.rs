//! What executors, the command line and ties make known: one line of JSON for whoever watches.

use super::*;
use tieline_model::{Published, Representation, Sensitivity, Sight, Topic, Variant};

fn compose(topic: &str, json: &str) -> Result<tieline_model::Message, Refusal> {
    dialect().compose(&Topic::parse(topic).unwrap(), json)
}

fn written(topic: &str, json: &str, representation: Representation) -> String {
    let (at, origin) = (std::time::SystemTime::UNIX_EPOCH, SessionId::NONE);
    let published = Published { at, dialect: "inspect", origin, message: compose(topic, json).unwrap() };
    let mut out = Vec::new();
    dialect().encode(&published, representation, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn an_event_is_its_json_on_one_line() {
    let json = "{ \"job\": 7,\r\n\"command\" : \"image\", \"result\":\"failed\", \"detail\":\"a\\nb c\" }\n";
    for representation in [
        Representation::Event(Sight::Redacted),
        Representation::Event(Sight::Full),
        Representation::Wire(Variant::default()),
    ] {
        let expected = r#"{"job":7,"command":"image","result":"failed","detail":"a\nb c"}"#;
        assert_eq!(written("inspect.image", json, representation), expected);
    }
    let (topic, json) = crate::ENTRY.sample;
    assert_eq!(written(topic, json, Representation::Event(Sight::Full)), json);
    written("inspect.größe%201%2E2", r#"{"command":"größe 1.2"}"#, Representation::Event(Sight::Full));
}

#[test]
fn nothing_is_kept_and_nothing_is_about_a_person() {
    let message = compose("inspect.image", r#"{"command":"image"}"#).unwrap();
    assert_eq!((message.retain, message.sensitivity, message.topics.len()), (false, Sensitivity::Open, 1));
}

#[test]
fn what_is_no_event_is_refused() {
    let image = r#"{"command":"image"}"#;
    for (topic, json, reason) in [
        ("inspect", image, Reason::BadField),
        ("inspect.image.x", image, Reason::BadField),
        ("other.image", image, Reason::BadField),
        ("inspect.elements", image, Reason::BadField),
        ("inspect.image", "{}", Reason::BadField),
        ("inspect.image", r#"{"command":7}"#, Reason::BadField),
        ("inspect.image", "", Reason::Malformed),
        ("inspect.image", "[]", Reason::Malformed),
        ("inspect.image", r#"{"command":"image"} 1"#, Reason::Malformed),
        ("inspect.image", &"[".repeat(65), Reason::TooLarge),
    ] {
        assert_eq!(compose(topic, json).unwrap_err().reason, reason, "{topic} {json}");
    }
}
