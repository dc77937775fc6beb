//! One shard: a thread with a runtime of its own, where a connection lives from its accept to its end.
//!
//! Nothing of a shard is shared with another but the hub and the listeners' counts. Its tasks: one per connection, one
//! that accepts per listener, one that flushes what the hub has for it, one that looks at idle sessions.

use crate::answers::{Answer, AnswerBox};
use crate::clock::Clock;
use crate::codec::{self, Inflater, opcode};
use crate::conn::{Conn, Phase};
use crate::fanout::Fanout;
use crate::limits::Limits;
use crate::listener::Listener;
use crate::publish;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;
use tieline_hub::{Joined, KeptFor, Later, Outlet, Subscription};
use tieline_model::{Permit, Recall, SessionId, safe};
use tieline_telemetry::events::LimitReached;
use tokio::sync::Notify;

/// How long a client has to answer a close frame, in milliseconds.
const CLOSE_WAIT: u64 = 5_000;
/// Bytes read at once. One buffer serves all connections of a shard.
pub(crate) const SCRATCH: usize = 64 << 10;

pub(crate) struct Shard {
    pub(crate) outlet: Outlet,
    pub(crate) permit: Arc<dyn Permit>,
    pub(crate) clock: Clock,
    pub(crate) scratch: RefCell<Vec<u8>>,
    pub(crate) inflater: RefCell<Inflater>,
    /// Set when the hub has something for this shard, or relief from pressure has come.
    pub(crate) wake: Arc<Notify>,
    /// Set when the last connection has gone.
    pub(crate) empty: Notify,
    fanout: RefCell<Fanout>,
    conns: RefCell<HashMap<SessionId, Rc<Conn>>>,
    /// What came back from those who carry out commands.
    pub(crate) answers: Arc<AnswerBox>,
    /// Of those, what a session was woken for and has not taken yet.
    handed: RefCell<HashMap<SessionId, Vec<Answer>>>,
    /// Sessions that stopped reading because an outlet is full.
    parked: RefCell<Vec<Waker>>,
    count: Cell<u64>,
}

impl Shard {
    pub(crate) fn new(outlet: Outlet, wake: Arc<Notify>, permit: Arc<dyn Permit>, clock: Clock) -> Rc<Shard> {
        Rc::new(Shard {
            outlet,
            permit,
            clock,
            answers: AnswerBox::new(wake.clone()),
            handed: RefCell::default(),
            scratch: RefCell::new(vec![0; SCRATCH]),
            inflater: RefCell::default(),
            wake,
            empty: Notify::new(),
            fanout: RefCell::default(),
            conns: RefCell::default(),
            parked: RefCell::default(),
            count: Cell::new(0),
        })
    }

    pub(crate) fn next_session(&self) -> SessionId {
        self.count.set(self.count.get() + 1);
        SessionId::new(self.outlet.id(), self.count.get())
    }

    pub(crate) fn add(&self, conn: &Rc<Conn>) {
        self.conns.borrow_mut().insert(conn.session, conn.clone());
    }

    /// Forgets a connection: what it heard, and that it was there.
    pub(crate) fn remove(&self, conn: &Rc<Conn>) {
        self.change(conn, Vec::new(), Recall::Never);
        self.conns.borrow_mut().remove(&conn.session);
        self.handed.borrow_mut().remove(&conn.session);
        if self.conns.borrow().is_empty() {
            self.empty.notify_one();
        }
    }

    pub(crate) fn open(&self) -> usize {
        self.conns.borrow().len()
    }

    /// Makes these the complete set of what a connection hears. What was published before it has been offered to it.
    pub(crate) fn change(&self, conn: &Rc<Conn>, subscriptions: Vec<Subscription>, recall: Recall) -> Joined {
        let mut inbox = Vec::new();
        let joined = self.outlet.subscribe(conn.session, conn.peer, subscriptions, recall, &mut inbox);
        let mut fanout = self.fanout.borrow_mut();
        fanout.receive(&mut inbox);
        fanout.leave(conn, &self.outlet);
        if let Some(audience) = joined.audience {
            fanout.join(audience, conn);
        }
        drop(fanout);
        self.wake.notify_one();
        joined
    }

    /// Offers a connection everything that was published before this moment.
    pub(crate) fn settle(&self, conn: &Rc<Conn>) {
        let mut inbox = Vec::new();
        self.outlet.take(&mut inbox);
        let mut fanout = self.fanout.borrow_mut();
        fanout.receive(&mut inbox);
        fanout.settle(conn, &self.outlet);
        drop(fanout);
        self.wake.notify_one();
    }

    /// What a connection was to be told later and is due now. What was published before has been offered to it.
    pub(crate) fn recall(&self, conn: &Rc<Conn>, later: &Later) -> Vec<KeptFor> {
        let mut inbox = Vec::new();
        let kept = self.outlet.recall(conn.session, later, &mut inbox);
        let mut fanout = self.fanout.borrow_mut();
        fanout.receive(&mut inbox);
        fanout.settle(conn, &self.outlet);
        drop(fanout);
        self.wake.notify_one();
        kept
    }

    /// Stops a session from reading until the pressure is gone.
    pub(crate) fn park(&self, waker: &Waker) {
        self.parked.borrow_mut().push(waker.clone());
        // The relief may have come in between; the flush task looks again.
        self.wake.notify_one();
    }

    /// Writes what the hub has for this shard, as often as there is something.
    pub(crate) async fn flush(self: Rc<Self>) {
        let mut inbox = Vec::new();
        loop {
            self.wake.notified().await;
            self.outlet.take(&mut inbox);
            self.fanout.borrow_mut().receive(&mut inbox);
            if !self.outlet.hub().pressed() {
                self.parked.take().into_iter().for_each(Waker::wake);
            }
            self.hand_back();
            while self.turn() {
                tokio::task::yield_now().await;
                self.hand_back();
            }
        }
    }

    /// Looks at every session, once a second: pings, idle times, closings that take too long. The dialects of the listeners
    /// are told that time has passed.
    pub(crate) async fn sweep(self: Rc<Self>, listeners: Vec<Arc<Listener>>) {
        let ping = codec::control_frame(opcode::PING, &[]);
        let mut clock = self.clock.clone();
        loop {
            clock.tick().await;
            let now = clock.now();
            for dialect in listeners.iter().map(|listener| &listener.plan.dialect) {
                for message in dialect.tick(Duration::from_millis(now)) {
                    publish::publish(self.outlet.hub(), &**dialect, SessionId::NONE, message);
                }
            }
            let conns: Vec<Rc<Conn>> = self.conns.borrow().values().cloned().collect();
            for conn in conns {
                match conn.phase.get() {
                    Phase::Open => self.ask(&conn, now, &ping),
                    Phase::Closing(None) => conn.phase.set(Phase::Closing(Some(now))),
                    Phase::Closing(Some(since)) if now.saturating_sub(since) > CLOSE_WAIT => conn.die("lost"),
                    Phase::Closing(_) => {}
                    Phase::Dead => conn.wake(),
                }
            }
        }
    }

    /// Has every session say goodbye, in slices, so that not all clients come back in the same moment elsewhere.
    pub(crate) async fn farewell(&self) {
        const SLICE: usize = 128;
        let conns: Vec<Rc<Conn>> = self.conns.borrow().values().cloned().collect();
        for slice in conns.chunks(SLICE) {
            for conn in slice {
                conn.stopping.set(true);
                conn.wake();
            }
            tokio::task::yield_now().await;
        }
    }

    /// Gives answers to the sessions that asked, as far as they are still there.
    fn hand_back(&self) {
        for answer in self.answers.take() {
            if let Some(conn) = self.conns.borrow().get(&answer.session) {
                self.handed.borrow_mut().entry(answer.session).or_default().push(answer);
                conn.wake();
            }
        }
    }

    /// Takes the answers a session was woken for.
    pub(crate) fn handed(&self, session: SessionId) -> Vec<Answer> {
        self.handed.borrow_mut().remove(&session).unwrap_or_default()
    }

    fn ask(&self, conn: &Rc<Conn>, now: u64, ping: &bytes::Bytes) {
        let Limits { idle, ping: every, .. } = *conn.listener.limits();
        let silent = now.saturating_sub(conn.heard_at.get());
        if !idle.is_zero() && silent >= millis(idle) {
            let why = safe!("nothing heard for {} seconds (limits.idle)", silent / 1000);
            let (dialect, peer) = (conn.listener.name(), conn.peer);
            LimitReached { dialect, limit: "idle", peer, detail: why.clone() }.emit();
            self.change(conn, Vec::new(), Recall::Never);
            conn.close(codec::code::AWAY, &why, "idle");
        } else if !every.is_zero() && silent.min(now.saturating_sub(conn.pinged_at.get())) >= millis(every) {
            conn.pinged_at.set(now);
            conn.offer(ping, 0, &self.outlet);
        }
    }

    /// Serves some members; returns whether there is more to do.
    fn turn(&self) -> bool {
        let mut fanout = self.fanout.borrow_mut();
        let more = fanout.turn(&self.outlet);
        let served = fanout.served();
        drop(fanout);
        if served > 0 {
            self.outlet.served(served);
        }
        more
    }
}

fn millis(duration: Duration) -> u64 {
    duration.as_millis() as u64
}

#[cfg(test)]
mod tests;
