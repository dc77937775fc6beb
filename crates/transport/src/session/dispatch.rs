//! What one client says and hears: from a decoded message over the dialect, the rules and the hub to the answer.
//!
//! The stops hear, permit and publish of a message's life, and the sideways step to the client's own answer. Nothing
//! here waits or touches a socket; what is said is offered to the connection. Called by the session.

use crate::session::answers::Answer;
use crate::session::conn::Conn;
use crate::session::deferred::Laters;
use crate::session::inflating::{Inflating, Progress, Wrong};
use crate::session::offload::{Heard, LARGE, Long, MANY, Offloaded, Said, Slot, said};
use crate::shard::Shard;
use crate::shard::publish;
use crate::shard::scheduler::cost;
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::task::Waker;
use tieline_codec::{Event, History, InflateError, Kind, Violation, code, opcode};
use tieline_hub::{Change, Later, RetainedFor, Subscription};
use tieline_model::{
    Asked, Command, Conversation, Done, Encoding, Frame, Intent, Outcome, Peer, Reason, Refusal, Replies,
    Representation, Safe, safe,
};
use tieline_telemetry::events::{LimitReached, Refused};

/// Where a session's conversation is.
enum Whereabouts {
    Here(Box<dyn Conversation>),
    /// A worker has it; it comes back to this place, with what became of a large message.
    Away(Slot),
}

impl Whereabouts {
    fn here(&mut self) -> Option<&mut dyn Conversation> {
        match self {
            Whereabouts::Here(conversation) => Some(&mut **conversation),
            Whereabouts::Away(_) => None,
        }
    }
}

pub(crate) struct Dispatch {
    shard: Rc<Shard>,
    conn: Rc<Conn>,
    peer: Peer,
    conversation: Whereabouts,
    /// The second messages are counted in, and how many came in it.
    rate: (u32, u32),
    /// Whether the dialect was told that nothing more is heard from its client.
    has_ended: bool,
    /// Kept messages it is to be told after a while.
    pub(crate) laters: Laters,
    /// A compressed message of which more is to be inflated before anything else is heard.
    inflating: Option<Box<Inflating>>,
    /// What its compressor may refer back to, once it has sent something compressed.
    history: Option<Box<History>>,
    /// What was done since it was last asked for costs at least this much work.
    cost: i64,
}

impl Dispatch {
    pub(crate) fn new(shard: Rc<Shard>, conn: Rc<Conn>, peer: Peer, conversation: Box<dyn Conversation>) -> Dispatch {
        let (has_ended, inflating, history, laters) = (false, None, None, Laters::default());
        let conversation = Whereabouts::Here(conversation);
        Dispatch { shard, conn, peer, conversation, rate: (0, 0), has_ended, laters, inflating, history, cost: 0 }
    }

    /// Does what the client wants by connecting.
    pub(crate) fn begin(&mut self) {
        if let Some(conversation) = self.conversation.here() {
            let asked = conversation.begin();
            if let Some(Long(channels)) = self.carry_out(Ok(asked)) {
                self.answer(Outcome::Channels(&channels));
            }
        }
    }

    /// Says goodbye in the product's way, after everything that was published before.
    pub(crate) fn farewell(&mut self) {
        self.shard.settle(&self.conn);
        let mut replies = Replies::default();
        if let Some(conversation) = self.conversation.here() {
            conversation.farewell(&mut replies);
        }
        self.say(replies);
        self.close(code::AWAY, &"Tieline is stopping".into(), "stopping");
    }

    /// Something has come from the client.
    pub(crate) fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Message { kind, compressed: false, payload } => self.message(kind, payload),
            Event::Message { kind, compressed: true, payload } => self.compressed(kind, payload),
            Event::Ping(body) => {
                // A pong is a promise: what was published before the ping was heard comes before it.
                self.shard.settle(&self.conn);
                self.conn.offer(&tieline_codec::control_frame(opcode::PONG, &body), 0, &self.shard.sink);
            }
            Event::Pong => {}
            Event::Close(close) => {
                // What it hears ends here: once it has its answer, nobody counts it among those listening.
                self.shard.leave(&self.conn);
                self.conn.close_back(close.code);
            }
        }
    }

    /// Whether a message is on its way that has to be inflated before anything else is heard.
    pub(crate) fn is_inflating(&self) -> bool {
        self.inflating.is_some()
    }

    /// What was done since this was last asked costs at least this much work.
    pub(crate) fn take_cost(&mut self) -> i64 {
        std::mem::take(&mut self.cost)
    }

    fn compressed(&mut self, kind: Kind, payload: Cow<'_, [u8]>) {
        let limit = self.conn.listener.limits().inflated_bytes;
        let history = self.history.get_or_insert_default();
        let begun = Inflating::begin(kind, payload, limit, &mut self.shard.inflater.borrow_mut(), history);
        self.inflated(begun);
    }

    /// Does one more step of the message that is being inflated.
    pub(crate) fn inflate_on(&mut self) {
        let limit = self.conn.listener.limits().inflated_bytes;
        if let (Some(inflating), Some(history)) = (self.inflating.take(), &self.history) {
            self.inflated(inflating.go_on(limit, history));
        }
    }

    /// Gives up a message that is being inflated: its client is being closed.
    pub(crate) fn stop_inflating(&mut self) {
        self.inflating = None;
    }

    /// Bytes held for a message that is being inflated, and of what its client sent before.
    pub(crate) fn held(&self) -> usize {
        let inflating = self.inflating.as_ref().map_or(0, |inflating| inflating.held());
        inflating + self.history.as_ref().map_or(0, |history| history.held())
    }

    fn inflated(&mut self, (progress, cost): (Progress, i64)) {
        self.cost += cost;
        match progress {
            Progress::More(inflating) => self.inflating = Some(inflating),
            Progress::Whole { kind, payload, with_past } => {
                if self.history.get_or_insert_default().add(&payload, with_past) {
                    self.conn.listener.counters.windows_kept.add(1);
                }
                let _held = self.conn.listener.memory.hold(payload.capacity());
                self.message(kind, Cow::Owned(payload));
            }
            Progress::Refused(Wrong::Utf8) => self.violated(&Violation::utf8()),
            Progress::Refused(Wrong::Inflate(InflateError::TooLarge)) => {
                let limit = self.conn.listener.limits().inflated_bytes;
                let detail = safe!("a message of more than {} bytes when inflated (limits.inflated_bytes)", limit);
                self.violated(&Violation::too_big("inflated_bytes", detail));
            }
            Progress::Refused(Wrong::Inflate(InflateError::Damaged)) => {
                let detail = "compressed data that cannot be inflated".into();
                self.violated(&Violation { code: code::INVALID, detail, limit: None });
            }
        }
    }

    fn message(&mut self, kind: Kind, payload: Cow<'_, [u8]>) {
        self.conn.listener.counters.heard.add(1);
        self.cost += cost::MESSAGE + (payload.len() / cost::BYTES_PER_NANOSECOND) as i64;
        if let Err(refusal) = self.within_rate() {
            return self.refuse(&refusal);
        }
        if kind == Kind::Binary && !self.conn.listener.plan.dialect.binary() {
            self.tell(&Refusal::new(Reason::Unsupported, "this dialect speaks text frames only"));
            return self.close(code::UNSUPPORTED, &"text frames only".into(), "violation");
        }
        if payload.len() >= LARGE {
            return self.send_away(kind, payload.into_owned(), None);
        }
        let long = self.on_payload(kind, &payload);
        self.go_on(long, kind, payload);
    }

    /// What follows the first hearing of a message: a worker has it, or it is heard again if it means two things.
    fn go_on(&mut self, long: Option<Long>, kind: Kind, payload: Cow<'_, [u8]>) {
        if long.is_some() {
            return self.send_away(kind, payload.into_owned(), long);
        }
        if self.conversation.here().is_some_and(|conversation| conversation.hears_again())
            && let Some(long) = self.on_payload(kind, &payload)
        {
            self.send_away(kind, payload.into_owned(), Some(long));
        }
    }

    fn on_payload(&mut self, kind: Kind, payload: &[u8]) -> Option<Long> {
        let frame = match kind {
            Kind::Binary => Frame::Binary(payload),
            // The decoder has checked it; this is the type system's share.
            Kind::Text => match simdutf8::basic::from_utf8(payload) {
                Ok(text) => Frame::Text(text),
                Err(_) => {
                    self.violated(&Violation::utf8());
                    return None;
                }
            },
        };
        let asked = self.conversation.here()?.on_message(frame);
        self.carry_out(asked)
    }

    /// Has a worker hear a large message, or give the long answer to one that was heard. Until it comes back nothing else is
    /// heard.
    fn send_away(&mut self, kind: Kind, payload: Vec<u8>, long: Option<Long>) {
        let slot = Slot::default();
        let conversation = match std::mem::replace(&mut self.conversation, Whereabouts::Away(slot.clone())) {
            Whereabouts::Here(conversation) => conversation,
            away => return self.conversation = away,
        };
        let offloaded = Offloaded {
            hub: self.shard.sink.hub().clone(),
            permit: self.shard.permit.clone(),
            listener: self.conn.listener.clone(),
            peer: self.peer.clone(),
            session: self.conn.session,
            framing: self.conn.framing,
        };
        self.conn.away.set(true);
        offloaded.begin(&self.shard.workers, conversation, (kind, payload), long, slot);
    }

    /// Has this task woken when a worker is done.
    pub(crate) fn wait_for_worker(&self, waker: &Waker) {
        if let Whereabouts::Away(slot) = &self.conversation {
            slot.wake(waker);
        }
    }

    /// Takes back what a worker has heard, if it is done, and does the rest.
    pub(crate) fn come_back(&mut self) {
        let Whereabouts::Away(slot) = &self.conversation else { return };
        let Some(Heard { conversation, kind, payload, said, rest, cost, panic }) = slot.take() else { return };
        self.conn.away.set(false);
        self.conversation = Whereabouts::Here(conversation);
        self.cost += cost;
        if let Some(panic) = panic {
            // From here it is as if it had happened here.
            std::panic::resume_unwind(panic);
        }
        // What was published before is told first, and that includes what was said by its client itself.
        self.shard.settle(&self.conn);
        said.into_iter().for_each(|said| self.say_one(said));
        if let Some(rest) = rest {
            let long = self.do_it(rest);
            self.go_on(long, kind, Cow::Owned(payload));
        }
    }

    fn within_rate(&mut self) -> Result<(), Refusal> {
        let limit = self.conn.listener.limits().messages_per_second;
        if limit == 0 {
            return Ok(());
        }
        let second = (self.shard.clock.now() / 1000) as u32;
        self.rate = if self.rate.0 == second { (second, self.rate.1.saturating_add(1)) } else { (second, 1) };
        if self.rate.1 <= limit {
            return Ok(());
        }
        let detail = safe!("more than {} messages in a second (limits.messages_per_second)", limit);
        Err(Refusal::new(Reason::TooMany, detail).at_limit("messages_per_second"))
    }

    /// Permits, does, and has the dialect answer, unless that is left for a worker.
    fn carry_out(&mut self, asked: Result<Asked, Refusal>) -> Option<Long> {
        let permitted = asked.and_then(|asked| {
            if let Some(right) = &asked.right {
                self.shard.permit.permit(&self.peer, right)?;
            }
            Ok(asked.intent)
        });
        match permitted {
            Err(refusal) => {
                self.refuse(&refusal);
                None
            }
            Ok(intent) => self.do_it(intent),
        }
    }

    fn refuse(&mut self, refusal: &Refusal) {
        self.tell(refusal);
        self.answer(Outcome::Refused(refusal));
    }

    /// Does what is permitted, and has the dialect answer, unless that is left for a worker.
    fn do_it(&mut self, intent: Intent) -> Option<Long> {
        match intent {
            Intent::Answer => self.answer(Outcome::Done),
            Intent::Publish(message) => {
                let listener = &self.conn.listener;
                let (hub, dialect) = (self.shard.sink.hub(), &*listener.plan.dialect);
                let reach = publish::publish(hub, &listener.memory, dialect, self.conn.session, message);
                self.cost += cost::PUBLISH + cost::GROUP * reach.groups as i64;
                self.answer(Outcome::Done);
            }
            Intent::Channels(root) => {
                // Listed here: a worker is less urgent, and while it had the hub's lock shards would wait for it.
                let channels = self.shard.sink.hub().channels(root);
                self.cost += cost::CHANNEL * channels.len() as i64;
                if channels.len() > MANY {
                    return Some(Long(channels));
                }
                self.answer(Outcome::Channels(&channels));
            }
            Intent::Command(command) => self.command(command),
            Intent::Subscribe { add, remove, recall } => {
                let subscription = |(filter, variant)| {
                    let encoding =
                        Encoding { representation: Representation::Wire(variant), framing: self.conn.framing };
                    Subscription { filter, encoding }
                };
                let add = add.into_iter().map(subscription).collect();
                let change = Change { add, remove: remove.map(subscription) };
                let joined = self.shard.change(&self.conn, change, recall);
                self.answer(Outcome::Done);
                self.offer_retained(joined.retained);
                if let Some(later) = joined.later {
                    self.laters.add(later, &self.shard.clock);
                }
            }
        }
        None
    }

    /// Hands a command to what carries it out.
    fn command(&mut self, command: Command) {
        let counters = &self.conn.listener.counters;
        counters.commands.add(1);
        counters.commands_open.increment(1.0);
        self.conn.asked.set(self.conn.asked.get() + 1);
        // Without an executor the duty to answer is dropped at once, which is an answer too.
        let done = Done::new(self.shard.answers.clone(), self.conn.session, command.ticket);
        if let Some(executor) = self.conn.listener.executor() {
            executor.carry_out(command, done);
        }
    }

    /// Something that the client had asked for was carried out, or was not.
    pub(crate) fn answered(&mut self, answer: Answer) {
        self.conn.asked.set(self.conn.asked.get().saturating_sub(1));
        self.conn.listener.counters.commands_open.decrement(1.0);
        let Answer { ticket, answer, .. } = answer;
        if let Err(refusal) = &answer {
            self.tell(refusal);
        }
        self.answer(Outcome::Answered { ticket, answer: answer.as_deref() });
    }

    /// Tells what was kept for a while, as far as nothing newer has come.
    pub(crate) fn recall(&mut self, later: &Later) {
        let retained = self.shard.recall(&self.conn, later);
        self.offer_retained(retained);
    }

    fn offer_retained(&self, retained: Vec<RetainedFor>) {
        for retained in retained {
            let frame = publish::frame(&*self.conn.listener.plan.dialect, &retained.published, retained.encoding);
            self.conn.offer(&frame, 1, &self.shard.sink);
        }
    }

    fn answer(&mut self, outcome: Outcome<'_>) {
        let mut replies = Replies::default();
        if let Some(conversation) = self.conversation.here() {
            conversation.answer(outcome, &mut replies);
        }
        self.say(replies);
    }

    /// Nothing more is heard from the client: told to the dialect, once, when no worker has its conversation.
    pub(crate) fn ended(&mut self) {
        let Some(conversation) = self.conversation.here() else { return };
        if !std::mem::replace(&mut self.has_ended, true) {
            let mut replies = Replies::default();
            conversation.ended(&mut replies);
            self.publish(&mut replies);
        }
    }

    /// Says what the dialect itself has to say to others.
    fn publish(&self, replies: &mut Replies) {
        let listener = &self.conn.listener;
        for message in replies.take_published() {
            let dialect = &*listener.plan.dialect;
            publish::publish(self.shard.sink.hub(), &listener.memory, dialect, self.conn.session, message);
        }
    }

    fn say(&mut self, mut replies: Replies) {
        self.publish(&mut replies);
        for utterance in replies.drain() {
            self.say_one(said(utterance, self.conn.framing));
        }
    }

    fn say_one(&mut self, said: Said) {
        match said {
            Said::Frame(frame) => drop(self.conn.offer(&frame, 1, &self.shard.sink)),
            Said::Close(code, reason) => self.close(code, &reason.into(), "refused"),
            Said::Refused(refusal) => self.tell(&refusal),
        }
    }

    /// The client broke the protocol or a bound: it is told in its product's words where there are any, and closed.
    pub(crate) fn violated(&mut self, violation: &Violation) {
        if let Some(limit) = violation.limit {
            self.limit_reached(limit, &violation.detail);
            self.answer(Outcome::Refused(&Refusal::new(Reason::TooLarge, violation.detail.clone())));
        }
        self.close(violation.code, &violation.detail, "violation");
    }

    /// Ends the conversation from this side. As when the client closes: from here on nobody counts it as listening.
    fn close(&self, code: u16, why: &Safe, reason: &'static str) {
        self.shard.leave(&self.conn);
        self.conn.close(code, why, reason);
    }

    fn limit_reached(&self, limit: &'static str, detail: &Safe) {
        LimitReached { dialect: self.conn.listener.name(), limit, peer: self.conn.peer, detail: detail.clone() }.emit();
    }

    fn tell(&self, refusal: &Refusal) {
        self.conn.listener.counters.refused.fetch_add(1, Ordering::Relaxed);
        if let Some(limit) = refusal.limit {
            self.limit_reached(limit, &refusal.detail);
        }
        let (dialect, session) = (self.conn.listener.name(), self.conn.session);
        Refused { dialect, reason: refusal.reason.as_str(), session, detail: refusal.detail.clone() }.emit();
    }
}
