//! As fast as it goes: a burst of W messages in one write, the next one as soon as every subscriber has all of it.
//!
//! Bursts make every server see the same: with messages kept flowing, what a server finds together, and so can join,
//! depends on timing. The clients never sleep here, so no server pays for waking them. Called by `run` and `idle`.

use crate::client::Crowd;
use crate::publish::Publisher;
use anyhow::{Context, Result, bail, ensure};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tieline_bench_kit::machine::pause;
use tieline_bench_kit::target::{Meter, Server};

/// Longer than any server takes for one burst.
const STALL: Duration = Duration::from_secs(30);
/// CPU time that is worth dividing; a server that does less is measured for longer.
const WORK: u64 = 30_000_000;

/// What is published.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Messages in a burst (W).
    pub(crate) burst: u64,
    /// Bytes in a message.
    pub(crate) size: usize,
    /// Subscribers (N).
    pub(crate) subscribers: u64,
}

/// When it is enough.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    /// Measure for so long, after a quarter of that as a warm-up.
    Time(Duration),
    /// So many bursts, measured after the first.
    Bursts(u64),
}

/// What was measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Saturated {
    /// Server CPU per delivered message, in nanoseconds.
    pub(crate) nanos: f64,
    /// Bytes on the wire per delivered message, frame header included.
    pub(crate) bytes: f64,
}

/// Publishes `load` until `until` and checks every delivery.
pub(crate) fn saturate(server: &Server, crowds: &mut [Crowd], load: Load, until: Until) -> Result<Saturated> {
    let mut publisher = Publisher::connect(server, load.size)?;
    crowds.iter_mut().for_each(|c| c.expect(load.size));
    let per_burst = load.burst * load.subscribers;
    let shared = Shared { open: AtomicU64::new(per_burst), bursts: AtomicU64::new(0), over: AtomicBool::new(false) };
    publisher.publish(load.burst)?;
    let turns = Mutex::new(Turns {
        publisher,
        meter: server.meter(),
        load,
        until,
        began: Instant::now(),
        from: None,
        measured: None,
    });
    thread::scope(|scope| {
        let workers: Vec<_> = crowds.iter_mut().map(|crowd| scope.spawn(|| work(crowd, &shared, &turns))).collect();
        let watched = watch(&shared);
        let mut ended = Vec::new();
        for worker in workers {
            ended.push(worker.join().unwrap_or_else(|_| bail!("a client thread panicked")));
        }
        // A worker's own error says more than the silence that follows from it.
        ended.into_iter().collect::<Result<()>>()?;
        watched
    })?;
    let (cpu, bursts) = lock(&turns)?.measured.context("nothing was measured")?;
    let bytes: u64 = crowds.iter().map(|c| c.bytes).sum();
    let all = shared.bursts.load(Ordering::Relaxed) * per_burst;
    Ok(Saturated { nanos: cpu as f64 / (bursts * per_burst) as f64, bytes: bytes as f64 / all as f64 })
}

struct Shared {
    /// Deliveries of this burst that are still to come.
    open: AtomicU64,
    /// Bursts delivered to everybody.
    bursts: AtomicU64,
    over: AtomicBool,
}

/// Whoever takes the last delivery of a burst has the turn: reads the meter, or publishes the next burst.
struct Turns {
    publisher: Publisher,
    meter: Meter,
    load: Load,
    until: Until,
    began: Instant,
    /// CPU, bursts and time when measuring began.
    from: Option<(u64, u64, Instant)>,
    /// CPU and bursts between the two readings.
    measured: Option<(u64, u64)>,
}

impl Turns {
    /// After `bursts` bursts; true if it is over.
    fn next(&mut self, bursts: u64) -> Result<bool> {
        let Some((cpu, first, since)) = self.from else {
            let warm = match self.until {
                Until::Time(time) => self.began.elapsed() >= time / 4,
                Until::Bursts(_) => true,
            };
            if warm {
                self.from = Some((self.meter.cpu()?, bursts, Instant::now()));
            }
            return Ok(false);
        };
        let enough = match self.until {
            Until::Time(time) => since.elapsed() >= time,
            Until::Bursts(count) => bursts >= count,
        };
        if !enough {
            return Ok(false);
        }
        let used = self.meter.cpu()? - cpu;
        if matches!(self.until, Until::Time(time) if used < WORK && since.elapsed() < time * 4) {
            return Ok(false);
        }
        self.measured = Some((used, bursts - first));
        Ok(true)
    }
}

fn work(crowd: &mut Crowd, shared: &Shared, turns: &Mutex<Turns>) -> Result<()> {
    let done = deliver(crowd, shared, turns);
    if done.is_err() {
        shared.over.store(true, Ordering::Release);
    }
    done
}

fn deliver(crowd: &mut Crowd, shared: &Shared, turns: &Mutex<Turns>) -> Result<()> {
    while !shared.over.load(Ordering::Acquire) {
        let taken = crowd.take(Duration::ZERO, |_| ())?;
        if taken == 0 {
            continue;
        }
        let before = shared.open.fetch_sub(taken, Ordering::AcqRel);
        ensure!(before >= taken, "more was delivered than was published");
        if before > taken {
            continue;
        }
        let bursts = shared.bursts.fetch_add(1, Ordering::Relaxed) + 1;
        let mut turn = lock(turns)?;
        if turn.next(bursts)? {
            shared.over.store(true, Ordering::Release);
        } else {
            let load = turn.load;
            shared.open.store(load.burst * load.subscribers, Ordering::Release);
            turn.publisher.publish(load.burst)?;
        }
    }
    Ok(())
}

/// Waits until it is over; an error when for [`STALL`] not one burst has been completed.
fn watch(shared: &Shared) -> Result<()> {
    let (mut seen, mut since) = (0, Instant::now());
    while !shared.over.load(Ordering::Acquire) {
        pause(Duration::from_millis(10));
        let now = shared.bursts.load(Ordering::Relaxed);
        if now != seen {
            (seen, since) = (now, Instant::now());
        } else if since.elapsed() > STALL {
            shared.over.store(true, Ordering::Release);
            let open = shared.open.load(Ordering::Relaxed);
            bail!("after {now} bursts, {open} deliveries of the next did not come within {STALL:?}");
        }
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> Result<std::sync::MutexGuard<'_, T>> {
    mutex.lock().ok().context("a client thread panicked")
}
