//! Who holds how much of the budget, ordered so that the greediest is found at once, whoever many there are.
//!
//! Sessions are told of here when what they hold has changed by much (see `load`); what they have in common is their network. A part
//! that was chosen is on its way out: it counts no more among what can be chosen. Called by `Memory`, under its lock.

use super::{Eviction, Mailbox};
use crate::load::Part;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use tieline_model::SessionId;

/// Whom charges are summed for: an IPv4 address, or the /64 of an IPv6 address, of which one client has as many as it likes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network(u128);

impl Network {
    /// The network of an address.
    pub fn of(address: IpAddr) -> Network {
        match address.to_canonical() {
            IpAddr::V4(address) => Network(address.to_ipv6_mapped().to_bits()),
            IpAddr::V6(address) => Network(address.to_bits() >> 64 << 64),
        }
    }
}

#[derive(Default)]
pub(super) struct Table {
    rows: HashMap<SessionId, Row>,
    networks: HashMap<Network, Members>,
    /// Every network that holds something, by how much.
    order: BTreeSet<(usize, Network)>,
    /// What those chosen have not given back yet.
    leaving: usize,
    /// By sink.
    pub(super) mailboxes: HashMap<u16, Arc<Mailbox>>,
}

/// What one session holds.
struct Row {
    /// By [`Part`].
    parts: [usize; 2],
    /// Which of them it was told to give up.
    chosen: [bool; 2],
}

/// What one network holds.
#[derive(Default)]
struct Members {
    total: usize,
    parts: BTreeSet<(usize, SessionId, Part)>,
}

impl Table {
    /// Takes down what a session holds now.
    pub(super) fn note(&mut self, session: SessionId, network: Network, parts: [usize; 2]) {
        let blank = Row { parts: [0; 2], chosen: [false; 2] };
        let row = self.rows.entry(session).or_insert(blank);
        let (old, chosen) = (row.parts, row.chosen);
        row.parts = parts;
        // A part that is gone was given up; what comes after it is chosen anew.
        row.chosen = std::array::from_fn(|at| chosen[at] && parts[at] > 0);
        if parts == [0; 2] {
            self.rows.remove(&session);
        }
        for part in Part::ALL {
            let at = part as usize;
            if chosen[at] {
                self.leaving = self.leaving - old[at] + parts[at];
            } else if old[at] != parts[at] {
                self.put(network, (old[at], session, part), parts[at]);
            }
        }
    }

    /// The largest part of the greediest network; from now on it counts as leaving.
    pub(super) fn choose(&mut self) -> Option<Eviction> {
        let (_, network) = *self.order.last()?;
        let (bytes, session, part) = *self.networks.get(&network)?.parts.last()?;
        self.put(network, (bytes, session, part), 0);
        self.rows.get_mut(&session)?.chosen[part as usize] = true;
        self.leaving += bytes;
        Some(Eviction { session, part, bytes, is_large: false })
    }

    /// What those chosen still hold.
    pub(super) fn leaving(&self) -> usize {
        self.leaving
    }

    /// Puts `now` in place of what a part was before, 0 being nothing.
    fn put(&mut self, network: Network, before: (usize, SessionId, Part), now: usize) {
        let (old, session, part) = before;
        let members = self.networks.entry(network).or_default();
        self.order.remove(&(members.total, network));
        if old > 0 {
            members.parts.remove(&before);
        }
        if now > 0 {
            members.parts.insert((now, session, part));
        }
        members.total = members.total - old + now;
        if members.total > 0 {
            self.order.insert((members.total, network));
        } else {
            self.networks.remove(&network);
        }
    }
}
