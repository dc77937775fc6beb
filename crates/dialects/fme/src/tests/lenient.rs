//! Messages as the vendor's own material writes them (contract `fme`, second part).

use super::*;

#[test]
fn the_vendors_own_messages_are_understood() {
    let dialect = dialect();
    let mut client = Client::of(&dialect);
    let opened = "hear [fme.points] by fme.open [fme.points]";
    assert_eq!(client.line(r#"{ ws_op : "open", ws_stream_ids : "points" }"#), opened);
    let sent = |body: &str| format!("publish [fme.points] {body} by fme.send [fme.points]");
    let send = [
        (r#"{ws_op: 'send', ws_msg: '{ "EventID" : 6 }'}"#, r#"{ "EventID" : 6 }"#),
        (r#"{ws_op: "send", ws_msg: {"a": NaN}}"#, r#"{"a": NaN}"#),
        (r#"{"ws_op": "send", "ws_msg": {a: 'b', /* c */},}"#, "{a: 'b', /* c */}"),
        ("{\"ws_op\":\"send\",\"ws_msg\":\"one\r\n\ttwo\"}", "one\r\n\ttwo"),
        ("{ws_op:\"send\",ws_msg:'it\\'s \\x41'}", "it's A"),
        ("// a fleet\n{ws_op:'send', ws_msg: /* here */ [1,\n2,] /* there */}", "[1,\n2,]"),
        ("{ws_op:'send', ws_msg: -Infinity }", "-Infinity"),
        (r#"{ws_op:'send', ws_msg: {"a" : 1.0}}"#, r#"{"a" : 1.0}"#),
        ("{ws_op:'send', ws_msg: ''}", ""),
        ("{ws_op:'send', ws_msg: null, other: [{}]}", "null"),
    ];
    for (text, body) in send {
        assert_eq!(client.line(text), sent(body), "{text}");
    }
    let admin = client.line("{ws_op: 'admin', ws_msg: 'getnumchannels()'}");
    assert!(admin.ends_with(r#""streams":[{"stream":"a","numchannels":"1"}]}"#), "{admin}");
    assert_eq!(
        client.line("{ws_op:'open', ws_stream_ids:['a','points',\"b.c\",], ws_stream_id: null}"),
        "hear [fme.a, fme.b%2Ec] by fme.open [fme.a, fme.b%2Ec]"
    );
    assert_eq!(client.line("{ws_op: 'close'}"), "hear []");
}

#[test]
fn what_is_neither_is_refused_for_what_it_is_as_json() {
    let dialect = dialect();
    for (text, reason) in [
        ("{ws_op: open}", "malformed"),
        ("{ws_op: 'send', ws_msg: hello}", "malformed"),
        ("{ws_op: 'send' ws_msg: 1}", "malformed"),
        ("{ws_op: 'send', ws_msg: 'a\u{1}'}", "malformed"),
        ("ws_op: 'close'", "malformed"),
        ("['close',]", "malformed"),
        ("{ws_op: 'close'} x", "malformed"),
        ("{}// and nothing in it", "bad_field"),
        ("{ws_op: 'close', \"ws_op\": 'send', ws_msg: 1}", "bad_field"),
        ("{ws_op: 'open', ws_stream_ids: [NaN]}", "bad_field"),
        ("{ws_op: 'open', ws_stream_ids: [['x']]}", "bad_field"),
        ("{ws_op: 'send', ws_msg: '\\ud800'}", "bad_field"),
        ("{ws_op: NaN}", "unknown"),
    ] {
        let mut client = Client::on_a(&dialect);
        assert_eq!(client.line(text), reason, "{text}");
        assert_eq!(client.line(r#"{"ws_op":"send","ws_msg":1}"#), "publish [fme.a] 1 by fme.send [fme.a]", "{text}");
    }
    let (_, told) = Client::of(&dialect).say("{ws_op: open}");
    assert_eq!(told, r#"{"ws_op":"error","ws_msg":"not JSON: line 1 column 2"}"#);
}

#[test]
fn depth_counts_brackets_and_not_what_stands_in_texts() {
    let limits = DialectLimits { json_depth: 3, ..DialectLimits::default() };
    let dialect = Fme::new(FmeSettings::default(), limits);
    let mut client = Client::on_a(&dialect);
    assert!(client.line("{ws_op:'send', ws_msg:[[1,],]}").starts_with("publish"));
    assert!(client.line("{ws_op:'send', ws_msg:'[[[[[['}").starts_with("publish"));
    assert_eq!(client.line("{ws_op:'send', ws_msg:[[[1,],],]}"), "too_large");
    assert_eq!(client.line(r#"{"ws_op":"send","ws_msg":[[[1]]]}"#), "too_large");
}

#[test]
fn an_event_is_json_all_the_same() {
    let dialect = dialect();
    let event = |send: &str| {
        let Intent::Publish(message) = Client::on_a(&dialect).say(send).0.unwrap().intent else { panic!() };
        written(&dialect, message, Representation::Event(Sight::Full))
    };
    let told = |message: &str| format!(r#"{{"stream":"a","streams":["a"],"message":{message}}}"#);
    assert_eq!(event("{ws_op:'send',ws_msg:{\"a\": NaN}}"), told(r#""{\"a\": NaN}""#));
    assert_eq!(event("{ws_op:'send',ws_msg:{\"a\":\n 1}}"), told(r#"{"a":  1}"#), "JSON in a loose envelope");
    assert_eq!(event("{ws_op:'send',ws_msg:'x'}"), told(r#""x""#));
}
