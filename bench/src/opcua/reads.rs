//! Requests as fast as they are answered: each client asks, waits for the answer, and asks again.
//!
//! Called by `steps`.

use super::watcher::Client;
use anyhow::{Context, Result, bail, ensure};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tieline_bench_kit::machine::pause;
use tieline_bench_kit::target::Server;

/// Time in which nothing is measured yet.
const WARM: Duration = Duration::from_millis(500);

/// What was measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reads {
    /// CPU of the server for one, in µs.
    pub(crate) micros: f64,
    /// Answers in a second.
    pub(crate) rate: f64,
}

/// Lets `clients` ask for `time`, each for variables of its own.
pub(crate) fn reads(server: &Server, clients: usize, time: Duration) -> Result<Reads> {
    let (answered, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let start = |client| {
            scope.spawn({
                let (answered, is_over) = (&answered, &is_over);
                move || ask(server, client, answered, is_over)
            })
        };
        let threads: Vec<_> = (0..clients).map(start).collect();
        let measured = measure(server, &answered, time);
        is_over.store(true, Ordering::Relaxed);
        // A client's own error says more than that nothing was answered.
        for thread in threads {
            thread.join().unwrap_or_else(|_| bail!("a client panicked"))?;
        }
        measured
    })
}

fn measure(server: &Server, answered: &AtomicU64, time: Duration) -> Result<Reads> {
    pause(WARM);
    let read = || anyhow::Ok((Instant::now(), server.meter().cpu()?, answered.load(Ordering::Relaxed)));
    let (began, cpu, before) = read()?;
    pause(time);
    let (ended, used, after) = read()?;
    ensure!(after > before, "not one READ was answered in {time:?}");
    let count = (after - before) as f64;
    let micros = (used - cpu) as f64 / count / 1000.0;
    Ok(Reads { micros, rate: count / (ended - began).as_secs_f64() })
}

/// Variables a client takes in turn.
const TURN: usize = 10;

fn ask(server: &Server, number: usize, answered: &AtomicU64, is_over: &AtomicBool) -> Result<()> {
    let mut client = Client::connect(server)?;
    let requests: Vec<Vec<u8>> = (0..TURN).map(|turn| Client::request("READ_REQUEST", number * TURN + turn)).collect();
    for request in requests.iter().cycle() {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        client.send(request)?;
        let answer = client.next()?.context("no answer to a READ")?;
        let has = |word: &[u8]| answer.windows(word.len()).any(|window| window == word);
        ensure!(has(b"READ_RESPONSE") && has(b"\"Value\""), "no value: {}", String::from_utf8_lossy(answer));
        answered.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}
