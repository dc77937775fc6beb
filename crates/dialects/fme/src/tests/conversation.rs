//! What a client may say, when, and what becomes of it: the table of contract `fme`.

use super::*;

#[test]
fn open_is_a_union_in_every_spelling() {
    let cases = [
        (r#"{"ws_op":"open","ws_stream_ids":["a","b"]}"#, "[fme.a, fme.b]"),
        (r#"{"ws_op":"open","ws_stream_id":"a"}"#, "[fme.a]"),
        (r#"{"ws_op":"open","ws_stream_ids":"a"}"#, "[fme.a]"),
        (r#"{"ws_op":"open","ws_stream_id":["a","b"]}"#, "[fme.a, fme.b]"),
        (r#"{"ws_stream_id":"c","ws_stream_ids":["a","c"],"ws_op":"open"}"#, "[fme.a, fme.c]"),
        (r#"{"ws_op":"open","ws_stream_ids":["a"],"ws_stream_id":null}"#, "[fme.a]"),
        (r#"{"ws_op":"open","ws_stream_ids":[],"ws_stream_id":"b"}"#, "[fme.b]"),
        (r#"{"ws_op":"open","ws_stream_ids":["a","a","\u0061"],"x":[{}]}"#, "[fme.a]"),
        (r#"{"ws_op":"\u006fpen","ws_stream_\u0069ds":["a"]}"#, "[fme.a]"),
        (r#"{"ws_op":"open","ws_stream_ids":["a.b","*","ü 1"]}"#, "[fme.a%2Eb, fme.%2A, fme.ü%201]"),
    ];
    let dialect = dialect();
    for (text, topics) in cases {
        let expected = format!("hear {topics} by fme.open {topics}");
        assert_eq!(Client::of(&dialect).line(text), expected, "{text}");
    }
    let mut client = Client::on_a(&dialect);
    let expected = "hear [fme.c, fme.b] by fme.open [fme.c, fme.b]";
    assert_eq!(client.line(r#"{"ws_op":"open","ws_stream_ids":["c","a","b"]}"#), expected);
    assert_eq!(client.line(r#"{"ws_op":"open","ws_stream_ids":["b"]}"#), "answer", "it is open already");
}

#[test]
fn send_goes_to_all_open_streams() {
    let dialect = dialect();
    let mut client = Client::on_a(&dialect);
    let expected = "publish [fme.a] hello by fme.send [fme.a]";
    assert_eq!(client.line(r#"{"ws_op":"send","ws_msg":"hello"}"#), expected);
    client.say(r#"{"ws_op":"open","ws_stream_ids":["b"]}"#).0.unwrap();
    let expected = r#"publish [fme.a, fme.b] {"a" : 1.0} by fme.send [fme.a, fme.b]"#;
    assert_eq!(client.line(r#"{"ws_op":"send","ws_msg": {"a" : 1.0} }"#), expected);
    let echoing = FmeSettings { echo: true, ..FmeSettings::default() };
    let echoing = Fme::new(echoing, DialectLimits::default());
    let expected = "publish [fme.a] echo x by fme.send [fme.a]";
    assert_eq!(Client::on_a(&echoing).line(r#"{"ws_op":"send","ws_msg":"x"}"#), expected);
}

#[test]
fn the_payload_is_passed_on_byte_for_byte() {
    let cases = [
        (r#""""#, ""),
        (r#""plain""#, "plain"),
        (r#""{\"a\":\"\\u00e9\",\n1}""#, "{\"a\":\"\\u00e9\",\n1}"),
        (r#""\ud83d\ude8c 🚌""#, "🚌 🚌"),
        ("null", "null"),
        ("true", "true"),
        ("-1.50e+07", "-1.50e+07"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("[ 1,\n\t2 ]", "[ 1,\n\t2 ]"),
        (r#"{"b":1,"a":2,"b":3,"c":"\ud800\/"}"#, r#"{"b":1,"a":2,"b":3,"c":"\ud800\/"}"#),
    ];
    let dialect = dialect();
    for (value, expected) in cases {
        let message = sent(&dialect, value);
        assert_eq!(written(&dialect, message, Representation::Wire(Default::default())), expected);
    }
}

#[test]
fn close_leaves_all_and_may_open_again() {
    let dialect = dialect();
    let mut client = Client::on_a(&dialect);
    assert_eq!(client.line(r#"{"ws_op":"close","ws_stream_ids":["b"]}"#), "hear []");
    assert_eq!(client.line(r#"{"ws_op":"send","ws_msg":"x"}"#), "too_early");
    assert_eq!(client.line(r#"{"ws_op":"open","ws_stream_id":"b"}"#), "hear [fme.b] by fme.open [fme.b]");
    assert_eq!(Client::of(&dialect).line(r#"{"ws_op":"close"}"#), "hear []", "with nothing open as well");
}

#[test]
fn admin_is_for_this_machine() {
    let dialect = dialect();
    let mut client = Client::of(&dialect);
    let asked = "channels of fme by fme.admin [] from loopback";
    assert_eq!(
        client.line(r#"{"ws_op":"admin","ws_msg":"getnumchannels()"}"#),
        format!(r#"{asked} | {{"numchannels":"1","streams":[{{"stream":"a","numchannels":"1"}}]}}"#)
    );
    let row = r#"{"port":"50000","stream":"a","host":"127.0.0.1","writable":"true"}"#;
    assert_eq!(
        client.line(r#"{"ws_op":"admin","ws_msg":"getchannelinfo()"}"#),
        format!(r#"{asked} | {{"numchannels":"1","channels":[{row}]}}"#)
    );
    client.0.on_message(Frame::Text(r#"{"ws_op":"admin","ws_msg":"getchannelinfo()"}"#)).unwrap();
    let refusal = Refusal::new(Reason::NotPermitted, "from this machine only");
    let told = client.answer(Outcome::Refused(&refusal));
    assert_eq!(told, r#"{"ws_op":"error","ws_msg":"from this machine only"}"#);
    assert_eq!(client.answer(Outcome::Channels(&[])), "", "the question is gone");
}

#[test]
fn what_is_refused() {
    let deep = format!(r#"{{"ws_op":"send","ws_msg":{}{}}}"#, "[".repeat(64), "]".repeat(64));
    let long = format!(r#"{{"ws_op":"open","ws_stream_id":"{}"}}"#, "é".repeat(129));
    let cases = [
        ("", "malformed"),
        ("hello", "malformed"),
        ("[]", "malformed"),
        ("\"open\"", "malformed"),
        (r#"{"ws_op":"send","ws_msg":}"#, "malformed"),
        (r#"{"ws_op":"send","ws_msg":"a"#, "malformed"),
        (r#"{"ws_op":"send","ws_msg":"a"} x"#, "malformed"),
        ("{\"ws_op\":\"send\",\"ws_msg\":\"a\u{1}\"}", "malformed"),
        ("\u{feff}{\"ws_op\":\"close\"}", "malformed"),
        ("{}", "bad_field"),
        (r#"{"ws_msg":"x"}"#, "bad_field"),
        (r#"{"ws_op":"listen"}"#, "unknown"),
        (r#"{"ws_op":"Send","ws_msg":"x"}"#, "unknown"),
        (r#"{"ws_op":7}"#, "unknown"),
        (r#"{"ws_op":null}"#, "unknown"),
        (r#"{"ws_op":["send"],"ws_msg":"x"}"#, "unknown"),
        (r#"{"ws_op":"close","ws_op":"send","ws_msg":"x"}"#, "bad_field"),
        (r#"{"ws_op":"send","ws_msg":"x","ws_msg":"y"}"#, "bad_field"),
        (r#"{"ws_op":"open","ws_stream_id":"x","ws_stream_id":"y"}"#, "bad_field"),
        (r#"{"ws_op":"open"}"#, "bad_field"),
        (r#"{"ws_op":"open","ws_stream_ids":null}"#, "bad_field"),
        (r#"{"ws_op":"open","ws_stream_ids":[]}"#, "bad_field"),
        (r#"{"ws_op":"open","ws_stream_ids":[""]}"#, "bad_field"),
        (r#"{"ws_op":"open","ws_stream_ids":""}"#, "bad_field"),
        (r#"{"ws_op":"open","ws_stream_ids":["x",7]}"#, "bad_field"),
        (r#"{"ws_op":"open","ws_stream_ids":["x",null]}"#, "bad_field"),
        (r#"{"ws_op":"open","ws_stream_ids":[["x"]]}"#, "bad_field"),
        (r#"{"ws_op":"open","ws_stream_ids":7}"#, "bad_field"),
        (r#"{"ws_op":"open","ws_stream_ids":{"x":"y"}}"#, "bad_field"),
        (r#"{"ws_op":"open","ws_stream_ids":["x"],"ws_stream_id":7}"#, "bad_field"),
        (r#"{"ws_op":"open","ws_stream_id":"\ud800"}"#, "bad_field"),
        (&long, "too_large"),
        (r#"{"ws_op":"send"}"#, "bad_field"),
        (r#"{"ws_op":"send","ws_msg":"\ud800"}"#, "bad_field"),
        (&deep, "too_large"),
        (r#"{"ws_op":"admin"}"#, "unknown"),
        (r#"{"ws_op":"admin","ws_msg":"getnumchannels"}"#, "unknown"),
        (r#"{"ws_op":"admin","ws_msg":["getnumchannels()"]}"#, "unknown"),
    ];
    let dialect = dialect();
    let mut client = Client::on_a(&dialect);
    for (text, reason) in cases {
        assert_eq!(client.line(text), reason, "{text}");
        let still_on_a = "publish [fme.a] x by fme.send [fme.a]";
        assert_eq!(client.line(r#"{"ws_op":"send","ws_msg":"x"}"#), still_on_a, "after {text}");
    }
    assert_eq!(Client::of(&dialect).line(r#"{"ws_op":"send","ws_msg":"x"}"#), "too_early");
    assert_eq!(client.0.on_message(Frame::Binary(b"{}")).unwrap_err().reason, Reason::Unsupported);
    assert!(!dialect.binary());
}

#[test]
fn an_open_that_the_gateway_refuses_changes_nothing() {
    let dialect = dialect();
    let mut client = Client::on_a(&dialect);
    client.0.on_message(Frame::Text(r#"{"ws_op":"open","ws_stream_id":"b"}"#)).unwrap();
    client.answer(Outcome::Refused(&Refusal::new(Reason::NotPermitted, "no")));
    assert_eq!(client.line(r#"{"ws_op":"send","ws_msg":"x"}"#), "publish [fme.a] x by fme.send [fme.a]");
}

#[test]
fn the_number_of_streams_is_limited() {
    let dialect = with_streams(3);
    let mut client = Client::on_a(&dialect);
    let (refused, told) = client.say(r#"{"ws_op":"open","ws_stream_ids":["b","c","a","d"]}"#);
    assert_eq!(refused.unwrap_err().reason, Reason::TooLarge);
    assert!(told.contains("limits.streams"), "{told}");
    let expected = "hear [fme.b, fme.c] by fme.open [fme.b, fme.c]";
    assert_eq!(client.line(r#"{"ws_op":"open","ws_stream_ids":["b","a","c","b"]}"#), expected);
    assert_eq!(client.line(r#"{"ws_op":"open","ws_stream_ids":["a"]}"#), "answer", "full is not too full");
    let many: Vec<String> = (0..2000).map(|number| number.to_string()).collect();
    let many = format!(r#"{{"ws_op":"open","ws_stream_ids":{many:?}}}"#);
    assert!(Client::of(&with_streams(0)).line(&many).starts_with("hear [fme.0,"), "0 switches the limit off");
}

#[test]
fn only_these_paths_exist() {
    let paths = |prefix: &str, path: &str| {
        let settings = FmeSettings { prefix: prefix.to_owned(), ..FmeSettings::default() };
        Fme::new(settings, DialectLimits::default()).admits(path)
    };
    for (prefix, path, admitted) in [
        ("", "/", true),
        ("", "/websocket", true),
        ("", "/websocket/", true),
        ("", "/websocket//", false),
        ("", "/websocketx", false),
        ("", "/fme/websocket", false),
        ("", "//", false),
        ("/", "/", true),
        ("/fme", "/fme/websocket", true),
        ("/fme", "/fme/", true),
        ("/fme", "/fme/websocket/", true),
        ("/fme", "/fme", false),
        ("/fme", "/", false),
        ("/fme", "/websocket", false),
        ("/fme", "/websocket/", false),
        ("fme/ws/", "/fme/ws/websocket", true),
    ] {
        assert_eq!(paths(prefix, path), admitted, "{prefix} {path}");
    }
}

#[test]
fn a_conversation_is_small() {
    assert!(size_of::<crate::conversation::FmeConversation>() <= 80);
}
