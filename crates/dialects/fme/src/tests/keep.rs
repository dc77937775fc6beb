//! Streams whose newest message is kept (`keep_last`).

use super::*;
use tieline_model::Topic;

fn keeping(patterns: &[&str]) -> Fme {
    let keep_last = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
    Fme::new(FmeSettings { keep_last, ..FmeSettings::default() }, DialectLimits::default())
}

#[test]
fn only_streams_that_are_named_are_kept() {
    let dialect = keeping(&["maps.*", "last"]);
    let mut client = Client::of(&dialect);
    let opened = "hear [fme.a] by fme.open [fme.a]";
    assert_eq!(client.line(r#"{"ws_op":"open","ws_stream_ids":["a"]}"#), opened);
    assert_eq!(client.line(r#"{"ws_op":"send","ws_msg":1}"#), "publish [fme.a] 1 by fme.send [fme.a]");
    let topics = "[fme.a, fme.maps%2Ecity, fme.last]";
    assert_eq!(
        client.line(r#"{"ws_op":"open","ws_stream_ids":["maps.city","last"]}"#),
        "hear [fme.maps%2Ecity, fme.last], what is kept first, by fme.open [fme.maps%2Ecity, fme.last]"
    );
    assert_eq!(
        client.line(r#"{"ws_op":"send","ws_msg":"x"}"#),
        format!("publish {topics} kept on [fme.maps%2Ecity, fme.last] x by fme.send {topics}")
    );
    assert_eq!(
        client.line(r#"{"ws_op":"open","ws_stream_ids":["b"]}"#),
        "hear [fme.b] by fme.open [fme.b]",
        "nothing is kept on what it did not hear before"
    );
    client.say(r#"{"ws_op":"close"}"#).0.unwrap();
    client.say(r#"{"ws_op":"open","ws_stream_ids":["a"]}"#).0.unwrap();
    assert_eq!(client.line(r#"{"ws_op":"send","ws_msg":1}"#), "publish [fme.a] 1 by fme.send [fme.a]");
}

#[test]
fn what_the_gateway_sends_is_kept_as_well() {
    let dialect = keeping(&["maps.*"]);
    let compose = |topic: &str| dialect.compose(&Topic::parse(topic).unwrap(), "1").unwrap().retain_on;
    assert_eq!(compose("fme.maps%2Ecity"), [Topic::new(["fme", "maps.city"])]);
    assert_eq!(compose("fme.vehicles"), []);
}
