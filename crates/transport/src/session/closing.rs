//! How a connection ends that cannot be waited for: at its deadline, when memory is spent, when a message does not come whole.
//!
//! Promises: the time a client has for answering a close frame runs from when that was written, not from when it was queued; until
//! then the listener's `drain` bounds it; what was not written is counted and told. Called by the shard's tasks.

use crate::session::conn::{Conn, Ending, Phase, Stage};
use crate::shard::Shard;
use std::rc::Rc;
use std::time::Duration;
use tieline_budget::Eviction;
use tieline_budget::Part;
use tieline_codec::code;
use tieline_hub::Sink;
use tieline_model::{Safe, safe};
use tieline_telemetry::events::{Evictions, LimitReached, MessagesLost};

/// How long a client has to answer a close frame that was written to it.
const CLOSE_WAIT: Duration = Duration::from_secs(5);
/// What may be on its way to a client that was chosen to give its queue up: with more, its memory is worth more than a
/// goodbye that would come behind it.
const PARTING_BYTES: usize = 256 << 10;

/// What was cut off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) sessions: usize,
    /// Messages that were not written whole, and their bytes.
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
}

impl std::ops::AddAssign for Cut {
    fn add_assign(&mut self, other: Cut) {
        self.sessions += other.sessions;
        self.messages += other.messages;
        self.bytes += other.bytes;
    }
}

impl Conn {
    /// Looks at a connection that is being closed.
    pub(crate) fn look_at_closing(&self, stage: Stage, now: u64, sink: &Sink) {
        let is_over = |wait: Duration| now.saturating_sub(self.asked_at.get()) > wait.as_millis() as u64;
        let begins = |stage: Stage| {
            self.asked_at.set(now);
            self.phase.set(Phase::Closing(stage));
        };
        match stage {
            Stage::Written if is_over(CLOSE_WAIT) => self.die("lost"),
            Stage::Written => {}
            _ if !self.has_output() => begins(Stage::Written),
            Stage::New => begins(Stage::Waiting),
            Stage::Waiting if is_over(self.listener.limits().drain.max(CLOSE_WAIT)) => {
                self.cut("closing", sink);
            }
            Stage::Waiting => {}
        }
    }

    /// Ends it as it is; what was not written is lost for `reason`.
    pub(crate) fn cut(&self, reason: &'static str, sink: &Sink) -> Cut {
        let (messages, bytes) = self.outbox.borrow().unwritten();
        if messages > 0 {
            self.tell_cut(reason, messages, bytes, sink);
        }
        let detail = safe!("cut off; {} messages ({} bytes) were not delivered", messages, bytes);
        self.ending.set(Some(Box::new(Ending { reason: "cut", code: code::NOT_CLOSED, detail })));
        self.die("cut");
        Cut { sessions: 1, messages, bytes }
    }

    fn tell_cut(&self, reason: &'static str, messages: u64, queued_bytes: u64, sink: &Sink) {
        let (dialect, session) = (self.listener.name(), self.session);
        self.listener.counters.lose(dialect, reason, messages);
        let topics = sink.hub().topics_of(session);
        MessagesLost { dialect, reason, session, topics, messages, queued_bytes }.emit();
    }

    fn reached(&self, limit: &'static str, detail: Safe) {
        LimitReached { dialect: self.listener.name(), limit, peer: self.peer, detail }.emit();
    }
}

impl Shard {
    /// Ends those sessions that were chosen to give memory back.
    pub(crate) fn evict(&self) {
        for eviction in self.mailbox.take() {
            let Some(conn) = self.conn(eviction.session) else { continue };
            if conn.phase.get() != Phase::Dead {
                self.evict_one(&conn, eviction);
            }
        }
    }

    fn evict_one(&self, conn: &Rc<Conn>, Eviction { part, bytes, is_large, .. }: Eviction) {
        let dialect = conn.listener.name();
        Evictions { dialect, part: part.as_str() }.handle().add(1);
        let (code, why) = match part {
            Part::Message if is_large => {
                (code::TOO_BIG, safe!("an unfinished message of {} bytes, too much for access.limits.memory", bytes))
            }
            Part::Message => (
                code::TRY_AGAIN,
                safe!("memory is spent: {} bytes of an unfinished message (access.limits.memory)", bytes),
            ),
            Part::Queue => {
                (code::TRY_AGAIN, safe!("memory is spent: {} bytes were not read (access.limits.memory)", bytes))
            }
        };
        conn.reached(
            "memory",
            safe!("{}; the most of one address, raise access.limits.memory if it is to have it", why),
        );
        // What it hears ends here, and what it was still owed has been offered to it.
        self.leave(conn);
        if part == Part::Queue {
            conn.give_up_queue("memory", &self.sink);
            if conn.outbox.borrow().share() > PARTING_BYTES {
                conn.cut("memory", &self.sink);
                return;
            }
        }
        conn.close(code, &why, "memory");
        conn.wake();
    }

    /// Whether a message has been coming for too long; then its session is closed.
    pub(crate) fn is_overdue(&self, conn: &Rc<Conn>, now: u64) -> bool {
        let limit = conn.listener.limits().message_time;
        let Some(begun) = conn.load.begun().filter(|_| !limit.is_zero()) else { return false };
        if now.saturating_sub(begun) < limit.as_millis() as u64 {
            return false;
        }
        let why = safe!("a message not complete after {} ms (limits.message_time)", limit.as_millis() as u64);
        conn.reached("message_time", why.clone());
        self.leave(conn);
        conn.close(code::POLICY, &why, "message_time");
        true
    }

    /// Cuts those who had this long, or less, for reading when the gateway stops.
    pub(crate) fn cut_after(&self, drain: Duration) {
        for conn in self.everybody() {
            if conn.listener.limits().drain <= drain && conn.phase.get() != Phase::Dead {
                let mut cut = self.cut.get();
                cut += conn.cut("stopping", &self.sink);
                self.cut.set(cut);
            }
        }
    }
}
