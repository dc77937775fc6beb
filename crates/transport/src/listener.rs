//! One listener: where a dialect's clients connect, with its limits, its counts and its certificate. Shared by shards.

use crate::Limits;
use crate::memory::Memory;
use rustls::ServerConfig;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tieline_model::{Dialect, Door, Executor, Reason, Refusal, safe};
use tieline_telemetry::events::{
    Commands, CommandsOpen, Delivered, Heard, HeldBack, Lost, QueuedBytes, SessionsOpen, WindowsKept,
};
use tieline_telemetry::{Gauge, Tally};

/// What the gateway wants served.
#[derive(Clone)]
pub struct ListenerPlan {
    /// Who speaks with the clients.
    pub dialect: Arc<dyn Dialect>,
    /// Where; port 0 takes a free one.
    pub address: SocketAddr,
    /// Its limits.
    pub limits: Limits,
    /// Which hosts and origins may knock.
    pub door: Arc<Door>,
    /// Certificate and protocol settings, for TLS.
    pub tls: Option<Arc<ServerConfig>>,
}

/// A listener at work.
pub struct Listener {
    pub(crate) plan: ListenerPlan,
    /// The address in fact, with the port that was taken.
    pub(crate) address: SocketAddr,
    pub(crate) counters: Counters,
    /// What its clients' messages and queues are charged to.
    pub(crate) memory: Arc<Memory>,
    /// What carries out its dialect's commands.
    executor: OnceLock<Arc<dyn Executor>>,
    open: AtomicUsize,
    by_address: Mutex<HashMap<IpAddr, usize>>,
}

/// What is counted often, looked up once.
pub(crate) struct Counters {
    pub(crate) heard: Tally,
    pub(crate) delivered: Tally,
    pub(crate) refused: AtomicU64,
    lost: AtomicU64,
    pub(crate) queued: Gauge,
    pub(crate) open: Gauge,
    pub(crate) commands: Tally,
    pub(crate) commands_open: Gauge,
    pub(crate) held_back: Tally,
    pub(crate) windows_kept: Tally,
}

/// What happened on a listener since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Open now, those in their handshake included.
    pub sessions: u64,
    /// Messages heard from clients.
    pub heard: u64,
    /// Messages handed to clients, each receiver counted.
    pub delivered: u64,
    /// Messages that clients did not take in time, each receiver counted.
    pub lost: u64,
    /// Requests that were refused.
    pub refused: u64,
    /// Times that a client was not listened to because publishers had to wait.
    pub held_back: u64,
}

impl Counters {
    pub(crate) fn lose(&self, dialect: &'static str, reason: &'static str, messages: u64) {
        Lost { dialect, reason }.handle().add(messages);
        self.lost.fetch_add(messages, Ordering::Relaxed);
    }
}

/// A connection's place among those allowed; given back when dropped.
pub(crate) struct Admission {
    listener: Arc<Listener>,
    ip: IpAddr,
}

impl Listener {
    pub(crate) fn new(plan: ListenerPlan, address: SocketAddr, memory: Arc<Memory>) -> Listener {
        let dialect = plan.dialect.name();
        let counters = Counters {
            heard: Heard { dialect }.handle(),
            delivered: Delivered { dialect }.handle(),
            refused: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            queued: QueuedBytes { dialect }.handle(),
            open: SessionsOpen { dialect }.handle(),
            commands: Commands { dialect }.handle(),
            commands_open: CommandsOpen { dialect }.handle(),
            held_back: HeldBack { dialect }.handle(),
            windows_kept: WindowsKept { dialect }.handle(),
        };
        Listener {
            plan,
            address,
            counters,
            memory,
            executor: OnceLock::new(),
            open: AtomicUsize::new(0),
            by_address: Mutex::default(),
        }
    }

    /// The dialect's name.
    pub fn name(&self) -> &'static str {
        self.plan.dialect.name()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether its clients use TLS.
    pub fn is_tls(&self) -> bool {
        self.plan.tls.is_some()
    }

    /// Connections open now, those in their handshake included.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// What happened here so far.
    pub fn counts(&self) -> Counts {
        Counts {
            sessions: self.open() as u64,
            heard: self.counters.heard.total(),
            delivered: self.counters.delivered.total(),
            lost: self.counters.lost.load(Ordering::Relaxed),
            refused: self.counters.refused.load(Ordering::Relaxed),
            held_back: self.counters.held_back.total(),
        }
    }

    /// Says what carries out the dialect's commands; once, before clients come. Without it commands are refused.
    pub fn set_executor(&self, executor: Arc<dyn Executor>) {
        let _ = self.executor.set(executor);
    }

    pub(crate) fn executor(&self) -> Option<&Arc<dyn Executor>> {
        self.executor.get()
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.plan.limits
    }

    /// Takes a place for a connection from `ip`, or says which limit is reached.
    pub(crate) fn admit(self: &Arc<Listener>, ip: IpAddr) -> Result<Admission, (&'static str, Refusal)> {
        let limits = self.limits();
        let refuse = |limit, detail| Err((limit, Refusal::new(Reason::TooMany, detail)));
        let open = self.open.fetch_add(1, Ordering::Relaxed);
        if limits.connections > 0 && open >= limits.connections {
            self.open.fetch_sub(1, Ordering::Relaxed);
            return refuse("connections", safe!("{} connections are open (limits.connections)", open));
        }
        let mut by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let from_here = by_address.entry(ip).or_insert(0);
        if limits.connections_per_address > 0 && *from_here >= limits.connections_per_address {
            self.open.fetch_sub(1, Ordering::Relaxed);
            let detail = safe!("{} connections from one address (limits.connections_per_address)", *from_here);
            return refuse("connections_per_address", detail);
        }
        *from_here += 1;
        Ok(Admission { listener: self.clone(), ip })
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.listener.open.fetch_sub(1, Ordering::Relaxed);
        let mut by_address = self.listener.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_address.get_mut(&self.ip) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&self.ip);
            }
        }
    }
}
