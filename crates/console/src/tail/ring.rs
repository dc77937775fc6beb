//! What every tail reads from: the latest messages once, whoever reads them, and where each tail is.
//!
//! Promises: all tails together hold no more than one ring of bounded size, however many there are and however little they
//! read; a tail that falls behind loses the oldest, is told how many of its own, and each loss is counted once. Used by
//! `tail` alone.

use std::collections::{HashMap, VecDeque};
use tieline_hub::Delivery;

/// What is kept for those who have not read it yet.
const BYTES: usize = 4 << 20;
const MESSAGES: usize = 4096;

#[derive(Default)]
pub(super) struct Ring {
    /// Oldest first; the first one's place is `first`.
    entries: VecDeque<Entry>,
    first: u64,
    bytes: usize,
    /// How many messages there were for each group that somebody is in.
    groups: HashMap<u32, u64>,
    /// How many messages the hub had to leave out for all.
    left_out: u64,
    readers: HashMap<u64, Reader>,
}

struct Entry {
    delivery: Delivery,
    /// Its number among those of its group.
    number: u64,
}

/// Where a tail is.
struct Reader {
    group: u32,
    /// The place it reads next.
    at: u64,
    /// The number it expects next among those of its group.
    number: u64,
    left_out: u64,
}

/// One thing to tell a tail.
#[derive(Debug)]
pub(super) enum Line {
    Message(Delivery),
    Lost(u64),
}

impl Ring {
    /// Lets `reader` read what comes from now on for `group`.
    pub(super) fn join(&mut self, reader: u64, group: u32) {
        let number = *self.groups.entry(group).or_default();
        let at = self.first + self.entries.len() as u64;
        self.readers.insert(reader, Reader { group, at, number, left_out: self.left_out });
    }

    pub(super) fn leave(&mut self, reader: u64) {
        self.readers.remove(&reader);
        self.groups.retain(|group, _| self.readers.values().any(|reader| reader.group == *group));
    }

    /// Adds a message; returns how many tails have lost one by that.
    pub(super) fn push(&mut self, delivery: Delivery) -> u64 {
        let Some(count) = self.groups.get_mut(&delivery.group) else {
            return 0;
        };
        let number = *count;
        *count += 1;
        self.bytes += delivery.size();
        self.entries.push_back(Entry { delivery, number });
        let mut lost = 0;
        while self.entries.len() > MESSAGES || (self.bytes > BYTES && self.entries.len() > 1) {
            lost += self.drop_oldest();
        }
        lost
    }

    fn drop_oldest(&mut self) -> u64 {
        let Some(Entry { delivery, .. }) = self.entries.pop_front() else {
            return 0;
        };
        let place = self.first;
        self.first += 1;
        self.bytes -= delivery.size();
        let unread = |reader: &&Reader| reader.group == delivery.group && reader.at <= place;
        self.readers.values().filter(unread).count() as u64
    }

    /// The hub left out `messages` for all; returns how many tails have lost, each counted.
    pub(super) fn leave_out(&mut self, messages: u64) -> u64 {
        self.left_out += messages;
        messages * self.readers.len() as u64
    }

    /// What `reader` hears next, if there is anything.
    pub(super) fn next(&mut self, reader: u64) -> Option<Line> {
        let reader = self.readers.get_mut(&reader)?;
        reader.at = reader.at.max(self.first);
        let mut found = None;
        while let Some(entry) = self.entries.get((reader.at - self.first) as usize) {
            if entry.delivery.group == reader.group {
                found = Some(entry);
                break;
            }
            reader.at += 1;
        }
        // With nothing to read, everything of its group was read or lost.
        let next =
            found.map_or_else(|| self.groups.get(&reader.group).copied().unwrap_or_default(), |entry| entry.number);
        let lost = next - reader.number + (self.left_out - reader.left_out);
        reader.number = next;
        reader.left_out = self.left_out;
        if lost > 0 {
            return Some(Line::Lost(lost));
        }
        let entry = found?;
        reader.at += 1;
        reader.number += 1;
        Some(Line::Message(entry.delivery.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tieline_model::SessionId;

    fn delivery(group: u32, sequence: u64, size: usize) -> Delivery {
        Delivery { sequence, group, origin: SessionId::NONE, frame: vec![b' '; size].into() }
    }

    #[test]
    fn what_a_tail_did_not_read_in_time_is_told_to_it_by_number() {
        let mut ring = Ring::default();
        ring.join(1, 7);
        ring.join(2, 7);
        let pushed: u64 = (0..MESSAGES as u64 + 3).map(|sequence| ring.push(delivery(7, sequence, 2))).sum();
        assert_eq!(pushed, 6, "three each");
        assert!(matches!(ring.next(1), Some(Line::Lost(3))));
        assert!(matches!(ring.next(1), Some(Line::Message(Delivery { sequence: 3, .. }))));
        assert_eq!(ring.leave_out(4), 8);
        assert!(matches!(ring.next(1), Some(Line::Lost(4))));
        assert!(matches!(ring.next(1), Some(Line::Message(Delivery { sequence: 4, .. }))));
    }

    #[test]
    fn what_all_hold_together_is_bounded_by_bytes_and_one_large_message_passes() {
        let mut ring = Ring::default();
        (0..100).for_each(|reader| ring.join(reader, reader as u32));
        for sequence in 0..1000 {
            ring.push(delivery(sequence as u32 % 100, sequence, 100_000));
            assert!(ring.bytes <= BYTES);
        }
        ring.push(delivery(5, 1000, 2 * BYTES));
        assert_eq!(ring.entries.len(), 1);
        assert!(matches!(ring.next(5), Some(Line::Lost(10))));
        assert!(matches!(ring.next(5), Some(Line::Message(Delivery { sequence: 1000, .. }))));
        assert!(ring.next(5).is_none());
    }

    #[test]
    fn who_has_left_costs_nothing() {
        let mut ring = Ring::default();
        ring.join(1, 7);
        ring.leave(1);
        assert_eq!(ring.push(delivery(7, 0, 10)), 0);
        assert!(ring.entries.is_empty() && ring.next(1).is_none());
    }

    proptest! {
        /// Whoever reads when: what a tail is given and what it is told it lost is all there was for it, in order.
        #[test]
        fn nothing_is_missing_that_was_not_told(
            steps in prop::collection::vec((0_u32..3, any::<bool>(), 1_usize..600_000), 1..200)
        ) {
            let mut ring = Ring::default();
            (0..3).for_each(|reader| ring.join(reader, reader as u32));
            let (mut sent, mut heard, mut told, mut counted, mut last) = ([0_u64; 3], [0_u64; 3], [0_u64; 3], 0, [0_u64; 3]);
            let mut read = |ring: &mut Ring, who: usize| match ring.next(who as u64) {
                Some(Line::Message(delivery)) => {
                    assert!(delivery.sequence > last[who]);
                    last[who] = delivery.sequence;
                    heard[who] += 1;
                    true
                }
                Some(Line::Lost(count)) => {
                    told[who] += count;
                    true
                }
                None => false,
            };
            for (sequence, (group, reads, size)) in steps.into_iter().enumerate() {
                sent[group as usize] += 1;
                counted += ring.push(delivery(group, sequence as u64 + 1, size));
                if reads {
                    read(&mut ring, group as usize);
                }
            }
            (0..3).for_each(|who| while read(&mut ring, who) {});
            for who in 0..3 {
                prop_assert_eq!(heard[who] + told[who], sent[who]);
            }
            prop_assert_eq!(counted, told.iter().sum::<u64>());
        }
    }
}
