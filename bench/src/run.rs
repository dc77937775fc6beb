//! The order of things: which figures are taken with which load, and the rounds, in each of which every target does
//! each step before the next step begins, so that what else goes on in the machine meets all of them.
//!
//! Called by `main`.

use crate::client::gather;
use crate::fanout::{Figure, Part};
use crate::figures::{Figures, Row};
use crate::idle::idle;
use crate::paced::paced;
use crate::saturate::{Load, Until, saturate};
use crate::subscribe::begin;
use anyhow::{Context, Result};
use clap::ValueEnum;
use std::path::Path;
use std::time::{Duration, Instant};
use tieline_bench_kit::machine::Cores;
use tieline_bench_kit::target::{Server, Target};

/// A message of an ordinary size.
const SIZE: usize = 256;

/// How many rounds idle connections are looked at: memory hardly differs from one to the next, and it takes long.
const IDLE_ROUNDS: usize = 2;

/// What `--only` chooses from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// CPU per delivery under bursts.
    Saturate,
    /// Latency at a fixed rate.
    Paced,
    /// Memory of connections that do nothing.
    Idle,
    /// CPU per delivery with permessage-deflate.
    Deflate,
    /// CPU of streams begun one by one.
    Subscribe,
}

/// What one server is started for.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Subscribers, and bursts with their message size, one load after the other.
    Saturate { n: usize, loads: Vec<(u64, usize)> },
    /// The same with compression, one load.
    Deflate { n: usize, burst: u64 },
    /// Subscribers and messages a second.
    Paced { n: usize, rate: u64 },
    /// Connections.
    Idle { n: usize, deflate: bool },
    /// Streams of one client.
    Subscribe { n: usize },
}

/// What to do and how often.
#[derive(Debug)]
pub(crate) struct Plan {
    /// How many rounds.
    pub(crate) rounds: usize,
    /// How long one load is measured; a paced one three times as long.
    pub(crate) time: Duration,
    /// The steps of a round.
    pub(crate) steps: Vec<Step>,
}

/// The steps of `scenarios`; `quick` takes only those something is required of. Idle connections number `most` at most.
pub(crate) fn steps(scenarios: &[Scenario], quick: bool, most: usize) -> Vec<Step> {
    let has = |scenario| scenarios.contains(&scenario);
    let bursts = || vec![(1, SIZE), (16, SIZE), (64, SIZE)];
    let mut steps = Vec::new();
    if has(Scenario::Saturate) {
        if quick {
            steps.push(Step::Saturate { n: 1000, loads: bursts() });
            steps.push(Step::Saturate { n: 5000, loads: vec![(16, SIZE)] });
        } else {
            steps.extend([1, 100].map(|n| Step::Saturate { n, loads: bursts() }));
            steps.push(Step::Saturate { n: 1000, loads: [bursts(), vec![(16, 4096)]].concat() });
            // One burst of 64 to 5000 takes the slower peers several seconds and says nothing new.
            steps.push(Step::Saturate { n: 5000, loads: vec![(1, SIZE), (16, SIZE)] });
        }
    }
    if has(Scenario::Deflate) {
        steps.push(Step::Deflate { n: 1000, burst: 16 });
    }
    if has(Scenario::Paced) {
        steps.extend([(100, 200), (1000, 50)].map(|(n, rate)| Step::Paced { n, rate }));
    }
    if has(Scenario::Idle) {
        let n = most.min(if quick { 5000 } else { 9000 });
        steps.extend([false, true].map(|deflate| Step::Idle { n, deflate }));
    }
    if has(Scenario::Subscribe) {
        steps.push(Step::Subscribe { n: 1000 });
    }
    steps
}

impl Scenario {
    /// Every one of them.
    pub(crate) fn all() -> Vec<Scenario> {
        Scenario::value_variants().to_vec()
    }
}

impl Step {
    fn figures(&self) -> Vec<Figure> {
        match *self {
            Step::Saturate { n, ref loads } => {
                loads.iter().map(|&(burst, size)| Figure::Saturate { n, burst, size }).collect()
            }
            Step::Deflate { n, burst } => {
                vec![Figure::Deflate { n, burst, size: SIZE }, Figure::DeflateBytes { n, burst, size: SIZE }]
            }
            Step::Paced { n, rate } => {
                [Part::Half, Part::Most, Part::Nearly, Part::Cpu].map(|part| Figure::Paced { n, rate, part }).into()
            }
            Step::Idle { n, deflate } => vec![
                Figure::Idle { n, deflate, used: false },
                Figure::Idle { n, deflate, used: true },
                Figure::Handshake { n, deflate },
            ],
            Step::Subscribe { n } => vec![Figure::Begin { n }, Figure::Growth { n }],
        }
    }

    /// Whether it can be done with `target`: what is relayed to everybody is begun by nobody.
    fn suits(&self, target: &Target) -> bool {
        !matches!(self, Step::Subscribe { .. }) || !target.speech.opening.is_empty()
    }

    /// Runs this step with `target`, and gives each value to `keep` as soon as there is one.
    fn measure(
        &self,
        target: &Target,
        time: Duration,
        cores: &Cores,
        work: &Path,
        keep: &mut impl FnMut(f64),
    ) -> Result<()> {
        let server = Server::start(target, self.deflate(), cores, work)?;
        let done = self.take(&server, time, cores.client_threads, keep);
        done.map_err(|error| server.blame(error))
    }

    fn deflate(&self) -> bool {
        matches!(self, Step::Deflate { .. } | Step::Idle { deflate: true, .. })
    }

    fn take(&self, server: &Server, time: Duration, threads: usize, keep: &mut impl FnMut(f64)) -> Result<()> {
        let deflate = self.deflate();
        match *self {
            Step::Saturate { n, ref loads } => {
                let mut crowds = gather(server, n, deflate, threads)?;
                for &(burst, size) in loads {
                    let load = Load { burst, size, subscribers: n as u64 };
                    let taken = saturate(server, &mut crowds, load, Until::Time(time));
                    keep(taken.with_context(|| format!("W={burst} {size} B"))?.nanos);
                }
            }
            Step::Deflate { n, burst } => {
                let mut crowds = gather(server, n, deflate, threads)?;
                let load = Load { burst, size: SIZE, subscribers: n as u64 };
                let taken = saturate(server, &mut crowds, load, Until::Time(time))?;
                [taken.nanos, taken.bytes].into_iter().for_each(keep);
            }
            Step::Paced { n, rate } => {
                let mut crowds = gather(server, n, deflate, threads)?;
                let taken = paced(server, &mut crowds, n as u64, rate, time * 3)?;
                taken.micros.into_iter().chain([taken.nanos]).for_each(keep);
            }
            Step::Idle { n, deflate } => {
                let taken = idle(server, n, deflate, threads)?;
                [taken.fresh, taken.used, taken.handshake].into_iter().for_each(keep);
            }
            Step::Subscribe { n } => {
                let taken = begin(server, n)?;
                [taken.micros, taken.growth * 100.0].into_iter().for_each(keep);
            }
        }
        Ok(())
    }
}

impl Plan {
    /// Every figure that is to be taken.
    pub(crate) fn figures(&self) -> Vec<Figure> {
        self.steps.iter().flat_map(Step::figures).collect()
    }

    /// Runs all rounds and keeps what comes of them in `figures`; talks about it on standard error.
    pub(crate) fn run(&self, targets: &[Target], cores: &Cores, work: &Path, figures: &mut Figures<Figure>) {
        let started = Instant::now();
        figures.expect(&self.figures());
        for round in 0..self.rounds {
            let due = |step: &&Step| round < IDLE_ROUNDS || !matches!(step, Step::Idle { .. });
            for step in self.steps.iter().filter(due) {
                for target in targets.iter().filter(|target| step.suits(target)) {
                    let wanted = step.figures();
                    let mut values = Vec::new();
                    let done = step.measure(target, self.time, cores, work, &mut |value| values.push(value));
                    let at = Place { target: &target.name, round, rounds: self.rounds, started };
                    keep(figures, &wanted, &values, done, at);
                }
            }
        }
    }
}

/// What was just measured, and when everything began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) target: &'a str,
    pub(crate) round: usize,
    pub(crate) rounds: usize,
    pub(crate) started: Instant,
}

/// Keeps the values there are of `wanted`, and why the others are missing; talks about it on standard error.
pub(crate) fn keep<R: Row>(figures: &mut Figures<R>, wanted: &[R], values: &[f64], done: Result<()>, at: Place<'_>) {
    let Place { target, round, rounds, started } = at;
    let number = round + 1;
    for (figure, value) in wanted.iter().zip(values) {
        let (seconds, label) = (started.elapsed().as_secs(), figure.label());
        eprintln!("{seconds:>4} s  round {number} of {rounds}  {target:<10} {value:>10.0}  {label}");
        figures.record(*figure, target, round, *value);
    }
    if let Err(error) = done {
        let missing = &wanted[values.len()..];
        let first = missing.first().map(|f| f.label()).unwrap_or_default();
        let note = format!("{target}, round {number}, {first}: {error:#}");
        eprintln!("failed: {note}");
        figures.fail(missing, target, note);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Scenario; 5] =
        [Scenario::Saturate, Scenario::Paced, Scenario::Idle, Scenario::Deflate, Scenario::Subscribe];

    fn required(quick: bool) -> usize {
        let steps = steps(&ALL, quick, 9000);
        steps.iter().flat_map(Step::figures).filter(|f| f.bound().is_some()).count()
    }

    #[test]
    fn a_quick_run_takes_every_figure_something_is_required_of() {
        // Four of saturate, one of deflate, p99 twice, four of idle, one of subscribe.
        assert_eq!((required(true), required(false)), (12, 12));
    }

    #[test]
    fn idle_connections_stay_within_what_may_be_open() {
        let steps = steps(&[Scenario::Idle], false, 700);
        assert!(steps.iter().all(|s| matches!(s, Step::Idle { n: 700, .. })));
        assert_eq!(steps.len(), 2);
    }
}
