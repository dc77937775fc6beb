//! Reads that come together go out together.
//!
//! Promises: what is asked for in one turn, and while a request is under way, shares one request; a variable that several
//! ask for is asked once; a few requests may be under way at once, so that a slow one does not hold up the rest; a variable
//! that was in a request that took long is asked for alone until it answers in time. A pure state machine.

use super::waiting::Ticket;
use foldhash::fast::RandomState;
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// So many requests with several variables may be under way at once, and as many with one slow variable each.
const MOST: usize = 4;
/// While a request is under way the next gathers this long.
const GATHER: Duration = Duration::from_millis(5);
/// And nobody has to be woken for what comes in the first of it: the answer is mostly there by then.
const LULL: Duration = Duration::from_millis(1);

/// One request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Batch {
    /// Each variable with who asked for it.
    pub(super) asked: Vec<(usize, Vec<Ticket>)>,
    /// A variable that was slow before.
    is_slow: bool,
}

/// See the module.
#[derive(Default)]
pub(super) struct Reads {
    /// Variables that are asked for, in the order they were.
    order: VecDeque<usize>,
    slow_order: VecDeque<usize>,
    asked: HashMap<usize, Vec<Ticket>, RandomState>,
    slow: HashSet<usize>,
    under_way: usize,
    slow_under_way: usize,
    last: Option<Instant>,
}

impl Reads {
    pub(super) fn add(&mut self, variable: usize, ticket: Ticket) {
        let who = self.asked.entry(variable).or_default();
        if who.is_empty() {
            let order = if self.slow.contains(&variable) { &mut self.slow_order } else { &mut self.order };
            order.push_back(variable);
        }
        who.push(ticket);
    }

    /// The next request that may go out now, with at most so many variables and about so many bytes; `size` is what one
    /// takes of these.
    pub(super) fn next(
        &mut self,
        most: usize,
        room: usize,
        size: impl Fn(usize) -> usize,
        now: Instant,
    ) -> Option<Batch> {
        if self.slow_under_way < MOST
            && let Some(variable) = self.slow_order.pop_front()
        {
            self.slow_under_way += 1;
            let who = self.asked.remove(&variable)?;
            return Some(Batch { asked: vec![(variable, who)], is_slow: true });
        }
        // What does not fit into one request does not wait for another to gather.
        let is_time = self.under_way == 0 || self.order.len() >= most || self.gathered().is_some_and(|at| at <= now);
        if self.order.is_empty() || self.under_way >= MOST || !is_time {
            return None;
        }
        self.under_way += 1;
        self.last = Some(now);
        let mut left = room;
        let fits = |variable: &&usize| {
            let fits = left.checked_sub(size(**variable));
            left = fits.unwrap_or(0);
            fits.is_some()
        };
        let count = self.order.iter().take(most).take_while(fits).count().max(1);
        let variables = self.order.drain(..count);
        let asked = variables.filter_map(|variable| Some((variable, self.asked.remove(&variable)?))).collect();
        Some(Batch { asked, is_slow: false })
    }

    /// A request has come back; `too_late`: only after a time in which others should not have to wait for it.
    pub(super) fn back(&mut self, batch: &Batch, too_late: bool) {
        if batch.is_slow {
            self.slow_under_way -= 1;
        } else {
            self.under_way -= 1;
        }
        for (variable, _) in &batch.asked {
            if too_late {
                self.slow.insert(*variable);
            } else if batch.is_slow {
                self.slow.remove(variable);
            }
        }
    }

    /// Whatever has not gone out.
    pub(super) fn clear(&mut self) -> Vec<Ticket> {
        self.order.clear();
        self.slow_order.clear();
        self.asked.drain().flat_map(|(_, who)| who).collect()
    }

    /// When to ask for the next request again, unless something happens before.
    pub(super) fn wake(&self) -> Option<Instant> {
        let waits = !self.order.is_empty() && self.under_way > 0 && self.under_way < MOST;
        self.gathered().filter(|_| waits)
    }

    /// Until when what comes can wait, if that is not now: the last request has just gone out.
    pub(super) fn lull(&self, now: Instant) -> Option<Instant> {
        self.last.map(|last| last + LULL).filter(|until| self.under_way > 0 && *until > now)
    }

    fn gathered(&self) -> Option<Instant> {
        self.last.map(|last| last + GATHER)
    }
}

#[cfg(test)]
mod tests {
    use super::super::waiting::Waiting;
    use super::*;
    use std::sync::Arc;
    use tieline_model::{Answers, Done, Refusal, SessionId};

    struct Nobody;
    impl Answers for Nobody {
        fn put(&self, _session: SessionId, _ticket: u64, _answer: Result<bytes::Bytes, Refusal>) {}
    }

    fn add(reads: &mut Reads, waiting: &mut Waiting, variable: usize) -> Ticket {
        let ticket = waiting.add(Done::new(Arc::new(Nobody), SessionId::NONE, 0), Instant::now());
        reads.add(variable, ticket);
        ticket
    }

    fn variables(batch: &Batch) -> Vec<usize> {
        batch.asked.iter().map(|(variable, _)| *variable).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_together_goes_out_together_and_once() {
        let (mut reads, mut waiting) = (Reads::default(), Waiting::new(Duration::from_secs(3)));
        let first = add(&mut reads, &mut waiting, 7);
        add(&mut reads, &mut waiting, 8);
        let again = add(&mut reads, &mut waiting, 7);
        let batch = reads.next(100, usize::MAX, |_| 1, Instant::now()).unwrap();
        assert_eq!(variables(&batch), [7, 8]);
        assert_eq!(batch.asked[0].1, [first, again]);
        let lull = Instant::now() + LULL;
        assert_eq!((reads.lull(Instant::now()), reads.lull(lull)), (Some(lull), None));

        add(&mut reads, &mut waiting, 7);
        assert_eq!(reads.next(100, usize::MAX, |_| 1, Instant::now()), None, "the next gathers");
        add(&mut reads, &mut waiting, 9);
        assert_eq!(reads.wake(), Some(Instant::now() + GATHER));
        reads.back(&batch, false);
        assert_eq!(reads.lull(Instant::now()), None, "it is back");
        assert_eq!(variables(&reads.next(100, usize::MAX, |_| 1, Instant::now()).unwrap()), [7, 9]);
        assert_eq!(reads.wake(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_request_does_not_hold_up_the_rest() {
        let (mut reads, mut waiting) = (Reads::default(), Waiting::new(Duration::from_secs(3)));
        let mut batches = Vec::new();
        for variable in 0..6 {
            add(&mut reads, &mut waiting, variable);
            batches.extend(reads.next(100, usize::MAX, |_| 1, Instant::now()));
            tokio::time::advance(GATHER).await;
        }
        assert_eq!(batches.iter().map(variables).collect::<Vec<_>>(), [[0], [1], [2], [3]]);
        reads.back(&batches[1], false);
        assert_eq!(variables(&reads.next(100, usize::MAX, |_| 1, Instant::now()).unwrap()), [4, 5]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_variable_that_was_too_slow_is_asked_for_alone_until_it_is_not() {
        let (mut reads, mut waiting) = (Reads::default(), Waiting::new(Duration::from_secs(3)));
        (0..3).for_each(|variable| {
            add(&mut reads, &mut waiting, variable);
        });
        let batch = reads.next(100, usize::MAX, |_| 1, Instant::now()).unwrap();
        reads.back(&batch, true);
        (0..4).for_each(|variable| {
            add(&mut reads, &mut waiting, variable);
        });
        let alone: Vec<Batch> = std::iter::from_fn(|| reads.next(100, usize::MAX, |_| 1, Instant::now())).collect();
        assert_eq!(alone.iter().map(variables).collect::<Vec<_>>(), [vec![0], vec![1], vec![2], vec![3]]);
        reads.back(&alone[0], true);
        alone[1..].iter().for_each(|batch| reads.back(batch, false));
        (0..4).for_each(|variable| {
            add(&mut reads, &mut waiting, variable);
        });
        assert_eq!(variables(&reads.next(100, usize::MAX, |_| 1, Instant::now()).unwrap()), [0]);
        assert_eq!(variables(&reads.next(100, usize::MAX, |_| 1, Instant::now()).unwrap()), [1, 2, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn more_than_a_request_holds_goes_out_at_once_in_several() {
        let (mut reads, mut waiting) = (Reads::default(), Waiting::new(Duration::from_secs(3)));
        (0..25).for_each(|variable| {
            add(&mut reads, &mut waiting, variable);
        });
        let batches: Vec<Batch> = std::iter::from_fn(|| reads.next(10, usize::MAX, |_| 1, Instant::now())).collect();
        assert_eq!(batches.iter().map(|batch| batch.asked.len()).collect::<Vec<_>>(), [10, 10]);
        reads.back(&batches[0], false);
        reads.back(&batches[1], false);
        assert_eq!(reads.next(10, usize::MAX, |_| 1, Instant::now()).unwrap().asked.len(), 5);
        assert!(reads.clear().is_empty());
    }
}
