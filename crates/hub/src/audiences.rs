//! Who is in which audience: the hub's tables, without the inboxes.
//!
//! An audience exists while it has members; its number is unique within its outlet and is used again afterwards.
//! Called by the hub, under its lock.

use crate::Subscription;
use crate::index::Index;
use slab::Slab;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
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
    subscriptions: Arc<[Subscription]>,
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
    by_set: HashMap<(u16, Arc<[Subscription]>), u32>,
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

    /// What a session hears now.
    pub(crate) fn subscriptions(&self, session: SessionId) -> Option<Arc<[Subscription]>> {
        let member = self.members.get(&session)?;
        let side = self.by_outlet.get(usize::from(member.outlet))?;
        side.audiences.get(member.audience as usize).map(|audience| audience.subscriptions.clone())
    }

    /// Puts a session into the audience of exactly these subscriptions; with none, out of any.
    pub(crate) fn place(
        &mut self,
        outlet: u16,
        session: SessionId,
        peer: SocketAddr,
        mut subscriptions: Vec<Subscription>,
    ) -> Option<u32> {
        subscriptions.sort_unstable();
        subscriptions.dedup();
        let joined = if subscriptions.is_empty() { None } else { self.enter(outlet, subscriptions.into()) };
        // Left after it entered: an audience of which it is the only member survives a change that changes nothing.
        let before = match joined {
            Some(audience) => {
                let writable = self.members.get(&session).is_none_or(|member| member.writable);
                self.members.insert(session, Member { peer, audience, outlet, writable })
            }
            None => self.members.remove(&session),
        };
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

    fn enter(&mut self, outlet: u16, subscriptions: Arc<[Subscription]>) -> Option<u32> {
        let side = self.by_outlet.get_mut(usize::from(outlet))?;
        let key = (outlet, subscriptions);
        if let Some(audience) = self.by_set.get(&key).copied() {
            if let Some(record) = side.audiences.get_mut(audience as usize) {
                record.members += 1;
            }
            return Some(audience);
        }
        let audience = side.audiences.insert(Audience { subscriptions: key.1.clone(), members: 1 }) as u32;
        for Subscription { filter, form } in key.1.iter() {
            self.index.insert(filter, Target { outlet, audience, form: *form });
            if side.hears {
                let count = self.heard.entry(filter.clone()).or_insert(0);
                *count += 1;
                if *count == 1 {
                    self.news.push((filter.clone(), true));
                }
            }
        }
        self.by_set.insert(key, audience);
        self.generation += 1;
        Some(audience)
    }

    fn leave(&mut self, outlet: u16, audience: u32) {
        let Some(side) = self.by_outlet.get_mut(usize::from(outlet)) else { return };
        let Some(record) = side.audiences.get_mut(audience as usize) else { return };
        record.members -= 1;
        if record.members == 0 {
            let record = side.audiences.remove(audience as usize);
            for Subscription { filter, form } in record.subscriptions.iter() {
                self.index.remove(filter, Target { outlet, audience, form: *form });
                if side.hears
                    && let Some(count) = self.heard.get_mut(filter)
                {
                    *count -= 1;
                    if *count == 0 {
                        self.heard.remove(filter);
                        self.news.push((filter.clone(), false));
                    }
                }
            }
            self.by_set.remove(&(outlet, record.subscriptions));
            self.generation += 1;
        }
    }
}
