//! What the backend, the command line and ties may publish, and how it is shown to those who watch.

use super::*;
use tieline_model::{Sensitivity, Sight};

fn reason(topic: &str, json: &str) -> Option<Reason> {
    dialect().compose(&Topic::parse(topic).unwrap(), json).err().map(|refusal| refusal.reason)
}

#[test]
fn a_value_or_a_status_on_a_variables_topic_is_kept() {
    let dialect = dialect();
    for json in [
        r#"{"Value":{"Type":11,"Body":2.8},"Status":1,"SourceTimestamp":"2020-01-02T03:04:05.1Z"}"#,
        r#"{"Value":{"Type":12,"Body":null}}"#,
        r#"{"Value":{"Type":3,"Body":[1,2],"Dimensions":[1,2]}}"#,
        r#"{"StatusCode":"BadNotConnected"}"#,
    ] {
        let message = composed(&dialect, json);
        assert!(message.retain && !message.echo && message.sensitivity == Sensitivity::Open);
        for sight in [Sight::Full, Sight::Redacted] {
            assert_eq!(written(&dialect, &message, Representation::Event(sight)), json);
        }
    }
    let pretty = " {\n \"Value\": {\"Type\": 1,\r\n \"Body\": true}}\n";
    let message = composed(&dialect, pretty);
    let event = written(&dialect, &message, Representation::Event(Sight::Full));
    assert_eq!(event, r#"{  "Value": {"Type": 1,   "Body": true}}"#);
}

#[test]
fn anything_else_is_refused() {
    for topic in ["opcua", "opcua.plant", "opcua.plant.a.b", "fme.plant.a"] {
        assert_eq!(reason(topic, r#"{"StatusCode":"BadNotConnected"}"#), Some(Reason::BadField), "{topic}");
    }
    for json in [
        "{}",
        r#"{"Body":5}"#,
        r#"{"Value":5}"#,
        r#"{"Value":{}}"#,
        r#"{"Value":{"Type":1}}"#,
        r#"{"Value":{"Type":"1","Body":true}}"#,
        r#"{"Value":{"Type":1,"Body":true},"StatusCode":"BadTimeout"}"#,
        r#"{"StatusCode":"Bad\"Timeout"}"#,
        r#"{"StatusCode":""}"#,
        r#"{"StatusCode":2147483648}"#,
    ] {
        assert_eq!(reason("opcua.plant.a", json), Some(Reason::BadField), "{json}");
    }
    for json in ["", "5", "[]", "{", r#"{"Value":{"Type":1,"Body":tru}}"#] {
        assert_eq!(reason("opcua.plant.a", json), Some(Reason::Malformed), "{json}");
    }
    let deep = format!(r#"{{"Value":{{"Type":1,"Body":{}1{}}}}}"#, "[".repeat(63), "]".repeat(63));
    assert_eq!(reason("opcua.plant.a", &deep), Some(Reason::TooLarge));
}

#[test]
fn the_sample_can_be_sent() {
    let (topic, json) = crate::ENTRY.sample;
    assert_eq!(reason(topic, json), None);
    let built = (crate::ENTRY.build)(&Values::defaults(crate::ENTRY.fields), DialectLimits::default());
    assert_eq!(built.name(), crate::ENTRY.name);
}
