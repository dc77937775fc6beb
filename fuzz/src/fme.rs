//! The stream server's dialect. Input: what one client says, message after message, with bytes 255 between them.

use crate::talk::{self, MARKER, Said};
use serde_json::Value as Json;
use std::sync::{Arc, LazyLock};
use tieline_model::settings::{Value, Values};
use tieline_model::{Channel, Dialect, DialectLimits, Filter, Intent, Outcome, Removal, Topic};

/// The dialect as it is by default, and as strict as can be, with the number of streams each allows.
static DIALECTS: LazyLock<[(Arc<dyn Dialect>, usize); 2]> = LazyLock::new(|| {
    let entry = tieline_fme::ENTRY;
    let mut strict = Values::defaults(entry.fields);
    strict.set("echo", Value::Bool(true));
    strict.set("prefix", Value::Text("/fme/".into()));
    strict.set("keep_last", Value::Texts(vec!["a*".into()]));
    let tight = DialectLimits { json_depth: 3, streams: 2, ..DialectLimits::default() };
    let wide = DialectLimits::default();
    [
        ((entry.build)(&Values::defaults(entry.fields), wide), wide.streams),
        ((entry.build)(&strict, tight), tight.streams),
    ]
});

/// Whatever a client says: an answer in the product's words, or a payload on exactly its open streams; never more
/// streams than allowed, and a refusal changes nothing.
pub(crate) fn run(data: &[u8]) {
    for (dialect, streams) in DIALECTS.iter() {
        talk_with(&**dialect, *streams, data);
    }
}

fn talk_with(dialect: &dyn Dialect, streams: usize, data: &[u8]) {
    let mut client = talk::connect(dialect);
    let mut open: Vec<Filter> = Vec::new();
    for (at, said) in talk::messages(data).enumerate() {
        match client.on_message(said.frame()) {
            Err(refusal) => {
                talk::refusal(&refusal);
                refused(&talk::told(&mut *client, Outcome::Refused(&refusal)));
            }
            Ok(_) if at % 7 == 6 => refused(&talk::told(&mut *client, Outcome::Refused(&talk::elsewhere(at)))),
            Ok(asked) => {
                let Said::Text(text) = &said else { panic!("bytes were understood") };
                match &asked.intent {
                    Intent::Subscribe { add, remove, .. } => {
                        if *remove == Removal::Everything {
                            open.clear();
                        }
                        open.extend(add.iter().map(|(filter, _)| filter.clone()));
                        assert!(open.len() <= streams, "more streams than allowed");
                        let mut once = open.clone();
                        once.sort();
                        once.dedup();
                        assert_eq!(once.len(), open.len(), "each stream once");
                        let ids = open.iter().filter_map(|filter| filter.token(1));
                        assert!(ids.filter(|id| (1..=256).contains(&id.len())).count() == open.len());
                    }
                    Intent::Publish(message) => {
                        let on: Vec<&str> = message.topics.iter().map(Topic::as_str).collect();
                        assert_eq!(on, open.iter().map(Filter::as_str).collect::<Vec<_>>(), "on its open streams");
                        assert!(message.retain_on.iter().all(|topic| message.topics.contains(topic)));
                        payload(text, &message.body);
                        talk::representations(dialect, message);
                    }
                    Intent::Channels(root) => {
                        assert_eq!(*root, "fme");
                        channels(&talk::answers(&mut *client, Outcome::Channels(&listed(&open))), open.len() + 1);
                    }
                    Intent::Answer => {}
                    Intent::Command(_) => panic!("nothing stands behind this dialect"),
                }
                assert!(talk::told(&mut *client, Outcome::Done).is_empty(), "none of these has another reply");
            }
        }
        if let Said::Text(text) = &said {
            compose(dialect, text);
        }
    }
    client.farewell(&mut tieline_model::Replies::default());
}

fn refused(told: &[Json]) {
    let [reply] = told else { panic!("one reply, not {}", told.len()) };
    assert_eq!(reply["ws_op"], "error");
    talk::one_line(reply["ws_msg"].as_str().expect("a line"));
}

/// A receiver gets the message alone: a string's content, anything else as its JSON text.
fn payload(text: &str, body: &[u8]) {
    // Where another reader can read it (it refuses numbers beyond a double, and half surrogates).
    let Ok(json) = serde_json::from_str::<Json>(text) else { return lenient_payload(text, body) };
    match &json["ws_msg"] {
        Json::String(content) => assert_eq!(body, content.as_bytes()),
        value => assert_eq!(&serde_json::from_slice::<Json>(body).expect("JSON"), value),
    }
    let body = std::str::from_utf8(body).expect("text");
    assert!(json["ws_msg"].is_string() || text.contains(body), "byte for byte");
}

/// What is written loosely: a text's content, anything else exactly as it stands there.
fn lenient_payload(text: &str, body: &[u8]) {
    let mut value = None;
    if tieline_model::lenient::members(text, 0, |key, found| {
        if key == "ws_msg" {
            value = Some(found);
        }
    })
    .is_ok()
    {
        let value = value.expect("a message");
        let content = value.text().unwrap_or(value.source().into());
        assert_eq!(body, content.as_bytes());
    }
}

/// The client's channels, and one of somebody else's on a stream with a strange name.
fn listed(open: &[Filter]) -> Vec<Channel> {
    let strange = Filter::from(Topic::new(["fme", "\u{0}\" .*>%\u{1F68C}"]));
    let all = open.iter().chain([&strange]).enumerate();
    all.map(|(at, filter)| Channel {
        peer: ([10, 0, 0, 1], at as u16).into(),
        filter: filter.clone(),
        writable: at % 2 == 0,
    })
    .collect()
}

/// Every number and truth is a string, and they are all there.
fn channels(told: &[Json], count: usize) {
    let [reply] = told else { panic!("one reply, not {}", told.len()) };
    assert_eq!(reply["numchannels"], count.to_string());
    let rows = reply.get("streams").or(reply.get("channels")).and_then(Json::as_array).expect("rows");
    let cells = rows.iter().flat_map(|row| row.as_object().expect("a row").values());
    assert!(cells.filter(|cell| !cell.is_string()).count() == 0);
    assert!(reply.get("channels").is_none() || rows.len() == count);
}

/// What the gateway itself says is held to the same rules.
fn compose(dialect: &dyn Dialect, text: &str) {
    let (first, rest) = text.split_once(' ').unwrap_or(("fme", text));
    for (topic, json) in [("fme.a", text), (first, rest)] {
        let Ok(topic) = Topic::parse(topic) else { continue };
        match dialect.compose(&topic, json) {
            Err(refusal) => assert!(!refusal.detail.as_str().contains(MARKER)),
            Ok(message) => {
                assert_eq!(message.topics.len(), 1);
                assert_eq!(message.topics[0].token(1), topic.token(1), "on the stream that was named");
                talk::representations(dialect, &message);
            }
        }
    }
}
