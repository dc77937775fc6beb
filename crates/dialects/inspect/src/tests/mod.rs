//! Tests of the whole dialect without a socket: a client's requests and an executor's answers in, replies out.

mod bounds;
mod commands;
mod documentation;
mod events;
mod order;
mod replies;
mod safety;
mod spelling;

use crate::Inspect;
use tieline_model::{
    Asked, Command, Conversation, Dialect, DialectLimits, Frame, Intent, Outcome, Peer, Reason, Refusal, Replies,
    SessionId, Utterance,
};

/// The dialect with two commands of the site's own.
fn dialect() -> Inspect {
    with_limits(DialectLimits::default())
}

fn with_limits(limits: DialectLimits) -> Inspect {
    Inspect::new(["report", "größe 1.2", "quit", "image"].map(str::to_owned).to_vec(), limits)
}

/// A client, and the gateway between it and whoever carries out its commands.
struct Client(Box<dyn Conversation>);

impl Client {
    fn new() -> Client {
        Client::of(&dialect())
    }

    fn of(dialect: &Inspect) -> Client {
        let address = "127.0.0.1:50000".parse().unwrap();
        let mut conversation =
            dialect.open(&Peer { session: SessionId::new(0, 1), address, forwarded: false, target: "/".into() });
        let asked = conversation.begin();
        assert!(matches!(asked, Asked { intent: Intent::Answer, right: None }));
        let mut client = Client(conversation);
        assert_eq!(client.told(Outcome::Done), []);
        client
    }

    /// Says a text; what was asked of the gateway, and what the client was told at once.
    fn say(&mut self, text: &str) -> (Result<Asked, Refusal>, Vec<Utterance>) {
        let asked = self.0.on_message(Frame::Text(text));
        let told = match &asked {
            // The gateway says nothing of a command before it is answered.
            Ok(Asked { intent: Intent::Command(_), .. }) => Vec::new(),
            Ok(_) => self.told(Outcome::Done),
            Err(refusal) => self.told(Outcome::Refused(refusal)),
        };
        (asked, told)
    }

    /// The one reply to a request that is answered at once.
    fn reply(&mut self, text: &str) -> String {
        one(self.say(text).1)
    }

    /// The command that a request makes.
    fn command(&mut self, text: &str) -> Command {
        match self.say(text).0 {
            Ok(Asked { intent: Intent::Command(command), .. }) => command,
            other => panic!("{text}: {other:?}"),
        }
    }

    /// What the client is told when a command came to this.
    fn answer(&mut self, ticket: u64, json: &str) -> Vec<Utterance> {
        self.told(Outcome::Answered { ticket, answer: Ok(json.as_bytes()) })
    }

    fn told(&mut self, outcome: Outcome<'_>) -> Vec<Utterance> {
        let mut replies = Replies::default();
        self.0.answer(outcome, &mut replies);
        replies.drain().collect()
    }
}

fn one(told: Vec<Utterance>) -> String {
    match &told[..] {
        [Utterance::Text(text)] => text.clone(),
        other => panic!("one reply, not {other:?}"),
    }
}

fn texts(texts: &[&str]) -> Vec<Utterance> {
    texts.iter().map(|text| Utterance::Text((*text).to_owned())).collect()
}

/// `bye` and the end.
fn goodbye() -> [Utterance; 2] {
    [Utterance::Text("bye".to_owned()), Utterance::Close(1000, "Closing connection.")]
}

const IMAGE: &str = r#"{"image": {"file": "C:/temp/example.jpg", "name": "other", "focal_length": "50.0"}}"#;
const ELEMENTS: &str = r#"{"elements": {"file": "C:/temp/Points.gxml", "import_mode": "clipboard"}}"#;
