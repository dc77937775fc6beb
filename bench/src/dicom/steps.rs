//! The order of things: in each round both servers do each step before the next step begins.
//!
//! Called by `compare`.

use super::bursts::{Burst, lost};
use super::figure::Figure;
use super::files::Patterns;
use super::watched::Watched;
use super::{flood, memory, single, verdict};
use crate::figures::{Figures, OURS};
use crate::run::{Place, keep};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tieline_bench_kit::peers::Places;
use tieline_bench_kit::target::Target;

/// What a server is started for, but for the first, which needs none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Real headers, without a folder and a browser.
    Verdict,
    /// So many files, one at a time.
    Single(u32),
    /// A long series.
    Flood,
    /// Much at once.
    Burst(Burst),
    /// So many files, for what is remembered of them. Tieline only, in the first round only.
    Memory(u32),
}

/// What there is to work with.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) places: Places,
    pub(crate) python: PathBuf,
    pub(crate) targets: Vec<Target>,
    pub(crate) patterns: Patterns,
    /// Real Siemens files.
    pub(crate) real: Vec<PathBuf>,
    /// An empty folder, in memory if there is such a file system.
    pub(crate) scratch: PathBuf,
}

/// The steps of a round.
pub(crate) fn steps(quick: bool, million: bool) -> Vec<Step> {
    let mut steps = vec![Step::Verdict, Step::Single(if quick { 200 } else { 1000 }), Step::Flood];
    steps.extend([Burst::Tiny, Burst::NewFolders, Burst::Renamed].map(Step::Burst));
    if million {
        steps.push(Step::Memory(1_000_000));
    }
    steps
}

impl Step {
    /// What it takes.
    pub(crate) fn figures(self) -> Vec<Figure> {
        match self {
            Step::Verdict => vec![Figure::Verdict],
            Step::Single(_) => vec![Figure::FrameHalf, Figure::FrameMost],
            Step::Flood => vec![Figure::FloodEnd, Figure::FloodCpu],
            Step::Burst(burst) => vec![Figure::Lost(burst)],
            Step::Memory(files) => vec![Figure::Memory { files }],
        }
    }

    fn is_due(self, round: usize, target: &str) -> bool {
        !matches!(self, Step::Memory(_)) || round == 0 && target == OURS
    }
}

impl Bench {
    /// Runs all rounds and keeps what comes of them.
    pub(crate) fn run(&self, rounds: usize, steps: &[Step], figures: &mut Figures<Figure>) {
        let started = Instant::now();
        figures.expect(&steps.iter().flat_map(|step| step.figures()).collect::<Vec<_>>());
        for round in 0..rounds {
            for step in steps {
                for target in self.targets.iter().filter(|target| step.is_due(round, &target.name)) {
                    let (values, done) = match self.measure(*step, target) {
                        Ok(values) => (values, Ok(())),
                        Err(error) => (Vec::new(), Err(error)),
                    };
                    keep(
                        figures,
                        &step.figures(),
                        &values,
                        done,
                        Place { target: &target.name, round, rounds, started },
                    );
                }
            }
        }
    }

    fn measure(&self, step: Step, target: &Target) -> Result<Vec<f64>> {
        if step == Step::Verdict {
            return Ok(vec![match target.name.as_str() {
                OURS => verdict::ours(&self.places.work, &self.real)?,
                _ => verdict::peer(&self.places, &self.python, &self.real)?,
            }]);
        }
        let mut watched = Watched::start(target, &self.patterns, &self.scratch, &self.places.work)?;
        let done = take(step, &mut watched, &self.patterns);
        watched.blamed(done)
    }
}

fn take(step: Step, watched: &mut Watched, Patterns { full, tiny }: &Patterns) -> Result<Vec<f64>> {
    match step {
        Step::Verdict => Ok(Vec::new()),
        Step::Single(files) => Ok(single::close_to_frame(watched, full.clone(), files)?.into()),
        Step::Flood => Ok(flood::flood(watched, full.clone())?.into()),
        Step::Burst(burst) => Ok(vec![lost(watched, tiny, burst)?]),
        Step::Memory(files) => Ok(vec![memory::growth(watched, tiny.clone(), files)?]),
    }
}

/// An empty folder for one run of the benchmark, removed with this value. In memory where Linux offers that, so that no
/// disk is measured. What a killed run has left is removed too.
#[derive(Debug)]
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    const NAME: &str = "tieline-bench-";

    /// Makes it.
    pub(crate) fn make(otherwise: &Path) -> Result<Scratch> {
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory } else { otherwise };
        for entry in parent.read_dir()? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let ended = name.strip_prefix(Scratch::NAME).is_some_and(|id| !Path::new("/proc").join(id).exists());
            if ended {
                std::fs::remove_dir_all(entry.path())?;
            }
        }
        let folder = parent.join(format!("{}{}", Scratch::NAME, std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Scratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // The next run removes what this one cannot.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Row;

    #[test]
    fn a_run_with_the_million_takes_every_figure_something_is_required_of() {
        let required = |quick, million| {
            let steps = steps(quick, million);
            steps.iter().flat_map(|step| step.figures()).filter(|figure| figure.bound().is_some()).count()
        };
        // The verdict, two of single files, the flood's end, three bursts, and memory.
        assert_eq!((required(false, true), required(true, false)), (8, 7));
    }
}
