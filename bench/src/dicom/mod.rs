//! New DICOM files to verdicts at a browser: Tieline's MR side beside a Python script of the usual kind.
//!
//! Promises: both see the same files and are listened to by the same browser; every file that a figure counts was told of,
//! or the figure says how many were not. Called by `main`.

mod bursts;
mod figure;
mod files;
mod flood;
mod listener;
mod memory;
mod page;
mod single;
mod steps;
mod verdict;
mod watched;

use crate::all_held;
use crate::figures::{Figures, OURS, Row};
use crate::report::{self, Column};
use anyhow::{Context, Result};
use figure::Figure;
use files::{Patterns, real};
use std::path::PathBuf;
use std::process::Command;
use steps::{Bench, Scratch, steps};
use tieline_bench_kit::machine::{self, today};
use tieline_bench_kit::peers::{Places, output};
use tieline_bench_kit::target::Target;
use watched::{BROWSER, CONFIG};

/// Measures what it takes until a new DICOM file's verdict is at a browser.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// One round, about two minutes.
    #[arg(long)]
    quick: bool,
    /// How many rounds [default: 3, with --quick 1].
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: Option<u8>,
    /// Also the memory after a million files, some minutes more.
    #[arg(long)]
    million: bool,
    /// The gateway to measure; without this option the one that `cargo xtask bench` has built.
    #[arg(long, value_name = "PATH")]
    tieline: Option<PathBuf>,
    /// Write this part of docs/benchmarks.md.
    #[arg(long, requires = "million", conflicts_with = "quick")]
    write: bool,
    /// Exit with 1 when a requirement is not held (2 is for what kept the benchmark from running).
    #[arg(long)]
    check: bool,
}

/// Does what `options` say; false if a requirement was to be held and is not.
pub(crate) fn compare(options: &Options) -> Result<bool> {
    let places = Places::here(options.tieline.clone())?;
    let python = places.python()?;
    let real = real(&places)?;
    let pattern = real.first().context("no real file")?;
    let patterns = Patterns::make(&places, &python, pattern)?;
    let (targets, columns) = line_up(&places, &python)?;
    let scratch = Scratch::make(&places.work)?;
    let rounds = options.rounds.map_or(if options.quick { 1 } else { 3 }, usize::from);

    let mut figures = Figures::default();
    let before = machine::load();
    let bench = Bench { places, python, targets, patterns, real, scratch: scratch.0.join("run") };
    bench.run(rounds, &steps(options.quick, options.million), &mut figures);
    println!("{}", report::table(&figures, &columns));
    if options.write {
        let loads = [before, machine::load()];
        report::write("mr", &page::page(&figures, &columns, rounds, &loads, &today()?))?;
    }
    Ok(!options.check || all_held(&figures))
}

fn line_up(places: &Places, python: &std::path::Path) -> Result<(Vec<Target>, Vec<Column>)> {
    let (program, version) = places.gateway()?;
    let ours = Target {
        name: OURS.into(),
        version,
        command: vec![program, "run".into()],
        config: Some(CONFIG),
        speech: BROWSER,
    };
    let ask = "import asyncinotify, nibabel, pydicom, websockets, platform; from importlib.metadata import version; \
               print(', '.join(f'{name} {version(name)}' for name in ['pydicom', 'nibabel', 'asyncinotify', 'websockets']), \
               'on Python', platform.python_version())";
    let version = output("`python`", Command::new(python).args(["-W", "ignore", "-c", ask]))?;
    let script = places.script("dicom_watch.py");
    let command = vec![python.display().to_string(), "-B".into(), "-W".into(), "ignore".into(), script];
    let theirs = Target { name: Figure::YARDSTICK.into(), version, command, config: None, speech: BROWSER };
    let columns = [&ours, &theirs].map(|target| (target.name.clone(), target.version.clone()));
    Ok((vec![ours, theirs], columns.into()))
}
