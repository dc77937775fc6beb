//! The JSON gateway to OPC UA. Input: what one client says, message after message, with bytes 255 between them.

use crate::talk::{self, MARKER, Said};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};
use tieline_model::settings::{Value, Values};
use tieline_model::{
    Asked, Command, Conversation, Dialect, DialectLimits, Intent, Outcome, Removal, Representation, Sight, Topic,
    Variant,
};

/// The dialect as it is by default, and with everything else set as strict as can be.
static DIALECTS: LazyLock<[Listener; 2]> = LazyLock::new(|| {
    let entry = tieline_opcua::ENTRY;
    let mut wide = Values::defaults(entry.fields);
    wide.set("server", Value::Tables(vec![server()]));
    let mut strict = wide.clone();
    strict.set("scalars", Value::Text("native".into()));
    strict.set("timestamps", Value::Text("exact".into()));
    strict.set("variables", Value::Count(2));
    let limits = DialectLimits::default();
    let tight = DialectLimits { json_depth: 6, streams: 2, history_rows: 5 };
    [
        Listener { dialect: (entry.build)(&wide, limits), streams: limits.streams, rows: 100_000, is_text: true },
        Listener { dialect: (entry.build)(&strict, tight), streams: 2, rows: 5, is_text: false },
    ]
});

struct Listener {
    dialect: Arc<dyn Dialect>,
    streams: usize,
    rows: u64,
    is_text: bool,
}

/// A server with the variables `a` to `c`.
fn server() -> Values {
    let variables = [("a", "Double", false), ("b", "Int16", true), ("c", "String", false)];
    let variable = |(name, kind, is_array): (&str, &str, bool)| {
        let mut values = Values::default();
        values.set("name", Value::Text(name.into()));
        values.set("type", Value::Text(kind.into()));
        values.set("array", Value::Bool(is_array));
        values.set("meta", Value::Free(Map::from_iter([("Unit".to_owned(), "bar".into())])));
        values
    };
    let mut values = Values::default();
    values.set("name", Value::Text("s".into()));
    values.set("variable", Value::Tables(variables.map(variable).into()));
    values
}

/// Whatever a client says: one answer to each message, under its own handle and in the form that is set; what is passed
/// on is in event form; an update begins with the handle of its own monitor.
pub(crate) fn run(data: &[u8]) {
    for listener in DIALECTS.iter() {
        let mut talk = Talk { listener, client: talk::connect(&*listener.dialect), monitors: HashMap::new() };
        let mut later = Vec::new();
        for (at, said) in talk::messages(data).enumerate() {
            later.extend(talk.say(at, &said));
            if let Said::Text(text) = &said {
                listener.compose(text);
            }
        }
        // In another order than they were asked.
        for (at, (said, command)) in later.into_iter().rev().enumerate() {
            talk.answered(at, &said, &command);
        }
        talk.client.farewell(&mut tieline_model::Replies::default());
    }
}

struct Talk<'l> {
    listener: &'l Listener,
    client: Box<dyn Conversation>,
    /// The handle of each form that is heard.
    monitors: HashMap<Variant, Json>,
}

impl Talk<'_> {
    /// Says it; a command is given back, to be answered later.
    fn say(&mut self, at: usize, said: &Said) -> Option<(Json, Command)> {
        let said_json = match said {
            Said::Text(text) => serde_json::from_str(text).unwrap_or_default(),
            Said::Binary(_) => Json::Null,
        };
        let asked = match self.client.on_message(said.frame()) {
            Err(refusal) => {
                talk::refusal(&refusal);
                let [reply] = &self.told(Outcome::Refused(&refusal))[..] else { panic!("one reply") };
                self.listener.reply(reply, &said_json);
                let status = [&reply["Header"]["StatusCode"], &reply["Body"]["StatusCode"]];
                assert!(status.iter().filter(|status| status.is_string()).count() == 1, "why is told once: {reply}");
                return None;
            }
            Ok(asked) => asked,
        };
        let Asked { intent, right } = asked;
        assert!(right.iter().all(|right| right.verb.starts_with("opcua.") && right.topics.len() == 1));
        if at % 7 == 6 && right.is_some() {
            let reply = self.told(Outcome::Refused(&talk::elsewhere(1)));
            assert_eq!(reply.len(), 1);
            self.listener.reply(&reply[0], &said_json);
            return None;
        }
        let heard = match intent {
            Intent::Command(command) => {
                self.command(&command);
                return Some((said_json, command));
            }
            Intent::Subscribe { add, remove, .. } => Some((add, remove)),
            Intent::Answer => None,
            other => panic!("never {other:?}"),
        };
        let told = self.told(Outcome::Done);
        let [reply] = &told[..] else { panic!("one reply, not {}", told.len()) };
        self.listener.reply(reply, &said_json);
        if let Some((add, remove)) = heard {
            for (filter, variant) in add {
                assert_eq!(filter.tokens().count(), 3);
                assert_eq!(self.monitors.insert(variant, handle(reply)), None, "each handle has a form of its own");
            }
            if let Removal::These(these) = remove {
                assert!(
                    these.iter().all(|(_, variant)| self.monitors.remove(variant).is_some()),
                    "what ends had begun"
                );
            }
            assert!(self.monitors.len() <= self.listener.streams, "more monitors than allowed");
        }
        self.updates();
        None
    }

    /// What is passed on is what the backend understands.
    fn command(&self, command: &Command) {
        talk::unmarked(&format!("{command:?}"));
        let body = || serde_json::from_slice::<Json>(&command.body).expect("JSON");
        match command.verb {
            "read" => assert!(command.body.is_empty()),
            "write" => {
                let body = body();
                assert!(body["Value"]["Type"].as_u64().is_some_and(|kind| (1..25).contains(&kind)), "{body}");
                assert!(body["Value"].get("Body").is_some() && body.get("Status") != Some(&json!(0)));
            }
            "history" => {
                let body = body();
                let is_time = |time: &Json| time.as_str().is_some_and(|time| time == "NOW" || time.ends_with('Z'));
                assert!(is_time(&body["StartTime"]) && is_time(&body["EndTime"]), "{body}");
                assert!(body["MaxValues"].as_u64().is_some_and(|most| most <= self.listener.rows), "{body}");
            }
            other => panic!("{other} is none of the verbs"),
        }
    }

    fn answered(&mut self, at: usize, said: &Json, command: &Command) {
        let value = r#"{"Value":{"Type":11,"Body":[-1e300,"nan"]},"SourceTimestamp":"2020-01-02T03:04:05.5Z"}"#;
        let answers =
            [value, r#"{"StatusCode":"BadTimeout"}"#, r#"{"StatusCode":"BadOutOfRange","By":"server"}"#, "{}"];
        let outcome = Outcome::Answered { ticket: command.ticket, answer: Ok(answers[at % 4].as_bytes()) };
        let told = self.told(outcome);
        assert_eq!(told.len(), 1);
        self.listener.reply(&told[0], said);
        let again = Outcome::Answered { ticket: command.ticket, answer: Ok(b"{}") };
        assert!(self.told(again).is_empty(), "each command is answered once");
    }

    /// Every open monitor hears under its own handle.
    fn updates(&self) {
        let topic = Topic::new(["opcua", "s", "a"]);
        for event in [r#"{"Value":{"Type":1,"Body":true}}"#, r#"{"StatusCode":"BadNotConnected"}"#] {
            let message = self.listener.dialect.compose(&topic, event).expect("an event");
            for (variant, handle) in &self.monitors {
                let update = talk::written(&*self.listener.dialect, &message, Representation::Wire(*variant));
                let update: Json = serde_json::from_slice(&update).expect("an update is JSON");
                assert_eq!(update["Header"]["MessageType"], "MONITORUPDATE_MESSAGE");
                assert_eq!(&self::handle(&update), handle);
            }
        }
    }

    fn told(&mut self, outcome: Outcome<'_>) -> Vec<Json> {
        talk::answers(&mut *self.client, outcome)
    }
}

/// The handle in a message when it is a text, as all are that come back; a number's spelling is not kept by this reader.
fn handle(message: &Json) -> Json {
    let header = &message["Header"];
    let handle = header.get("ClientHandle").or(header.get("ClientHandler"));
    handle.filter(|handle| handle.is_string()).cloned().unwrap_or_default()
}

impl Listener {
    /// Either a status in the header or a body, under the client's handle, in the form that is set.
    fn reply(&self, reply: &Json, said: &Json) {
        let header = &reply["Header"];
        assert!(header["StatusCode"].is_string() != reply.get("Body").is_some(), "{reply}");
        match header["MessageType"].as_str().expect("a type") {
            "ERROR" => assert!(header["StatusCode"].is_string()),
            kind => {
                // Where another reader can read it (it refuses numbers beyond a double).
                let asked = said["Header"]["MessageType"].as_str();
                let kind = kind.strip_suffix("_RESPONSE").expect("a response");
                assert!(asked.is_none_or(|asked| asked.strip_suffix("_REQUEST") == Some(kind)), "{reply}");
                let handle = handle(said);
                assert!(handle.is_null() || self::handle(reply) == handle, "{reply}");
            }
        }
        assert!(!self.is_text || is_all_text(reply), "{reply}");
    }

    /// What the gateway itself says is held to the same rules.
    fn compose(&self, text: &str) {
        let (first, rest) = text.split_once(' ').unwrap_or(("opcua.s.a", text));
        for (topic, json) in [("opcua.s.a", text), (first, rest)] {
            let Ok(topic) = Topic::parse(topic) else { continue };
            match self.dialect.compose(&topic, json) {
                Err(refusal) => assert!(!refusal.detail.as_str().contains(MARKER)),
                Ok(message) => {
                    assert!(message.retain && message.topics == [topic]);
                    let event = talk::written(&*self.dialect, &message, Representation::Event(Sight::Redacted));
                    assert!(!event.contains(&b'\n'));
                    serde_json::from_slice::<&serde_json::value::RawValue>(&event).expect("an event is JSON");
                    assert!(
                        talk::written(&*self.dialect, &message, Representation::Wire(Variant(u64::MAX))).is_empty()
                    );
                }
            }
        }
    }
}

fn is_all_text(json: &Json) -> bool {
    match json {
        Json::String(_) => true,
        Json::Array(list) => !list.is_empty() && list.iter().all(is_all_text),
        Json::Object(members) => !members.is_empty() && members.values().all(is_all_text),
        _ => false,
    }
}
