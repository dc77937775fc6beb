//! The walks that are under way or wait for their turn, the most urgent first.
//!
//! Promises: a bound on how many wait; who cannot be taken in is told so, and has a scan do its work.

use super::walk::Walk;
use std::collections::VecDeque;

/// What a walk is for, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// A folder that has appeared or was moved into place.
    Arrival = 0,
    /// A folder of the plan that is there now.
    Root = 1,
    /// Folders that the kernel would not watch.
    Polled = 2,
    /// Everything.
    Scan = 3,
}

impl Lane {
    const ALL: [Lane; 4] = [Lane::Arrival, Lane::Root, Lane::Polled, Lane::Scan];
}

/// Arrivals that wait; what is beyond is found by a scan.
const WAITING: usize = 10_000;

/// The walks.
#[derive(Debug, Default)]
pub(crate) struct Walks([VecDeque<Walk>; 4]);

impl Walks {
    /// Puts a walk in line; `false` when there is no room.
    pub(crate) fn add(&mut self, lane: Lane, walk: Walk) -> bool {
        let waiting = &mut self.0[lane as usize];
        let room = waiting.len() < WAITING;
        if room {
            waiting.push_back(walk);
        }
        room
    }

    /// Takes the most urgent; [`Walks::put_back`] when it is not at its end.
    pub(crate) fn take(&mut self) -> Option<(Lane, Walk)> {
        Lane::ALL.into_iter().find_map(|lane| Some((lane, self.0[lane as usize].pop_front()?)))
    }

    pub(crate) fn put_back(&mut self, lane: Lane, walk: Walk) {
        self.0[lane as usize].push_front(walk);
    }

    pub(crate) fn has(&self, lane: Lane) -> bool {
        !self.0[lane as usize].is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(begun: i64) -> Walk {
        Walk::through([], begun)
    }

    #[test]
    fn the_most_urgent_comes_first_and_equals_in_their_order() {
        let mut walks = Walks::default();
        assert!(
            walks.add(Lane::Scan, walk(4)) && walks.add(Lane::Arrival, walk(1)) && walks.add(Lane::Arrival, walk(2))
        );
        let (lane, first) = walks.take().unwrap();
        assert_eq!((lane, first.begun), (Lane::Arrival, 1));
        walks.put_back(lane, first);
        let order: Vec<i64> = std::iter::from_fn(|| walks.take().map(|(_, walk)| walk.begun)).collect();
        assert_eq!(order, [1, 2, 4]);
        assert!(!walks.has(Lane::Scan));
    }

    #[test]
    fn no_more_wait_than_there_is_room() {
        let mut walks = Walks::default();
        let taken = (0..2 * WAITING).filter(|_| walks.add(Lane::Arrival, walk(0))).count();
        assert_eq!(taken, WAITING);
    }
}
