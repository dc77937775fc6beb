//! Who is in which audience: the hub's tables, without the inboxes.
//!
//! An audience exists while it has members; its number is unique within its outlet and is used again afterwards. A session
//! that is alone in its audience keeps it when it changes what it hears: a client with thousands of filters that adds one
//! costs one entry. Called by the hub, under its lock.

use crate::Subscription;
use crate::difference::Difference;
use crate::index::Index;
use slab::Slab;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use tieline_model::{Channel, Filter, Form, SessionId, Topic};

/// Where a publish goes: one audience of one outlet, in one form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    pub(crate) outlet: u16,
    pub(crate) audience: u32,
    pub(crate) form: Form,
}

#[derive(Debug)]
struct Audience {
    /// In order, each once.
    subscriptions: Vec<Subscription>,
    /// The sum of their hashes.
    sum: u64,
    members: u32,
}

#[derive(Debug)]
struct Member {
    peer: SocketAddr,
    audience: u32,
    outlet: u16,
    writable: bool,
}

/// Audiences, their members, and the index that finds them by topic.
#[derive(Debug, Default)]
pub(crate) struct Audiences {
    index: Index<Target>,
    by_outlet: Vec<Side>,
    /// By outlet and the sum of their subscriptions' hashes: different sets may have one sum.
    by_sum: HashMap<(u16, u64), Vec<u32>>,
    hasher: RandomState,
    members: HashMap<SessionId, Member>,
    /// Changes whenever an audience begins or ends.
    pub(crate) generation: u64,
    /// How many subscriptions of audiences that count as hearers have this filter.
    heard: HashMap<Filter, u32>,
    /// Filters that came to be heard (`true`) or ceased to be, since this was last taken.
    news: Vec<(Filter, bool)>,
}

/// The audiences of one outlet.
#[derive(Debug)]
struct Side {
    audiences: Slab<Audience>,
    /// Whether its sessions count among those for whom a source has to say something.
    hears: bool,
}

impl Audiences {
    /// Adds an outlet; `hears` says whether its sessions are hearers, or only watch what passes by.
    pub(crate) fn add_outlet(&mut self, hears: bool) {
        self.by_outlet.push(Side { audiences: Slab::new(), hears });
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
            let side = self.by_outlet.get(usize::from(member.outlet))?;
            side.audiences.get(member.audience as usize).map(|audience| &*audience.subscriptions)
        };
        heard().unwrap_or_default()
    }

    /// Changes what a session hears, and so the audience it is in; when it hears nothing any more, it is in none.
    pub(crate) fn place(
        &mut self,
        outlet: u16,
        session: SessionId,
        peer: SocketAddr,
        change: Difference,
    ) -> Option<u32> {
        let mine = self.members.get(&session).filter(|member| member.outlet == outlet).map(|member| member.audience);
        if let Some(audience) = mine
            && self.amend(outlet, audience, &change)
        {
            self.members.entry(session).and_modify(|member| member.peer = peer);
            return mine;
        }
        let mut subscriptions = self.subscriptions(session).to_vec();
        change.apply(&mut subscriptions);
        let joined = if subscriptions.is_empty() { None } else { self.enter(outlet, subscriptions) };
        let before = match joined {
            Some(audience) => {
                let writable = self.members.get(&session).is_none_or(|member| member.writable);
                self.members.insert(session, Member { peer, audience, outlet, writable })
            }
            None => self.members.remove(&session),
        };
        // Left after it entered: what is heard before and after does not cease to be heard in between.
        if let Some(before) = before {
            self.leave(before.outlet, before.audience);
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
            let side = self.by_outlet.get(usize::from(member.outlet));
            let Some(audience) = side.and_then(|side| side.audiences.get(member.audience as usize)) else { continue };
            for subscription in audience.subscriptions.iter() {
                if subscription.filter.tokens().next() == Some(root) {
                    let filter = subscription.filter.clone();
                    channels.push(Channel { peer: member.peer, filter, writable: member.writable });
                }
            }
        }
        channels
    }

    /// Changes an audience of a single member, unless there is one already that hears the same, or nothing would be left.
    fn amend(&mut self, outlet: u16, audience: u32, change: &Difference) -> bool {
        let Some((record, hears)) = self.record(outlet, audience) else { return false };
        if change.is_empty() {
            return true;
        }
        let Difference { added, removed } = change;
        if record.members > 1 || record.subscriptions.len() + added.len() == removed.len() {
            return false;
        }
        let old = record.sum;
        let new = old.wrapping_add(self.sum(added)).wrapping_sub(self.sum(removed));
        if self.by_sum.contains_key(&(outlet, new)) {
            // Most likely the same set; else one of its own is made, which costs a little more.
            return false;
        }
        added.iter().for_each(|one| self.file(one, outlet, audience, hears));
        removed.iter().for_each(|one| self.take_out(one, outlet, audience, hears));
        self.forget_sum(outlet, old, audience);
        self.by_sum.entry((outlet, new)).or_default().push(audience);
        let side = self.by_outlet.get_mut(usize::from(outlet));
        if let Some(record) = side.and_then(|side| side.audiences.get_mut(audience as usize)) {
            change.apply(&mut record.subscriptions);
            record.sum = new;
        }
        self.generation += 1;
        true
    }

    fn enter(&mut self, outlet: u16, subscriptions: Vec<Subscription>) -> Option<u32> {
        let sum = self.sum(&subscriptions);
        let known = self.find_set(outlet, sum, &subscriptions);
        let side = self.by_outlet.get_mut(usize::from(outlet))?;
        if let Some(audience) = known {
            side.audiences.get_mut(audience as usize)?.members += 1;
            return known;
        }
        let hears = side.hears;
        let audience = side.audiences.vacant_key() as u32;
        subscriptions.iter().for_each(|one| self.file(one, outlet, audience, hears));
        let record = Audience { subscriptions, sum, members: 1 };
        self.by_outlet.get_mut(usize::from(outlet))?.audiences.insert(record);
        self.by_sum.entry((outlet, sum)).or_default().push(audience);
        self.generation += 1;
        Some(audience)
    }

    fn leave(&mut self, outlet: u16, audience: u32) {
        let Some(side) = self.by_outlet.get_mut(usize::from(outlet)) else { return };
        let Some(record) = side.audiences.get_mut(audience as usize) else { return };
        record.members -= 1;
        if record.members == 0 {
            let (record, hears) = (side.audiences.remove(audience as usize), side.hears);
            record.subscriptions.iter().for_each(|one| self.take_out(one, outlet, audience, hears));
            self.forget_sum(outlet, record.sum, audience);
            self.generation += 1;
        }
    }

    /// An audience, and whether it counts as hearing.
    fn record(&self, outlet: u16, audience: u32) -> Option<(&Audience, bool)> {
        let side = self.by_outlet.get(usize::from(outlet))?;
        Some((side.audiences.get(audience as usize)?, side.hears))
    }

    /// The audience of exactly these subscriptions.
    fn find_set(&self, outlet: u16, sum: u64, subscriptions: &[Subscription]) -> Option<u32> {
        let is_it = |audience: &&u32| {
            self.record(outlet, **audience).is_some_and(|(record, _)| record.subscriptions == subscriptions)
        };
        self.by_sum.get(&(outlet, sum))?.iter().find(is_it).copied()
    }

    fn sum<'a>(&self, subscriptions: impl IntoIterator<Item = &'a Subscription>) -> u64 {
        subscriptions.into_iter().fold(0, |sum: u64, one| sum.wrapping_add(self.hasher.hash_one(one)))
    }

    fn forget_sum(&mut self, outlet: u16, sum: u64, audience: u32) {
        if let Some(all) = self.by_sum.get_mut(&(outlet, sum)) {
            all.retain(|one| *one != audience);
            if all.is_empty() {
                self.by_sum.remove(&(outlet, sum));
            }
        }
    }

    fn file(&mut self, Subscription { filter, form }: &Subscription, outlet: u16, audience: u32, hears: bool) {
        self.index.insert(filter, Target { outlet, audience, form: *form });
        if hears {
            let count = self.heard.entry(filter.clone()).or_insert(0);
            *count += 1;
            if *count == 1 {
                self.news.push((filter.clone(), true));
            }
        }
    }

    fn take_out(&mut self, Subscription { filter, form }: &Subscription, outlet: u16, audience: u32, hears: bool) {
        self.index.remove(filter, Target { outlet, audience, form: *form });
        if hears && let Some(count) = self.heard.get_mut(filter) {
            *count -= 1;
            if *count == 0 {
                self.heard.remove(filter);
                self.news.push((filter.clone(), false));
            }
        }
    }
}
