//! The world: hub, dialect, shards and clients without a socket, and what each step does to them. Driven by the test.

use super::story::{Shown, Story, Whom};
use super::{SHARDS, Step, Word};
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tieline_gateway::registry::DIALECTS;
use tieline_hub::{Change, Delivery, Hub, HubLimits, Pressure, Sink, Subscription};
use tieline_model::event::write_payload;
use tieline_model::settings::Values;
use tieline_model::{
    Conversation, Dialect, DialectLimits, Encoding, Frame, Framing, Intent, Message, Outcome, Peer, Published, Recall,
    Replies, Representation, SessionId, Utterance,
};

pub(crate) struct Client {
    pub(crate) kind: u32,
    pub(crate) shard: usize,
    pub(crate) session: SessionId,
    pub(crate) conversation: Box<dyn Conversation>,
    pub(crate) group: Option<u32>,
    pub(crate) shown: Shown,
    /// The patient a console named last.
    pub(crate) named: u8,
}

pub(crate) struct Shard {
    pub(crate) sink: Sink,
    pub(crate) slow: bool,
    pub(crate) sessions: u64,
}

/// Tieline, and everybody who is connected.
pub(crate) struct World {
    pub(crate) values: Values,
    pub(crate) hub: Arc<Hub>,
    pub(crate) dialect: Arc<dyn Dialect>,
    pub(crate) shards: Vec<Shard>,
    pub(crate) clients: Vec<Client>,
    pub(crate) now: Duration,
    /// What the consoles said, from the beginning of time.
    pub(crate) said: Story,
    /// What can be known of that since Tieline started, or since it had to give up.
    pub(crate) known: Story,
    pub(crate) names: u32,
    /// When the last console went, if none is there.
    pub(crate) away: Option<Duration>,
    pub(crate) given_up: bool,
}

pub(crate) fn dialect(values: &Values) -> Arc<dyn Dialect> {
    let entry = DIALECTS.iter().find(|entry| entry.name == "vxvue").unwrap();
    (entry.build)(values, DialectLimits::default())
}

pub(crate) fn start() -> (Arc<Hub>, Vec<Shard>) {
    let hub = Hub::new(HubLimits::default());
    let shard = |_| Shard { sink: hub.sink(Pressure::HoldBack, || ()), slow: false, sessions: 0 };
    let shards = (0..SHARDS).map(shard).collect();
    (hub, shards)
}

impl World {
    pub(crate) fn new(values: &Values) -> World {
        let (hub, shards) = start();
        World {
            values: values.clone(),
            hub,
            dialect: dialect(values),
            shards,
            clients: Vec::new(),
            now: Duration::ZERO,
            said: Story { whole: true, ..Story::new(Whom::Nobody) },
            known: Story::new(Whom::Somebody),
            names: 0,
            away: None,
            given_up: false,
        }
    }

    pub(crate) fn live(&mut self, step: Step) {
        match step {
            Step::Console(shard) => {
                self.connect(shard, 2);
                (self.away, self.given_up) = (None, false);
            }
            Step::Display(shard, kind) => self.connect(shard, kind),
            Step::Say(who, word) => {
                if let Some((client, text)) = self.words(who, word) {
                    let intent = self.hear(client, &text);
                    self.carry_out(client, intent);
                }
            }
            Step::AtOnce(who, word, other, other_word) => {
                let consoles = self.consoles();
                let two = consoles.len() > 1 && who % consoles.len() != other % consoles.len();
                // What is refused is told at once, so this is about two that are not.
                let quiet =
                    |word| matches!(word, Word::Patient(..) | Word::Step(..) | Word::Start(_) | Word::Complete(_));
                if two && quiet(word) && quiet(other_word) {
                    // The second is published first: so the story goes.
                    let (second, second_text) = self.words(other, other_word).unwrap();
                    let (first, first_text) = self.words(who, word).unwrap();
                    let first_intent = self.hear(first, &first_text);
                    let second_intent = self.hear(second, &second_text);
                    self.carry_out(second, second_intent);
                    self.carry_out(first, first_intent);
                }
            }
            Step::Again(who, kind) => {
                let displays: Vec<usize> = (0..self.clients.len()).filter(|at| self.clients[*at].kind != 2).collect();
                if let Some(client) = displays.get(who % displays.len().max(1)) {
                    self.register(*client, kind);
                }
            }
            Step::Gone(who) => {
                if !self.clients.is_empty() {
                    let mut client = self.clients.remove(who % self.clients.len());
                    self.subscribe(&mut client, Change::leave(), Recall::Never);
                    let mut replies = Replies::default();
                    client.conversation.ended(&mut replies);
                    self.publish_all(client.session, &mut replies);
                    if client.kind == 2 && self.consoles().is_empty() {
                        // The dialect sees what time it is when it is told next.
                        self.away = None;
                        self.time(0);
                        self.away = Some(self.now);
                    }
                }
            }
            Step::Time(seconds) => self.time(seconds),
            Step::Restart => {
                (self.hub, self.shards) = start();
                self.dialect = dialect(&self.values);
                self.clients.clear();
                self.known = Story::new(Whom::Somebody);
                (self.away, self.given_up) = (None, false);
            }
            Step::Slow(shard, slow) => self.shards[shard].slow = slow,
        }
        for shard in 0..SHARDS {
            if !self.shards[shard].slow {
                self.flush(shard);
            }
        }
    }

    pub(crate) fn time(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        for _ in 0..SHARDS {
            for message in self.dialect.tick(self.now) {
                self.publish(SessionId::NONE, message);
            }
        }
        if self.away.is_some_and(|since| self.now - since >= Duration::from_secs(600)) && !self.given_up {
            self.given_up = true;
            self.known = Story::new(Whom::Somebody);
        }
    }

    pub(crate) fn consoles(&self) -> Vec<usize> {
        (0..self.clients.len()).filter(|at| self.clients[*at].kind == 2).collect()
    }

    /// What a console says, and how the stories go on.
    pub(crate) fn words(&mut self, who: usize, word: Word) -> Option<(usize, String)> {
        let consoles = self.consoles();
        let client = *consoles.get(who % consoles.len().max(1))?;
        if let Word::Patient(patient, _) = word {
            self.clients[client].named = patient;
        }
        self.names += 1;
        let (patient, name) = (format!("P{}", self.clients[client].named), format!("N{}", self.names));
        let say = |receiver: u32, command: u32, data: String| {
            format!(r#"{{"sender":2,"receiver":{receiver},"command":{command}{data}}}"#)
        };
        let text = match word {
            Word::Patient(_, receiver) => {
                say(receiver, 101, format!(r#","data":{{"patientId":"{patient}","patientName":"{name}"}}"#))
            }
            Word::NoPatient(receiver) => say(receiver, 101, format!(r#","data":{{"patientName":"{name}"}}"#)),
            Word::Noise => "noise".to_owned(),
            Word::Corrected(true, receiver) => {
                say(receiver, 102, format!(r#","data":{{"patientId":"{patient}","patientName":"{name}"}}"#))
            }
            Word::Corrected(false, receiver) => say(receiver, 102, format!(r#","data":{{"patientName":"{name}"}}"#)),
            Word::Step(step, receiver) => say(receiver, 601, format!(r#","data":{{"bodypartAlias":"S{step}"}}"#)),
            Word::NoStep(receiver) => say(receiver, 601, r#","data":{"bodypartAlias":1}"#.to_owned()),
            Word::Start(receiver) => say(receiver, 1001, String::new()),
            Word::Complete(receiver) => say(receiver, 1002, String::new()),
            Word::Other(receiver) => say(receiver, 50_001, String::new()),
        };
        self.said.goes_on(word, &patient, &name);
        self.known.goes_on(word, &patient, &name);
        Some((client, text))
    }

    pub(crate) fn connect(&mut self, shard: usize, kind: u32) {
        let at = &mut self.shards[shard];
        at.sessions += 1;
        let session = SessionId::new(at.sink.id(), at.sessions);
        let peer = Peer { session, address: ([127, 0, 0, 1], 9).into(), forwarded: false, target: "/".into() };
        let conversation = self.dialect.open(&peer);
        let shown = Shown::default();
        self.clients.push(Client { kind: 0, shard, session, conversation, group: None, shown, named: 0 });
        self.register(self.clients.len() - 1, kind);
    }

    pub(crate) fn register(&mut self, client: usize, kind: u32) {
        let intent = self.hear(client, &format!(r#"{{"sender":{kind},"command":11}}"#));
        self.clients[client].kind = kind;
        self.carry_out(client, intent);
    }

    /// Hears what a client says; what is refused is over with that.
    pub(crate) fn hear(&mut self, client: usize, text: &str) -> Option<Intent> {
        let conversation = &mut self.clients[client].conversation;
        match conversation.on_message(Frame::Text(text)) {
            Ok(asked) => Some(asked.intent),
            Err(refusal) => {
                self.answer(client, Outcome::Refused(&refusal));
                None
            }
        }
    }

    pub(crate) fn carry_out(&mut self, client: usize, intent: Option<Intent>) {
        match intent {
            Some(Intent::Publish(message)) => {
                self.publish(self.clients[client].session, message);
                self.answer(client, Outcome::Done);
            }
            Some(Intent::Subscribe { add, remove, recall }) => {
                let subscription = |(filter, variant)| {
                    let encoding = Encoding { representation: Representation::Wire(variant), framing: Framing::Bare };
                    Subscription { filter, encoding }
                };
                let add = add.into_iter().map(subscription).collect();
                let change = Change { add, remove: remove.map(subscription) };
                let mut one = self.clients.remove(client);
                let kept = self.subscribe(&mut one, change, recall);
                self.clients.insert(client, one);
                self.answer(client, Outcome::Done);
                kept.iter().for_each(|text| self.clients[client].shown.hear(text));
            }
            _ => {}
        }
    }

    pub(crate) fn answer(&mut self, client: usize, outcome: Outcome<'_>) {
        let mut replies = Replies::default();
        let one = &mut self.clients[client];
        one.conversation.answer(outcome, &mut replies);
        for utterance in replies.drain() {
            let Utterance::Text(text) = utterance else { panic!("texts only") };
            // A display knows an answer by its `res` or the command it asked with.
            if !text.contains("\"res\":0") {
                one.shown.hear(&text);
            }
        }
        let session = one.session;
        self.publish_all(session, &mut replies);
    }

    pub(crate) fn publish_all(&mut self, origin: SessionId, replies: &mut Replies) {
        replies.take_published().into_iter().for_each(|message| self.publish(origin, message));
    }

    pub(crate) fn publish(&mut self, origin: SessionId, message: Message) {
        let published = Published { at: SystemTime::UNIX_EPOCH, dialect: "vxvue", origin, message };
        let dialect = self.dialect.clone();
        self.hub.publish(published, &mut |published, encoding| payload(&*dialect, published, encoding).into());
    }

    /// As a shard does it: what was published before is handed out to those who heard it then.
    pub(crate) fn subscribe(&mut self, client: &mut Client, change: Change, recall: Recall) -> Vec<String> {
        let mut inbox = Vec::new();
        let address = ([127, 0, 0, 1], 9).into();
        let sink = self.shards[client.shard].sink.clone();
        let joined = sink.subscribe(client.session, address, change, recall, &mut inbox);
        inbox.iter().for_each(|delivery| deliver(client, delivery));
        self.hand_out(client.shard, &inbox);
        client.group = joined.group;
        let text = |kept: &tieline_hub::RetainedFor| {
            String::from_utf8(payload(&*self.dialect, &kept.published, kept.encoding)).unwrap()
        };
        joined.retained.iter().map(text).collect()
    }

    pub(crate) fn flush(&mut self, shard: usize) {
        let mut inbox = Vec::new();
        self.shards[shard].sink.take(&mut inbox);
        self.hand_out(shard, &inbox);
    }

    pub(crate) fn hand_out(&mut self, shard: usize, inbox: &[Delivery]) {
        for delivery in inbox {
            self.clients.iter_mut().filter(|client| client.shard == shard).for_each(|client| deliver(client, delivery));
        }
        self.shards[shard].sink.served(inbox.iter().map(Delivery::size).sum());
    }

    /// The sentence.
    pub(crate) fn judge(&self, exactly: bool) -> Result<(), TestCaseError> {
        let mut seen: HashMap<u32, &Shown> = HashMap::new();
        for client in self.clients.iter().filter(|client| client.kind != 2 && !self.shards[client.shard].slow) {
            let (shown, said) = (&client.shown, &self.said.told[&client.kind]);
            prop_assert!(shown.patient.is_none() || shown.patient == said.patient, "{shown:?}, but said was {said:?}");
            prop_assert!(shown.step.is_none() || shown.step == said.step, "{shown:?}, but said was {said:?}");
            prop_assert!(!shown.running || said.running, "{shown:?}, but said was {said:?}");
            if exactly {
                prop_assert_eq!(shown, &self.known.told[&client.kind], "what is known is shown");
                prop_assert_eq!(*seen.entry(client.kind).or_insert(shown), shown, "two in one room");
            }
        }
        Ok(())
    }
}

pub(crate) fn deliver(client: &mut Client, delivery: &Delivery) {
    if client.group == Some(delivery.group) && client.session != delivery.origin {
        client.shown.hear(std::str::from_utf8(&delivery.frame).unwrap());
    }
}

pub(crate) fn payload(dialect: &dyn Dialect, published: &Published, encoding: Encoding) -> Vec<u8> {
    let mut out = Vec::new();
    write_payload(dialect, published, encoding.representation, &mut out);
    out
}
