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
pub(crate) struct Heartbeat {
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

impl Heartbeat {
    pub(crate) fn new(shard: usize) -> Arc<Heartbeat> {
        Arc::new(Heartbeat {
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
        let heartbeat = Gone(self);
        loop {
            heartbeat.0.ask.notified().await;
            let asked = heartbeat.0.asked.load(Ordering::Acquire);
            *heartbeat.0.silent() = None;
            heartbeat.0.answered.fetch_max(asked, Ordering::Release);
            heartbeat.0.told.notify_waiters();
        }
    }

    /// From now on silence is as it should be: the shard has ended well.
    pub(crate) fn rest(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    fn silent(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks; the number of the question.
    fn ask(&self) -> u64 {
        self.silent().get_or_insert_with(Instant::now);
        let number = self.asked.fetch_add(1, Ordering::AcqRel) + 1;
        self.ask.notify_one();
        number
    }

    /// Waits until this question is answered, or nobody is there to answer.
    async fn answer(&self, number: u64) {
        loop {
            let told = self.told.notified();
            tokio::pin!(told);
            told.as_mut().enable();
            if self.has_answered(number) || self.has_ended() {
                return;
            }
            told.await;
        }
    }

    fn has_answered(&self, number: u64) -> bool {
        self.answered.load(Ordering::Acquire) >= number
    }

    /// What is wrong with it when this question should have been answered by now.
    fn fault(&self, number: u64) -> Option<Safe> {
        if self.is_over.load(Ordering::Acquire) {
            None
        } else if self.is_gone.load(Ordering::Acquire) {
            Some(safe!("shard {} has ended", self.shard))
        } else if self.has_answered(number) {
            None
        } else {
            let silent = self.silent().map_or(Duration::ZERO, |since| since.elapsed());
            let tenths = u64::try_from(silent.as_millis() / 100).unwrap_or(u64::MAX);
            Some(safe!("shard {} has stood still for {}.{} s", self.shard, tenths / 10, tenths % 10))
        }
    }

    fn has_ended(&self) -> bool {
        self.is_gone.load(Ordering::Acquire) || self.is_over.load(Ordering::Acquire)
    }
}

/// Tells the other side when the shard's task is dropped.
struct Gone(Arc<Heartbeat>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.is_gone.store(true, Ordering::Release);
        self.0.told.notify_waiters();
    }
}

/// The signs of life of all shards; cheap to clone.
#[derive(Clone)]
pub struct Heartbeats(Arc<[Arc<Heartbeat>]>);

impl Heartbeats {
    pub(crate) fn new(shards: usize) -> Heartbeats {
        Heartbeats((0..shards).map(Heartbeat::new).collect())
    }

    pub(crate) fn of(&self, shard: usize) -> Option<&Arc<Heartbeat>> {
        self.0.get(shard)
    }

    /// Asks all shards, and waits so long at most; `Err` names those that stand still and for how long, or have ended.
    pub async fn check(&self, patience: Duration) -> Result<(), Safe> {
        let asked: Vec<(&Heartbeat, u64)> = self.0.iter().map(|heartbeat| (&**heartbeat, heartbeat.ask())).collect();
        let answers = async {
            for (heartbeat, number) in &asked {
                heartbeat.answer(*number).await;
            }
        };
        // Whoever did not answer in time is found below.
        let _ = tokio::time::timeout(patience, answers).await;
        let faults = asked.iter().filter_map(|(heartbeat, number)| heartbeat.fault(*number));
        faults.reduce(|before, fault| safe!("{}; {}", before, fault)).map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_shard_that_turns_answers_and_one_that_does_not_is_named() {
        let heartbeats = Heartbeats::new(2);
        let local = tokio::task::LocalSet::new();
        let first = local.spawn_local(heartbeats.of(0).unwrap().clone().beat());
        let second = local.spawn_local(heartbeats.of(1).unwrap().clone().beat());
        assert_eq!(local.run_until(heartbeats.check(PATIENCE)).await, Ok(()));
        // Nobody runs the second one's tasks any more.
        let fault = heartbeats.check(Duration::ZERO).await.unwrap_err().to_string();
        assert!(
            fault.contains("shard 0 has stood still for ") && fault.contains("; shard 1 has stood still"),
            "{fault}"
        );
        assert_eq!(local.run_until(heartbeats.check(PATIENCE)).await, Ok(()), "it turns again");
        second.abort();
        let fault = local.run_until(heartbeats.check(PATIENCE)).await.unwrap_err();
        assert_eq!(fault.to_string(), "shard 1 has ended");
        heartbeats.of(1).unwrap().rest();
        assert_eq!(local.run_until(heartbeats.check(PATIENCE)).await, Ok(()), "as it should");
        drop(first);
    }
}
