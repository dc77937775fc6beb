//! `tieline project`: what clients had imported, seen, taken out or cleared from the command line, and the jobs.
//!
//! Promises: data on standard output, talk on standard error; 0 well, 1 failed, 2 usage or configuration; nothing is
//! cleared without `--yes`, and looking makes no store. It reads the store itself, beside a running gateway or without
//! one. Called by the gateway's command line with what was typed after its name.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod arguments;
mod export;
mod json;
mod list;
mod table;
#[cfg(test)]
mod tests;

use arguments::{Arguments, Clear, Command, Given};
use clap::Parser;
use std::ffi::OsString;
use std::io::{self, Write};
use tieline_model::{Tool, ToolContext};
use tieline_store::{FILE, Store, StoreError};

/// This part of the command line.
pub const TOOL: Tool =
    Tool { name: Some("project"), about: "See, export and clear what clients had imported, and who asked for it", run };

/// Done.
const WELL: u8 = 0;
/// It failed, or there is no such thing.
const FAILED: u8 = 1;
/// It was not tried: the command line or the configuration is wrong.
const USAGE: u8 = 2;

/// How many rows are read at once.
const PAGE: usize = 500;

/// Why a command ends early.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The command line or the configuration is wrong.
    #[error("{0}")]
    Usage(String),
    /// There is no such thing, or a file cannot be written.
    #[error("{0}")]
    Failed(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

fn run(arguments: Vec<OsString>, context: &mut ToolContext<'_>) -> u8 {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help that was asked for is data; help because of a mistake is talk.
            let (text, code) = (error.render(), if error.use_stderr() { USAGE } else { WELL });
            let target: &mut dyn Write = if error.use_stderr() { context.diagnostics } else { context.out };
            return match write!(target, "{text}") {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => FAILED,
                _ => code,
            };
        }
    };
    let done = match &arguments.command {
        Command::List(arguments) => list::list(arguments, context),
        Command::Show(arguments) => list::show(arguments, context),
        Command::Export(arguments) => export::export(arguments, context),
        Command::Clear(arguments) => clear(arguments, context),
        Command::Jobs(arguments) => list::jobs(arguments, context),
    };
    let (code, text) = match done.and_then(|code| context.out.flush().map(|()| code).map_err(Failure::from)) {
        Ok(code) => return code,
        // Whoever reads our output has read enough, as `head` does.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => return WELL,
        Err(Failure::Usage(text)) => (USAGE, text),
        Err(failure) => (FAILED, failure.to_string()),
    };
    let _ = writeln!(context.diagnostics, "error: {text}");
    code
}

/// The store, when there is one; otherwise says so.
fn store(context: &mut ToolContext<'_>, given: &Given) -> Result<Option<Store>, Failure> {
    let settings = (context.configuration)(given.config.as_deref(), &given.set).map_err(Failure::Usage)?;
    if settings.store.join(FILE).exists() {
        return Ok(Some(Store::open(&settings.store)?));
    }
    let folder = table::harmless(&settings.store.display().to_string());
    writeln!(context.diagnostics, "Nothing was imported yet: there is no store in {folder} (store.path).")?;
    Ok(None)
}

fn clear(arguments: &Clear, context: &mut ToolContext<'_>) -> Result<u8, Failure> {
    let Some(mut store) = store(context, &arguments.given)? else { return Ok(WELL) };
    let totals = store.project().totals()?;
    let what = format!(
        "{} series with {} images and {} stages with {} elements",
        totals.series, totals.images, totals.stages, totals.elements
    );
    if !arguments.yes {
        return Err(Failure::Usage(format!("this would forget {what}; add --yes to do it")));
    }
    store.project().clear()?;
    writeln!(context.diagnostics, "Forgotten: {what}.")?;
    Ok(WELL)
}
