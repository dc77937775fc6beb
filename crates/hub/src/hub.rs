//! The hub itself: one lock, one order.
//!
//! A publish takes the lock twice for a moment: to see who hears it, and, after it was encoded outside the lock, to
//! number it and put the frames into the inboxes. Nothing else happens under the lock: no encoding (but for an
//! audience that began in between), no socket, no waiting.

use crate::audiences::{Audiences, Target};
use crate::difference::Difference;
use crate::kept::Kept;
use crate::outlet::{Delivery, Joined, KeptFor, Later, Outlet, Pressure};
use crate::{Change, Subscription};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tieline_model::{Channel, Filter, Form, HeardOf, Message, Published, Recall, Safe, SessionId, Topic, Turn, safe};

/// The hub's bounds, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct HubLimits {
    /// Of one outlet: what it was given and has not served yet. Beyond it publishers wait, or deliveries are lost, as the outlet chose.
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
    /// How many audiences it was put into the inbox of.
    pub audiences: usize,
    /// How many kept messages went because there were too many of them, or too large ones.
    pub evicted: u64,
}

/// Decides who hears what. Shared by all threads.
pub struct Hub {
    state: Mutex<State>,
    pub(crate) pressed: AtomicU8,
}

type Wake = Arc<dyn Fn() + Send + Sync>;

/// Who wants to know what is heard, of topics below which first token.
type Watcher = (Box<str>, HeardOf);

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
    audiences: Audiences,
    kept: Kept,
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

    /// Adds an outlet; `wake` is called, from any thread, when its inbox stops being empty.
    pub fn outlet(self: &Arc<Hub>, pressure: Pressure, wake: impl Fn() + Send + Sync + 'static) -> Outlet {
        let mut state = self.lock();
        let id = state.inboxes.len() as u16;
        let (wake, deliveries) = (Arc::new(wake), Vec::new());
        state.inboxes.push(Inbox { deliveries, size: 0, lost: 0, pressure, wake });
        state.audiences.add_outlet(pressure == Pressure::HoldBack);
        Outlet { hub: self.clone(), id }
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

    /// Publishes: `encode` makes the finished frame of a form, once per form, outside the lock.
    ///
    /// A message that has a [`tieline_model::Turn`] is completed under the lock, and what that says is to come before it
    /// comes right before it, for everybody.
    pub fn publish(&self, mut published: Published, encode: &mut dyn FnMut(&Published, Form) -> Bytes) -> Reach {
        let mut targets;
        let generation = {
            let state = self.lock();
            targets = state.targets(&published.message);
            state.audiences.generation
        };
        let mut frames = Frames(Vec::with_capacity(1));
        for target in &targets {
            frames.get(target.form, &published, encode);
        }
        let mut wakes: Vec<Wake> = Vec::new();
        let reach = {
            let mut state = self.lock();
            let reach = match published.message.turn.take() {
                Some(turn) => state.take_turn(&*turn, published, &mut frames, encode, &mut wakes),
                None => {
                    if state.audiences.generation != generation {
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
        self.lock().audiences.channels(root)
    }

    /// Keeps nothing on this topic any more: who knows what holds there is not asked any more.
    pub fn forget(&self, topic: &Topic) {
        self.lock().kept.forget(topic);
    }

    /// What is kept on the topics of a filter, oldest first.
    pub fn kept(&self, filter: &Filter) -> Vec<Arc<Published>> {
        self.lock().kept.matching(filter).into_iter().map(|(_, published)| published.clone()).collect()
    }

    /// Tells `told`, from now on and under the hub's lock, of each filter that comes to be heard (`true`) or ceases to be
    /// (`false`) and can match topics below the first token `root`; first of those that are heard now. Sessions of outlets that
    /// may lose messages do not count: they watch what is said, nothing is said for them.
    pub fn watch(&self, root: &str, told: HeardOf) {
        let mut state = self.lock();
        state.audiences.heard().filter(|filter| concerns(filter, root)).for_each(|filter| told(filter, true));
        state.watchers.push((root.into(), told));
    }

    /// Asks `memory`, without holding the hub's lock, for what was published last on a topic below the first token `root` when
    /// a newcomer is to be told and nothing is kept there any more: what is kept is bounded.
    pub fn remember(&self, root: &str, memory: LastOf) {
        self.lock().memories.push((root.into(), Arc::new(memory)));
    }

    /// What a session hears, in words for a log line: at most a few of its filters.
    pub fn topics_of(&self, session: SessionId) -> Safe {
        const SHOWN: usize = 4;
        let state = self.lock();
        let subscriptions = state.audiences.subscriptions(session);
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

    /// Wakes every outlet: to have them look at something that changed for all.
    pub fn wake_all(&self) {
        let wakes: Vec<Wake> = self.lock().inboxes.iter().map(|inbox| inbox.wake.clone()).collect();
        wakes.into_iter().for_each(|wake| wake());
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Finished frames of one message, by form.
struct Frames(Vec<(Form, Bytes)>);

impl Frames {
    fn get(&mut self, form: Form, published: &Published, encode: &mut dyn FnMut(&Published, Form) -> Bytes) -> Bytes {
        if let Some((_, frame)) = self.0.iter().find(|(have, _)| *have == form) {
            return frame.clone();
        }
        let frame = encode(published, form);
        self.0.push((form, frame.clone()));
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
        self.audiences.find(&message.topics, &mut targets);
        if !message.spare.is_empty() {
            let mut spared = Vec::new();
            self.audiences.find(&message.spare, &mut spared);
            let is_spared =
                |one: &Target| spared.iter().any(|other| (other.outlet, other.audience) == (one.outlet, one.audience));
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
        encode: &mut dyn FnMut(&Published, Form) -> Bytes,
        wakes: &mut Vec<Wake>,
    ) -> Reach {
        let body = (published.message.body.as_ptr(), published.message.body.len());
        let Some(before) = turn.take(published.at, &mut published.message) else {
            return Reach { sequence: self.sequence, audiences: 0, evicted: 0 };
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
        encode: &mut dyn FnMut(&Published, Form) -> Bytes,
        wakes: &mut Vec<Wake>,
    ) -> Reach {
        // Everything is encoded before anything is put in: should an encoder fail, nothing has happened.
        for target in targets {
            frames.get(target.form, &published, encode);
        }
        self.sequence += 1;
        let sequence = self.sequence;
        let origin = if published.message.echo { SessionId::NONE } else { published.origin };
        for Target { outlet, audience, form } in targets {
            let frame = frames.get(*form, &published, encode);
            let delivery = Delivery { sequence, audience: *audience, origin, frame };
            self.deliver(*outlet, delivery, wakes);
        }
        let mut evicted = 0;
        if !published.message.kept_on().is_empty() || !published.message.forget.is_empty() {
            evicted = self.kept.take_note(sequence, &Arc::new(published));
        }
        Reach { sequence, audiences: targets.len(), evicted }
    }

    fn deliver(&mut self, outlet: u16, delivery: Delivery, wakes: &mut Vec<Wake>) {
        let Some(inbox) = self.inboxes.get_mut(usize::from(outlet)) else { return };
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

    pub(crate) fn take(&mut self, outlet: u16, into: &mut Vec<Delivery>) -> u64 {
        let Some(inbox) = self.inboxes.get_mut(usize::from(outlet)) else { return 0 };
        if into.is_empty() {
            // Swapped: the two buffers go round and no memory is copied.
            std::mem::swap(into, &mut inbox.deliveries);
        } else {
            into.append(&mut inbox.deliveries);
        }
        std::mem::take(&mut inbox.lost)
    }

    /// Returns whether the last outlet that was over its bound no longer is.
    pub(crate) fn served(&mut self, outlet: u16, size: usize) -> bool {
        let limit = self.limit;
        let Some(inbox) = self.inboxes.get_mut(usize::from(outlet)) else { return false };
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
        outlet: u16,
        session: SessionId,
        peer: SocketAddr,
        change: Change,
        recall: Recall,
    ) -> Joined {
        let before = self.audiences.subscriptions(session);
        let difference = Difference::of(before, change);
        let kept = if recall == Recall::First { self.kept_for(before, &difference.added) } else { Vec::new() };
        let later = match recall {
            Recall::After(wait) => Some(Later { wait, since: self.sequence, fresh: difference.added.clone() }),
            Recall::First | Recall::Never => None,
        };
        let audience = self.audiences.place(outlet, session, peer, difference);
        for (filter, is_heard) in self.audiences.take_news() {
            for (_, told) in self.watchers.iter().filter(|(root, _)| concerns(&filter, root)) {
                told(&filter, is_heard);
            }
        }
        Joined { audience, kept, later, lost: 0 }
    }

    /// What is kept on topics of these subscriptions since before `since`, as far as the session still has them; and whom to
    /// ask where nothing is kept.
    pub(crate) fn recall(
        &self,
        session: SessionId,
        since: u64,
        fresh: &[Subscription],
    ) -> (Vec<KeptFor>, Vec<Remembered>) {
        let have = self.audiences.subscriptions(session);
        let (mut kept, mut remembered) = (Vec::new(), Vec::new());
        for Subscription { filter, form } in fresh.iter().filter(|one| have.binary_search(one).is_ok()) {
            let matching = self.kept.matching(filter);
            if matching.is_empty()
                && let Some(topic) = filter.as_topic()
                && let Some((_, memory)) = self.memories.iter().find(|(root, _)| concerns(filter, root))
            {
                remembered.push((topic, *form, memory.clone()));
            }
            let older = matching.into_iter().filter(|(sequence, _)| *sequence <= since);
            kept.extend(older.map(|(_, published)| KeptFor { published: published.clone(), form: *form }));
        }
        (kept, remembered)
    }

    pub(crate) fn set_writable(&mut self, session: SessionId, writable: bool) {
        self.audiences.set_writable(session, writable);
    }

    /// What is kept on topics of `added` and was not heard by `before` in the same form; oldest first, each once per form.
    fn kept_for(&self, before: &[Subscription], added: &[Subscription]) -> Vec<KeptFor> {
        let mut found: BTreeMap<u64, (&Arc<Published>, Vec<Form>)> = BTreeMap::new();
        for Subscription { filter, form } in added {
            for (sequence, published) in self.kept.matching(filter) {
                let (_, forms) = found.entry(sequence).or_insert_with(|| (published, Vec::new()));
                if !forms.contains(form) {
                    forms.push(*form);
                }
            }
        }
        let mut kept = Vec::new();
        for (sequence, (published, forms)) in found {
            let heard = |form: &Form| {
                let had = |old: &Subscription| old.form == *form && self.kept.hears(&old.filter, sequence, published);
                before.iter().any(had)
            };
            let fresh = forms.into_iter().filter(|form| !heard(form));
            kept.extend(fresh.map(|form| KeptFor { published: published.clone(), form }));
        }
        kept
    }
}

/// A topic of which nothing is kept, the form it is wanted in, and whom to ask.
pub(crate) type Remembered = (Topic, Form, Arc<LastOf>);

/// Whether a filter can match topics whose first token is `root`.
fn concerns(filter: &Filter, root: &str) -> bool {
    matches!(filter.tokens().next(), Some(first) if first == root || first == "*" || first == ">")
}
