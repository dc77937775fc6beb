//! Changes as they come: each is told to every client that watches its variable.
//!
//! Called by `steps`.

use super::plant::Plant;
use super::watcher::{Noted, Watcher};
use anyhow::{Context, Result, bail};
use std::thread;
use std::time::Instant;
use tieline_bench_kit::percentile;
use tieline_bench_kit::target::Server;

/// Who watches what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Watching {
    /// One client and one variable.
    One,
    /// Ten clients and a thousand variables.
    Thousand,
}

impl Watching {
    /// Variables and clients.
    pub(crate) fn size(self) -> (usize, usize) {
        match self {
            Watching::One => (1, 1),
            Watching::Thousand => (1000, 10),
        }
    }

    /// What it is called.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Watching::One => "1 variable at 10/s",
            Watching::Thousand => "1,000 variables at 10/s for 10 clients",
        }
    }
}

/// Milliseconds between two changes: not quite the publishing interval, so that a change comes at any moment of it.
const EVERY: u64 = 97;

/// Changes every variable so often; gives changes lost, µs of 99 % beyond the publishing interval, and % of a core.
pub(crate) fn watch(server: &Server, plant: &mut Plant, watching: Watching, rounds: u32) -> Result<[f64; 3]> {
    let (variables, clients) = watching.size();
    let mut watchers = Vec::new();
    for _ in 0..clients {
        watchers.push(Watcher::connect(server, variables)?);
    }
    let (began, cpu) = (Instant::now(), server.meter().cpu()?);
    let noted: Vec<Noted> = thread::scope(|scope| {
        let threads: Vec<_> = watchers.iter_mut().map(|watcher| scope.spawn(move || watcher.note(rounds))).collect();
        plant.load(rounds, EVERY)?;
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| bail!("a client panicked")))
            .collect::<Result<_>>()
    })?;
    let cores = (server.meter().cpu()? - cpu) as f64 / began.elapsed().as_nanos() as f64;
    let lost: u64 = noted.iter().map(|noted| noted.lost).sum();
    let mut late: Vec<u32> = noted.into_iter().flat_map(|noted| noted.late).collect();
    late.sort_unstable();
    Ok([lost as f64, percentile(&late, 0.99).context("no update came")?, cores * 100.0])
}
