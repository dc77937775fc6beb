//! The time that limits are measured by: the system's, or one that a test moves by hand.
//!
//! Idle times, pings, rates and what is told later use it. A test that moves the clock makes every shard look at its sessions.

use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A source of time, in milliseconds since it was made.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The system's.
    System(Instant),
    /// Moved by a [`Hand`].
    Manual(watch::Receiver<u64>),
}

/// Moves a manual clock.
#[derive(Debug)]
pub struct Hand(watch::Sender<u64>);

/// How often sessions are looked at for pings and idle times.
const EVERY: Duration = Duration::from_secs(1);

impl Clock {
    /// The system's time.
    pub fn system() -> Clock {
        Clock::System(Instant::now())
    }

    /// A clock that stands still until its hand is moved.
    pub fn manual() -> (Clock, Hand) {
        let (hand, clock) = watch::channel(0);
        (Clock::Manual(clock), Hand(hand))
    }

    /// Milliseconds since the clock was made.
    pub fn now(&self) -> u64 {
        match self {
            Clock::System(start) => start.elapsed().as_millis() as u64,
            Clock::Manual(time) => *time.borrow(),
        }
    }

    /// Waits until [`Clock::now`] is at least `at`. Never returns when a manual clock's hand is gone before.
    pub async fn until(self, at: u64) {
        match self {
            Clock::System(start) => {
                tokio::time::sleep_until((start + Duration::from_millis(at)).into()).await;
            }
            Clock::Manual(mut time) => {
                if time.wait_for(|now| *now >= at).await.is_err() {
                    std::future::pending().await
                }
            }
        }
    }

    /// Waits until sessions should be looked at again. Never returns once a manual clock's hand is gone.
    pub async fn tick(&mut self) {
        match self {
            Clock::System(_) => tokio::time::sleep(EVERY).await,
            Clock::Manual(time) => {
                if time.changed().await.is_err() {
                    std::future::pending().await
                }
            }
        }
    }
}

impl Hand {
    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|time| *time += by.as_millis() as u64);
    }
}
