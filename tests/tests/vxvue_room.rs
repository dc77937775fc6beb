//! Never the wrong patient: consoles, displays, late displays, refusals, crashes, restarts and two consoles in random order
//! against the real hub and the real dialect, without a socket, the clock moved by hand. One sentence holds after every
//! step: what any display shows is what the console said last, or it says that it does not know.
//!
//! `TIELINE_TEST_ROOM_STEPS` makes it longer.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)]

use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tieline_gateway::registry::DIALECTS;
use tieline_hub::{Delivery, Hub, HubLimits, Outlet, Pressure, Subscription};
use tieline_model::event::write_payload;
use tieline_model::settings::{Value, Values};
use tieline_model::{
    Coat, Conversation, Dialect, DialectLimits, Form, Frame, Intent, Message, Outcome, Peer, Published, Recall,
    Rendition, Replies, SessionId, Utterance,
};
use tieline_tests::number;

/// Steps of one life of the world; when it fails, the fewest that do are shown.
const STEPS: usize = 120;
const SHARDS: usize = 3;
/// Types of displays.
const KINDS: [u32; 3] = [106, 107, 500];

/// What a console says.
#[derive(Debug, Clone, Copy)]
enum Word {
    /// 101 of this patient, to this receiver.
    Patient(u8, u32),
    /// 101 that is refused.
    NoPatient(u32),
    /// Something that cannot be read.
    Noise,
    /// 102 of the patient this console named last, its id left out or not.
    Corrected(bool, u32),
    Step(u8, u32),
    /// A 601 that is refused.
    NoStep(u32),
    Start(u32),
    Complete(u32),
    /// A command nobody knows.
    Other(u32),
}

#[derive(Debug, Clone, Copy)]
enum Step {
    /// A console connects, on this shard.
    Console(usize),
    /// One of the consoles speaks.
    Say(usize, Word),
    /// Two of them speak at once: both are heard before the second, then the first, is published.
    AtOnce(usize, Word, usize, Word),
    /// A display of this type connects.
    Display(usize, u32),
    /// A display registers again, as this type.
    Again(usize, u32),
    /// One of all clients goes, politely or not.
    Gone(usize),
    /// Seconds pass; each shard tells the dialect.
    Time(u64),
    /// Tieline starts anew; everybody is cut off.
    Restart,
    /// A shard is slow: it hands out nothing until it is not.
    Slow(usize, bool),
}

/// What a display shows. A patient is an id and a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Shown {
    patient: Option<(String, String)>,
    step: Option<String>,
    running: bool,
}

impl Shown {
    /// As a display does it: another patient's exam has not begun, a complete one is forgotten.
    fn hear(&mut self, text: &str) {
        let message: serde_json::Value = serde_json::from_str(text).unwrap();
        let data = &message["data"];
        let of = |key: &str| data[key].as_str().map(str::to_owned);
        match message["command"].as_u64() {
            Some(101) => {
                let (id, name) = (of("patientId").unwrap(), of("patientName").unwrap());
                if self.patient.as_ref().is_some_and(|(shown, _)| *shown != id) {
                    *self = Shown::default();
                }
                self.patient = Some((id, name));
            }
            Some(102) => {
                let shown = self.patient.as_ref().map(|(id, _)| id.clone());
                self.patient = of("patientId").or(shown).zip(of("patientName"));
            }
            Some(601) => self.step = of("bodypartAlias"),
            Some(1001) => self.running = true,
            Some(1002) => *self = Shown::default(),
            _ => {}
        }
    }
}

/// Whom a story is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Whom {
    Nobody,
    Patient(String),
    /// Somebody whom nobody could name: nobody else is the same.
    Somebody,
}

/// What was said, and to whom: as somebody would tell it who heard every word since `Story::default`.
#[derive(Debug, Clone)]
struct Story {
    whom: Whom,
    /// By type of display.
    told: BTreeMap<u32, Shown>,
    /// Types that were told the patient by a 101.
    announced: Vec<u32>,
    /// Somebody knows the patient's id from a correction only.
    by_correction: bool,
    /// A correction gave some another id than others were told.
    is_split: bool,
    /// Whether it is remembered word by word; otherwise it is what can be told to who comes late.
    whole: bool,
}

impl Story {
    fn new(whom: Whom) -> Story {
        let told = KINDS.iter().map(|kind| (*kind, Shown::default())).collect();
        Story { whom, told, announced: Vec::new(), by_correction: false, is_split: false, whole: false }
    }

    fn ends(&mut self, whom: Whom) {
        *self = Story { whole: self.whole, ..Story::new(whom) };
    }

    fn to(&mut self, receiver: u32) -> impl Iterator<Item = &mut Shown> {
        self.told.iter_mut().filter(move |(kind, _)| receiver == 0 || receiver == **kind).map(|(_, shown)| shown)
    }

    fn goes_on(&mut self, word: Word, patient: &str, name: &str) {
        match word {
            Word::Patient(_, receiver) => {
                let same = self.whom == Whom::Nobody || self.whom == Whom::Patient(patient.to_owned());
                if !same || (self.is_split && !self.whole) {
                    self.ends(Whom::Nobody);
                }
                self.announced.push(receiver);
                self.whom = Whom::Patient(patient.to_owned());
                self.to(receiver).for_each(|shown| shown.patient = Some((patient.to_owned(), name.to_owned())));
            }
            Word::NoPatient(_) | Word::Noise | Word::NoStep(_) => self.ends(Whom::Somebody),
            Word::Corrected(with_id, receiver) => {
                if with_id {
                    let same = self.whom == Whom::Patient(patient.to_owned());
                    let told = self.announced.iter().any(|one| *one == 0 || *one == receiver);
                    self.by_correction |= !(same && told);
                    let is_another = !same && matches!(self.whom, Whom::Patient(_));
                    self.is_split |= is_another && receiver != 0 && self.announced.iter().any(|one| *one != receiver);
                    self.announced.push(receiver);
                    self.whom = Whom::Patient(patient.to_owned());
                } else if self.by_correction && !self.whole {
                    self.ends(Whom::Somebody);
                } else if self.whom == Whom::Nobody {
                    self.whom = Whom::Somebody;
                }
                for shown in self.to(receiver) {
                    let id = shown.patient.as_ref().map(|(id, _)| id.clone());
                    let id = if with_id { Some(patient.to_owned()) } else { id };
                    shown.patient = id.map(|id| (id, name.to_owned()));
                }
            }
            Word::Step(step, receiver) => self.to(receiver).for_each(|shown| shown.step = Some(format!("S{step}"))),
            Word::Start(receiver) => self.to(receiver).for_each(|shown| shown.running = true),
            Word::Complete(_) => self.ends(Whom::Nobody),
            Word::Other(_) => {}
        }
    }
}

struct Client {
    kind: u32,
    shard: usize,
    session: SessionId,
    conversation: Box<dyn Conversation>,
    audience: Option<u32>,
    shown: Shown,
    /// The patient a console named last.
    named: u8,
}

struct Shard {
    outlet: Outlet,
    slow: bool,
    sessions: u64,
}

/// Tieline, and everybody who is connected.
struct World {
    values: Values,
    hub: Arc<Hub>,
    dialect: Arc<dyn Dialect>,
    shards: Vec<Shard>,
    clients: Vec<Client>,
    now: Duration,
    /// What the consoles said, from the beginning of time.
    said: Story,
    /// What can be known of that since Tieline started, or since it had to give up.
    known: Story,
    names: u32,
    /// When the last console went, if none is there.
    away: Option<Duration>,
    given_up: bool,
}

fn dialect(values: &Values) -> Arc<dyn Dialect> {
    let entry = DIALECTS.iter().find(|entry| entry.name == "vxvue").unwrap();
    (entry.build)(values, DialectLimits::default())
}

fn start() -> (Arc<Hub>, Vec<Shard>) {
    let hub = Hub::new(HubLimits::default());
    let shard = |_| Shard { outlet: hub.outlet(Pressure::HoldBack, || ()), slow: false, sessions: 0 };
    let shards = (0..SHARDS).map(shard).collect();
    (hub, shards)
}

impl World {
    fn new(values: &Values) -> World {
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

    fn live(&mut self, step: Step) {
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
                    self.subscribe(&mut client, Vec::new(), Recall::Never);
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

    fn time(&mut self, seconds: u64) {
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

    fn consoles(&self) -> Vec<usize> {
        (0..self.clients.len()).filter(|at| self.clients[*at].kind == 2).collect()
    }

    /// What a console says, and how the stories go on.
    fn words(&mut self, who: usize, word: Word) -> Option<(usize, String)> {
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

    fn connect(&mut self, shard: usize, kind: u32) {
        let at = &mut self.shards[shard];
        at.sessions += 1;
        let session = SessionId::new(at.outlet.id(), at.sessions);
        let peer = Peer { session, address: ([127, 0, 0, 1], 9).into(), forwarded: false, target: "/".into() };
        let conversation = self.dialect.open(&peer);
        let shown = Shown::default();
        self.clients.push(Client { kind: 0, shard, session, conversation, audience: None, shown, named: 0 });
        self.register(self.clients.len() - 1, kind);
    }

    fn register(&mut self, client: usize, kind: u32) {
        let intent = self.hear(client, &format!(r#"{{"sender":{kind},"command":11}}"#));
        self.clients[client].kind = kind;
        self.carry_out(client, intent);
    }

    /// Hears what a client says; what is refused is over with that.
    fn hear(&mut self, client: usize, text: &str) -> Option<Intent> {
        let conversation = &mut self.clients[client].conversation;
        match conversation.hear(Frame::Text(text)) {
            Ok(asked) => Some(asked.intent),
            Err(refusal) => {
                self.answer(client, Outcome::Refused(&refusal));
                None
            }
        }
    }

    fn carry_out(&mut self, client: usize, intent: Option<Intent>) {
        match intent {
            Some(Intent::Publish(message)) => {
                self.publish(self.clients[client].session, message);
                self.answer(client, Outcome::Done);
            }
            Some(Intent::Subscribe { filters, kept }) => {
                let subscription = |(filter, variant)| {
                    let form = Form { rendition: Rendition::Wire(variant), coat: Coat::Bare };
                    Subscription { filter, form }
                };
                let subscriptions = filters.into_iter().map(subscription).collect();
                let mut one = self.clients.remove(client);
                let kept = self.subscribe(&mut one, subscriptions, kept);
                self.clients.insert(client, one);
                self.answer(client, Outcome::Done);
                kept.iter().for_each(|text| self.clients[client].shown.hear(text));
            }
            _ => {}
        }
    }

    fn answer(&mut self, client: usize, outcome: Outcome<'_>) {
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

    fn publish_all(&mut self, origin: SessionId, replies: &mut Replies) {
        replies.take_published().into_iter().for_each(|message| self.publish(origin, message));
    }

    fn publish(&mut self, origin: SessionId, message: Message) {
        let published = Published { at: SystemTime::UNIX_EPOCH, dialect: "vxvue", origin, message };
        let dialect = self.dialect.clone();
        self.hub.publish(published, &mut |published, form| payload(&*dialect, published, form).into());
    }

    /// As a shard does it: what was published before is handed out to those who heard it then.
    fn subscribe(&mut self, client: &mut Client, subscriptions: Vec<Subscription>, recall: Recall) -> Vec<String> {
        let mut inbox = Vec::new();
        let address = ([127, 0, 0, 1], 9).into();
        let outlet = self.shards[client.shard].outlet.clone();
        let joined = outlet.subscribe(client.session, address, subscriptions, recall, &mut inbox);
        inbox.iter().for_each(|delivery| deliver(client, delivery));
        self.hand_out(client.shard, &inbox);
        client.audience = joined.audience;
        let text = |kept: &tieline_hub::KeptFor| {
            String::from_utf8(payload(&*self.dialect, &kept.published, kept.form)).unwrap()
        };
        joined.kept.iter().map(text).collect()
    }

    fn flush(&mut self, shard: usize) {
        let mut inbox = Vec::new();
        self.shards[shard].outlet.take(&mut inbox);
        self.hand_out(shard, &inbox);
    }

    fn hand_out(&mut self, shard: usize, inbox: &[Delivery]) {
        for delivery in inbox {
            self.clients.iter_mut().filter(|client| client.shard == shard).for_each(|client| deliver(client, delivery));
        }
        self.shards[shard].outlet.served(inbox.iter().map(Delivery::size).sum());
    }

    /// The sentence.
    fn judge(&self, exactly: bool) -> Result<(), TestCaseError> {
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

fn deliver(client: &mut Client, delivery: &Delivery) {
    if client.audience == Some(delivery.audience) && client.session != delivery.origin {
        client.shown.hear(std::str::from_utf8(&delivery.frame).unwrap());
    }
}

fn payload(dialect: &dyn Dialect, published: &Published, form: Form) -> Vec<u8> {
    let mut out = Vec::new();
    write_payload(dialect, published, form.rendition, &mut out);
    out
}

fn word() -> impl Strategy<Value = Word> {
    let to = || prop_oneof![4 => Just(106), 2 => Just(0), 2 => Just(107), 1 => Just(500), 1 => Just(7)];
    prop_oneof![
        6 => (0u8..3, to()).prop_map(|(who, to)| Word::Patient(who, to)),
        1 => to().prop_map(Word::NoPatient),
        1 => Just(Word::Noise),
        1 => (any::<bool>(), to()).prop_map(|(with_id, to)| Word::Corrected(with_id, to)),
        4 => (0u8..4, to()).prop_map(|(step, to)| Word::Step(step, to)),
        1 => to().prop_map(Word::NoStep),
        3 => to().prop_map(Word::Start),
        3 => to().prop_map(Word::Complete),
        1 => to().prop_map(Word::Other),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let kind = || prop_oneof![Just(106), Just(107), Just(500)];
    prop_oneof![
        2 => (0..SHARDS).prop_map(Step::Console),
        20 => (0usize..3, word()).prop_map(|(who, word)| Step::Say(who, word)),
        3 => (0usize..3, word(), 0usize..3, word()).prop_map(|(a, b, c, d)| Step::AtOnce(a, b, c, d)),
        4 => (0..SHARDS, kind()).prop_map(|(shard, kind)| Step::Display(shard, kind)),
        2 => (0usize..9, kind()).prop_map(|(who, kind)| Step::Again(who, kind)),
        3 => (0usize..9).prop_map(Step::Gone),
        2 => prop_oneof![Just(1), Just(59), Just(599), Just(700)].prop_map(Step::Time),
        1 => prop_oneof![8 => Just(Step::Time(1)), 1 => Just(Step::Restart)],
        2 => (0..SHARDS, any::<bool>()).prop_map(|(shard, slow)| Step::Slow(shard, slow)),
    ]
}

/// Lives worlds of these settings until so many steps were made.
fn lives(settings: &[(&'static str, Value)], exactly: bool) {
    let entry = DIALECTS.iter().find(|entry| entry.name == "vxvue").unwrap();
    let mut values = Values::defaults(entry.fields);
    settings.iter().for_each(|(key, value)| values.set(key, value.clone()));
    let cases = (number("TIELINE_TEST_ROOM_STEPS", 6000) / STEPS).max(1) as u32;
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let steps = proptest::collection::vec(step(), 1..2 * STEPS);
    let result = runner.run(&steps, |steps| {
        let mut world = World::new(&values);
        for step in steps {
            world.live(step);
            world.judge(exactly)?;
        }
        Ok(())
    });
    result.unwrap_or_else(|error| match error {
        TestError::Fail(why, steps) => panic!("{why}\nafter {steps:?}"),
        TestError::Abort(why) => panic!("{why}"),
    });
}

#[test]
fn a_display_shows_what_the_console_said_last_or_that_it_does_not_know() {
    lives(&[], true);
}

/// Who comes late is told nothing, and must not take what it hears from then on for what it is not.
#[test]
fn the_same_without_replay() {
    lives(&[("replay_on_register", Value::Bool(false))], false);
}
