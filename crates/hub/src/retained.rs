//! Kept messages: the newest of a topic, for those who subscribe later.
//!
//! Promises: of each dialect never more than a number and a size of them, so that one that keeps much takes nothing from
//! another; what goes for that reason is counted. A message on several topics is retained as long as it is the newest of one,
//! and is found by those alone. Called by the hub, under its lock, so that a newcomer gets either the retained message or the
//! live one, never neither and never both.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use tieline_model::{Filter, Published, Topic};

/// At most this many messages are kept of one dialect. Topics with retained messages are few (a patient, a step, a variable);
/// this is a guard.
const ENTRIES: usize = 10_000;
/// At most this many bytes of bodies are kept of one dialect.
const BYTES: usize = 64 << 20;

/// Kept messages in the order of the hub.
#[derive(Debug, Default)]
pub(crate) struct Retained {
    by_sequence: BTreeMap<u64, Entry>,
    /// The newest of a topic.
    by_topic: HashMap<Topic, u64>,
    shelves: HashMap<&'static str, Shelf>,
}

#[derive(Debug)]
struct Entry {
    published: Arc<Published>,
    /// Of how many topics it is the newest.
    newest_of: usize,
}

/// What is retained of one dialect.
#[derive(Debug, Default)]
struct Shelf {
    /// Oldest first.
    sequences: BTreeSet<u64>,
    bytes: usize,
}

impl Retained {
    /// Applies what a message says about keeping and forgetting; returns how many of its dialect went because of a bound.
    pub(crate) fn take_note(&mut self, sequence: u64, published: &Arc<Published>) -> u64 {
        let message = &published.message;
        for forget in &message.forget {
            let gone = self.found(&forget.topics, |retained| {
                forget.except_subject.is_none() || retained.message.subject != forget.except_subject
            });
            gone.into_iter().for_each(|(sequence, topic)| self.let_go(&topic, sequence));
        }
        if message.kept_on().is_empty() {
            return 0;
        }
        let mut newest_of = 0;
        for topic in message.kept_on() {
            match self.by_topic.insert(topic.clone(), sequence) {
                Some(older) if older != sequence => {
                    self.loses_one(older);
                    newest_of += 1;
                }
                // Named twice in one message.
                Some(_) => {}
                None => newest_of += 1,
            }
        }
        let shelf = self.shelves.entry(published.dialect).or_default();
        shelf.sequences.insert(sequence);
        shelf.bytes += message.body.len();
        self.by_sequence.insert(sequence, Entry { published: published.clone(), newest_of });
        self.keep_bounds(published.dialect)
    }

    /// Nothing is retained on this topic any more.
    pub(crate) fn forget(&mut self, topic: &Topic) {
        if let Some(sequence) = self.by_topic.remove(topic) {
            self.loses_one(sequence);
        }
    }

    /// What is retained on topics of a filter, with its number, oldest first.
    pub(crate) fn matching(&self, filter: &Filter) -> Vec<(u64, &Arc<Published>)> {
        // Most filters name one topic, and what is retained there need not be looked for.
        if let Some(topic) = filter.as_topic() {
            let found = self.by_topic.get(&topic).and_then(|at| Some((*at, &self.by_sequence.get(at)?.published)));
            return found.into_iter().collect();
        }
        let found = self.by_sequence.iter().filter(|(at, entry)| self.hears(filter, **at, &entry.published));
        found.map(|(at, entry)| (*at, &entry.published)).collect()
    }

    /// Whether a filter matches a topic of which the message with this number is the newest.
    pub(crate) fn hears(&self, filter: &Filter, sequence: u64, published: &Published) -> bool {
        let is_newest = |topic: &Topic| self.by_topic.get(topic) == Some(&sequence);
        published.message.kept_on().iter().any(|topic| filter.matches(topic) && is_newest(topic))
    }

    /// The topics of a filter on which something is retained that `is_meant`, with its number.
    fn found(&self, filter: &Filter, is_meant: impl Fn(&Published) -> bool) -> Vec<(u64, Topic)> {
        let mut found = Vec::new();
        for (sequence, published) in self.matching(filter).into_iter().filter(|(_, retained)| is_meant(retained)) {
            let topics = published.message.kept_on().iter().filter(|topic| filter.matches(topic));
            found.extend(topics.map(|topic| (sequence, topic.clone())));
        }
        found
    }

    fn keep_bounds(&mut self, dialect: &'static str) -> u64 {
        let mut evicted = 0;
        while let Some(shelf) = self.shelves.get(dialect)
            && (shelf.sequences.len() > ENTRIES || shelf.bytes > BYTES)
        {
            let Some(oldest) = shelf.sequences.first().copied() else { break };
            self.drop_one(oldest);
            evicted += 1;
        }
        evicted
    }

    /// Nothing is retained on this topic any more, if it was this message.
    fn let_go(&mut self, topic: &Topic, sequence: u64) {
        if self.by_topic.get(topic) == Some(&sequence) {
            self.forget(topic);
        }
    }

    /// A message is the newest of one topic less; of none, it goes.
    fn loses_one(&mut self, sequence: u64) {
        let Some(entry) = self.by_sequence.get_mut(&sequence) else { return };
        entry.newest_of = entry.newest_of.saturating_sub(1);
        if entry.newest_of == 0 {
            self.drop_one(sequence);
        }
    }

    fn drop_one(&mut self, sequence: u64) {
        let Some(Entry { published, .. }) = self.by_sequence.remove(&sequence) else { return };
        if let Some(shelf) = self.shelves.get_mut(published.dialect) {
            shelf.sequences.remove(&sequence);
            shelf.bytes -= published.message.body.len();
        }
        for topic in published.message.kept_on() {
            if self.by_topic.get(topic) == Some(&sequence) {
                self.by_topic.remove(topic);
            }
        }
    }
}

#[cfg(test)]
mod tests;
