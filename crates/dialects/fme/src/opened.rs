//! The streams that one client has open.
//!
//! Promises: in the order they were opened, each once; whether one is among them costs the same for a few as for thousands, and a few
//! take the room of their topics alone. Called by the conversation.

use std::collections::HashSet;
use tieline_model::Topic;

/// So many are looked through; beyond, they are looked up.
const FEW: usize = 16;

/// Open streams, by their topics.
#[derive(Default)]
pub(crate) struct Opened {
    topics: Vec<Topic>,
    /// All of them, once they are many.
    known: Option<Box<Known>>,
}

/// Apart from the conversation, which there is one of for each connection.
struct Known(HashSet<Topic>);

impl Opened {
    /// In the order they were opened.
    pub(crate) fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// The same without anything else.
    pub(crate) fn into_topics(self) -> Vec<Topic> {
        self.topics
    }

    /// Whether this one is open.
    pub(crate) fn has(&self, topic: &Topic) -> bool {
        match &self.known {
            Some(known) => known.0.contains(topic),
            None => self.topics.contains(topic),
        }
    }

    /// Opens it, unless it is open.
    pub(crate) fn add(&mut self, topic: Topic) {
        if self.has(&topic) {
            return;
        }
        self.topics.push(topic.clone());
        if let Some(known) = &mut self.known {
            known.0.insert(topic);
        } else if self.topics.len() > FEW {
            self.known = Some(Box::new(Known(self.topics.iter().cloned().collect())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_open_once_however_many_there_are() {
        let topic = |number: usize| Topic::new(["fme", &number.to_string()]);
        let mut opened = Opened::default();
        for number in 0..3 * FEW {
            assert!(!opened.has(&topic(number)));
            opened.add(topic(number));
            assert!((0..=number).all(|earlier| opened.has(&topic(earlier))));
            opened.add(topic(number / 2));
        }
        assert!(opened.topics().iter().cloned().eq((0..3 * FEW).map(topic)));
    }
}
