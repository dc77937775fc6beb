//! Shards, presses, reliefs and wakes in every order that chance finds: a real hub, sessions and flushes in miniature, and in
//! the middle of each question to the hub a moment in which the other shards may do anything.

use super::*;
use crate::shard::scheduler::DefaultGrant;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;
use tieline_hub::{Change, Delivery, Hub, HubLimits, Pressure, Sink, Subscription};
use tieline_model::{Encoding, Filter, Framing, Message, Published, Recall, Representation, SessionId, Topic, Variant};

const SHARDS: usize = 3;
const SENDERS: usize = 6;
const MESSAGES: usize = 8;
/// Messages of one poll, after which a session wakes itself.
const TURN: usize = 3;
const SEEDS: u64 = 3000;

/// How a session learns that it has to wait.
#[derive(Clone, Copy, PartialEq)]
enum Asks {
    /// As sessions do it: registered by the question.
    Once,
    /// As they did before: asked, and asked again whether to be registered.
    Twice,
}

#[derive(Default)]
struct Sender {
    default_grant: DefaultGrant,
    ticket: Ticket,
    woken: Cell<bool>,
    left: Cell<usize>,
}

impl Member for Sender {
    fn default_grant(&self) -> &DefaultGrant {
        &self.default_grant
    }
    fn wake(&self) {
        self.woken.set(true);
    }
}

struct MiniShard {
    sink: Sink,
    /// The permit of its flush.
    permit: Arc<AtomicBool>,
    backpressure: Backpressure<Sender>,
    senders: Vec<Rc<Sender>>,
    /// What its flush has taken and not served.
    taken: RefCell<Vec<Delivery>>,
    /// It is in the middle of something: a thread does one thing at a time.
    busy: Cell<bool>,
}

struct World {
    hub: Arc<Hub>,
    shards: Vec<MiniShard>,
    asks: Asks,
    chance: Cell<u64>,
}

impl World {
    fn new(asks: Asks, seed: u64) -> World {
        let hub = Hub::new(HubLimits { inbox_bytes: 400 });
        let shard = |_| {
            let permit = Arc::new(AtomicBool::new(false));
            let woken = permit.clone();
            let sink = hub.sink(Pressure::HoldBack, move || woken.store(true, Ordering::Relaxed));
            let encoding =
                Encoding { representation: Representation::Wire(Variant::default()), framing: Framing::Bare };
            let hears = Change::to(vec![Subscription { filter: Filter::parse("s").unwrap(), encoding }]);
            let (session, peer) = (SessionId::new(sink.id(), 1), ([127, 0, 0, 1], 1).into());
            sink.subscribe(session, peer, hears, Recall::Never, &mut Vec::new());
            let sender = |_| {
                let sender = Sender::default();
                sender.left.set(MESSAGES);
                sender.woken.set(true);
                Rc::new(sender)
            };
            let senders = (0..SENDERS / SHARDS).map(sender).collect();
            let (taken, busy) = (RefCell::default(), Cell::new(false));
            MiniShard { sink, permit, backpressure: Backpressure::new(), senders, taken, busy }
        };
        let shards = (0..SHARDS).map(shard).collect();
        World { hub, shards, asks, chance: Cell::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1) }
    }

    fn random(&self, below: usize) -> usize {
        let mut x = self.chance.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.chance.set(x);
        (x >> 33) as usize % below
    }

    /// Does something somewhere; `false` when there is nothing to do.
    fn step(&self) -> bool {
        let mut can: Vec<(usize, Option<usize>)> = Vec::new();
        for (at, shard) in self.shards.iter().enumerate().filter(|(_, shard)| !shard.busy.get()) {
            let senders = shard.senders.iter().enumerate().filter(|(_, sender)| sender.woken.get());
            can.extend(senders.map(|(number, _)| (at, Some(number))));
            if shard.permit.load(Ordering::Relaxed) || !shard.taken.borrow().is_empty() {
                can.push((at, None));
            }
        }
        if can.is_empty() {
            return false;
        }
        let (at, what) = can[self.random(can.len())];
        let shard = &self.shards[at];
        shard.busy.set(true);
        match what {
            Some(number) => self.poll(shard, &shard.senders[number]),
            None => self.flush(shard),
        }
        shard.busy.set(false);
        true
    }

    /// A moment in which the other shards go on.
    fn meanwhile(&self) {
        for _ in 0..self.random(8) {
            self.step();
        }
    }

    fn pressed(&self) -> bool {
        self.meanwhile();
        let pressed = self.hub.pressed();
        self.meanwhile();
        pressed
    }

    fn must_wait(&self, shard: &MiniShard, sender: &Rc<Sender>) -> bool {
        let look = || shard.permit.store(true, Ordering::Relaxed);
        match self.asks {
            Asks::Once => shard.backpressure.must_wait(sender, &sender.ticket, self.pressed(), look),
            Asks::Twice if !self.pressed() => false,
            Asks::Twice => {
                if self.pressed() {
                    shard.backpressure.must_wait(sender, &sender.ticket, true, look);
                }
                true
            }
        }
    }

    fn poll(&self, shard: &MiniShard, sender: &Rc<Sender>) {
        sender.woken.set(false);
        for _ in 0..TURN {
            if sender.left.get() == 0 || self.must_wait(shard, sender) {
                return;
            }
            sender.left.set(sender.left.get() - 1);
            let message = Message::new(Topic::parse("s").unwrap(), "x".repeat(60));
            let (at, origin) = (SystemTime::UNIX_EPOCH, SessionId::NONE);
            let published = Published { at, dialect: "test", origin, message };
            self.hub.publish(published, &mut |published, _| published.message.body.clone());
            self.meanwhile();
        }
        sender.woken.set(true);
    }

    /// As `Shard::flush` does it, a message at a time.
    fn flush(&self, shard: &MiniShard) {
        let served = shard.taken.borrow_mut().pop();
        if let Some(served) = served {
            shard.sink.served(served.size());
        } else if shard.permit.swap(false, Ordering::Relaxed) {
            let mut taken = Vec::new();
            shard.sink.take(&mut taken);
            shard.taken.replace(taken);
        }
        if !self.pressed() {
            shard.backpressure.release();
        }
    }

    /// Runs until nothing more happens; returns how many messages were never heard.
    fn run(&self) -> usize {
        let mut steps = 0;
        while self.step() {
            steps += 1;
            assert!(steps < 100_000, "it never rests");
        }
        self.shards.iter().flat_map(|shard| &shard.senders).map(|sender| sender.left.get()).sum()
    }
}

#[test]
fn every_sender_is_heard_to_its_end() {
    for seed in 0..SEEDS {
        let world = World::new(Asks::Once, seed);
        assert_eq!(world.run(), 0, "messages that nobody ever reads, seed {seed}");
        assert!(world.shards.iter().all(|shard| shard.backpressure.waiting.borrow().is_empty()));
    }
}

/// The simulation sees the fault it is there for.
#[test]
fn asking_twice_is_seen_to_hang() {
    assert!((0..SEEDS).any(|seed| World::new(Asks::Twice, seed).run() > 0));
}

#[test]
fn who_waits_longest_goes_first_however_often_it_asks() {
    let order: Rc<RefCell<Vec<u32>>> = Rc::default();
    struct Named(u32, DefaultGrant, Ticket, Rc<RefCell<Vec<u32>>>);
    impl Member for Named {
        fn default_grant(&self) -> &DefaultGrant {
            &self.1
        }
        fn wake(&self) {
            self.3.borrow_mut().push(self.0);
        }
    }
    let backpressure = Backpressure::new();
    let all: Vec<Rc<Named>> =
        (0..3).map(|name| Rc::new(Named(name, DefaultGrant::default(), Ticket::default(), order.clone()))).collect();
    let ask = |name: usize, pressed: bool| backpressure.must_wait(&all[name], &all[name].2, pressed, || ());
    (0..3).for_each(|name| assert!(ask(name, true)));
    assert!(ask(1, true), "a second time");
    backpressure.release();
    assert_eq!(order.take(), [0, 1, 2]);
    // The first is heard and fills what was free; the others find nothing again.
    assert!(!ask(0, false) && ask(0, true) && ask(1, true) && ask(2, true));
    backpressure.release();
    assert_eq!(order.take(), [1, 2, 0]);
    assert!(ask(1, true) && ask(2, true));
    backpressure.leave(&all[1].2);
    backpressure.release();
    assert_eq!(order.take(), [2]);
}

/// What the hub counts it as, so that the numbers above mean something: an inbox is over its bound after a few.
#[test]
fn the_simulated_inboxes_are_small() {
    let size = Delivery { sequence: 1, group: 0, origin: SessionId::NONE, frame: Bytes::from(vec![0; 60]) }.size();
    assert!((50..200).contains(&size));
}
