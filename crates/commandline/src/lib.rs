//! What every part of the command line shares: exit codes, where the configuration comes from, how a command ends, tables.
//!
//! Promises: data on standard output, diagnostics on standard error; 0 well, 1 failed, 2 usage or configuration; whoever reads
//! enough of the output and goes, as `head` does, is no failure. Called by the gateway's commands and by backends' tools.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod table;

pub use table::{Plain, printable};

use clap::{Args, Parser};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use tieline_model::ToolContext;

/// Done, as it was asked for.
pub const WELL: u8 = 0;
/// It was tried and failed, or something is not as it should be.
pub const FAILED: u8 = 1;
/// It was not tried: the command line or the configuration is wrong.
pub const USAGE: u8 = 2;

/// Over what says where the configuration comes from, and nothing else.
const HEADING: &str = "Configuration";

/// Where the configuration comes from.
#[derive(Debug, Clone, Default, Args)]
pub struct Given {
    /// The configuration file [default: tieline.toml in this folder].
    #[arg(long, value_name = "FILE", env = "TIELINE_CONFIG", hide_env_values = true, help_heading = HEADING)]
    pub config: Option<PathBuf>,
    /// Set one key over file and environment, as in store.path=/data/tieline; can be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE", help_heading = HEADING)]
    pub set: Vec<String>,
}

/// Why a command ends early.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line or the configuration is wrong.
    #[error("{0}")]
    Usage(String),
    /// A server, a file or the store did not do what was asked.
    #[error("{0}")]
    Failed(String),
    /// Output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

/// Reads a tool's arguments, those after its name, has `carry_out` do what they say, tells what went wrong, and gives the exit
/// code.
pub fn run<A: Parser, E: Into<Failure>>(
    arguments: Vec<OsString>,
    context: &mut ToolContext<'_>,
    carry_out: impl FnOnce(&A, &mut ToolContext<'_>) -> Result<u8, E>,
) -> u8 {
    let arguments = match A::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help that was asked for is data; help because of a mistake is not.
            let (text, code) = (error.render(), if error.use_stderr() { USAGE } else { WELL });
            let target: &mut dyn Write = if error.use_stderr() { context.diagnostics } else { context.out };
            return match write!(target, "{text}") {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => FAILED,
                _ => code,
            };
        }
    };
    let done = carry_out(&arguments, context).map_err(E::into);
    let (code, text) = match done.and_then(|code| context.out.flush().map(|()| code).map_err(Failure::from)) {
        Ok(code) => return code,
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => return WELL,
        Err(Failure::Usage(text)) => (USAGE, text),
        Err(failure) => (FAILED, failure.to_string()),
    };
    // Nobody is left to be told.
    let _ = writeln!(context.diagnostics, "error: {text}");
    code
}

#[cfg(test)]
mod tests;
