//! Commands: reads, writes and history, each carried out by the task of its server.
//!
//! Promises: taken at once from any thread, in bounded number; every one is answered within the server's `request_timeout`, whatever
//! becomes of it. The words of the answers are shared with the dialect (contract `opcua`, "Envelope").

mod answer;
mod dispatcher;
mod history;
mod reads;
mod send;
mod types;
mod waiting;
mod writes;

pub(crate) use answer::{failed, said};
pub(crate) use dispatcher::Dispatcher;

use bytes::Bytes;
use std::sync::Arc;
use tieline_model::{Command, Done, Executor, Reason, Refusal, Topic};
use tieline_opcua_client::ServerPlan;
use tokio::sync::mpsc::{Receiver, Sender, channel, error::TrySendError};

/// So many commands of one server may wait for its task; it takes them many at a time.
const QUEUE: usize = 10_000;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Read,
    Write,
    History,
}

/// One command on its way.
pub(crate) struct Job {
    pub(crate) verb: Verb,
    /// The variable, by its place in the plan.
    pub(crate) variable: usize,
    pub(crate) body: Bytes,
    pub(crate) done: Done,
}

/// Sorts commands by server.
pub(crate) struct Commands {
    servers: Vec<(Arc<ServerPlan>, Sender<Job>)>,
}

impl Commands {
    /// For these servers; each one's commands come out of the queue at its place.
    pub(crate) fn new(plans: &[Arc<ServerPlan>]) -> (Commands, Vec<Receiver<Job>>) {
        let made = plans.iter().map(|plan| {
            let (sender, queue) = channel(QUEUE);
            ((plan.clone(), sender), queue)
        });
        let (servers, queues) = made.unzip();
        (Commands { servers }, queues)
    }

    fn find(&self, topic: &Topic) -> Option<(&Sender<Job>, usize)> {
        self.servers.iter().find_map(|(plan, queue)| Some((queue, plan.place(topic)?)))
    }
}

impl Executor for Commands {
    fn carry_out(&self, command: Command, done: Done) {
        let verb = match command.verb {
            "read" => Verb::Read,
            "write" => Verb::Write,
            "history" => Verb::History,
            _ => return done.tell(Err(Refusal::new(Reason::Unsupported, "nobody here carries this out"))),
        };
        let Some((queue, variable)) = self.find(&command.topic) else {
            return done.tell(Ok(Bytes::from_static(br#"{"StatusCode":"BadNodeIdUnknown"}"#)));
        };
        match queue.try_send(Job { verb, variable, body: command.body, done }) {
            Ok(()) => {}
            Err(TrySendError::Full(job)) => {
                job.done.tell(Err(Refusal::new(Reason::TooMany, "more commands than a server's queue holds")));
            }
            // Dropped, it answers that nobody is there any more.
            Err(TrySendError::Closed(_)) => {}
        }
    }
}
