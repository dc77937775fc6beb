//! Events for tails, ties and pages, and messages made by the gateway itself.

use super::*;
use tieline_model::Topic;

#[test]
fn an_event_names_its_streams_and_holds_the_message() {
    let dialect = dialect();
    for sight in [Sight::Redacted, Sight::Full] {
        let event = |value: &str| written(&dialect, sent(&dialect, value), Representation::Event(sight));
        assert_eq!(event(r#""say \"hi\"\n""#), r#"{"stream":"a","streams":["a"],"message":"say \"hi\"\n"}"#);
        assert_eq!(event("{\"b\":\r\n1.0}"), "{\"stream\":\"a\",\"streams\":[\"a\"],\"message\":{\"b\":  1.0}}");
        assert_eq!(event("null"), r#"{"stream":"a","streams":["a"],"message":null}"#);
        assert_eq!(event(r#""7""#), r#"{"stream":"a","streams":["a"],"message":"7"}"#);
    }
    let mut client = Client::on_a(&dialect);
    client.say(r#"{"ws_op":"open","ws_stream_ids":["b.c \"d\""]}"#).0.unwrap();
    let Intent::Publish(message) = client.say(r#"{"ws_op":"send","ws_msg":1}"#).0.unwrap().intent else { panic!() };
    let event = written(&dialect, message, Representation::Event(Sight::Redacted));
    assert_eq!(event, r#"{"stream":"a","streams":["a","b.c \"d\""],"message":1}"#);
}

#[test]
fn the_gateway_sends_as_a_client_does() {
    let dialect = dialect();
    let compose = |topic: &str, json: &str| dialect.compose(&Topic::parse(topic).unwrap(), json);
    let wire = |message| written(&dialect, message, Representation::Wire(Default::default()));
    let message = compose("fme.a%2Eb", " \"text\" ").unwrap();
    assert_eq!((message.topics[0].as_str(), message.tag), ("fme.a%2Eb", sent(&dialect, "\"x\"").tag));
    assert_eq!(wire(message), "text");
    assert_eq!(wire(compose("fme.a", " {\"x\" : 1}\n").unwrap()), "{\"x\" : 1}");
    let (topic, json) = crate::ENTRY.sample;
    assert_eq!(wire(compose(topic, json).unwrap()), json);
    let long = format!("fme.{}", "x".repeat(257));
    for (topic, json, reason) in [
        ("fme", "1", Reason::BadField),
        ("fme.a.b", "1", Reason::BadField),
        ("other.a", "1", Reason::BadField),
        ("fme.%", "1", Reason::BadField),
        (long.as_str(), "1", Reason::TooLarge),
        ("fme.a", "", Reason::Malformed),
        ("fme.a", "x", Reason::Malformed),
        ("fme.a", "1 2", Reason::Malformed),
        ("fme.a", r#""\ud800""#, Reason::BadField),
        ("fme.a", &"[".repeat(65), Reason::TooLarge),
    ] {
        assert_eq!(compose(topic, json).unwrap_err().reason, reason, "{topic} {json}");
    }
}
