//! What the targets that listen to clients' words share: how an input becomes words, and what must hold of every answer.

use serde_json::value::RawValue;
use tieline_model::{
    Asked, Conversation, Dialect, Frame, Intent, Message, Outcome, Peer, Published, Reason, Refusal, Replies,
    Representation, SessionId, Sight, Utterance, Variant, safe,
};

/// Stands for a patient's name; nothing that anybody else may read can hold it.
pub(crate) const MARKER: &str = "Zq7^Kx9Vw";

/// The text of some input; the byte 1, which JSON cannot hold, becomes the marker.
pub(crate) fn with_marker(data: &[u8]) -> String {
    String::from_utf8_lossy(data).replace('\u{1}', MARKER)
}

/// One message of a client.
pub(crate) enum Said {
    Text(String),
    Binary(Vec<u8>),
}

impl Said {
    pub(crate) fn frame(&self) -> Frame<'_> {
        match self {
            Said::Text(text) => Frame::Text(text),
            Said::Binary(bytes) => Frame::Binary(bytes),
        }
    }
}

/// The messages in an input: pieces between bytes 255, each a text when it is UTF-8.
pub(crate) fn messages(data: &[u8]) -> impl Iterator<Item = Said> {
    data.split(|byte| *byte == 0xFF).take(24).map(|piece| match std::str::from_utf8(piece) {
        Ok(_) => Said::Text(with_marker(piece)),
        Err(_) => Said::Binary(piece.to_vec()),
    })
}

/// A client that has just connected.
pub(crate) fn connect(dialect: &dyn Dialect) -> Box<dyn Conversation> {
    let peer = Peer {
        session: SessionId::new(0, 1),
        address: ([127, 0, 0, 1], 50_000).into(),
        forwarded: false,
        target: "/".into(),
    };
    let mut conversation = dialect.open(&peer);
    conversation.begin();
    conversation
}

/// What the client is told of this outcome: whole JSON texts without a patient in them.
pub(crate) fn told(conversation: &mut dyn Conversation, outcome: Outcome<'_>) -> Vec<serde_json::Value> {
    let told = answers(conversation, outcome);
    told.iter().for_each(|reply| unmarked(&reply.to_string()));
    told
}

/// The same where the client's own names are part of the answer.
pub(crate) fn answers(conversation: &mut dyn Conversation, outcome: Outcome<'_>) -> Vec<serde_json::Value> {
    let mut replies = Replies::default();
    conversation.answer(outcome, &mut replies);
    let read = |utterance| match utterance {
        Utterance::Text(text) => {
            one_line(&text);
            serde_json::from_str(&text).expect("a reply is JSON")
        }
        other => panic!("neither dialect says {other:?} here"),
    };
    replies.drain().map(read).collect()
}

/// A refusal is one clear line without a client's words.
pub(crate) fn refusal(refusal: &Refusal) {
    one_line(refusal.detail.as_str());
    unmarked(refusal.detail.as_str());
    unmarked(&format!("{refusal:?}"));
}

/// Something to read, on one line, that fits on it.
pub(crate) fn one_line(text: &str) {
    assert!(!text.trim().is_empty() && !text.contains(['\n', '\r']), "{text:?}");
}

/// No patient's name in it.
pub(crate) fn unmarked(text: &str) {
    assert!(!text.contains(MARKER), "a client's words in {text:?}");
}

/// What would be asked of the gateway shows nobody's name outside the body, and has a topic.
pub(crate) fn asked(asked: &Asked) {
    unmarked(&format!("{asked:?}").replace("fme.", ""));
    if let Intent::Publish(message) = &asked.intent {
        assert!(!message.topics.is_empty());
    }
}

/// A message in one representation.
pub(crate) fn written(dialect: &dyn Dialect, message: &Message, representation: Representation) -> Vec<u8> {
    let (at, origin) = (std::time::SystemTime::UNIX_EPOCH, SessionId::NONE);
    let published = Published { at, dialect: dialect.name(), origin, message: message.clone() };
    let mut out = b"before".to_vec();
    dialect.encode(&published, representation, &mut out);
    assert!(out.starts_with(b"before"), "what was there stays");
    out.split_off(6)
}

/// The wire form is the body; both events are JSON on one line. Gives the redacted one.
pub(crate) fn representations(dialect: &dyn Dialect, message: &Message) -> String {
    assert_eq!(written(dialect, message, Representation::Wire(Variant::default())), message.body);
    let event = |sight| {
        let event =
            String::from_utf8(written(dialect, message, Representation::Event(sight))).expect("an event is text");
        assert!(!event.contains(['\n', '\r']), "{event:?}");
        serde_json::from_str::<&RawValue>(&event).expect("an event is JSON");
        event
    };
    event(Sight::Full);
    event(Sight::Redacted)
}

/// A refusal by somebody else: the access rules or a limit.
pub(crate) fn elsewhere(at: usize) -> Refusal {
    Refusal::new(Reason::ALL[at % Reason::ALL.len()], safe!("refused elsewhere, number {}", at))
}
