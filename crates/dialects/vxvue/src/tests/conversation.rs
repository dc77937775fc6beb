//! What a client may say, when, and what becomes of it: the tables of contract `vxvue`.

use super::*;
use crate::UnknownCommands;

#[test]
fn ping_is_answered_whoever_asks() {
    let dialect = dialect();
    let expected = format!("answer | {PONG}");
    for ping in [
        r#"{"sender":106,"command":1}"#,
        r#"{"command":1}"#,
        r#" {"command" : 1.0, "sender":7, "receiver":null, "res":null, "data":null, "new":[1]} "#,
        r#"{"comm\u0061nd":1}"#,
    ] {
        assert_eq!(Client::of(&dialect).line(ping), expected, "{ping}");
        assert_eq!(Client::registered(&dialect, 106).line(ping), expected, "{ping}");
    }
}

#[test]
fn registering_hears_its_type_and_everybody() {
    let dialect = dialect();
    let mut client = Client::of(&dialect);
    let expected =
        |kind: u32| format!("hear vxvue.{kind}.* vxvue.0.* kept by vxvue.register [vxvue.{kind}] | {REGISTERED}");
    assert_eq!(client.line(r#"{"sender":106,"command":11}"#), expected(106));
    assert_eq!(client.line(r#"{"sender":50000,"command":11}"#), expected(50000), "a second one changes the type");
    assert_eq!(
        client.line(r#"{"sender":50000,"command":7}"#),
        "publish [vxvue.0.7] by vxvue.send [vxvue.0.7]",
        "the newer type holds"
    );
    let strict = with(VxvueSettings { replay_on_register: false, ..VxvueSettings::default() });
    let heard = Client::of(&strict).line(r#"{"sender":106,"command":11}"#);
    assert!(heard.starts_with("hear vxvue.106.* vxvue.0.* by"), "{heard}");
}

#[test]
fn a_register_that_is_refused_changes_nothing() {
    let dialect = dialect();
    let mut client = Client::of(&dialect);
    client.0.on_message(Frame::Text(r#"{"sender":106,"command":11}"#)).unwrap();
    let told = client.answer(Outcome::Refused(&refusal(Reason::NotPermitted)));
    assert!(is_refusal(&told, 11, 5), "{told}");
    let told = client.line(r#"{"sender":106,"command":7}"#);
    assert!(is_refusal(&told, 7, 4), "{told}");
}

#[test]
fn what_is_passed_on() {
    let cases = [
        (2, PATIENT, "publish [vxvue.106.101] keep by vxvue.send [vxvue.106.101]"),
        (2, r#"{"sender":2,"command":601}"#, "publish [vxvue.0.601] keep by vxvue.send [vxvue.0.601]"),
        (
            2,
            r#"{"sender":2,"receiver":0,"command":1001,"data":null}"#,
            "publish [vxvue.0.1001] keep open by vxvue.send [vxvue.0.1001]",
        ),
        (
            2,
            r#"{"sender":2,"receiver":null,"command":1002}"#,
            "publish [vxvue.0.1002] open by vxvue.send [vxvue.0.1002]",
        ),
        // What nobody has read may be about a person.
        (2, r#"{"sender":2,"command":1002,"data":{"a":1}}"#, "publish [vxvue.0.1002] by vxvue.send [vxvue.0.1002]"),
        (2, r#"{"sender":2,"command":1002,"note":1}"#, "publish [vxvue.0.1002] by vxvue.send [vxvue.0.1002]"),
        (2, r#"{"sender":2,"command":1002,"res":"x"}"#, "publish [vxvue.0.1002] by vxvue.send [vxvue.0.1002]"),
        (
            106,
            r#"{"sender":106,"receiver":2,"command":50001,"data":{"x":[{"y":"\ud800"}]}}"#,
            "publish [vxvue.2.50001] by vxvue.send [vxvue.2.50001]",
        ),
        (106, r#"{"sender":106,"receiver":1,"command":0}"#, "publish [vxvue.1.0] by vxvue.send [vxvue.1.0]"),
        (106, r#"{"sender":1.06e2,"command":1e2}"#, "publish [vxvue.0.100] by vxvue.send [vxvue.0.100]"),
        (106, r#"{"sender":106,"command":7,"a":1,"a":2}"#, "publish [vxvue.0.7] by vxvue.send [vxvue.0.7]"),
    ];
    let dialect = dialect();
    for (kind, text, expected) in cases {
        assert_eq!(Client::registered(&dialect, kind).line(text), expected, "{text}");
    }
}

#[test]
fn the_body_is_the_text_as_it_came() {
    let text = "\n { \"z\":1.50, \"command\": 101,\r\n\"sender\":2,\"data\":{\"b\":\"\\u00e9\",\"patientId\":\"P\"} } ";
    let dialect = dialect();
    let message = console_says(&dialect, text);
    assert_eq!(&message.body[..], text.as_bytes());
    let mut out = b"before".to_vec();
    dialect.encode(&published(message), Representation::Wire(Default::default()), &mut out);
    assert_eq!(out, [b"before", text.as_bytes()].concat());
}

#[test]
fn what_is_refused() {
    let long = "[".repeat(65) + &"]".repeat(65);
    let deep = format!(r#"{{"sender":2,"command":7,"data":{{"a":{long}}}}}"#);
    let cases: &[(u32, &str, u32, u32)] = &[
        // 1: malformed
        (2, "", 0, 1),
        (2, "hello", 0, 1),
        (2, "[]", 0, 1),
        (2, "null", 0, 1),
        (2, r#"{"command":1"#, 0, 1),
        (2, r#"{"command":1}{}"#, 0, 1),
        (2, r#"{"command":1,,}"#, 0, 1),
        (2, "{'command':01}", 0, 1),
        (2, "\u{feff}{\"command\":1}", 0, 1),
        (2, r#"{"command":01}"#, 0, 1),
        (2, r#"{"command":NaN}"#, 0, 1),
        // 2: no command
        (2, "{}", 0, 2),
        (2, r#"{"sender":2,"command":null}"#, 0, 2),
        (2, r#"{"Command":1}"#, 0, 2),
        // 3: a field of the envelope
        (2, r#"{"command":"1"}"#, 0, 3),
        (2, r#"{"command":1.5}"#, 0, 3),
        (2, r#"{"command":-1}"#, 0, 3),
        (2, r#"{"command":99999999999999999999}"#, 0, 3),
        (2, r#"{"command":1,"command":1}"#, 0, 3),
        (2, r#"{"command":1,"sender":2,"sender":2}"#, 0, 3),
        (2, r#"{"command":1,"sender":"2"}"#, 1, 3),
        (2, r#"{"command":1,"sender":null}"#, 1, 3),
        (2, r#"{"command":1,"sender":-2}"#, 1, 3),
        (2, r#"{"command":1,"sender":2.5}"#, 1, 3),
        (2, r#"{"command":1,"receiver":"all"}"#, 1, 3),
        (2, r#"{"command":1,"receiver":1e99}"#, 1, 3),
        (2, r#"{"command":1,"data":[]}"#, 1, 3),
        (2, r#"{"command":1,"data":"x"}"#, 1, 3),
        (2, r#"{"command":1,"data":false}"#, 1, 3),
        (2, r#"{"command":1,"res":true}"#, 1, 3),
        (2, r#"{"command":1,"res":{}}"#, 1, 3),
        // register
        (0, r#"{"command":11}"#, 11, 3),
        (0, r#"{"sender":0,"command":11}"#, 11, 3),
        (0, r#"{"sender":1,"command":11}"#, 11, 5),
        // 4 and 5: who may say it
        (0, r#"{"sender":106,"command":50001}"#, 50001, 4),
        (0, PATIENT, 101, 4),
        (106, r#"{"sender":107,"command":50001}"#, 50001, 5),
        (106, r#"{"command":50001}"#, 50001, 5),
        (106, PATIENT, 101, 5),
        (106, r#"{"sender":106,"command":101,"data":{"patientId":"P"}}"#, 101, 5),
        (106, r#"{"sender":106,"command":601}"#, 601, 5),
        (106, r#"{"sender":106,"command":1001}"#, 1001, 5),
        (106, r#"{"sender":106,"command":1002}"#, 1002, 5),
        // 6
        (2, &deep, 0, 6),
    ];
    let dialect = dialect();
    for (kind, text, command, error) in cases {
        let mut client = if *kind == 0 { Client::of(&dialect) } else { Client::registered(&dialect, *kind) };
        let told = client.line(text);
        assert!(is_refusal(&told, *command, *error), "{text}: {told}");
        assert_eq!(client.line(r#"{"command":1}"#), format!("answer | {PONG}"), "it goes on after {text}");
    }
}

#[test]
fn data_of_the_patient_and_of_the_step() {
    let right = [
        (101, r#"{"patientId":"P1","patientName":"A","patientBirth":"1971-03-02"}"#),
        (101, r#"{"patientId":"P1","patientName":null,"patientBirth":null}"#),
        (101, r#"{"patientID":"P1","patientBirthDate":"19710302","patientSex":"F","ward":{"bed":3}}"#),
        (101, r#"{"patientID":"P1","patientBirthDate":"1971-03-02"}"#),
        (101, r#"{"patientId":null,"patientID":"P1"}"#),
        (101, r#"{"patientId":"P1","patientID":"\u00501","patientBirth":"1971-03-02","patientBirthDate":"19710302"}"#),
        (101, r#"{"patientId":" ","patientSex":1,"patientSex":2}"#),
        // A number is taken as its text; whatever else is odd passes as it came.
        (101, r#"{"patientId":7}"#),
        (101, r#"{"patientId":["P1"]}"#),
        (101, r#"{"patientId":"\ud800"}"#),
        (101, r#"{"patientId":"P1","patientID":""}"#),
        (101, r#"{"patientId":"P1","patientID":"P2"}"#),
        (101, r#"{"patientId":"P1","patientId":"P1"}"#),
        (101, r#"{"patientId":"P1","patientName":7}"#),
        (101, r#"{"patientId":"P1","patientName":"A","patientName":"B"}"#),
        (101, r#"{"patientId":"P1","patientBirth":""}"#),
        (101, r#"{"patientId":"P1","patientBirth":"19880214"}"#),
        (101, r#"{"patientId":"P1","patientBirth":"1971"}"#),
        (101, r#"{"patientId":"P1","patientBirth":"00/00/0000"}"#),
        (101, r#"{"patientId":"P1","patientBirth":"1971-03-02T00:00:00"}"#),
        (101, r#"{"patientId":"P1","patientBirth":19710302}"#),
        (101, r#"{"patientId":"P1","patientBirth":"1971-03-02","patientBirthDate":"19710303"}"#),
        (102, r#"{"patientId":"P1"}"#),
        (102, r#"{"patientName":"A"}"#),
        (102, "null"),
        (601, r#"{"bodypartAlias":"CHEST","projectionAlias":"PA","more":[1]}"#),
        (601, r#"{"bodypartAlias":null}"#),
        (601, "{}"),
        (601, "null"),
    ];
    let wrong = [
        (101, "null"),
        (101, "{}"),
        (101, r#"{"patientId":""}"#),
        (101, r#"{"patientId":null}"#),
        (101, r#"{"patientid":"P1"}"#),
        (101, r#"{"patientID":""}"#),
        (601, r#"{"bodypartAlias":7}"#),
        (601, r#"{"bodypartAlias":"\ud800"}"#),
        (601, r#"{"projectionAlias":["PA"]}"#),
        (601, r#"{"projectionAlias":"PA","projectionAlias":"LAT"}"#),
    ];
    let dialect = dialect();
    let mut console = Client::registered(&dialect, 2);
    let say = |command: u32, data: &str| format!(r#"{{"sender":2,"receiver":106,"command":{command},"data":{data}}}"#);
    for (command, data) in right {
        let expected = format!("publish [vxvue.106.{command}] keep by vxvue.send [vxvue.106.{command}]");
        assert_eq!(console.line(&say(command, data)), expected, "{data}");
    }
    for (command, data) in wrong {
        let told = console.line(&say(command, data));
        assert!(is_refusal(&told, command, 3), "{data}: {told}");
    }
}

#[test]
fn unknown_commands_can_be_rejected() {
    let strict = with(VxvueSettings { unknown_commands: UnknownCommands::Reject, ..VxvueSettings::default() });
    let mut console = Client::registered(&strict, 2);
    let told = console.line(r#"{"sender":2,"command":50001}"#);
    assert!(is_refusal(&told, 50001, 2), "{told}");
    assert!(console.line(PATIENT).starts_with("publish"));
}

#[test]
fn what_was_never_heard_is_refused_with_number_0() {
    let dialect = dialect();
    let mut client = Client::registered(&dialect, 106);
    client.say(r#"{"sender":106,"command":7}"#).0.unwrap();
    for (reason, error) in [(Reason::TooLarge, 6), (Reason::TooMany, 7)] {
        let told = client.answer(Outcome::Refused(&refusal(reason)));
        assert!(is_refusal(&told, 0, error), "{told}");
    }
    assert_eq!(client.answer(Outcome::Done), "", "nothing was asked");
    assert_eq!(client.0.on_message(Frame::Binary(b"{}")).unwrap_err().reason, Reason::Unsupported);
    assert!(!dialect.binary());
}

#[test]
fn a_conversation_is_small() {
    assert!(size_of::<crate::conversation::VxvueConversation>() <= 32);
    assert!(size_of::<crate::conversation::Aside>() <= 80);
}
