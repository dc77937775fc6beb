//! The project's own commands: `cargo xtask --help` lists them.
//!
//! Promises: what `cargo xtask test` runs is all that CI runs. Nothing here is part of the product, so it prints as it
//! likes and stops at the first thing it cannot explain.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a command for people at a terminal
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod autobahn;
mod check;
mod process;
mod project;
mod scaffold;
mod tidy;

use clap::{Parser, Subcommand};
use project::Project;
use std::process::{Command, ExitCode};

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: What,
}

#[derive(Subcommand)]
enum What {
    /// Everything that CI runs: formatting, promises, lints, build, all tests from unit to browser.
    #[command(visible_alias = "check")]
    Test {
        /// Only these steps, by name; without one, all of them.
        steps: Vec<String>,
        /// Print the steps' names and what each proves, and run none.
        #[arg(long)]
        list: bool,
    },
    /// The project's promises about itself: who may depend on whom, what every file opens with, names that must exist.
    Tidy,
    /// The public WebSocket conformance suite against the transport.
    Autobahn {
        /// The compression cases too (12.* and 13.*; some minutes).
        #[arg(long)]
        full: bool,
        /// Writes the verdicts of a full run into tests/autobahn/expected.json.
        #[arg(long, requires = "full")]
        bless: bool,
    },
    /// Writes the skeleton of something new.
    New {
        #[command(subcommand)]
        what: New,
    },
    /// Measures Tieline beside its peers; everything after `--` goes to the benchmark.
    Bench {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Attacks the running program on all its ports, beside clients that behave well; `--help` behind it has its options.
    #[command(disable_help_flag = true)]
    Abuse {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

#[derive(Subcommand)]
enum New {
    /// A dialect: its crate, its page, its first transcript, and its line in the registry.
    Dialect {
        /// Lower-case letters and digits; the first token of its topics and its section in the configuration.
        name: String,
    },
}

fn main() -> ExitCode {
    match dispatch(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all is well; an error is something that kept the command from finding out.
fn dispatch(command: What) -> anyhow::Result<bool> {
    let project = Project::find()?;
    match command {
        What::Test { list: true, .. } => {
            check::list();
            Ok(true)
        }
        What::Test { steps, .. } => check::run(&project, &steps),
        What::Tidy => tidy::is_tidy(&project.root),
        What::Autobahn { full, bless } => autobahn::run_all(&project, full, bless),
        What::New { what: New::Dialect { name } } => {
            scaffold::dialect(&project.root, &name)?;
            Ok(true)
        }
        What::Bench { arguments } => bench(&project, &arguments),
        What::Abuse { arguments } => bench(&project, &[vec!["abuse".to_owned()], arguments].concat()),
    }
}

/// Builds the program and the benchmark, and runs the benchmark with these arguments.
fn bench(project: &Project, arguments: &[String]) -> anyhow::Result<bool> {
    check::build_release(project)?;
    let program = project.target.join("release/tieline-bench");
    process::run(Command::new(program).args(arguments).current_dir(&project.root))?;
    Ok(true)
}
