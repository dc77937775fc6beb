//! Requests that are answered at once: the texts of contract `inspect`, and where it is silent those of the dialect's page.

use super::*;

#[test]
fn quit_as_a_text_ends_the_connection() {
    for text in ["quit", "quit\n", "quit\r\n", "quit now", "quitting"] {
        let mut client = Client::new();
        assert_eq!(client.say(text).1, goodbye(), "{text}");
        for behind in [IMAGE, "quit", "x"] {
            let (asked, told) = client.say(behind);
            assert!(
                matches!(asked.unwrap(), Asked { intent: Intent::Answer, right: None }) && told.is_empty(),
                "{behind}"
            );
        }
        let limited = Refusal::new(Reason::TooMany, "too fast").at_limit("messages_per_second");
        assert_eq!(client.told(Outcome::Refused(&limited)), [], "it was told goodbye");
    }
}

#[test]
fn quit_as_a_key_leaves_it_open() {
    let mut client = Client::new();
    for text in [r#"{"quit":true}"#, r#"{"quit":null}"#, "{\"x\":1,\"quit\":{}}\n", r#"{"report":1,"\u0071uit":0}"#] {
        assert_eq!(client.reply(text), "bye", "{text}");
    }
    assert_eq!(client.reply("x"), "Error: Malformed JSON message.");
}

#[test]
fn what_is_not_json() {
    let mut client = Client::new();
    for text in [
        "",
        "\n",
        " quit",
        "Quit",
        "hello",
        "{",
        "{\"image\"",
        r#"{"image":{"file":"a"}"#,
        r#"{"quit":1} x"#,
        r#"{"quit":1}{}"#,
        "{'quit':1}",
        r#"{"quit":1,}"#,
        "[1,]",
        r#"{"x":NaN}"#,
        "-Infinity",
        "\u{feff}{\"quit\":1}",
        "{\"quit\":\"a\nb\"}",
        "\"\u{1}\"",
        r#""\x""#,
        "01",
        "1.",
        "tru",
    ] {
        assert_eq!(client.reply(text), "Error: Malformed JSON message.", "{text}");
        assert_eq!(client.say(text).0.unwrap_err().reason, Reason::Malformed);
    }
}

#[test]
fn what_nobody_knows() {
    let mut client = Client::new();
    for (text, shown) in [
        (r#"{"hello":"world","a":[1,2.0]}"#, r#"{"hello": "world", "a": [1, 2.0]}"#),
        ("{}\n", "{}"),
        ("[]", "[]"),
        (" 7 ", "7"),
        ("null", "null"),
        (r#""quit""#, r#""quit""#),
        (r#"["image","quit"]"#, r#"["image", "quit"]"#),
        (r#"{"Image":{},"QUIT":1}"#, r#"{"Image": {}, "QUIT": 1}"#),
        (r#"{"x":{"image":{},"quit":1}}"#, r#"{"x": {"image": {}, "quit": 1}}"#),
        (r#"{"größe":"ü\n"}"#, r#"{"gr\u00f6\u00dfe": "\u00fc\n"}"#),
    ] {
        assert_eq!(client.reply(text), format!("Error: Unknown request:\n{shown}"), "{text}");
        assert_eq!(client.say(text).0.unwrap_err().reason, Reason::Unknown);
    }
}

#[test]
fn parameters_are_missed_in_the_contracts_order() {
    let mut client = Client::new();
    for (request, given, missed) in [
        ("image", "{}", "file"),
        ("image", r#"{"name":1,"focal_length":true}"#, "file"),
        ("image", r#"{"focal_length":"x","file":1}"#, "name"),
        ("image", r#"{"name":"n","file":"f"}"#, "focal_length"),
        ("image", r#"{"name":"n","file":"f","Focal_length":1}"#, "focal_length"),
        ("elements", "{}", "file"),
        ("elements", r#"{"import_mode":"clipboard"}"#, "file"),
        ("elements", r#"{"file":null}"#, "import_mode"),
        // What is no object has no parameters.
        ("image", "[]", "file"),
        ("image", r#""file name focal_length""#, "file"),
        ("image", "null", "file"),
        ("image", "7", "file"),
        ("elements", r#"["file","import_mode"]"#, "file"),
        // Neither has one of whose keys one is half a character.
        ("image", r#"{"file":"f","\ud800":1}"#, "file"),
    ] {
        let told = client.reply(&format!(r#"{{"{request}":{given}}}"#));
        assert_eq!(told, format!("Error: Missing parameter '{missed}' in '{request}' request."), "{given}");
    }
}

#[test]
fn parameters_of_the_wrong_type_are_named() {
    let mut client = Client::new();
    let length = "a number of millimetres above 0";
    for (request, given, wrong, what) in [
        ("image", r#"{"file":1,"name":2,"focal_length":0}"#, "file", "a text"),
        ("image", r#"{"file":null,"name":"n","focal_length":1}"#, "file", "a text"),
        ("image", r#"{"file":"\ud800","name":"n","focal_length":1}"#, "file", "a text"),
        ("image", r#"{"file":"","name":[],"focal_length":0}"#, "name", "a text"),
        ("elements", r#"{"file":{},"import_mode":1}"#, "file", "a text"),
        ("elements", r#"{"file":"f","import_mode":true}"#, "import_mode", "a text"),
    ] {
        let told = client.reply(&format!(r#"{{"{request}":{given}}}"#));
        assert_eq!(told, format!("Error: Parameter '{wrong}' in '{request}' request must be {what}."), "{given}");
    }
    for given in [
        "0",
        "-1",
        "-0.0",
        "1e400",
        "1e-400",
        "true",
        "null",
        "[50]",
        "{}",
        r#""""#,
        r#"" ""#,
        r#""0""#,
        r#""-5""#,
        r#""50,0""#,
        r#""50mm""#,
        r#""nan""#,
        r#""inf""#,
        r#""1e400""#,
        r#""5_0""#,
        r#""\ud800""#,
    ] {
        let told = client.reply(&format!(r#"{{"image":{{"file":"f","name":"n","focal_length":{given}}}}}"#));
        assert_eq!(told, format!("Error: Parameter 'focal_length' in 'image' request must be {length}."), "{given}");
    }
}

#[test]
fn other_refusals_have_a_sentence() {
    let mut client = Client::of(&with_limits(DialectLimits { json_depth: 3, ..DialectLimits::default() }));
    assert_eq!(client.reply(r#"{"x":[[1]]}"#), "Error: Unknown request:\n{\"x\": [[1]]}");
    let refusal = client.say(r#"{"quit":[[[1]]]}"#);
    assert_eq!(refusal.0.unwrap_err().limit, Some("json_depth"));
    assert_eq!(one(refusal.1), "Error: JSON is nested deeper than 3 (limits.json_depth).");
    // What transport refuses was never heard here.
    let fast = Refusal::new(Reason::TooMany, "more than 5 messages in a second").at_limit("messages_per_second");
    let told = one(client.told(Outcome::Refused(&fast)));
    assert_eq!(told, "Error: Busy, try again later: more than 5 messages in a second.");
    let long = Refusal::new(Reason::TooLarge, "a message of more than 9 bytes").at_limit("message_bytes");
    assert_eq!(one(client.told(Outcome::Refused(&long))), "Error: A message of more than 9 bytes.");
}

#[test]
fn frames_and_farewell() {
    assert!(!dialect().binary());
    assert!(["/", "/any/path"].iter().all(|path| dialect().admits(path)));
    let mut client = Client::new();
    assert_eq!(client.0.on_message(Frame::Binary(b"quit")).unwrap_err().reason, Reason::Unsupported);
    let mut replies = Replies::default();
    client.0.farewell(&mut replies);
    assert_eq!(replies.said(), [Utterance::Close(1001, "Closing connection.")]);
}
