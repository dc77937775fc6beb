//! Whose turn it is on a shard: what clients cause is paid for in work, and who has used its share waits.
//!
//! A session that has something to hear begins a turn and pays for each piece of it: what the piece is known to cost at
//! least, or the time it took, whichever is more. Everybody has credit for one [`TURN`], and it comes back with time. Who
//! has none left goes to the end of a queue, and so does everybody once a shard has heard for a whole [`CYCLE`]; those with
//! credit go before those without. From the queue about one cycle's worth goes on each time the reactor was asked, and one
//! session at least: so twenty greedy clients cost a modest one about one turn, and its own bytes, new connections and timers
//! are looked at in between. Who waits stays in the queue until its credit is above nothing, a [`TURN`] a round, so that
//! one long message is paid for by many rounds.
//!
//! Who is alone goes on for a whole cycle: nobody waits in the queue and nothing waits to be delivered, so all it says in that time
//! goes out together. To stop sooner would cost a write to each of a thousand members more, and spare nobody anything.
//!
//! Who has no session yet, from the accept to the end of the handshake, shares [`NEWCOMERS`] of each cycle with all others
//! like it: a thousand that come, or run out of time, in the same moment do not stand between a session and the reactor.
//!
//! Promises: nobody waits for ever, whatever the others do; an idle session costs nothing. Called by sessions on their
//! shard's thread; the shard runs `Scheduler::run` as a task.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;
use tokio::sync::Notify;

/// Work that a session may do before others, in nanoseconds; also what it may have saved at most.
pub(crate) const TURN: i64 = 250_000;
/// Work that a shard does before it asks the reactor again.
pub(crate) const CYCLE: i64 = 1_000_000;
/// Work after which it is noticed that the reactor was asked.
const NOTICED: i64 = CYCLE / 8;
/// Work that newcomers together may do in a cycle.
const NEWCOMERS: i64 = 250_000;
/// Of each so many nanoseconds one comes back as credit.
const SHARE: i64 = 16;
/// The deepest debt that is remembered.
const DEEPEST: i64 = -1_000_000_000;

/// What work costs at least, in nanoseconds. Measured times count when they are more; these keep a turn bounded where a
/// clock is too coarse, and count what is done elsewhere later.
pub(crate) mod cost {
    /// A step of a newcomer: what it takes to accept, or to close, is not timed.
    pub(crate) const NEWCOMER: i64 = 15_000;
    /// A read from the socket.
    pub(crate) const READ: i64 = 1_000;
    /// A frame of any kind.
    pub(crate) const FRAME: i64 = 100;
    /// So many bytes unmasked, checked and copied.
    pub(crate) const BYTES_PER_NANOSECOND: usize = 4;
    /// A message heard by the dialect, and answered.
    pub(crate) const MESSAGE: i64 = 1_000;
    /// A message published: what shards do about it.
    pub(crate) const PUBLISH: i64 = 2_000;
    /// One more group that hears it.
    pub(crate) const GROUP: i64 = 200;
    /// A channel listed for who asks for all of them.
    pub(crate) const CHANNEL: i64 = 100;
    /// A compressed byte.
    pub(crate) const COMPRESSED_BYTE: i64 = 10;
    /// A byte it was inflated to, so many of them.
    pub(crate) const INFLATED_BYTES_PER_NANOSECOND: usize = 2;
}

/// Where a session stands, for its schedule.
#[derive(Debug, Default)]
pub(crate) struct DefaultGrant {
    /// Nanoseconds of work.
    credit: Cell<i32>,
    /// When credit was last given, in [`TICK`]s.
    credited_at: Cell<u32>,
    /// When it was heard last although publishers were asked to wait, in milliseconds that begin anew each minute: who comes
    /// back just then waits once more.
    spared_at: Cell<u16>,
    place: Cell<Place>,
}

/// How often a session is heard although publishers are asked to wait, in milliseconds: who says little need not wait for
/// those who say much.
const SPARED: u16 = 4;

/// What credit's time is counted in, in nanoseconds: coarse, so that it is small.
const TICK: u64 = 16_384;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Not in the queue.
    #[default]
    Out,
    /// In the queue.
    Queued,
    /// Taken out of it and woken.
    Called,
}

/// Something that can be scheduled.
pub(crate) trait Member {
    fn default_grant(&self) -> &DefaultGrant;
    fn wake(&self);
}

/// One poll of a session.
#[derive(Debug)]
pub(crate) struct Turn {
    left: i64,
    /// It was called from the queue.
    called: bool,
    /// Until when its work is paid for, in nanoseconds of the schedule.
    paid_until: u64,
}

/// The sessions of one shard that have something to hear and must wait.
pub(crate) struct Scheduler<M> {
    start: Instant,
    /// Those with credit left.
    light: RefCell<VecDeque<Rc<M>>>,
    /// Those without.
    heavy: RefCell<VecDeque<Rc<M>>>,
    /// Work done since the reactor was last asked.
    spent: Cell<i64>,
    /// What was published is being delivered, and there is more of it.
    delivers: Cell<bool>,
    /// Set when somebody is in a queue.
    filled: Notify,
    newcomers: RefCell<VecDeque<Newcomer>>,
    /// Work that newcomers did since the reactor was last asked.
    spent_by_newcomers: Cell<i64>,
}

/// Work of a newcomer that waits.
struct Newcomer {
    waits: Rc<Cell<bool>>,
    waker: Waker,
}

impl<M: Member> Scheduler<M> {
    pub(crate) fn new() -> Scheduler<M> {
        Scheduler {
            start: Instant::now(),
            light: RefCell::default(),
            heavy: RefCell::default(),
            spent: Cell::new(0),
            delivers: Cell::new(false),
            filled: Notify::new(),
            newcomers: RefCell::default(),
            spent_by_newcomers: Cell::new(0),
        }
    }

    /// Nanoseconds since it was made.
    pub(crate) fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    /// Whether a session may be heard although publishers are asked to wait; then that was it for a while.
    pub(crate) fn spares(&self, member: &M) -> bool {
        let (now, spared_at) = ((self.now() / 1_000_000) as u16, &member.default_grant().spared_at);
        let may = now.wrapping_sub(spared_at.get()) >= SPARED;
        if may {
            spared_at.set(now);
        }
        may
    }

    /// A newcomer may do one turn at once.
    pub(crate) fn enter(&self, member: &M, now: u64) {
        member.default_grant().credit.set(TURN as i32);
        member.default_grant().credited_at.set((now / TICK) as u32);
    }

    /// Begins a poll of a session.
    pub(crate) fn begin(&self, member: &M, now: u64) -> Turn {
        let default_grant = member.default_grant();
        let (left, called) = match default_grant.place.get() {
            // Woken for something else: it may write and be told, not hear.
            Place::Queued => (0, false),
            Place::Called => {
                default_grant.place.set(Place::Out);
                (i64::from(default_grant.credit.get()), true)
            }
            Place::Out => (default_grant.come_back(now), false),
        };
        Turn { left, called, paid_until: now }
    }

    /// Whether the session may hear more in this turn.
    pub(crate) fn may_go_on(&self, turn: &Turn) -> bool {
        let is_time = self.spent.get() < CYCLE;
        let is_alone = || self.is_empty() && !self.delivers.get();
        if turn.left > 0 { turn.called || is_time } else { is_time && is_alone() }
    }

    /// Whether there is more to deliver.
    pub(crate) fn delivers(&self, more: bool) {
        self.delivers.set(more);
    }

    /// Pays for work: `least`, or the time since the turn began or was last paid for.
    pub(crate) fn pay(&self, member: &M, turn: &mut Turn, least: i64, now: u64) {
        let work = least.max(now.saturating_sub(turn.paid_until) as i64);
        turn.paid_until = now;
        turn.left -= work;
        let spent = self.spent.get();
        self.spent.set(spent.saturating_add(work));
        // It is counted from nothing again when the reactor was asked, also where nobody waits.
        if spent < NOTICED && self.spent.get() >= NOTICED {
            self.filled.notify_one();
        }
        member.default_grant().add(-work);
    }

    /// Puts a session that may not go on into the queue; it is woken when it may.
    pub(crate) fn wait(&self, member: &Rc<M>) {
        let default_grant = member.default_grant();
        if default_grant.place.replace(Place::Queued) == Place::Queued {
            return;
        }
        let queue = if default_grant.credit.get() > 0 { &self.light } else { &self.heavy };
        queue.borrow_mut().push_back(member.clone());
        self.filled.notify_one();
    }

    /// Ends a poll. One that was called calls the next, as long as the cycle lasts.
    pub(crate) fn end(&self, turn: &Turn) {
        if turn.called && self.spent.get() < CYCLE && !self.call_light() {
            self.call_heavy();
        }
    }

    /// Does the work of somebody who has no session yet, each step when its turn has come.
    pub(crate) async fn newcomer<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        let waits = Rc::new(Cell::new(false));
        let step = move |context: &mut Context<'_>| {
            if self.spent_by_newcomers.get() >= NEWCOMERS {
                if !waits.replace(true) {
                    let newcomer = Newcomer { waits: waits.clone(), waker: context.waker().clone() };
                    self.newcomers.borrow_mut().push_back(newcomer);
                    self.filled.notify_one();
                }
                return Poll::Pending;
            }
            let began = self.now();
            let outcome = work.as_mut().poll(context);
            let took = (self.now() - began) as i64;
            self.spent_by_newcomers.set(self.spent_by_newcomers.get() + took.max(cost::NEWCOMER));
            self.call_newcomer();
            outcome
        };
        poll_fn(step).await
    }

    /// Forgets a session that has ended.
    pub(crate) fn leave(&self, member: &M) {
        if member.default_grant().place.replace(Place::Out) == Place::Queued {
            for queue in [&self.light, &self.heavy] {
                queue.borrow_mut().retain(|other| !std::ptr::eq(&**other, member));
            }
        }
    }

    /// Lets sessions go on, behind the reactor.
    pub(crate) async fn run(self: Rc<Self>) {
        loop {
            if self.is_empty() {
                self.filled.notified().await;
            }
            // Woken after the reactor was asked, not before as any wake of ours would be.
            tokio::task::yield_now().await;
            self.cycle();
        }
    }

    /// Begins a cycle: one of each kind at least goes on.
    fn cycle(&self) {
        self.spent.set(0);
        self.spent_by_newcomers.set(0);
        self.call_light();
        self.call_heavy();
        self.call_newcomer();
    }

    fn is_empty(&self) -> bool {
        self.light.borrow().is_empty() && self.heavy.borrow().is_empty() && self.newcomers.borrow().is_empty()
    }

    /// The next newcomer, while there is time for one.
    fn call_newcomer(&self) {
        if self.spent_by_newcomers.get() < NEWCOMERS {
            let next = self.newcomers.borrow_mut().pop_front();
            if let Some(Newcomer { waits, waker }) = next {
                waits.set(false);
                waker.wake();
            }
        }
    }

    fn call_light(&self) -> bool {
        let next = self.light.borrow_mut().pop_front();
        next.is_some_and(|member| call(&member))
    }

    /// The next whose credit suffices after everybody passed over was given a turn's; else the first.
    fn call_heavy(&self) -> bool {
        let mut heavy = self.heavy.borrow_mut();
        let mut next = None;
        for _ in 0..heavy.len() {
            let Some(first) = heavy.pop_front() else { break };
            first.default_grant().add(TURN);
            if first.default_grant().credit.get() > 0 {
                next = Some(first);
                break;
            }
            heavy.push_back(first);
        }
        // Nobody waits whom this one could delay unfairly.
        let next = next.or_else(|| heavy.pop_front().inspect(|first| first.default_grant().credit.set(TURN as i32)));
        drop(heavy);
        next.is_some_and(|member| call(&member))
    }
}

fn call<M: Member>(member: &Rc<M>) -> bool {
    member.default_grant().place.set(Place::Called);
    member.wake();
    true
}

impl DefaultGrant {
    /// Gives the credit that time has brought; returns what is there.
    fn come_back(&self, now: u64) -> i64 {
        let tick = (now / TICK) as u32;
        let passed = tick.wrapping_sub(self.credited_at.replace(tick));
        self.add(i64::from(passed) * TICK as i64 / SHARE);
        i64::from(self.credit.get())
    }

    fn add(&self, work: i64) {
        let credit = i64::from(self.credit.get()).saturating_add(work).clamp(DEEPEST, TURN);
        self.credit.set(credit as i32);
    }
}

#[cfg(test)]
mod tests;
