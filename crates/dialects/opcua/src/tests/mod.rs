//! Tests of the whole dialect without a socket: a client's words in, what the gateway is asked and what the client is
//! told out.

mod commands;
mod documentation;
mod envelope;
mod events;
mod flat;
mod found;
mod lists;
mod monitors;
mod property;
mod safety;
mod values;
mod writing;

use crate::Opcua;
use serde_json::json;
use tieline_model::settings::{Value, Values};
use tieline_model::{
    Asked, Conversation, DefaultGrant, Dialect, DialectLimits, Filter, Frame, Intent, Message, Outcome, Peer,
    Published, Reason, Recall, Refusal, Removal, Replies, Representation, SessionId, Topic, Utterance, Variant,
};

/// A dialect with two servers, and these settings: `scalars`, `timestamps`.
fn dialect_with(settings: &[(&'static str, &str)], limits: DialectLimits) -> Opcua {
    let mut values = Values::default();
    for (key, text) in settings {
        values.set(key, text.parse().map_or_else(|_| Value::Text((*text).into()), Value::Count));
    }
    let meta = json!({"DisplayName": "Switch", "Limits": {"Min": "0", "Max": 1}, "Tags": ["a", true], "None": {}});
    values.set(
        "server",
        Value::Tables(vec![
            server(
                "plant",
                vec![
                    variable("Temperature", "Double", false, json!({})),
                    variable("Boolean", "Boolean", false, meta),
                    variable("ByteArray", "Byte", true, json!({})),
                ],
            ),
            server(
                "line.2",
                vec![variable("é \"x\".1", "Int16", false, json!({})), variable("", "Int16", true, json!({}))],
            ),
            server("none", Vec::new()),
        ]),
    );
    Opcua::new(&values, limits)
}

fn server(name: &str, variables: Vec<Values>) -> Values {
    let mut values = Values::default();
    values.set("name", Value::Text(name.into()));
    values.set("variable", Value::Tables(variables));
    values
}

fn variable(name: &str, kind: &str, is_array: bool, meta: serde_json::Value) -> Values {
    let mut values = Values::default();
    values.set("name", Value::Text(name.into()));
    values.set("type", Value::Text(kind.into()));
    values.set("array", Value::Bool(is_array));
    values.set("meta", Value::Free(meta.as_object().unwrap().clone()));
    values
}

/// The dialect with its defaults.
fn dialect() -> Opcua {
    dialect_with(&[], DialectLimits::default())
}

/// With JSON's own scalars.
fn native() -> Opcua {
    dialect_with(&[("scalars", "native")], DialectLimits::default())
}

/// A client whose every wish is granted at once; commands are answered by the test.
struct Client(Box<dyn Conversation>);

impl Client {
    fn of(dialect: &Opcua) -> Client {
        let address = "127.0.0.1:50000".parse().unwrap();
        Client(dialect.open(&Peer { session: SessionId::new(0, 1), address, forwarded: false, target: "/".into() }))
    }

    /// Says a text; gives what was asked of the gateway and what the client was told.
    fn say(&mut self, text: &str) -> (Result<Asked, Refusal>, String) {
        let asked = self.0.on_message(Frame::Text(text));
        let told = match &asked {
            Ok(Asked { intent: Intent::Command(_), .. }) => String::new(),
            Ok(_) => self.answer(Outcome::Done),
            Err(refusal) => self.answer(Outcome::Refused(refusal)),
        };
        (asked, told)
    }

    /// Says a request with handle 1; gives what was asked and what was told from the end of the handle on.
    fn ask(&mut self, kind: &str, body: &str) -> String {
        let request = format!(r#"{{"Header":{{"MessageType":"{kind}_REQUEST","ClientHandle":"1"}},"Body":{body}}}"#);
        let (asked, told) = self.say(&request);
        let head = format!(r#"{{"Header":{{"MessageType":"{kind}_RESPONSE","ClientHandle":"1""#);
        let told = told.strip_prefix(&head).unwrap_or(&told);
        match asked {
            Ok(asked) => [describe(&asked), told.to_owned()].join(" | ").trim_matches([' ', '|']).to_owned(),
            Err(_) => told.to_owned(),
        }
    }

    fn answer(&mut self, outcome: Outcome<'_>) -> String {
        let mut replies = Replies::default();
        self.0.answer(outcome, &mut replies);
        replies.drain().map(text_of).collect::<Vec<_>>().join("\n")
    }

    fn answered(&mut self, ticket: u64, answer: &str) -> String {
        self.answer(Outcome::Answered { ticket, answer: Ok(answer.as_bytes()) })
    }
}

fn text_of(utterance: Utterance) -> String {
    match utterance {
        Utterance::Text(text) => text,
        other => panic!("this dialect says texts only, not {other:?}"),
    }
}

/// What is asked of the gateway, as one line for tables.
fn describe(asked: &Asked) -> String {
    let right = match &asked.right {
        Some(right) => {
            assert_eq!(right.default_grant, DefaultGrant::Everyone);
            format!(" by {} {:?}", right.verb, right.topics)
        }
        None => String::new(),
    };
    let intent = match &asked.intent {
        Intent::Answer => String::new(),
        Intent::Subscribe { add, remove, recall } => {
            let kept = if let Recall::After(wait) = recall { format!(" after {wait:?}") } else { String::new() };
            let named = |(filter, Variant(v)): &(Filter, Variant)| format!("{filter}#{v}");
            match (&**add, remove) {
                ([one], Removal::Nothing) => format!("hear {}{kept}", named(one)),
                ([], Removal::These(these)) if these.len() == 1 => format!("hear no more {}{kept}", named(&these[0])),
                other => panic!("a monitor begins or ends at a time, not {other:?}"),
            }
        }
        Intent::Command(command) => {
            let body = String::from_utf8_lossy(&command.body);
            format!("{} {} {body}", command.verb, command.topic)
        }
        other => panic!("this dialect never asks for {other:?}"),
    };
    intent.trim_end().to_owned() + &right
}

/// Reads a value for a variable that takes any type.
fn data_value(raw: &serde_json::value::RawValue, is_array: bool) -> Result<Vec<u8>, &'static str> {
    crate::value::written(raw, crate::value::Own { kind: None, is_array })
}

fn composed(dialect: &Opcua, json: &str) -> Message {
    dialect.compose(&Topic::parse("opcua.plant.Temperature").unwrap(), json).unwrap()
}

fn written(dialect: &Opcua, message: &Message, representation: Representation) -> String {
    let (at, origin) = (std::time::SystemTime::UNIX_EPOCH, SessionId::NONE);
    let published = Published { at, dialect: "opcua", origin, message: message.clone() };
    let mut out = Vec::new();
    dialect.encode(&published, representation, &mut out);
    String::from_utf8(out).unwrap()
}

/// The update that a monitor with this form hears when this is published.
fn update(dialect: &Opcua, variant: Variant, json: &str) -> String {
    written(dialect, &composed(dialect, json), Representation::Wire(variant))
}
