//! What can be typed: commands and options with their help.
//!
//! Promises: an option only records; doing anything comes later. Read by `execute`.

use super::tool;
use clap::{Args, CommandFactory, Parser, Subcommand};
use tieline_commandline::Given;
use tieline_model::{Entry, Filter, Topic};

/// Stands between instruments and the web: one program in place of five products' WebSocket servers.
#[derive(Debug, Parser)]
#[command(
    name = "tieline",
    version,
    arg_required_else_help = true,
    after_help = "See it work: tieline demo\nSet it up:   tieline config example > tieline.toml, then tieline run"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the gateway until it is told to stop (SIGTERM or Ctrl-C).
    #[command(after_help = "Example: tieline run --config /etc/tieline.toml --set log.level=debug")]
    Run(RunArguments),
    /// Run everything with simulated instruments; nothing to configure.
    #[command(after_help = "Example: tieline demo")]
    Demo(DemoArguments),
    /// Check the configuration: every problem at once, or what would listen where.
    #[command(after_help = "Example: tieline check --config tieline.toml && systemctl restart tieline")]
    Check(CheckArguments),
    /// Print the configuration: as it came out, as an example, as a schema, as a reference.
    #[command(after_help = "Example: tieline config example > tieline.toml")]
    Config(ConfigArguments),
    /// Print messages of a running gateway as they come, one JSON object per line.
    Tail(TailArguments),
    /// Publish one message through a running gateway.
    Send(SendArguments),
}

/// What `tieline run` takes.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// The configuration.
    #[command(flatten)]
    pub given: Given,
    /// How many threads serve clients [default: one per core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub shards: Option<u16>,
}

/// What `tieline demo` takes.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Set one key over the demo's own, as in console.listen=127.0.0.1:0; can be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// How many threads serve clients [default: one per core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub shards: Option<u16>,
}

/// What `tieline check` takes.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The configuration.
    #[command(flatten)]
    pub given: Given,
    /// Print the result as one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ConfigArguments {
    #[command(subcommand)]
    pub(super) what: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// The configuration that holds, as TOML, each value with where it came from.
    #[command(after_help = "Example: tieline config show --set log.level=debug")]
    Show(Given),
    /// A complete commented file with every key, what it does and its default.
    #[command(after_help = "Example: tieline config example > tieline.toml")]
    Example,
    /// JSON Schema of the file, for editors.
    #[command(after_help = "Example: tieline config schema > tieline.schema.json")]
    Schema,
    /// The reference page of every metric and log line, as Markdown.
    #[command(after_help = "Example: tieline config metrics > docs/metrics.md")]
    Metrics,
    /// The reference page of every key, as Markdown.
    #[command(after_help = "Example: tieline config reference > docs/configuration.md")]
    Reference,
}

/// What `tieline tail` takes.
#[derive(Debug, Args)]
pub struct TailArguments {
    /// Which topics: `*` is one part, a final `>` one or more [default: all].
    #[arg(value_name = "FILTER", value_parser = Filter::parse)]
    pub filters: Vec<Filter>,
    /// End after this many messages [default: go on until the gateway ends].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// The gateway's console.
    #[arg(
        long,
        value_name = "URL",
        env = "TIELINE_CONSOLE",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8090"
    )]
    pub console: String,
}

/// What `tieline send` takes.
#[derive(Debug, Args)]
pub struct SendArguments {
    /// The topic; its first part names the dialect.
    #[arg(value_name = "TOPIC", value_parser = Topic::parse)]
    pub topic: Topic,
    /// The message as JSON.
    #[arg(value_name = "JSON", value_parser = parse_json)]
    pub json: String,
    /// The gateway's console.
    #[arg(
        long,
        value_name = "URL",
        env = "TIELINE_CONSOLE",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8090"
    )]
    pub console: String,
}

/// The command line with examples of these dialects, so that no dialect has to be named here.
pub(super) fn command(entries: &[Entry]) -> clap::Command {
    let tools = tool::tools(entries).map(|(entry, tool)| tool::command(entry, tool));
    let mut command = Arguments::command().subcommands(tools);
    let Some((topic, json)) = entries.last().map(|entry| entry.sample) else { return command };
    let all = entries.iter().map(|entry| format!("'{}.>'", entry.name)).collect::<Vec<_>>().join(" ");
    command = command.mut_subcommand("tail", |tail| tail.after_help(format!("Example: tieline tail {all}")));
    command.mut_subcommand("send", |send| send.after_help(format!("Example: tieline send {topic} '{json}'")))
}

/// The text itself when it is JSON: it is sent as it was typed.
fn parse_json(text: &str) -> Result<String, String> {
    match serde_json::from_str::<&serde_json::value::RawValue>(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("{error}; a text needs its quotes, as in '\"hello\"'")),
    }
}
