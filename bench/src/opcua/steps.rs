//! The order of things: in each round both do each step before the next step begins.
//!
//! Called by `compare`.

use super::figure::Figure;
use super::many::{Watching, watch};
use super::plant::Plant;
use super::reads::reads;
use super::target::start;
use super::watcher::starts;
use crate::figures::Figures;
use crate::run::{Place, keep};
use anyhow::Result;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tieline_bench_kit::peers::Places;
use tieline_bench_kit::target::Target;

/// Clients that ask at once.
const MANY: usize = 50;
/// Variables there are.
const VARIABLES: usize = 1000;
/// Variables that are begun to be watched one by one.
const STARTS: usize = 5000;

/// What a pair of servers is started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// One client asks, then [`MANY`] do, each for so long.
    Reads(Duration),
    /// One client begins to watch [`STARTS`] variables, one after the other.
    Starts,
    /// Every variable changes so often.
    Watch(Watching, u32),
}

/// What there is to work with.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) places: Places,
    /// The folder with the OPC UA server's library.
    pub(crate) libraries: PathBuf,
    pub(crate) targets: Vec<Target>,
}

/// The steps of a round.
pub(crate) fn steps(quick: bool) -> Vec<Step> {
    let (time, one, thousand) = if quick { (2, 50, 30) } else { (4, 200, 100) };
    vec![
        Step::Reads(Duration::from_secs(time)),
        Step::Starts,
        Step::Watch(Watching::One, one),
        Step::Watch(Watching::Thousand, thousand),
    ]
}

impl Step {
    /// What it takes.
    pub(crate) fn figures(self) -> Vec<Figure> {
        match self {
            Step::Reads(_) => vec![
                Figure::ReadCpu { clients: 1 },
                Figure::ReadRate { clients: 1 },
                Figure::ReadCpu { clients: MANY },
                Figure::ReadRate { clients: MANY },
                Figure::ReadSlowdown,
            ],
            Step::Starts => vec![Figure::Starts { variables: STARTS }],
            Step::Watch(watching, _) => vec![Figure::Lost(watching), Figure::Late(watching), Figure::Cores(watching)],
        }
    }
}

impl Bench {
    /// Runs all rounds and keeps what comes of them.
    pub(crate) fn run(&self, rounds: usize, steps: &[Step], figures: &mut Figures<Figure>) {
        let started = Instant::now();
        figures.expect(&steps.iter().flat_map(|step| step.figures()).collect::<Vec<_>>());
        for round in 0..rounds {
            for step in steps {
                for target in &self.targets {
                    let (values, done) = match self.measure(*step, target) {
                        Ok(values) => (values, Ok(())),
                        Err(error) => (Vec::new(), Err(error)),
                    };
                    let at = Place { target: &target.name, round, rounds, started };
                    keep(figures, &step.figures(), &values, done, at);
                }
            }
        }
    }

    fn measure(&self, step: Step, target: &Target) -> Result<Vec<f64>> {
        let variables = match step {
            Step::Reads(_) => VARIABLES,
            Step::Starts => STARTS,
            Step::Watch(watching, _) => watching.size().0,
        };
        let mut plant = Plant::start(&self.libraries, variables, &self.places.work)?;
        let server = start(target, &plant, variables, &self.places.work)?;
        let done = match step {
            Step::Reads(time) => reads(&server, 1, time).and_then(|one| {
                let many = reads(&server, MANY, time)?;
                Ok(vec![one.micros, one.rate, many.micros, many.rate, 100.0 * one.rate / many.rate])
            }),
            Step::Starts => starts(&server, STARTS).map(|time| vec![time.as_secs_f64()]),
            Step::Watch(watching, rounds) => watch(&server, &mut plant, watching, rounds).map(Vec::from),
        };
        done.map_err(|error| server.blame(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Row;

    #[test]
    fn a_quick_run_takes_every_figure_something_is_required_of() {
        let required = |quick| {
            let steps = steps(quick);
            steps.iter().flat_map(|step| step.figures()).filter(|figure| figure.bound().is_some()).count()
        };
        // Two of CPU and one of time for reads; starts; lost and late of the one variable, lost and cores of the thousand.
        assert_eq!((required(false), required(true)), (8, 8));
    }
}
