//! The task that carries out one server's commands.
//!
//! Promises: takes what there is, sends what may go, answers what has come back; never waits for one thing alone. While the
//! server is not connected commands are answered at once, and none is kept for later. Runs until its queue is closed.

use super::answer::{failed, said, written};
use super::reads::{Batch, Reads};
use super::waiting::{Ticket, Waiting};
use super::writes::{Write, Writes};
use super::{Job, Verb, history, send};
use crate::history::Recorder;
use crate::methods;
use crate::watch::clocked;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use opcua::types::{DataValue, StatusCode};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tieline_model::{Reason, Refusal, Wakes};
use tieline_opcua_client::structures;
use tieline_opcua_client::{Established, Link, caught};
use tieline_opcua_values::{read_data_value, write_data_value};
use tieline_telemetry::Tally;
use tieline_telemetry::events::RequestsSent;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until};

/// So many commands are taken in one turn.
const TURN: usize = 1024;
/// So many questions about history may be under way at once.
const HISTORIES: usize = 4;
/// So many methods may be under way at once.
const CALLS: usize = 16;
/// A request that takes more than this part of a command's time is slow: its variables are not to hold up others.
const SLOW: u32 = 3;
/// Nothing is due: look again after this long.
const IDLE: Duration = Duration::from_secs(3600);

/// See the module.
pub(crate) struct Dispatcher {
    link: Arc<Link>,
    recorder: Option<Arc<Recorder>>,
    waiting: Waiting,
    reads: Reads,
    writes: Writes,
    histories: VecDeque<(usize, history::Asked, Ticket)>,
    histories_under_way: usize,
    calls: VecDeque<(usize, Bytes, Ticket)>,
    calls_under_way: usize,
    flying: FuturesUnordered<BoxFuture<'static, Landed>>,
    sent: Tally,
    /// What those are told whose time is up.
    late: Bytes,
}

/// What has come back.
enum Landed {
    Read(Batch, Result<Vec<DataValue>, StatusCode>, Duration, Arc<Established>),
    Written(Vec<Write>, Vec<Result<StatusCode, StatusCode>>),
    History(Ticket, Bytes),
    Called(Ticket, Bytes),
}

impl Dispatcher {
    pub(crate) fn new(link: Arc<Link>, recorder: Option<Arc<Recorder>>) -> Dispatcher {
        Dispatcher {
            waiting: Waiting::new(link.plan.settings.request_timeout),
            link,
            recorder,
            reads: Reads::default(),
            writes: Writes::default(),
            histories: VecDeque::new(),
            histories_under_way: 0,
            calls: VecDeque::new(),
            calls_under_way: 0,
            flying: FuturesUnordered::new(),
            sent: RequestsSent { source: crate::NAME }.handle(),
            late: said(StatusCode::BadTimeout),
        }
    }

    /// Carries out what comes.
    pub(crate) async fn run(mut self, mut queue: Receiver<Job>) {
        let mut state = self.link.state();
        let mut jobs = Vec::new();
        loop {
            let now = Instant::now();
            let due = self.waiting.expire(now, &self.late);
            let lull = self.reads.lull(now);
            let wake = [due, self.reads.wake(), lull].into_iter().flatten().min().unwrap_or(now + IDLE);
            tokio::select! {
                // Each look at a few of them costs as much as one at all that come until the answer is there.
                count = queue.recv_many(&mut jobs, TURN), if lull.is_none() => if count == 0 { return },
                Some(landed) = self.flying.next() => self.landed(landed),
                _ = sleep_until(wake) => {}
                changed = state.changed() => if changed.is_err() { return },
            }
            let state = self.link.now();
            let established = state.established();
            // One look at the clock for all that came together.
            let now = Instant::now();
            jobs.drain(..).for_each(|job| self.take(job, established, now));
            match established {
                Some(established) => self.send(established),
                None => self.drop_all(),
            }
        }
    }

    fn take(&mut self, job: Job, established: Option<&Arc<Established>>, now: Instant) {
        let Job { verb, variable, body, done } = job;
        if self.waiting.is_full() {
            return done.tell(Err(Refusal::new(Reason::TooMany, "more commands wait for a server than are kept")));
        }
        let session = done.session();
        if verb == Verb::History {
            let Some(asked) = history::Asked::read(&body) else {
                return done.tell(Err(Refusal::new(Reason::BadField, "the question about history cannot be read")));
            };
            let ticket = self.waiting.add(done, now);
            return self.histories.push_back((variable, asked, ticket));
        }
        let known = self.link.plan.variable(variable);
        let is_method = known.is_some_and(|known| known.method.is_some());
        match verb {
            Verb::Read if is_method => return done.tell(Ok(said(StatusCode::BadNotReadable))),
            Verb::Write if known.is_some_and(|known| !known.is_writable) => {
                return done.tell(Ok(written(Ok(StatusCode::BadNotWritable))));
            }
            _ => {}
        }
        let node = established.map(|established| established.node(variable).is_some());
        match node {
            None => return done.tell(Ok(said(StatusCode::BadNotConnected))),
            Some(false) => return done.tell(Ok(said(StatusCode::BadNodeIdInvalid))),
            Some(true) => {}
        }
        if verb == Verb::Read {
            let ticket = self.waiting.add(done, now);
            if !self.writes.holds(session, variable, ticket) {
                self.reads.add(variable, ticket);
            }
            return;
        }
        if is_method {
            let ticket = self.waiting.add(done, now);
            return self.calls.push_back((variable, body, ticket));
        }
        match read_data_value(&body) {
            Ok(value) => {
                let ticket = self.waiting.add(done, now);
                self.writes.add(Write { session, variable, ticket, value });
            }
            Err(refusal) => done.tell(Err(refusal)),
        }
    }

    /// Sends what may go out.
    fn send(&mut self, established: &Arc<Established>) {
        self.ask_history(Some(established));
        self.call(established);
        // Reads first: of those that came with a write of another client, the earlier one sees what was before.
        let size = |variable: usize| established.size(variable);
        let most = self.link.learned.read.most(established.limits.read);
        while let Some(batch) = self.reads.next(most, established.asking.room(), size, Instant::now()) {
            let (link, established) = (self.link.clone(), established.clone());
            self.sent.add(1);
            self.flying.push(Box::pin(async move {
                let sent = Instant::now();
                let variables: Vec<usize> = batch.asked.iter().map(|(variable, _)| *variable).collect();
                let values = caught(send::read(&link, &established, &variables)).await;
                let values = values.unwrap_or(Err(StatusCode::BadInternalError));
                let took = sent.elapsed();
                if let Ok(values) = &values {
                    let _ = caught(structures::learn(&established, values, &link.plan)).await;
                }
                Landed::Read(batch, values, took, established)
            }));
        }
        let most = self.link.learned.write.most(established.limits.write);
        while let Some(batch) = self.writes.next(most) {
            // Who was told that it took too long does not want it done later.
            if !batch.iter().any(|write| self.waiting.is_open(write.ticket)) {
                self.release(&batch);
                continue;
            }
            let (link, established) = (self.link.clone(), established.clone());
            self.sent.add(1);
            self.flying.push(Box::pin(async move {
                let results = caught(send::write(&link, &established, &batch)).await;
                let results =
                    results.unwrap_or_else(|| batch.iter().map(|_| Err(StatusCode::BadInternalError)).collect());
                Landed::Written(batch, results)
            }));
        }
    }

    /// Calls methods, a few at once.
    fn call(&mut self, established: &Arc<Established>) {
        while self.calls_under_way < CALLS {
            let Some((variable, body, ticket)) = self.calls.pop_front() else { return };
            // Who was told that it took too long does not want it done later.
            if !self.waiting.is_open(ticket) {
                continue;
            }
            let (established, plan) = (established.clone(), self.link.plan.clone());
            self.calls_under_way += 1;
            self.sent.add(1);
            self.flying.push(Box::pin(async move {
                let answer = caught(methods::call(&established, &plan, variable, &body)).await;
                Landed::Called(ticket, answer.unwrap_or_else(|| said(StatusCode::BadInternalError)))
            }));
        }
    }

    fn ask_history(&mut self, established: Option<&Arc<Established>>) {
        while self.histories_under_way < HISTORIES {
            let Some((variable, asked, ticket)) = self.histories.pop_front() else { return };
            if !self.waiting.is_open(ticket) {
                continue;
            }
            let (plan, established, recorder) = (self.link.plan.clone(), established.cloned(), self.recorder.clone());
            self.histories_under_way += 1;
            self.sent.add(u64::from(established.is_some()));
            self.flying.push(Box::pin(async move {
                let answer = caught(history::answer(plan, established, variable, asked, recorder)).await;
                Landed::History(ticket, answer.unwrap_or_else(|| said(StatusCode::BadInternalError)))
            }));
        }
    }

    fn landed(&mut self, landed: Landed) {
        let wakes = &mut Wakes::default();
        match landed {
            Landed::Read(batch, Ok(values), took, established) => {
                self.reads.back(&batch, took > self.link.plan.settings.request_timeout / SLOW);
                let clock = self.link.plan.settings.timestamps;
                for ((_, who), value) in batch.asked.iter().zip(values) {
                    let mut json = Vec::with_capacity(160);
                    write_data_value(&clocked(value, clock), &established.structures, &mut json);
                    self.answer(who, json.into(), wakes);
                }
            }
            Landed::Read(batch, Err(status), ..) => {
                self.reads.back(&batch, status == StatusCode::BadTimeout);
                let answer = failed(status);
                batch.asked.iter().for_each(|(_, who)| self.answer(who, answer.clone(), wakes));
            }
            Landed::Written(batch, results) => {
                for (write, result) in batch.iter().zip(results) {
                    self.waiting.answer(write.ticket, written(result), wakes);
                }
                self.release(&batch);
            }
            Landed::Called(ticket, answer) => {
                self.calls_under_way -= 1;
                self.waiting.answer(ticket, answer, wakes);
            }
            Landed::History(ticket, answer) => {
                self.histories_under_way -= 1;
                self.waiting.answer(ticket, answer, wakes);
            }
        }
    }

    /// Lets those go on that waited for these writes.
    fn release(&mut self, batch: &[Write]) {
        for (variable, ticket) in self.writes.back(batch) {
            if self.waiting.is_open(ticket) {
                self.reads.add(variable, ticket);
            }
        }
    }

    /// The server is not connected: what has not gone out is answered, and only what we know ourselves is told.
    fn drop_all(&mut self) {
        self.ask_history(None);
        let calls = self.calls.drain(..).map(|(_, _, ticket)| ticket);
        let dropped: Vec<Ticket> = calls.chain(self.reads.clear()).chain(self.writes.clear()).collect();
        self.answer(&dropped, said(StatusCode::BadNotConnected), &mut Wakes::default());
    }

    fn answer(&mut self, tickets: &[Ticket], answer: Bytes, wakes: &mut Wakes) {
        tickets.iter().for_each(|ticket| self.waiting.answer(*ticket, answer.clone(), wakes));
    }
}

#[cfg(test)]
mod tests;
