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
#[cfg(test)]
mod tests;

use arguments::{Arguments, Clear, Command};
use std::ffi::OsString;
use std::io;
use tieline_commandline::{Given, WELL, printable};
use tieline_model::{Tool, ToolContext};
use tieline_store::{FILE, Store, StoreError};

/// This part of the command line.
pub const TOOL: Tool =
    Tool { name: Some("project"), about: "See, export and clear what clients had imported, and who asked for it", run };

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
    tieline_commandline::run(arguments, context, |arguments: &Arguments, context| match &arguments.command {
        Command::List(arguments) => list::list(arguments, context),
        Command::Show(arguments) => list::show(arguments, context),
        Command::Export(arguments) => export::export(arguments, context),
        Command::Clear(arguments) => clear(arguments, context),
        Command::Jobs(arguments) => list::jobs(arguments, context),
    })
}

impl From<Failure> for tieline_commandline::Failure {
    fn from(failure: Failure) -> tieline_commandline::Failure {
        match failure {
            Failure::Usage(text) => Self::Usage(text),
            Failure::Output(error) => Self::Output(error),
            failure => Self::Failed(failure.to_string()),
        }
    }
}

/// The store, when there is one; otherwise says so.
fn store(context: &mut ToolContext<'_>, given: &Given) -> Result<Option<Store>, Failure> {
    let settings = (context.configuration)(given.config.as_deref(), &given.set).map_err(Failure::Usage)?;
    if settings.store.join(FILE).exists() {
        return Ok(Some(Store::open(&settings.store)?));
    }
    let folder = printable(&settings.store.display().to_string());
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
