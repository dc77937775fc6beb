//! One shard's side of the fan-out: its audiences' members, and the writing of one buffer to each.
//!
//! What was published within one turn of the loop is joined into one buffer per audience and offered to every member
//! directly. Per member there is nothing but an index, two comparisons and the write. A member that must not get the
//! very same bytes (it said one of the messages, or came after some of them) is served apart, frame by frame.
//! Called by the shard, on its own thread only.

use crate::conn::{Conn, NO_AUDIENCE};
use crate::memory::Memory;
use bytes::Bytes;
use std::collections::{HashSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use tieline_hub::{Delivery, Outlet};
use tieline_model::SessionId;

/// Frames are joined up to this many bytes.
const JOIN_BYTES: usize = 128 << 10;
/// After this many members others get a turn: a large audience does not hold up readers and pings.
const MEMBERS_PER_TURN: usize = if cfg!(test) { 2 } else { 256 };
/// And after this many bytes, however few members that is.
const BYTES_PER_TURN: usize = 4 << 20;

/// The audiences of a shard, by the hub's number.
pub(crate) struct Fanout {
    /// What joined buffers are charged to.
    memory: Arc<Memory>,
    audiences: Vec<Audience>,
    /// Audiences that have frames waiting, oldest first.
    waiting: VecDeque<u32>,
    /// The size of what was done with since it was last asked for.
    served: usize,
}

#[derive(Default)]
struct Audience {
    members: Vec<Option<Rc<Conn>>>,
    /// Members that left while a batch was being written; their places are closed up afterwards.
    holes: usize,
    pending: VecDeque<Pending>,
    batch: Option<Batch>,
}

struct Pending {
    origin: SessionId,
    frame: Bytes,
    /// What the hub counts it as.
    size: usize,
}

/// Frames that are being written to an audience.
struct Batch {
    frames: Vec<Pending>,
    joined: Bytes,
    origins: Origins,
    /// The next member to serve, and the first one that came too late for this batch.
    next: usize,
    end: usize,
}

/// Sessions that said something in a batch.
enum Origins {
    None,
    Few(Vec<SessionId>),
    Many(HashSet<SessionId>),
}

impl Fanout {
    pub(crate) fn new(memory: Arc<Memory>) -> Fanout {
        Fanout { memory, audiences: Vec::new(), waiting: VecDeque::new(), served: 0 }
    }

    /// Files what came from the hub under its audiences.
    pub(crate) fn receive(&mut self, deliveries: &mut Vec<Delivery>) {
        for delivery in deliveries.drain(..) {
            let size = delivery.size();
            let Delivery { audience, origin, frame, .. } = delivery;
            // A message to an audience that has just ended on this shard is to nobody.
            let record = self.audiences.get_mut(audience as usize);
            let Some(record) = record.filter(|record| record.members.len() > record.holes) else {
                self.served += size;
                continue;
            };
            if record.pending.is_empty() && record.batch.is_none() {
                self.waiting.push_back(audience);
            }
            record.pending.push_back(Pending { origin, frame, size });
        }
    }

    /// Adds a member; it gets what is received from now on.
    pub(crate) fn join(&mut self, audience: u32, conn: &Rc<Conn>) {
        let index = audience as usize;
        if self.audiences.len() <= index {
            self.audiences.resize_with(index + 1, Audience::default);
        }
        let record = &mut self.audiences[index];
        conn.audience.set(audience);
        conn.place.set(record.members.len() as u32);
        conn.skip.set(record.pending.len() as u32);
        record.members.push(Some(conn.clone()));
    }

    /// Takes a member out, having given it what it was still owed.
    pub(crate) fn leave(&mut self, conn: &Rc<Conn>, outlet: &Outlet) {
        self.settle(conn, outlet);
        let Some(record) = self.audiences.get_mut(conn.audience.replace(NO_AUDIENCE) as usize) else {
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

    /// Gives one member now what its audience is about to be given, so that what follows comes after it.
    pub(crate) fn settle(&mut self, conn: &Rc<Conn>, outlet: &Outlet) {
        let Some(record) = self.audiences.get_mut(conn.audience.get() as usize) else {
            return;
        };
        let place = conn.place.get() as usize;
        if let Some(batch) = &mut record.batch
            && (batch.next..batch.end).contains(&place)
        {
            let served = batch.serve_apart(conn, outlet);
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
        let served = owed.filter(|pending| conn.offer_shared(&pending.frame, 1, holders, outlet)).count();
        conn.listener.counters.delivered.add(served as u64);
        conn.skip.set(record.pending.len() as u32);
    }

    /// The size of what was served, or is to nobody, since this was last asked.
    pub(crate) fn served(&mut self) -> usize {
        std::mem::take(&mut self.served)
    }

    /// A turn has failed. What its audience was being given counts as served, and those members that may have missed some of it are
    /// ended: they come back and begin anew. Returns whether there is more to do.
    pub(crate) fn abandon(&mut self) -> bool {
        let failed = self.waiting.pop_front();
        if let Some(audience) = failed
            && let Some(record) = self.audiences.get_mut(audience as usize)
        {
            // The first of them may have it already; which, nobody knows any more.
            let next = record.batch.as_ref().map_or(0, |batch| batch.next);
            for conn in record.members.iter().skip(next).flatten() {
                conn.die("panic");
            }
            self.served += record.close_up();
            if !record.pending.is_empty() {
                self.waiting.push_back(audience);
            }
        }
        !self.waiting.is_empty()
    }

    /// Makes the next turn fail: its batch goes on beyond its members.
    #[cfg(test)]
    pub(crate) fn break_next_turn(&mut self) {
        let waiting = self.waiting.front().and_then(|audience| self.audiences.get_mut(*audience as usize));
        if let Some(record) = waiting {
            record.begin(&self.memory);
            record.batch.iter_mut().for_each(|batch| batch.end += 1);
        }
    }

    /// Serves some members of one audience. Returns whether there is more to do.
    pub(crate) fn turn(&mut self, outlet: &Outlet) -> bool {
        let Some(audience) = self.waiting.front().copied() else { return false };
        if let Some(record) = self.audiences.get_mut(audience as usize) {
            if record.batch.is_none() && !record.pending.is_empty() {
                record.begin(&self.memory);
            }
            if record.serve(outlet) {
                self.served += record.close_up();
                if !record.pending.is_empty() {
                    // Joined again with what came meanwhile, after the others had their turn.
                    self.waiting.push_back(audience);
                }
                self.waiting.pop_front();
            }
        }
        !self.waiting.is_empty()
    }
}

impl Audience {
    /// Takes frames up to the joining bound into a batch.
    fn begin(&mut self, memory: &Arc<Memory>) {
        let mut bytes = 0;
        let mut frames: Vec<Pending> = Vec::with_capacity(self.pending.len());
        while let Some(first) = self.pending.front() {
            if !frames.is_empty() && bytes + first.frame.len() > JOIN_BYTES {
                break;
            }
            bytes += first.frame.len();
            frames.extend(self.pending.pop_front());
        }
        if self.pending.is_empty() {
            self.pending = VecDeque::new();
        }
        let joined = match frames.as_slice() {
            [only] => only.frame.clone(),
            frames => {
                let mut joined = Vec::with_capacity(bytes);
                frames.iter().for_each(|pending| joined.extend_from_slice(&pending.frame));
                memory.keep(joined.into())
            }
        };
        let origins = Origins::of(&frames);
        self.batch = Some(Batch { frames, joined, origins, next: 0, end: self.members.len() });
    }

    /// Offers the batch to the next members; returns whether all have it.
    fn serve(&mut self, outlet: &Outlet) -> bool {
        let Some(batch) = &mut self.batch else { return true };
        let most = (BYTES_PER_TURN / batch.joined.len().max(1)).clamp(1, MEMBERS_PER_TURN);
        let until = batch.end.min(batch.next + most);
        let (messages, holders) = (batch.frames.len() as u32, batch.end as u32);
        let mut served = 0;
        for conn in self.members[batch.next..until].iter().flatten() {
            if conn.skip.get() == 0 && !batch.origins.contains(conn.session) {
                served +=
                    if conn.offer_shared(&batch.joined, messages, holders, outlet) { u64::from(messages) } else { 0 };
            } else {
                served += batch.serve_apart(conn, outlet);
            }
        }
        if let Some(conn) = self.members.iter().flatten().next() {
            conn.listener.counters.delivered.add(served);
        }
        batch.next = until;
        until == batch.end
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

impl Batch {
    /// Frame by frame, without what the member said itself and what came before it joined; returns how many.
    fn serve_apart(&self, conn: &Conn, outlet: &Outlet) -> u64 {
        let skip = (conn.skip.get() as usize).min(self.frames.len());
        conn.skip.set(conn.skip.get() - skip as u32);
        conn.cork();
        let owed = self.frames[skip..].iter().filter(|pending| pending.origin != conn.session);
        let holders = self.end as u32;
        let served = owed.filter(|pending| conn.offer_shared(&pending.frame, 1, holders, outlet)).count();
        conn.uncork(outlet);
        served as u64
    }
}

impl Origins {
    fn of(frames: &[Pending]) -> Origins {
        const FEW: usize = 4;
        let mut few: Vec<SessionId> = Vec::new();
        for pending in frames {
            if pending.origin != SessionId::NONE && !few.contains(&pending.origin) {
                if few.len() == FEW {
                    return Origins::Many(frames.iter().map(|pending| pending.origin).collect());
                }
                few.push(pending.origin);
            }
        }
        if few.is_empty() { Origins::None } else { Origins::Few(few) }
    }

    fn contains(&self, session: SessionId) -> bool {
        match self {
            Origins::None => false,
            Origins::Few(few) => few.contains(&session),
            Origins::Many(many) => many.contains(&session),
        }
    }
}
