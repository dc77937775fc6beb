//! File descriptors as a budget: connections are refused before the process runs out, and no port can take what the others
//! need to accept.
//!
//! Promises: half of what there is belongs to the ports in equal shares, whoever else is greedy; the other half is for
//! whoever comes first. What the program itself needs is no part of it. One for all ports of a gateway.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Connections over a limit that are told so at the same time, on all ports together; others are hung up on.
pub const MOST_TURNED_AWAY: usize = 64;

/// The descriptors that all ports together may use for connections.
#[derive(Debug, Default)]
pub struct Descriptors {
    state: Mutex<State>,
    turned_away: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    /// `None`: as many as come.
    total: Option<usize>,
    ports: Vec<Port>,
}

#[derive(Debug)]
struct Port {
    /// The most it will ever use.
    wanted: usize,
    used: usize,
}

/// One port's part in it.
#[derive(Debug)]
pub struct Share {
    all: Arc<Descriptors>,
    port: usize,
}

/// The right to tell one connection why it is turned away.
pub struct Turn(Arc<Descriptors>);

impl Descriptors {
    /// Says how many there are; until then there is no bound. To be said once all ports are known.
    pub fn set_total(&self, total: usize) {
        self.lock().total = Some(total);
    }

    /// A share for a port that will never use more than `wanted`.
    pub fn share(self: &Arc<Descriptors>, wanted: usize) -> Share {
        let mut state = self.lock();
        state.ports.push(Port { wanted, used: 0 });
        Share { all: self.clone(), port: state.ports.len() - 1 }
    }

    /// A place among those that are told why they are turned away; `None` when there are too many.
    pub fn turn(self: &Arc<Descriptors>) -> Option<Turn> {
        let taken = self.turned_away.fetch_add(1, Ordering::Relaxed);
        let turn = Turn(self.clone());
        (taken < MOST_TURNED_AWAY).then_some(turn)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.turned_away.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Share {
    /// Takes one; `false` when the others need what is left.
    pub fn take(&self) -> bool {
        let mut state = self.all.lock();
        let free = state.is_free(self.port);
        if let Some(port) = state.ports.get_mut(self.port).filter(|_| free) {
            port.used += 1;
        }
        free
    }

    /// Gives one back.
    pub fn give(&self) {
        if let Some(port) = self.all.lock().ports.get_mut(self.port) {
            port.used = port.used.saturating_sub(1);
        }
    }

    /// For telling those who are turned away.
    pub fn all(&self) -> &Arc<Descriptors> {
        &self.all
    }
}

impl State {
    fn is_free(&self, port: usize) -> bool {
        let Some(total) = self.total else { return true };
        let each = total / (2 * self.ports.len().max(1));
        let own = |port: &Port| each.min(port.wanted);
        // What is used, or kept for those who have not come yet.
        let bound: usize = self.ports.iter().map(|port| port.used.max(own(port))).sum();
        let within = self.ports.get(port).is_some_and(|port| port.used < own(port));
        within || bound < total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_greedy_port_leaves_the_others_their_share() {
        let all = Arc::new(Descriptors::default());
        let (greedy, modest, small) = (all.share(usize::MAX), all.share(usize::MAX), all.share(3));
        all.set_total(60);
        let took = (0..1000).filter(|_| greedy.take()).count();
        // Ten are kept for the second port, and the three that the third can use at all.
        assert_eq!(took, 60 - 10 - 3);
        assert_eq!((0..1000).filter(|_| modest.take()).count(), 10);
        assert_eq!((0..1000).filter(|_| small.take()).count(), 3);
        greedy.give();
        assert!(modest.take(), "what is given back is for whoever comes first");
        assert!(!greedy.take());
    }

    #[test]
    fn as_many_as_come_when_nothing_is_said() {
        let all = Arc::new(Descriptors::default());
        let one = all.share(1);
        assert!((0..100_000).all(|_| one.take()));
    }

    #[test]
    fn only_some_are_told_at_the_same_time() {
        let all = Arc::new(Descriptors::default());
        let mut turns: Vec<Turn> = (0..200).filter_map(|_| all.turn()).collect();
        assert_eq!(turns.len(), MOST_TURNED_AWAY);
        turns.pop();
        turns.extend(all.turn());
        assert_eq!((turns.len(), all.turn().is_none()), (MOST_TURNED_AWAY, true));
    }

    proptest! {
        /// Whatever comes and goes: never more than there are, and a port below its share is never refused.
        #[test]
        fn never_too_many_and_never_below_the_share(
            total in 0..200usize,
            wanted in proptest::collection::vec(0..100usize, 1..8),
            steps in proptest::collection::vec((any::<proptest::sample::Index>(), any::<bool>()), 0..600),
        ) {
            let all = Arc::new(Descriptors::default());
            let shares: Vec<Share> = wanted.iter().map(|wanted| all.share(*wanted)).collect();
            all.set_total(total);
            let mut used = vec![0; shares.len()];
            for (port, comes) in steps {
                let port = port.index(shares.len());
                if comes {
                    let own = (total / (2 * shares.len())).min(wanted[port]);
                    let took = shares[port].take();
                    prop_assert!(took || used[port] >= own);
                    used[port] += usize::from(took);
                } else if used[port] > 0 {
                    shares[port].give();
                    used[port] -= 1;
                }
                prop_assert!(used.iter().sum::<usize>() <= total);
            }
        }
    }
}
