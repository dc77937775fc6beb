//! The numbers of a subscription's reports: what is the next, what came twice, what is missing.
//!
//! Promises: reports are passed on in order and once; one that comes too early waits until the missing ones have been asked
//! for again, in bounded number. A pure state machine.

use std::collections::BTreeMap;

/// At most this many early reports wait; beyond it the missing ones are given up.
const MOST_EARLY: usize = 256;

/// The numbers of one subscription.
#[derive(Debug)]
pub(super) struct Sequence<T> {
    next: u32,
    /// Nothing came yet.
    is_new: bool,
    early: BTreeMap<u32, T>,
}

/// What to do with a report.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrival<T> {
    /// These can be passed on, in this order.
    Now(Vec<T>),
    /// Some before it are missing.
    Early,
    /// It has been there already.
    Known,
}

impl<T> Sequence<T> {
    /// A subscription that was just made: its first report is number 1. Some servers count from 0 or from a number of their own.
    pub(super) fn new() -> Sequence<T> {
        Sequence { next: 1, is_new: true, early: BTreeMap::new() }
    }

    /// A report with something in it.
    pub(super) fn arrived(&mut self, number: u32, report: T) -> Arrival<T> {
        // Nothing can have come before the first: what seems to be from the past is where this server begins.
        if std::mem::replace(&mut self.is_new, false) && self.ahead(number) < 0 {
            self.next = after(number);
            return Arrival::Now(vec![report]);
        }
        match self.ahead(number) {
            0 => {
                self.step();
                let mut ready = vec![report];
                ready.append(&mut self.ready());
                Arrival::Now(ready)
            }
            ahead if ahead > 0 => {
                self.early.entry(number).or_insert(report);
                Arrival::Early
            }
            _ => Arrival::Known,
        }
    }

    /// An empty report, which has the number that the next one will have. Whether something before it is missing.
    pub(super) fn empty(&mut self, number: u32) -> bool {
        self.ahead(number) > 0
    }

    /// A report whose number is not to be relied on. Whether it is another one than was to be expected: of a new subscription
    /// too, whose first report may be the one that is missing. Where a server only counts from another number, what holds is read
    /// once more than it need be.
    pub(super) fn jumped(&mut self, number: u32, is_empty: bool) -> bool {
        self.is_new = false;
        let is_jump = self.ahead(number) != 0;
        self.next = if is_empty { number } else { after(number) };
        is_jump
    }

    /// The numbers to ask for again before `until`, the number of an empty report, or of the first that came early.
    pub(super) fn missing(&self, until: Option<u32>) -> Vec<u32> {
        let Some(until) = until.or_else(|| self.first_early()) else { return Vec::new() };
        let mut number = self.next;
        let mut missing = Vec::new();
        while number != until && missing.len() < MOST_EARLY {
            missing.push(number);
            number = after(number);
        }
        missing
    }

    /// The missing ones before `until` cannot be had: goes on behind them. What can be passed on now.
    pub(super) fn give_up(&mut self, until: Option<u32>) -> Vec<T> {
        if let Some(until) = until.or_else(|| self.first_early()) {
            self.next = until;
        }
        self.ready()
    }

    /// Whether so many came early that the missing ones are not worth waiting for.
    pub(super) fn is_full(&self) -> bool {
        self.early.len() > MOST_EARLY
    }

    fn ready(&mut self) -> Vec<T> {
        let mut ready = Vec::new();
        while let Some(report) = self.early.remove(&self.next) {
            ready.push(report);
            self.step();
        }
        ready
    }

    fn first_early(&self) -> Option<u32> {
        self.early.keys().copied().min_by_key(|number| self.ahead(*number))
    }

    /// How far a number is ahead of the next one; the numbers go round.
    fn ahead(&self, number: u32) -> i32 {
        number.wrapping_sub(self.next) as i32
    }

    fn step(&mut self) {
        self.next = after(self.next);
    }
}

/// There is no number 0.
fn after(number: u32) -> u32 {
    number.checked_add(1).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_passed_on_in_order_and_once() {
        let mut sequence = Sequence::new();
        assert_eq!(sequence.arrived(1, 'a'), Arrival::Now(vec!['a']));
        assert!(!sequence.empty(2));
        assert_eq!(sequence.arrived(1, 'a'), Arrival::Known);
        assert_eq!(sequence.arrived(4, 'd'), Arrival::Early);
        assert_eq!(sequence.arrived(5, 'e'), Arrival::Early);
        assert_eq!(sequence.missing(None), [2, 3]);
        assert_eq!(sequence.arrived(2, 'b'), Arrival::Now(vec!['b']));
        assert_eq!(sequence.arrived(3, 'c'), Arrival::Now(vec!['c', 'd', 'e']));
        assert!(sequence.missing(None).is_empty());
    }

    #[test]
    fn a_first_report_may_be_number_0() {
        let mut sequence = Sequence::new();
        assert_eq!(sequence.arrived(0, 'a'), Arrival::Now(vec!['a']));
        assert_eq!(sequence.arrived(0, 'a'), Arrival::Known);
        assert_eq!(sequence.arrived(1, 'b'), Arrival::Now(vec!['b']));
    }

    #[test]
    fn a_first_report_may_have_one_of_the_largest_numbers() {
        let mut sequence = Sequence::new();
        assert_eq!(sequence.arrived(u32::MAX - 1, 'a'), Arrival::Now(vec!['a']));
        assert_eq!(sequence.arrived(1, 'c'), Arrival::Early);
        assert_eq!(sequence.arrived(u32::MAX, 'b'), Arrival::Now(vec!['b', 'c']));
        assert_eq!(sequence.arrived(u32::MAX - 1, 'a'), Arrival::Known);
    }

    #[test]
    fn a_jump_is_another_number_than_was_to_be_expected() {
        let mut sequence = Sequence::<char>::new();
        let jumps = [(7, false), (8, true), (8, false), (11, true), (11, false), (11, false)];
        let jumped: Vec<bool> = jumps.iter().map(|(number, is_empty)| sequence.jumped(*number, *is_empty)).collect();
        assert_eq!(jumped, [true, false, false, true, false, true]);
    }

    /// The report with the first values may be the one that is lost: nothing but its number tells of it.
    #[test]
    fn the_first_report_of_a_new_subscription_can_be_the_missing_one() {
        for (number, is_empty, is_jump) in [(1, false, false), (1, true, false), (2, true, true), (2, false, true)] {
            assert_eq!(Sequence::<char>::new().jumped(number, is_empty), is_jump, "{number} {is_empty}");
        }
    }

    #[test]
    fn what_cannot_be_had_is_given_up() {
        let mut sequence = Sequence::new();
        assert_eq!(sequence.arrived(3, 'c'), Arrival::Early);
        assert_eq!(sequence.give_up(None), ['c']);
        assert!(sequence.empty(6));
        assert_eq!(sequence.missing(Some(6)), [4, 5]);
        assert!(sequence.give_up(Some(6)).is_empty());
        assert_eq!(sequence.arrived(6, 'f'), Arrival::Now(vec!['f']));
    }

    #[test]
    fn the_numbers_go_round() {
        let mut sequence = Sequence { next: u32::MAX, is_new: false, early: BTreeMap::new() };
        assert_eq!(sequence.arrived(1, 'b'), Arrival::Early);
        assert_eq!(sequence.arrived(u32::MAX, 'a'), Arrival::Now(vec!['a', 'b']));
        assert_eq!(sequence.arrived(u32::MAX, 'a'), Arrival::Known);
    }
}
