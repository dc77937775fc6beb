//! One client's session as a task: reads, decodes, hands on, writes what waits, ends.
//!
//! The only place where a connection waits. It reads into the shard's one buffer, keeps nothing of a client that is
//! idle, writes what its queue holds when the socket is ready, and ends when either side has closed. What it hears is paid
//! for in work (`scheduler`); what a message means is the affair of its `Dispatch`. A panic anywhere in it ends this session alone.

pub(crate) mod answers;
pub(crate) mod closing;
pub(crate) mod conn;
pub(crate) mod deferred;
pub(crate) mod dispatch;
pub(crate) mod inflating;
pub(crate) mod keepalive;
pub(crate) mod offload;
pub(crate) mod outbox;
pub(crate) mod socket;

use crate::session::answers::MOST_ASKED;
use crate::session::conn::{Conn, Phase};
use crate::session::dispatch::Dispatch;
use crate::shard::scheduler::{Turn, cost};
use crate::shard::{SCRATCH, Shard};
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::{Context, Poll};
use tieline_codec::{Bounds, Decoder, Event};
use tieline_model::{Conversation, Framing, Peer};
use tieline_telemetry::events::SessionClosed;

pub(crate) struct Session {
    shard: Rc<Shard>,
    conn: Rc<Conn>,
    dispatch: Dispatch,
    decoder: Decoder,
    /// What was read but not heard, because it has to wait, and how much of it was heard since.
    held: Box<[u8]>,
    held_at: u32,
    /// Whether the socket was told that nothing more will be written.
    finished: bool,
}

/// A session's being there: what counts it and knows it forgets it again, however the session ends.
pub(crate) struct Presence {
    shard: Rc<Shard>,
    conn: Rc<Conn>,
}

impl Presence {
    fn new(shard: &Rc<Shard>, conn: &Rc<Conn>) -> Presence {
        shard.add(conn);
        conn.listener.counters.open.increment(1.0);
        Presence { shard: shard.clone(), conn: conn.clone() }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let conn = &self.conn;
        self.shard.remove(conn);
        conn.listener.counters.open.decrement(1.0);
        let ending = conn.ending.take();
        let (reason, code, detail) = ending.map_or(("lost", 1006, "".into()), |e| (e.reason, e.code, e.detail));
        SessionClosed { dialect: conn.listener.name(), reason, session: conn.session, code, detail }.emit();
    }
}

impl Session {
    pub(crate) fn new(shard: Rc<Shard>, conn: Rc<Conn>, peer: Peer, conversation: Box<dyn Conversation>) -> Session {
        let dispatch = Dispatch::new(shard.clone(), conn.clone(), peer, conversation);
        Session {
            shard,
            conn,
            dispatch,
            decoder: Decoder::default(),
            held: Box::default(),
            held_at: 0,
            finished: false,
        }
    }

    /// Takes what came together with the handshake, to be heard first.
    pub(crate) fn came_early(&mut self, bytes: &[u8]) {
        self.held = bytes.into();
    }

    /// From now on it is there: it is counted, and told when the gateway stops.
    pub(crate) fn appears(&self) -> Presence {
        Presence::new(&self.shard, &self.conn)
    }

    /// Runs until the connection has ended. A panic is caught here, in the one place through which all of a session's work
    /// passes; nothing of the session is used after it but its connection, to say goodbye, and that the dialect is told of the end.
    pub(crate) async fn run(self, presence: Presence) {
        let (mut session, mut begun) = (self, false);
        std::future::poll_fn(|cx| {
            let work = AssertUnwindSafe(|| {
                if !std::mem::replace(&mut begun, true) {
                    session.corked(|session| session.dispatch.begin());
                }
                session.poll(cx)
            });
            catch_unwind(work).unwrap_or_else(|_| {
                // Should even that fail, the connection ends without a word.
                let _ = catch_unwind(AssertUnwindSafe(|| session.conn.fail(&session.shard.sink)));
                session.conn.die("panic");
                Poll::Ready(())
            })
        })
        .await;
        let _ = catch_unwind(AssertUnwindSafe(|| session.dispatch.ended()));
        drop(presence);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.conn.waker.set(Some(cx.waker().clone()));
        if self.conn.phase.get() != Phase::Open {
            self.dispatch.ended();
        }
        let scheduler = self.shard.scheduler.clone();
        let mut turn = scheduler.begin(&self.conn, scheduler.now());
        if self.conn.away.get() {
            self.corked(|session| session.dispatch.come_back());
            self.pay(&mut turn, 0);
        }
        if !self.conn.away.get() {
            if self.conn.stopping.replace(false) {
                self.corked(|session| session.dispatch.farewell());
            }
            self.tell(cx, &mut turn);
        }
        let done = self.go_on(cx, &mut turn);
        scheduler.end(&turn);
        done
    }

    /// Writes, hears and reads until there is nothing to do, the session has to wait, or its turn is over. Whoever says that it
    /// has to wait sees to it that it is woken.
    fn go_on(&mut self, cx: &mut Context<'_>, turn: &mut Turn) -> Poll<()> {
        loop {
            self.write(cx);
            self.let_go_of_the_rest();
            match self.conn.phase.get() {
                // Its conversation has to come back first.
                _ if self.conn.away.get() => {
                    self.dispatch.wait_for_worker(cx.waker());
                    return Poll::Pending;
                }
                Phase::Dead => return Poll::Ready(()),
                Phase::Closing(_) if !self.finished && !self.conn.has_output() => {
                    self.finished = true;
                    self.conn.socket.finish();
                }
                _ => {}
            }
            let unheard = self.conn.phase.get() == Phase::Open && self.has_unheard();
            if unheard && self.must_wait() {
                return Poll::Pending;
            }
            if !unheard {
                match self.conn.socket.poll_read_ready(cx) {
                    Poll::Pending => {
                        self.shard.nothing_there(&self.conn, cx);
                        return Poll::Pending;
                    }
                    Poll::Ready(Err(_)) => {
                        self.conn.die("lost");
                        continue;
                    }
                    Poll::Ready(Ok(())) => {}
                }
            }
            if !self.shard.scheduler.may_go_on(turn) {
                self.shard.scheduler.wait(&self.conn);
                return Poll::Pending;
            }
            if unheard {
                self.hear_held(turn);
            } else {
                self.read(turn);
            }
            // What was heard may have left something to be told later: its time is waited for from now on.
            self.tell(cx, turn);
        }
    }

    fn write(&mut self, cx: &mut Context<'_>) {
        while self.conn.has_output() && self.conn.phase.get() != Phase::Dead {
            match self.conn.socket.poll_write_ready(cx) {
                Poll::Pending => break,
                Poll::Ready(Err(_)) => self.conn.die("lost"),
                Poll::Ready(Ok(())) => self.conn.drain(&self.shard.sink),
            }
        }
    }

    fn read(&mut self, turn: &mut Turn) {
        let mut scratch = self.shard.scratch.take();
        // A session that failed in the middle took it along.
        scratch.resize(SCRATCH, 0);
        match self.conn.socket.read(&mut scratch) {
            Ok(0) => self.conn.die("lost"),
            Ok(n) => {
                self.conn.shows_life(self.shard.clock.now());
                self.pay(turn, cost::READ);
                // After a close frame of ours nothing is heard any more; it is read so that the client can finish.
                if self.conn.phase.get() == Phase::Open {
                    let used = self.on_bytes(&mut scratch[..n], 0, turn);
                    if used < n && self.conn.phase.get() == Phase::Open {
                        self.held = scratch[used..n].into();
                        self.held_at = 0;
                    }
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.conn.die("lost"),
        }
        self.shard.scratch.replace(scratch);
    }

    /// Whether something was read that was not heard.
    fn has_unheard(&self) -> bool {
        !self.held.is_empty() || self.dispatch.is_inflating()
    }

    fn hear_held(&mut self, turn: &mut Turn) {
        let mut held = std::mem::take(&mut self.held);
        let (keeps, at) = (held.len(), self.held_at as usize);
        let at = at + self.on_bytes(&mut held[at..], keeps, turn);
        self.held_at = at as u32;
        if at < held.len() {
            self.held = held;
        } else {
            self.held_at = 0;
        }
    }

    /// Whether nothing more can be heard now: a worker hears its message, too many of its commands are under way, or publishers
    /// have to wait. It is woken when that has changed: by the worker, by each answer, and by relief, for which it is registered here.
    fn must_wait(&self) -> bool {
        self.conn.away.get() || self.conn.asked.get() >= MOST_ASKED || self.shard.must_wait(&self.conn)
    }

    /// Tells the client what was carried out for it, and what it was to be told later.
    fn tell(&mut self, cx: &mut Context<'_>, turn: &mut Turn) {
        if self.conn.asked.get() > 0 {
            let answers = self.shard.handed(self.conn.session);
            if !answers.is_empty() {
                self.corked(|session| answers.into_iter().for_each(|answer| session.dispatch.answered(answer)));
                self.pay(turn, 0);
            }
        }
        while let Some(later) = self.dispatch.laters.poll(&self.shard.clock, cx) {
            self.corked(|session| session.dispatch.recall(&later));
            self.pay(turn, 0);
        }
    }

    /// Does something that says several things to the client, which go out together.
    fn corked<T>(&mut self, work: impl FnOnce(&mut Session) -> T) -> T {
        self.conn.cork();
        let done = work(self);
        self.conn.uncork(&self.shard.sink);
        done
    }

    /// Decodes and hears, until all is heard, the session has to wait or its turn is over; returns how many bytes were taken.
    /// What is left is retained for it, in at least `keeps` bytes.
    fn on_bytes(&mut self, bytes: &mut [u8], keeps: usize, turn: &mut Turn) -> usize {
        let (mut at, mut begun) = (0, self.conn.load.begun());
        self.corked(|session| {
            while session.conn.phase.get() == Phase::Open && (at < bytes.len() || session.dispatch.is_inflating()) {
                if session.must_wait() || !session.shard.scheduler.may_go_on(turn) {
                    break;
                }
                if session.dispatch.is_inflating() {
                    session.dispatch.inflate_on();
                    session.pay(turn, 0);
                    continue;
                }
                let bounds = session.bounds();
                let mut used = 0;
                match session.decoder.next(&mut bytes[at..], &bounds) {
                    Ok((taken, event)) => {
                        used = taken;
                        if let Some(event) = event {
                            begun = begun.filter(|_| !matches!(event, Event::Message { .. }));
                            session.dispatch.event(event);
                        }
                    }
                    Err(violation) => session.dispatch.violated(&violation),
                }
                at += used;
                session.pay(turn, cost::FRAME + (used / cost::BYTES_PER_NANOSECOND) as i64);
            }
            // Before anybody is told of what was heard.
            let rest = bytes.len() - at;
            session.weigh(begun, if rest == 0 { 0 } else { keeps.max(rest) });
        });
        at
    }

    /// Says what it holds of what it has received, `unheard` bytes among it, and since when a message is unfinished. The time in
    /// which it may not read is not the client's.
    fn weigh(&self, begun: Option<u64>, unheard: usize) {
        let is_coming = self.decoder.is_within_message() && unheard == 0 && !self.dispatch.is_inflating();
        let begun = is_coming.then(|| begun.unwrap_or_else(|| self.shard.clock.now()));
        self.conn.load.set_message(self.conn.owner(), self.decoder.held() + self.dispatch.held() + unheard, begun);
    }

    /// Once a connection is closing nothing more is heard, so what has come of a message is of no use any more.
    fn let_go_of_the_rest(&mut self) {
        if self.conn.phase.get() != Phase::Open && (self.decoder.is_within_message() || self.has_unheard()) {
            (self.decoder, self.held, self.held_at) = (Decoder::default(), Box::default(), 0);
            self.dispatch.stop_inflating();
            self.weigh(None, 0);
        }
    }

    /// Pays for what was done since it last paid: what it is known to cost at least, and what the talk knows of it.
    fn pay(&mut self, turn: &mut Turn, least: i64) {
        let (scheduler, known) = (&self.shard.scheduler, self.dispatch.take_cost());
        scheduler.pay(&self.conn, turn, least + known, scheduler.now());
    }

    fn bounds(&self) -> Bounds {
        let limits = self.conn.listener.limits();
        let compressed = matches!(self.conn.framing, Framing::Deflate(_));
        Bounds { message_bytes: limits.message_bytes, fragments: limits.fragments, compressed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a connection that does nothing costs here, besides its socket and its dialect's conversation; bytes.
    #[test]
    fn an_idle_session_is_small() {
        assert!(size_of::<Session>() <= 256, "{}", size_of::<Session>());
        assert!(size_of::<Conn>() <= 256, "{}", size_of::<Conn>());
    }
}
