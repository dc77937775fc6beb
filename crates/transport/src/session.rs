//! One client's session: read, hear, permit, publish, answer.
//!
//! The only place where a connection waits. It reads into the shard's one buffer, keeps nothing of a client that is
//! idle, writes what its queue holds when the socket is ready, and ends when either side has closed.

use crate::codec::{self, Bounds, Decoder, Event, InflateError, Kind, Violation, code, opcode};
use crate::conn::{Conn, Phase};
use crate::publish;
use crate::shard::Shard;
use std::io::ErrorKind;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use tieline_hub::Subscription;
use tieline_model::{
    Asked, Conversation, Form, Frame, Intent, Outcome, Peer, Reason, Refusal, Rendition, Replies, Utterance, safe,
};
use tieline_telemetry::events::{LimitReached, Refused, SessionClosed};

/// Reads in one turn, so that a client that never stops sending lets others have theirs.
const READS_PER_TURN: usize = 4;

pub(crate) struct Session {
    shard: Rc<Shard>,
    conn: Rc<Conn>,
    peer: Peer,
    conversation: Box<dyn Conversation>,
    decoder: Decoder,
    /// What was read but not heard, because publishers have to wait.
    held: Vec<u8>,
    finished: bool,
    /// The second messages are counted in, and how many came in it.
    rate: (u64, u32),
}

impl Session {
    pub(crate) fn new(shard: Rc<Shard>, conn: Rc<Conn>, peer: Peer, conversation: Box<dyn Conversation>) -> Session {
        let (decoder, held) = (Decoder::default(), Vec::new());
        Session { shard, conn, peer, conversation, decoder, held, finished: false, rate: (0, 0) }
    }

    /// Runs until the connection has ended; `early` is what came together with the handshake.
    pub(crate) async fn run(mut self, early: &[u8]) {
        let key = self.shard.add(&self.conn);
        self.held = early.to_vec();
        self.conn.listener.counters.open.increment(1.0);
        self.corked(|session| {
            let asked = session.conversation.begin();
            session.carry_out(Ok(asked));
        });
        std::future::poll_fn(|cx| self.poll(cx)).await;
        self.shard.remove(key, &self.conn);
        self.conn.listener.counters.open.decrement(1.0);
        let ending = self.conn.ending.borrow_mut().take();
        let (reason, code, detail) = ending.map_or(("lost", 1006, "".into()), |e| (e.reason, e.code, e.detail));
        SessionClosed { dialect: self.conn.listener.name(), reason, session: self.conn.session, code, detail }.emit();
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.conn.waker.set(Some(cx.waker().clone()));
        if self.conn.stopping.replace(false) {
            self.say_farewell();
        }
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
            if open && !self.held.is_empty() && !self.shard.outlet.hub().pressed() {
                let mut held = std::mem::take(&mut self.held);
                self.hear(&mut held);
            }
            if open && !self.held.is_empty() {
                self.shard.park(cx.waker());
                return Poll::Pending;
            }
            match self.conn.socket.poll_read_ready(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(_)) => self.conn.die("lost"),
                Poll::Ready(Ok(())) => self.read(),
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

    /// Does something that says several things to the client, which go out together.
    fn corked(&mut self, work: impl FnOnce(&mut Session)) {
        self.conn.cork();
        work(self);
        self.conn.uncork(&self.shard.outlet);
    }

    /// Decodes and hears; what is left when publishers have to wait is held.
    fn hear(&mut self, bytes: &mut [u8]) {
        let mut at = 0;
        self.corked(|session| {
            while at < bytes.len() && session.conn.phase.get() == Phase::Open {
                if session.shard.outlet.hub().pressed() {
                    session.held = bytes[at..].to_vec();
                    return;
                }
                let bounds = session.bounds();
                match session.decoder.next(&mut bytes[at..], &bounds) {
                    Ok((used, event)) => {
                        at += used;
                        if let Some(event) = event {
                            session.event(event);
                        }
                    }
                    Err(violation) => session.violated(&violation),
                }
            }
        });
    }

    fn bounds(&self) -> Bounds {
        let limits = self.conn.listener.limits();
        let compressed = matches!(self.conn.coat, tieline_model::Coat::Deflate(_));
        Bounds { message_bytes: limits.message_bytes, fragments: limits.fragments, compressed }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Message { kind, compressed: false, payload } => self.message(kind, &payload),
            Event::Message { kind, compressed: true, payload } => self.compressed(kind, &payload),
            Event::Ping(body) => {
                // A pong is a promise: what was published before the ping was heard comes before it.
                self.shard.settle(&self.conn);
                self.conn.offer(&codec::control_frame(opcode::PONG, &body), 0, &self.shard.outlet);
            }
            Event::Pong => {}
            Event::Close(close) => {
                // What it hears ends here: once it has its answer, nobody counts it among those listening.
                self.shard.change(&self.conn, Vec::new(), false);
                self.conn.close_back(close.code);
            }
        }
    }

    fn compressed(&mut self, kind: Kind, payload: &[u8]) {
        let limit = self.conn.listener.limits().inflated_bytes;
        let inflated = self.shard.inflater.borrow_mut().inflate(payload, limit);
        match inflated {
            Ok(payload) if kind == Kind::Binary || simdutf8::basic::from_utf8(&payload).is_ok() => {
                self.message(kind, &payload);
            }
            Ok(_) => self.violated(&Violation::utf8()),
            Err(InflateError::TooLarge) => {
                let detail = safe!("a message of more than {} bytes when inflated (limits.inflated_bytes)", limit);
                self.violated(&Violation::too_big("inflated_bytes", detail));
            }
            Err(InflateError::Damaged) => {
                let detail = "compressed data that cannot be inflated".into();
                self.violated(&Violation { code: code::INVALID, detail, limit: None });
            }
        }
    }

    fn message(&mut self, kind: Kind, payload: &[u8]) {
        self.conn.listener.counters.heard.add(1);
        if let Err(refusal) = self.within_rate() {
            return self.carry_out(Err(refusal));
        }
        let frame = match kind {
            Kind::Binary if !self.conn.listener.plan.dialect.binary() => {
                let why = "this dialect speaks text frames only".into();
                self.tell(&Refusal { reason: Reason::Unsupported, detail: why });
                return self.conn.close(code::UNSUPPORTED, &"text frames only".into(), "violation");
            }
            Kind::Binary => Frame::Binary(payload),
            // The decoder has checked it; this is the type system's share.
            Kind::Text => match simdutf8::basic::from_utf8(payload) {
                Ok(text) => Frame::Text(text),
                Err(_) => return self.violated(&Violation::utf8()),
            },
        };
        let asked = self.conversation.hear(frame);
        self.carry_out(asked);
    }

    fn within_rate(&mut self) -> Result<(), Refusal> {
        let limit = self.conn.listener.limits().messages_per_second;
        if limit == 0 {
            return Ok(());
        }
        let second = self.shard.clock.now() / 1000;
        self.rate = if self.rate.0 == second { (second, self.rate.1.saturating_add(1)) } else { (second, 1) };
        if self.rate.1 <= limit {
            return Ok(());
        }
        let detail = safe!("more than {} messages in a second (limits.messages_per_second)", limit);
        self.limit_reached("messages_per_second", &detail);
        Err(Refusal::new(Reason::TooMany, detail))
    }

    /// Permits, does, and has the dialect answer.
    fn carry_out(&mut self, asked: Result<Asked, Refusal>) {
        let permitted = asked.and_then(|asked| {
            if let Some(right) = &asked.right {
                self.shard.permit.permit(&self.peer, right)?;
            }
            Ok(asked.intent)
        });
        match permitted {
            Err(refusal) => {
                self.tell(&refusal);
                self.answer(Outcome::Refused(&refusal));
            }
            Ok(Intent::Answer) => self.answer(Outcome::Done),
            Ok(Intent::Publish(message)) => {
                let listener = &self.conn.listener;
                publish::publish(self.shard.outlet.hub(), &*listener.plan.dialect, self.conn.session, message);
                listener.counters.published.add(1);
                self.answer(Outcome::Done);
            }
            Ok(Intent::Channels(root)) => {
                let channels = self.shard.outlet.hub().channels(root);
                self.answer(Outcome::Channels(&channels));
            }
            Ok(Intent::Subscribe { filters, kept }) => {
                let subscription = |(filter, variant)| {
                    let form = Form { rendition: Rendition::Wire(variant), coat: self.conn.coat };
                    Subscription { filter, form }
                };
                let subscriptions = filters.into_iter().map(subscription).collect();
                let joined = self.shard.change(&self.conn, subscriptions, kept);
                self.answer(Outcome::Done);
                for kept in joined.kept {
                    let frame = publish::frame(&*self.conn.listener.plan.dialect, &kept.published, kept.form);
                    self.conn.offer(&frame, 1, &self.shard.outlet);
                }
            }
        }
    }

    fn answer(&mut self, outcome: Outcome<'_>) {
        let mut replies = Replies::default();
        self.conversation.answer(outcome, &mut replies);
        self.say(replies);
    }

    fn say(&mut self, mut replies: Replies) {
        for utterance in replies.drain() {
            let (opcode, payload) = match utterance {
                Utterance::Text(text) => (opcode::TEXT, text.into_bytes()),
                Utterance::Binary(bytes) => (opcode::BINARY, bytes),
                Utterance::Close(code, reason) => {
                    self.conn.close(code, &reason.into(), "refused");
                    continue;
                }
            };
            let frame = codec::message_frame(opcode, &payload, self.conn.coat);
            self.conn.offer(&frame, 1, &self.shard.outlet);
        }
    }

    fn say_farewell(&mut self) {
        self.corked(|session| {
            session.shard.settle(&session.conn);
            let mut replies = Replies::default();
            session.conversation.farewell(&mut replies);
            session.say(replies);
            session.conn.close(code::AWAY, &"Tieline is stopping".into(), "stopping");
        });
    }

    /// The client broke the protocol or a bound: it is told in its product's words where there are any, and closed.
    fn violated(&mut self, violation: &Violation) {
        if let Some(limit) = violation.limit {
            self.limit_reached(limit, &violation.detail);
            self.answer(Outcome::Refused(&Refusal::new(Reason::TooLarge, violation.detail.clone())));
        }
        self.conn.close(violation.code, &violation.detail, "violation");
    }

    fn limit_reached(&self, limit: &'static str, detail: &tieline_model::Safe) {
        LimitReached { dialect: self.conn.listener.name(), limit, peer: self.conn.peer, detail: detail.clone() }.emit();
    }

    fn tell(&self, refusal: &Refusal) {
        self.conn.listener.counters.refused.fetch_add(1, Ordering::Relaxed);
        let (dialect, session) = (self.conn.listener.name(), self.conn.session);
        Refused { dialect, reason: refusal.reason.as_str(), session, detail: refusal.detail.clone() }.emit();
    }
}
