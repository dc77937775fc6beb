//! `tieline <dialect> …`, or a name of its own: the part of the command line that a dialect's backend brings.
//!
//! Promises: the gateway knows the name and the configuration only; what the arguments mean is the backend's to say.

use super::World;
use super::load::{NoFile, read};
use crate::print;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use tieline_commandline::Given;
use tieline_config::{self as config, Config, Input};
use tieline_model::settings::Values;
use tieline_model::{Entry, Tool, ToolContext, ToolSettings};

/// The tools of these dialects.
pub(super) fn tools(entries: &[Entry]) -> impl Iterator<Item = (&Entry, Tool)> {
    entries.iter().filter_map(|entry| Some((entry, entry.backend?.tool?)))
}

/// What a tool is called with.
pub(super) fn name(entry: &Entry, tool: Tool) -> &'static str {
    tool.name.unwrap_or(entry.name)
}

/// The command of a tool: it takes whatever follows, help among it.
pub(super) fn command(entry: &Entry, tool: Tool) -> clap::Command {
    let arguments = clap::Arg::new("arguments")
        .num_args(0..)
        .trailing_var_arg(true)
        .allow_hyphen_values(true)
        .value_parser(clap::value_parser!(OsString));
    clap::Command::new(name(entry, tool)).about(tool.about).disable_help_flag(true).arg(arguments)
}

/// Does what the arguments say when they are a tool's; `None` when they are not.
pub(super) fn tool(matches: &clap::ArgMatches, world: &mut World<'_>) -> Option<u8> {
    let (called, matches) = matches.subcommand()?;
    let (entry, tool) = tools(world.entries).find(|(entry, tool)| name(entry, *tool) == called)?;
    let arguments = matches.get_many::<OsString>("arguments").into_iter().flatten().cloned().collect();
    let (variables, entries) = (world.variables.clone(), world.entries);
    let configuration = |file: Option<&Path>, set: &[String]| {
        let given = Given { config: file.map(Path::to_path_buf), set: set.to_vec() };
        settings(
            entry,
            &given,
            &mut World {
                out: &mut std::io::sink(),
                diagnostics: &mut std::io::sink(),
                colour: false,
                variables: variables.clone(),
                entries,
            },
        )
    };
    // What it says besides its data must not hold it up at the end.
    print::stderr().hurry();
    let is_terminal = std::io::stderr().is_terminal();
    let mut context =
        ToolContext { out: world.out, diagnostics: world.diagnostics, is_terminal, configuration: &configuration };
    Some((tool.run)(arguments, &mut context))
}

/// What the configuration says to the tool, or what is wrong with it.
fn settings(entry: &Entry, given: &Given, world: &mut World<'_>) -> Result<ToolSettings, String> {
    let loaded = match read(given, world) {
        Ok(loaded) => loaded,
        // Without a file everything has its default, and what is given besides still holds.
        Err(NoFile) => {
            let bytes = format!("[{}]\n", entry.name).into_bytes();
            let (variables, flags) = (world.variables.clone(), given.set.clone());
            config::load(&Input { path: "(no configuration file)".to_owned(), bytes, variables, flags }, world.entries)
        }
    };
    match loaded {
        Ok(config) => Ok(ToolSettings { values: values(entry, &config), store: PathBuf::from(config.store.path) }),
        Err(problems) => {
            let text = config::render(&problems.source, &problems.list, world.colour);
            // A tool says itself that it is an error.
            Err(text.strip_prefix("error: ").unwrap_or(&text).trim_end().to_owned())
        }
    }
}

fn values(entry: &Entry, config: &Config) -> Values {
    let listener = config.listeners.iter().find(|listener| listener.entry.name == entry.name);
    listener.map(|listener| listener.values.clone()).unwrap_or_default()
}
