//! One command's queue runner: takes jobs from its queue in their order, has a bounded number of them carried out at the same
//! time, answers each, and hands what came of it to the record.
//!
//! Promises: a job is answered within its time limit from when it was asked to when it begins, and as long again from
//! there; one whose client has gone in the meantime is carried out all the same. When the gateway stops, what waits is
//! told that nothing is there to do it, and what is under way is ended. Run by [`crate::backend`] on the executors' runtime.

use super::{Answer, Ended, Job, Outcome, Request};
use crate::blocking::blocking;
use crate::exec::Program;
use crate::http::worded;
use crate::relay::Server;
use crate::works::Works;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tieline_measuring_project::Files;
use tieline_model::Reason;
use tieline_telemetry::events::JobEnded;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

/// What carries a command out.
#[derive(Clone)]
pub(crate) enum Handler {
    /// The project in the store.
    Project(Arc<Works>),
    /// A program that is started, and the files it may be told of.
    Exec(Arc<Program>, Arc<Files>),
    /// A real measuring program.
    Relay(Arc<Server>),
}

impl Handler {
    /// Whether it needs the parameters of a request, and not all that came.
    pub(crate) fn imports(&self) -> bool {
        matches!(self, Handler::Project(_))
    }

    fn name(&self) -> &'static str {
        match self {
            Handler::Project(_) => "project",
            Handler::Exec(..) => "exec",
            Handler::Relay(_) => "relay",
        }
    }
}

/// What a queue runner is made from.
#[derive(Clone)]
pub(crate) struct QueuePlan {
    /// The command.
    pub(crate) command: Arc<str>,
    /// What carries it out.
    pub(crate) handler: Handler,
    /// How long one may take, and how long it may wait before that.
    pub(crate) limit: Duration,
    /// How many at the same time.
    pub(crate) at_once: usize,
    /// Clients are told why a file was not imported.
    pub(crate) tells_cause: bool,
}

/// A queue runner at work.
#[derive(Clone)]
pub(crate) struct QueueRunner {
    /// What it was made from.
    pub(crate) plan: QueuePlan,
    /// Where ended jobs go.
    pub(crate) record: mpsc::Sender<Ended>,
    /// Becomes true when the gateway stops.
    pub(crate) stop: watch::Receiver<bool>,
}

impl QueueRunner {
    /// Carries out what comes, until the gateway stops.
    pub(crate) async fn run(self, mut queue: mpsc::Receiver<Job>) {
        let room = Arc::new(Semaphore::new(self.plan.at_once));
        let mut running = JoinSet::new();
        let mut stop = self.stop.clone();
        let mut stopping = std::pin::pin!(stop.wait_for(|stop| *stop));
        loop {
            while running.try_join_next().is_some() {}
            let job = tokio::select! {
                biased;
                _ = &mut stopping => break,
                job = queue.recv() => job,
            };
            let Some(job) = job else { break };
            let latest = tokio::time::Instant::from_std(job.asked + self.plan.limit);
            let permit = tokio::select! {
                biased;
                _ = &mut stopping => break,
                permit = tokio::time::timeout_at(latest, room.clone().acquire_owned()) => permit,
            };
            let runner = self.clone();
            match permit {
                Ok(Ok(permit)) if job.asked.elapsed() < self.plan.limit => running.spawn(runner.one(job, Some(permit))),
                _ => running.spawn(runner.one(job, None)),
            };
        }
        // Whoever waits is told by the queue's end.
        drop(queue);
        while running.join_next().await.is_some() {}
    }

    /// One job from its beginning to its record; without a permit it is not begun.
    async fn one(mut self, job: Job, permit: Option<OwnedSemaphorePermit>) {
        let began = Instant::now();
        let Job { topic, body, done, upload, .. } = job;
        let mut request = Request::read(&self.plan.command, &body, self.plan.handler.imports());
        let (by, noted) = upload.as_ref().map(|upload| (upload.by.clone(), upload.noted.clone())).unzip();
        if let Some(request) = &mut request {
            request.upload = upload;
        }
        let permit = permit.map(Arc::new);
        let outcome = match (&request, &permit) {
            (None, _) => Outcome::new(Answer::Error("The request could not be read.".to_owned()), ""),
            (Some(_), None) => Outcome::too_late(),
            (Some(request), Some(permit)) => self.carried_out(request, permit).await,
        };
        let session = done.session();
        let Outcome { answer, detail, cause } = outcome;
        let told = Some(&cause).filter(|cause| self.plan.tells_cause && !cause.as_str().is_empty());
        let (executor, result) = (self.plan.handler.name(), answer.result());
        let state = match &answer {
            Answer::Refused(refusal) if refusal.reason == Reason::TooMany => "busy",
            _ => result,
        };
        let took = began.elapsed();
        let reply = worded(request.as_ref(), &answer, told);
        done.tell(answer.told(told));
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        JobEnded { executor, result, topic, session, took_ms, cause }.emit();
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let ended = Ended {
            command: self.plan.command,
            by: by.unwrap_or_else(|| session.to_string()),
            noted,
            at: i64::try_from(at).unwrap_or(i64::MAX),
            took_ms,
            result,
            state,
            reply,
            detail,
            file: request.as_ref().and_then(|request| request.text("file")).map(str::to_owned),
            name: request.as_ref().and_then(|request| request.text("name")).map(str::to_owned),
        };
        // With the request goes the file that came with it, before anybody is told that all is over.
        drop(request);
        // The record is slower than the jobs now and then: then they wait for it, with their permits.
        let _ = self.record.send(ended).await;
        drop(permit);
    }

    async fn carried_out(&mut self, request: &Request, permit: &Arc<OwnedSemaphorePermit>) -> Outcome {
        let limit = self.plan.limit;
        match &self.plan.handler {
            Handler::Exec(program, files) => program.run(request, files, limit, &mut self.stop).await,
            Handler::Relay(server) => tokio::select! {
                biased;
                _ = self.stop.wait_for(|stop| *stop) => Outcome::unavailable("the gateway is stopping"),
                outcome = server.ask(request, limit) => outcome,
            },
            Handler::Project(works) => {
                let (works, asked, permit) = (works.clone(), request.clone(), permit.clone());
                let import = blocking(move || {
                    // It holds its place until it has really ended, whatever its client was told by then.
                    let _permit = permit;
                    works.import(&asked)
                });
                match tokio::time::timeout(limit, import).await {
                    Ok(Ok(outcome)) => outcome,
                    Ok(Err(_)) => {
                        request.failed("could not be carried out", "the import ended by a mistake of the program")
                    }
                    Err(_) => {
                        let detail = format!("not done within {limit:?}; it may still be done");
                        Outcome::new(Answer::Error(format!("Not done within {limit:?}; it may still be done.")), detail)
                    }
                }
            }
        }
    }
}
