//! A sign of life of each shard, for whoever asks whether the gateway is well.
//!
//! Promises: a shard answers from its own loop, between other tasks, so one that stands still does not; asking costs a
//! shard one wake-up and never waits longer than it is told to. Called by the server, which starts a pulse on each shard,
//! and through it by the gateway's health check.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tieline_model::{Safe, safe};
use tokio::sync::Notify;

/// One shard's sign of life, seen from both sides.
pub(crate) struct Pulse {
    shard: usize,
    /// How often it was asked, and how often of these it has answered.
    asked: AtomicU64,
    answered: AtomicU64,
    ask: Notify,
    told: Notify,
    /// Since when an answer has been missing.
    silent: Mutex<Option<Instant>>,
    /// It has ended as it should.
    is_over: AtomicBool,
    /// It has ended, however.
    is_gone: AtomicBool,
}

impl Pulse {
    pub(crate) fn new(shard: usize) -> Arc<Pulse> {
        Arc::new(Pulse {
            shard,
            asked: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            ask: Notify::new(),
            told: Notify::new(),
            silent: Mutex::new(None),
            is_over: AtomicBool::new(false),
            is_gone: AtomicBool::new(false),
        })
    }

    /// The shard's side: answers as long as the shard's loop turns.
    pub(crate) async fn beat(self: Arc<Self>) {
        let pulse = Gone(self);
        loop {
            pulse.0.ask.notified().await;
            let asked = pulse.0.asked.load(Ordering::Acquire);
            *pulse.0.silent() = None;
            pulse.0.answered.fetch_max(asked, Ordering::Release);
            pulse.0.told.notify_waiters();
        }
    }

    /// From now on silence is as it should be: the shard has ended well.
    pub(crate) fn rest(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    fn silent(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks, and waits until it is answered.
    async fn answer(&self) {
        self.silent().get_or_insert_with(Instant::now);
        let mine = self.asked.fetch_add(1, Ordering::AcqRel) + 1;
        self.ask.notify_one();
        loop {
            let told = self.told.notified();
            tokio::pin!(told);
            told.as_mut().enable();
            if self.answered.load(Ordering::Acquire) >= mine || self.has_ended() {
                return;
            }
            told.await;
        }
    }

    fn has_ended(&self) -> bool {
        self.is_gone.load(Ordering::Acquire) || self.is_over.load(Ordering::Acquire)
    }

    fn is_lost(&self) -> bool {
        self.is_gone.load(Ordering::Acquire) && !self.is_over.load(Ordering::Acquire)
    }
}

/// Tells the other side when the shard's task is dropped.
struct Gone(Arc<Pulse>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.is_gone.store(true, Ordering::Release);
        self.0.told.notify_waiters();
    }
}

/// The signs of life of all shards; cheap to clone.
#[derive(Clone)]
pub struct Pulses(Arc<[Arc<Pulse>]>);

impl Pulses {
    pub(crate) fn new(shards: usize) -> Pulses {
        Pulses((0..shards).map(Pulse::new).collect())
    }

    pub(crate) fn of(&self, shard: usize) -> Option<&Arc<Pulse>> {
        self.0.get(shard)
    }

    /// Asks all shards, and waits so long at most; `Err` names those that stand still and for how long, or have ended.
    pub async fn check(&self, patience: Duration) -> Result<(), Safe> {
        let all = async {
            for pulse in self.0.iter() {
                // All are asked before the first is waited for.
                pulse.silent().get_or_insert_with(Instant::now);
                pulse.ask.notify_one();
            }
            for pulse in self.0.iter() {
                pulse.answer().await;
            }
        };
        let in_time = tokio::time::timeout(patience, all).await.is_ok();
        let mut wrong: Option<Safe> = None;
        for pulse in self.0.iter() {
            let since = *pulse.silent();
            let what = match since {
                _ if pulse.is_lost() => safe!("shard {} has ended", pulse.shard),
                Some(since) if !in_time && !pulse.has_ended() && pulse.is_behind() => {
                    safe!("shard {} has stood still for {} ms", pulse.shard, millis(since.elapsed()))
                }
                _ => continue,
            };
            wrong = Some(match wrong {
                Some(before) => safe!("{}; {}", before, what),
                None => what,
            });
        }
        wrong.map_or(Ok(()), Err)
    }
}
