//! Whether what a server reports is whole: reports that are missing, too large, or do not come at all, and what holds after a
//! return.
//!
//! Promises: a variable whose value is too large is found and left out, and costs the others nothing; a server that never
//! reports is read instead; after a return what is current is read, not remembered. Called by the keeper of the items.

use super::items::{AGAIN, Item, Keeper};
use super::range;
use super::silence::Verdict;
use opcua::types::{DataValue, NodeId, StatusCode};
use tieline_model::{Safe, safe};
use tieline_opcua_client::{Established, Parts, is_lost, value_of};
use tieline_telemetry::events::{ValueLoss, ValuesLost};
use tokio::time::Instant;

/// The bounds on one report that are tried, one after the other.
const REPORTS: [u32; 3] = [100, 10, 1];

impl Keeper {
    /// Asks again for reports that did not arrive. Without them what is shown may be old: the items are made anew, and where
    /// that did not help what they hold is read.
    pub(super) async fn mend(&mut self, established: &Established) -> Result<(), StatusCode> {
        for at in 0..self.made.len() {
            let Some((id, reports)) = self.made.get(at).map(|made| (made.id, made.reports.clone())) else { break };
            if reports.is_doubtful() {
                let again = self.doubted + AGAIN;
                if Instant::now() < again {
                    self.wake = self.wake.min(again);
                    continue;
                }
                self.doubted = Instant::now();
                reports.looked_at();
                self.feed.doubted(self.link.plan.range());
                self.confirm(established).await?;
            }
            for number in reports.missing() {
                let answer = established.asking.session.republish(id, number).await.map_err(|error| error.status());
                match answer {
                    // One that is empty or another one will be so again.
                    Ok(message)
                        if message.sequence_number == number
                            && message.notification_data.as_ref().is_some_and(|data| !data.is_empty()) =>
                    {
                        reports.arrived(message);
                    }
                    Err(status) if is_lost(status) || status == StatusCode::BadTimeout => return Err(status),
                    other => {
                        reports.give_up();
                        let status = other.err().unwrap_or(StatusCode::BadMessageNotAvailable);
                        ValuesLost { source: crate::NAME, reason: "gap" }.handle().add(1);
                        let (topic, detail) = (self.link.plan.topic.clone(), safe!("{}", status.sub_code().name()));
                        ValueLoss { source: crate::NAME, reason: "gap", topic, detail }.emit();
                        self.gaps += 1;
                        self.is_stale = true;
                        self.wake = Instant::now();
                        return Ok(());
                    }
                }
            }
            reports.mended();
        }
        Ok(())
    }

    /// Publish was answered with there being no subscription, as it is when the last one is given up. Whether those that have
    /// been made since are there is asked of each.
    pub(super) async fn look_for_them(&mut self, established: &Established) -> Result<(), StatusCode> {
        let session = &established.asking.session;
        for made in &self.made {
            // No report has this number: the answer says whether there is a subscription that could have it.
            let answer = session.republish(made.id, 0).await.map_err(|error| error.status());
            match answer {
                Err(StatusCode::BadSubscriptionIdInvalid | StatusCode::BadNoSubscription) => self.is_stale = true,
                Err(status) if is_lost(status) || status == StatusCode::BadTimeout => return Err(status),
                _ => {}
            }
        }
        if !self.is_stale && !self.made.is_empty() {
            // The library asks for reports no more after this answer.
            session.trigger_publish_now();
        }
        Ok(())
    }

    /// A report could not be read: leaves those out whose values are too large; where there is none, it was too much together.
    pub(super) async fn sort_out(&mut self, established: &Established) -> Result<(), StatusCode> {
        let mut has_found = false;
        for (at, value) in self.read_made(established).await? {
            if value.value.is_none() && value.status == Some(StatusCode::BadEncodingLimitsExceeded) {
                self.refused_alone(at, StatusCode::BadEncodingLimitsExceeded);
                has_found = true;
            }
        }
        self.is_stale = true;
        if has_found {
            return Ok(());
        }
        match REPORTS.iter().find(|most| self.most_report == 0 || **most < self.most_report) {
            Some(most) => self.most_report = *most,
            None => self.poll_instead(Safe::from("its reports are too large to be read, even of one value")),
        }
        Ok(())
    }

    /// The items are as they were, but what they hold may have changed unheard: it is read.
    pub(super) async fn confirm(&mut self, established: &Established) -> Result<(), StatusCode> {
        for (at, value) in self.read_made(established).await? {
            self.arrivals.present(established, at, &value);
        }
        Ok(())
    }

    pub(super) async fn is_still_too_large(
        &mut self,
        established: &Established,
        at: usize,
    ) -> Result<bool, StatusCode> {
        let values = self.read(established, &[at]).await?;
        let is_large = values.iter().any(|value| value.status == Some(StatusCode::BadEncodingLimitsExceeded));
        if is_large {
            self.refused(at, StatusCode::BadEncodingLimitsExceeded);
        }
        Ok(is_large)
    }

    async fn read_made(&self, established: &Established) -> Result<Vec<(usize, DataValue)>, StatusCode> {
        let made = self.items.iter().enumerate().filter(|(_, item)| matches!(item, Item::Made(..)));
        let made: Vec<usize> = made.map(|(at, _)| at).collect();
        let values = self.read(established, &made).await?;
        Ok(made.into_iter().zip(values).collect())
    }

    /// The values of these variables, which have nodes.
    pub(super) async fn read(&self, established: &Established, all: &[usize]) -> Result<Vec<DataValue>, StatusCode> {
        let node = |at: &usize| established.node(*at).unwrap_or_else(NodeId::null);
        let nodes: Vec<_> = all.iter().map(|at| value_of(node(at))).collect();
        let (asking, learned, losses) = (&established.asking, &self.link.learned.read, self.link.losses());
        let size = |place: usize| all.get(place).map_or(0, |at| established.size(*at));
        let parts = Parts::new(all.len(), learned.most(established.limits.read), asking.room(), size);
        asking.read_parts(&nodes, parts, |count, came| learned.note(count, losses, came)).await
    }

    /// Looks whether reports come, and does what helps when they do not: first other subscriptions, then another session, then reading.
    pub(super) fn listen_for_silence(&mut self) {
        let now = Instant::now();
        let mut worst = None;
        for made in &self.made {
            let last = made.reports.last();
            if last.is_some() {
                self.silences = 0;
            }
            match made.silence.check(last.unwrap_or_else(|| made.silence.since()), now) {
                Verdict::Fine(until) => self.wake = self.wake.min(until),
                verdict => worst = Some(verdict),
            }
        }
        let Some(verdict) = worst else { return };
        self.silences += 1;
        match verdict {
            _ if self.silences > 2 => self.poll_instead(Safe::from("it never answers Publish")),
            Verdict::Redial => {
                self.made.clear();
                self.link.redial.notify_one();
            }
            _ => {
                self.is_stale = true;
                self.wake = now;
            }
        }
    }

    /// Reads what is due of a server that reports nothing.
    pub(super) async fn poll(&mut self, established: &Established) -> Result<(), StatusCode> {
        let now = Instant::now();
        if !self.is_always_polled() && self.polling.is_some_and(|until| until <= now) {
            self.polling = None;
            self.wake = now;
            return Ok(());
        }
        let wanted = self.items.iter().enumerate().filter(|(_, item)| **item != Item::Unwanted).map(|(at, _)| at);
        let (due, _) = self.poller.due(wanted, now);
        let (known, unknown): (Vec<usize>, Vec<usize>) =
            due.into_iter().partition(|at| established.node(*at).is_some());
        let unranged = self.poller.unranged(&known, |at| self.link.plan.variable(at).map(|variable| variable.watching));
        if !unranged.is_empty() {
            let spans = match range::spans(established, &unranged).await {
                Err(status) if is_lost(status) => return Err(status),
                spans => spans.unwrap_or_else(|_| vec![None; unranged.len()]),
            };
            unranged.into_iter().zip(spans).for_each(|(at, span)| self.poller.ranged(at, span));
        }
        let values = match self.read(established, &known).await {
            Ok(values) => values,
            Err(status) if is_lost(status) => return Err(status),
            // Refused as a whole: that is what is told of each.
            Err(status) => known.iter().map(|_| DataValue { status: Some(status), ..DataValue::null() }).collect(),
        };
        let nowhere = DataValue { status: Some(StatusCode::BadNodeIdInvalid), ..DataValue::null() };
        let came = known.into_iter().zip(values).chain(unknown.into_iter().map(|at| (at, nowhere.clone())));
        let done = Instant::now();
        let mut changed = Vec::new();
        for (at, value) in came {
            let Some(variable) = self.link.plan.variable(at) else { continue };
            if self.poller.came(at, variable.watching, &value, now, done) {
                changed.push((at, value));
            }
        }
        self.arrivals.changes(Some(established), changed.iter().map(|(at, value)| (*at, value)));
        let wanted = self.items.iter().enumerate().filter(|(_, item)| **item != Item::Unwanted).map(|(at, _)| at);
        let (due, next) = self.poller.due(wanted, done);
        self.wake = if due.is_empty() { self.wake.min(next.unwrap_or(self.wake)) } else { done };
        Ok(())
    }
}
