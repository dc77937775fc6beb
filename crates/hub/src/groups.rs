//! Who is in which group: the hub's tables, without the inboxes.
//!
//! A subscriber group exists while it has members; its number is unique within its sink and is used again afterwards. A session
//! that is alone in its group keeps it when it changes what it hears: a client with thousands of filters that adds one
//! costs one entry. Called by the hub, under its lock.

use crate::Subscription;
use crate::difference::Difference;
use crate::index::Index;
use slab::Slab;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use tieline_model::{Channel, Encoding, Filter, SessionId, Topic};

/// Where a publish goes: one group of one sink, in one encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    pub(crate) sink: u16,
    pub(crate) group: u32,
    pub(crate) encoding: Encoding,
}

#[derive(Debug)]
struct Group {
    /// In order, each once.
    subscriptions: Vec<Subscription>,
    /// The sum of their hashes.
    sum: u64,
    members: u32,
}

#[derive(Debug)]
struct Member {
    peer: SocketAddr,
    group: u32,
    sink: u16,
    writable: bool,
}

/// Groups, their members, and the index that finds them by topic.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    index: Index<Target>,
    by_sink: Vec<Side>,
    /// By sink and the sum of their subscriptions' hashes: different sets may have one sum.
    by_sum: HashMap<(u16, u64), Vec<u32>>,
    hasher: RandomState,
    members: HashMap<SessionId, Member>,
    /// Changes whenever a subscriber group begins or ends.
    pub(crate) generation: u64,
    /// How many subscriptions of groups that count as subscribers have this filter.
    heard: HashMap<Filter, u32>,
    /// Filters that came to be heard (`true`) or ceased to be, since this was last taken.
    news: Vec<(Filter, bool)>,
}

/// The groups of one sink.
#[derive(Debug)]
struct Side {
    groups: Slab<Group>,
    /// Whether its sessions count among those for whom a backend has to say something.
    hears: bool,
}

impl Groups {
    /// Adds a sink; `hears` says whether its sessions are subscribers, or only watch what passes by.
    pub(crate) fn add_sink(&mut self, hears: bool) {
        self.by_sink.push(Side { groups: Slab::new(), hears });
    }

    /// Every filter that somebody hears, each once.
    pub(crate) fn heard(&self) -> impl Iterator<Item = &Filter> {
        self.heard.keys()
    }

    /// Takes what changed about what is heard.
    pub(crate) fn take_news(&mut self) -> Vec<(Filter, bool)> {
        std::mem::take(&mut self.news)
    }

    /// Appends who hears any of `topics`, each target once.
    pub(crate) fn find(&self, topics: &[Topic], out: &mut Vec<Target>) {
        for topic in topics {
            self.index.find(topic, out);
        }
        if out.len() > 1 {
            out.sort_unstable();
            out.dedup();
        }
    }

    /// What a session hears now, in order.
    pub(crate) fn subscriptions(&self, session: SessionId) -> &[Subscription] {
        let heard = || {
            let member = self.members.get(&session)?;
            let side = self.by_sink.get(usize::from(member.sink))?;
            side.groups.get(member.group as usize).map(|group| &*group.subscriptions)
        };
        heard().unwrap_or_default()
    }

    /// Changes what a session hears, and so the group it is in; when it hears nothing any more, it is in none.
    pub(crate) fn place(&mut self, sink: u16, session: SessionId, peer: SocketAddr, change: Difference) -> Option<u32> {
        let mine = self.members.get(&session).filter(|member| member.sink == sink).map(|member| member.group);
        if let Some(group) = mine
            && self.amend(sink, group, &change)
        {
            self.members.entry(session).and_modify(|member| member.peer = peer);
            return mine;
        }
        let mut subscriptions = self.subscriptions(session).to_vec();
        change.apply(&mut subscriptions);
        let joined = if subscriptions.is_empty() { None } else { self.enter(sink, subscriptions) };
        let before = match joined {
            Some(group) => {
                let writable = self.members.get(&session).is_none_or(|member| member.writable);
                self.members.insert(session, Member { peer, group, sink, writable })
            }
            None => self.members.remove(&session),
        };
        // Left after it entered: what is heard before and after does not cease to be heard in between.
        if let Some(before) = before {
            self.leave(before.sink, before.group);
        }
        joined
    }

    pub(crate) fn set_writable(&mut self, session: SessionId, writable: bool) {
        if let Some(member) = self.members.get_mut(&session) {
            member.writable = writable;
        }
    }

    /// Every pair of a session and a filter of its whose first token is `root`.
    pub(crate) fn channels(&self, root: &str) -> Vec<Channel> {
        let mut channels = Vec::new();
        for member in self.members.values() {
            let side = self.by_sink.get(usize::from(member.sink));
            let Some(group) = side.and_then(|side| side.groups.get(member.group as usize)) else { continue };
            for subscription in group.subscriptions.iter() {
                if subscription.filter.tokens().next() == Some(root) {
                    let filter = subscription.filter.clone();
                    channels.push(Channel { peer: member.peer, filter, writable: member.writable });
                }
            }
        }
        channels
    }

    /// Changes a subscriber group of a single member, unless there is one already that hears the same, or nothing would be left.
    fn amend(&mut self, sink: u16, group: u32, change: &Difference) -> bool {
        let Some((record, hears)) = self.record(sink, group) else { return false };
        if change.is_empty() {
            return true;
        }
        let Difference { added, removed } = change;
        if record.members > 1 || record.subscriptions.len() + added.len() == removed.len() {
            return false;
        }
        let old = record.sum;
        let new = old.wrapping_add(self.sum(added)).wrapping_sub(self.sum(removed));
        if self.by_sum.contains_key(&(sink, new)) {
            // Most likely the same set; else one of its own is made, which costs a little more.
            return false;
        }
        added.iter().for_each(|one| self.file(one, sink, group, hears));
        removed.iter().for_each(|one| self.take_out(one, sink, group, hears));
        self.forget_sum(sink, old, group);
        self.by_sum.entry((sink, new)).or_default().push(group);
        let side = self.by_sink.get_mut(usize::from(sink));
        if let Some(record) = side.and_then(|side| side.groups.get_mut(group as usize)) {
            change.apply(&mut record.subscriptions);
            record.sum = new;
        }
        self.generation += 1;
        true
    }

    fn enter(&mut self, sink: u16, subscriptions: Vec<Subscription>) -> Option<u32> {
        let sum = self.sum(&subscriptions);
        let known = self.find_set(sink, sum, &subscriptions);
        let side = self.by_sink.get_mut(usize::from(sink))?;
        if let Some(group) = known {
            side.groups.get_mut(group as usize)?.members += 1;
            return known;
        }
        let hears = side.hears;
        let group = side.groups.vacant_key() as u32;
        subscriptions.iter().for_each(|one| self.file(one, sink, group, hears));
        let record = Group { subscriptions, sum, members: 1 };
        self.by_sink.get_mut(usize::from(sink))?.groups.insert(record);
        self.by_sum.entry((sink, sum)).or_default().push(group);
        self.generation += 1;
        Some(group)
    }

    fn leave(&mut self, sink: u16, group: u32) {
        let Some(side) = self.by_sink.get_mut(usize::from(sink)) else { return };
        let Some(record) = side.groups.get_mut(group as usize) else { return };
        record.members -= 1;
        if record.members == 0 {
            let (record, hears) = (side.groups.remove(group as usize), side.hears);
            record.subscriptions.iter().for_each(|one| self.take_out(one, sink, group, hears));
            self.forget_sum(sink, record.sum, group);
            self.generation += 1;
        }
    }

    /// A subscriber group, and whether it counts as hearing.
    fn record(&self, sink: u16, group: u32) -> Option<(&Group, bool)> {
        let side = self.by_sink.get(usize::from(sink))?;
        Some((side.groups.get(group as usize)?, side.hears))
    }

    /// The group of exactly these subscriptions.
    fn find_set(&self, sink: u16, sum: u64, subscriptions: &[Subscription]) -> Option<u32> {
        let is_it =
            |group: &&u32| self.record(sink, **group).is_some_and(|(record, _)| record.subscriptions == subscriptions);
        self.by_sum.get(&(sink, sum))?.iter().find(is_it).copied()
    }

    fn sum<'a>(&self, subscriptions: impl IntoIterator<Item = &'a Subscription>) -> u64 {
        subscriptions.into_iter().fold(0, |sum: u64, one| sum.wrapping_add(self.hasher.hash_one(one)))
    }

    fn forget_sum(&mut self, sink: u16, sum: u64, group: u32) {
        if let Some(all) = self.by_sum.get_mut(&(sink, sum)) {
            all.retain(|one| *one != group);
            if all.is_empty() {
                self.by_sum.remove(&(sink, sum));
            }
        }
    }

    fn file(&mut self, Subscription { filter, encoding }: &Subscription, sink: u16, group: u32, hears: bool) {
        self.index.insert(filter, Target { sink, group, encoding: *encoding });
        if hears {
            let count = self.heard.entry(filter.clone()).or_insert(0);
            *count += 1;
            if *count == 1 {
                self.news.push((filter.clone(), true));
            }
        }
    }

    fn take_out(&mut self, Subscription { filter, encoding }: &Subscription, sink: u16, group: u32, hears: bool) {
        self.index.remove(filter, Target { sink, group, encoding: *encoding });
        if hears && let Some(count) = self.heard.get_mut(filter) {
            *count -= 1;
            if *count == 0 {
                self.heard.remove(filter);
                self.news.push((filter.clone(), false));
            }
        }
    }
}
