//! What a client's socket has not taken yet: whole frames in order, the first perhaps begun.
//!
//! Knows its size; the connection applies the policy. A frame that is partly on the wire is never taken back, since
//! the client could not read on. Empty, it holds no memory.

use bytes::{Buf, Bytes};
use std::collections::VecDeque;
use std::io::IoSlice;

/// What an entry costs besides its bytes, so that many small frames are bounded too.
const OVERHEAD: usize = size_of::<Entry>();
/// Buffers given to one system call.
const SLICES: usize = 16;

#[derive(Debug)]
struct Entry {
    bytes: Bytes,
    /// How many messages it holds; joined ones are one entry.
    messages: u32,
    /// How many clients its bytes were made for; 0: for this one alone.
    holders: u32,
}

/// A bounded queue's content.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    entries: VecDeque<Entry>,
    size: usize,
    /// How much of the first entry is on the wire already. Its memory is given back when all of it is.
    begun: usize,
    /// Memory that is this client's alone, and that with its share of what others have too.
    own: usize,
    share: usize,
}

impl Outbox {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes, overhead included.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Bytes behind the first entry, overhead included: what the bound is about. The first is on its way; without it, a
    /// message larger than the bound could be sent to nobody, however well it reads.
    pub(crate) fn waiting(&self) -> usize {
        self.size - self.entries.front().map_or(0, |first| first.bytes.len() + OVERHEAD)
    }

    /// Memory it holds that nobody else does, in bytes.
    pub(crate) fn own(&self) -> usize {
        self.own
    }

    /// Memory it holds, of what is shared the part that falls to this client, in bytes.
    pub(crate) fn share(&self) -> usize {
        self.share
    }

    /// Messages that were not written whole, and their bytes. Of joined ones it is not known which of them were: they count
    /// until the last is.
    pub(crate) fn unwritten(&self) -> (u64, u64) {
        let messages = self.entries.iter().filter(|entry| entry.messages > 0);
        messages
            .fold((0, 0), |(count, bytes), entry| (count + u64::from(entry.messages), bytes + entry.bytes.len() as u64))
    }

    /// Adds to the end what was made for `holders` clients (0: for this one alone); `begun` bytes before it are written
    /// already, when it is the first.
    pub(crate) fn push(&mut self, bytes: Bytes, messages: u32, holders: u32, begun: usize) {
        let gone = if self.entries.is_empty() { begun } else { 0 };
        self.begun += gone;
        self.size += bytes.len() + OVERHEAD;
        let entry = Entry { bytes, messages, holders };
        self.own += entry.own(gone);
        self.share += entry.share(gone);
        self.entries.push_back(entry);
    }

    /// The first buffers, for one vectored write.
    pub(crate) fn slices(&self) -> ([IoSlice<'_>; SLICES], usize) {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut count = 0;
        for (slice, entry) in slices.iter_mut().zip(&self.entries) {
            *slice = IoSlice::new(&entry.bytes);
            count += 1;
        }
        (slices, count)
    }

    /// Takes away what was written.
    pub(crate) fn written(&mut self, mut bytes: usize) {
        while bytes > 0 {
            let Some(first) = self.entries.front_mut() else { return };
            let now = bytes.min(first.bytes.len());
            first.bytes.advance(now);
            bytes -= now;
            self.size -= now;
            self.begun += now;
            if first.bytes.is_empty() {
                self.remove(0);
            }
        }
        if self.entries.is_empty() {
            self.entries = VecDeque::new();
        }
    }

    /// Drops the longest waiting entries that are not begun until at most `limit` waits; returns the messages lost.
    pub(crate) fn drop_oldest(&mut self, limit: usize) -> u64 {
        let mut lost = 0;
        while self.waiting() > limit {
            lost += self.drop_first_not_begun();
        }
        lost
    }

    /// Drops the entry added last, unless it is begun; returns the messages lost.
    pub(crate) fn drop_newest(&mut self) -> u64 {
        if self.begun > 0 && self.entries.len() == 1 {
            return 0;
        }
        self.entries.len().checked_sub(1).map_or(0, |last| self.remove(last))
    }

    /// Drops everything that is not begun; returns the messages lost.
    pub(crate) fn clear(&mut self) -> u64 {
        let mut lost = 0;
        while self.entries.len() > usize::from(self.begun > 0) {
            lost += self.drop_first_not_begun();
        }
        lost
    }

    fn drop_first_not_begun(&mut self) -> u64 {
        self.remove(usize::from(self.begun > 0))
    }

    /// Takes an entry out, with all that was counted for it; returns its messages.
    fn remove(&mut self, at: usize) -> u64 {
        let Some(entry) = self.entries.remove(at) else { return 0 };
        let gone = if at == 0 { std::mem::take(&mut self.begun) } else { 0 };
        self.size -= entry.bytes.len() + OVERHEAD;
        self.own -= entry.own(gone);
        self.share -= entry.share(gone);
        u64::from(entry.messages)
    }
}

impl Entry {
    /// Memory that is this client's alone, when `gone` bytes of it are written.
    fn own(&self, gone: usize) -> usize {
        if self.holders == 0 { self.bytes.len() + gone + OVERHEAD } else { OVERHEAD }
    }

    /// As [`Entry::own`], with its share of what others have too.
    fn share(&self, gone: usize) -> usize {
        (self.bytes.len() + gone) / (self.holders.max(1) as usize) + OVERHEAD
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone)]
    enum Step {
        Push(usize),
        Write(usize),
        DropOldest(usize),
        DropNewest,
        Clear,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (1usize..300).prop_map(Step::Push),
            (0usize..500).prop_map(Step::Write),
            (0usize..1000).prop_map(Step::DropOldest),
            Just(Step::DropNewest),
            Just(Step::Clear),
        ]
    }

    proptest! {
        /// Whatever is dropped, the client reads whole frames in order, and what is lost is counted.
        #[test]
        fn the_wire_carries_whole_frames(steps in proptest::collection::vec(step(), 0..80)) {
            let mut outbox = Outbox::default();
            let mut wire: Vec<u8> = Vec::new();
            let mut lost = 0;
            let mut lengths: Vec<usize> = Vec::new();
            for step in steps {
                match step {
                    Step::Push(length) => {
                        // Each byte tells which frame it is of and so frames can be told apart on the wire.
                        let frame = vec![lengths.len() as u8; length];
                        lengths.push(length);
                        outbox.push(frame.into(), 1, lengths.len() as u32 % 3, 0);
                    }
                    Step::Write(most) => {
                        let (slices, count) = outbox.slices();
                        let all: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.to_vec()).collect();
                        let now = most.min(all.len());
                        wire.extend_from_slice(&all[..now]);
                        outbox.written(now);
                    }
                    Step::DropOldest(size) => {
                        lost += outbox.drop_oldest(size);
                        prop_assert!(outbox.waiting() <= size);
                    }
                    Step::DropNewest => lost += outbox.drop_newest(),
                    Step::Clear => {
                        lost += outbox.clear();
                        prop_assert!(outbox.is_empty() || outbox.begun > 0);
                    }
                }
                let size: usize = outbox.entries.iter().map(|entry| entry.bytes.len() + OVERHEAD).sum();
                prop_assert_eq!(outbox.size(), size);
                prop_assert!(outbox.own() <= outbox.share() && outbox.share() <= size + outbox.begun);
            }
            while !outbox.is_empty() {
                let (slices, count) = outbox.slices();
                let all: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.to_vec()).collect();
                wire.extend_from_slice(&all);
                outbox.written(all.len());
            }
            prop_assert_eq!((outbox.size(), outbox.own(), outbox.share()), (0, 0, 0));
            let mut seen: Vec<(u8, usize)> = Vec::new();
            for byte in wire {
                match seen.last_mut() {
                    Some((frame, count)) if *frame == byte => *count += 1,
                    _ => seen.push((byte, 1)),
                }
            }
            prop_assert!(seen.windows(2).all(|pair| pair[0].0 < pair[1].0), "in order, once");
            prop_assert!(seen.iter().all(|(frame, count)| lengths[usize::from(*frame)] == *count), "whole");
            prop_assert_eq!(seen.len() as u64 + lost, lengths.len() as u64);
        }
    }
}
