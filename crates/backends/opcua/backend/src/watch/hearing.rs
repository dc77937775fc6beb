//! Who hears what, as the variables of one server that are to be watched.
//!
//! Promises: what begins and ends within one turn is no change; a variable is wanted as long as any filter that names it is
//! heard, and for a little while after, so that a page that is loaded again finds it watched.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tieline_model::Filter;
use tieline_opcua_client::{ServerPlan, Variable};
use tokio::sync::Notify;
use tokio::time::Instant;

/// How long a variable stays watched when nobody hears it any more.
const GRACE: Duration = Duration::from_secs(2);

/// Where the hub tells who hears what; read by the task that keeps the items.
#[derive(Default)]
pub(crate) struct InterestSet {
    /// What was told last of each filter, and when it was first told since it was read.
    told: Mutex<HashMap<Filter, (bool, Instant)>>,
    pub(super) changed: Notify,
}

impl InterestSet {
    /// The hub says this; from any thread.
    pub(crate) fn told(&self, filter: &Filter, is_heard: bool) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.entry(filter.clone()).or_insert_with(|| (is_heard, Instant::now())).0 = is_heard;
        drop(told);
        self.changed.notify_one();
    }

    fn take(&self) -> HashMap<Filter, (bool, Instant)> {
        mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What is wanted of one server.
pub(super) struct Hearing {
    plan: Arc<ServerPlan>,
    heard: HashSet<Filter>,
    /// For each variable, how many heard filters name it.
    counts: Vec<u32>,
    /// Wanted no more, since when.
    leaving: HashMap<usize, Instant>,
    /// How many variables of folders were met.
    met: usize,
}

/// What is different.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// Variables to watch from now on, and since when somebody hears them.
    pub(super) begun: Vec<(usize, Instant)>,
    /// Variables to watch no more.
    pub(super) ended: Vec<usize>,
}

impl Hearing {
    pub(super) fn new(plan: Arc<ServerPlan>) -> Hearing {
        let counts = vec![0; plan.places()];
        Hearing { plan, heard: HashSet::new(), counts, leaving: HashMap::new(), met: 0 }
    }

    /// Takes what was told.
    pub(super) fn change(&mut self, interest: &InterestSet, now: Instant) -> Change {
        let mut change = self.meet(now);
        for (filter, (is_heard, when)) in interest.take() {
            let is_news = if is_heard { self.heard.insert(filter.clone()) } else { self.heard.remove(&filter) };
            if !is_news {
                continue;
            }
            for variable in named(&self.plan, &filter) {
                let Some(count) = self.counts.get_mut(variable) else { continue };
                *count = if is_heard { *count + 1 } else { count.saturating_sub(1) };
                if is_heard && *count == 1 {
                    // Still watched for the record, or because it was only just let go.
                    if self.leaving.remove(&variable).is_none()
                        && !self.plan.variable(variable).is_some_and(|one| one.history)
                    {
                        change.begun.push((variable, when));
                    }
                } else if !is_heard && *count == 0 {
                    self.leaving.insert(variable, now + GRACE);
                }
            }
        }
        let over: Vec<usize> =
            self.leaving.iter().filter(|(_, until)| **until <= now).map(|(variable, _)| *variable).collect();
        for variable in over {
            self.leaving.remove(&variable);
            if !self.plan.variable(variable).is_some_and(|one| one.history) {
                change.ended.push(variable);
            }
        }
        change
    }

    /// Variables that were found by now and that somebody hears already, by a filter that names many.
    fn meet(&mut self, now: Instant) -> Change {
        let mut change = Change::default();
        let places = self.plan.found.taken();
        for at in places.skip(self.met) {
            self.met += 1;
            let (Some(variable), Some(count)) = (self.plan.variable(at), self.counts.get_mut(at)) else { continue };
            *count = self.heard.iter().map(|filter| u32::from(filter.matches(&variable.topic))).sum();
            if *count > 0 {
                change.begun.push((at, now));
            }
        }
        change
    }

    /// When the next one that nobody hears any more is let go.
    pub(super) fn next(&self) -> Option<Instant> {
        self.leaving.values().min().copied()
    }
}

fn named(plan: &ServerPlan, filter: &Filter) -> Vec<usize> {
    match filter.as_topic() {
        Some(topic) => plan.place(&topic).into_iter().collect(),
        None => {
            let all = (0..plan.variables.len()).chain(plan.found.taken());
            // A method has no value to watch.
            let is_named = |variable: &Variable| variable.method.is_none() && filter.matches(&variable.topic);
            all.filter(|at| plan.variable(*at).is_some_and(is_named)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tieline_opcua_settings::{OpcuaSettings, ServerSettings, VariableSettings};
    use tokio::time::advance;

    fn hearing() -> Hearing {
        let variable = |name: &str, history| VariableSettings { name: name.to_owned(), history, ..Default::default() };
        let variable = vec![variable("a", false), variable("b.c", false), variable("kept", true)];
        let server = vec![ServerSettings { name: "plant".to_owned(), variable, ..Default::default() }];
        let plans = ServerPlan::all(&OpcuaSettings { server, ..Default::default() }, std::path::Path::new("/nowhere"));
        Hearing::new(Arc::new(plans.into_iter().next().unwrap()))
    }

    fn told(interest: &InterestSet, hearing: &mut Hearing, news: &[(&str, bool)]) -> (Vec<usize>, Vec<usize>) {
        news.iter().for_each(|(filter, is_heard)| interest.told(&Filter::parse(filter).unwrap(), *is_heard));
        let mut change = hearing.change(interest, Instant::now());
        change.begun.sort_unstable();
        (change.begun.into_iter().map(|(variable, _)| variable).collect(), change.ended)
    }

    #[tokio::test(start_paused = true)]
    async fn a_variable_is_watched_while_any_filter_names_it_and_a_little_longer() {
        let (interest, mut hearing) = (InterestSet::default(), hearing());
        assert_eq!(
            told(&interest, &mut hearing, &[("opcua.plant.a", true), ("opcua.other.a", true)]),
            (vec![0], vec![])
        );
        assert_eq!(
            told(&interest, &mut hearing, &[("opcua.>", true)]),
            (vec![1], vec![]),
            "the recorded one is watched anyway"
        );
        assert_eq!(told(&interest, &mut hearing, &[("opcua.plant.a", false)]), (vec![], vec![]));
        assert_eq!(hearing.next(), None);
        assert_eq!(told(&interest, &mut hearing, &[("opcua.>", false)]), (vec![], vec![]));
        advance(GRACE / 2).await;
        assert_eq!(
            told(&interest, &mut hearing, &[("opcua.plant.b%2Ec", true)]),
            (vec![], vec![]),
            "it was still watched"
        );
        advance(GRACE).await;
        assert_eq!(told(&interest, &mut hearing, &[]), (vec![], vec![0]));
        assert_eq!(hearing.next(), None);
        assert_eq!(told(&interest, &mut hearing, &[("opcua.plant.a", true)]), (vec![0], vec![]));
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_and_goes_within_one_turn_is_no_change() {
        let (interest, mut hearing) = (InterestSet::default(), hearing());
        told(&interest, &mut hearing, &[("opcua.plant.a", true)]);
        assert_eq!(
            told(&interest, &mut hearing, &[("opcua.plant.a", false), ("opcua.plant.a", true)]),
            (vec![], vec![])
        );
        assert_eq!(hearing.next(), None);
        assert_eq!(
            told(&interest, &mut hearing, &[("opcua.plant.b%2Ec", true), ("opcua.plant.b%2Ec", false)]),
            (vec![], vec![])
        );
        assert_eq!(told(&interest, &mut hearing, &[("opcua.plant.a", true)]), (vec![], vec![]), "told twice");
    }
}
