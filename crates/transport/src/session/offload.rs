//! A message so large that hearing it would hold up its shard: heard, permitted, published and answered by a worker; and an
//! answer so long that giving it would.
//!
//! Promises: the session hears nothing else meanwhile, so the order of its messages stays; what only the shard can do (who
//! hears what, commands) comes back undone; a panic comes back to the session that caused it. Begun and taken back by the
//! session's talk.

use crate::port::listener::Listener;
use crate::shard::publish;
use crate::shard::scheduler::cost;
use crate::shard::workers::Workers;
use bytes::Bytes;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Instant;
use tieline_budget::Network;
use tieline_codec::{Kind, opcode};
use tieline_hub::Hub;
use tieline_model::{
    Channel, Conversation, Frame, Framing, Intent, Outcome, Peer, Permit, Refusal, Replies, SessionId, Utterance,
};

/// From so many bytes on a message is heard by a worker: a dialect may take a millisecond for it.
pub(crate) const LARGE: usize = 128 << 10;
/// A list of more channels than this is answered by a worker: a dialect may take a microsecond for each.
pub(crate) const MANY: usize = 128;

/// What a message is to be answered with, when that takes long.
pub(crate) struct Long(pub(crate) Vec<Channel>);

impl Long {
    /// What it takes while it waits for a worker: of many sessions at once it would be much.
    fn size(&self) -> usize {
        self.0.capacity() * size_of::<Channel>()
    }
}

/// What was said to the client, as frames.
pub(crate) enum Said {
    Frame(Bytes),
    Close(u16, &'static str),
    /// It was refused what it asked for; the frames that tell it follow.
    Refused(Refusal),
}

/// What became of a large message.
pub(crate) struct Heard {
    pub(crate) conversation: Box<dyn Conversation>,
    pub(crate) kind: Kind,
    pub(crate) payload: Vec<u8>,
    pub(crate) said: Vec<Said>,
    /// What is left for the shard to do; then the dialect is asked whether it hears the message again.
    pub(crate) rest: Option<Intent>,
    /// Work that was done, in nanoseconds.
    pub(crate) cost: i64,
    pub(crate) panic: Option<Box<dyn Any + Send>>,
}

/// What a worker needs of a session.
pub(crate) struct Offloaded {
    pub(crate) hub: Arc<Hub>,
    pub(crate) permit: Arc<dyn Permit>,
    pub(crate) listener: Arc<Listener>,
    pub(crate) peer: Peer,
    pub(crate) session: SessionId,
    pub(crate) framing: Framing,
}

/// The place where a session finds what became of its message.
#[derive(Clone, Default)]
pub(crate) struct Slot(Arc<Mutex<Place>>);

#[derive(Default)]
struct Place {
    heard: Option<Heard>,
    /// Who is woken when it is there: the task as it waited last.
    waker: Option<Waker>,
}

impl Slot {
    pub(crate) fn take(&self) -> Option<Heard> {
        self.lock().heard.take()
    }

    /// Has this task woken when it is filled, or at once when it is. Asked before each wait, so that no filling is missed.
    pub(crate) fn wake(&self, waker: &Waker) {
        let mut place = self.lock();
        match place.heard {
            Some(_) => waker.wake_by_ref(),
            None => place.waker = Some(waker.clone()),
        }
    }

    fn fill(&self, heard: Heard) {
        let mut place = self.lock();
        place.heard = Some(heard);
        let waker = place.waker.take();
        drop(place);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Offloaded {
    /// Has a worker hear this message, or answer it if it was heard, and fill the slot.
    pub(crate) fn begin(
        self,
        workers: &Workers,
        conversation: Box<dyn Conversation>,
        (kind, payload): (Kind, Vec<u8>),
        long: Option<Long>,
        slot: Slot,
    ) {
        let network = Network::of(self.peer.address.ip());
        let held = self.listener.memory.hold(payload.capacity() + long.as_ref().map_or(0, Long::size));
        let heard = Heard { conversation, kind, payload, said: Vec::new(), rest: None, cost: 0, panic: None };
        workers.add(
            network,
            Box::new(move || {
                let heard = self.whole(heard, long);
                drop(held);
                slot.fill(heard);
            }),
        );
    }

    fn whole(&self, mut heard: Heard, long: Option<Long>) -> Heard {
        let begun = Instant::now();
        heard.panic = catch_unwind(AssertUnwindSafe(|| self.run(&mut heard, long))).err();
        if heard.rest.is_none() {
            // Giving back megabytes is work too.
            heard.payload = Vec::new();
        }
        heard.cost += begun.elapsed().as_nanos() as i64;
        heard
    }

    fn run(&self, heard: &mut Heard, long: Option<Long>) {
        let payload = std::mem::take(&mut heard.payload);
        if let Some(Long(channels)) = long {
            self.answer(heard, Outcome::Channels(&channels));
            if !heard.conversation.hears_again() {
                return;
            }
        }
        // The same message once more, if it means two things.
        for _ in 0..2 {
            if let Some(rest) = self.hear_once(heard, &payload) {
                heard.rest = Some(rest);
                heard.payload = payload;
                return;
            }
            if !heard.conversation.hears_again() {
                return;
            }
        }
    }

    /// Hears a message and does what can be done from here; the rest comes back.
    fn hear_once(&self, heard: &mut Heard, payload: &[u8]) -> Option<Intent> {
        let frame = match heard.kind {
            Kind::Binary => Frame::Binary(payload),
            // The decoder has checked it; this is the type system's share.
            Kind::Text => Frame::Text(simdutf8::basic::from_utf8(payload).unwrap_or_default()),
        };
        let permitted = heard.conversation.on_message(frame).and_then(|asked| {
            asked.right.as_ref().map_or(Ok(()), |right| self.permit.permit(&self.peer, right))?;
            Ok(asked.intent)
        });
        match permitted {
            Err(refusal) => {
                heard.said.push(Said::Refused(refusal.clone()));
                self.answer(heard, Outcome::Refused(&refusal));
            }
            Ok(Intent::Answer) => self.answer(heard, Outcome::Done),
            Ok(Intent::Publish(message)) => {
                let Listener { memory, plan, .. } = &*self.listener;
                let reach = publish::publish(&self.hub, memory, &*plan.dialect, self.session, message);
                heard.cost += cost::PUBLISH + cost::GROUP * reach.groups as i64;
                self.answer(heard, Outcome::Done);
            }
            Ok(rest) => return Some(rest),
        }
        None
    }

    fn answer(&self, heard: &mut Heard, outcome: Outcome<'_>) {
        let mut replies = Replies::default();
        heard.conversation.answer(outcome, &mut replies);
        for message in replies.take_published() {
            let Listener { memory, plan, .. } = &*self.listener;
            publish::publish(&self.hub, memory, &*plan.dialect, self.session, message);
        }
        heard.said.extend(replies.drain().map(|utterance| said(utterance, self.framing)));
    }
}

/// What a dialect says, as the client gets it.
pub(crate) fn said(utterance: Utterance, framing: Framing) -> Said {
    let (opcode, payload) = match utterance {
        Utterance::Text(text) => (opcode::TEXT, text.into_bytes()),
        Utterance::Binary(bytes) => (opcode::BINARY, bytes),
        Utterance::Close(code, reason) => return Said::Close(code, reason),
    };
    Said::Frame(tieline_codec::message_frame(opcode, &payload, framing))
}
