//! A long series written as fast as the disk takes it: when the last verdict comes, and what a file costs.
//!
//! Called by `steps`.

use super::files::{Pattern, write};
use super::listener::Told;
use super::watched::Watched;
use anyhow::{Context, Result, ensure};
use std::time::{Duration, Instant};

/// Files of the series.
const FILES: u32 = 5000;
/// How long the next frame may take.
const LONGEST: Duration = Duration::from_secs(10);

/// Writes the series; gives the milliseconds between the last close() and the last frame, and the server's CPU for a file
/// in microseconds. Every file has to be told of, in order.
pub(crate) fn flood(watched: &Watched, mut pattern: Pattern) -> Result<[f64; 2]> {
    let (before, cpu) = (watched.counts()?, watched.meter().cpu()?);
    let mut closed = Instant::now();
    for number in 0..FILES {
        closed = write(&watched.folder.join(format!("flood-{number:04}.dcm")), pattern.with(1, number))?;
    }
    let mut last = closed;
    for number in 0..FILES {
        let heard = watched.next(LONGEST)?;
        let (at, told) = heard.with_context(|| format!("{number} of {FILES} files were told of"))?;
        let as_expected = match &told {
            Told::New(_) => number == 0,
            Told::Update(count) => *count == u64::from(number),
        };
        ensure!(as_expected, "frame {number} of the series is {told:?}");
        last = at;
    }
    let nanos = watched.meter().cpu()? - cpu;
    watched.all_counted(before, u64::from(FILES))?;
    let late = last.saturating_duration_since(closed).as_secs_f64() * 1000.0;
    Ok([late, nanos as f64 / f64::from(FILES) / 1000.0])
}
