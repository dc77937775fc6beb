//! The dialect of the measuring program's command server. Input: what one client says, message after message, with bytes 255
//! between them; commands are answered now and then while it goes on, the newest first.

use crate::talk::{self, MARKER, Said};
use serde_json::Value as Json;
use std::sync::{Arc, LazyLock};
use tieline_model::settings::Values;
use tieline_model::{
    Asked, Conversation, Dialect, DialectLimits, Intent, Outcome, Reason, Refusal, Replies, Topic, Utterance,
};

/// The dialect as it is by default, and with hardly any depth.
static DIALECTS: LazyLock<[Arc<dyn Dialect>; 2]> = LazyLock::new(|| {
    let build = |limits| (tieline_inspect::ENTRY.build)(&Values::default(), limits);
    [build(DialectLimits::default()), build(DialectLimits { json_depth: 3, ..DialectLimits::default() })]
});

/// What answers a command can have, and how the reply then begins; the empty one is a refusal.
const ANSWERS: [(&str, &str); 6] = [
    (r#"{"done":true}"#, "O.k."),
    (r#"{"failed":"read"}"#, "Error: "),
    (r#"{"failed":"import"}"#, "Error: "),
    (r#"{"reply":"as it is"}"#, "as it is"),
    ("no JSON", "Error: "),
    ("", "Error: "),
];

/// Whatever a client says: one reply for each request, in order, in the product's words.
pub(crate) fn run(data: &[u8]) {
    for dialect in DIALECTS.iter() {
        talk_with(&**dialect, data);
    }
}

/// A request whose reply was not told yet.
struct Waiting {
    /// How its reply begins, once that is known.
    begins: Option<&'static str>,
    /// What the reply shows as JSON behind that.
    shows: Option<Json>,
    ticket: Option<u64>,
}

impl Waiting {
    fn reply(begins: &'static str) -> Waiting {
        Waiting { begins: Some(begins), shows: None, ticket: None }
    }
}

fn talk_with(dialect: &dyn Dialect, data: &[u8]) {
    let mut client = talk::connect(dialect);
    let mut waiting: Vec<Waiting> = Vec::new();
    for (at, said) in talk::messages(data).enumerate() {
        // Transport refuses bytes before any dialect hears them; it must survive them all the same.
        let Said::Text(text) = &said else {
            talk::refusal(&client.on_message(said.frame()).expect_err("bytes were understood"));
            continue;
        };
        let told = match client.on_message(said.frame()) {
            Err(refusal) => {
                talk::refusal(&refusal);
                waiting.push(wrong(text, &refusal));
                tell(&mut *client, Outcome::Refused(&refusal))
            }
            Ok(Asked { intent: Intent::Answer, right: None }) => {
                waiting.push(Waiting::reply("bye"));
                tell(&mut *client, Outcome::Done)
            }
            Ok(asked) => {
                let (ticket, refused) = (asks(asked), at % 7 == 6);
                waiting.push(match refused {
                    true => Waiting::reply("Error: "),
                    false => Waiting { begins: None, shows: None, ticket: Some(ticket) },
                });
                if refused { tell(&mut *client, Outcome::Refused(&talk::elsewhere(at))) } else { Vec::new() }
            }
        };
        in_turn(told, &mut waiting);
        if at % 3 == 2 {
            answer(&mut *client, &mut waiting, at);
        }
        compose(dialect, text);
        if text.starts_with("quit") {
            break;
        }
    }
    for at in 0..waiting.len() {
        answer(&mut *client, &mut waiting, at);
    }
    assert!(waiting.is_empty(), "{} requests have no reply", waiting.len());
    client.farewell(&mut Replies::default());
}

/// Answers the newest command that is under way.
fn answer(client: &mut dyn Conversation, waiting: &mut Vec<Waiting>, at: usize) {
    let Some(newest) = waiting.iter_mut().rev().find(|waiting| waiting.ticket.is_some()) else { return };
    let ticket = newest.ticket.take().expect("it was found by it");
    let refused = talk::elsewhere(at);
    let (json, begins) = ANSWERS[at % ANSWERS.len()];
    newest.begins = Some(begins);
    let answer = if json.is_empty() { Err(&refused) } else { Ok(json.as_bytes()) };
    let told = tell(client, Outcome::Answered { ticket, answer });
    in_turn(told, waiting);
}

/// What was told are the replies to the oldest requests, as many as are known, and a close only as the last of all.
fn in_turn(told: Vec<Utterance>, waiting: &mut Vec<Waiting>) {
    let mut replies = 0;
    for (at, utterance) in told.iter().enumerate() {
        match utterance {
            Utterance::Text(text) => {
                let Waiting { begins, shows, .. } = &waiting[replies];
                let behind = text.strip_prefix(begins.expect("a reply before it was its turn"));
                let behind = behind.unwrap_or_else(|| panic!("{text:?} and not {begins:?}"));
                if let Some(json) = shows {
                    assert!(behind.is_ascii() && !behind.contains('\n'), "{behind:?}");
                    assert!(same(json, &serde_json::from_str(behind).expect("JSON")), "{json} and not {behind}");
                }
                replies += 1;
            }
            Utterance::Close(1000, "Closing connection.") => assert!(at > 0 && at + 1 == told.len()),
            other => panic!("{other:?} has no place here"),
        }
    }
    waiting.drain(..replies);
    assert!(waiting.first().is_none_or(|first| first.begins.is_none()), "a reply is due");
}

/// The reply to a wrong request, as another reader understands it. It can read less: no half surrogates, no numbers beyond
/// all doubles, nothing very deep.
fn wrong(text: &str, refusal: &Refusal) -> Waiting {
    let json: Option<Json> = serde_json::from_str(text).ok();
    let has = |key| json.as_ref().is_some_and(|json| json.get(key).is_some());
    match refusal.reason {
        Reason::Malformed => assert!(json.is_none(), "it can be read"),
        Reason::TooLarge => return Waiting::reply("Error: JSON is nested deeper than "),
        Reason::BadField => assert!(json.is_none() || has("image") || has("elements"), "it has no parameters"),
        Reason::Unknown => {
            assert!(!has("image") && !has("elements") && !has("quit"), "it is known");
            return Waiting { shows: json, ..Waiting::reply("Error: Unknown request:\n") };
        }
        other => panic!("{other:?} is no reason of this dialect's"),
    }
    Waiting::reply(if refusal.reason == Reason::Malformed { "Error: Malformed JSON message." } else { "Error: " })
}

/// Whether two values are the same; numbers but for the last digit, in which the reader itself may err.
fn same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap_or(0.0), other.as_f64().unwrap_or(0.0));
            (one - other).abs() <= one.abs() * 1e-15 + f64::from_bits(4)
        }
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            let found = |(key, one)| other.get(key).is_some_and(|other| same(one, other));
            one.len() == other.len() && one.iter().all(found)
        }
        _ => one == other,
    }
}

fn tell(client: &mut dyn Conversation, outcome: Outcome<'_>) -> Vec<Utterance> {
    let mut replies = Replies::default();
    client.answer(outcome, &mut replies);
    replies.drain().collect()
}

/// A command is one of the product's own, with what it needs and its right. Gives its ticket.
fn asks(asked: Asked) -> u64 {
    let (Intent::Command(command), Some(right)) = (asked.intent, asked.right) else {
        panic!("this dialect asks commands")
    };
    assert_eq!((right.verb, &right.topics[..]), ("inspect.run", &[command.topic.clone()][..]));
    talk::unmarked(&format!("{command:?}"));
    assert_eq!(command.verb, "run");
    let body: Json = serde_json::from_slice(&command.body).expect("JSON");
    assert!(body["file"].is_string());
    match command.topic.as_str() {
        "inspect.image" => {
            assert!(body["name"].is_string() && body["focal_length"].as_f64().is_some_and(|length| length > 0.0));
        }
        "inspect.elements" => assert!(body["import_mode"].is_string()),
        other => panic!("{other} is no command of the product"),
    }
    command.ticket
}

/// What the gateway itself says is held to the same rules.
fn compose(dialect: &dyn Dialect, text: &str) {
    let (first, rest) = text.split_once(' ').unwrap_or(("inspect", text));
    for (topic, json) in [("inspect.image", text), (first, rest)] {
        let Ok(topic) = Topic::parse(topic) else { continue };
        match dialect.compose(&topic, json) {
            Err(refusal) => assert!(!refusal.detail.as_str().contains(MARKER)),
            Ok(message) => {
                assert_eq!(message.topics, [topic]);
                assert!(!message.retain);
                drop(talk::representations(dialect, &message));
            }
        }
    }
}
