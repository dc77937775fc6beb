//! A message every so often: how long it takes to arrive, with clients that sleep in between, as they do in the field.
//!
//! Called by `run`.

use crate::client::Crowd;
use crate::publish::Publisher;
use anyhow::{Context, Result, bail, ensure};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tieline_bench_kit::machine::pause;
use tieline_bench_kit::percentile;
use tieline_bench_kit::target::Server;

/// Bytes in a message.
const SIZE: usize = 256;
/// How long the last deliveries may take.
const TAIL: Duration = Duration::from_secs(10);
/// How long a sleeping client waits before it looks whether all is over.
const NAP: Duration = Duration::from_millis(100);

/// What was measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paced {
    /// Microseconds from the write of a message until a subscriber has checked it: half, 99 % and 99.9 % took less.
    pub(crate) micros: [f64; 3],
    /// Server CPU per delivered message, wake-ups included, in nanoseconds.
    pub(crate) nanos: f64,
}

/// Publishes `rate` messages a second for `time`, after a quarter of that as a warm-up.
pub(crate) fn paced(
    server: &Server,
    crowds: &mut [Crowd],
    subscribers: u64,
    rate: u64,
    time: Duration,
) -> Result<Paced> {
    let mut publisher = Publisher::connect(server, SIZE)?;
    crowds.iter_mut().for_each(|c| c.expect(SIZE));
    let count = (time.as_secs_f64() * rate as f64).ceil() as u64;
    let warm = count / 4;
    let run = Run {
        start: Instant::now(),
        written: (0..warm + count).map(|_| AtomicU64::new(0)).collect(),
        heard: AtomicU64::new(0),
        over: AtomicBool::new(false),
    };
    let all = (warm + count) * subscribers;
    let (mut micros, cpu) = thread::scope(|scope| {
        let workers: Vec<_> = crowds.iter_mut().map(|crowd| scope.spawn(|| listen(crowd, &run, warm))).collect();
        let told = tell(server, &mut publisher, &run, warm, rate, all);
        run.over.store(true, Ordering::Release);
        let mut micros = Vec::new();
        for worker in workers {
            micros.extend(worker.join().unwrap_or_else(|_| bail!("a client thread panicked"))?);
        }
        told.map(|cpu| (micros, cpu))
    })?;
    micros.sort_unstable();
    let [half, most, nearly] = [0.5, 0.99, 0.999].map(|share| percentile(&micros, share));
    let micros = [half, most, nearly].map(|p| p.context("nothing was measured"));
    let [half, most, nearly] = micros;
    Ok(Paced { micros: [half?, most?, nearly?], nanos: cpu as f64 / (count * subscribers) as f64 })
}

struct Run {
    start: Instant,
    /// When each message was written, in nanoseconds since `start`.
    written: Vec<AtomicU64>,
    heard: AtomicU64,
    over: AtomicBool,
}

/// Publishes on schedule and waits for the last deliveries; gives the server's CPU time after the warm-up.
fn tell(server: &Server, publisher: &mut Publisher, run: &Run, warm: u64, rate: u64, all: u64) -> Result<u64> {
    let meter = server.meter();
    let mut from = meter.cpu()?;
    for (number, written) in run.written.iter().enumerate() {
        let due = run.start + Duration::from_secs_f64(number as f64 / rate as f64);
        pause(due.saturating_duration_since(Instant::now()));
        if number as u64 == warm {
            from = meter.cpu()?;
        }
        ensure!(!run.over.load(Ordering::Acquire), "a subscriber gave up");
        written.store(run.start.elapsed().as_nanos() as u64, Ordering::Release);
        publisher.publish(1)?;
    }
    let last = Instant::now();
    while run.heard.load(Ordering::Acquire) < all {
        let heard = run.heard.load(Ordering::Acquire);
        ensure!(!run.over.load(Ordering::Acquire), "a subscriber gave up");
        ensure!(last.elapsed() < TAIL, "{heard} of {all} deliveries within {TAIL:?} of the last message");
        pause(Duration::from_millis(5));
    }
    Ok(meter.cpu()? - from)
}

/// Microseconds of every delivery after the warm-up.
fn listen(crowd: &mut Crowd, run: &Run, warm: u64) -> Result<Vec<u32>> {
    let mut micros = Vec::new();
    while !run.over.load(Ordering::Acquire) {
        let taken = crowd.take(NAP, |number| {
            if number >= warm
                && let Some(written) = run.written.get(number as usize)
            {
                let took = run.start.elapsed().as_nanos() as u64 - written.load(Ordering::Acquire);
                micros.push((took / 1000) as u32);
            }
        });
        match taken {
            Ok(taken) => run.heard.fetch_add(taken, Ordering::AcqRel),
            Err(error) => {
                run.over.store(true, Ordering::Release);
                return Err(error);
            }
        };
    }
    Ok(micros)
}
