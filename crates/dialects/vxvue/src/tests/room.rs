//! Consoles that come, go and say what cannot be read; pages that ask whether one is there; clients that register without
//! saying so. What that means to displays is shown with a hub in `tests/tests/scenarios/products/vxvue_room/`.

use super::*;
use crate::Consoles;
use std::time::Duration;

const REGISTER: &str = r#"{"sender":2,"command":11}"#;

fn client(dialect: &Vxvue, number: u64) -> Client {
    Client::at(dialect, number, ([10, 0, 0, number as u8], 5000).into())
}

/// What the client causes to be said to others by what it is answered.
fn caused(client: &mut Client, outcome: Outcome<'_>) -> Vec<Message> {
    let mut replies = Replies::default();
    client.0.answer(outcome, &mut replies);
    replies
        .take_published()
        .into_iter()
        .filter_map(settled)
        .flat_map(|(before, one)| [before, vec![one]].concat())
        .collect()
}

fn tell(dialect: &Vxvue, text: &str) -> Vec<Message> {
    let (before, message) = settled(console_says(dialect, text)).unwrap();
    [before, vec![message]].concat()
}

fn wire(dialect: &Vxvue, message: &Message, kind: u64) -> String {
    let mut out = Vec::new();
    let representation = Representation::Wire(tieline_model::Variant(kind));
    dialect.encode(&published(message.clone()), representation, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_patient_that_is_refused_ends_what_was_known() {
    let dialect = dialect();
    tell(&dialect, PATIENT);
    let mut console = Client::registered(&dialect, 2);
    let refused = console.0.on_message(Frame::Text(r#"{"sender":2,"receiver":106,"command":101}"#)).unwrap_err();
    let caused = caused(&mut console, Outcome::Refused(&refused));
    let [end] = &caused[..] else { panic!("{caused:?}") };
    assert_eq!(end.topics.iter().map(tieline_model::Topic::as_str).collect::<Vec<_>>(), ["vxvue.106.1002"]);
    assert_eq!(wire(&dialect, end, 106), r#"{"sender":1,"receiver":106,"command":1002}"#);
    assert_eq!(wire(&dialect, end, 107), r#"{"sender":1,"receiver":107,"command":1002}"#);
    assert_eq!(
        event(&dialect, end.clone(), Sight::Redacted),
        r#"{"sender":1,"receiver":106,"command":1002,"name":"eventCompleteExam","data":null}"#
    );
    assert!(end.spare.is_empty() && end.forget.len() == 4);
}

/// Whatever it was, it may have been the next patient.
#[test]
fn what_cannot_be_read_ends_what_was_known() {
    let dialect = dialect();
    let mut console = Client::registered(&dialect, 2);
    for text in [
        "hello",
        "{}",
        r#"{"sender":2,"command":"101"}"#,
        r#"{"sender":106,"command":101,"data":{"patientId":"P"}}"#,
        r#"{"sender":2,"command":102,"data":[]}"#,
        r#"{"sender":2,"command":601,"data":{"bodypartAlias":7}}"#,
        r#"{"sender":2,"command":1002,"res":{}}"#,
    ] {
        tell(&dialect, PATIENT);
        let refused = console.0.on_message(Frame::Text(text)).unwrap_err();
        assert_eq!(caused(&mut console, Outcome::Refused(&refused)).len(), 1, "{text}");
        assert!(caused(&mut console, Outcome::Refused(&refused)).is_empty(), "nothing is known any more: {text}");
    }
    // What is no message about an exam, or not the console's, changes nothing.
    tell(&dialect, PATIENT);
    for (kind, text) in [(2, r#"{"sender":3,"command":50001}"#), (2, r#"{"sender":1,"command":11}"#), (106, "hello")] {
        let mut client = Client::registered(&dialect, kind);
        let refused = client.0.on_message(Frame::Text(text)).unwrap_err();
        assert!(caused(&mut client, Outcome::Refused(&refused)).is_empty(), "{text}");
    }
    // Too large and too fast is refused before it is heard.
    let limit = refusal(Reason::TooMany);
    assert_eq!(caused(&mut console, Outcome::Refused(&limit)).len(), 1);
}

#[test]
fn one_console_while_the_first_lives() {
    let one = with(VxvueSettings { consoles: Consoles::One, ..VxvueSettings::default() });
    let (mut first, mut second) = (client(&one, 1), client(&one, 2));
    first.say(REGISTER).0.unwrap();
    let told = second.line(REGISTER);
    assert!(is_refusal(&told, 11, 5) && told.contains("10.0.0.1:5000"), "{told}");
    assert!(is_refusal(&second.line(PATIENT), 101, 4));
    first.say(REGISTER).0.unwrap();
    first.0.ended(&mut Replies::default());
    second.say(REGISTER).0.unwrap();
    // A place that was asked for and not granted is free again.
    let mut third = client(&one, 3);
    second.0.ended(&mut Replies::default());
    third.0.on_message(Frame::Text(REGISTER)).unwrap();
    assert!(is_refusal(&second.line(REGISTER), 11, 5));
    third.answer(Outcome::Refused(&refusal(Reason::NotPermitted)));
    let mut fourth = client(&one, 4);
    fourth.say(REGISTER).0.unwrap();
    // Another type frees it too.
    fourth.say(r#"{"sender":106,"command":11}"#).0.unwrap();
    client(&one, 5).say(REGISTER).0.unwrap();
}

/// What a page that registers is told of the console.
fn presence(dialect: &Vxvue) -> serde_json::Value {
    let mut page = client(dialect, 99);
    let (asked, told) = page.say(r#"{"sender":106,"command":11,"tieline":"presence"}"#);
    let Intent::Subscribe { add, .. } = asked.unwrap().intent else { panic!("a page registers") };
    assert!(add.iter().any(|(filter, _)| filter.as_str() == "vxvue.room"));
    let (reply, presence) = told.split_once('\n').unwrap();
    assert_eq!(reply, REGISTERED);
    let message: serde_json::Value = serde_json::from_str(presence).unwrap();
    assert_eq!((&message["sender"], &message["receiver"], &message["command"]), (&1.into(), &106.into(), &0.into()));
    message["presence"].clone()
}

#[test]
fn a_page_is_told_whether_the_console_is_there() {
    let dialect = dialect();
    let now = presence(&dialect);
    assert_eq!(
        (&now["state"], &now["nobody"], &now["hideAfterMs"]),
        (&"waiting".into(), &false.into(), &60_000.into())
    );
    let (mut first, mut second) = (client(&dialect, 1), client(&dialect, 2));
    first.say(REGISTER).0.unwrap();
    second.say(REGISTER).0.unwrap();
    let now = presence(&dialect);
    assert_eq!((&now["state"], &now["consoles"]), (&"here".into(), &2.into()));
    assert_eq!(now["addresses"], serde_json::json!(["10.0.0.1:5000", "10.0.0.2:5000"]));
    tell(&dialect, r#"{"sender":2,"command":1002}"#);
    assert_eq!(presence(&dialect)["nobody"], true);
    let mut replies = Replies::default();
    first.0.ended(&mut replies);
    second.0.ended(&mut replies);
    let last = replies.take_published().into_iter().filter_map(settled).next_back().unwrap().1;
    assert_eq!(last.topics[0].as_str(), "vxvue.room");
    let text = event(&dialect, last, Sight::Redacted);
    assert!(text.starts_with(r#"{"sender":1,"receiver":0,"command":0,"name":"presence","data":{"#), "{text}");
    let now = presence(&dialect);
    assert_eq!((&now["state"], &now["since"]), (&"away".into(), &"1970-01-01T00:00:00.000Z".into()));
    second.0.ended(&mut replies);
    assert!(replies.take_published().is_empty(), "it goes once");
}

#[test]
fn time_hides_and_then_ends_what_a_console_left_behind() {
    let dialect = dialect();
    let mut console = client(&dialect, 1);
    console.say(REGISTER).0.unwrap();
    tell(&dialect, PATIENT);
    assert!(dialect.tick(Duration::from_secs(1)).is_empty());
    console.0.ended(&mut Replies::default());
    let tick = |seconds| dialect.tick(Duration::from_secs(seconds)).into_iter().filter_map(settled).collect::<Vec<_>>();
    assert!(tick(10).is_empty());
    assert_eq!(tick(70)[0].1.topics[0].as_str(), "vxvue.room");
    assert_eq!(presence(&dialect)["hidden"], true);
    let lost = tick(610);
    assert_eq!(wire(&dialect, &lost[0].1, 106), r#"{"sender":1,"receiver":106,"command":1002}"#);
    assert_eq!(tick(5000).len(), 0);
}

/// A console that is back before the hub has come to it keeps its exam.
#[test]
fn a_console_that_returns_in_time_is_not_given_up() {
    let dialect = dialect();
    let mut console = client(&dialect, 1);
    console.say(REGISTER).0.unwrap();
    tell(&dialect, PATIENT);
    console.0.ended(&mut Replies::default());
    dialect.tick(Duration::ZERO);
    let due = dialect.tick(Duration::from_secs(600));
    assert_eq!(due.len(), 2);
    client(&dialect, 2).say(REGISTER).0.unwrap();
    let settled: Vec<_> = due.into_iter().filter_map(settled).collect();
    assert_eq!(settled.len(), 1, "only the page is told something");
    assert_eq!(presence(&dialect)["state"], "here");
}

#[test]
fn who_changes_its_type_is_told_the_end_of_what_it_may_be_showing() {
    let dialect = dialect();
    let mut display = client(&dialect, 1);
    let register = |kind: u32| format!(r#"{{"sender":{kind},"command":11}}"#);
    let end = |kind: u32| format!("{REGISTERED}\n{{\"sender\":1,\"receiver\":{kind},\"command\":1002}}");
    assert_eq!(display.say(&register(106)).1, REGISTERED);
    assert_eq!(display.say(&register(107)).1, REGISTERED, "nothing was shown");
    tell(&dialect, PATIENT);
    assert_eq!(display.say(&register(108)).1, REGISTERED, "it was not told to this type");
    assert_eq!(display.say(&register(106)).1, REGISTERED);
    assert_eq!(display.say(&register(106)).1, REGISTERED, "the type is the same");
    assert_eq!(display.say(&register(107)).1, end(107));
    // Told and ended between the question and its answer: it may have come in between.
    display.say(&register(106)).0.unwrap();
    tell(&dialect, r#"{"sender":2,"command":1002}"#);
    display.0.on_message(Frame::Text(&register(107))).unwrap();
    tell(&dialect, PATIENT);
    tell(&dialect, r#"{"sender":2,"command":1002}"#);
    assert_eq!(display.answer(Outcome::Done), end(107));
}

#[test]
fn speaking_registers_when_that_is_switched_on() {
    let silent = with(VxvueSettings { register_by_sender: true, ..VxvueSettings::default() });
    let mut console = Client::of(&silent);
    assert_eq!(console.line(PATIENT), "hear vxvue.2.* vxvue.0.* kept by vxvue.register [vxvue.2]");
    assert!(console.0.hears_again());
    assert_eq!(console.line(PATIENT), "publish [vxvue.106.101] keep by vxvue.send [vxvue.106.101]");
    assert!(!console.0.hears_again());
    assert!(is_refusal(&console.line(r#"{"sender":106,"command":7}"#), 7, 5), "another type later is refused");
    let mut display = Client::of(&silent);
    assert_eq!(display.line(r#"{"command":1}"#), format!("answer | {PONG}"), "nobody in particular");
    assert!(is_refusal(&display.line(r#"{"sender":1,"command":7}"#), 7, 4));
    assert!(display.line(r#"{"sender":106,"command":1}"#).starts_with("hear vxvue.106.*"));
    assert!(display.0.hears_again());
    assert_eq!(display.line(r#"{"sender":106,"command":1}"#), format!("answer | {PONG}"));
    // Not permitted: refused with what was asked, and not heard again.
    let mut stranger = Client::of(&silent);
    stranger.0.on_message(Frame::Text(r#"{"sender":106,"command":7}"#)).unwrap();
    assert!(is_refusal(&stranger.answer(Outcome::Refused(&refusal(Reason::NotPermitted))), 7, 5));
    assert!(!stranger.0.hears_again());
    assert!(is_refusal(&Client::of(&dialect()).line(PATIENT), 101, 4), "switched off by default");
}

#[test]
fn an_envelope_is_read_leniently_and_passed_on_as_it_came() {
    let dialect = dialect();
    let text = "{\n  \"sender\": 2, // VXvue\n  \"receiver\": 106,\n  \"command\": 101, /* patient */\n\
        \"data\": { \"patientId\": \"P1\", \"note\": \"// no comment,}\", },\n}";
    let message = console_says(&dialect, text);
    assert_eq!(&message.body[..], text.as_bytes());
    assert_eq!(message.topics[0].as_str(), "vxvue.106.101");
    assert_eq!(wire(&dialect, &message, 106), text);
    let data = r#"{"patientId":"[patient data]","note":"[patient data]"}"#;
    let expected = format!(r#"{{"sender":2,"receiver":106,"command":101,"name":"sendPatientInfo","data":{data}}}"#);
    assert_eq!(event(&dialect, message, Sight::Redacted), expected);
    let full = r#"{"patientId":"P1","note":"// no comment,}"}"#;
    let message = console_says(&dialect, text);
    assert_eq!(
        event(&dialect, message, Sight::Full),
        format!(r#"{{"sender":2,"receiver":106,"command":101,"name":"sendPatientInfo","data":{full}}}"#)
    );
}
