//! Where commands come in from the network: each goes into the queue of its name.
//!
//! Promises: back at once, whatever the queues look like; a queue that is full is an answer of its own. Called by
//! transport, from its threads.

use crate::jobs::Job;
use std::collections::HashMap;
use std::time::Instant;
use tieline_model::{Command, Done, Executor, Reason, Refusal, safe};
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

/// The verb of the dialect's commands.
const RUN: &str = "run";

/// The queues by their commands.
pub(crate) struct Queues(pub(crate) HashMap<String, Sender<Job>>);

impl Executor for Queues {
    fn carry_out(&self, command: Command, done: Done) {
        let Command { verb, topic, body, .. } = command;
        let name = topic.token(1).unwrap_or_default();
        let Some(queue) = self.0.get(&*name).filter(|_| verb == RUN) else {
            return done.tell(Err(Refusal::new(Reason::Unknown, "nothing here carries out this request")));
        };
        put(queue, Job { topic, body, asked: Instant::now(), done, upload: None });
    }
}

impl Queues {
    /// Takes a job for this command.
    pub(crate) fn take(&self, command: &str, job: Job) {
        // Dropped, the duty to answer says that nothing is there.
        if let Some(queue) = self.0.get(command) {
            put(queue, job);
        }
    }
}

fn put(queue: &Sender<Job>, job: Job) {
    match queue.try_send(job) {
        Ok(()) => {}
        Err(TrySendError::Full(Job { topic, done, .. })) => {
            let detail = safe!("{} requests wait for {} already", queue.max_capacity(), topic);
            done.tell(Err(Refusal::new(Reason::TooMany, detail)));
        }
        // Dropped, the duty to answer says that nothing is there any more.
        Err(TrySendError::Closed(_)) => {}
    }
}
