//! One file at a time: how long it takes from a writer's close() to the frame at a browser.
//!
//! Called by `steps`.

use super::files::{Pattern, write};
use super::listener::Told;
use super::watched::Watched;
use anyhow::{Context, Result, ensure};
use std::time::Duration;
use tieline_bench_kit::machine::pause;
use tieline_bench_kit::percentile;

/// Files of a series: every tenth frame is a `new` one.
const SERIES: u32 = 10;
/// How long one frame may take.
const LONGEST: Duration = Duration::from_secs(10);
/// What everything has to come to rest in between.
const REST: Duration = Duration::from_millis(15);

/// Writes `files` files, each when the one before has been told of; gives the microseconds of half and of 99 %.
pub(crate) fn close_to_frame(watched: &Watched, mut pattern: Pattern, files: u32) -> Result<[f64; 2]> {
    let mut micros = Vec::new();
    for number in 0..files {
        let path = watched.folder.join(format!("single-{number}.dcm"));
        let closed = write(&path, pattern.with(number / SERIES, number))?;
        let heard = watched.next(LONGEST)?;
        let (at, told) = heard.with_context(|| format!("file {number} was not told of within {LONGEST:?}"))?;
        let expected = match number % SERIES {
            0 => Told::New(path.display().to_string()),
            further => Told::Update(u64::from(further)),
        };
        ensure!(told == expected, "file {number}: {told:?} instead of {expected:?}");
        micros.push(at.saturating_duration_since(closed).as_micros() as u32);
        pause(REST);
    }
    micros.sort_unstable();
    let share = |share| percentile(&micros, share).context("nothing was measured");
    Ok([share(0.5)?, share(0.99)?])
}
