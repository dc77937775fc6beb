//! Writes in the order in which each client asked for them.
//!
//! Promises: of one session, one after the other, but for those that share a request; one variable is never written by two
//! requests at once; writes that come together share a request; a read that follows a write of the same variable in the
//! same session waits for it. A pure state machine.

use super::waiting::Ticket;
use opcua::types::DataValue;
use std::collections::{HashMap, HashSet, VecDeque};
use tieline_model::SessionId;

/// So many requests may be under way at once.
const MOST: usize = 4;
/// So far is looked for writes that may go before others that have to wait.
const LOOK: usize = 4096;

/// One write.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) session: SessionId,
    pub(super) variable: usize,
    pub(super) ticket: Ticket,
    pub(super) value: DataValue,
}

/// See the module.
#[derive(Default)]
pub(super) struct Writes {
    queue: VecDeque<Write>,
    /// Sessions and variables of requests under way.
    busy_sessions: HashSet<SessionId>,
    busy_variables: HashSet<usize>,
    under_way: usize,
    /// How many writes of a session and variable are not done.
    open: HashMap<(SessionId, usize), usize>,
    /// Reads that wait for one.
    reads: Vec<(SessionId, usize, Ticket)>,
}

impl Writes {
    pub(super) fn add(&mut self, write: Write) {
        *self.open.entry((write.session, write.variable)).or_default() += 1;
        self.queue.push_back(write);
    }

    /// Keeps a read back when it has to wait for a write; false when it need not.
    pub(super) fn holds(&mut self, session: SessionId, variable: usize, ticket: Ticket) -> bool {
        let holds = self.open.contains_key(&(session, variable));
        if holds {
            self.reads.push((session, variable, ticket));
        }
        holds
    }

    /// The next request that may go out now, with at most so many writes.
    pub(super) fn next(&mut self, most: usize) -> Option<Vec<Write>> {
        if self.queue.is_empty() || self.under_way >= MOST {
            return None;
        }
        let mut batch: Vec<Write> = Vec::new();
        let (mut sessions, mut variables) = (HashSet::new(), HashSet::new());
        // A session one of whose writes has to wait: all that follow wait behind it.
        let mut waiting: HashSet<SessionId> = HashSet::new();
        let mut at = 0;
        while batch.len() < most && at < self.queue.len().min(LOOK) {
            let Some(write) = self.queue.get(at) else { break };
            let (session, variable) = (write.session, write.variable);
            let may = !waiting.contains(&session)
                && !self.busy_sessions.contains(&session)
                && !self.busy_variables.contains(&variable)
                && !variables.contains(&variable);
            if !may {
                waiting.insert(session);
                // Nobody else's write of it may overtake.
                variables.insert(variable);
                at += 1;
                continue;
            }
            sessions.insert(session);
            variables.insert(variable);
            batch.extend(self.queue.remove(at));
        }
        if batch.is_empty() {
            return None;
        }
        self.busy_sessions.extend(sessions);
        self.busy_variables.extend(batch.iter().map(|write| write.variable));
        self.under_way += 1;
        Some(batch)
    }

    /// A request is done; the reads that waited for it and wait no more.
    pub(super) fn back(&mut self, batch: &[Write]) -> Vec<(usize, Ticket)> {
        self.under_way -= 1;
        for write in batch {
            self.busy_sessions.remove(&write.session);
            self.busy_variables.remove(&write.variable);
        }
        batch.iter().for_each(|write| self.close(write.session, write.variable));
        let (ready, still) =
            self.reads.drain(..).partition(|(session, variable, _)| !self.open.contains_key(&(*session, *variable)));
        self.reads = still;
        let ready: Vec<(SessionId, usize, Ticket)> = ready;
        ready.into_iter().map(|(_, variable, ticket)| (variable, ticket)).collect()
    }

    /// Whatever has not gone out, and the reads that waited for it.
    pub(super) fn clear(&mut self) -> Vec<Ticket> {
        let queued: Vec<Write> = self.queue.drain(..).collect();
        queued.iter().for_each(|write| self.close(write.session, write.variable));
        let reads = self.reads.drain(..).map(|(_, _, ticket)| ticket);
        queued.iter().map(|write| write.ticket).chain(reads).collect()
    }

    fn close(&mut self, session: SessionId, variable: usize) {
        if let Some(count) = self.open.get_mut(&(session, variable)) {
            *count -= 1;
            if *count == 0 {
                self.open.remove(&(session, variable));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::waiting::Waiting;
    use super::*;
    use std::sync::Arc;
    use tieline_model::{Answers, Done, Refusal};

    struct Nobody;
    impl Answers for Nobody {
        fn put(&self, _session: SessionId, _ticket: u64, _answer: Result<bytes::Bytes, Refusal>) {}
    }

    fn ticket() -> Ticket {
        let done = Done::new(Arc::new(Nobody), SessionId::NONE, 0);
        Waiting::new(std::time::Duration::ZERO).add(done, tokio::time::Instant::now())
    }

    fn writes(asked: &[(u64, usize)]) -> Writes {
        let mut writes = Writes::default();
        for (session, variable) in asked {
            writes.add(Write {
                session: session_of(*session),
                variable: *variable,
                ticket: ticket(),
                value: DataValue::null(),
            });
        }
        writes
    }

    fn session_of(number: u64) -> SessionId {
        SessionId::new(1, number)
    }

    fn shape(batch: Option<&Vec<Write>>) -> Vec<(SessionId, usize)> {
        batch.into_iter().flatten().map(|write| (write.session, write.variable)).collect()
    }

    #[test]
    fn writes_that_come_together_share_a_request_and_keep_their_order() {
        let mut writes = writes(&[(1, 10), (1, 11), (2, 12), (1, 10), (1, 13), (2, 14)]);
        let first = writes.next(100);
        let (one, two) = (session_of(1), session_of(2));
        assert_eq!(
            shape(first.as_ref()),
            [(one, 10), (one, 11), (two, 12), (two, 14)],
            "the second of 10 waits, and 13 behind it"
        );
        assert!(writes.next(100).is_none());
        assert!(writes.back(&first.unwrap()).is_empty());
        assert_eq!(shape(writes.next(100).as_ref()), [(one, 10), (one, 13)]);
    }

    #[test]
    fn one_variable_is_written_by_one_request_at_a_time_in_the_order_asked() {
        let mut writes = writes(&[(1, 10), (2, 10), (2, 20), (3, 10), (4, 30)]);
        let first = writes.next(1).unwrap();
        assert_eq!(shape(Some(&first)), [(session_of(1), 10)]);
        let second = writes.next(10).unwrap();
        assert_eq!(shape(Some(&second)), [(session_of(4), 30)], "20 waits behind the 10 of its session");
        writes.back(&first);
        assert_eq!(shape(writes.next(10).as_ref()), [(session_of(2), 10), (session_of(2), 20)]);
    }

    #[test]
    fn a_read_waits_for_the_writes_of_its_session_only() {
        let mut writes = writes(&[(1, 10), (1, 10)]);
        let read = ticket();
        assert!(writes.holds(session_of(1), 10, read));
        assert!(!writes.holds(session_of(2), 10, read) && !writes.holds(session_of(1), 11, read));
        let first = writes.next(10).unwrap();
        assert!(writes.back(&first).is_empty());
        let second = writes.next(10).unwrap();
        assert_eq!(writes.back(&second), [(10, read)]);
        assert!(!writes.holds(session_of(1), 10, read));
    }

    #[test]
    fn what_has_not_gone_out_is_given_back_with_what_waits_for_it() {
        let mut writes = writes(&[(1, 10), (1, 10), (2, 20)]);
        let read = ticket();
        writes.holds(session_of(1), 10, read);
        let under_way = writes.next(1).unwrap();
        assert_eq!(writes.clear().len(), 3);
        assert!(writes.back(&under_way).is_empty() && writes.next(10).is_none());
        assert!(writes.open.is_empty() && writes.busy_sessions.is_empty());
    }
}
