//! One shard's side of the fan-out: its groups' members, and the writing of one buffer to each.
//!
//! What was published within one turn of the loop is joined into one buffer per group and offered to every member
//! directly. Per member there is nothing but an index, two comparisons and the write. A member that must not get the
//! very same bytes (it said one of the messages, or came after some of them) is served apart, see [`Batch`].
//! Promises: a turn ends after about [`TURN`], and the next one begins with another group, so that neither many members
//! nor many messages of one hold up readers, pings and the others. Called by the shard, on its own thread only.

mod batch;

use crate::session::conn::{Conn, NO_GROUP};
use batch::{Batch, Pending};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tieline_budget::Memory;
use tieline_hub::{Delivery, Sink};

/// After this much work others get a turn.
const TURN: Duration = Duration::from_micros(250);
/// And after so many members, however quick that was.
const MEMBERS_PER_TURN: usize = if cfg!(test) { 2 } else { 256 };
/// Members that are served between two looks at the clock, which costs about a hundredth of a write.
const MEMBERS_PER_LOOK: usize = 8;
/// Fewer when what they are offered is large: so many bytes.
const BYTES_PER_LOOK: usize = 32 << 10;

/// The groups of a shard, by the hub's number.
pub(crate) struct Fanout {
    /// What joined buffers are charged to.
    memory: Arc<Memory>,
    groups: Vec<Group>,
    /// Groups that have frames waiting, oldest first.
    waiting: VecDeque<u32>,
    /// The size of what was done with since it was last asked for.
    served: usize,
}

#[derive(Default)]
struct Group {
    members: Vec<Option<Rc<Conn>>>,
    /// Members that left while a batch was being written; their places are closed up afterwards.
    holes: usize,
    pending: VecDeque<Pending>,
    batch: Option<Batch>,
}

impl Fanout {
    pub(crate) fn new(memory: Arc<Memory>) -> Fanout {
        Fanout { memory, groups: Vec::new(), waiting: VecDeque::new(), served: 0 }
    }

    /// Files what came from the hub under its groups.
    pub(crate) fn receive(&mut self, deliveries: &mut Vec<Delivery>) {
        for delivery in deliveries.drain(..) {
            let size = delivery.size();
            let Delivery { group, origin, frame, .. } = delivery;
            // A message to a subscriber group that has just ended on this shard is to nobody.
            let record = self.groups.get_mut(group as usize);
            let Some(record) = record.filter(|record| record.members.len() > record.holes) else {
                self.served += size;
                continue;
            };
            if record.pending.is_empty() && record.batch.is_none() {
                self.waiting.push_back(group);
            }
            record.pending.push_back(Pending { origin, frame, size });
        }
    }

    /// Adds a member; it gets what is received from now on.
    pub(crate) fn join(&mut self, group: u32, conn: &Rc<Conn>) {
        let index = group as usize;
        if self.groups.len() <= index {
            self.groups.resize_with(index + 1, Group::default);
        }
        let record = &mut self.groups[index];
        conn.group.set(group);
        conn.place.set(record.members.len() as u32);
        conn.skip.set(record.pending.len() as u32);
        record.members.push(Some(conn.clone()));
    }

    /// Takes a member out, having given it what it was still owed.
    pub(crate) fn leave(&mut self, conn: &Rc<Conn>, sink: &Sink) {
        self.settle(conn, sink);
        let Some(record) = self.groups.get_mut(conn.group.replace(NO_GROUP) as usize) else {
            return;
        };
        let place = conn.place.get() as usize;
        if record.batch.is_some() {
            if let Some(member) = record.members.get_mut(place) {
                *member = None;
                record.holes += 1;
            }
        } else if place < record.members.len() {
            record.members.swap_remove(place);
            record.renumber(place, place + 1);
        }
        if record.members.len() == record.holes {
            self.served += record.pending.iter().map(|pending| pending.size).sum::<usize>();
            record.pending = VecDeque::new();
        }
    }

    /// Gives one member now what its group is about to be given, so that what follows comes after it.
    pub(crate) fn settle(&mut self, conn: &Rc<Conn>, sink: &Sink) {
        let Some(record) = self.groups.get_mut(conn.group.get() as usize) else {
            return;
        };
        let place = conn.place.get() as usize;
        if let Some(batch) = &mut record.batch
            && (batch.next..batch.end).contains(&place)
        {
            let served = batch.serve_apart(conn, sink);
            conn.listener.counters.delivered.add(served);
            // It is passed over when its turn comes: a swap with the next one keeps those served in front.
            let next = batch.next;
            batch.next += 1;
            record.members.swap(place, next);
            record.renumber(next, next + 1);
            record.renumber(place, place + 1);
        }
        let skip = conn.skip.get() as usize;
        let owed = record.pending.iter().skip(skip).filter(|pending| pending.origin != conn.session);
        let holders = record.members.len() as u32;
        let served = owed.filter(|pending| conn.offer_shared(&pending.frame, 1, holders, sink)).count();
        conn.listener.counters.delivered.add(served as u64);
        conn.skip.set(record.pending.len() as u32);
    }

    /// The size of what was served, or is to nobody, since this was last asked.
    pub(crate) fn served(&mut self) -> usize {
        std::mem::take(&mut self.served)
    }

    /// A turn has failed. What its group was being given counts as served, and those members that may have missed some of it are
    /// ended: they come back and begin anew. Returns whether there is more to do.
    pub(crate) fn abandon(&mut self) -> bool {
        let failed = self.waiting.pop_front();
        if let Some(group) = failed
            && let Some(record) = self.groups.get_mut(group as usize)
        {
            // The first of them may have it already; which, nobody knows any more.
            let next = record.batch.as_ref().map_or(0, |batch| batch.next);
            for conn in record.members.iter().skip(next).flatten() {
                conn.die("panic");
            }
            self.served += record.close_up();
            if !record.pending.is_empty() {
                self.waiting.push_back(group);
            }
        }
        !self.waiting.is_empty()
    }

    /// Makes the next turn fail: its batch goes on beyond its members.
    #[cfg(test)]
    pub(crate) fn break_next_turn(&mut self) {
        let waiting = self.waiting.front().and_then(|group| self.groups.get_mut(*group as usize));
        if let Some(record) = waiting {
            record.begin(&self.memory);
            record.batch.iter_mut().for_each(|batch| batch.end += 1);
        }
    }

    /// Serves members, of one group after the other, for one turn. Returns whether there is more to do.
    pub(crate) fn turn(&mut self, sink: &Sink) -> bool {
        let mut work = Work { began: Instant::now(), members: MEMBERS_PER_TURN };
        while let Some(group) = self.waiting.front().copied() {
            let mut waits = false;
            if let Some(record) = self.groups.get_mut(group as usize) {
                if record.batch.is_none() && !record.pending.is_empty() {
                    record.begin(&self.memory);
                }
                let is_whole = record.serve(sink, &mut work);
                if is_whole {
                    self.served += record.close_up();
                }
                // What came meanwhile is joined, too, after the others had their turn.
                waits = !is_whole || !record.pending.is_empty();
            }
            // Not before: a turn that fails finds in front whom it was about.
            self.waiting.pop_front();
            if waits {
                self.waiting.push_back(group);
            }
            if work.is_done() {
                break;
            }
        }
        !self.waiting.is_empty()
    }
}

/// What is left of a turn.
struct Work {
    began: Instant,
    members: usize,
}

impl Work {
    fn is_done(&self) -> bool {
        self.members == 0 || self.began.elapsed() >= TURN
    }
}

impl Group {
    /// Takes frames up to the joining bound into a batch.
    fn begin(&mut self, memory: &Arc<Memory>) {
        self.batch = Some(Batch::take(&mut self.pending, self.members.len(), memory));
    }

    /// Offers the batch to the next members; returns whether all have it.
    fn serve(&mut self, sink: &Sink, work: &mut Work) -> bool {
        let Some(batch) = &mut self.batch else { return true };
        let look = (BYTES_PER_LOOK / batch.joined.len().max(1)).clamp(1, MEMBERS_PER_LOOK);
        let mut served = 0;
        while batch.next < batch.end && !work.is_done() {
            let until = batch.end.min(batch.next + look.min(work.members));
            served += self.members[batch.next..until].iter().flatten().map(|conn| batch.serve(conn, sink)).sum::<u64>();
            work.members -= until - batch.next;
            batch.next = until;
        }
        if let Some(conn) = self.members.iter().flatten().next() {
            conn.listener.counters.delivered.add(served);
        }
        batch.next == batch.end
    }

    /// Ends the batch and closes up the places of those who left during it; returns the size of what was served.
    fn close_up(&mut self) -> usize {
        let served = self.batch.take().map_or(0, |batch| batch.frames.iter().map(|pending| pending.size).sum());
        if self.holes > 0 {
            self.members.retain(Option::is_some);
            self.holes = 0;
            self.renumber(0, self.members.len());
        }
        served
    }

    fn renumber(&self, from: usize, to: usize) {
        for (place, member) in self.members.iter().enumerate().take(to).skip(from) {
            if let Some(conn) = member {
                conn.place.set(place as u32);
            }
        }
    }
}
