//! What a session is to be told after a while: retained messages of what it has begun to hear (`Recall::After`).
//!
//! Promises: nothing is told that something newer has overtaken; what is stopped and begun again waits anew and is told once; it
//! costs the same however much waits; no memory while nothing is due. Owned by a session.

use crate::shard::clock::Clock;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tieline_hub::{Later, Subscription};

/// What is due, soonest first.
#[derive(Default)]
pub(crate) struct Laters(Option<Box<Due>>);

/// When something is due, in milliseconds of the clock, what was published last before it was begun, and for how many
/// milliseconds it waits.
type Moment = (u64, u64, u64);

#[derive(Default)]
struct Due {
    /// A client that begins a thousand monitors at once is looked after once.
    waiting: BTreeMap<Moment, BTreeSet<Subscription>>,
    /// Where each stands in `waiting`.
    places: HashMap<Subscription, Moment>,
    timer: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

impl Laters {
    /// Adds what one change of subscriptions left to be told.
    pub(crate) fn add(&mut self, later: Later, clock: &Clock) {
        if later.fresh.is_empty() {
            return;
        }
        let wait = later.wait.as_millis() as u64;
        let moment = (clock.now() + wait, later.since, wait);
        let due = self.0.get_or_insert_default();
        if due.waiting.first_key_value().is_some_and(|(first, _)| moment < *first) {
            due.timer = None;
        }
        for subscription in later.fresh {
            if let Some(before) = due.places.insert(subscription.clone(), moment) {
                due.take_out(before, &subscription);
            }
            due.waiting.entry(moment).or_default().insert(subscription);
        }
    }

    /// The next that is due now, with how long ago it was begun; otherwise the task is woken when one is.
    pub(crate) fn poll(&mut self, clock: &Clock, cx: &mut Context<'_>) -> Option<Later> {
        let due = self.0.as_mut()?;
        loop {
            let (at, since, wait) = *due.waiting.first_key_value()?.0;
            let now = clock.now();
            if now >= at {
                due.timer = None;
                let fresh: Vec<_> = due.waiting.pop_first().into_iter().flat_map(|(_, fresh)| fresh).collect();
                for subscription in &fresh {
                    due.places.remove(subscription);
                }
                if due.waiting.is_empty() {
                    self.0 = None;
                }
                return Some(Later { wait: Duration::from_millis(now - at + wait), since, fresh });
            }
            let timer = due.timer.get_or_insert_with(|| Box::pin(clock.clone().until(at)));
            match timer.as_mut().poll(cx) {
                Poll::Pending => return None,
                Poll::Ready(()) => due.timer = None,
            }
        }
    }
}

impl Due {
    fn take_out(&mut self, moment: Moment, subscription: &Subscription) {
        if let Some(waiting) = self.waiting.get_mut(&moment) {
            waiting.remove(subscription);
            if waiting.is_empty() {
                self.waiting.remove(&moment);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tieline_model::{Encoding, Filter, Framing, Representation, Variant};

    fn subscription(topic: &str) -> Subscription {
        let encoding = Encoding { representation: Representation::Wire(Variant::default()), framing: Framing::Bare };
        Subscription { filter: Filter::parse(topic).unwrap(), encoding }
    }

    fn later(since: u64, topics: &[&str]) -> Later {
        let fresh = topics.iter().map(|topic| subscription(topic)).collect();
        Later { wait: Duration::from_millis(500), since, fresh }
    }

    /// What is due now, with the moment before which it has to be kept.
    fn due(laters: &mut Laters, clock: &Clock) -> Vec<(u64, Vec<String>)> {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let told = std::iter::from_fn(|| laters.poll(clock, &mut cx));
        told.map(|one| (one.since, one.fresh.iter().map(|one| one.filter.to_string()).collect())).collect()
    }

    #[test]
    fn each_is_told_once_after_its_time() {
        let (clock, hand) = Clock::manual();
        let mut laters = Laters::default();
        laters.add(later(7, &["a", "b"]), &clock);
        hand.advance(Duration::from_millis(200));
        laters.add(later(8, &["c"]), &clock);
        assert!(due(&mut laters, &clock).is_empty());
        hand.advance(Duration::from_millis(300));
        assert_eq!(due(&mut laters, &clock), [(7, vec!["a".to_owned(), "b".to_owned()])]);
        hand.advance(Duration::from_millis(200));
        assert_eq!(due(&mut laters, &clock), [(8, vec!["c".to_owned()])]);
        assert!(laters.0.is_none(), "nothing is due, nothing is held");
    }

    #[test]
    fn it_is_known_how_long_ago_it_was_begun() {
        let (clock, hand) = Clock::manual();
        let mut laters = Laters::default();
        laters.add(later(7, &["a"]), &clock);
        hand.advance(Duration::from_millis(720));
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert_eq!(laters.poll(&clock, &mut cx).map(|due| due.wait), Some(Duration::from_millis(720)));
    }

    /// What came while it was stopped was not heard, so it is told, and once.
    #[test]
    fn what_is_begun_again_waits_anew() {
        let (clock, hand) = Clock::manual();
        let mut laters = Laters::default();
        laters.add(later(7, &["a", "b"]), &clock);
        hand.advance(Duration::from_millis(400));
        laters.add(later(9, &["a"]), &clock);
        hand.advance(Duration::from_millis(100));
        assert_eq!(due(&mut laters, &clock), [(7, vec!["b".to_owned()])]);
        hand.advance(Duration::from_millis(400));
        assert_eq!(due(&mut laters, &clock), [(9, vec!["a".to_owned()])]);
    }

    #[test]
    fn what_is_begun_again_and_again_is_held_once() {
        let (clock, hand) = Clock::manual();
        let mut laters = Laters::default();
        for since in 0..10_000 {
            laters.add(later(since, &["a"]), &clock);
            hand.advance(Duration::from_millis(since % 2));
        }
        let held = laters.0.as_ref().map(|due| (due.waiting.len(), due.places.len()));
        assert_eq!(held, Some((1, 1)));
    }
}
