//! What every request has in common: its header, and what becomes of what is not one (contract `opcua`, Envelope).

use super::*;

const INVALID: &str = r#"{"Header":{"MessageType":"ERROR","StatusCode":"BadRequestHeaderInvalid"}}"#;

#[test]
fn what_is_no_request_has_an_error() {
    let dialect = dialect();
    let cases = [
        "",
        "hello",
        "null",
        "5",
        "[]",
        r#"["READ_REQUEST","1"]"#,
        r#"[{"MessageType":"READ_REQUEST","ClientHandle":"1"},{"Variable":"Temperature"}]"#,
        "{}",
        r#"{"Body":{"Variable":"Temperature"}}"#,
        r#"{"Header":null}"#,
        r#"{"Header":[]}"#,
        r#"{"Header":["READ_REQUEST","1"]}"#,
        r#"{"Header":"READ_REQUEST"}"#,
        r#"{"Header":{"MessageType":"READ_REQUEST"},"Body":{"Variable":"Temperature"}}"#,
        r#"{"Header":{"MessageType":"READ_REQUEST","ClientHandle":null},"Body":{"Variable":"Temperature"}}"#,
        r#"{"Header":{"MessageType":"READ_REQUEST","ClientHandle":["1"]},"Body":{"Variable":"Temperature"}}"#,
        r#"{"Header":{"MessageType":"READ_REQUEST","ClientHandle":"\ud800"},"Body":{"Variable":"Temperature"}}"#,
        r#"{"Header":{"MessageType":"READ_REQUEST","ClientHandle":"1","ClientHandle":"2"},"Body":{}}"#,
        r#"{"Header":{"MessageType":"READ_REQUEST","ClientHandle":"1"},"Header":{},"Body":{}}"#,
        r#"{"Header":{"MessageType":"READ_REQUEST","ClientHandle":"1"},"Body":{}} "#.trim_end_matches("} "),
        r#"{"Header":{"MessageType":"READ_REQUEST","ClientHandle":"1"},"Body":{}} x"#,
    ];
    for text in cases {
        let (asked, told) = Client::of(&dialect).say(text);
        assert!(asked.is_err());
        assert_eq!(told, INVALID, "{text}");
    }
    let long = format!(r#"{{"Header":{{"MessageType":"READ_REQUEST","ClientHandle":"{}"}}}}"#, "x".repeat(1025));
    assert_eq!(Client::of(&dialect).say(&long).1, INVALID);
    let mut client = Client::of(&dialect);
    let refusal = client.0.on_message(Frame::Binary(b"\xff")).unwrap_err();
    assert_eq!((refusal.reason, client.answer(Outcome::Refused(&refusal)).as_str()), (Reason::Unsupported, INVALID));
}

#[test]
fn an_unknown_type_is_answered_with_its_handle() {
    let dialect = dialect();
    let told = r#"{"Header":{"MessageType":"ERROR","ClientHandle":"1","StatusCode":"BadRequestHeaderInvalid"}}"#;
    for kind in [r#""WRONG_REQUEST""#, r#""read_request""#, r#""READ_RESPONSE""#, r#""""#, "5", "null", "{}"] {
        let text = format!(r#"{{"Header":{{"MessageType":{kind},"ClientHandle":"1"}},"Body":{{}}}}"#);
        assert_eq!(Client::of(&dialect).say(&text).1, told, "{kind}");
    }
    let text = r#"{"Header":{"ClientHandle":"1"},"Body":{}}"#;
    assert_eq!(Client::of(&dialect).say(text).1, told);
}

#[test]
fn the_handle_comes_back_as_a_text_under_the_key_it_came_with() {
    let dialect = dialect();
    let cases = [
        (r#""ClientHandle":"1""#, r#""ClientHandle":"1""#),
        (r#""ClientHandle":5"#, r#""ClientHandle":"5""#),
        (r#""ClientHandle":-1.50e3"#, r#""ClientHandle":"-1.50e3""#),
        (r#""ClientHandle":true"#, r#""ClientHandle":"true""#),
        (r#""ClientHandle":"""#, r#""ClientHandle":"""#),
        (r#""ClientHandle":"a\"\\\n\u00e9\u0000""#, r#""ClientHandle":"a\"\\\né\u0000""#),
        (r#""ClientHandler":"h""#, r#""ClientHandler":"h""#),
        (r#""ClientHandler":7"#, r#""ClientHandler":"7""#),
        (r#""ClientHandler":"h","ClientHandle":"1""#, r#""ClientHandle":"1""#),
    ];
    for (sent, back) in cases {
        let text = format!(
            r#"{{"Header":{{{sent},"x":[1],"MessageType":"READ_REQUEST"}},"y":{{}},"Body":{{"Variable":"no"}}}}"#
        );
        let told = format!(
            r#"{{"Header":{{"MessageType":"READ_RESPONSE",{back}}},"Body":{{"StatusCode":"BadNodeIdUnknown"}}}}"#
        );
        assert_eq!(Client::of(&dialect).say(&text).1, told, "{sent}");
    }
}

#[test]
fn too_deep_is_told_under_the_handle() {
    let limits = DialectLimits { json_depth: 3, ..DialectLimits::default() };
    let dialect = dialect_with(&[], limits);
    let deep = r#"{"Variable":"Temperature","x":[[1]]}"#;
    let mut client = Client::of(&dialect);
    assert_eq!(client.ask("READ", deep), r#","StatusCode":"BadEncodingLimitsExceeded"}}"#);
    let flat = r#"{"Variable":"Temperature","x":[1]}"#;
    assert_eq!(client.ask("READ", flat), "read opcua.plant.Temperature by opcua.read [opcua.plant.Temperature]");
    let text =
        format!(r#"{{"Header":{{"MessageType":"READ_REQUEST","ClientHandle":"1"}},"Body":{}}}"#, "[".repeat(1000));
    assert_eq!(client.say(&text).1, INVALID, "that is not JSON either");
    let refusal =
        client.say(&format!(r#"{{"Header":{{"MessageType":"READ_REQUEST","ClientHandle":"1"}},"Body":{deep}}}"#)).0;
    assert_eq!(refusal.unwrap_err().limit, Some("json_depth"));
}

#[test]
fn what_transport_refuses_is_an_error_and_leaves_what_is_under_way() {
    let dialect = dialect();
    let mut client = Client::of(&dialect);
    let error = |code: &str| format!(r#"{{"Header":{{"MessageType":"ERROR","StatusCode":"{code}"}}}}"#);
    let read = r#"{"Variable":"Temperature"}"#;
    for (key, reason, code) in [
        ("messages_per_second", Reason::TooMany, "BadTooManyOperations"),
        ("message_bytes", Reason::TooLarge, "BadRequestTooLarge"),
    ] {
        client.ask("READ", read);
        let refusal = Refusal::new(reason, "a limit of transport").at_limit(key);
        assert_eq!(client.answer(Outcome::Refused(&refusal)), error(code));
    }
    for ticket in [1, 2] {
        assert!(client.answered(ticket, "{}").contains("READ_RESPONSE"), "{ticket} was still waited for");
    }
    assert_eq!(client.answer(Outcome::Done), "");
}

#[test]
fn json_is_spoken_when_it_is_offered() {
    let dialect = dialect();
    assert_eq!(dialect.subprotocol(&["soap", "json"]), Some("json"));
    assert_eq!(dialect.subprotocol(&["JSON"]), None);
    assert!(dialect.admits("/any/path") && !dialect.binary());
}
