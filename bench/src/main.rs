//! What Tieline costs beside its peers: one command, one table. `cargo xtask bench` is about one
//! publisher and many subscribers, with `mr` behind it about new DICOM files, with `opcua` about OPC UA variables, with
//! `fairness` about clients beside one that is greedy, with `abuse` about attacks.
//!
//! Promises: the table goes to standard output, talk to standard error; every step is bounded in time; servers end with
//! this program, however it ends. Called by people, and with `--check` by whoever guards the requirements.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a table and talk are what this program is for")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod client;
mod connect;
mod dicom;
mod fairness;
mod fanout;
mod figures;
mod idle;
mod inflate;
mod opcua;
mod paced;
mod payload;
mod publish;
mod report;
mod run;
mod saturate;
mod subscribe;

use anyhow::{Result, ensure};
use clap::{Parser, Subcommand};
use fanout::Figure;
use figures::{Figures, OURS, Row};
use report::{Circumstances, Column};
use run::{Plan, Scenario, steps};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tieline_bench_kit::machine::{self, today};
use tieline_bench_kit::peers::{self, NAMES, Places};
use tieline_bench_kit::target::Target;

/// Files a process needs besides its connections.
const SPARE: u64 = 500;

/// Measures what it costs to hand one message to many subscribers, and prints one table.
#[derive(Debug, Parser)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Example: cargo xtask bench --only saturate --targets tieline,bun --rounds 1"
)]
struct Options {
    #[command(subcommand)]
    part: Option<Part>,
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
    /// The gateway to measure; without this option the one that `cargo xtask bench` has built.
    #[arg(long, value_name = "PATH")]
    tieline: Option<PathBuf>,
    /// Write this part of docs/benchmarks.md.
    #[arg(long, conflicts_with_all = ["quick", "only", "targets", "also"])]
    write: bool,
    /// Exit with 1 when a requirement is not held (2 is for what kept the benchmark from running).
    #[arg(long)]
    check: bool,
}

/// What else can be measured.
#[derive(Debug, Subcommand)]
enum Part {
    /// New DICOM files to verdicts at a browser.
    Mr(dicom::Options),
    /// OPC UA variables to web clients.
    Opcua(opcua::Options),
    /// A well-behaved client beside one that sends deflate bombs.
    Fairness(fairness::Options),
    /// Attacks on all ports, and what well-behaved clients notice of them.
    Abuse(tieline_abuse::Options),
}

fn main() -> ExitCode {
    let options = Options::parse();
    let done = match &options.part {
        Some(Part::Mr(options)) => dicom::compare(options),
        Some(Part::Opcua(options)) => opcua::compare(options),
        Some(Part::Fairness(options)) => fairness::compare(options),
        Some(Part::Abuse(options)) => tieline_abuse::attack(options),
        None => compare(&options),
    };
    match done {
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
    let judged = [OURS, Figure::YARDSTICK].iter().all(|name| named.iter().any(|n| n == name));
    let yardstick = Figure::YARDSTICK;
    ensure!(judged || !options.check, "--check compares {OURS} with {yardstick}: name both in --targets");
    let seconds = options.seconds;
    ensure!((0.05..=60.0).contains(&seconds), "--seconds takes 0.05 to 60");

    let mut figures: Figures<Figure> = Figures::default();
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
    println!("{}", report::table(&figures, &circumstances.targets));
    if options.write {
        report::write("fan-out", &report::page(&figures, &circumstances))?;
    }
    Ok(!options.check || all_held(&figures))
}

/// Whether every requirement is held; says which are not.
fn all_held<R: Row>(figures: &Figures<R>) -> bool {
    let missed: Vec<String> = figures.rows().filter(|f| figures.holds(*f) == Some(false)).map(|f| f.label()).collect();
    if !missed.is_empty() {
        eprintln!("not held: {}", missed.join("; "));
    }
    missed.is_empty()
}

/// Finds every target of `names`, and gives those there are, and every one's column.
fn line_up<R: Row>(names: &[String], places: &Places, figures: &mut Figures<R>) -> Result<(Vec<Target>, Vec<Column>)> {
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
