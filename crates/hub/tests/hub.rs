//! What the hub promises, from outside: who hears, once, in one order, within bounds.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use bytes::Bytes;
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tieline_hub::{Change, Delivery, Hub, HubLimits, Later, Pressure, Sink, Subscription};
use tieline_model::{
    Encoding, Filter, Framing, Message, Published, Recall, Removal, Representation, SessionId, Topic, Turn, Variant,
};

const PEER: &str = "127.0.0.1:9";

fn encoding(variant: u64) -> Encoding {
    Encoding { representation: Representation::Wire(Variant(variant)), framing: Framing::Bare }
}
fn hears(filters: &[(&str, u64)]) -> Vec<Subscription> {
    filters.iter().map(|(f, v)| Subscription { filter: Filter::parse(f).unwrap(), encoding: encoding(*v) }).collect()
}
fn published(topics: &[&str], body: &str, origin: SessionId) -> Published {
    let topics = topics.iter().map(|topic| Topic::parse(topic).unwrap()).collect();
    Published { at: SystemTime::UNIX_EPOCH, dialect: "test", origin, message: Message::on(topics, body.to_owned()) }
}
fn encode(published: &Published, encoding: Encoding) -> Bytes {
    match encoding.representation {
        Representation::Wire(Variant(0)) => published.message.body.clone(),
        Representation::Wire(Variant(variant)) => format!("{variant}:{}", text(&published.message.body)).into(),
        Representation::Event(_) => Bytes::new(),
    }
}
fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A shard in miniature: members by group, and what each has received.
struct Shard {
    sink: Sink,
    group_of: HashMap<SessionId, u32>,
    heard: HashMap<SessionId, Vec<String>>,
    inbox: Vec<Delivery>,
    count: u64,
}
impl Shard {
    fn new(hub: &Arc<Hub>) -> Shard {
        let sink = hub.sink(Pressure::HoldBack, || ());
        Shard { sink, group_of: HashMap::new(), heard: HashMap::new(), inbox: Vec::new(), count: 0 }
    }
    fn connect(&mut self) -> SessionId {
        self.count += 1;
        let session = SessionId::new(self.sink.id(), self.count);
        self.heard.insert(session, Vec::new());
        session
    }
    fn subscribe(&mut self, session: SessionId, filters: &[(&str, u64)], recall: Recall) {
        self.change(session, Change::to(hears(filters)), recall);
    }
    fn change(&mut self, session: SessionId, change: Change, recall: Recall) {
        let mut inbox = std::mem::take(&mut self.inbox);
        let joined = self.sink.subscribe(session, PEER.parse().unwrap(), change, recall, &mut inbox);
        self.settle(inbox);
        let retained = joined.retained.iter().map(|retained| text(&encode(&retained.published, retained.encoding)));
        self.heard.get_mut(&session).unwrap().extend(retained);
        match joined.group {
            Some(group) => self.group_of.insert(session, group),
            None => self.group_of.remove(&session),
        };
    }
    fn flush(&mut self) {
        let mut inbox = std::mem::take(&mut self.inbox);
        self.sink.take(&mut inbox);
        self.settle(inbox);
    }
    fn settle(&mut self, inbox: Vec<Delivery>) {
        for delivery in inbox {
            self.sink.served(delivery.size());
            for (session, group) in &self.group_of {
                if *group == delivery.group && *session != delivery.origin {
                    self.heard.get_mut(session).unwrap().push(text(&delivery.frame));
                }
            }
        }
    }
}

fn hub() -> Arc<Hub> {
    Hub::new(HubLimits::default())
}
fn publish(hub: &Hub, topics: &[&str], body: &str, origin: SessionId) -> usize {
    hub.publish(published(topics, body, origin), &mut encode).groups
}

/// Says something before itself, or nothing at all, and goes somewhere else than it seemed.
struct Instead(Option<Vec<Message>>);
impl Turn for Instead {
    fn take(&self, _at: SystemTime, message: &mut Message) -> Option<Vec<Message>> {
        message.topics = vec![Topic::parse("t.2").unwrap()];
        message.body = format!("{}!", text(&message.body)).into();
        message.retain = true;
        self.0.clone()
    }
}

#[test]
fn a_message_is_completed_in_its_turn_and_what_comes_before_it_spares_who_hears_something_else() {
    let hub = Hub::new(HubLimits::default());
    let mut shard = Shard::new(&hub);
    let (one, two, both) = (shard.connect(), shard.connect(), shard.connect());
    shard.subscribe(one, &[("t.1", 0)], Recall::Never);
    shard.subscribe(two, &[("t.2", 5)], Recall::Never);
    shard.subscribe(both, &[("t.1", 0), ("t.2", 0)], Recall::Never);
    let before = |spare: &str| {
        let mut message = Message::new(Topic::parse("t.1").unwrap(), "before");
        message.spare = vec![Topic::parse(spare).unwrap()];
        message
    };
    let say = |before: Option<Vec<Message>>, origin| {
        let mut published = published(&["t.1"], "said", origin);
        published.message.turn = Some(Arc::new(Instead(before)));
        hub.publish(published, &mut encode)
    };
    let reach = say(Some(vec![before("t.2"), before("t.9")]), SessionId::NONE);
    assert_eq!((reach.sequence, reach.groups), (3, 2));
    assert_eq!(say(None, SessionId::NONE).groups, 0, "it is not said at all");
    assert_eq!(say(Some(vec![before("t.9")]), one).sequence, 5, "who speaks does not hear what comes before it either");
    let late = shard.connect();
    shard.subscribe(late, &[("t.2", 0)], Recall::First);
    assert_eq!(shard.heard[&one], ["before", "before"]);
    assert_eq!(shard.heard[&two], ["5:said!", "5:said!"]);
    assert_eq!(shard.heard[&both], ["before", "said!", "before", "said!"]);
    assert_eq!(shard.heard[&late], ["said!"]);
}

#[test]
fn a_message_on_two_topics_reaches_who_hears_both_once() {
    let hub = hub();
    let mut shard = Shard::new(&hub);
    let (both, one, sender) = (shard.connect(), shard.connect(), shard.connect());
    shard.subscribe(both, &[("s.a", 0), ("s.b", 0)], Recall::Never);
    shard.subscribe(one, &[("s.b", 0)], Recall::Never);
    shard.subscribe(sender, &[("s.a", 0), ("s.b", 0)], Recall::Never);
    assert_eq!(publish(&hub, &["s.a", "s.b"], "m", sender), 2);
    shard.flush();
    assert_eq!(shard.heard[&both], ["m"]);
    assert_eq!(shard.heard[&one], ["m"]);
    assert!(shard.heard[&sender].is_empty(), "the sender does not hear itself");
}

#[test]
fn two_forms_of_one_topic_are_two_frames() {
    let hub = hub();
    let mut shard = Shard::new(&hub);
    let session = shard.connect();
    shard.subscribe(session, &[("o.x", 1), ("o.x", 2)], Recall::Never);
    publish(&hub, &["o.x"], "v", SessionId::NONE);
    shard.flush();
    assert_eq!(shard.heard[&session], ["1:v", "2:v"]);
}

#[test]
fn a_thousand_sessions_of_one_form_take_one_encode() {
    let hub = hub();
    let mut shards = [Shard::new(&hub), Shard::new(&hub)];
    for shard in &mut shards {
        for _ in 0..500 {
            let session = shard.connect();
            shard.subscribe(session, &[("s.a", 0)], Recall::Never);
        }
    }
    let calls = AtomicUsize::new(0);
    let reach = hub.publish(published(&["s.a"], "m", SessionId::NONE), &mut |published, encoding| {
        calls.fetch_add(1, Ordering::Relaxed);
        encode(published, encoding)
    });
    assert_eq!((calls.load(Ordering::Relaxed), reach.groups), (1, 2));
}

#[test]
fn nobody_listening_costs_no_encode() {
    let reach = hub().publish(published(&["s.a"], "m", SessionId::NONE), &mut |_, _| panic!("nobody hears it"));
    assert_eq!(reach.groups, 0);
}

#[test]
fn a_change_of_subscriptions_loses_and_doubles_nothing() {
    let hub = hub();
    let mut shard = Shard::new(&hub);
    let session = shard.connect();
    shard.subscribe(session, &[("s.a", 0)], Recall::Never);
    publish(&hub, &["s.a"], "1", SessionId::NONE);
    shard.subscribe(session, &[("s.a", 0), ("s.b", 0)], Recall::Never);
    publish(&hub, &["s.a"], "2", SessionId::NONE);
    shard.subscribe(session, &[("s.b", 0)], Recall::Never);
    publish(&hub, &["s.a"], "3", SessionId::NONE);
    publish(&hub, &["s.b"], "4", SessionId::NONE);
    shard.subscribe(session, &[], Recall::Never);
    publish(&hub, &["s.b"], "5", SessionId::NONE);
    shard.flush();
    assert_eq!(shard.heard[&session], ["1", "2", "4"]);
    assert!(hub.channels("s").is_empty());
}

/// Else a client that begins to hear thousands of topics one by one would have all of them filed anew each time.
#[test]
fn who_is_alone_in_its_group_keeps_it_and_who_hears_the_same_shares_one() {
    let hub = hub();
    let mut shard = Shard::new(&hub);
    let (one, other) = (shard.connect(), shard.connect());
    shard.subscribe(one, &[("s.a", 0)], Recall::Never);
    let first = shard.group_of[&one];
    for filters in [vec![("s.b", 0), ("s.a", 0)], vec![("s.c", 0), ("s.a", 0), ("s.c", 0)], vec![("s.c", 1)]] {
        shard.subscribe(one, &filters, Recall::Never);
        assert_eq!(shard.group_of[&one], first);
    }
    shard.subscribe(other, &[("s.a", 0)], Recall::Never);
    assert_ne!(shard.group_of[&other], first);
    shard.subscribe(other, &[("s.c", 1)], Recall::Never);
    assert_eq!(shard.group_of[&other], first, "one frame for both");
    // Of two, the one that hears something else goes.
    shard.subscribe(one, &[("s.c", 1), ("s.d", 0)], Recall::Never);
    assert_ne!(shard.group_of[&one], first);
    for topic in ["s.a", "s.b", "s.c", "s.d"] {
        publish(&hub, &[topic], topic, SessionId::NONE);
    }
    shard.flush();
    assert_eq!(shard.heard[&one], ["1:s.c", "s.d"]);
    assert_eq!(shard.heard[&other], ["1:s.c"]);
    let mut channels: Vec<String> = hub.channels("s").iter().map(|channel| channel.filter.to_string()).collect();
    channels.sort();
    assert_eq!(channels, ["s.c", "s.c", "s.d"]);
}

#[test]
fn who_comes_later_gets_what_is_kept_of_topics_new_to_it() {
    let hub = hub();
    let mut shard = Shard::new(&hub);
    let keep = |topic: &str, body: &str| {
        let mut published = published(&[topic], body, SessionId::NONE);
        published.message.retain = true;
        hub.publish(published, &mut encode);
    };
    keep("s.a", "old a");
    keep("s.b", "b");
    keep("s.a", "a");
    let session = shard.connect();
    shard.subscribe(session, &[("s.a", 0)], Recall::First);
    shard.subscribe(session, &[("s.*", 0)], Recall::First);
    assert_eq!(shard.heard[&session], ["a", "b"], "the newest, and not a second time");
    let other = shard.connect();
    shard.subscribe(other, &[("s.*", 0)], Recall::Never);
    assert!(shard.heard[&other].is_empty(), "not for those who did not want it");
}

#[test]
fn a_full_inbox_holds_publishers_back_and_one_that_may_lose_counts() {
    let hub = Hub::new(HubLimits { inbox_bytes: 1000 });
    let mut shard = Shard::new(&hub);
    let woken = Arc::new(AtomicUsize::new(0));
    let count = woken.clone();
    hub.sink(Pressure::HoldBack, move || {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let tail = hub.sink(Pressure::Lose, || ());
    tail.subscribe(
        SessionId::new(2, 1),
        PEER.parse().unwrap(),
        Change::to(hears(&[(">", 0)])),
        Recall::Never,
        &mut Vec::new(),
    );
    let session = shard.connect();
    shard.subscribe(session, &[("s.a", 0)], Recall::Never);
    let body = "x".repeat(300);
    let mut published = 0;
    while !hub.pressed() {
        publish(&hub, &["s.a"], &body, SessionId::NONE);
        published += 1;
        assert!(published < 100, "pressure must come");
    }
    publish(&hub, &["s.a"], &body, SessionId::NONE);
    let mut inbox = Vec::new();
    shard.sink.take(&mut inbox);
    assert!(hub.pressed(), "what was taken but not served still counts");
    let before = woken.load(Ordering::Relaxed);
    shard.settle(inbox);
    assert!(!hub.pressed());
    assert_eq!(woken.load(Ordering::Relaxed), before + 1, "those who wait are woken");
    assert_eq!(shard.heard[&session].len(), published + 1, "what was published all the same is not lost");
    let mut inbox = Vec::new();
    let lost = tail.take(&mut inbox);
    assert_eq!(lost as usize + inbox.len(), published + 1);
    assert!(lost > 0);
}

#[test]
fn wakes_once_per_filling() {
    let hub = hub();
    let woken = Arc::new(AtomicUsize::new(0));
    let count = woken.clone();
    let sink = hub.sink(Pressure::HoldBack, move || {
        count.fetch_add(1, Ordering::Relaxed);
    });
    sink.subscribe(
        SessionId::new(0, 1),
        PEER.parse().unwrap(),
        Change::to(hears(&[("s.a", 0)])),
        Recall::Never,
        &mut Vec::new(),
    );
    for _ in 0..3 {
        publish(&hub, &["s.a"], "m", SessionId::NONE);
    }
    assert_eq!(woken.load(Ordering::Relaxed), 1);
    sink.take(&mut Vec::new());
    publish(&hub, &["s.a"], "m", SessionId::NONE);
    assert_eq!(woken.load(Ordering::Relaxed), 2);
}

#[test]
fn channels_list_sessions_by_what_they_hear() {
    let hub = hub();
    let mut shard = Shard::new(&hub);
    let session = shard.connect();
    shard.subscribe(session, &[("s.a", 0), ("s.b", 0), ("t.c", 0)], Recall::Never);
    shard.sink.set_writable(session, false);
    let mut channels: Vec<_> = hub.channels("s").iter().map(|c| (c.filter.to_string(), c.writable)).collect();
    channels.sort();
    assert_eq!(channels, [("s.a".to_owned(), false), ("s.b".to_owned(), false)]);
}

#[derive(Debug, Clone)]
enum Step {
    Publish(usize, usize),
    Subscribe(usize, Vec<usize>),
    Change(usize, Vec<usize>, Vec<usize>),
    Flush(usize),
}

fn few() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0usize..4, 0..3)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0usize..6, 0usize..4).prop_map(|(who, topic)| Step::Publish(who, topic)),
        2 => (0usize..6, few()).prop_map(|(who, set)| Step::Subscribe(who, set)),
        2 => (0usize..6, few(), few()).prop_map(|(who, add, remove)| Step::Change(who, add, remove)),
        1 => (0usize..2).prop_map(Step::Flush),
    ]
}

proptest! {
    /// Against a model that delivers at once: same messages, same order, whenever shards look at their inboxes.
    #[test]
    fn any_interleaving_delivers_as_if_at_once(steps in proptest::collection::vec(step(), 0..60)) {
        const TOPICS: [&str; 4] = ["s.a", "s.b", "s.*", "t.a"];
        let hub = hub();
        let mut shards = [Shard::new(&hub), Shard::new(&hub)];
        let sessions: Vec<SessionId> = (0..6).map(|who| shards[who % 2].connect()).collect();
        let mut sets: Vec<Vec<usize>> = vec![Vec::new(); 6];
        let mut expected: Vec<Vec<String>> = vec![Vec::new(); 6];
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Publish(who, topic) if topic != 2 => {
                    let body = number.to_string();
                    publish(&hub, &[TOPICS[topic]], &body, sessions[who]);
                    let topic = Topic::parse(TOPICS[topic]).unwrap();
                    for listener in (0..6).filter(|listener| *listener != who) {
                        if sets[listener].iter().any(|f| Filter::parse(TOPICS[*f]).unwrap().matches(&topic)) {
                            expected[listener].push(body.clone());
                        }
                    }
                }
                Step::Publish(..) => {}
                Step::Subscribe(who, set) => {
                    let filters: Vec<(&str, u64)> = set.iter().map(|f| (TOPICS[*f], 0)).collect();
                    shards[who % 2].subscribe(sessions[who], &filters, Recall::Never);
                    sets[who] = set;
                }
                Step::Change(who, add, remove) => {
                    let named = |all: &[usize]| hears(&all.iter().map(|f| (TOPICS[*f], 0)).collect::<Vec<_>>());
                    let change = Change { add: named(&add), remove: Removal::These(named(&remove)) };
                    shards[who % 2].change(sessions[who], change, Recall::Never);
                    sets[who].retain(|one| !remove.contains(one));
                    sets[who].extend(add);
                }
                Step::Flush(shard) => { shards[shard].flush(); }
            }
        }
        shards.iter_mut().for_each(|shard| { shard.flush(); });
        for who in 0..6 {
            prop_assert_eq!(&shards[who % 2].heard[&sessions[who]], &expected[who]);
        }
    }
}

#[test]
fn a_source_learns_what_is_heard_and_what_is_not_any_more() {
    let hub = hub();
    let mut shard = Shard::new(&hub);
    let (one, other) = (shard.connect(), shard.connect());
    shard.subscribe(one, &[("s.a", 0), ("t.a", 0)], Recall::Never);
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = heard.clone();
    let note = move |filter: &Filter, is_heard: bool| {
        told.lock().unwrap().push(format!("{}{filter}", if is_heard { '+' } else { '-' }));
    };
    hub.watch("s", Box::new(note));
    shard.subscribe(one, &[("s.a", 0), ("s.b", 0)], Recall::Never);
    shard.subscribe(other, &[("s.b", 1)], Recall::Never);
    shard.subscribe(one, &[("s.a", 0)], Recall::Never);
    shard.subscribe(other, &[(">", 0)], Recall::Never);
    shard.subscribe(one, &[], Recall::Never);
    assert_eq!(*heard.lock().unwrap(), ["+s.a", "+s.b", "+>", "-s.b", "-s.a"]);
    // Who only watches makes nobody speak.
    let tail = hub.sink(Pressure::Lose, || ());
    tail.subscribe(
        SessionId::new(9, 1),
        PEER.parse().unwrap(),
        Change::to(hears(&[("s.c", 0)])),
        Recall::Never,
        &mut Vec::new(),
    );
    assert_eq!(heard.lock().unwrap().len(), 5);
}

#[test]
fn what_is_asked_for_later_is_what_nothing_newer_has_overtaken() {
    let hub = hub();
    let mut shard = Shard::new(&hub);
    let session = shard.connect();
    let say = |topic: &str, body: &str| {
        let mut published = published(&[topic], body, SessionId::NONE);
        published.message.retain = true;
        hub.publish(published, &mut |published, encoding| encode(published, encoding));
    };
    ["s.a", "s.b", "s.c", "s.d"].iter().for_each(|topic| say(topic, "old"));
    let filters = [("s.a", 0), ("s.b", 0), ("s.c", 0), ("s.*", 1)];
    let peer = PEER.parse().unwrap();
    let wait = Recall::After(Duration::from_millis(500));
    shard.subscribe(session, &[("s.c", 0)], Recall::Never);
    let mut inbox = Vec::new();
    let later = shard.sink.subscribe(session, peer, Change::to(hears(&filters)), wait, &mut inbox).later.unwrap();
    assert_eq!(later.wait, Duration::from_millis(500));
    say("s.b", "new");
    let told = |later: &Later, inbox: &mut Vec<Delivery>| -> Vec<String> {
        let retained = shard.sink.recall(session, later, inbox);
        retained.iter().map(|retained| text(&encode(&retained.published, retained.encoding))).collect()
    };
    // Not `s.c` alone, which it heard before; not `s.b`, of which it has the newer one.
    let first = told(&later, &mut inbox);
    assert_eq!(first, ["1:old", "1:old", "1:old", "old"]);
    assert_eq!(inbox.iter().map(|one| text(&one.frame)).collect::<Vec<_>>(), ["new", "1:new"]);
    // What it has stopped to hear by then is not told.
    shard.sink.subscribe(session, peer, Change::to(hears(&[("s.c", 0)])), Recall::Never, &mut inbox);
    assert_eq!(told(&later, &mut inbox), [""; 0]);
}

/// An encoder that fails ends its publish alone: nothing of the message is anywhere, and the hub goes on.
#[test]
fn a_panic_of_an_encoder_leaves_the_hub_as_it_was() {
    let hub = Hub::new(HubLimits { inbox_bytes: 1000 });
    let mut shard = Shard::new(&hub);
    let woken = Arc::new(AtomicUsize::new(0));
    let count = woken.clone();
    let other = hub.sink(Pressure::HoldBack, move || {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let session = shard.connect();
    shard.subscribe(session, &[("s.a", 0)], Recall::Never);
    let (late, peer) = (SessionId::new(other.id(), 1), PEER.parse().unwrap());
    // The second encoding begins to be heard while the first is encoded, so it is encoded under the hub's lock.
    let mut calls = 0;
    let failing = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let body = "x".repeat(2000);
        hub.publish(published(&["s.a"], &body, SessionId::NONE), &mut |published, encoding| {
            calls += 1;
            match calls {
                1 => {
                    drop(other.subscribe(late, peer, Change::to(hears(&[("s.a", 1)])), Recall::Never, &mut Vec::new()))
                }
                _ => panic!("the encoder fails"),
            }
            encode(published, encoding)
        })
    }));
    assert!(failing.is_err());
    assert!(!hub.pressed());
    shard.flush();
    assert!(shard.heard[&session].is_empty());
    publish(&hub, &["s.a"], "next", SessionId::NONE);
    assert_eq!(woken.load(Ordering::Relaxed), 1, "its inbox was empty, so it is woken");
    shard.flush();
    assert_eq!(shard.heard[&session], ["next"]);
}

/// Kept for several topics and overtaken on one of them: who comes later gets, of each topic, its newest.
#[test]
fn a_kept_message_lives_as_long_as_it_is_the_newest_of_a_topic() {
    let hub = hub();
    let mut shard = Shard::new(&hub);
    let keep = |topics: &[&str], body: &str| {
        let mut published = published(topics, body, SessionId::NONE);
        published.message.retain = true;
        hub.publish(published, &mut encode);
    };
    keep(&["s.a", "s.b"], "both");
    keep(&["s.a"], "a");
    let session = shard.connect();
    shard.subscribe(session, &[("s.a", 0)], Recall::First);
    assert_eq!(shard.heard[&session], ["a"]);
    shard.subscribe(session, &[("s.a", 0), ("s.b", 0)], Recall::First);
    assert_eq!(shard.heard[&session], ["a", "both"], "the newest of what is new to it");
    shard.subscribe(session, &[("s.*", 0)], Recall::First);
    assert_eq!(shard.heard[&session].len(), 2, "and nothing twice");
}
