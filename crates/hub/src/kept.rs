//! Kept messages: the newest of a topic, for those who subscribe later.
//!
//! Promises: never more than a number and a size of them; what goes for that reason is counted. Called by the hub,
//! under its lock, so that a newcomer gets either the kept message or the live one, never neither and never both.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tieline_model::{Filter, Published, Topic};

/// At most this many messages are kept. Topics with kept messages are few (a patient, a step); this is a guard.
const ENTRIES: usize = 10_000;
/// At most this many bytes of bodies are kept.
const BYTES: usize = 64 << 20;

/// Kept messages in the order of the hub.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    by_sequence: BTreeMap<u64, Arc<Published>>,
    by_topic: HashMap<Topic, u64>,
    bytes: usize,
}

impl Kept {
    /// Applies what a message says about keeping and forgetting; returns how many went because of a bound.
    pub(crate) fn take_note(&mut self, sequence: u64, published: &Arc<Published>) -> u64 {
        let message = &published.message;
        for forget in &message.forget {
            let gone: Vec<u64> = self
                .by_sequence
                .iter()
                .filter(|(_, kept)| forget.except_subject.is_none() || kept.message.subject != forget.except_subject)
                .filter(|(at, kept)| self.newest_on(**at, kept).any(|topic| forget.topics.matches(topic)))
                .map(|(sequence, _)| *sequence)
                .collect();
            gone.into_iter().for_each(|sequence| self.drop_one(sequence));
        }
        if !message.kept_on().is_empty() {
            self.bytes += message.body.len();
            self.by_sequence.insert(sequence, published.clone());
            for topic in message.kept_on() {
                if let Some(older) = self.by_topic.insert(topic.clone(), sequence) {
                    self.drop_if_replaced(older);
                }
            }
        }
        self.keep_bounds()
    }

    /// The topics of a kept message on which nothing newer is kept: it is kept for these alone.
    pub(crate) fn newest_on<'a>(&'a self, sequence: u64, kept: &'a Published) -> impl Iterator<Item = &'a Topic> {
        kept.message.kept_on().iter().filter(move |topic| self.by_topic.get(topic) == Some(&sequence))
    }

    /// What is kept on topics of a filter, with its number, oldest first.
    pub(crate) fn matching<'a>(
        &'a self,
        filter: &'a Filter,
    ) -> Box<dyn Iterator<Item = (u64, &'a Arc<Published>)> + 'a> {
        // Most filters name one topic, and what is kept there need not be looked for.
        if let Some(topic) = filter.as_topic() {
            let sequence = self.by_topic.get(&topic).copied();
            return Box::new(sequence.into_iter().filter_map(|at| Some((at, self.by_sequence.get(&at)?))));
        }
        let all = self.by_sequence.iter().map(|(at, one)| (*at, one));
        Box::new(all.filter(move |(at, one)| self.newest_on(*at, one).any(|topic| filter.matches(topic))))
    }

    fn keep_bounds(&mut self) -> u64 {
        let mut evicted = 0;
        while self.by_sequence.len() > ENTRIES || self.bytes > BYTES {
            let Some(oldest) = self.by_sequence.keys().next().copied() else { break };
            self.drop_one(oldest);
            evicted += 1;
        }
        evicted
    }

    /// Drops what is the newest of none of its topics any more.
    fn drop_if_replaced(&mut self, sequence: u64) {
        if self.by_sequence.get(&sequence).is_some_and(|kept| self.newest_on(sequence, kept).next().is_none()) {
            self.drop_one(sequence);
        }
    }

    fn drop_one(&mut self, sequence: u64) {
        if let Some(kept) = self.by_sequence.remove(&sequence) {
            self.bytes -= kept.message.body.len();
            for topic in kept.message.kept_on() {
                if self.by_topic.get(topic) == Some(&sequence) {
                    self.by_topic.remove(topic);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;
    use tieline_model::{Forget, Message, SessionId};

    fn published(topic: &str, change: impl FnOnce(&mut Message)) -> Arc<Published> {
        let mut message = Message::new(Topic::parse(topic).unwrap(), topic.to_owned());
        message.keep = true;
        change(&mut message);
        Arc::new(Published { at: SystemTime::UNIX_EPOCH, dialect: "test", origin: SessionId::NONE, message })
    }

    fn topics(kept: &Kept) -> Vec<String> {
        kept.by_sequence.values().map(|kept| kept.message.topics[0].to_string()).collect()
    }

    #[test]
    fn newest_of_a_topic_stays_and_order_is_the_hubs() {
        let mut kept = Kept::default();
        for (sequence, topic) in ["a.1", "a.2", "a.1"].into_iter().enumerate() {
            kept.take_note(sequence as u64, &published(topic, |_| ()));
        }
        assert_eq!(topics(&kept), ["a.2", "a.1"]);
    }

    #[test]
    fn one_on_several_topics_stays_for_those_where_nothing_newer_came() {
        let topic = |text: &str| Topic::parse(text).unwrap();
        let of = |kept: &Kept, filter: &str| -> Vec<u64> {
            kept.matching(&Filter::parse(filter).unwrap()).map(|(sequence, _)| sequence).collect()
        };
        let mut kept = Kept::default();
        // Kept on two of its three topics.
        let partly = |m: &mut Message| {
            m.topics = vec![topic("a.1"), topic("a.2"), topic("b")];
            (m.keep, m.keep_on) = (false, vec![topic("a.1"), topic("a.2")]);
        };
        kept.take_note(1, &published("a.1", partly));
        assert_eq!((of(&kept, "a.1"), of(&kept, "a.2"), of(&kept, "a.*")), (vec![1], vec![1], vec![1]));
        assert_eq!((of(&kept, "b"), of(&kept, "*")), (vec![], vec![]), "it is not kept there");
        kept.take_note(2, &published("a.1", |_| ()));
        assert_eq!((of(&kept, "a.1"), of(&kept, "a.2"), of(&kept, "a.*")), (vec![2], vec![1], vec![1, 2]));
        kept.take_note(3, &published("a.2", |_| ()));
        assert_eq!((of(&kept, "a.1"), of(&kept, "a.2"), kept.by_sequence.len()), (vec![2], vec![3], 2));
        assert_eq!(kept.bytes, "a.1".len() * 2);
    }

    #[test]
    fn forgetting_spares_the_same_subject_only() {
        let mut kept = Kept::default();
        kept.take_note(1, &published("a.1", |m| m.subject = Some(7)));
        kept.take_note(2, &published("a.2", |m| m.subject = Some(8)));
        kept.take_note(3, &published("a.3", |_| ()));
        let forget = Forget { topics: Filter::parse("a.*").unwrap(), except_subject: Some(8) };
        kept.take_note(4, &published("b", |m| (m.keep, m.forget) = (false, vec![forget])));
        assert_eq!(topics(&kept), ["a.2"]);
    }

    #[test]
    fn bounds_hold_and_are_counted() {
        let mut kept = Kept::default();
        let evicted: u64 =
            (0..ENTRIES as u64 + 5).map(|n| kept.take_note(n, &published(&format!("a.{n}"), |_| ()))).sum();
        assert_eq!((kept.by_sequence.len(), kept.by_topic.len(), evicted), (ENTRIES, ENTRIES, 5));
        kept.take_note(u64::MAX, &published("big", |m| m.body = vec![0; BYTES + 1].into()));
        assert_eq!((kept.by_sequence.len(), kept.bytes), (0, 0));
    }
}
