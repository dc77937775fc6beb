//! A request in parts that the server takes, and what was learned of how much it takes.
//!
//! Promises: every part has at least one thing in it; what a server found too much is asked for in halves, and no more than
//! that is sent at once later; a connection that is lost twice in a row over equally much is told apart from one that was
//! lost by chance. Pure state. Called by everything that asks a server for many things.

use opcua::types::StatusCode;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Parts of a list, each small enough.
pub struct Parts(Vec<Range<usize>>);

impl Parts {
    /// Of so many things, at most `most` of them and about `room` bytes in one part; `size` is what one takes.
    pub fn new(count: usize, most: usize, room: usize, size: impl Fn(usize) -> usize) -> Parts {
        let (mut parts, mut begun, mut bytes) = (Vec::new(), 0, 0usize);
        for at in 0..count {
            let own = size(at);
            if at > begun && (at - begun >= most || bytes.saturating_add(own) > room) {
                parts.push(begun..at);
                (begun, bytes) = (at, 0);
            }
            bytes = bytes.saturating_add(own);
        }
        if begun < count {
            parts.push(begun..count);
        }
        parts.reverse();
        Parts(parts)
    }

    /// This part comes next once more.
    pub(crate) fn again(&mut self, part: Range<usize>) {
        self.0.push(part);
    }

    /// The same parts of what is left without the things at these places.
    pub(crate) fn without(self, out: &[usize]) -> Parts {
        let left = |at: usize| at - out.iter().filter(|one| **one < at).count();
        let parts = self.0.into_iter().map(|part| left(part.start)..left(part.end));
        Parts(parts.filter(|part| !part.is_empty()).collect())
    }

    /// This part was too much: its halves come next. False when it is a single thing.
    pub fn halve(&mut self, part: Range<usize>) -> bool {
        let middle = part.start + part.len() / 2;
        let is_many = part.len() > 1;
        if is_many {
            self.0.extend([middle..part.end, part.start..middle]);
        }
        is_many
    }
}

impl Iterator for Parts {
    type Item = Range<usize>;

    /// The next part, in order.
    fn next(&mut self) -> Option<Range<usize>> {
        self.0.pop()
    }
}

/// How much of one service a server takes at once, as far as that was learned the hard way.
#[derive(Debug, Default)]
pub struct Learned(Mutex<Experience>);

#[derive(Debug, Default)]
struct Experience {
    /// 0: nothing was learned.
    most: usize,
    /// So many were under way when the connection was lost, the so-manieth; 0: none since it went well.
    suspect: (usize, u64),
}

impl Learned {
    /// As many as may be sent, when the server says `told`.
    pub fn most(&self, told: usize) -> usize {
        match self.lock().most {
            0 => told,
            most => told.min(most),
        }
    }

    /// What came of a request with so many things in it, when `losses` connections had been lost before it.
    pub fn note(&self, count: usize, losses: u64, came: Result<(), StatusCode>) {
        let mut known = self.lock();
        match came {
            // Of a single thing there is no less.
            Err(_) if count <= 1 => {}
            Ok(()) => {
                if count >= known.suspect.0 {
                    known.suspect = (0, 0);
                }
            }
            Err(status) if is_too_many(status) => known.halve(count),
            Err(status) if is_lost(status) && known.suspect != (0, 0) && known.suspect.1 != losses => {
                // The one before may have been chance; this one is not.
                if count >= known.suspect.0 {
                    known.halve(count);
                    known.suspect = (known.most, losses);
                }
            }
            Err(status) if is_lost(status) => known.suspect = (known.suspect.0.max(count), losses),
            Err(_) => {}
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Experience> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Experience {
    fn halve(&mut self, count: usize) {
        let half = (count / 2).max(1);
        self.most = if self.most == 0 { half } else { self.most.min(half) };
    }
}

/// Whether a server says with this that it takes no so large request, whatever is asked for in it.
fn is_too_many(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BadTooManyOperations | StatusCode::BadRequestTooLarge | StatusCode::BadTcpMessageTooLarge
    )
}

/// Whether a server says with this that less would have been answered.
pub fn is_too_much(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BadTooManyOperations
            | StatusCode::BadEncodingLimitsExceeded
            | StatusCode::BadResponseTooLarge
            | StatusCode::BadRequestTooLarge
            | StatusCode::BadTcpMessageTooLarge
    )
}

/// Whether a status says that the connection or the session is gone.
pub fn is_lost(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BadConnectionClosed
            | StatusCode::BadConnectionRejected
            | StatusCode::BadCommunicationError
            | StatusCode::BadNotConnected
            | StatusCode::BadServerNotConnected
            | StatusCode::BadEndOfStream
            | StatusCode::BadSecureChannelClosed
            | StatusCode::BadSecureChannelIdInvalid
            | StatusCode::BadSecureChannelTokenUnknown
            | StatusCode::BadSessionClosed
            | StatusCode::BadSessionIdInvalid
            | StatusCode::BadSessionNotActivated
            | StatusCode::BadTcpInternalError
            | StatusCode::BadShutdown
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(parts: Parts) -> Vec<Range<usize>> {
        parts.collect()
    }

    #[test]
    fn parts_are_bounded_in_number_and_bytes_and_never_empty() {
        assert_eq!(all(Parts::new(5, 2, 1000, |_| 10)), [0..2, 2..4, 4..5]);
        assert_eq!(all(Parts::new(5, 100, 25, |_| 10)), [0..2, 2..4, 4..5]);
        assert_eq!(all(Parts::new(3, 100, 25, |at| if at == 1 { 1000 } else { 10 })), [0..1, 1..2, 2..3]);
        assert_eq!(all(Parts::new(3, 0, 0, |_| 10)), [0..1, 1..2, 2..3], "a bound of nothing stops nothing");
        assert!(all(Parts::new(0, 10, 10, |_| 10)).is_empty());
    }

    #[test]
    fn too_much_is_asked_for_in_halves_and_in_order() {
        let mut parts = Parts::new(5, 4, 1000, |_| 1);
        let first = parts.next().unwrap();
        assert!(parts.halve(first));
        assert_eq!(parts.next(), Some(0..2));
        let second = parts.next().unwrap();
        assert!(parts.halve(second));
        assert_eq!(all(parts), [2..3, 3..4, 4..5]);
        let parts = Parts::new(6, 2, usize::MAX, |_| 1).without(&[1, 2, 3]);
        assert_eq!(all(parts), [0..1, 1..3]);
        let mut one = Parts::new(1, 1, 1, |_| 1);
        let only = one.next().unwrap();
        assert!(!one.halve(only));
    }

    #[test]
    fn what_a_server_said_is_remembered() {
        let learned = Learned::default();
        assert_eq!(learned.most(1000), 1000);
        learned.note(1000, 0, Err(StatusCode::BadTooManyOperations));
        assert_eq!(learned.most(1000), 500);
        learned.note(500, 0, Ok(()));
        assert_eq!((learned.most(1000), learned.most(7)), (500, 7));
        learned.note(3, 0, Err(StatusCode::BadTooManyOperations));
        assert_eq!(learned.most(1000), 1);
    }

    #[test]
    fn one_large_answer_says_nothing_of_the_next_request() {
        let learned = Learned::default();
        for count in [1000, 500, 2, 1] {
            learned.note(count, 0, Err(StatusCode::BadEncodingLimitsExceeded));
            learned.note(count, 0, Err(StatusCode::BadResponseTooLarge));
        }
        (0..3).for_each(|losses| learned.note(1, losses, Err(StatusCode::BadConnectionClosed)));
        assert_eq!(learned.most(1000), 1000);
    }

    #[test]
    fn a_batch_that_loses_the_connection_twice_is_halved_and_chance_is_not() {
        let lost = Err(StatusCode::BadConnectionClosed);
        let learned = Learned::default();
        // Several were under way at once: that is one loss.
        (0..4).for_each(|_| learned.note(1000, 0, lost));
        assert_eq!(learned.most(1000), 1000, "the server may have been restarted");
        learned.note(1000, 1, lost);
        assert_eq!(learned.most(1000), 500);
        learned.note(500, 2, lost);
        assert_eq!(learned.most(1000), 250);
        learned.note(250, 3, Ok(()));
        learned.note(250, 3, lost);
        assert_eq!(learned.most(1000), 250, "it went well before");
        learned.note(250, 3, Ok(()));
        learned.note(250, 9, lost);
        assert_eq!(learned.most(1000), 250);
    }
}
