//! Events for tails, ties and pages, and messages made by the gateway itself.

use super::*;
use crate::UnknownCommands;
use tieline_model::Topic;

fn heard(text: &str, sight: Sight) -> String {
    let dialect = dialect();
    let message = console_says(&dialect, text);
    event(&dialect, message, sight)
}

#[test]
fn a_patient_is_redacted_and_shown_in_full() {
    let text = "{\"sender\":2,\"receiver\":106,\"command\":101,\"data\":{\"patientId\":\"P1\",\n\"patientName\":\"A\",\
        \"patientBirth\":null,\"patientSex\":\"F\",\"ward\":[\"W\"],\"number\":7,\"new\":true}}";
    assert_eq!(
        heard(text, Sight::Redacted),
        concat!(
            r#"{"sender":2,"receiver":106,"command":101,"name":"sendPatientInfo","data":{"#,
            r#""patientId":"[patient data]","patientName":"[patient data]","patientBirth":null,"#,
            r#""patientSex":"[patient data]","ward":"[patient data]","number":"[patient data]","new":true}}"#
        )
    );
    let data = r#"{"patientId":"P1", "patientName":"A","patientBirth":null,"patientSex":"F","ward":["W"],"number":7,"new":true}"#;
    let full = format!(r#"{{"sender":2,"receiver":106,"command":101,"name":"sendPatientInfo","data":{data}}}"#);
    assert_eq!(heard(text, Sight::Full), full);
}

#[test]
fn a_step_is_shown_and_what_is_unknown_in_it_is_not() {
    let text = r#"{"sender":2,"command":601,"data":{"bodypartAlias":"CHEST","projectionAlias":null,"of":"P1"}}"#;
    let data = r#"{"bodypartAlias":"CHEST","projectionAlias":null,"of":"[patient data]"}"#;
    let expected = format!(r#"{{"sender":2,"receiver":0,"command":601,"name":"sendStepInfo","data":{data}}}"#);
    assert_eq!(heard(text, Sight::Redacted), expected);
}

#[test]
fn exams_and_unknown_commands() {
    assert_eq!(
        heard(r#"{"sender":2,"command":1001}"#, Sight::Redacted),
        r#"{"sender":2,"receiver":0,"command":1001,"name":"eventStartExam","data":null}"#
    );
    assert_eq!(
        heard(r#"{"sender":2,"command":1002,"data":{"of":"P1"}}"#, Sight::Redacted),
        r#"{"sender":2,"receiver":0,"command":1002,"name":"eventCompleteExam","data":{"of":"[patient data]"}}"#
    );
    assert_eq!(
        heard(r#"{"sender":2,"receiver":7,"command":50001,"data":{"kv":81.5,"P^1":"x","ok":false}}"#, Sight::Redacted),
        concat!(
            r#"{"sender":2,"receiver":7,"command":50001,"name":"unknown","#,
            r#""data":{"kv":"[patient data]","[patient data]":"[patient data]","ok":false}}"#
        )
    );
}

#[test]
fn every_event_is_json_on_one_line() {
    for sight in [Sight::Redacted, Sight::Full] {
        for data in ["null", "{}", "{ \r\n }", "{\"a\":\n{\"b\":[1,\r2]}}", r#"{"\n\"k":"\n"}"#] {
            let event = heard(&format!(r#"{{"sender":2,"command":7,"data":{data}}}"#), sight);
            assert!(!event.contains(['\n', '\r']), "{event}");
            serde_json::from_str::<serde_json::Value>(&event).unwrap();
        }
    }
}

#[test]
fn the_gateway_says_it_as_the_console_does() {
    let dialect = dialect();
    let topic = |text: &str| Topic::parse(text).unwrap();
    let data = r#"{"patientId":"P1"}"#;
    let message = dialect.compose(&topic("vxvue.106.101"), &format!(" {data}\n")).unwrap();
    let text = format!(r#"{{"sender":1,"receiver":106,"command":101,"data":{data}}}"#);
    assert_eq!(std::str::from_utf8(&message.body).unwrap(), text);
    let said = console_says(&dialect, PATIENT);
    assert_eq!((message.retain, message.sensitivity), (said.retain, said.sensitivity));
    assert_eq!((&message.topics, &message.forget, message.subject), (&said.topics, &said.forget, said.subject));
    let (topic_of_the_sample, json) = crate::ENTRY.sample;
    assert!(dialect.compose(&topic(topic_of_the_sample), json).unwrap().retain);
    assert!(dialect.compose(&topic("vxvue.0.1002"), "null").is_ok());
    assert!(dialect.compose(&topic("vxvue.107.50001"), "{}").is_ok());
}

#[test]
fn what_the_gateway_cannot_say() {
    let cases = [
        ("vxvue.106", "{}", Reason::BadField),
        ("vxvue.106.601.1", "{}", Reason::BadField),
        ("fme.106.601", "{}", Reason::BadField),
        ("vxvue.display.601", "{}", Reason::BadField),
        ("vxvue.106.0601", "{}", Reason::BadField),
        ("vxvue.+106.601", "{}", Reason::BadField),
        ("vxvue.106.1", "{}", Reason::BadField),
        ("vxvue.106.11", "{}", Reason::BadField),
        ("vxvue.106.101", "{}", Reason::BadField),
        ("vxvue.106.101", r#"{"patientId":"","patientBirth":"1971-02-30"}"#, Reason::BadField),
        ("vxvue.106.601", "[]", Reason::BadField),
        ("vxvue.106.601", r#"{"bodypartAlias":1}"#, Reason::BadField),
        ("vxvue.106.601", "", Reason::Malformed),
        ("vxvue.106.601", "{", Reason::Malformed),
        ("vxvue.106.601", "{},\"sender\":2", Reason::Malformed),
        ("vxvue.106.601", "{}}", Reason::Malformed),
    ];
    let dialect = dialect();
    for (topic, json, reason) in cases {
        let refused = dialect.compose(&Topic::parse(topic).unwrap(), json).unwrap_err();
        assert_eq!(refused.reason, reason, "{topic} {json}: {refused}");
    }
    let topic = Topic::parse("vxvue.106.7").unwrap();
    let deep = "[".repeat(65);
    assert_eq!(dialect.compose(&topic, &deep).unwrap_err().reason, Reason::TooLarge);
    let strict = with(VxvueSettings { unknown_commands: UnknownCommands::Reject, ..VxvueSettings::default() });
    assert_eq!(strict.compose(&topic, "{}").unwrap_err().reason, Reason::Unknown);
}
