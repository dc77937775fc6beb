//! One listener: where a dialect's clients connect, with its limits, its counts and its certificate. Shared by shards.

use crate::Limits;
use crate::port::gate::Gate;
use rustls::ServerConfig;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use tieline_budget::Descriptors;
use tieline_budget::Memory;
use tieline_model::{Dialect, Executor, OriginPolicy};
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
    pub origin_policy: Arc<OriginPolicy>,
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
    pub(crate) gate: Arc<Gate>,
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

impl Listener {
    /// One that shares its file descriptors with nobody.
    #[cfg(test)]
    pub(crate) fn new(plan: ListenerPlan, address: SocketAddr, memory: Arc<Memory>) -> Listener {
        Listener::among(plan, address, memory, &Arc::default())
    }

    /// One of several ports.
    pub(crate) fn among(
        plan: ListenerPlan,
        address: SocketAddr,
        memory: Arc<Memory>,
        descriptors: &Arc<Descriptors>,
    ) -> Listener {
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
        let gate = Gate::new(dialect, &plan.limits, descriptors);
        Listener { plan, address, counters, memory, executor: OnceLock::new(), gate }
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
        self.gate.open()
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
}
