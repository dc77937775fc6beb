//! What becomes of a content: the frame on the wire, the event, what is kept, what is refused.

use super::*;
use tieline_model::Sensitivity;

const DIFFERS: &str = r#"{"conforms":false,"errors":{"TE":{"expect":"4.92","have":4.9}},"input":{"SubID":"Doe^Jane","TE":4.9,"dcm_path":"/data/1.dcm"},"template":{"n":3,"TE":"4.92"},"verdict":"differs"}"#;

#[test]
fn a_verdict_is_the_whole_frame_in_the_contracts_order() {
    let expected = format!(r#"{{"station":"AWP167046","type":"new","content":{DIFFERS}}}"#);
    assert_eq!(wire("mr.AWP167046.new", DIFFERS), expected);
    assert_eq!(event("mr.AWP167046.new", DIFFERS, Sight::Full), expected);
    let shuffled =
        "{\"verdict\":\"no_template\",\r\n \"template\": {},\"input\":{\"TE\":\n1.0},\"errors\":{ },\"conforms\":true}";
    assert_eq!(
        wire("mr.A%2E1%20x.new", shuffled),
        r#"{"station":"A.1 x","type":"new","content":{"conforms":true,"errors":{ },"input":{"TE": 1.0},"template":{},"verdict":"no_template"}}"#
    );
    assert!(wire("mr.%.new", &no_template("{}")).starts_with(r#"{"station":"","type":"new""#));
}

#[test]
fn further_files_and_unreadable_ones_have_their_frames() {
    assert_eq!(wire("mr.AWP1.update", " 12\n"), r#"{"station":"AWP1","type":"update","content":12}"#);
    assert_eq!(
        wire("mr.unreadable", r#"{"reason":"not DICOM","path":"/d/MR1"}"#),
        r#"{"station":null,"type":"unreadable","content":{"path":"/d/MR1","reason":"not DICOM"}}"#
    );
}

#[test]
fn only_verdicts_are_kept_and_only_counts_are_about_nobody() {
    let of =
        |topic: &str, json: &str| compose(topic, json).map(|message| (message.retain, message.sensitivity)).unwrap();
    assert_eq!(of("mr.A.new", DIFFERS), (true, Sensitivity::Patient));
    assert_eq!(of("mr.A.update", "1"), (false, Sensitivity::Open));
    assert_eq!(of("mr.unreadable", r#"{"path":"","reason":""}"#), (false, Sensitivity::Patient));
}

#[test]
fn texts_are_escaped_for_clients_and_never_in_events() {
    let content = no_template(r#"{"<b>":"a & b's \"<\u003C\/i>","Comments":"\u0026amp;"}"#);
    let escaped = no_template(r#"{"&lt;b&gt;":"a &amp; b&#39;s &quot;&lt;&lt;\/i&gt;","Comments":"&amp;amp;"}"#);
    let frame = |content: &str, station: &str| format!(r#"{{"station":"{station}","type":"new","content":{content}}}"#);
    assert_eq!(wire("mr.<A>.new", &content), frame(&escaped, "&lt;A&gt;"));
    assert_eq!(event("mr.<A>.new", &content, Sight::Full), frame(&content, "<A>"));
    let message = compose("mr.<A>.new", &content).unwrap();
    assert_eq!(written(&unescaped(), message, Representation::Wire(Variant::default())), frame(&content, "<A>"));
}

#[test]
fn a_redacted_event_keeps_what_ties_use() {
    let event = event("mr.AWP167046.new", DIFFERS, Sight::Redacted);
    assert_eq!(
        event,
        r#"{"station":"AWP167046","type":"new","content":{"conforms":false,"errors":{"TE":{"expect":"4.92","have":4.9}},"input":{"SubID":"[patient data]","TE":4.9,"dcm_path":"[patient data]"},"template":{"n":3,"TE":"4.92"},"verdict":"differs"}}"#
    );
}

#[test]
fn the_sample_is_a_verdict_that_differs() {
    let (topic, json) = crate::ENTRY.sample;
    assert!(wire(topic, json).contains(r#""verdict":"differs""#));
}

#[test]
fn anything_else_is_refused() {
    let new = "mr.A.new";
    let with = |conforms: &str, verdict: &str| {
        format!(r#"{{"conforms":{conforms},"errors":{{}},"input":{{}},"template":{{}},"verdict":{verdict}}}"#)
    };
    let deep = no_template(&format!(r#"{{"a":{}1{}}}"#, "[".repeat(65), "]".repeat(65)));
    for (topic, json, reason, told) in [
        ("mr", "1", Reason::BadField, "the topic must be"),
        ("mr.A", "1", Reason::BadField, "the topic must be"),
        ("mr.A.old", "1", Reason::BadField, "the topic must be"),
        ("mr.A.new.x", "1", Reason::BadField, "the topic must be"),
        ("fme.A.new", "1", Reason::BadField, "the topic must be"),
        ("mr.A.session.new", "1", Reason::BadField, "the topic must be"),
        ("mr.A.update", "", Reason::BadField, "a whole number"),
        ("mr.A.update", "-1", Reason::BadField, "a whole number"),
        ("mr.A.update", "1.5", Reason::BadField, "a whole number"),
        ("mr.A.update", "\"1\"", Reason::BadField, "a whole number"),
        ("mr.A.update", "1 2", Reason::BadField, "a whole number"),
        ("mr.unreadable", "{}", Reason::BadField, "`path` and `reason`"),
        ("mr.unreadable", r#"{"path":1,"reason":"x"}"#, Reason::BadField, "`path` and `reason`"),
        ("mr.unreadable", r#"{"path":"","reason":"","x":1}"#, Reason::BadField, "`path` and `reason`"),
        (new, "", Reason::BadField, "an object of conforms"),
        (new, "{}", Reason::BadField, "an object of conforms"),
        (new, "NaN", Reason::BadField, "an object of conforms"),
        (new, &no_template(r#"{"TE":NaN}"#), Reason::BadField, "an object of conforms"),
        (new, &no_template("{},\"input\":{}"), Reason::BadField, "an object of conforms"),
        (new, &no_template("{},\"other\":{}"), Reason::BadField, "an object of conforms"),
        (new, &no_template("[]"), Reason::BadField, "are objects"),
        (new, &with("true", "\"good\""), Reason::BadField, "`verdict` is"),
        (new, &with("true", "\"differs\""), Reason::BadField, "`conforms` is false"),
        (new, &with("false", "\"conforms\""), Reason::BadField, "`conforms` is false"),
        (new, &with("0", "\"no_template\""), Reason::BadField, "`conforms` is false"),
        (new, &with("true", "\"conforms\",\"kind\":1"), Reason::BadField, "are texts"),
        (new, &with("true", "\"conforms\",\"rules\":[-1]"), Reason::BadField, "whole numbers"),
        (new, &with("true", "\"conforms\",\"not_compared\":[]"), Reason::BadField, "are objects"),
        (new, &with("true", "\"conforms\",\"series\":{}"), Reason::BadField, "a series is an object"),
        (new, &with("true", "\"conforms\",\"session\":{}"), Reason::BadField, "an object of conforms"),
        (new, &deep, Reason::TooLarge, "limits.json_depth"),
    ] {
        let refusal = compose(topic, json).unwrap_err();
        assert_eq!(refusal.reason, reason, "{topic} {json}");
        assert!(refusal.to_string().contains(told), "{topic} {json}: {refusal}");
    }
}
