//! One client's connection, the side that is written to: the socket, its queue, and how it ends.
//!
//! Anyone on the shard may offer it a frame; nobody ever waits for it. What the socket does not take goes to the queue,
//! and over the bound the listener's policy decides. The session owns the reading side and drives the queue.

use crate::port::listener::Listener;
use crate::session::keepalive::Life;
use crate::session::outbox::Outbox;
use crate::session::socket::Socket;
use crate::shard::backpressure::Ticket;
use crate::shard::scheduler::{DefaultGrant, Member};
use crate::{Limits, QueueFull};
use bytes::Bytes;
use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Waker;
use tieline_budget::{Load, Owner};
use tieline_codec::code;
use tieline_hub::Sink;
use tieline_model::{Framing, Safe, SessionId, safe};
use tieline_telemetry::events::{LimitReached, MessagesLost};

/// Where a connection is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Messages go both ways.
    Open,
    /// A close frame was queued; nothing follows it.
    Closing(Stage),
    /// Nothing can be written or read any more.
    Dead,
}

/// How far a closing is, as the sweep sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It was not looked at yet.
    New,
    /// The close frame waits for the socket, and did at the connection's `asked_at`.
    Waiting,
    /// The close frame was written by the connection's `asked_at`.
    Written,
}

/// The number of no group: it hears nothing.
pub(crate) const NO_GROUP: u32 = u32::MAX;

/// Why a session ended, for the log.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    pub(crate) reason: &'static str,
    pub(crate) code: u16,
    pub(crate) detail: Safe,
}

pub(crate) struct Conn {
    pub(crate) socket: Socket,
    pub(crate) session: SessionId,
    pub(crate) peer: SocketAddr,
    pub(crate) listener: Arc<Listener>,
    /// What goes around this client's payloads.
    pub(crate) framing: Framing,
    pub(crate) phase: Cell<Phase>,
    pub(crate) ending: Cell<Option<Box<Ending>>>,
    /// The session's task.
    pub(crate) waker: Cell<Option<Waker>>,
    /// While set, frames are queued and go out together afterwards.
    corked: Cell<bool>,
    pub(crate) outbox: RefCell<Outbox>,
    /// What it holds of everybody's memory.
    pub(crate) load: Load,
    /// Whether the hub was told that the queue is full.
    full: Cell<bool>,
    /// Commands whose answers its client was not told yet.
    pub(crate) asked: Cell<u32>,
    /// A worker hears a message of its client's.
    pub(crate) away: Cell<bool>,
    /// The gateway stops: the session is to say goodbye.
    pub(crate) stopping: Cell<bool>,
    /// When the client was last heard, in milliseconds, and when it was last asked for something: by a ping, or while
    /// closing to take the close frame and then to answer it.
    pub(crate) heard_at: Cell<u64>,
    pub(crate) asked_at: Cell<u64>,
    /// Whether it has answered.
    pub(crate) life: Cell<Life>,
    /// What its client's work has cost, and its place among those who wait because publishers have to.
    pub(crate) default_grant: DefaultGrant,
    pub(crate) ticket: Ticket,
    /// Its group and its place in it; see `fanout`.
    pub(crate) group: Cell<u32>,
    pub(crate) place: Cell<u32>,
    pub(crate) skip: Cell<u32>,
}

impl Conn {
    pub(crate) fn new(
        socket: Socket,
        session: SessionId,
        peer: SocketAddr,
        listener: Arc<Listener>,
        framing: Framing,
        now: u64,
    ) -> Conn {
        Conn {
            socket,
            session,
            peer,
            listener,
            framing,
            phase: Cell::new(Phase::Open),
            ending: Cell::default(),
            waker: Cell::default(),
            corked: Cell::new(false),
            outbox: RefCell::default(),
            load: Load::default(),
            full: Cell::new(false),
            asked: Cell::new(0),
            away: Cell::new(false),
            stopping: Cell::new(false),
            heard_at: Cell::new(now),
            asked_at: Cell::new(now),
            life: Cell::default(),
            default_grant: DefaultGrant::default(),
            ticket: Cell::default(),
            group: Cell::new(NO_GROUP),
            place: Cell::new(0),
            skip: Cell::new(0),
        }
    }

    /// Offers a finished frame, or several joined ones: to the socket if nothing waits before it, else to the queue.
    /// Returns whether the connection took it.
    pub(crate) fn offer(&self, frame: &Bytes, messages: u32, sink: &Sink) -> bool {
        self.offer_shared(frame, messages, 0, sink)
    }

    /// The same of bytes that `holders` clients are offered.
    pub(crate) fn offer_shared(&self, frame: &Bytes, messages: u32, holders: u32, sink: &Sink) -> bool {
        if self.phase.get() != Phase::Open {
            return false;
        }
        let mut taken = 0;
        if !self.corked.get() && self.outbox.borrow().is_empty() {
            match self.socket.write(frame) {
                Ok(n) if n == frame.len() && !self.socket.holds_bytes() => return true,
                Ok(n) => taken = n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => {
                    self.die("lost");
                    return false;
                }
            }
        }
        self.enqueue(frame.slice(taken..), messages, holders, taken);
        self.keep_bound(sink);
        true
    }

    /// Says goodbye: a close frame, and nothing after it.
    pub(crate) fn close(&self, code: u16, why: &Safe, reason: &'static str) {
        if self.phase.get() != Phase::Open {
            return;
        }
        self.end_with(reason, code, why.clone());
        self.send_close(tieline_codec::close_frame(code, why.as_str()));
    }

    /// Answers a client's close frame with the same code.
    pub(crate) fn close_back(&self, code: Option<u16>) {
        if self.phase.get() == Phase::Open {
            self.end_with("client", code.unwrap_or(1005), "".into());
            let frame = match code {
                Some(code) => tieline_codec::close_frame(code, ""),
                None => tieline_codec::control_frame(tieline_codec::opcode::CLOSE, &[]),
            };
            self.send_close(frame);
        }
    }

    /// A mistake of the program ends it: it is told so, as far as the socket takes that now.
    pub(crate) fn fail(&self, sink: &Sink) {
        self.close(code::INTERNAL, &"a mistake in Tieline ended this session; please report it".into(), "panic");
        self.uncork(sink);
    }

    /// The socket is of no use any more.
    pub(crate) fn die(&self, reason: &'static str) {
        self.end_with(reason, 1006, "".into());
        self.phase.set(Phase::Dead);
        self.wake();
    }

    pub(crate) fn cork(&self) {
        self.corked.set(true);
    }

    pub(crate) fn uncork(&self, sink: &Sink) {
        self.corked.set(false);
        if self.has_output() {
            self.drain(sink);
            if self.has_output() {
                self.wake();
            }
        }
    }

    pub(crate) fn has_output(&self) -> bool {
        !self.outbox.borrow().is_empty() || self.socket.holds_bytes()
    }

    /// Writes as much of the queue as the socket takes now.
    pub(crate) fn drain(&self, sink: &Sink) {
        let result = self.try_drain();
        self.weigh_queue();
        if let Err(error) = result
            && error.kind() != ErrorKind::WouldBlock
        {
            self.die("lost");
        }
        if self.full.get() && self.waiting() < low_water(self.listener.limits()) {
            self.full.set(false);
            sink.set_writable(self.session, true);
        }
    }

    pub(crate) fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// The client gave a sign of life.
    pub(crate) fn shows_life(&self, now: u64) {
        self.heard_at.set(now);
        self.life.set(Life::Shown);
    }

    fn try_drain(&self) -> io::Result<()> {
        let mut outbox = self.outbox.borrow_mut();
        while !outbox.is_empty() {
            let (slices, count) = outbox.slices();
            let written = self.socket.write_vectored(&slices[..count])?;
            if written > 0 {
                // Its end of the connection reads on.
                self.life.set(Life::Shown);
            }
            let before = outbox.size();
            outbox.written(written);
            self.listener.counters.queued.decrement((before - outbox.size()) as f64);
        }
        self.socket.send_held()
    }

    fn waiting(&self) -> usize {
        self.outbox.borrow().waiting()
    }

    fn enqueue(&self, frame: Bytes, messages: u32, holders: u32, begun: usize) {
        if frame.is_empty() {
            return self.wake();
        }
        let mut outbox = self.outbox.borrow_mut();
        let before = outbox.size();
        outbox.push(frame, messages, holders, begun);
        self.listener.counters.queued.increment((outbox.size() - before) as f64);
        drop(outbox);
        // Corked it is on its way: what is left is weighed afterwards.
        if !self.corked.get() {
            self.weigh_queue();
            self.wake();
        }
    }

    /// Applies the listener's policy when the queue is over its bound.
    fn keep_bound(&self, sink: &Sink) {
        let limits = self.listener.limits();
        let waiting = self.waiting();
        if limits.queue_bytes == 0 || waiting < high_water(limits) {
            return;
        }
        if !self.full.replace(true) {
            sink.set_writable(self.session, false);
        }
        if waiting <= limits.queue_bytes {
            return;
        }
        let mut outbox = self.outbox.borrow_mut();
        let before = outbox.size();
        let (reason, lost) = match limits.queue_full {
            QueueFull::Disconnect => ("disconnect", outbox.clear()),
            QueueFull::DropOldest => ("drop_oldest", outbox.drop_oldest(limits.queue_bytes)),
            QueueFull::DropNewest => ("drop_newest", outbox.drop_newest()),
        };
        self.listener.counters.queued.decrement((before - outbox.size()) as f64);
        drop(outbox);
        self.weigh_queue();
        self.tell_loss(reason, lost, waiting, sink);
        if limits.queue_full == QueueFull::Disconnect {
            let why = safe!("reads too slowly: more than {} bytes wait (limits.queue_bytes)", limits.queue_bytes);
            self.end_with("slow", code::POLICY, why.clone());
            self.send_close(tieline_codec::close_frame(code::POLICY, why.as_str()));
        }
    }

    /// Drops what is not on its way yet; every message is lost for `reason`.
    pub(crate) fn give_up_queue(&self, reason: &'static str, sink: &Sink) {
        let mut outbox = self.outbox.borrow_mut();
        let (before, waiting) = (outbox.size(), outbox.waiting());
        let lost = outbox.clear();
        self.listener.counters.queued.decrement((before - outbox.size()) as f64);
        drop(outbox);
        self.weigh_queue();
        if lost > 0 {
            let dialect = self.listener.name();
            self.listener.counters.lose(dialect, reason, lost);
            let topics = sink.hub().topics_of(self.session);
            let (session, queued_bytes) = (self.session, waiting as u64);
            MessagesLost { dialect, reason, session, topics, messages: lost, queued_bytes }.emit();
        }
    }

    fn tell_loss(&self, reason: &'static str, lost: u64, size: usize, sink: &Sink) {
        let dialect = self.listener.name();
        self.listener.counters.lose(dialect, reason, lost);
        let topics = sink.hub().topics_of(self.session);
        MessagesLost { dialect, reason, session: self.session, topics, messages: lost, queued_bytes: size as u64 }
            .emit();
        let limit = self.listener.limits().queue_bytes;
        let detail = safe!(
            "a queue of {} bytes, at most {}; raise limits.queue_bytes, or choose limits.queue_full",
            size,
            limit
        );
        LimitReached { dialect, limit: "queue_bytes", peer: self.peer, detail }.emit();
    }

    /// Says how much waits now.
    pub(crate) fn weigh_queue(&self) {
        let (own, share) = {
            let outbox = self.outbox.borrow();
            (outbox.own(), outbox.share())
        };
        // What TLS has taken and the socket has not: at most this, rustls does not say how much.
        let tls = if self.socket.holds_bytes() { TLS_BYTES } else { 0 };
        self.load.set_queue(self.owner(), own + tls, share + tls);
    }

    pub(crate) fn owner(&self) -> Owner<'_> {
        Owner { memory: &self.listener.memory, session: self.session, address: self.peer.ip() }
    }

    pub(crate) fn end_with(&self, reason: &'static str, code: u16, detail: Safe) {
        let first = self.ending.take();
        self.ending.set(first.or_else(|| Some(Box::new(Ending { reason, code, detail }))));
    }

    fn send_close(&self, frame: Bytes) {
        self.enqueue(frame, 0, 0, 0);
        self.phase.set(Phase::Closing(Stage::New));
        if !self.corked.get()
            && let Err(error) = self.try_drain()
            && error.kind() != ErrorKind::WouldBlock
        {
            self.die("lost");
        }
        self.weigh_queue();
        self.wake();
    }
}

impl Member for Conn {
    fn default_grant(&self) -> &DefaultGrant {
        &self.default_grant
    }
    fn wake(&self) {
        Conn::wake(self);
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        self.listener.counters.queued.decrement(self.outbox.borrow().size() as f64);
        self.listener.counters.commands_open.decrement(f64::from(self.asked.get()));
        self.load.end(self.owner());
    }
}

/// What rustls buffers for one connection at most, before it is encrypted.
const TLS_BYTES: usize = 64 << 10;

/// From here a queue counts as full.
fn high_water(limits: &Limits) -> usize {
    limits.queue_bytes / 4 * 3
}

/// Below this it does not any more.
fn low_water(limits: &Limits) -> usize {
    limits.queue_bytes / 2
}
