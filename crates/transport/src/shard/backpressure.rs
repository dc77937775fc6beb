//! Sessions that hear nothing more because a shard's inbox is full, until there is room again.
//!
//! Promises: who has to wait is registered in the very question ([`Backpressure::must_wait`]), so that there is no moment
//! between the answer and the waiting in which relief can be missed; those who wait longest go first; a session stands here
//! once, however often it asks. Asked by sessions; let go by their shard's flush, which every relief wakes.

use crate::shard::scheduler::Member;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The waiting sessions of one shard.
pub(crate) struct Backpressure<M> {
    /// By their tickets, which are given in the order in which they came to wait.
    waiting: RefCell<BTreeMap<u64, Rc<M>>>,
    tickets: Cell<u64>,
}

/// A session's ticket: 0 when it does not wait. It keeps it until it was heard, so that of those who are let go and find no room
/// again the same are first the next time.
pub(crate) type Ticket = Cell<u64>;

impl<M: Member> Backpressure<M> {
    pub(crate) fn new() -> Backpressure<M> {
        Backpressure { waiting: RefCell::default(), tickets: Cell::new(0) }
    }

    /// Whether a session has to wait. When it has, it is registered and will be woken; `look` makes the flush look, now that
    /// it is: the relief may have come since `pressed` said otherwise.
    pub(crate) fn must_wait(&self, member: &Rc<M>, ticket: &Ticket, pressed: bool, look: impl FnOnce()) -> bool {
        if !pressed {
            // It may be heard while the others wait on: then it waits here no more.
            if ticket.get() != 0 {
                self.leave(ticket);
            }
            return false;
        }
        if ticket.get() == 0 {
            self.tickets.set(self.tickets.get() + 1);
            ticket.set(self.tickets.get());
        }
        self.waiting.borrow_mut().insert(ticket.get(), member.clone());
        look();
        true
    }

    /// Lets everybody ask again, those who wait longest first.
    pub(crate) fn release(&self) {
        self.waiting.take().into_values().for_each(|member| member.wake());
    }

    /// Forgets a session that has ended.
    pub(crate) fn leave(&self, ticket: &Ticket) {
        self.waiting.borrow_mut().remove(&ticket.replace(0));
    }
}

#[cfg(test)]
mod tests;
