//! Tests of the whole dialect without a socket: a client's words in, what the gateway is asked and what the client is
//! told out.

mod conversation;
mod documentation;
mod events;
mod instrument;
mod keep;
mod lenient;
mod safety;

use crate::{Fme, FmeSettings};
use tieline_model::{
    Asked, Channel, Conversation, DefaultGrant, Dialect, DialectLimits, Frame, Intent, Message, Outcome, Peer,
    Published, Reason, Recall, Refusal, Removal, Replies, Representation, Sensitivity, SessionId, Sight, Utterance,
};

/// The dialect with its defaults.
fn dialect() -> Fme {
    Fme::new(FmeSettings::default(), DialectLimits::default())
}

fn with_streams(streams: usize) -> Fme {
    Fme::new(FmeSettings::default(), DialectLimits { streams, ..DialectLimits::default() })
}

/// A client whose every wish is granted at once.
struct Client(Box<dyn Conversation>);

impl Client {
    fn of(dialect: &Fme) -> Client {
        let address = "127.0.0.1:50000".parse().unwrap();
        Client(dialect.open(&Peer { session: SessionId::new(0, 1), address, forwarded: false, target: "/".into() }))
    }

    /// A client on stream `a`.
    fn on_a(dialect: &Fme) -> Client {
        let mut client = Client::of(dialect);
        client.say(r#"{"ws_op":"open","ws_stream_ids":["a"]}"#).0.unwrap();
        client
    }

    /// Says a text; gives what was asked of the gateway and what the client was told.
    fn say(&mut self, text: &str) -> (Result<Asked, Refusal>, String) {
        let asked = self.0.on_message(Frame::Text(text));
        let told = match &asked {
            Ok(Asked { intent: Intent::Channels(_), .. }) => self.answer(Outcome::Channels(&[channel()])),
            Ok(_) => self.answer(Outcome::Done),
            Err(refusal) => self.answer(Outcome::Refused(refusal)),
        };
        (asked, told)
    }

    /// The same, as one line for tables: what was asked, or else what was told.
    fn line(&mut self, text: &str) -> String {
        match self.say(text) {
            (Ok(asked), told) if told.is_empty() => describe(&asked),
            (Ok(asked), told) => format!("{} | {told}", describe(&asked)),
            (Err(refusal), told) => {
                assert!(told.starts_with(r#"{"ws_op":"error","ws_msg":""#) && !told.contains('\n'), "{told}");
                refusal.reason.as_str().to_owned()
            }
        }
    }

    fn answer(&mut self, outcome: Outcome<'_>) -> String {
        let mut replies = Replies::default();
        self.0.answer(outcome, &mut replies);
        let texts: Vec<String> = replies.drain().map(text_of).collect();
        texts.join("\n")
    }
}

fn channel() -> Channel {
    let filter = tieline_model::Topic::new(["fme", "a"]).into();
    Channel { peer: "127.0.0.1:50000".parse().unwrap(), filter, writable: true }
}

fn text_of(utterance: Utterance) -> String {
    match utterance {
        Utterance::Text(text) => text,
        other => panic!("this dialect says texts only, not {other:?}"),
    }
}

fn describe(asked: &Asked) -> String {
    let right = match &asked.right {
        Some(right) => {
            let default_grant = if right.default_grant == DefaultGrant::Loopback { " from loopback" } else { "" };
            format!(" by {} {:?}{default_grant}", right.verb, right.topics)
        }
        None => String::new(),
    };
    let intent = match &asked.intent {
        Intent::Answer => "answer".to_owned(),
        Intent::Subscribe { remove: Removal::Everything, add, recall: Recall::Never } if add.is_empty() => {
            "hear []".to_owned()
        }
        Intent::Subscribe { add, remove, recall } => {
            assert_eq!(*remove, Removal::Nothing);
            let kept = if *recall == Recall::First { ", what is kept first," } else { "" };
            format!("hear {:?}{kept}", add.iter().map(|(filter, _)| filter).collect::<Vec<_>>())
        }
        Intent::Publish(message) => {
            assert_eq!(message.sensitivity, Sensitivity::Open);
            assert!(!message.retain && message.forget.is_empty());
            let echo = if message.echo { " echo" } else { "" };
            let kept = match message.retain_on.is_empty() {
                true => String::new(),
                false => format!(" kept on {:?}", message.retain_on),
            };
            format!("publish {:?}{echo}{kept} {}", message.topics, String::from_utf8_lossy(&message.body))
        }
        Intent::Channels(root) => format!("channels of {root}"),
        Intent::Command(_) => panic!("this dialect has nothing behind it"),
    };
    intent + &right
}

fn published(message: Message) -> Published {
    Published { at: std::time::SystemTime::UNIX_EPOCH, dialect: "fme", origin: SessionId::NONE, message }
}

fn written(dialect: &Fme, message: Message, representation: Representation) -> String {
    let mut out = Vec::new();
    dialect.encode(&published(message), representation, &mut out);
    String::from_utf8(out).unwrap()
}

/// The message that a client on stream `a` publishes with this `ws_msg`.
fn sent(dialect: &Fme, value: &str) -> Message {
    match Client::on_a(dialect).say(&format!(r#"{{"ws_op":"send","ws_msg":{value}}}"#)).0.unwrap().intent {
        Intent::Publish(message) => message,
        other => panic!("{other:?}"),
    }
}
