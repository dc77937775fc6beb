//! `tieline opcua`: look into OPC UA servers, read and write by hand, take over the reference's files, trust certificates.
//!
//! Promises: data on standard output, talk on standard error; 0 well, 1 failed, 2 usage or configuration; what changes
//! something says so. It works beside a running gateway and without one: every command opens a session of its own.
//! Called by the gateway's command line with what was typed after `tieline opcua`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod arguments;
mod browse;
mod folders;
mod history;
mod import;
mod reach;
mod read;
mod status;
mod target;
mod text;
mod trust;
mod variable;
mod watch;
mod write;

#[cfg(test)]
mod tests;

use arguments::{Arguments, Command};
use std::ffi::OsString;
use tieline_commandline::{Failure, Given};
use tieline_model::{Tool, ToolContext, ToolSettings};

/// This backend's part of the command line.
pub const TOOL: Tool =
    Tool { name: None, about: "Browse, read and write OPC UA servers, trust them, take over configuration files", run };

fn run(arguments: Vec<OsString>, context: &mut ToolContext<'_>) -> u8 {
    tieline_commandline::run(arguments, context, |arguments: &Arguments, context| {
        carry_out(&arguments.command, context)
    })
}

fn carry_out(command: &Command, context: &mut ToolContext<'_>) -> Result<u8, Failure> {
    match command {
        Command::Import(arguments) => import::import(arguments, context),
        Command::Trust(command) => trust::trust(command, context),
        Command::Browse(arguments) => online(browse::browse(arguments, context)),
        Command::Read(arguments) => online(read::read(arguments, context)),
        Command::Write(arguments) => online(write::write(arguments, context)),
        Command::Watch(arguments) => online(watch::watch(arguments, context)),
        Command::Folders(arguments) => online(folders::folders(arguments, context)),
        Command::History(arguments) => online(history::history(arguments, context)),
    }
}

/// Runs what talks to a server, on this thread.
fn online(command: impl Future<Output = Result<u8, Failure>>) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::Failed(format!("cannot begin to work: {error}")))?.block_on(command)
}

/// The server does not tell its types.
fn types_failed(status: opcua::types::StatusCode) -> Failure {
    Failure::Failed(format!("the server's types cannot be read: {}", status::name(status)))
}

/// What the configuration says.
fn configured(context: &ToolContext<'_>, given: &Given) -> Result<ToolSettings, Failure> {
    (context.configuration)(given.config.as_deref(), &given.set).map_err(Failure::Usage)
}
