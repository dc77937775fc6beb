//! What a change comes to, against what a session hears already.
//!
//! Promises: what is added was not heard and what is removed was, each once and in order; adding one to a thousand costs the one,
//! not the thousand. Called by the hub when a session changes what it hears.

use crate::{Change, Subscription};
use tieline_model::Removal;

/// More changes than these are sorted in together; fewer are put where they belong, one by one.
const FEW: usize = 8;

/// What is heard from now on that was not, and what is heard no more.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    /// In order, each once.
    pub(crate) added: Vec<Subscription>,
    /// Likewise.
    pub(crate) removed: Vec<Subscription>,
}

impl Difference {
    /// What `change` comes to for who hears `before`, which is in order.
    pub(crate) fn of(before: &[Subscription], change: Change) -> Difference {
        let mut added = in_order(change.add);
        let is_heard = |one: &Subscription| before.binary_search(one).is_ok();
        let stays = |one: &Subscription| added.binary_search(one).is_ok();
        let removed = match change.remove {
            Removal::Nothing => Vec::new(),
            Removal::These(these) => in_order(these).into_iter().filter(|one| is_heard(one) && !stays(one)).collect(),
            Removal::Everything => before.iter().filter(|one| !stays(one)).cloned().collect(),
        };
        added.retain(|one| !is_heard(one));
        Difference { added, removed }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }

    /// Makes the change to what it was worked out for; `heard` stays in order.
    pub(crate) fn apply(&self, heard: &mut Vec<Subscription>) {
        if self.added.len() + self.removed.len() > FEW {
            heard.retain(|one| self.removed.binary_search(one).is_err());
            heard.extend(self.added.iter().cloned());
            return heard.sort_unstable();
        }
        for one in &self.removed {
            if let Ok(at) = heard.binary_search(one) {
                heard.remove(at);
            }
        }
        for one in &self.added {
            if let Err(at) = heard.binary_search(one) {
                heard.insert(at, one.clone());
            }
        }
    }
}

fn in_order(mut these: Vec<Subscription>) -> Vec<Subscription> {
    these.sort_unstable();
    these.dedup();
    these
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use tieline_model::{Encoding, Framing, Representation, Topic, Variant};

    fn subscription() -> impl Strategy<Value = Subscription> {
        (0..30u8, 0..2u64).prop_map(|(topic, variant)| Subscription {
            filter: Topic::new(["s", &topic.to_string()]).into(),
            encoding: Encoding { representation: Representation::Wire(Variant(variant)), framing: Framing::Bare },
        })
    }

    fn subscriptions() -> impl Strategy<Value = Vec<Subscription>> {
        proptest::collection::vec(subscription(), 0..20)
    }

    fn removal() -> impl Strategy<Value = Removal<Subscription>> {
        prop_oneof![
            1 => Just(Removal::Nothing),
            1 => Just(Removal::Everything),
            4 => subscriptions().prop_map(Removal::These)
        ]
    }

    proptest! {
        /// A set of the library's is taken as it should be: first what goes, then what comes.
        #[test]
        fn a_change_makes_the_set_it_says(before in subscriptions(), add in subscriptions(), remove in removal()) {
            let before: BTreeSet<Subscription> = before.into_iter().collect();
            let mut expected = before.clone();
            match &remove {
                Removal::Nothing => {}
                Removal::These(these) => expected.retain(|one| !these.contains(one)),
                Removal::Everything => expected.clear(),
            }
            expected.extend(add.iter().cloned());
            let mut heard: Vec<Subscription> = before.iter().cloned().collect();
            let difference = Difference::of(&heard, Change { add, remove });
            prop_assert!(difference.added.iter().eq(expected.difference(&before)));
            prop_assert!(difference.removed.iter().eq(before.difference(&expected)));
            difference.apply(&mut heard);
            prop_assert!(heard.iter().eq(expected.iter()));
        }
    }
}
