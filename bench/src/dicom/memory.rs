//! What is remembered of files: resident memory after a million of them.
//!
//! The files are hard links to one, since only their names and number count. Called by `steps`.

use super::files::{Pattern, write};
use super::watched::Watched;
use crate::idle::settled;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::time::{Duration, Instant};
use tieline_bench_kit::machine::pause;

/// Files in a folder.
const IN_FOLDER: u32 = 10_000;
/// How many files may be waiting for their verdict: less than a kernel's queue holds.
const AHEAD: u64 = 4000;
/// How long nothing may happen.
const STALL: Duration = Duration::from_secs(90);
/// What is remembered once and not for each file is there after so many.
const FIRST: u32 = 1000;

/// Links `files` files into place, never far ahead of the verdicts; gives the growth of resident memory in MB.
pub(crate) fn growth(watched: &mut Watched, mut pattern: Pattern, files: u32) -> Result<f64> {
    watched.disconnect();
    let seed = watched.aside.join("seed.dcm");
    write(&seed, pattern.with(1, 1))?;
    let start = judged(watched)?;
    let mut before = 0;
    for number in 0..files {
        let folder = watched.folder.join(format!("million-{}", number / IN_FOLDER));
        if number % IN_FOLDER == 0 {
            fs::create_dir(&folder)?;
        }
        fs::hard_link(&seed, folder.join(format!("{number}.dcm")))
            .context("this needs a file system without a bound of links")?;
        if number % 1000 == 0 {
            wait_for(watched, (start + u64::from(number)).saturating_sub(AHEAD))?;
        }
        if number == FIRST {
            before = settled(watched.meter())?;
        }
    }
    wait_for(watched, start + u64::from(files))?;
    Ok((settled(watched.meter())? as f64 - before as f64) / 1e6)
}

fn wait_for(watched: &Watched, wanted: u64) -> Result<()> {
    let (mut seen, mut since) = (0, Instant::now());
    loop {
        let now = judged(watched)?;
        if now >= wanted {
            return Ok(());
        }
        if now != seen {
            (seen, since) = (now, Instant::now());
        }
        ensure!(
            since.elapsed() < STALL,
            "it has judged {now} files, and for {STALL:?} not one of those up to {wanted}"
        );
        pause(Duration::from_millis(5));
    }
}

fn judged(watched: &Watched) -> Result<u64> {
    Ok(watched.counts()?.context("only Tieline counts files")?.judged)
}
