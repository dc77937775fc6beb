//! The gate of a port: how many connections may be open in all and from one address, and how fast they may come.
//!
//! Promises: one count for all shards; a place that was taken is given back when its [`Admission`] is dropped, whatever
//! happened in between. Every port has one, whoever answers behind it.

use crate::Limits;
use crate::port::idle::IdleConnections;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tieline_budget::Rate;
use tieline_budget::{Descriptors, Share};
use tieline_model::{Safe, safe};
use tieline_telemetry::events::LimitReached;
use tokio::sync::Notify;

/// What a port lets in.
pub(crate) struct Gate {
    /// The label of what is counted: the dialect, or `console`.
    pub(crate) name: &'static str,
    connections: usize,
    per_address: usize,
    rate: Rate,
    share: Share,
    open: AtomicUsize,
    by_address: Mutex<HashMap<IpAddr, usize>>,
    /// Connections that can make room.
    pub(crate) idle: IdleConnections,
    /// Told of each place that is given back.
    left: Notify,
}

/// A connection's place among those allowed; given back when dropped.
pub(crate) struct Admission {
    gate: Arc<Gate>,
    /// Whom it is counted for, once that is known.
    of: Mutex<Option<IpAddr>>,
}

/// The limit that was reached: its key, and what to say.
#[derive(Debug)]
pub(crate) struct Reached {
    pub(crate) limit: &'static str,
    pub(crate) detail: Safe,
}

impl Gate {
    pub(crate) fn new(name: &'static str, limits: &Limits, descriptors: &Arc<Descriptors>) -> Arc<Gate> {
        let most = if limits.connections == 0 { usize::MAX } else { limits.connections };
        Arc::new(Gate {
            name,
            connections: most,
            per_address: limits.connections_per_address,
            rate: Rate::new(limits.accepts_per_second),
            share: descriptors.share(most),
            open: AtomicUsize::new(0),
            by_address: Mutex::default(),
            idle: IdleConnections::default(),
            left: Notify::new(),
        })
    }

    /// Connections open now, those in their handshake included.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// For telling those who are turned away.
    pub(crate) fn descriptors(&self) -> &Arc<Descriptors> {
        self.share.all()
    }

    /// Counts one more that came, and says how long to accept nobody else.
    pub(crate) fn pause(&self, peer: SocketAddr) -> Option<Duration> {
        let pause = self.rate.count()?;
        let detail =
            "more connections than accepts_per_second; those that come wait (limits.accepts_per_second)".into();
        self.reached(peer, Reached { limit: "accepts_per_second", detail });
        Some(pause)
    }

    /// Takes a place for a connection, or says which limit is reached.
    pub(crate) fn admit(self: &Arc<Gate>) -> Result<Admission, Reached> {
        let open = self.open.fetch_add(1, Ordering::Relaxed);
        if open >= self.connections {
            self.open.fetch_sub(1, Ordering::Relaxed);
            let detail = safe!("{} connections are open (limits.connections)", open);
            return Err(Reached { limit: "connections", detail });
        }
        if !self.share.take() {
            self.open.fetch_sub(1, Ordering::Relaxed);
            let detail = safe!("no file descriptor is left for this port, with {} connections open (ulimit -n)", open);
            return Err(Reached { limit: "descriptors", detail });
        }
        Ok(Admission { gate: self.clone(), of: Mutex::new(None) })
    }

    /// Whether the oldest connection that has asked for nothing makes room, where all places are taken.
    pub(crate) fn makes_room(&self, reached: &Reached) -> bool {
        matches!(reached.limit, "connections" | "descriptors") && self.idle.free_one()
    }

    /// Ready when a place was given back since the last time.
    pub(crate) async fn one_has_left(&self) {
        self.left.notified().await;
    }

    /// Tells of a limit that was reached.
    pub(crate) fn reached(&self, peer: SocketAddr, reached: Reached) {
        LimitReached { dialect: self.name, limit: reached.limit, peer, detail: reached.detail }.emit();
    }

    fn leave(&self, address: IpAddr) {
        let mut by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&address);
            }
        }
    }
}

impl Admission {
    /// Counts the connection for this address, and no longer for the one before.
    pub(crate) fn count_for(&self, address: IpAddr) -> Result<(), Reached> {
        let (gate, address) = (&self.gate, counted(address));
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if *of == Some(address) {
            return Ok(());
        }
        if let Some(before) = of.take() {
            gate.leave(before);
        }
        let mut by_address = gate.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let from_there = by_address.get(&address).copied().unwrap_or(0);
        if gate.per_address > 0 && from_there >= gate.per_address {
            let detail = safe!("{} connections from one address (limits.connections_per_address)", from_there);
            return Err(Reached { limit: "connections_per_address", detail });
        }
        by_address.insert(address, from_there + 1);
        *of = Some(address);
        Ok(())
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        if let Some(address) = self.of.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            self.gate.leave(address);
        }
        self.gate.share.give();
        self.gate.open.fetch_sub(1, Ordering::Relaxed);
        self.gate.left.notify_one();
    }
}

/// What counts as one address: whoever has an IPv6 address has the 2^64 beside it as well.
fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(connections: usize, connections_per_address: usize) -> Arc<Gate> {
        let limits = Limits { connections, connections_per_address, ..Limits::default() };
        Gate::new("gate", &limits, &Arc::default())
    }

    fn limit(outcome: Result<(), Reached>) -> &'static str {
        outcome.err().map_or("", |reached| reached.limit)
    }

    #[test]
    fn networks_of_ipv6_count_as_one_and_mapped_addresses_as_ipv4() {
        let gate = gate(0, 1);
        let counted = |text: &str| {
            let admission = gate.admit().unwrap();
            let outcome = admission.count_for(text.parse().unwrap());
            (limit(outcome), admission)
        };
        let (first, _kept) = counted("2001:db8:0:1::1");
        assert_eq!(first, "");
        assert_eq!(counted("2001:db8:0:1:ffff:ffff:ffff:ffff").0, "connections_per_address");
        assert_eq!(counted("2001:db8:0:2::1").0, "");
        let (mapped, _kept) = counted("::ffff:192.0.2.1");
        assert_eq!((mapped, counted("192.0.2.1").0), ("", "connections_per_address"));
        assert_eq!(counted("192.0.2.2").0, "");
    }

    #[test]
    fn a_connection_counts_for_whom_it_was_said_last() {
        let gate = gate(0, 1);
        let (one, other) = (gate.admit().unwrap(), gate.admit().unwrap());
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(limit(one.count_for(address("192.0.2.1"))), "");
        assert_eq!(limit(one.count_for(address("192.0.2.1"))), "", "once");
        assert_eq!(limit(other.count_for(address("192.0.2.1"))), "connections_per_address");
        assert_eq!(limit(one.count_for(address("192.0.2.2"))), "");
        assert_eq!(limit(other.count_for(address("192.0.2.1"))), "", "its place is free again");
        drop((one, other));
        assert_eq!((gate.open(), gate.by_address.lock().unwrap().len()), (0, 0));
    }

    #[test]
    fn places_and_descriptors_are_given_back() {
        let limits = Limits { connections: 3, ..Limits::default() };
        let descriptors = Arc::new(Descriptors::default());
        let gate = Gate::new("gate", &limits, &descriptors);
        let refused = |gate: &Arc<Gate>| gate.admit().err().map(|reached| reached.limit);
        let all: Vec<_> = (0..3).map(|_| gate.admit().unwrap()).collect();
        assert_eq!(refused(&gate), Some("connections"));
        drop(all);
        descriptors.set_total(2);
        let some: Vec<_> = (0..2).map(|_| gate.admit().unwrap()).collect();
        assert_eq!((refused(&gate), gate.open()), (Some("descriptors"), 2));
        drop(some);
        assert_eq!((refused(&gate), gate.open()), (None, 0));
    }
}
