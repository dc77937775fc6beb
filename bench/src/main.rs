//! The fan-out benchmark: one command, one table. `cargo run --release -p tieline-bench` sets Tieline beside its peers.
//!
//! Promises: the table goes to standard output, talk to standard error; every step is bounded in time; servers end with
//! this program, however it ends. Called by people, and with `--check` by whoever guards the requirements.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a table and talk are what this program is for")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod client;
mod connect;
mod figures;
mod frame;
mod idle;
mod inflate;
mod machine;
mod paced;
mod payload;
mod peers;
mod publish;
mod report;
mod run;
mod saturate;
mod target;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use figures::{Figures, OURS, YARDSTICK};
use peers::{NAMES, Places};
use report::{Circumstances, Column};
use run::{Plan, Scenario, steps};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;
use target::Target;

/// Files a process needs besides its connections.
const SPARE: u64 = 500;

/// Measures what it costs to hand one message to many subscribers, and prints one table.
#[derive(Debug, Parser)]
#[command(
    after_help = "Example: cargo run --release -p tieline-bench -- --only saturate --targets tieline,bun --rounds 1"
)]
struct Options {
    /// One short round of what something is required of, about two minutes.
    #[arg(long)]
    quick: bool,
    /// Only these scenarios.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Scenario>,
    /// Only these targets: tieline, bun, ws, websockets.
    #[arg(long, value_delimiter = ',')]
    targets: Vec<String>,
    /// A further target: a program that listens on PORT and relays from /pub to /sub, like those in bench/peers.
    #[arg(long, value_name = "NAME=COMMAND")]
    also: Vec<String>,
    /// How many rounds [default: 5, with --quick 1].
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: Option<u8>,
    /// How many seconds each load is measured.
    #[arg(long, default_value_t = 0.5)]
    seconds: f64,
    /// The gateway to measure; without this option it is built.
    #[arg(long, value_name = "PATH")]
    tieline: Option<PathBuf>,
    /// Write docs/benchmarks.md.
    #[arg(long, conflicts_with_all = ["quick", "only", "targets", "also"])]
    write: bool,
    /// Exit with 1 when a requirement is not held (2 is for what kept the benchmark from running).
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    match compare(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Does what `options` say; false if a requirement was to be held and is not.
fn compare(options: &Options) -> Result<bool> {
    let named = if options.targets.is_empty() { NAMES.map(String::from).into() } else { options.targets.clone() };
    let judged = [OURS, YARDSTICK].iter().all(|name| named.iter().any(|n| n == name));
    ensure!(judged || !options.check, "--check compares {OURS} with {YARDSTICK}: name both in --targets");
    let seconds = options.seconds;
    ensure!((0.05..=60.0).contains(&seconds), "--seconds takes 0.05 to 60");

    let mut figures = Figures::default();
    let places = Places::here(options.tieline.clone())?;
    let others = options.also.iter().map(|also| peers::other(also)).collect::<Result<Vec<_>>>()?;
    let (mut targets, mut columns) = line_up(&named, &places, &mut figures)?;
    columns.extend(others.iter().map(|other| (other.name.clone(), other.version.clone())));
    targets.extend(others);

    let files = machine::allow_files(9000 + SPARE)?;
    let cores = machine::Cores::divide()?;
    let scenarios = if options.only.is_empty() { Scenario::all() } else { options.only.clone() };
    let most = usize::try_from(files.saturating_sub(SPARE))?;
    let plan = Plan {
        rounds: options.rounds.map_or(if options.quick { 1 } else { 5 }, usize::from),
        time: Duration::from_secs_f64(seconds),
        steps: steps(&scenarios, options.quick, most),
    };
    ensure!(
        !options.check || plan.figures().iter().any(|f| f.bound().is_some()),
        "--check has nothing to check: no requirement is about what --only leaves"
    );
    let before = machine::load();
    plan.run(&targets, &cores, &places.work, &mut figures);
    let circumstances = Circumstances {
        machine: machine::describe(&cores),
        loads: [before, machine::load()],
        date: today()?,
        extent: (plan.rounds, seconds),
        targets: columns,
    };
    println!("{}", report::table(&figures, &circumstances));
    if options.write {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("docs").join("benchmarks.md");
        fs::write(&path, report::page(&figures, &circumstances))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let missed: Vec<String> = figures.rows().filter(|f| figures.holds(*f) == Some(false)).map(|f| f.label()).collect();
    if options.check && !missed.is_empty() {
        eprintln!("not held: {}", missed.join("; "));
        return Ok(false);
    }
    Ok(true)
}

/// Finds every target of `names`, and gives those there are, and every one's column.
fn line_up(names: &[String], places: &Places, figures: &mut Figures) -> Result<(Vec<Target>, Vec<Column>)> {
    let (mut targets, mut columns) = (Vec::new(), Vec::new());
    for name in names {
        ensure!(NAMES.contains(&name.as_str()), "there is no target {name:?}; there are {}", NAMES.join(", "));
        match places.find(name) {
            Ok(target) => {
                columns.push((name.clone(), target.version.clone()));
                targets.push(target);
            }
            Err(error) => {
                let why = format!("cannot be had: {error:#}");
                eprintln!("{name} {why}");
                figures.notes.push(format!("{name} {why}"));
                columns.push((name.clone(), why));
            }
        }
    }
    Ok((targets, columns))
}

fn today() -> Result<String> {
    let output = Command::new("date").args(["--utc", "+%F"]).output().context("cannot run `date`")?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
