//! Asking a server for items: as many at once as it takes, in as many subscriptions as it needs.
//!
//! Promises: whatever a server says of a request as a whole is told to those who hear the variables in it, and said once;
//! what only was too much at once is asked for in parts. Called by the keeper of the items.

use super::items::{Item, Keeper};
use super::sink::Reports;
use super::subscription::{self, ITEM};
use opcua::types::StatusCode;
use tieline_model::safe;
use tieline_opcua_client::{Established, Parts, is_lost, is_too_much};
use tieline_telemetry::events::ItemsRefused;
use tokio::time::Instant;

/// A server whose reports cannot be had again so often has numbers of its own kind.
const MOST_GAPS: u32 = 3;

impl Keeper {
    /// Asks for the items that are wanted and not there.
    pub(super) async fn add(&mut self, established: &Established) -> Result<(), StatusCode> {
        let due = self.due(established).await?;
        let size = |at: usize| due.get(at).map_or(0, |at| established.size(*at) + ITEM);
        let most = self.link.learned.create.most(established.limits.items);
        let mut parts = Parts::new(due.len(), most, established.asking.room(), size);
        while let Some(part) = parts.next() {
            let some = due.get(part.clone()).unwrap_or_default();
            let at = match self.with_room(established).await {
                Ok(at) => at,
                Err(status) if is_lost(status) => return Err(status),
                Err(_) if self.polling.is_some() => return Ok(()),
                Err(status) => {
                    self.refused_together(some, status);
                    continue;
                }
            };
            let Some((id, items)) = self.made.get(at).map(|made| (made.id, made.items)) else { return Ok(()) };
            let losses = self.link.losses();
            let answer = subscription::add(established, &self.link.plan, id, some).await;
            self.link.learned.create.note(part.len(), losses, answer.as_ref().map(|_| ()).map_err(|status| *status));
            match answer {
                Ok(answers) => self.take(some, at, answers),
                Err(status) if is_lost(status) => {
                    // It may have them all the same: they go with their subscription.
                    self.is_stale = true;
                    return Err(status);
                }
                Err(status @ (StatusCode::BadSubscriptionIdInvalid | StatusCode::BadNoSubscription)) => {
                    return Err(status);
                }
                Err(status) if is_too_much(status) && parts.halve(part.clone()) => {}
                Err(StatusCode::BadTooManyMonitoredItems) if items > 0 => self.full(at),
                Err(StatusCode::BadTooManyMonitoredItems) if parts.halve(part.clone()) => {}
                Err(status) => self.refused_together(some, status),
            }
        }
        let later =
            self.items.iter().filter_map(|item| if let Item::Refused(_, until) = item { Some(*until) } else { None });
        self.wake = later.fold(self.wake, Instant::min);
        Ok(())
    }

    /// The variables to ask for now. What was too large is looked at first: to have it reported would disturb the others.
    async fn due(&mut self, established: &Established) -> Result<Vec<usize>, StatusCode> {
        let now = Instant::now();
        let mut due = Vec::new();
        for at in 0..self.items.len() {
            let is_due = match self.items.get(at) {
                Some(Item::Wanted) => true,
                Some(Item::Refused(StatusCode::BadEncodingLimitsExceeded, until)) if *until <= now => {
                    !self.is_still_too_large(established, at).await?
                }
                Some(Item::Refused(StatusCode::BadNodeIdInvalid, _)) => established.node(at).is_some(),
                Some(Item::Refused(_, until)) => *until <= now,
                _ => false,
            };
            if !is_due {
                continue;
            }
            match established.node(at) {
                Some(_) => due.push(at),
                // Its namespace is not there.
                _ => self.refused_alone(at, StatusCode::BadNodeIdInvalid),
            }
        }
        Ok(due)
    }

    fn take(&mut self, asked: &[usize], subscription: usize, answers: Vec<Result<u32, StatusCode>>) {
        let Some(made) = self.made.get_mut(subscription) else { return };
        let id = made.id;
        let had = made.items;
        made.items += answers.iter().filter(|answer| answer.is_ok()).count();
        let has_some = made.items > 0;
        if answers.contains(&Err(StatusCode::BadTooManyMonitoredItems)) && (had > 0 || has_some) {
            self.full(subscription);
        }
        for (at, answer) in asked.iter().zip(answers) {
            match answer {
                Ok(item) => self.set(*at, Item::Made(id, item)),
                // Another subscription may take it.
                Err(StatusCode::BadTooManyMonitoredItems) if has_some => self.set(*at, Item::Wanted),
                Err(status) => self.refused_alone(*at, status),
            }
        }
    }

    fn full(&mut self, subscription: usize) {
        if let Some(made) = self.made.get_mut(subscription) {
            made.is_full = true;
        }
        self.wake = Instant::now();
    }

    /// The place of a subscription that takes more items, which is made when there is none.
    async fn with_room(&mut self, established: &Established) -> Result<usize, StatusCode> {
        if let Some(at) = self.made.iter().position(|made| !made.is_full) {
            return Ok(at);
        }
        let reports = Reports::new(self.link.clone(), self.arrivals.clone(), self.gap.clone(), self.gaps >= MOST_GAPS);
        let is_second = self.silences > 0;
        let made = subscription::make(established, &self.link.plan, reports, self.most_report, is_second).await;
        match made {
            Ok(made) => {
                self.made.push(made);
                self.deliver_by(false);
                Ok(self.made.len() - 1)
            }
            Err(status) if is_lost(status) || status == StatusCode::BadTimeout => Err(status),
            Err(_) if subscription::make_room(established).await => Box::pin(self.with_room(established)).await,
            Err(status) => {
                if self.made.is_empty() {
                    self.poll_instead(safe!("it makes no subscription ({})", status.sub_code().name()));
                }
                Err(status)
            }
        }
    }

    /// The server refused a request with all that was in it.
    fn refused_together(&mut self, all: &[usize], status: StatusCode) {
        if let [one] = all {
            return self.refused_alone(*one, status);
        }
        let count = all.iter().filter(|at| self.refused(**at, status)).count();
        if count > 0 {
            let detail = safe!("{} for {} of them", status.sub_code().name(), count);
            ItemsRefused { source: crate::NAME, server: self.link.plan.topic.clone(), detail }.emit();
        }
    }
}
