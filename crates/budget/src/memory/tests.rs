//! The budget against a model that adds everything up: charges come to nothing in the end, and the greediest goes first.

use super::*;
use crate::load::{Load, Owner};
use proptest::prelude::*;
use std::collections::HashMap;
use std::net::IpAddr;

const LIMIT: usize = 100_000;
const SESSIONS: usize = 9;
/// The sink whose sessions they are.
const SINK: u16 = 3;

/// The first three of one address, the next three of one /64, each other alone.
fn address(session: usize) -> IpAddr {
    match session {
        0..3 => "192.0.2.1".parse().unwrap(),
        3..6 => format!("2001:db8:0:1::{session}").parse().unwrap(),
        _ => format!("2001:db8:0:{session}::1").parse().unwrap(),
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// A session's unfinished message is this large now.
    Message(usize, usize),
    /// This waits for a session: bytes of its own, and its share of what others have as well.
    Queue(usize, usize, usize),
    /// A frame is made, and one let go of.
    Frame(usize),
    LetGo,
    /// Those chosen give up what they were chosen for.
    GiveUp,
    End(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let (who, size) = (0..SESSIONS, prop_oneof![0usize..3_000, 0usize..60_000]);
    prop_oneof![
        4 => (who.clone(), size.clone()).prop_map(|(who, size)| Step::Message(who, size)),
        3 => (who.clone(), size.clone(), 0usize..20_000).prop_map(|(who, own, more)| Step::Queue(who, own, more)),
        2 => size.prop_map(Step::Frame),
        1 => Just(Step::LetGo),
        2 => Just(Step::GiveUp),
        1 => who.prop_map(Step::End),
    ]
}

/// What the sessions hold, as simply as can be.
#[derive(Default)]
struct Model {
    /// Message, own, and share of each.
    held: [(usize, usize, usize); SESSIONS],
    /// What was chosen and not given up yet.
    chosen: Vec<Eviction>,
}

impl Model {
    fn charged(&self) -> usize {
        self.held.iter().map(|(message, own, _)| message + own).sum()
    }

    fn part(&self, session: usize, part: Part) -> usize {
        let (message, _, share) = self.held[session];
        if part == Part::Message { message } else { share }
    }

    fn is_chosen(&self, session: usize, part: Part) -> bool {
        self.chosen.iter().any(|one| (one.session, one.part) == (id(session), part))
    }

    /// What can be chosen of each network.
    fn networks(&self) -> HashMap<Network, usize> {
        let mut sums = HashMap::new();
        for session in 0..SESSIONS {
            for part in Part::ALL.into_iter().filter(|part| !self.is_chosen(session, *part)) {
                *sums.entry(Network::of(address(session))).or_default() += self.part(session, part);
            }
        }
        sums
    }
}

fn id(session: usize) -> SessionId {
    SessionId::new(SINK, session as u64 + 1)
}

/// As much as the table may be behind for one part.
fn behind(bytes: usize) -> usize {
    (bytes / 7).max(1 << 10)
}

proptest! {
    #[test]
    fn the_greediest_goes_first_and_all_comes_back(steps in proptest::collection::vec(step(), 0..200)) {
        let memory = Memory::new(LIMIT);
        let mailbox = memory.mailbox(SINK, Arc::default());
        let loads: [Load; SESSIONS] = Default::default();
        let owner = |session: usize| Owner { memory: &memory, session: id(session), address: address(session) };
        let (mut model, mut frames) = (Model::default(), Vec::new());
        for step in steps {
            match step {
                Step::Message(who, bytes) => {
                    model.held[who].0 = bytes;
                    loads[who].set_message(owner(who), bytes, (bytes > 0).then_some(1));
                }
                Step::Queue(who, own, more) => {
                    (model.held[who].1, model.held[who].2) = (own, own + more);
                    loads[who].set_queue(owner(who), own, own + more);
                }
                Step::Frame(bytes) => frames.push(memory.keep(vec![0; bytes].into())),
                Step::LetGo => drop(frames.pop()),
                Step::GiveUp => for Eviction { session, part, .. } in std::mem::take(&mut model.chosen) {
                    let who = (session.get() & 0xFF) as usize - 1;
                    if part == Part::Message {
                        model.held[who].0 = 0;
                        loads[who].set_message(owner(who), 0, None);
                    } else {
                        (model.held[who].1, model.held[who].2) = (0, 0);
                        loads[who].set_queue(owner(who), 0, 0);
                    }
                }
                Step::End(who) => {
                    model.held[who] = (0, 0, 0);
                    loads[who].end(owner(who));
                }
            }
            let of_frames: usize = frames.iter().map(Bytes::len).sum();
            prop_assert_eq!(memory.charged(), model.charged() + of_frames);
            // Gone is gone, whoever asked for it: what comes later is chosen anew.
            let held = model.held;
            model.chosen.retain(|one| {
                let (message, _, share) = held[(one.session.get() & 0xFF) as usize - 1];
                (if one.part == Part::Message { message } else { share }) >= 1 << 10
            });
            let spent = memory.charged() > LIMIT;
            for eviction in mailbox.take() {
                prop_assert!(spent, "chosen although there is room");
                let who = (eviction.session.get() & 0xFF) as usize - 1;
                let networks = model.networks();
                let own = networks[&Network::of(address(who))];
                let most = networks.values().copied().max().unwrap_or_default();
                // Each of six parts may be told of a little late.
                let late = |sum: usize| sum / 7 + (6 << 10);
                prop_assert!(own + late(own) + late(most) >= most, "{} of {} at most", own, most);
                // Of its network nothing is larger.
                for other in (0..SESSIONS).filter(|other| Network::of(address(*other)) == Network::of(address(who))) {
                    for part in Part::ALL.into_iter().filter(|part| !model.is_chosen(other, *part)) {
                        let (mine, others) = (model.part(who, eviction.part), model.part(other, part));
                        prop_assert!(mine + behind(mine) + behind(others) >= others);
                    }
                }
                prop_assert!(!model.is_chosen(who, eviction.part), "twice");
                prop_assert_eq!(eviction.is_large, eviction.bytes >= LIMIT / LARGE);
                model.chosen.push(eviction);
            }
        }
        for (session, load) in loads.iter().enumerate() {
            load.end(owner(session));
        }
        frames.clear();
        prop_assert_eq!(memory.charged(), 0);
        prop_assert_eq!(memory.table().leaving(), 0);
    }
}

/// A client that holds little is safe for as long as another holds more, however many hold little.
#[test]
fn the_many_small_ones_stay() {
    let memory = Memory::new(1 << 20);
    let mailbox = memory.mailbox(SINK, Arc::default());
    let loads: Vec<Load> = (0..100).map(|_| Load::default()).collect();
    let owner = |count: usize| {
        let address = IpAddr::from([10, 0, 0, count as u8]);
        Owner { memory: &memory, session: SessionId::new(SINK, count as u64 + 1), address }
    };
    loads[99].set_message(owner(99), 600 << 10, Some(0));
    for (count, load) in loads.iter().enumerate().take(99) {
        load.set_message(owner(count), 5 << 10, Some(0));
    }
    let chosen = mailbox.take();
    let [Eviction { session, part, bytes, is_large }] = chosen[..] else { panic!("one is enough: {chosen:?}") };
    assert_eq!((session, part, bytes, is_large), (owner(99).session, Part::Message, 600 << 10, true));
    // It has not given anything back yet, and that is waited for.
    loads[0].set_message(owner(0), 6 << 10, Some(0));
    assert_eq!(mailbox.take(), []);
    loads[99].end(owner(99));
    assert_eq!(memory.charged(), (98 * 5 + 6) << 10);
}

#[test]
fn frames_that_are_shared_count_once() {
    let memory = Memory::new(0);
    let frame = memory.keep(vec![7; 1000].into());
    let queues: Vec<Bytes> = (0..10_000).map(|count| frame.slice(count % 1000..)).collect();
    drop(frame);
    assert_eq!(memory.charged(), 1000);
    drop(queues);
    assert_eq!(memory.charged(), 0);
}

#[test]
fn without_a_limit_it_only_counts() {
    let memory = Memory::new(0);
    let mailbox = memory.mailbox(SINK, Arc::default());
    let load = Load::default();
    let owner = Owner { memory: &memory, session: id(0), address: address(0) };
    load.set_message(owner, usize::MAX / 2, Some(1));
    assert_eq!((memory.charged(), mailbox.take()), (usize::MAX / 2, Vec::new()));
    load.end(owner);
    assert_eq!(load.begun(), None);
}

#[test]
fn a_network_is_an_address_or_a_64() {
    let network = |address: &str| Network::of(address.parse().unwrap());
    assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.1"));
    assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
    assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
}
