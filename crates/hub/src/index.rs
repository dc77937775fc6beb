//! The index from topics to those who hear them: a tree of topic tokens, so that a publish costs the length of its
//! topic and not the number of filters.
//!
//! Agrees with `Filter::matches`; a property test holds it to that. Called by the hub, under its lock.

use std::collections::HashMap;
use tieline_model::{Filter, Topic};

/// Values filed under filters.
#[derive(Debug)]
pub(crate) struct Index<T> {
    root: Node<T>,
}

#[derive(Debug)]
struct Node<T> {
    children: HashMap<Box<str>, Node<T>>,
    /// Filters that end here.
    here: Vec<T>,
    /// Filters that end here with `>`.
    rest: Vec<T>,
}

impl<T> Default for Index<T> {
    fn default() -> Self {
        Index { root: Node::default() }
    }
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Node { children: HashMap::new(), here: Vec::new(), rest: Vec::new() }
    }
}

impl<T: PartialEq + Copy> Index<T> {
    /// Files `value` under `filter`.
    pub(crate) fn insert(&mut self, filter: &Filter, value: T) {
        let mut node = &mut self.root;
        for token in filter.tokens() {
            if token == ">" {
                node.rest.push(value);
                return;
            }
            if !node.children.contains_key(token) {
                node.children.insert(token.into(), Node::default());
            }
            match node.children.get_mut(token) {
                Some(child) => node = child,
                None => return,
            }
        }
        node.here.push(value);
    }

    /// Takes one `value` filed under `filter` out again; branches that become empty go too.
    pub(crate) fn remove(&mut self, filter: &Filter, value: T) {
        let tokens: Vec<&str> = filter.tokens().collect();
        self.root.remove(&tokens, value);
    }

    /// Appends everything filed under filters that match `topic`; a value filed twice may come twice.
    pub(crate) fn find(&self, topic: &Topic, out: &mut Vec<T>) {
        self.root.find(topic.as_str(), out);
    }

    #[cfg(test)]
    fn is_empty(&self) -> bool {
        self.root.is_empty()
    }
}

impl<T: PartialEq + Copy> Node<T> {
    fn is_empty(&self) -> bool {
        self.children.is_empty() && self.here.is_empty() && self.rest.is_empty()
    }

    fn remove(&mut self, tokens: &[&str], value: T) {
        let list = match tokens {
            [] => &mut self.here,
            [">"] => &mut self.rest,
            [token, tail @ ..] => {
                if let Some(child) = self.children.get_mut(*token) {
                    child.remove(tail, value);
                    if child.is_empty() {
                        self.children.remove(*token);
                    }
                }
                return;
            }
        };
        if let Some(place) = list.iter().position(|have| *have == value) {
            list.swap_remove(place);
        }
    }

    fn find(&self, rest_of_topic: &str, out: &mut Vec<T>) {
        out.extend_from_slice(&self.rest);
        let (token, tail) = match rest_of_topic.split_once('.') {
            Some((token, tail)) => (token, Some(tail)),
            None => (rest_of_topic, None),
        };
        for key in [token, "*"] {
            if let Some(child) = self.children.get(key) {
                match tail {
                    Some(tail) => child.find(tail, out),
                    None => out.extend_from_slice(&child.here),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filter() -> impl Strategy<Value = Filter> {
        let token = prop_oneof![Just("a"), Just("b"), Just("*"), Just("c")];
        (proptest::collection::vec(token, 1..4), any::<bool>()).prop_map(|(mut tokens, rest)| {
            if rest {
                tokens.push(">");
            }
            Filter::parse(&tokens.join(".")).unwrap()
        })
    }

    fn topic() -> impl Strategy<Value = Topic> {
        proptest::collection::vec(prop_oneof![Just("a"), Just("b"), Just("c")], 1..5).prop_map(Topic::new)
    }

    proptest! {
        #[test]
        fn finds_exactly_what_the_filters_match(
            filters in proptest::collection::vec(filter(), 0..20),
            removed in proptest::collection::vec(any::<bool>(), 20),
            topics in proptest::collection::vec(topic(), 1..10),
        ) {
            let mut index = Index::default();
            for (value, filter) in filters.iter().enumerate() {
                index.insert(filter, value);
            }
            for (value, filter) in filters.iter().enumerate().filter(|(value, _)| removed[*value]) {
                index.remove(filter, value);
            }
            for topic in topics {
                let mut found = Vec::new();
                index.find(&topic, &mut found);
                found.sort_unstable();
                let expected: Vec<usize> =
                    (0..filters.len()).filter(|value| !removed[*value] && filters[*value].matches(&topic)).collect();
                prop_assert_eq!(found, expected);
            }
            for (value, filter) in filters.iter().enumerate() {
                index.remove(filter, value);
            }
            prop_assert!(index.is_empty(), "what was put in and taken out leaves nothing behind");
        }
    }
}
