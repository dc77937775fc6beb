//! Whether a client is still there: pings, answers, and what counts as one.
//!
//! Decisions, as the field takes them: anything heard after a ping shows that the client lives, not only the pong; so does
//! a queue that its socket takes something of. A client whose queue is not empty is not pinged, since the ping would wait behind what it
//! does not read; from then on its socket has `pong` to take some of it. So a slow reader stays, and one that neither says
//! nor takes anything for `ping` and `pong` together is gone, whether its cable was pulled or its program hangs. A client that this end
//! does not listen to (publishers are asked to wait, its commands are under way, or a worker hears its message) is not judged. Nor is one before its
//! socket was looked into once more, behind the reactor: on a busy machine the answer may have been there for long.
//!
//! Called by the shard's sweep, which asks, and by the session, which looks.

use crate::port::limits::Limits;
use crate::session::answers::MOST_ASKED;
use crate::session::conn::Conn;
use crate::shard::{Shard, millis};
use bytes::Bytes;
use std::pin::pin;
use std::rc::Rc;
use std::task::Context;
use tieline_codec::code;
use tieline_model::safe;
use tieline_telemetry::events::LimitReached;

/// What is known of a client.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    /// It gave a sign of life since it was last asked.
    #[default]
    Shown,
    /// It was asked, at the connection's `asked_at`.
    Asked,
    /// The time for an answer is over; its socket is to be looked into.
    Overdue,
    /// The same, and the reactor was asked since. Nobody is expected to answer a close frame then.
    LookedFor,
}

impl Shard {
    /// Asks a silent client whether it is there, and ends one that is idle or did not answer.
    pub(crate) fn ask(&self, conn: &Rc<Conn>, now: u64, ping: &Bytes) {
        let Limits { idle, ping: every, pong, .. } = *conn.listener.limits();
        if conn.ticket.get() != 0 || conn.asked.get() >= MOST_ASKED || conn.away.get() {
            conn.shows_life(now);
            return;
        }
        let silent = now.saturating_sub(conn.heard_at.get());
        let asked_for = now.saturating_sub(conn.asked_at.get());
        if !idle.is_zero() && silent >= millis(idle) {
            let why = safe!("nothing heard for {} seconds (limits.idle)", silent / 1000);
            let (dialect, peer) = (conn.listener.name(), conn.peer);
            LimitReached { dialect, limit: "idle", peer, detail: why.clone() }.emit();
            self.leave(conn);
            conn.close(code::AWAY, &why, "idle");
        } else if conn.life.get() != Life::Shown {
            if conn.life.get() == Life::Asked && !pong.is_zero() && asked_for >= millis(pong) {
                conn.life.set(Life::Overdue);
                conn.wake();
            } else if pong.is_zero() && !every.is_zero() && asked_for >= millis(every) {
                self.ping(conn, now, ping);
            }
        } else if !every.is_zero() && silent.min(asked_for) >= millis(every) {
            self.ping(conn, now, ping);
        }
    }

    fn ping(&self, conn: &Rc<Conn>, now: u64, ping: &Bytes) {
        conn.asked_at.set(now);
        conn.life.set(Life::Asked);
        if !conn.has_output() {
            conn.offer(ping, 0, &self.sink);
        }
    }

    /// A session has looked into its socket, and nothing was there. Has it looked again once the reactor was asked, and ends
    /// it after that.
    pub(crate) fn nothing_there(&self, conn: &Rc<Conn>, cx: &mut Context<'_>) {
        match conn.life.get() {
            Life::Overdue => {
                conn.life.set(Life::LookedFor);
                // Polled once, this wakes the session when the reactor was asked; nobody waits for it here.
                let _ = pin!(tokio::task::yield_now()).as_mut().poll(cx);
            }
            Life::LookedFor => {
                let within = millis(conn.listener.limits().pong) / 1000;
                let why = safe!("a ping was not answered within {} seconds (limits.pong)", within);
                let (dialect, peer) = (conn.listener.name(), conn.peer);
                LimitReached { dialect, limit: "pong", peer, detail: why.clone() }.emit();
                self.leave(conn);
                conn.close(code::AWAY, &why, "pong");
            }
            Life::Shown | Life::Asked => {}
        }
    }
}
