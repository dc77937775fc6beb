//! One supervised session for each server.
//!
//! Promises: comes back by itself whenever the server does; tries gently, and slowly where only a person can help; what it
//! is doing is a state with a name that everybody else follows. Monitored items and commands are not its business.

mod ask;
mod backoff;
mod check;
mod dial;
mod drive;
mod identity;
mod large;
mod link_error;
mod namespaces;
mod parts;
mod plan;
mod pulse;
mod setup;
mod wire;

pub use ask::{Asking, too_large};
pub use dial::{Dialled, Events, dial, endpoints};
pub use drive::{reached, supervise};
pub use identity::token;
pub use link_error::LinkError;
pub use parts::{Learned, Parts, is_lost, is_too_much};
pub use plan::{ServerPlan, Variable, Watching};
pub use setup::{texts, value_of};
pub use wire::Wire;

use crate::methods::Signature;
use futures_util::FutureExt;
use opcua::types::NodeId;
use std::collections::HashMap;
use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tieline_opcua_values::Structures;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// Who is told what becomes of the connection to a server; its variables are those with these numbers among all servers'.
pub trait Follower: Send + Sync {
    /// It is connected, and knows nothing of us.
    fn connected(&self, variables: Range<usize>);

    /// It is not connected any more.
    fn lost(&self, variables: Range<usize>);

    /// It is connected again, and has kept our session with all that belongs to it.
    fn back(&self, variables: Range<usize>);
}

/// Where a server's session is.
#[derive(Clone)]
pub enum State {
    /// Never connected yet, or on the way again.
    Down,
    /// Commands are carried out and items are watched.
    Up(Arc<Established>),
}

impl State {
    /// The session, when it is up.
    pub fn established(&self) -> Option<&Arc<Established>> {
        match self {
            State::Up(established) => Some(established),
            State::Down => None,
        }
    }
}

/// A session and what was asked of the server when it began.
pub struct Established {
    /// How it is asked.
    pub asking: Asking,
    /// Another one for every new session; one that was taken up again keeps its number, and its subscriptions.
    pub number: u64,
    /// The node of each variable of the plan; `None` where its namespace is not there.
    pub(crate) nodes: Vec<Option<NodeId>>,
    /// What each takes in a request.
    sizes: Vec<usize>,
    /// The nodes of variables that folders hold, and what each takes in a request, by their places.
    found: RwLock<HashMap<usize, (NodeId, usize)>>,
    /// The server's namespaces, in its order.
    pub namespaces: Vec<String>,
    /// The subscription to what the server tells of its nodes, apart from that of the variables.
    pub events: Arc<watch::Sender<Apart>>,
    /// What is known of methods, by their places.
    pub(crate) signatures: Mutex<HashMap<usize, Arc<Signature>>>,
    /// How much the server says that it takes at once.
    pub limits: Limits,
    /// What is known of the server's own structures.
    pub structures: Structures,
    /// Types of nodes that did not take what was written, for as long as the session lasts.
    pub types: Mutex<HashMap<usize, NodeType>>,
}

impl Established {
    /// The node of the variable at a place.
    pub fn node(&self, at: usize) -> Option<NodeId> {
        match self.nodes.get(at) {
            Some(node) => node.clone(),
            None => self.found.read().unwrap_or_else(PoisonError::into_inner).get(&at).map(|(node, _)| node.clone()),
        }
    }

    /// What the variable at a place takes in a request.
    pub fn size(&self, at: usize) -> usize {
        match self.sizes.get(at) {
            Some(size) => *size,
            None => self.found.read().unwrap_or_else(PoisonError::into_inner).get(&at).map_or(0, |(_, size)| *size),
        }
    }

    /// Whether there is a subscription apart, once that is known.
    pub async fn apart(&self) -> Apart {
        let mut told = self.events.subscribe();
        let known = told.wait_for(|apart| *apart != Apart::Making).await;
        // The sender is here: it cannot be gone.
        known.map_or(Apart::None, |apart| *apart)
    }

    /// The nodes of variables that folders hold are these. One that is gone keeps its node: the server says best what there
    /// is of it.
    pub fn find(&self, nodes: HashMap<usize, NodeId>) {
        let sized = nodes.into_iter().map(|(at, node)| {
            let size = self.asking.size(&value_of(node.clone()));
            (at, (node, size))
        });
        self.found.write().unwrap_or_else(PoisonError::into_inner).extend(sized);
    }
}

/// The subscription to what a server tells of its nodes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Apart {
    /// There is none.
    #[default]
    None,
    /// It is being made: who has to know waits until it is there.
    Making,
    /// It is there, with this number.
    Made(u32),
    /// It had to make room for those of the variables.
    NoRoom,
}

/// How much the server takes in one request; as much as we ever send when it does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Nodes of one Read.
    pub read: usize,
    /// Nodes of one Write.
    pub write: usize,
    /// Items that are made at once.
    pub items: usize,
}

/// How much a server takes at once of each service, as far as it was learned the hard way.
#[derive(Default)]
pub struct Experience {
    /// Of Read.
    pub read: Learned,
    /// Of Write.
    pub write: Learned,
    /// Of CreateMonitoredItems.
    pub create: Learned,
    /// Of DeleteMonitoredItems.
    pub delete: Learned,
}

/// What the tasks of one server share.
pub struct Link {
    /// What the configuration says of the server.
    pub plan: Arc<ServerPlan>,
    follower: Arc<dyn Follower>,
    /// How much the server takes at once.
    pub learned: Experience,
    state: watch::Sender<State>,
    /// How many connections were lost.
    losses: AtomicU64,
    /// When the server last sent anything.
    heard: Mutex<Instant>,
    /// A subscription is gone and has to be made anew.
    pub remake: Notify,
    /// The server says that there is no subscription, which it may say of those that we have just given up.
    pub doubted: Notify,
    /// A report of a subscription was too large to be read.
    pub too_large: Notify,
    /// The session is of no use any more; another one is wanted.
    pub redial: Notify,
    /// A structure was met whose type is not known.
    pub met: Notify,
    /// A folder holds other variables than before.
    pub grown: Notify,
}

impl Link {
    /// To the server of this plan, not connected yet: see [`supervise`].
    pub fn new(plan: Arc<ServerPlan>, follower: Arc<dyn Follower>) -> Arc<Link> {
        Arc::new(Link {
            plan,
            follower,
            learned: Experience::default(),
            state: watch::Sender::new(State::Down),
            losses: AtomicU64::new(0),
            heard: Mutex::new(Instant::now()),
            remake: Notify::new(),
            doubted: Notify::new(),
            too_large: Notify::new(),
            redial: Notify::new(),
            met: Notify::new(),
            grown: Notify::new(),
        })
    }

    /// Where the session is, to be followed.
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// Where the session is now.
    pub fn now(&self) -> State {
        self.state.borrow().clone()
    }

    /// How many connections were lost.
    pub fn losses(&self) -> u64 {
        self.losses.load(Ordering::Relaxed)
    }

    /// When the server last sent anything.
    pub fn last_word(&self) -> Instant {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What kept the session has failed by a mistake: as if the server were lost.
    pub fn fallen(&self) {
        self.state.send_replace(State::Down);
        self.follower.lost(self.plan.range());
    }

    fn heard(&self) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// No larger answer is read, in bytes.
const MOST_ANSWER: usize = 64 << 20;

/// What a node holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeType {
    /// The number of its built-in type.
    pub kind: u8,
    /// Whether it is an array; `None`: it may be or not.
    pub is_array: Option<bool>,
}

/// Awaits something. `None`: the library panicked over what the server sent, which concerns this work alone.
pub async fn caught<T>(work: impl Future<Output = T>) -> Option<T> {
    AssertUnwindSafe(work).catch_unwind().await.ok()
}

/// Does something with files beside the links, which do not wait for a disk. `None`: it panicked.
#[allow(clippy::disallowed_methods, reason = "no shard: at most one of these for each server, which waits for it")]
pub async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

#[cfg(test)]
mod tests;
