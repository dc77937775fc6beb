//! One shard: a thread with a runtime of its own, where a connection lives from its accept to its end.
//!
//! Nothing of a shard is shared with another but the hub and the listeners' counts. Its tasks: one per connection, one
//! that accepts per listener, one that flushes what the hub has for it, one that looks at idle sessions, one that lets those
//! go on who have used their turn.

pub(crate) mod backpressure;
pub(crate) mod clock;
pub(crate) mod fanout;
pub(crate) mod heartbeat;
pub(crate) mod publish;
pub(crate) mod scheduler;
pub(crate) mod workers;

use crate::port::listener::Listener;
use crate::session::answers::{Answer, AnswerBox};
use crate::session::closing::Cut;
use crate::session::conn::{Conn, Phase};
use crate::session::keepalive::Life;
use crate::shard::backpressure::Backpressure;
use crate::shard::clock::Clock;
use crate::shard::fanout::Fanout;
use crate::shard::scheduler::Scheduler;
use crate::shard::workers::Workers;
use foldhash::fast::RandomState;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tieline_budget::{Mailbox, Memory};
use tieline_codec::{Inflater, opcode};
use tieline_hub::{Change, Joined, Later, RetainedFor, Sink};
use tieline_model::{Permit, Recall, SessionId};
use tokio::sync::Notify;

/// Bytes read at once. One buffer serves all connections of a shard.
pub(crate) const SCRATCH: usize = 64 << 10;

pub(crate) struct Shard {
    pub(crate) sink: Sink,
    pub(crate) permit: Arc<dyn Permit>,
    pub(crate) clock: Clock,
    pub(crate) scratch: RefCell<Vec<u8>>,
    pub(crate) inflater: RefCell<Inflater>,
    /// Set when the hub has something for this shard, or relief from pressure has come.
    pub(crate) wake: Arc<Notify>,
    /// Set when the last connection has gone.
    pub(crate) empty: Notify,
    fanout: RefCell<Fanout>,
    conns: RefCell<HashMap<SessionId, Rc<Conn>, RandomState>>,
    /// Connections whose upgrade was answered and whose session has not begun.
    arriving: Cell<usize>,
    /// The gateway stops: a session that begins now is told so at once.
    stopping: Cell<bool>,
    /// What came back from those who carry out commands.
    pub(crate) answers: Arc<AnswerBox>,
    /// Of those, what a session was woken for and has not taken yet.
    handed: RefCell<HashMap<SessionId, Vec<Answer>, RandomState>>,
    /// Sessions that stopped reading because a sink is full.
    backpressure: Backpressure<Conn>,
    /// Whose turn it is to be heard.
    pub(crate) scheduler: Rc<Scheduler<Conn>>,
    count: Cell<u64>,
    /// Who hears messages that are too large for a turn.
    pub(crate) workers: Arc<Workers>,
    /// Which of its sessions have to give memory back.
    pub(crate) mailbox: Arc<Mailbox>,
    /// What was cut off while the gateway stops.
    pub(crate) cut: Cell<Cut>,
}

/// A session that is about to begin, until this is dropped.
pub(crate) struct Arrival(Rc<Shard>);

impl Drop for Arrival {
    fn drop(&mut self) {
        self.0.arriving.set(self.0.arriving.get() - 1);
        self.0.look_whether_empty();
    }
}

impl Shard {
    pub(crate) fn new(
        sink: Sink,
        wake: Arc<Notify>,
        permit: Arc<dyn Permit>,
        clock: Clock,
        memory: &Arc<Memory>,
        workers: Arc<Workers>,
    ) -> Rc<Shard> {
        Rc::new(Shard {
            mailbox: memory.mailbox(sink.id(), wake.clone()),
            cut: Cell::default(),
            sink,
            permit,
            clock,
            answers: AnswerBox::new(wake.clone()),
            handed: RefCell::default(),
            scratch: RefCell::new(vec![0; SCRATCH]),
            inflater: RefCell::default(),
            wake,
            empty: Notify::new(),
            fanout: RefCell::new(Fanout::new(memory.clone())),
            conns: RefCell::default(),
            arriving: Cell::new(0),
            stopping: Cell::new(false),
            backpressure: Backpressure::new(),
            scheduler: Rc::new(Scheduler::new()),
            count: Cell::new(0),
            workers,
        })
    }

    pub(crate) fn next_session(&self) -> SessionId {
        self.count.set(self.count.get() + 1);
        SessionId::new(self.sink.id(), self.count.get())
    }

    pub(crate) fn add(&self, conn: &Rc<Conn>) {
        self.scheduler.enter(conn, self.scheduler.now());
        conn.stopping.set(self.stopping.get());
        self.conns.borrow_mut().insert(conn.session, conn.clone());
    }

    /// Forgets a connection: what it heard, and that it was there.
    pub(crate) fn remove(&self, conn: &Rc<Conn>) {
        self.leave(conn);
        self.conns.borrow_mut().remove(&conn.session);
        self.handed.borrow_mut().remove(&conn.session);
        self.backpressure.leave(&conn.ticket);
        self.scheduler.leave(conn);
        self.look_whether_empty();
    }

    pub(crate) fn conn(&self, session: SessionId) -> Option<Rc<Conn>> {
        self.conns.borrow().get(&session).cloned()
    }

    pub(crate) fn everybody(&self) -> Vec<Rc<Conn>> {
        self.conns.borrow().values().cloned().collect()
    }

    /// Sessions that are open, and those that are about to begin.
    pub(crate) fn open(&self) -> usize {
        self.conns.borrow().len() + self.arriving.get()
    }

    /// A connection's upgrade is answered: its session begins soon, and counts from now on.
    pub(crate) fn arrives(self: &Rc<Shard>) -> Arrival {
        self.arriving.set(self.arriving.get() + 1);
        Arrival(self.clone())
    }

    fn look_whether_empty(&self) {
        if self.open() == 0 {
            self.empty.notify_one();
        }
    }

    /// A connection hears nothing any more.
    pub(crate) fn leave(&self, conn: &Rc<Conn>) {
        self.change(conn, Change::leave(), Recall::Never);
    }

    /// Changes what a connection hears. What was published before it has been offered to it.
    pub(crate) fn change(&self, conn: &Rc<Conn>, change: Change, recall: Recall) -> Joined {
        let mut inbox = Vec::new();
        let joined = self.sink.subscribe(conn.session, conn.peer, change, recall, &mut inbox);
        let mut fanout = self.fanout.borrow_mut();
        fanout.receive(&mut inbox);
        fanout.leave(conn, &self.sink);
        if let Some(group) = joined.group {
            fanout.join(group, conn);
        }
        drop(fanout);
        self.wake.notify_one();
        joined
    }

    /// Offers a connection everything that was published before this moment.
    pub(crate) fn settle(&self, conn: &Rc<Conn>) {
        let mut inbox = Vec::new();
        self.sink.take(&mut inbox);
        let mut fanout = self.fanout.borrow_mut();
        fanout.receive(&mut inbox);
        fanout.settle(conn, &self.sink);
        drop(fanout);
        self.wake.notify_one();
    }

    /// What a connection was to be told later and is due now. What was published before has been offered to it.
    pub(crate) fn recall(&self, conn: &Rc<Conn>, later: &Later) -> Vec<RetainedFor> {
        let mut inbox = Vec::new();
        let retained = self.sink.recall(conn.session, later, &mut inbox);
        let mut fanout = self.fanout.borrow_mut();
        fanout.receive(&mut inbox);
        fanout.settle(conn, &self.sink);
        drop(fanout);
        self.wake.notify_one();
        retained
    }

    /// Whether a session must not hear more because publishers are asked to wait; until an inbox is full, each is heard now and
    /// then all the same. When it must not, it is registered by this
    /// very question and woken when it may ask again: whoever got `true` has only to return.
    pub(crate) fn must_wait(&self, conn: &Rc<Conn>) -> bool {
        let (was_heard, hub) = (conn.ticket.get() == 0, self.sink.hub());
        let pressed = hub.pressed() && (hub.is_full() || !self.scheduler.spares(conn));
        let waits = self.backpressure.must_wait(conn, &conn.ticket, pressed, || self.wake.notify_one());
        if waits && was_heard {
            conn.listener.counters.held_back.add(1);
        }
        waits
    }

    /// Writes what the hub has for this shard, as often as there is something.
    pub(crate) async fn flush(self: Rc<Self>) {
        let mut inbox = Vec::new();
        loop {
            self.wake.notified().await;
            loop {
                // Before each turn: what is published meanwhile to others does not wait until all is done.
                self.sink.take(&mut inbox);
                self.fanout.borrow_mut().receive(&mut inbox);
                self.release();
                self.hand_back();
                if !self.turn() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
    }

    /// Lets those ask again who wait for relief, once it has come. Each relief wakes the flush, and so does each session that
    /// begins to wait: of the two, the later one always finds the other.
    fn release(&self) {
        if !self.sink.hub().pressed() {
            self.backpressure.release();
        }
    }

    /// Looks at every session, once a second: pings, idle times, closings that take too long. The dialects of the listeners
    /// are told that time has passed.
    pub(crate) async fn sweep(self: Rc<Self>, listeners: Vec<Arc<Listener>>) {
        let ping = tieline_codec::control_frame(opcode::PING, &[]);
        let mut clock = self.clock.clone();
        loop {
            clock.tick().await;
            let now = clock.now();
            for listener in &listeners {
                let dialect = &*listener.plan.dialect;
                for message in dialect.tick(Duration::from_millis(now)) {
                    publish::publish(self.sink.hub(), &listener.memory, dialect, SessionId::NONE, message);
                }
            }
            for conn in self.everybody() {
                match conn.phase.get() {
                    Phase::Open if self.is_overdue(&conn, now) => {}
                    Phase::Open => self.ask(&conn, now, &ping),
                    Phase::Closing(_) if conn.life.get() == Life::LookedFor => conn.die("lost"),
                    Phase::Closing(stage) => conn.look_at_closing(stage, now, &self.sink),
                    Phase::Dead => conn.wake(),
                }
            }
        }
    }

    /// Has every session say goodbye, in slices, so that not all clients come back in the same moment elsewhere.
    pub(crate) async fn farewell(&self) {
        const SLICE: usize = 128;
        self.stopping.set(true);
        for slice in self.everybody().chunks(SLICE) {
            for conn in slice {
                conn.stopping.set(true);
                conn.wake();
            }
            tokio::task::yield_now().await;
        }
    }

    /// Gives answers to the sessions that asked, as far as they are still there.
    fn hand_back(&self) {
        self.evict();
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

    /// Serves some members; returns whether there is more to do.
    fn turn(&self) -> bool {
        // A mistake in one turn is that turn's: what it held counts as served, or publishers would wait for it for ever.
        let turn = || self.fanout.borrow_mut().turn(&self.sink);
        let more = catch_unwind(AssertUnwindSafe(turn)).unwrap_or_else(|_| self.fanout.borrow_mut().abandon());
        let mut fanout = self.fanout.borrow_mut();
        let served = fanout.served();
        drop(fanout);
        if served > 0 {
            self.sink.served(served);
        }
        self.scheduler.delivers(more);
        more
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    duration.as_millis() as u64
}

#[cfg(test)]
pub(crate) mod tests;
