//! What a dialect has carried out behind it, and how the answer finds its way back.
//!
//! Promises: every command is answered exactly once, whatever becomes of it: one that is dropped answers that it was. No
//! thread and no socket here. Made by dialects, handed to an [`Executor`] by transport, answered from any thread.

use crate::{Reason, Refusal, SessionId, Topic};
use bytes::Bytes;
use std::fmt;
use std::sync::Arc;

/// One thing to be done by an executor or a backend.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// What to do, a word that the dialect and what stands behind it share: `read`.
    pub verb: &'static str,
    /// What it is about.
    pub topic: Topic,
    /// Details as JSON, in the words of the dialect's event form; empty when there are none.
    pub body: Bytes,
    /// The dialect's own number for it within the conversation, told with the answer.
    pub ticket: u64,
}

impl fmt::Debug for Command {
    /// Never the body: it holds what a client said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("verb", &self.verb)
            .field("topic", &self.topic)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Carries out the commands of one dialect.
pub trait Executor: Send + Sync {
    /// Takes a command; returns at once. `done` is told later, from any thread. Commands of one session come in the order
    /// in which they were asked.
    fn carry_out(&self, command: Command, done: Done);
}

/// Where answers go.
pub trait Answers: Send + Sync {
    /// Takes the answer to one command; never blocks. It may lie there until [`Answers::wake`].
    fn put(&self, session: SessionId, ticket: u64, answer: Result<Bytes, Refusal>);

    /// Has those taken on who lie there.
    fn wake(&self) {}
}

/// Those who were given answers and are not woken yet: each is, once, when this is dropped. For many answers at once: a wake
/// costs more than an answer.
#[derive(Default)]
pub struct Wakes(Vec<Arc<dyn Answers>>);

impl Drop for Wakes {
    fn drop(&mut self) {
        self.0.drain(..).for_each(|answers| answers.wake());
    }
}

/// The duty to answer one command; dropped, it answers that the command was given up.
pub struct Done {
    answers: Option<Arc<dyn Answers>>,
    session: SessionId,
    ticket: u64,
}

impl Done {
    /// The duty to answer this ticket of this session.
    pub fn new(answers: Arc<dyn Answers>, session: SessionId, ticket: u64) -> Done {
        Done { answers: Some(answers), session, ticket }
    }

    /// Whose command it is: an executor can hold one session's commands in order by it.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// Answers with JSON, or with why there is none.
    pub fn tell(mut self, answer: Result<Bytes, Refusal>) {
        self.give(answer);
    }

    /// Like [`Done::tell`], but who is told is woken with the others of these.
    pub fn put(mut self, answer: Result<Bytes, Refusal>, wakes: &mut Wakes) {
        let Some(answers) = self.answers.take() else { return };
        answers.put(self.session, self.ticket, answer);
        // As many as there are shards, so looking through all is quick.
        if !wakes.0.iter().any(|known| Arc::ptr_eq(known, &answers)) {
            wakes.0.push(answers);
        }
    }

    fn give(&mut self, answer: Result<Bytes, Refusal>) {
        if let Some(answers) = self.answers.take() {
            answers.put(self.session, self.ticket, answer);
            answers.wake();
        }
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        if self.answers.is_some() {
            self.give(Err(Refusal::new(Reason::Unavailable, "what carries out commands has stopped")));
        }
    }
}

impl fmt::Debug for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done").field("session", &self.session).field("ticket", &self.ticket).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[derive(Default)]
    struct Heard(Mutex<Vec<(u64, Result<Bytes, Reason>)>>, AtomicU32);

    impl Answers for Heard {
        fn put(&self, _session: SessionId, ticket: u64, answer: Result<Bytes, Refusal>) {
            self.0.lock().unwrap().push((ticket, answer.map_err(|refusal| refusal.reason)));
        }

        fn wake(&self) {
            self.1.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn every_command_is_answered_exactly_once() {
        let heard = Arc::new(Heard::default());
        Done::new(heard.clone(), SessionId::NONE, 1).tell(Ok("1".into()));
        drop(Done::new(heard.clone(), SessionId::NONE, 2));
        assert_eq!(*heard.0.lock().unwrap(), [(1, Ok("1".into())), (2, Err(Reason::Unavailable))]);
    }
    #[test]
    fn answers_that_are_given_together_wake_each_once() {
        let shards = [Arc::new(Heard::default()), Arc::new(Heard::default())];
        let woken = || shards.each_ref().map(|heard| heard.1.load(Ordering::Relaxed));
        let mut wakes = Wakes::default();
        for ticket in 0..10 {
            let shard = shards[usize::from(ticket % 2 == 0)].clone();
            Done::new(shard, SessionId::NONE, ticket).put(Ok("1".into()), &mut wakes);
        }
        assert_eq!(woken(), [0, 0]);
        assert_eq!(shards.each_ref().map(|heard| heard.0.lock().unwrap().len()), [5, 5], "and all lie there");
        drop(wakes);
        assert_eq!(woken(), [1, 1]);
        Done::new(shards[0].clone(), SessionId::NONE, 11).tell(Ok("1".into()));
        drop(Done::new(shards[0].clone(), SessionId::NONE, 12));
        assert_eq!(woken(), [3, 1], "alone, each wakes");
    }
}
