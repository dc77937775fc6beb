//! The monitored items of one server: one for each variable that is wanted, made, taken away, and made again after whatever
//! happened.
//!
//! Promises: what is wanted is a table here; the server's subscription follows it, never the other way round. An item that
//! is refused is told once and tried again slowly. Runs until the link is gone.

use super::hearing::{Ears, Hearing};
use super::silence::Verdict;
use super::sink::Reports;
use super::subscription::{self, Made};
use crate::history::Recorder;
use crate::link::{Established, Link};
use crate::value::status_code;
use opcua::types::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tieline_model::safe;
use tieline_telemetry::events::{ItemRefused, ItemsMonitored, ValueLoss, ValuesLost};
use tokio::time::{Instant, sleep_until};

/// After this long an item that was refused is asked for again.
const REFUSED: Duration = Duration::from_secs(30);
/// After this long a request that failed is made again.
const AGAIN: Duration = Duration::from_secs(1);
/// Nothing is due: look again after this long.
const IDLE: Duration = Duration::from_secs(3600);
/// A server whose reports cannot be had again so often has numbers of its own kind.
const MOST_GAPS: u32 = 3;

/// What is wanted and what there is of one variable.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Item {
    Unwanted,
    Wanted,
    /// The server's number for it.
    Made(u32),
    Refused(StatusCode, Instant),
}

/// Keeps the items of one server as they are wanted.
pub(crate) async fn keep(link: Arc<Link>, ears: Arc<Ears>, recorder: Option<Arc<Recorder>>) {
    let mut keeper = Keeper::new(link.clone(), recorder);
    let mut state = link.state();
    loop {
        let wake = keeper.wake;
        let reports = keeper.made.as_ref().map(|made| made.reports.clone());
        let gap = async {
            match &reports {
                Some(reports) => reports.gap.notified().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = ears.changed.notified() => {}
            _ = link.grown.notified() => {}
            changed = state.changed() => if changed.is_err() { return },
            _ = link.remake.notified() => keeper.is_stale = true,
            _ = gap => {}
            _ = sleep_until(wake) => {}
        }
        if crate::executor::caught(keeper.turn(&ears)).await.is_none() {
            // Whatever it was doing, it is begun again.
            (keeper.is_stale, keeper.wake) = (true, Instant::now() + AGAIN);
        }
    }
}

struct Keeper {
    link: Arc<Link>,
    recorder: Option<Arc<Recorder>>,
    hearing: Hearing,
    items: Vec<Item>,
    /// The server's numbers of items that nobody wants any more.
    leaving: Vec<u32>,
    made: Option<Made>,
    /// The subscription has to be made anew.
    is_stale: bool,
    gaps: u32,
    wake: Instant,
    shown: usize,
}

impl Keeper {
    fn new(link: Arc<Link>, recorder: Option<Arc<Recorder>>) -> Keeper {
        let plan = &link.plan;
        let recorded = |at: usize| {
            link.feed.open(plan.first + at, None);
            Item::Wanted
        };
        let is_recorded = |at: usize| plan.variable(at).is_some_and(|variable| variable.history);
        let items = (0..plan.places()).map(|at| if is_recorded(at) { recorded(at) } else { Item::Unwanted }).collect();
        let hearing = Hearing::new(plan.clone());
        let (leaving, wake) = (Vec::new(), Instant::now());
        Keeper { recorder, hearing, items, leaving, made: None, is_stale: false, gaps: 0, wake, shown: 0, link }
    }

    /// Does what is to be done now, and says when to look again.
    async fn turn(&mut self, ears: &Ears) {
        self.listen(ears);
        self.wake = Instant::now() + IDLE;
        let state = self.link.now();
        if let Some(established) = state.established()
            && let Err(status) = self.follow(established).await
        {
            // Lost meanwhile, or the server is not ready: the state tells, or time does.
            self.is_stale |= status == StatusCode::BadSubscriptionIdInvalid;
            self.wake = Instant::now() + AGAIN;
        }
        if let Some(next) = self.hearing.next() {
            self.wake = self.wake.min(next);
        }
        self.show();
    }

    fn listen(&mut self, ears: &Ears) {
        let change = self.hearing.change(ears, Instant::now());
        let first = self.link.plan.first;
        for (at, since) in change.begun {
            self.link.feed.open(first + at, Some(since));
            if let Some(item) = self.items.get_mut(at).filter(|item| **item == Item::Unwanted) {
                *item = Item::Wanted;
            }
        }
        for at in change.ended {
            self.link.feed.close(first + at);
            let Some(item) = self.items.get_mut(at) else { continue };
            if let Item::Made(id) = std::mem::replace(item, Item::Unwanted) {
                self.leaving.push(id);
            }
        }
    }

    async fn follow(&mut self, established: &Established) -> Result<(), StatusCode> {
        self.subscribe(established).await?;
        let Some(made) = &self.made else { return Ok(()) };
        let id = made.id;
        while let Some(chunk) = self.leaving.chunks(established.limits.items).next().map(<[u32]>::to_vec) {
            subscription::remove(established, id, &chunk).await?;
            self.leaving.drain(..chunk.len());
        }
        self.add(established, id).await?;
        self.mend(established).await?;
        self.listen_for_silence();
        Ok(())
    }

    /// Makes the subscription when there is none, or none that is of use.
    async fn subscribe(&mut self, established: &Established) -> Result<(), StatusCode> {
        let is_new = self.made.as_ref().is_none_or(|made| made.session != established.number);
        let is_wanted = self.items.iter().any(|item| *item != Item::Unwanted);
        if is_wanted && !is_new && !self.is_stale {
            return Ok(());
        }
        if is_new {
            self.gaps = 0;
        }
        let was_silent = self.made.take().is_some_and(|made| made.was_silent && !is_new);
        self.is_stale = false;
        self.leaving.clear();
        self.items.iter_mut().filter(|item| **item != Item::Unwanted).for_each(|item| *item = Item::Wanted);
        subscription::drop_all(established).await;
        if is_wanted {
            let reports = Reports::new(self.link.clone(), self.recorder.clone(), self.gaps >= MOST_GAPS);
            self.made = Some(subscription::make(established, &self.link.plan.settings, reports, was_silent).await?);
        }
        Ok(())
    }

    /// Asks for the items that are wanted and not there.
    async fn add(&mut self, established: &Established, id: u32) -> Result<(), StatusCode> {
        let now = Instant::now();
        let is_due = |item: &Item| match item {
            Item::Wanted => true,
            Item::Refused(_, until) => *until <= now,
            _ => false,
        };
        let due: Vec<usize> =
            self.items.iter().enumerate().filter(|(_, item)| is_due(item)).map(|(at, _)| at).collect();
        for chunk in due.chunks(established.limits.items) {
            let answers = subscription::add(established, &self.link.plan.settings, id, chunk).await?;
            for (at, answer) in chunk.iter().zip(answers) {
                match answer {
                    Ok(id) => self.set(*at, Item::Made(id)),
                    Err(status) => self.refused(*at, status),
                }
            }
        }
        let later =
            self.items.iter().filter_map(|item| if let Item::Refused(_, until) = item { Some(*until) } else { None });
        self.wake = later.fold(self.wake, Instant::min);
        Ok(())
    }

    fn refused(&mut self, at: usize, status: StatusCode) {
        let before = self.items.get(at).copied();
        self.set(at, Item::Refused(status, Instant::now() + REFUSED));
        if matches!(before, Some(Item::Refused(same, _)) if same == status) {
            return;
        }
        let mut json = Vec::new();
        status_code(status, &mut json);
        self.link.feed.value(self.link.plan.first + at, String::from_utf8_lossy(&json).into());
        if let Some(variable) = self.link.plan.variable(at) {
            let detail = safe!("{}: see `node`", status.sub_code().name());
            ItemRefused { source: crate::NAME, topic: variable.topic.clone(), detail }.emit();
        }
    }

    /// Asks again for reports that did not arrive. Without them what is shown may be old: the items are made anew.
    async fn mend(&mut self, established: &Established) -> Result<(), StatusCode> {
        let Some(made) = &self.made else { return Ok(()) };
        for number in made.reports.missing() {
            match established.session.republish(made.id, number).await.map_err(|error| error.status()) {
                Ok(message) => made.reports.arrived(message),
                Err(status) if crate::executor::is_lost(status) || status == StatusCode::BadTimeout => {
                    return Err(status);
                }
                Err(status) => {
                    made.reports.give_up();
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
        made.reports.mended();
        Ok(())
    }

    fn listen_for_silence(&mut self) {
        let Some(made) = &mut self.made else { return };
        match made.silence.check(self.link.last_report(), Instant::now()) {
            Verdict::Fine(until) => self.wake = self.wake.min(until),
            Verdict::Remake => {
                made.was_silent = true;
                self.is_stale = true;
                self.wake = Instant::now();
            }
            Verdict::Redial => {
                self.made = None;
                self.link.redial.notify_one();
            }
        }
    }

    fn set(&mut self, at: usize, to: Item) {
        if let Some(item) = self.items.get_mut(at) {
            *item = to;
        }
    }

    fn show(&mut self) {
        let is_up = self.link.now().established().is_some();
        let count = if is_up { self.items.iter().filter(|item| matches!(item, Item::Made(_))).count() } else { 0 };
        ItemsMonitored { source: crate::NAME }.handle().increment(count as f64 - self.shown as f64);
        self.shown = count;
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        ItemsMonitored { source: crate::NAME }.handle().decrement(self.shown as f64);
    }
}
