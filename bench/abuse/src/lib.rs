//! `cargo xtask abuse`: the running program is attacked on all its ports, beside clients that behave well.
//!
//! Promises: what is judged is the program as it is shipped, from outside; every attack is data in `table`; a bound that is
//! broken makes the exit code 1. Bounded in time and load, to this machine only. Called by the benchmark's command line, which
//! is also what the children are: attackers and the peer that nobody attacks are started as this very program.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a table and talk are what this program is for")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod attack;
mod attacker;
mod bystanders;
mod bytes;
mod echo;
mod gateway;
mod jitter;
mod metrics;
mod page;
mod run;
mod table;
mod verdict;
mod wire;

use anyhow::{Context, Result, ensure};
use attack::Attack;
pub use bytes::bomb;
use page::{Circumstances, Outcome};
use run::Range;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use table::{ATTACKS, named};
use tieline_bench_kit::machine::{self, today};
use tieline_bench_kit::peers::Places;
use verdict::{BOUNDS, Broken, SHORT, judge};

/// Attacks the gateway on all its ports, beside clients that behave well.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: cargo xtask abuse --only deflate-bomb,slow-readers --seconds 5")]
pub struct Options {
    /// Only these attacks.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Print what each attack is, and run none.
    #[arg(long)]
    list: bool,
    /// How many seconds each attack goes on [default: 10, with --short 2].
    #[arg(long)]
    seconds: Option<f64>,
    /// Two seconds each, about four minutes in all; times may be ten times as long, and what breaks a bound is run once more.
    #[arg(long)]
    short: bool,
    /// The gateway to attack; without this option the one that `cargo xtask bench` has built.
    #[arg(long, value_name = "PATH")]
    tieline: Option<PathBuf>,
    /// Write docs/abuse.md.
    #[arg(long, conflicts_with_all = ["only", "short"])]
    write: bool,
    /// Be the attackers of this attack.
    #[arg(long, hide = true, value_name = "ATTACK", requires_all = ["at", "process", "seconds"])]
    attacker: Option<String>,
    /// Where they attack.
    #[arg(long, hide = true, value_delimiter = ',')]
    at: Vec<SocketAddr>,
    /// Whom they signal.
    #[arg(long, hide = true)]
    process: Option<u32>,
    /// Be the peer that nobody attacks.
    #[arg(long, hide = true)]
    echo: bool,
}

/// Does what `options` say; false if a bound was broken.
pub fn attack(options: &Options) -> Result<bool> {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    if options.echo {
        return runtime()?.block_on(echo::serve()).map(|()| true);
    }
    if let Some(name) = &options.attacker {
        let order = attacker::Order {
            attack: known(name)?,
            at: options.at.clone(),
            process: options.process.context("--process is missing")?,
            time: Duration::from_secs_f64(options.seconds.context("--seconds is missing")?),
        };
        return runtime()?.block_on(attacker::carry_out(order)).map(|()| true);
    }
    let chosen: Vec<&'static Attack> = match options.only.as_slice() {
        [] => ATTACKS.iter().collect(),
        names => names.iter().map(|name| known(name)).collect::<Result<_>>()?,
    };
    if options.list {
        print!("{}", page::list(&chosen));
        return Ok(true);
    }
    attack_all(options, &chosen)
}

fn known(name: &str) -> Result<&'static Attack> {
    named(name).with_context(|| format!("there is no attack {name:?}; `cargo xtask abuse --list` has them all"))
}

fn attack_all(options: &Options, chosen: &[&'static Attack]) -> Result<bool> {
    let seconds = options.seconds.unwrap_or(if options.short { 2.0 } else { 10.0 });
    ensure!((0.5..=600.0).contains(&seconds), "--seconds takes 0.5 to 600");
    let places = Places::here(options.tieline.clone())?;
    let (program, version) = places.gateway()?;
    machine::allow_files(20_000)?;
    let (before, time) = (Duration::from_secs_f64((seconds / 4.0).clamp(0.5, 2.0)), Duration::from_secs_f64(seconds));
    let range = Range::new(&program, before, time)?;
    let (started, load) = (Instant::now(), machine::load());
    let mut outcomes = Vec::new();
    for (index, attack) in chosen.iter().enumerate() {
        let outcome = outcome(&range, attack, options.short)?;
        let (at, name) = (started.elapsed().as_secs(), attack.name);
        eprintln!("{at:>4} s  {:>2} of {}  {name:<22} {}", index + 1, chosen.len(), page::progress(&outcome));
        outcomes.push(outcome);
    }
    println!("{}", page::table(&outcomes));
    let broken = outcomes.iter().filter(|outcome| !outcome.holds()).count();
    println!("abuse: {} attacks, {broken} broke a bound", outcomes.len());
    if options.write {
        let loads = [load, machine::load()];
        let circumstances = Circumstances { machine: machine::model(), loads, date: today()?, version, seconds };
        page::write(&outcomes, &circumstances)?;
    }
    Ok(broken == 0)
}

/// Attacks once, or in a short run once more if the machine may have been busy.
fn outcome(range: &Range<'_>, attack: &'static Attack, short: bool) -> Result<Outcome> {
    let unknown = range.unknown(attack);
    let mut notes: Vec<String> = unknown.iter().map(|key| format!("the gateway has no key {key}")).collect();
    let once = || -> Result<Outcome> {
        let folder = tempfile::tempdir().context("no temporary folder")?;
        Ok(match range.attack(attack, folder.path()) {
            Ok(facts) => {
                let broken = judge(&facts, if short { &SHORT } else { &BOUNDS });
                Outcome { attack, facts: Some(facts), broken, notes: Vec::new() }
            }
            Err(error) => {
                let broken = vec![Broken { bound: "start", how: format!("{error:#}") }];
                Outcome { attack, facts: None, broken, notes: Vec::new() }
            }
        })
    };
    let mut outcome = once()?;
    if short && is_worth_another_look(&outcome) {
        notes.push(format!("run again after {}", page::progress(&outcome)));
        outcome = once()?;
    }
    outcome.notes.extend(notes);
    Ok(outcome)
}

fn is_worth_another_look(outcome: &Outcome) -> bool {
    // Whatever the machine does, nothing may panic or end.
    !outcome.broken.is_empty() && outcome.broken.iter().all(|broken| !matches!(broken.bound, "panic" | "alive"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(bounds: &[&'static str]) -> Outcome {
        let broken = bounds.iter().map(|bound| Broken { bound, how: String::new() });
        Outcome { attack: &ATTACKS[0], facts: None, broken: broken.collect(), notes: Vec::new() }
    }

    #[test]
    fn what_ends_or_panics_needs_no_second_look() {
        assert!(is_worth_another_look(&broken(&["p99", "health"])));
        assert!(!is_worth_another_look(&broken(&["p99", "alive"])));
        assert!(!is_worth_another_look(&broken(&["panic"])));
        assert!(!is_worth_another_look(&broken(&[])));
    }
}
