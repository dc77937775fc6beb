//! OPC UA variables to web clients: Tieline beside a small Python bridge of the usual kind, on the same OPC UA server.
//!
//! Promises: both see the same server and are asked by the same clients; every answer and every update is looked at. Called
//! by `main`.

mod figure;
mod many;
mod page;
mod plant;
mod reads;
mod steps;
mod target;
mod watcher;

use crate::all_held;
use crate::figures::Figures;
use crate::report;
use anyhow::Result;
use std::path::PathBuf;
use steps::{Bench, steps};
use tieline_bench_kit::machine::{self, today};
use tieline_bench_kit::peers::Places;

/// Measures what it costs to bring OPC UA variables to web clients.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// One short round, about a minute.
    #[arg(long)]
    quick: bool,
    /// How many rounds [default: 3, with --quick 1].
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: Option<u8>,
    /// The gateway to measure; without this option the one that `cargo xtask bench` has built.
    #[arg(long, value_name = "PATH")]
    tieline: Option<PathBuf>,
    /// Write this part of docs/benchmarks.md.
    #[arg(long, conflicts_with = "quick")]
    write: bool,
    /// Exit with 1 when a requirement is not held (2 is for what kept the benchmark from running).
    #[arg(long)]
    check: bool,
}

/// Does what `options` say; false if a requirement was to be held and is not.
pub(crate) fn compare(options: &Options) -> Result<bool> {
    let places = Places::here(options.tieline.clone())?;
    let libraries = plant::libraries(&places)?;
    let (targets, columns) = target::line_up(&places)?;
    let rounds = options.rounds.map_or(if options.quick { 1 } else { 3 }, usize::from);
    let mut figures = Figures::default();
    let before = machine::load();
    let bench = Bench { places, libraries, targets };
    bench.run(rounds, &steps(options.quick), &mut figures);
    println!("{}", report::table(&figures, &columns));
    if options.write {
        let loads = [before, machine::load()];
        report::write("opcua", &page::page(&figures, &columns, rounds, &loads, &today()?))?;
    }
    Ok(!options.check || all_held(&figures))
}
