//! The monitored items of one server: one for each variable that is wanted, made, taken away, and made again after whatever
//! happened.
//!
//! Promises: what is wanted is a table here; the server's subscriptions follow it, never the other way round. An item that
//! is refused is told once and tried again slowly. A server that reports nothing is read instead. Runs until the link is gone.

use super::arrivals::{Arrivals, Told};
use super::feed::Feed;
use super::hearing::{Hearing, InterestSet};
use super::poll::Poller;
use super::subscription::{self, Made};
use crate::history::Recorder;
use opcua::types::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tieline_model::{Safe, safe};
use tieline_opcua_client::{Established, Link, caught};
use tieline_opcua_settings::Subscriptions;
use tieline_opcua_values::status_code;
use tieline_telemetry::events::{ItemRefused, ItemsMonitored, Polled};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// After this long an item that was refused is asked for again.
pub(super) const REFUSED: Duration = Duration::from_secs(30);
/// One whose value is too large is asked for again after this long.
pub(super) const TOO_LARGE: Duration = Duration::from_secs(600);
/// After this long a request that failed is made again.
pub(super) const AGAIN: Duration = Duration::from_secs(1);
/// After this long a server that is polled is asked for a subscription again.
const SUBSCRIBE: Duration = Duration::from_secs(300);
/// Nothing is due: look again after this long.
const IDLE: Duration = Duration::from_secs(3600);

/// What is wanted and what there is of one variable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Item {
    Unwanted,
    Wanted,
    /// The server's numbers for its subscription and for it.
    Made(u32, u32),
    Refused(StatusCode, Instant),
}

/// Keeps the items of one server as they are wanted.
pub(crate) async fn keep(
    link: Arc<Link>,
    feed: Arc<Feed>,
    interest: Arc<InterestSet>,
    recorder: Option<Arc<Recorder>>,
) {
    let mut keeper = Keeper::new(link.clone(), feed, recorder);
    let mut state = link.state();
    loop {
        let wake = keeper.wake;
        tokio::select! {
            _ = interest.changed.notified() => {}
            _ = link.grown.notified() => {}
            changed = state.changed() => if changed.is_err() { return },
            _ = link.remake.notified() => keeper.is_stale = true,
            _ = link.doubted.notified() => keeper.is_doubted = true,
            _ = link.too_large.notified() => keeper.is_too_large = true,
            _ = keeper.gap.notified() => {}
            _ = sleep_until(wake) => {}
        }
        if caught(keeper.turn(&interest)).await.is_none() {
            // Whatever it was doing, it is begun again.
            (keeper.is_stale, keeper.wake) = (true, Instant::now() + AGAIN);
        }
    }
}

pub(super) struct Keeper {
    pub(super) link: Arc<Link>,
    pub(super) feed: Arc<Feed>,
    pub(super) arrivals: Arc<Arrivals>,
    hearing: Hearing,
    pub(super) items: Vec<Item>,
    /// The server's numbers of items that nobody wants any more.
    pub(super) leaving: Vec<(u32, u32)>,
    pub(super) made: Vec<Made>,
    /// Told when a subscription misses a report.
    pub(super) gap: Arc<Notify>,
    /// The session that was seen last, and how often its connection was lost by then.
    seen: (u64, u64),
    /// The subscriptions have to be made anew.
    pub(super) is_stale: bool,
    /// The server may have them no more.
    is_doubted: bool,
    /// A report was too large to be read.
    is_too_large: bool,
    pub(super) gaps: u32,
    /// When what the items hold was read last because a report may be missing.
    pub(super) doubted: Instant,
    /// The most values that one report may have; 0 is no bound.
    pub(super) most_report: u32,
    /// How often nothing helped against silence.
    pub(super) silences: u32,
    /// The server is polled, until it is asked for a subscription again; `None` when it has one.
    pub(super) polling: Option<Instant>,
    pub(super) poller: Poller,
    is_polling_said: bool,
    pub(super) wake: Instant,
    shown: usize,
}

impl Keeper {
    fn new(link: Arc<Link>, feed: Arc<Feed>, recorder: Option<Arc<Recorder>>) -> Keeper {
        let plan = &link.plan;
        let recorded = |at: usize| {
            feed.open(plan.first + at, None);
            Item::Wanted
        };
        let is_recorded = |at: usize| plan.variable(at).is_some_and(|variable| variable.history);
        let items: Vec<Item> =
            (0..plan.places()).map(|at| if is_recorded(at) { recorded(at) } else { Item::Unwanted }).collect();
        let mut keeper = Keeper {
            arrivals: Arrivals::new(link.clone(), feed.clone(), recorder),
            hearing: Hearing::new(plan.clone()),
            poller: Poller::new(items.len()),
            items,
            leaving: Vec::new(),
            made: Vec::new(),
            gap: Arc::default(),
            seen: (0, 0),
            is_stale: false,
            is_doubted: false,
            is_too_large: false,
            gaps: 0,
            doubted: Instant::now(),
            most_report: 0,
            silences: 0,
            polling: None,
            is_polling_said: false,
            wake: Instant::now(),
            shown: 0,
            link,
            feed,
        };
        keeper.deliver_by(keeper.is_always_polled());
        keeper
    }

    /// Does what is to be done now, and says when to look again.
    async fn turn(&mut self, interest: &InterestSet) {
        self.listen(interest);
        self.wake = Instant::now() + IDLE;
        let state = self.link.now();
        if let Some(established) = state.established()
            && let Err(status) = self.follow(established).await
        {
            // Lost meanwhile, or the server is not ready: the state tells, or time does.
            self.is_stale |= matches!(status, StatusCode::BadSubscriptionIdInvalid | StatusCode::BadNoSubscription);
            self.wake = Instant::now() + AGAIN;
            // Who waits for a first value is told why there is none: a slow server may take long for the next attempt, too.
            if status == StatusCode::BadTimeout {
                let waiting = (0..self.items.len()).filter(|at| self.items.get(*at) == Some(&Item::Wanted));
                for at in waiting.collect::<Vec<_>>() {
                    self.refused(at, status);
                }
            }
        }
        if let Some(next) = self.hearing.next() {
            self.wake = self.wake.min(next);
        }
        self.show();
    }

    fn listen(&mut self, interest: &InterestSet) {
        let change = self.hearing.change(interest, Instant::now());
        let first = self.link.plan.first;
        for (at, since) in change.begun {
            self.feed.open(first + at, Some(since));
            if let Some(item) = self.items.get_mut(at).filter(|item| **item == Item::Unwanted) {
                *item = Item::Wanted;
            }
        }
        for at in change.ended {
            self.feed.close(first + at);
            self.poller.forget(at);
            let Some(item) = self.items.get_mut(at) else { continue };
            if let Item::Made(subscription, id) = std::mem::replace(item, Item::Unwanted) {
                self.leaving.push((subscription, id));
            }
        }
    }

    async fn follow(&mut self, established: &Established) -> Result<(), StatusCode> {
        let seen = (established.number, self.link.losses());
        let (is_new, is_back) = (self.seen.0 != seen.0, self.seen.1 != seen.1);
        if is_new {
            (self.gaps, self.is_stale) = (0, true);
            self.polling = None;
        }
        if is_new || is_back {
            self.poller.begin();
        }
        self.renew(established, is_new).await;
        if self.is_always_polled() || self.polling.is_some() {
            self.seen = seen;
            return self.poll(established).await;
        }
        if is_back && !is_new {
            let now = Instant::now();
            self.made.iter_mut().for_each(|made| made.silence.back(now));
            self.confirm(established).await?;
        }
        self.seen = seen;
        if std::mem::take(&mut self.is_too_large) {
            self.sort_out(established).await?;
            self.renew(established, false).await;
        }
        if std::mem::take(&mut self.is_doubted) {
            self.look_for_them(established).await?;
            self.renew(established, false).await;
        }
        self.leave(established).await?;
        self.add(established).await?;
        self.mend(established).await?;
        self.listen_for_silence();
        Ok(())
    }

    /// Forgets the subscriptions when they are of no use any more, or nobody wants them.
    async fn renew(&mut self, established: &Established, is_new: bool) {
        let is_wanted = self.items.iter().any(|item| *item != Item::Unwanted);
        if !self.is_stale && (is_wanted || self.made.is_empty()) {
            return;
        }
        self.is_stale = false;
        let given_up = std::mem::take(&mut self.made);
        self.leaving.clear();
        // What is read again may be told otherwise now.
        self.poller.begin();
        if !is_new {
            self.feed.again(self.link.plan.range());
        }
        for item in &mut self.items {
            match item {
                Item::Made(..) => *item = Item::Wanted,
                // What is too large is so after a return, too.
                Item::Refused(status, _) if *status != StatusCode::BadEncodingLimitsExceeded => *item = Item::Wanted,
                _ => {}
            }
        }
        subscription::drop_all(established).await;
        // What they still say is older than what the next ones will say first.
        given_up.iter().for_each(|made| made.reports.end());
    }

    async fn leave(&mut self, established: &Established) -> Result<(), StatusCode> {
        while let Some((subscription, _)) = self.leaving.first().copied() {
            let of_one = self.leaving.iter().filter(|(of, _)| *of == subscription);
            let items: Vec<u32> = of_one.map(|(_, item)| *item).collect();
            subscription::remove(&self.link, established, subscription, &items).await?;
            self.leaving.retain(|(of, _)| *of != subscription);
            if let Some(made) = self.made.iter_mut().find(|made| made.id == subscription) {
                (made.items, made.is_full) = (made.items.saturating_sub(items.len()), false);
            }
        }
        Ok(())
    }

    /// From now on the server is read again and again.
    pub(super) fn poll_instead(&mut self, detail: Safe) {
        self.polling = Some(Instant::now() + SUBSCRIBE);
        self.poller.begin();
        // What it reports of the items there still are would come twice.
        self.is_stale = true;
        self.wake = Instant::now();
        if !std::mem::replace(&mut self.is_polling_said, true) {
            Polled { source: crate::NAME, server: self.link.plan.topic.clone(), detail }.emit();
        }
        self.deliver_by(true);
    }

    /// Says how values come now.
    pub(super) fn deliver_by(&mut self, is_polling: bool) {
        self.feed.delivered_by(self.link.plan.first, is_polling);
    }

    pub(super) fn is_always_polled(&self) -> bool {
        self.link.plan.settings.subscriptions == Subscriptions::Poll
    }

    /// The server does not let this be watched. Whether that is news.
    pub(super) fn refused(&mut self, at: usize, status: StatusCode) -> bool {
        let before = self.items.get(at).copied();
        let after = match status {
            StatusCode::BadEncodingLimitsExceeded => TOO_LARGE,
            StatusCode::BadTimeout => AGAIN,
            _ => REFUSED,
        };
        self.set(at, Item::Refused(status, Instant::now() + after));
        if matches!(before, Some(Item::Refused(same, _)) if same == status) {
            return false;
        }
        let mut json = Vec::new();
        status_code(status, &mut json);
        let json: Arc<str> = String::from_utf8_lossy(&json).into();
        self.feed.value(self.link.plan.first + at, Told { said: json.len(), json, at: None });
        true
    }

    /// The same, and said.
    pub(super) fn refused_alone(&mut self, at: usize, status: StatusCode) {
        if !self.refused(at, status) {
            return;
        }
        let Some(variable) = self.link.plan.variable(at) else { return };
        let detail = match status {
            StatusCode::BadEncodingLimitsExceeded => {
                safe!("{}: its value is too large for one answer", status.sub_code().name())
            }
            StatusCode::BadMonitoredItemFilterUnsupported
            | StatusCode::BadMonitoredItemFilterInvalid
            | StatusCode::BadFilterNotAllowed
            | StatusCode::BadDeadbandFilterInvalid => {
                safe!("{}: see `deadband` and `trigger`", status.sub_code().name())
            }
            _ => safe!("{}: see `node`", status.sub_code().name()),
        };
        ItemRefused { source: crate::NAME, topic: variable.topic.clone(), detail }.emit();
    }

    pub(super) fn set(&mut self, at: usize, to: Item) {
        if let Some(item) = self.items.get_mut(at) {
            *item = to;
        }
    }

    fn show(&mut self) {
        let is_up = self.link.now().established().is_some();
        let count = if is_up { self.items.iter().filter(|item| matches!(item, Item::Made(..))).count() } else { 0 };
        ItemsMonitored { source: crate::NAME }.handle().increment(count as f64 - self.shown as f64);
        self.shown = count;
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        ItemsMonitored { source: crate::NAME }.handle().decrement(self.shown as f64);
    }
}
