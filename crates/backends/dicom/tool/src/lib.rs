//! `tieline mr`: build templates from an archive, compare files with them, see and choose them.
//!
//! Promises: data on standard output, talk on standard error; 0 well, 1 failed or differs, 2 usage or configuration.
//! Called by the gateway's command line through [`TOOL`], with what was typed after `tieline mr`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod arguments;
mod check;
mod index;
mod report;
mod selfcheck;
mod templates;
#[cfg(test)]
mod tests;

use arguments::{Arguments, Command};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tieline_commandline::Given;
use tieline_dicom_backend::DicomSettings;
use tieline_dicom_judge::templates::Origin;
use tieline_dicom_read::{Header, ReadLimits, Unreadable, read};
use tieline_model::{Tool, ToolContext};
use tieline_store::StoreError;

/// The DICOM backend's part of the command line, for its registry line.
pub const TOOL: Tool =
    Tool { name: None, about: "Build and see the templates of MR studies, and check files by hand", run };

/// What a command meets outside.
struct Context<'a> {
    /// Data.
    out: &'a mut dyn Write,
    /// Talk.
    diagnostics: &'a mut dyn Write,
    /// Whether talk goes to a terminal: then there is a progress bar, on the program's standard error.
    is_terminal: bool,
    /// Finds out from the configuration where the store's folder is and what the section says; an error is its text.
    store: &'a Configured<'a>,
}

/// Where the store's folder is and what the section says, or what is wrong with the configuration.
type Configured<'a> = dyn Fn(&Given) -> Result<(PathBuf, DicomSettings), String> + 'a;

/// Reads a file's header.
type Reader<'a> = dyn Fn(&Path) -> Result<Header, Unreadable> + Sync + 'a;

/// Why a command ends early.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The command line or the configuration is wrong.
    #[error("{0}")]
    Usage(String),
    /// The store, or a reference database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

/// `tieline mr …`.
fn run(arguments: Vec<OsString>, context: &mut ToolContext<'_>) -> u8 {
    let limits = ReadLimits::default();
    tieline_commandline::run(arguments, context, |arguments: &Arguments, context| {
        let configuration = context.configuration;
        let store = move |given: &Given| {
            let settings = configuration(given.config.as_deref(), &given.set)?;
            Ok((settings.store, DicomSettings::from_values(&settings.values)))
        };
        let (out, diagnostics) = (&mut *context.out, &mut *context.diagnostics);
        let context = &mut Context { out, diagnostics, is_terminal: context.is_terminal, store: &store };
        carry_out(&arguments.command, context, &|path| read(path, &limits))
    })
}

fn carry_out(command: &Command, context: &mut Context<'_>, reader: &Reader<'_>) -> Result<u8, Failure> {
    match command {
        Command::Index(arguments) => index::index(arguments, context, reader),
        Command::Check(arguments) => check::check(arguments, context, reader),
        Command::Selfcheck(arguments) => selfcheck::selfcheck(arguments, context, reader),
        Command::Report(arguments) => report::report(arguments, context),
        Command::Templates(arguments) => templates::templates(arguments, context),
    }
}

impl From<Failure> for tieline_commandline::Failure {
    fn from(failure: Failure) -> tieline_commandline::Failure {
        match failure {
            Failure::Usage(text) => Self::Usage(text),
            Failure::Store(error @ StoreError::Reference { .. }) => Self::Usage(error.to_string()),
            Failure::Output(error) => Self::Output(error),
            failure => Self::Failed(failure.to_string()),
        }
    }
}

impl Context<'_> {
    fn configured(&self, given: &Given) -> Result<(PathBuf, DicomSettings), Failure> {
        (self.store)(given).map_err(Failure::Usage)
    }

    fn origin(&self, given: &Given) -> Result<Origin, Failure> {
        let (folder, settings) = self.configured(given)?;
        Ok(Origin::open(&folder, &settings.templates)?)
    }
}
