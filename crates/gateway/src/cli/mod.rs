//! The command line: what a person types, what is done about it, and with which exit code it ends.
//!
//! Promises: data on standard output, talk on standard error; 0 well, 1 failed, 2 usage or configuration. Called by the
//! program's `main`; tests call `execute` with a world of their own.

mod allocator;
mod arguments;
mod demo;
mod load;
mod remote;
mod run;
mod show;
mod signals;
mod stop;
#[cfg(test)]
mod tests;
mod tool;

pub use arguments::{CheckArguments, DemoArguments, RunArguments, SendArguments, TailArguments};
pub use tieline_commandline::{FAILED, Given, USAGE, WELL};

use crate::panics;
use crate::print::{self, Out};
use crate::registry::DIALECTS;
use arguments::{Arguments, Command};
use clap::FromArgMatches;
use remote::{send, tail};
use show::{check, config};
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use tieline_model::Entry;

/// What a command line meets outside: everything it reads and writes but files.
pub struct World<'a> {
    /// Data.
    pub out: &'a mut dyn Write,
    /// Talk.
    pub diagnostics: &'a mut dyn Write,
    /// Whether talk may have colour.
    pub colour: bool,
    /// The environment variables that begin with `TIELINE_`.
    pub variables: Vec<(String, String)>,
    /// The dialects there are.
    pub entries: &'static [Entry],
}

/// The program.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    allocator::settle(&arguments);
    let printer = print::stderr();
    panics::plain();
    let (mut out, mut diagnostics) = (Out::new(io::stdout()), printer.diagnostics());
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colour = io::stderr().is_terminal() && !plain;
    let variables = std::env::vars_os()
        .filter(|(name, _)| name.to_string_lossy().starts_with("TIELINE_"))
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .collect();
    let mut world = World { out: &mut out, diagnostics: &mut diagnostics, colour, variables, entries: DIALECTS };
    let code = execute(arguments, &mut world);
    let code = out.finish(code, &mut diagnostics);
    drop(diagnostics);
    printer.finish();
    ExitCode::from(code)
}

/// Does what `arguments` say (the first is the program's own name) and returns the exit code.
pub fn execute(arguments: impl IntoIterator<Item = OsString>, world: &mut World<'_>) -> u8 {
    let parsed =
        arguments::command(world.entries).try_get_matches_from(tool_help(arguments.into_iter(), world.entries));
    if let Some(code) = parsed.as_ref().ok().and_then(|matches| tool::tool(matches, world)) {
        return code;
    }
    let arguments = match parsed.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help that was asked for is data; help because of a mistake is talk.
            let (text, code) = (error.render(), if error.use_stderr() { USAGE } else { WELL });
            let target: &mut dyn Write = if error.use_stderr() { world.diagnostics } else { world.out };
            let text = if world.colour { text.ansi().to_string() } else { text.to_string() };
            return match target.write_all(text.as_bytes()) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => FAILED,
                _ => code,
            };
        }
    };
    match dispatch(arguments.command, world) {
        Ok(code) => code,
        // Whoever reads our output has read enough, as `head` does.
        Err(error) if is_broken_pipe(&error) => WELL,
        // Without words around it it is that of our output.
        Err(error) if error.is::<io::Error>() => {
            let _ = writeln!(world.diagnostics, "error: cannot write the output: {error}");
            FAILED
        }
        Err(error) => {
            let _ = writeln!(world.diagnostics, "error: {error:#}");
            FAILED
        }
    }
}

/// `tieline help NAME …` of a tool becomes `tieline NAME … --help`: only the tool knows its own help.
fn tool_help(arguments: impl Iterator<Item = OsString>, entries: &[Entry]) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.collect();
    let is_tool = |word: &OsString| tool::tools(entries).any(|(entry, tool)| word == tool::name(entry, tool));
    if arguments.get(1).is_some_and(|word| word == "help") && arguments.get(2).is_some_and(is_tool) {
        arguments.remove(1);
        arguments.push("--help".into());
    }
    arguments
}

fn dispatch(command: Command, world: &mut World<'_>) -> anyhow::Result<u8> {
    match command {
        Command::Run(arguments) => match load::load(&arguments.given, world)? {
            Some(config) => {
                let (variables, entries, colour) = (world.variables.clone(), world.entries, world.colour);
                let mut reread = |diagnostics: &mut dyn Write| {
                    let (out, variables) = (&mut io::sink(), variables.clone());
                    load::load(&arguments.given, &mut World { out, diagnostics, colour, variables, entries })
                };
                let how = run::How { shards: arguments.shards, demo: false, reread: &mut reread };
                run::run(&config, how, world.diagnostics)
            }
            None => Ok(USAGE),
        },
        Command::Demo(arguments) => demo::demo(&arguments, world),
        Command::Check(arguments) => check::check(&arguments, world),
        Command::Config(arguments) => config::config(arguments, world),
        Command::Tail(arguments) => tail::tail(&arguments, world.out, world.diagnostics).map(|()| WELL),
        Command::Send(arguments) => send::send(&arguments, world.out).map(|()| WELL),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
