//! The hub itself: one lock, one order.
//!
//! A publish takes the lock twice for a moment: to see who hears it, and, after it was encoded outside the lock, to
//! number it and put the frames into the inboxes. Nothing else happens under the lock: no encoding (but for an
//! group that began in between), no socket, no waiting.

use crate::difference::Difference;
use crate::groups::{Groups, Target};
use crate::retained::Retained;
use crate::sink::{Delivery, Joined, Later, Pressure, RetainedFor, Sink};
use crate::{Change, Subscription};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tieline_model::{
    Channel, Encoding, Filter, InterestChanged, Message, Published, Recall, Safe, SessionId, Topic, Turn, safe,
};

/// The hub's bounds, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct HubLimits {
    /// Of one sink: what it was given and has not served yet. Beyond it publishers wait, or deliveries are lost, as the sink chose.
    pub inbox_bytes: usize,
}

impl Default for HubLimits {
    fn default() -> HubLimits {
        HubLimits { inbox_bytes: 8 << 20 }
    }
}

/// How far a publish went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Its number in the order of the hub, from 1.
    pub sequence: u64,
    /// How many groups it was put into the inbox of.
    pub groups: usize,
    /// How many retained messages went because there were too many of them, or too large ones.
    pub evicted: u64,
}

/// Decides who hears what. Shared by all threads.
pub struct Hub {
    state: Mutex<State>,
    pub(crate) pressed: AtomicU8,
}

type Wake = Arc<dyn Fn() + Send + Sync>;

/// Who wants to know what is heard, of topics below which first token.
type Watcher = (Box<str>, InterestChanged);

/// What was published last on a topic, by who can say so; nothing if that was less long ago than this.
pub type LastOf = Box<dyn Fn(&Topic, Duration) -> Option<Published> + Send + Sync>;

struct Inbox {
    deliveries: Vec<Delivery>,
    /// Of what was put in and not served yet, whether taken out or not.
    size: usize,
    lost: u64,
    pressure: Pressure,
    wake: Wake,
}

#[derive(Default)]
pub(crate) struct State {
    groups: Groups,
    retained: Retained,
    inboxes: Vec<Inbox>,
    watchers: Vec<Watcher>,
    /// By the first token of the topics.
    memories: Vec<(Box<str>, Arc<LastOf>)>,
    sequence: u64,
    limit: usize,
    /// Inboxes that are over the limit, and those over it by half.
    over: usize,
    full: usize,
}

impl Hub {
    /// An empty hub.
    pub fn new(limits: HubLimits) -> Arc<Hub> {
        let state = Mutex::new(State { limit: limits.inbox_bytes, ..State::default() });
        Arc::new(Hub { state, pressed: AtomicU8::new(0) })
    }

    /// Adds a sink; `wake` is called, from any thread, when its inbox stops being empty.
    pub fn sink(self: &Arc<Hub>, pressure: Pressure, wake: impl Fn() + Send + Sync + 'static) -> Sink {
        let mut state = self.lock();
        let id = state.inboxes.len() as u16;
        let (wake, deliveries) = (Arc::new(wake), Vec::new());
        state.inboxes.push(Inbox { deliveries, size: 0, lost: 0, pressure, wake });
        state.groups.add_sink(pressure == Pressure::HoldBack);
        Sink { hub: self.clone(), id }
    }

    /// Whether publishers are asked to wait: a session that sees this reads no more until its shard is woken, but for what
    /// modest ones say now and then.
    pub fn pressed(&self) -> bool {
        self.pressed.load(Ordering::Acquire) > 0
    }

    /// Whether an inbox is over its bound by half: then everybody waits.
    pub fn is_full(&self) -> bool {
        self.pressed.load(Ordering::Acquire) > 1
    }

    /// Publishes: `encode` makes the finished frame of an encoding, once per encoding, outside the lock.
    ///
    /// A message that has a [`tieline_model::Turn`] is completed under the lock, and what that says is to come before it
    /// comes right before it, for everybody.
    pub fn publish(&self, mut published: Published, encode: &mut dyn FnMut(&Published, Encoding) -> Bytes) -> Reach {
        let mut targets;
        let generation = {
            let state = self.lock();
            targets = state.targets(&published.message);
            state.groups.generation
        };
        let mut frames = Frames(Vec::with_capacity(1));
        for target in &targets {
            frames.get(target.encoding, &published, encode);
        }
        let mut wakes: Vec<Wake> = Vec::new();
        let reach = {
            let mut state = self.lock();
            let reach = match published.message.turn.take() {
                Some(turn) => state.take_turn(&*turn, published, &mut frames, encode, &mut wakes),
                None => {
                    if state.groups.generation != generation {
                        targets = state.targets(&published.message);
                    }
                    state.tell(published, &targets, &mut frames, encode, &mut wakes)
                }
            };
            self.pressed.store(state.pressed(), Ordering::Release);
            reach
        };
        wakes.into_iter().for_each(|wake| wake());
        reach
    }

    /// Every pair of a session and a filter of its whose first token is `root`, in no order.
    pub fn channels(&self, root: &str) -> Vec<Channel> {
        self.lock().groups.channels(root)
    }

    /// Keeps nothing on this topic any more: who knows what holds there is not asked any more.
    pub fn forget(&self, topic: &Topic) {
        self.lock().retained.forget(topic);
    }

    /// What is retained on the topics of a filter, oldest first.
    pub fn retained(&self, filter: &Filter) -> Vec<Arc<Published>> {
        self.lock().retained.matching(filter).into_iter().map(|(_, published)| published.clone()).collect()
    }

    /// Tells `told`, from now on and under the hub's lock, of each filter that comes to be heard (`true`) or ceases to be
    /// (`false`) and can match topics below the first token `root`; first of those that are heard now. Sessions of sinks that
    /// may lose messages do not count: they watch what is said, nothing is said for them.
    pub fn watch(&self, root: &str, told: InterestChanged) {
        let mut state = self.lock();
        state.groups.heard().filter(|filter| concerns(filter, root)).for_each(|filter| told(filter, true));
        state.watchers.push((root.into(), told));
    }

    /// Asks `memory`, without holding the hub's lock, for what was published last on a topic below the first token `root` when
    /// a newcomer is to be told and nothing is retained there any more: what is retained is bounded.
    pub fn remember(&self, root: &str, memory: LastOf) {
        self.lock().memories.push((root.into(), Arc::new(memory)));
    }

    /// What a session hears, in words for a log line: at most a few of its filters.
    pub fn topics_of(&self, session: SessionId) -> Safe {
        const SHOWN: usize = 4;
        let state = self.lock();
        let subscriptions = state.groups.subscriptions(session);
        let mut text = Safe::from("");
        for (number, subscription) in subscriptions.iter().take(SHOWN).enumerate() {
            text =
                if number == 0 { safe!("{}", subscription.filter) } else { safe!("{} {}", text, subscription.filter) };
        }
        if subscriptions.len() > SHOWN {
            text = safe!("{} and {} more", text, subscriptions.len() - SHOWN);
        }
        text
    }

    /// Wakes every sink: to have them look at something that changed for all.
    pub fn wake_all(&self) {
        let wakes: Vec<Wake> = self.lock().inboxes.iter().map(|inbox| inbox.wake.clone()).collect();
        wakes.into_iter().for_each(|wake| wake());
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Finished frames of one message, by encoding.
struct Frames(Vec<(Encoding, Bytes)>);

impl Frames {
    fn get(
        &mut self,
        encoding: Encoding,
        published: &Published,
        encode: &mut dyn FnMut(&Published, Encoding) -> Bytes,
    ) -> Bytes {
        if let Some((_, frame)) = self.0.iter().find(|(have, _)| *have == encoding) {
            return frame.clone();
        }
        let frame = encode(published, encoding);
        self.0.push((encoding, frame.clone()));
        frame
    }
}

/// Beyond this an inbox is full for everybody.
fn by_half(limit: usize) -> usize {
    limit.saturating_add(limit / 2)
}

impl State {
    /// How hard inboxes press: 0 not at all, 1 one is over its bound, 2 by half.
    pub(crate) fn pressed(&self) -> u8 {
        u8::from(self.over > 0) + u8::from(self.full > 0)
    }

    /// Who gets a message.
    fn targets(&self, message: &Message) -> Vec<Target> {
        let mut targets = Vec::new();
        self.groups.find(&message.topics, &mut targets);
        if !message.spare.is_empty() {
            let mut spared = Vec::new();
            self.groups.find(&message.spare, &mut spared);
            let is_spared =
                |one: &Target| spared.iter().any(|other| (other.sink, other.group) == (one.sink, one.group));
            targets.retain(|target| !is_spared(target));
        }
        targets
    }

    /// Has a message completed, and says it, with what comes before it.
    fn take_turn(
        &mut self,
        turn: &dyn Turn,
        mut published: Published,
        frames: &mut Frames,
        encode: &mut dyn FnMut(&Published, Encoding) -> Bytes,
        wakes: &mut Vec<Wake>,
    ) -> Reach {
        let body = (published.message.body.as_ptr(), published.message.body.len());
        let Some(before) = turn.take(published.at, &mut published.message) else {
            return Reach { sequence: self.sequence, groups: 0, evicted: 0 };
        };
        let mut evicted = 0;
        for message in before {
            let targets = self.targets(&message);
            let (at, dialect, origin) = (published.at, published.dialect, published.origin);
            let first = Published { at, dialect, origin, message };
            evicted += self.tell(first, &targets, &mut Frames(Vec::new()), encode, wakes).evicted;
        }
        if (published.message.body.as_ptr(), published.message.body.len()) != body {
            frames.0.clear();
        }
        let targets = self.targets(&published.message);
        let reach = self.tell(published, &targets, frames, encode, wakes);
        Reach { evicted: reach.evicted + evicted, ..reach }
    }

    /// Numbers a message, puts it into the inboxes and takes note of what it keeps and forgets.
    fn tell(
        &mut self,
        published: Published,
        targets: &[Target],
        frames: &mut Frames,
        encode: &mut dyn FnMut(&Published, Encoding) -> Bytes,
        wakes: &mut Vec<Wake>,
    ) -> Reach {
        // Everything is encoded before anything is put in: should an encoder fail, nothing has happened.
        for target in targets {
            frames.get(target.encoding, &published, encode);
        }
        self.sequence += 1;
        let sequence = self.sequence;
        let origin = if published.message.echo { SessionId::NONE } else { published.origin };
        for Target { sink, group, encoding } in targets {
            let frame = frames.get(*encoding, &published, encode);
            let delivery = Delivery { sequence, group: *group, origin, frame };
            self.deliver(*sink, delivery, wakes);
        }
        let mut evicted = 0;
        if !published.message.kept_on().is_empty() || !published.message.forget.is_empty() {
            evicted = self.retained.take_note(sequence, &Arc::new(published));
        }
        Reach { sequence, groups: targets.len(), evicted }
    }

    fn deliver(&mut self, sink: u16, delivery: Delivery, wakes: &mut Vec<Wake>) {
        let Some(inbox) = self.inboxes.get_mut(usize::from(sink)) else { return };
        let (before, after) = (inbox.size, inbox.size + delivery.size());
        if inbox.pressure == Pressure::Lose && after > self.limit && before > 0 {
            inbox.lost += 1;
            return;
        }
        if inbox.pressure == Pressure::HoldBack {
            let crosses = |limit: usize| usize::from(before <= limit && after > limit);
            self.over += crosses(self.limit);
            self.full += crosses(by_half(self.limit));
        }
        if inbox.deliveries.is_empty() {
            wakes.push(inbox.wake.clone());
        }
        inbox.size = after;
        inbox.deliveries.push(delivery);
    }

    pub(crate) fn take(&mut self, sink: u16, into: &mut Vec<Delivery>) -> u64 {
        let Some(inbox) = self.inboxes.get_mut(usize::from(sink)) else { return 0 };
        if into.is_empty() {
            // Swapped: the two buffers go round and no memory is copied.
            std::mem::swap(into, &mut inbox.deliveries);
        } else {
            into.append(&mut inbox.deliveries);
        }
        std::mem::take(&mut inbox.lost)
    }

    /// Returns whether the last sink that was over its bound no longer is.
    pub(crate) fn served(&mut self, sink: u16, size: usize) -> bool {
        let limit = self.limit;
        let Some(inbox) = self.inboxes.get_mut(usize::from(sink)) else { return false };
        let before = inbox.size;
        inbox.size = before.saturating_sub(size);
        if inbox.pressure != Pressure::HoldBack {
            return false;
        }
        let after = inbox.size;
        let crosses = |limit: usize| usize::from(before > limit && after <= limit);
        self.full -= crosses(by_half(limit));
        self.over -= crosses(limit);
        crosses(limit) > 0 && self.over == 0
    }

    pub(crate) fn subscribe(
        &mut self,
        sink: u16,
        session: SessionId,
        peer: SocketAddr,
        change: Change,
        recall: Recall,
    ) -> Joined {
        let before = self.groups.subscriptions(session);
        let difference = Difference::of(before, change);
        let retained = if recall == Recall::First { self.retained_for(before, &difference.added) } else { Vec::new() };
        let later = match recall {
            Recall::After(wait) => Some(Later { wait, since: self.sequence, fresh: difference.added.clone() }),
            Recall::First | Recall::Never => None,
        };
        let group = self.groups.place(sink, session, peer, difference);
        for (filter, is_heard) in self.groups.take_news() {
            for (_, told) in self.watchers.iter().filter(|(root, _)| concerns(&filter, root)) {
                told(&filter, is_heard);
            }
        }
        Joined { group, retained, later, lost: 0 }
    }

    /// What is retained on topics of these subscriptions since before `since`, as far as the session still has them; and whom to
    /// ask where nothing is retained.
    pub(crate) fn recall(
        &self,
        session: SessionId,
        since: u64,
        fresh: &[Subscription],
    ) -> (Vec<RetainedFor>, Vec<Remembered>) {
        let have = self.groups.subscriptions(session);
        let (mut retained, mut remembered) = (Vec::new(), Vec::new());
        for Subscription { filter, encoding } in fresh.iter().filter(|one| have.binary_search(one).is_ok()) {
            let matching = self.retained.matching(filter);
            if matching.is_empty()
                && let Some(topic) = filter.as_topic()
                && let Some((_, memory)) = self.memories.iter().find(|(root, _)| concerns(filter, root))
            {
                remembered.push((topic, *encoding, memory.clone()));
            }
            let older = matching.into_iter().filter(|(sequence, _)| *sequence <= since);
            retained
                .extend(older.map(|(_, published)| RetainedFor { published: published.clone(), encoding: *encoding }));
        }
        (retained, remembered)
    }

    pub(crate) fn set_writable(&mut self, session: SessionId, writable: bool) {
        self.groups.set_writable(session, writable);
    }

    /// What is retained on topics of `added` and was not heard by `before` in the same encoding; oldest first, each once per encoding.
    fn retained_for(&self, before: &[Subscription], added: &[Subscription]) -> Vec<RetainedFor> {
        let mut found: BTreeMap<u64, (&Arc<Published>, Vec<Encoding>)> = BTreeMap::new();
        for Subscription { filter, encoding } in added {
            for (sequence, published) in self.retained.matching(filter) {
                let (_, encodings) = found.entry(sequence).or_insert_with(|| (published, Vec::new()));
                if !encodings.contains(encoding) {
                    encodings.push(*encoding);
                }
            }
        }
        let mut retained = Vec::new();
        for (sequence, (published, encodings)) in found {
            let heard = |encoding: &Encoding| {
                let had = |old: &Subscription| {
                    old.encoding == *encoding && self.retained.hears(&old.filter, sequence, published)
                };
                before.iter().any(had)
            };
            let fresh = encodings.into_iter().filter(|encoding| !heard(encoding));
            retained.extend(fresh.map(|encoding| RetainedFor { published: published.clone(), encoding }));
        }
        retained
    }
}

/// A topic of which nothing is retained, the encoding it is wanted in, and whom to ask.
pub(crate) type Remembered = (Topic, Encoding, Arc<LastOf>);

/// Whether a filter can match topics whose first token is `root`.
fn concerns(filter: &Filter, root: &str) -> bool {
    matches!(filter.tokens().next(), Some(first) if first == root || first == "*" || first == ">")
}
