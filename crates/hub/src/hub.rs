//! The hub itself: one lock, one order.
//!
//! A publish takes the lock twice for a moment: to see who hears it, and, after it was encoded outside the lock, to
//! number it and put the frames into the inboxes. Nothing else happens under the lock: no encoding (but for an
//! audience that began in between), no socket, no waiting.

use crate::Subscription;
use crate::audiences::{Audiences, Target};
use crate::kept::Kept;
use crate::outlet::{Delivery, Joined, KeptFor, Later, Outlet, Pressure};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tieline_model::{Channel, Filter, Form, HeardOf, Published, Recall, Safe, SessionId, safe};

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
    pub(crate) pressed: AtomicBool,
}

type Wake = Arc<dyn Fn() + Send + Sync>;

/// Who wants to know what is heard, of topics below which first token.
type Watcher = (Box<str>, HeardOf);

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
    sequence: u64,
    limit: usize,
    over: usize,
}

impl Hub {
    /// An empty hub.
    pub fn new(limits: HubLimits) -> Arc<Hub> {
        let state = Mutex::new(State { limit: limits.inbox_bytes, ..State::default() });
        Arc::new(Hub { state, pressed: AtomicBool::new(false) })
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

    /// Whether publishers are asked to wait: a session that sees this reads no more until its shard is woken.
    pub fn pressed(&self) -> bool {
        self.pressed.load(Ordering::Acquire)
    }

    /// Publishes: `encode` makes the finished frame of a form, once per form, outside the lock.
    pub fn publish(&self, published: Published, encode: &mut dyn FnMut(&Published, Form) -> Bytes) -> Reach {
        let mut targets = Vec::new();
        let generation = {
            let state = self.lock();
            state.audiences.find(&published.message.topics, &mut targets);
            state.audiences.generation
        };
        let mut frames = Frames(Vec::with_capacity(1));
        for target in &targets {
            frames.get(target.form, &published, encode);
        }
        let mut wakes: Vec<Wake> = Vec::new();
        let reach = {
            let mut state = self.lock();
            if state.audiences.generation != generation {
                targets.clear();
                state.audiences.find(&published.message.topics, &mut targets);
            }
            state.sequence += 1;
            let sequence = state.sequence;
            let origin = if published.message.echo { SessionId::NONE } else { published.origin };
            for Target { outlet, audience, form } in &targets {
                let frame = frames.get(*form, &published, encode);
                let delivery = Delivery { sequence, audience: *audience, origin, frame };
                state.deliver(*outlet, delivery, &mut wakes);
            }
            let mut evicted = 0;
            if !published.message.kept_on().is_empty() || !published.message.forget.is_empty() {
                evicted = state.kept.take_note(sequence, &Arc::new(published));
            }
            self.pressed.store(state.pressed(), Ordering::Release);
            Reach { sequence, audiences: targets.len(), evicted }
        };
        wakes.into_iter().for_each(|wake| wake());
        reach
    }

    /// Every pair of a session and a filter of its whose first token is `root`, in no order.
    pub fn channels(&self, root: &str) -> Vec<Channel> {
        self.lock().audiences.channels(root)
    }

    /// What is kept on the topics of a filter, oldest first.
    pub fn kept(&self, filter: &Filter) -> Vec<Arc<Published>> {
        self.lock().kept.matching(filter).map(|(_, kept)| kept.clone()).collect()
    }

    /// Tells `told`, from now on and under the hub's lock, of each filter that comes to be heard (`true`) or ceases to be
    /// (`false`) and can match topics below the first token `root`; first of those that are heard now. Sessions of outlets that
    /// may lose messages do not count: they watch what is said, nothing is said for them.
    pub fn watch(&self, root: &str, told: HeardOf) {
        let mut state = self.lock();
        state.audiences.heard().filter(|filter| concerns(filter, root)).for_each(|filter| told(filter, true));
        state.watchers.push((root.into(), told));
    }

    /// What a session hears, in words for a log line: at most a few of its filters.
    pub fn topics_of(&self, session: SessionId) -> Safe {
        const SHOWN: usize = 4;
        let subscriptions = self.lock().audiences.subscriptions(session);
        let subscriptions = subscriptions.as_deref().unwrap_or_default();
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

impl State {
    pub(crate) fn pressed(&self) -> bool {
        self.over > 0
    }

    fn deliver(&mut self, outlet: u16, delivery: Delivery, wakes: &mut Vec<Wake>) {
        let Some(inbox) = self.inboxes.get_mut(usize::from(outlet)) else { return };
        let (before, after) = (inbox.size, inbox.size + delivery.size());
        if inbox.pressure == Pressure::Lose && after > self.limit && before > 0 {
            inbox.lost += 1;
            return;
        }
        if inbox.pressure == Pressure::HoldBack && before <= self.limit && after > self.limit {
            self.over += 1;
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
        if inbox.pressure == Pressure::HoldBack && before > limit && inbox.size <= limit {
            self.over -= 1;
            return self.over == 0;
        }
        false
    }

    pub(crate) fn subscribe(
        &mut self,
        outlet: u16,
        session: SessionId,
        peer: SocketAddr,
        subscriptions: Vec<Subscription>,
        recall: Recall,
    ) -> Joined {
        let before = self.audiences.subscriptions(session);
        let before = before.as_deref().unwrap_or_default();
        let kept = if recall == Recall::First { self.kept_for(before, &subscriptions) } else { Vec::new() };
        let later = match recall {
            Recall::After(wait) => {
                // What a session hears is in order: see `Audiences::place`.
                let is_fresh = |one: &&Subscription| before.binary_search(one).is_err();
                let mut fresh: Vec<Subscription> = subscriptions.iter().filter(is_fresh).cloned().collect();
                fresh.sort_unstable();
                fresh.dedup();
                Some(Later { wait, since: self.sequence, fresh })
            }
            Recall::First | Recall::Never => None,
        };
        let audience = self.audiences.place(outlet, session, peer, subscriptions);
        for (filter, is_heard) in self.audiences.take_news() {
            for (_, told) in self.watchers.iter().filter(|(root, _)| concerns(&filter, root)) {
                told(&filter, is_heard);
            }
        }
        Joined { audience, kept, later, lost: 0 }
    }

    /// What is kept on topics of these subscriptions since before `since`, as far as the session still has them.
    pub(crate) fn recall(&self, session: SessionId, since: u64, fresh: &[Subscription]) -> Vec<KeptFor> {
        let have = self.audiences.subscriptions(session);
        let have = have.as_deref().unwrap_or_default();
        let mut kept = Vec::new();
        for subscription in fresh.iter().filter(|one| have.binary_search(one).is_ok()) {
            let older = self.kept.matching(&subscription.filter).filter(|(sequence, _)| *sequence <= since);
            kept.extend(older.map(|(_, published)| KeptFor { published: published.clone(), form: subscription.form }));
        }
        kept
    }

    pub(crate) fn set_writable(&mut self, session: SessionId, writable: bool) {
        self.audiences.set_writable(session, writable);
    }

    /// What is kept on topics that only the new subscriptions hear, oldest first; work grows with what is found, not with all
    /// that is kept, unless they are wildcards.
    fn kept_for(&self, before: &[Subscription], now: &[Subscription]) -> Vec<KeptFor> {
        let mut kept: BTreeMap<(u64, Form), KeptFor> = BTreeMap::new();
        // What a session hears is in order: see `Audiences::place`.
        for Subscription { filter, form } in now.iter().filter(|one| before.binary_search(one).is_err()) {
            for (sequence, published) in self.kept.matching(filter) {
                let hears = |old: &Subscription| {
                    old.form == *form && self.kept.newest_on(sequence, published).any(|topic| old.filter.matches(topic))
                };
                if !before.iter().any(hears) {
                    let one = KeptFor { published: published.clone(), form: *form };
                    kept.insert((sequence, *form), one);
                }
            }
        }
        kept.into_values().collect()
    }
}

/// Whether a filter can match topics whose first token is `root`.
fn concerns(filter: &Filter, root: &str) -> bool {
    matches!(filter.tokens().next(), Some(first) if first == root || first == "*" || first == ">")
}
