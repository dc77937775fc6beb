//! The replies of one conversation in the order of its requests: one that is ready waits until all before it were said.
//!
//! Promises: a ticket is settled once; what waits is counted, so that the conversation can bound it. Called by the
//! conversation.

use crate::wire::reply::{BYE, Underway};
use std::collections::VecDeque;
use tieline_model::{Refusal, Replies};

/// How the product ends a connection.
pub(crate) const CLOSING: &str = "Closing connection.";

/// The place of one reply.
pub(crate) enum Place {
    /// To be said when it is its turn.
    Ready(String),
    /// The command was not answered yet.
    Underway(Underway),
    /// `bye`, and the end.
    Bye,
}

impl Place {
    fn size(&self) -> usize {
        match self {
            Place::Ready(text) => text.len(),
            Place::Underway(underway) => underway.size(),
            Place::Bye => 0,
        }
    }
}

/// All places that were not said yet, oldest first.
#[derive(Default)]
pub(crate) struct Places {
    waiting: VecDeque<Place>,
    /// The ticket of the oldest.
    first: u64,
    bytes: usize,
}

impl Places {
    /// Takes the next place; its ticket.
    pub(crate) fn take(&mut self, place: Place) -> u64 {
        self.bytes += place.size();
        self.waiting.push_back(place);
        self.first + self.waiting.len() as u64 - 1
    }

    /// How many replies wait, and how many bytes are held for them.
    pub(crate) fn held(&self) -> (usize, usize) {
        (self.waiting.len(), self.bytes)
    }

    /// A command came to this; an answer to anything else is nobody's.
    pub(crate) fn settle(&mut self, ticket: u64, answer: Result<&[u8], &Refusal>) {
        let at = ticket.checked_sub(self.first).and_then(|at| usize::try_from(at).ok());
        let Some(place) = at.and_then(|at| self.waiting.get_mut(at)) else { return };
        let Place::Underway(underway) = place else { return };
        let ready = Place::Ready(underway.reply(answer));
        self.bytes = self.bytes + ready.size() - place.size();
        *place = ready;
    }

    /// Says what has its turn.
    pub(crate) fn say(&mut self, replies: &mut Replies) {
        while let Some(place) = self.waiting.pop_front_if(|place| !matches!(place, Place::Underway(_))) {
            self.first += 1;
            self.bytes -= place.size();
            match place {
                Place::Ready(text) => replies.text(text),
                Place::Bye => {
                    replies.text(BYE);
                    replies.close(1000, CLOSING);
                }
                Place::Underway(_) => {}
            }
        }
    }
}
