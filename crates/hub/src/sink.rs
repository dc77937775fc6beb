//! Sinks: where finished frames leave the hub. A shard is one, the console's tail is one.
//!
//! A sink's inbox is filled under the hub's lock, so all sinks see one order. It is bounded, and what was taken out
//! counts until it was served: a sink that holds back asks publishers to wait, one that may lose drops the newest and
//! counts it. Called by transport and the console.

use crate::{Change, Hub, Subscription};
use bytes::Bytes;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tieline_model::{Encoding, Published, Recall, SessionId};

/// What happens when a sink's inbox is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressure {
    /// Nothing is lost: [`Hub::pressed`] turns true and sessions stop reading until it has been emptied.
    HoldBack,
    /// What does not fit is dropped and counted: [`Sink::take`] tells how many.
    Lose,
}

/// One finished frame for one group of a sink.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its place in the order of the hub.
    pub sequence: u64,
    /// The group, as [`Joined::group`] numbered it.
    pub group: u32,
    /// Who must not get it: the session that said it, or [`SessionId::NONE`].
    pub origin: SessionId,
    /// The bytes, the same for every member.
    pub frame: Bytes,
}

impl Delivery {
    /// What it counts against an inbox's bound: its bytes and what an entry costs besides, so that many small frames are
    /// bounded too.
    pub fn size(&self) -> usize {
        self.frame.len() + size_of::<Delivery>()
    }
}

/// The result of changing a session's subscriptions.
#[derive(Debug)]
pub struct Joined {
    /// The group it belongs to now; `None` when it hears nothing.
    pub group: Option<u32>,
    /// What is retained on topics it did not hear before, oldest first.
    pub retained: Vec<RetainedFor>,
    /// What is to be asked for later, with [`Sink::recall`].
    pub later: Option<Later>,
    /// As for [`Sink::take`].
    pub lost: u64,
}

/// Kept messages that a newcomer wants only after a while, and only if nothing newer came by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    /// After how long; when that is over, how long ago the newcomer joined.
    pub wait: Duration,
    /// The hub's number for what was published last before the newcomer joined.
    pub since: u64,
    /// What it did not hear before.
    pub fresh: Vec<Subscription>,
}

/// A retained message and the encoding a newcomer gets it in.
#[derive(Debug, Clone)]
pub struct RetainedFor {
    /// What was published.
    pub published: Arc<Published>,
    /// What makes the bytes.
    pub encoding: Encoding,
}

/// The hub as one sink sees it.
#[derive(Clone)]
pub struct Sink {
    pub(crate) hub: Arc<Hub>,
    pub(crate) id: u16,
}

impl Sink {
    /// The sink's number: the upper part of its sessions' ids.
    pub fn id(&self) -> u16 {
        self.id
    }

    /// The hub this is a sink of.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Moves the inbox to the end of `into`; returns how many deliveries were dropped since the last time. What is taken
    /// goes on counting against the bound until [`Sink::served`] says that it is done with.
    pub fn take(&self, into: &mut Vec<Delivery>) -> u64 {
        self.hub.lock().take(self.id, into)
    }

    /// Says that deliveries of together `size` ([`Delivery::size`]) were served. When publishers waited for that, every
    /// sink is woken.
    pub fn served(&self, size: usize) {
        let relieved = {
            let mut state = self.hub.lock();
            let relieved = state.served(self.id, size);
            self.hub.pressed.store(state.pressed(), Ordering::Release);
            relieved
        };
        if relieved {
            self.hub.wake_all();
        }
    }

    /// Changes what a session hears. In the same instant the inbox is moved to the end of `into`: everything in it was published
    /// before the change, everything later after it.
    pub fn subscribe(
        &self,
        session: SessionId,
        peer: SocketAddr,
        change: Change,
        recall: Recall,
        into: &mut Vec<Delivery>,
    ) -> Joined {
        let mut state = self.hub.lock();
        let lost = state.take(self.id, into);
        Joined { lost, ..state.subscribe(self.id, session, peer, change, recall) }
    }

    /// What was kept when a session joined and nothing newer has come since, as far as it still hears it; where nothing is
    /// kept, what is remembered ([`Hub::remember`]). In the same
    /// instant the inbox is moved to the end of `into`, so that what comes later comes after it.
    pub fn recall(&self, session: SessionId, later: &Later, into: &mut Vec<Delivery>) -> Vec<RetainedFor> {
        let (mut retained, remembered) = {
            let mut state = self.hub.lock();
            // A shard's inbox loses nothing, so there is no loss to tell.
            state.take(self.id, into);
            state.recall(session, later.since, &later.fresh)
        };
        // Outside of the lock: who remembers may have one of its own.
        retained.extend(remembered.into_iter().filter_map(|(topic, encoding, memory)| {
            Some(RetainedFor { published: Arc::new(memory(&topic, later.wait)?), encoding })
        }));
        retained
    }

    /// Says whether a session's queue is full, for [`Hub::channels`].
    pub fn set_writable(&self, session: SessionId, writable: bool) {
        self.hub.lock().set_writable(session, writable);
    }
}
