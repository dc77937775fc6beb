//! One supervised session for each server.
//!
//! Promises: comes back by itself whenever the server does; tries gently, and slowly where only a person can help; what it
//! is doing is a state with a name that everybody else follows. Monitored items and commands are not its business: see
//! `watch` and `executor`.

mod backoff;
mod chain;
mod check;
pub(crate) mod dial;
mod drive;
pub(crate) mod identity;
mod plan;
mod pulse;
mod setup;
pub(crate) mod trouble;

pub(crate) use drive::{reached, supervise};
pub(crate) use plan::{ServerPlan, Variable};
pub(crate) use setup::{texts, value_of};

use crate::methods::Signature;
use crate::structures::Structures;
use crate::watch::Feed;
use opcua::client::Session;
use opcua::types::NodeId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// Where a server's session is.
#[derive(Clone)]
pub(crate) enum State {
    /// Never connected yet, or on the way again.
    Down,
    /// Commands are carried out and items are watched.
    Up(Arc<Established>),
}

impl State {
    /// The session, when it is up.
    pub(crate) fn established(&self) -> Option<&Arc<Established>> {
        match self {
            State::Up(established) => Some(established),
            State::Down => None,
        }
    }
}

/// A session and what was asked of the server when it began.
pub(crate) struct Established {
    pub(crate) session: Arc<Session>,
    /// Another one for every new session; one that was taken up again keeps its number, and its subscriptions.
    pub(crate) number: u64,
    /// The node of each variable of the plan; `None` where its namespace is not there.
    pub(crate) nodes: Vec<Option<NodeId>>,
    /// Those of variables that folders hold, by their places.
    pub(crate) found: RwLock<HashMap<usize, NodeId>>,
    /// The server's namespaces.
    pub(crate) namespaces: Vec<String>,
    /// The subscription to what the server tells of its nodes, apart from that of the variables.
    pub(crate) events: Mutex<Option<u32>>,
    /// What is known of methods, by their places.
    pub(crate) signatures: Mutex<HashMap<usize, Arc<Signature>>>,
    pub(crate) limits: Limits,
    /// What is known of the server's own structures.
    pub(crate) structures: Structures,
    /// Types of nodes that did not take what was written, for as long as the session lasts.
    pub(crate) types: Mutex<HashMap<usize, NodeType>>,
}

impl Established {
    /// The node of the variable at a place.
    pub(crate) fn node(&self, at: usize) -> Option<NodeId> {
        match self.nodes.get(at) {
            Some(node) => node.clone(),
            None => self.found.read().unwrap_or_else(PoisonError::into_inner).get(&at).cloned(),
        }
    }
}

/// How much the server takes in one request; as much as we ever send when it does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) read: usize,
    pub(crate) write: usize,
    pub(crate) items: usize,
}

/// What the tasks of one server share.
pub(crate) struct Link {
    pub(crate) plan: Arc<ServerPlan>,
    pub(crate) feed: Arc<Feed>,
    state: watch::Sender<State>,
    /// When the server last sent anything, and when it last reported on a subscription.
    heard: Mutex<(Instant, Instant)>,
    /// The subscription is gone and has to be made anew.
    pub(crate) remake: Notify,
    /// The session is of no use any more; another one is wanted.
    pub(crate) redial: Notify,
    /// A structure was met whose type is not known.
    pub(crate) met: Notify,
    /// A folder holds other variables than before.
    pub(crate) grown: Notify,
}

impl Link {
    pub(crate) fn new(plan: Arc<ServerPlan>, feed: Arc<Feed>) -> Arc<Link> {
        let now = Instant::now();
        Arc::new(Link {
            plan,
            feed,
            state: watch::Sender::new(State::Down),
            heard: Mutex::new((now, now)),
            remake: Notify::new(),
            redial: Notify::new(),
            met: Notify::new(),
            grown: Notify::new(),
        })
    }

    pub(crate) fn state(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    pub(crate) fn now(&self) -> State {
        self.state.borrow().clone()
    }

    /// When the server last reported on a subscription.
    pub(crate) fn last_report(&self) -> Instant {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    /// When the server last sent anything.
    pub(crate) fn last_word(&self) -> Instant {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// What kept the session has failed by a mistake: as if the server were lost.
    pub(crate) fn fallen(&self) {
        self.state.send_replace(State::Down);
        self.feed.lost(self.plan.range());
    }

    fn heard(&self, report: bool) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.0 = Instant::now();
        if report {
            heard.1 = heard.0;
        }
    }
}

/// For requests of our own: below the limit round connecting, above what a slow controller needs.
const PATIENCE: Duration = Duration::from_secs(8);

/// What a node holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeType {
    /// The number of its built-in type.
    pub(crate) kind: u8,
    /// Whether it is an array; `None`: it may be or not.
    pub(crate) is_array: Option<bool>,
}

/// Does something with files beside the links, which do not wait for a disk. `None`: it panicked.
#[allow(clippy::disallowed_methods, reason = "no shard: at most one of these for each server, which waits for it")]
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}
