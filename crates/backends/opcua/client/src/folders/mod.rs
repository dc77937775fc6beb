//! Folders: every variable below a node of a server is there for clients, without being listed.
//!
//! Promises: a variable that was found once keeps its place, and its monitors, whatever becomes of the folder; names of the
//! configuration come first, and of two variables with one name the first counts; bounded by `most`, and what is left out is
//! told. Called by the backend, which keeps what folders hold up to date, and by the command line, which shows it.

mod types;
mod walk;

pub use types::Types;
pub use walk::{Held, HeldVariable, look};

use crate::link::{Variable, Watching};
use opcua::types::{Identifier, NodeId};
use std::collections::HashMap;
use std::sync::{OnceLock, PoisonError, RwLock};
use tieline_model::Topic;
use tieline_opcua_settings::NodeAddress;

/// The variables of one server that its folders hold.
pub struct Found {
    /// The place of the first.
    first: usize,
    /// How all of them are watched.
    watching: Watching,
    slots: Vec<OnceLock<Variable>>,
    index: RwLock<Index>,
}

#[derive(Default)]
struct Index {
    by_topic: HashMap<Topic, usize>,
    /// By the URI of their namespace, since the server's own numbers may be others in the next session.
    addresses: HashMap<usize, (String, Identifier)>,
    taken: usize,
}

/// What is different after a look.
#[derive(Default)]
pub struct Growth {
    /// Places of variables that were not there before.
    pub appeared: Vec<usize>,
    /// Places of variables that are gone.
    pub vanished: Vec<usize>,
    /// The node of a variable is another one now.
    pub is_moved: bool,
    /// There was no place for so many.
    pub left: usize,
}

impl Found {
    /// Places for so many, behind those of the configuration.
    pub(crate) fn new(first: usize, places: usize, watching: Watching) -> Found {
        let slots = std::iter::repeat_with(OnceLock::new).take(places).collect();
        Found { first, watching, slots, index: RwLock::default() }
    }

    pub(crate) fn places(&self) -> usize {
        self.slots.len()
    }

    /// The variable at a place, when there is one by now.
    pub(crate) fn get(&self, at: usize) -> Option<&Variable> {
        self.slots.get(at.checked_sub(self.first)?)?.get()
    }

    /// The places that were given by now.
    pub fn taken(&self) -> std::ops::Range<usize> {
        self.first..self.first + self.index.read().unwrap_or_else(PoisonError::into_inner).taken
    }

    pub(crate) fn place(&self, topic: &Topic) -> Option<usize> {
        self.index.read().unwrap_or_else(PoisonError::into_inner).by_topic.get(topic).copied()
    }

    /// The nodes of those that are there, in a server with these namespaces.
    pub fn resolve(&self, namespaces: &[String]) -> HashMap<usize, NodeId> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let node = |(at, (uri, id)): (&usize, &(String, Identifier))| {
            let namespace = namespaces.iter().position(|known| known == uri)?;
            Some((*at, NodeId { namespace: u16::try_from(namespace).ok()?, identifier: id.clone() }))
        };
        index.addresses.iter().filter_map(node).collect()
    }

    /// Takes in what all folders of a server hold now, each with whether clients may write it; `is_own` says which topics the
    /// configuration has taken itself.
    pub fn take(
        &self,
        server: &str,
        held: &[(HeldVariable, bool)],
        namespaces: &[String],
        is_own: impl Fn(&Topic) -> bool,
    ) -> Growth {
        let mut growth = Growth::default();
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let mut now: HashMap<usize, (String, Identifier)> = HashMap::new();
        for (variable, may_write) in held {
            let topic = Topic::new([crate::NAME, server, &variable.name]);
            if is_own(&topic) {
                continue;
            }
            let known = index.by_topic.get(&topic).copied();
            let is_new = known.is_none();
            let at = match known {
                Some(at) => at,
                None => {
                    let at = self.first + index.taken;
                    let Some(slot) = self.slots.get(index.taken) else {
                        growth.left += 1;
                        continue;
                    };
                    let made = Variable {
                        name: variable.name.clone(),
                        topic: topic.clone(),
                        node: None::<NodeAddress>,
                        history: false,
                        watching: self.watching,
                        method: None,
                        is_writable: *may_write,
                    };
                    if slot.set(made).is_err() {
                        continue;
                    }
                    index.taken += 1;
                    index.by_topic.insert(topic, at);
                    at
                }
            };
            let uri = namespaces.get(usize::from(variable.node.namespace)).cloned().unwrap_or_default();
            let address = (uri, variable.node.identifier.clone());
            if now.contains_key(&at) {
                continue;
            }
            match index.addresses.get(&at) {
                Some(before) => growth.is_moved |= *before != address,
                None => {
                    // One that was gone may be another node now.
                    growth.is_moved |= !is_new;
                    growth.appeared.push(at);
                }
            }
            now.insert(at, address);
        }
        growth.vanished = index.addresses.keys().filter(|at| !now.contains_key(at)).copied().collect();
        growth.vanished.sort_unstable();
        index.addresses = now;
        growth
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tieline_opcua_settings::ServerSettings;

    fn held(name: &str, id: u32) -> (HeldVariable, bool) {
        let node = NodeId::new(2, id);
        let data_type = "Double".to_owned();
        let one = HeldVariable {
            name: name.to_owned(),
            node,
            data_type,
            structure: None,
            is_array: false,
            is_writable: true,
        };
        (one, false)
    }

    #[test]
    fn a_place_is_given_once_and_kept() {
        let watching = Watching::usual(&ServerSettings { queue: 7, ..Default::default() });
        let found = Found::new(3, 2, watching);
        let namespaces = ["http://opcfoundation.org/UA/", "urn:x", "urn:plant"].map(str::to_owned);
        let own = Topic::new([crate::NAME, "plant", "own"]);
        let take = |held: &[(HeldVariable, bool)]| found.take("plant", held, &namespaces, |topic| *topic == own);
        let growth = take(&[held("own", 1), held("a", 2), held("a", 3), held("b", 4), held("c", 5)]);
        assert_eq!((growth.appeared, growth.vanished, growth.left), (vec![3, 4], vec![], 1));
        assert_eq!((found.taken(), found.get(4).unwrap().name.as_str()), (3..5, "b"));
        assert_eq!(found.get(3).unwrap().watching, watching);
        assert!(!found.get(3).unwrap().is_writable && found.get(5).is_none() && found.get(2).is_none());
        let growth = take(&[held("b", 4)]);
        assert_eq!((growth.appeared, growth.vanished, growth.is_moved), (vec![], vec![3], false));
        assert_eq!(found.resolve(&namespaces).len(), 1);
        let growth = take(&[held("a", 9), held("b", 8)]);
        assert_eq!((growth.appeared, growth.vanished, growth.is_moved), (vec![3], vec![], true));
        let turned = ["http://opcfoundation.org/UA/", "urn:plant"].map(str::to_owned);
        assert_eq!(found.resolve(&turned).get(&3), Some(&NodeId::new(1, 9u32)));
        assert!(found.resolve(&[]).is_empty());
    }
}
