//! Tests of the whole dialect without a socket: a client's words in, what the gateway is asked and what the client is
//! told out.

mod conversation;
mod documentation;
mod events;
mod instrument;
mod late;
mod lenient;
mod privacy;
mod room;

use crate::{Vxvue, VxvueSettings};
use tieline_model::{
    Asked, Conversation, Dialect, DialectLimits, Frame, Intent, Message, Outcome, Peer, Published, Reason, Recall,
    Refusal, Removal, Replies, Representation, Sensitivity, SessionId, Sight, Utterance,
};

/// The dialect with its defaults.
fn dialect() -> Vxvue {
    with(VxvueSettings::default())
}

fn with(settings: VxvueSettings) -> Vxvue {
    Vxvue::new(settings, DialectLimits::default())
}

/// A client whose every wish is granted at once.
struct Client(Box<dyn Conversation>);

impl Client {
    fn of(dialect: &Vxvue) -> Client {
        let address = "127.0.0.1:50000".parse().unwrap();
        Client::at(dialect, 1, address)
    }

    /// One of several, with a session and an address of its own.
    fn at(dialect: &Vxvue, number: u64, address: std::net::SocketAddr) -> Client {
        let session = SessionId::new(0, number);
        Client(dialect.open(&Peer { session, address, forwarded: false, target: "/".into() }))
    }

    /// A client of this type.
    fn registered(dialect: &Vxvue, kind: u32) -> Client {
        let mut client = Client::of(dialect);
        client.say(&format!(r#"{{"sender":{kind},"command":11}}"#)).0.unwrap();
        client
    }

    /// Says a text; gives what was asked of the gateway and what the client was told.
    fn say(&mut self, text: &str) -> (Result<Asked, Refusal>, String) {
        let asked = self.0.on_message(Frame::Text(text));
        let told = match &asked {
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
            (Err(_), told) => told,
        }
    }

    fn answer(&mut self, outcome: Outcome<'_>) -> String {
        let mut replies = Replies::default();
        self.0.answer(outcome, &mut replies);
        let texts: Vec<String> = replies.drain().map(text_of).collect();
        texts.join("\n")
    }
}

fn text_of(utterance: Utterance) -> String {
    match utterance {
        Utterance::Text(text) => text,
        other => panic!("this dialect says texts only, not {other:?}"),
    }
}

fn describe(asked: &Asked) -> String {
    let right = match &asked.right {
        Some(right) => format!(" by {} {:?}", right.verb, right.topics),
        None => String::new(),
    };
    let intent = match &asked.intent {
        Intent::Answer => "answer".to_owned(),
        Intent::Subscribe { add, remove, recall } => {
            assert_eq!(*remove, Removal::Everything);
            let filters: Vec<&str> = add.iter().map(|(filter, _)| filter.as_str()).collect();
            format!("hear {}{}", filters.join(" "), if *recall == Recall::First { " kept" } else { "" })
        }
        Intent::Publish(message) => {
            let keep = if message.retain { " keep" } else { "" };
            let open = if message.sensitivity == Sensitivity::Open { " open" } else { "" };
            assert!(!message.echo);
            format!("publish {:?}{keep}{open}", message.topics)
        }
        Intent::Channels(_) | Intent::Command(_) => panic!("this dialect asks for neither"),
    };
    intent + &right
}

fn published(message: Message) -> Published {
    let at = std::time::SystemTime::UNIX_EPOCH;
    Published { at, dialect: "vxvue", origin: SessionId::NONE, message }
}

fn event(dialect: &Vxvue, message: Message, sight: Sight) -> String {
    let mut out = Vec::new();
    dialect.encode(&published(message), Representation::Event(sight), &mut out);
    String::from_utf8(out).unwrap()
}

/// The message that is published when the console says this.
fn console_says(dialect: &Vxvue, text: &str) -> Message {
    match Client::registered(dialect, 2).say(text).0.unwrap().intent {
        Intent::Publish(message) => message,
        other => panic!("{other:?}"),
    }
}

/// A message when its turn has come, and what comes before it.
fn settled(mut message: Message) -> Option<(Vec<Message>, Message)> {
    let before = match message.turn.take() {
        Some(turn) => turn.take(std::time::SystemTime::UNIX_EPOCH, &mut message)?,
        None => Vec::new(),
    };
    Some((before, message))
}

/// A refusal's reply with this command and error; the sentence is whatever it says.
fn is_refusal(told: &str, command: u32, error: u32) -> bool {
    let start = format!(r#"{{"sender":1,"command":{command},"res":0,"data":{{"status":0,"error":{error},"message":""#);
    told.starts_with(&start) && told.ends_with(r#""}}"#) && !told.contains('\n')
}

const PONG: &str = r#"{"sender":1,"command":1,"data":{"status":1,"error":null}}"#;
const REGISTERED: &str = r#"{"sender":1,"command":11,"data":{"status":1,"error":null}}"#;
const PATIENT: &str = r#"{"sender":2,"receiver":106,"command":101,"data":{"patientId":"P1"}}"#;

/// A refusal as the access rules or the limits make it.
fn refusal(reason: Reason) -> Refusal {
    Refusal::new(reason, "said elsewhere")
}
