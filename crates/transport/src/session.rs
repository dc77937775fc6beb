//! One client's session as a task: reads, decodes, hands on, writes what waits, ends.
//!
//! The only place where a connection waits. It reads into the shard's one buffer, keeps nothing of a client that is
//! idle, writes what its queue holds when the socket is ready, and ends when either side has closed. What a message
//! means is the affair of its `Talk`.

use crate::answers::MOST_ASKED;
use crate::codec::{Bounds, Decoder};
use crate::conn::{Conn, Phase};
use crate::shard::Shard;
use crate::talk::Talk;
use std::io::ErrorKind;
use std::rc::Rc;
use std::task::{Context, Poll};
use tieline_model::{Coat, Conversation, Peer};
use tieline_telemetry::events::SessionClosed;

/// Reads in one turn, so that a client that never stops sending lets others have theirs.
const READS_PER_TURN: usize = 4;

pub(crate) struct Session {
    shard: Rc<Shard>,
    conn: Rc<Conn>,
    talk: Talk,
    decoder: Decoder,
    /// What was read but not heard, because it has to wait.
    held: Vec<u8>,
    /// Whether the socket was told that nothing more will be written.
    finished: bool,
}

impl Session {
    pub(crate) fn new(shard: Rc<Shard>, conn: Rc<Conn>, peer: Peer, conversation: Box<dyn Conversation>) -> Session {
        let talk = Talk::new(shard.clone(), conn.clone(), peer, conversation);
        Session { shard, conn, talk, decoder: Decoder::default(), held: Vec::new(), finished: false }
    }

    /// Takes what came together with the handshake, to be heard first.
    pub(crate) fn came_early(&mut self, bytes: &[u8]) {
        self.held = bytes.to_vec();
    }

    /// Runs until the connection has ended.
    pub(crate) async fn run(mut self) {
        self.shard.add(&self.conn);
        self.conn.listener.counters.open.increment(1.0);
        self.corked(|session| session.talk.begin());
        std::future::poll_fn(|cx| self.poll(cx)).await;
        self.talk.ended();
        self.shard.remove(&self.conn);
        self.conn.listener.counters.open.decrement(1.0);
        let ending = self.conn.ending.borrow_mut().take();
        let (reason, code, detail) = ending.map_or(("lost", 1006, "".into()), |e| (e.reason, e.code, e.detail));
        SessionClosed { dialect: self.conn.listener.name(), reason, session: self.conn.session, code, detail }.emit();
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.conn.waker.set(Some(cx.waker().clone()));
        if self.conn.phase.get() != Phase::Open {
            self.talk.ended();
        }
        if self.conn.stopping.replace(false) {
            self.corked(|session| session.talk.farewell());
        }
        self.tell(cx);
        for _ in 0..READS_PER_TURN {
            while self.conn.has_output() && self.conn.phase.get() != Phase::Dead {
                match self.conn.socket.poll_write_ready(cx) {
                    Poll::Pending => break,
                    Poll::Ready(Err(_)) => self.conn.die("lost"),
                    Poll::Ready(Ok(())) => self.conn.drain(&self.shard.outlet),
                }
            }
            match self.conn.phase.get() {
                Phase::Dead => return Poll::Ready(()),
                Phase::Closing(_) if !self.finished && !self.conn.has_output() => {
                    self.finished = true;
                    self.conn.socket.finish();
                }
                _ => {}
            }
            let open = self.conn.phase.get() == Phase::Open;
            if open && !self.held.is_empty() && !self.must_wait() {
                let mut held = std::mem::take(&mut self.held);
                self.hear(&mut held);
                self.tell(cx);
            }
            if open && !self.held.is_empty() {
                // Woken by an answer to its own commands, or when publishers may go on.
                if self.shard.outlet.hub().pressed() {
                    self.shard.park(cx.waker());
                }
                return Poll::Pending;
            }
            match self.conn.socket.poll_read_ready(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(_)) => self.conn.die("lost"),
                // What was heard may have left something to be told later: its time is waited for from now on.
                Poll::Ready(Ok(())) => {
                    self.read();
                    self.tell(cx);
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn read(&mut self) {
        let mut scratch = self.shard.scratch.take();
        match self.conn.socket.read(&mut scratch) {
            Ok(0) => self.conn.die("lost"),
            Ok(n) => {
                self.conn.heard_at.set(self.shard.clock.now());
                // After a close frame of ours nothing is heard any more; it is read so that the client can finish.
                if self.conn.phase.get() == Phase::Open {
                    self.hear(&mut scratch[..n]);
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.conn.die("lost"),
        }
        self.shard.scratch.replace(scratch);
    }

    /// Whether nothing more can be heard now: publishers have to wait, or too many of its commands are under way.
    fn must_wait(&self) -> bool {
        self.conn.asked.get() >= MOST_ASKED || self.shard.outlet.hub().pressed()
    }

    /// Tells the client what was carried out for it, and what it was to be told later.
    fn tell(&mut self, cx: &mut Context<'_>) {
        if self.conn.asked.get() > 0 {
            let answers = self.shard.handed(self.conn.session);
            self.corked(|session| answers.into_iter().for_each(|answer| session.talk.answered(answer)));
        }
        while let Some(later) = self.talk.laters.poll(&self.shard.clock, cx) {
            self.corked(|session| session.talk.recall(&later));
        }
    }

    /// Does something that says several things to the client, which go out together.
    fn corked(&mut self, work: impl FnOnce(&mut Session)) {
        self.conn.cork();
        work(self);
        self.conn.uncork(&self.shard.outlet);
    }

    /// Decodes and hears; what is left when the session has to wait is held.
    fn hear(&mut self, bytes: &mut [u8]) {
        let mut at = 0;
        self.corked(|session| {
            while at < bytes.len() && session.conn.phase.get() == Phase::Open {
                if session.must_wait() {
                    session.held = bytes[at..].to_vec();
                    return;
                }
                let bounds = session.bounds();
                match session.decoder.next(&mut bytes[at..], &bounds) {
                    Ok((used, event)) => {
                        at += used;
                        if let Some(event) = event {
                            session.talk.event(event);
                        }
                    }
                    Err(violation) => session.talk.violated(&violation),
                }
            }
        });
    }

    fn bounds(&self) -> Bounds {
        let limits = self.conn.listener.limits();
        let compressed = matches!(self.conn.coat, Coat::Deflate(_));
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
