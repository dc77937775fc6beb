//! What can be typed after `tieline opcua`: commands and options with their help.
//!
//! Promises: an option only records; doing anything comes later. Read by `run`.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::time::Duration;
use tieline_commandline::Given;
use tieline_model::settings::{Choice, Kind, Setting, Value};
use tieline_opcua_client::trust::Fault;
use tieline_opcua_settings::{SecurityMode, SecurityPolicy};

/// Both ways to name a variable: as it is configured, or by its server and node.
macro_rules! forms {
    ($command:literal, $named:literal, $value:literal) => {
        concat!(
            "tieline opcua ",
            $command,
            " [OPTIONS] ",
            $named,
            "\n       tieline opcua ",
            $command,
            " [OPTIONS] --server URL|SERVER --node NODE",
            $value
        )
    };
}
/// Browse, read and write OPC UA servers by hand, as the gateway does, beside it or without it.
#[derive(Debug, Parser)]
#[command(
    name = "tieline opcua",
    bin_name = "tieline opcua",
    no_binary_name = true,
    arg_required_else_help = true,
    after_help = "Begin with:\n  tieline opcua browse opc.tcp://127.0.0.1:4840\n  \
        tieline opcua browse opc.tcp://127.0.0.1:4840 --toml >> tieline.toml\n  tieline opcua read Temperature\n\n\
        Exit codes: 0 well, 1 it failed or a value is bad, 2 usage or configuration."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show what a server has, as a tree or as configuration.
    #[command(after_long_help = BROWSE)]
    Browse(Browse),
    /// Read variables once.
    #[command(override_usage = forms!("read", "NAME...", ""), after_help = "Examples:\n  tieline opcua read Temperature Pressure\n  \
        tieline opcua read --server opc.tcp://127.0.0.1:4840 --node 'ns=2;s=Oven.Temperature'\n\n\
        Exit codes: 0 every value is good or uncertain, 1 one is bad or could not be read, 2 usage or configuration.")]
    Read(Asked),
    /// Write one value.
    #[command(
        override_usage = forms!("write", "NAME VALUE", " VALUE"),
        after_help = "Examples:\n  tieline opcua write Setpoint 21.5\n  tieline opcua write Levels '[1, 2, 3]'\n  \
        tieline opcua write Setpoint -- -4\n  \
        tieline opcua write --server plant --node 'ns=2;s=Oven.On' true\n\n\
        The value has the type of the server's own variable unless --type says otherwise."
    )]
    Write(Write),
    /// Print every change, until Ctrl-C.
    #[command(override_usage = forms!("watch", "NAME...", ""), after_help = "Examples:\n  tieline opcua watch Temperature --for 10s\n  \
        tieline opcua watch Temperature Pressure --count 100 --json > changes.json")]
    Watch(Watch),
    /// Print the values that a server remembers, oldest first.
    #[command(override_usage = forms!("history", "NAME...", ""), after_help = "Example: tieline opcua history Temperature --from 2h --to now\n\n\
        Only the server is asked. What the gateway keeps by itself (`history = true`) is told to its own clients.")]
    History(History),
    /// Show what the configured folders hold: the variables that clients are given without being listed.
    #[command(after_help = "Example: tieline opcua folders plant\n\n\
        Exit codes: 0 every folder was looked through, 1 one could not be or holds more than is taken, 2 usage or configuration.")]
    Folders(Folders),
    /// Print OpcUaClient*.xml files, or those that a model file names, as a part of tieline.toml.
    #[command(after_help = "Example: tieline opcua import OpcUaWebServerModel.xml >> tieline.toml\n\n\
        What is odd in a file is told on standard error. Or let them be as they are: `import = [\"OpcUaClient0.xml\"]` \
        under [opcua] reads them at every start.")]
    Import(Import),
    /// See the certificates of servers, and say which are trusted.
    #[command(
        subcommand,
        after_help = "A server whose certificate nobody trusts yet is refused, and its certificate kept for you to look at. \
            A gateway that runs connects by itself once it is trusted."
    )]
    Trust(Trust),
}

/// One line per paragraph: it is wrapped for the terminal.
const BROWSE: &str = concat!(
    "What a line says:\n",
    "  name, node, type, access (r read, w write, h history), value. `[]` behind the type is an array. Objects and folders \
     end in a slash, methods in brackets. The server's own diagnostics are not opened unless --node names them.\n\n",
    "As configuration:\n",
    "  --toml prints every variable that was found, --config-for the named nodes only. Names, types, units and limits come \
     from the server; change the names as you like. A password is never printed.\n\n",
    "Examples:\n",
    "  tieline opcua browse opc.tcp://127.0.0.1:4840\n",
    "  tieline opcua browse plant --search temperature\n",
    "  tieline opcua browse opc.tcp://plc:4840 --node 'ns=2;s=Oven' --toml >> tieline.toml\n",
    "  tieline opcua browse opc.tcp://plc:4840 --policy Basic256Sha256 --user operator --password-file pw.txt",
);

/// How to speak with a server; what is not given comes from its configuration.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct Way {
    /// How what is sent is secured [default: as configured; for a URL the plainest offer, with --user the strongest].
    #[arg(long, value_parser = chosen::<SecurityPolicy>(SecurityPolicy::CHOICES))]
    pub(super) policy: Option<SecurityPolicy>,
    /// Signed, or signed and encrypted [default: SignAndEncrypt, when there is a policy].
    #[arg(long, value_parser = chosen::<SecurityMode>(SecurityMode::CHOICES))]
    pub(super) mode: Option<SecurityMode>,
    /// The user to log in as.
    #[arg(long, value_name = "NAME")]
    pub(super) user: Option<String>,
    /// The file whose first line is the user's password.
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
    /// Let the password go over the network where others can read it.
    #[arg(long)]
    pub(super) insecure_password: bool,
}

/// Which variables are meant.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Which {
    /// Names of configured variables.
    #[arg(value_name = "NAME", required_unless_present = "node", conflicts_with_all = ["node", "server"])]
    pub(super) names: Vec<String>,
    #[command(flatten)]
    pub(super) nodes: Nodes,
}

/// Nodes of a server, instead of configured variables.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Nodes {
    /// The server of --node: its URL, or the name of a configured one.
    #[arg(long, value_name = "URL|SERVER", requires = "node")]
    pub(super) server: Option<String>,
    /// A node instead of a name, as `tieline opcua browse` prints it, or as in nsu=URI;s=Name; can be repeated.
    #[arg(long, value_name = "NODE", requires = "server")]
    pub(super) node: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Browse {
    /// The server: its URL, or the name of a configured one.
    #[arg(value_name = "URL|SERVER")]
    pub(super) target: String,
    /// Where to begin [default: i=85, the folder Objects].
    #[arg(long, value_name = "NODE", conflicts_with = "config_for")]
    pub(super) node: Option<String>,
    /// How many levels to open [default: 3; 32 with --search or --toml].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=100))]
    pub(super) depth: Option<u16>,
    /// How many nodes to look at, at most.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) most: u32,
    /// Only what has this in its path, its display name or its node, in upper or lower case, and the way to it.
    #[arg(long, value_name = "TEXT")]
    pub(super) search: Option<String>,
    /// Print every variable that was found as configuration.
    #[arg(long, alias = "all", conflicts_with = "json")]
    pub(super) toml: bool,
    /// Print these nodes only as configuration.
    #[arg(long, value_name = "NODE", num_args = 1.., conflicts_with_all = ["json", "depth", "search"])]
    pub(super) config_for: Vec<String>,
    /// Print one JSON object per node, for programs.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) way: Way,
    #[command(flatten)]
    pub(super) given: Given,
}

/// What to ask of which variables.
#[derive(Debug, Args)]
pub(super) struct Asked {
    #[command(flatten)]
    pub(super) which: Which,
    /// Print one JSON object per line, for programs.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) way: Way,
    #[command(flatten)]
    pub(super) given: Given,
}

#[derive(Debug, Args)]
pub(super) struct Write {
    /// A configured variable and its new value, or the value alone where --node names the variable. An array is JSON.
    #[arg(value_name = "NAME VALUE", required = true, num_args = 1..=2)]
    pub(super) words: Vec<String>,
    #[command(flatten)]
    pub(super) nodes: Nodes,
    /// Write it as this built-in type, as in Int16, instead of the variable's own.
    #[arg(long, value_name = "TYPE")]
    pub(super) r#type: Option<String>,
    #[command(flatten)]
    pub(super) way: Way,
    #[command(flatten)]
    pub(super) given: Given,
}

#[derive(Debug, Args)]
pub(super) struct Watch {
    /// End after this time, as in 10s or 5m.
    #[arg(long = "for", value_name = "TIME", value_parser = length)]
    pub(super) length: Option<Duration>,
    /// End after so many changes.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) count: Option<u64>,
    // Last: what follows it would stand below its headings.
    #[command(flatten)]
    pub(super) asked: Asked,
}

#[derive(Debug, Args)]
pub(super) struct History {
    /// The beginning: 2020-01-02T03:04:05Z, 2020-01-02, or how long ago, as in 2h.
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub(super) from: String,
    /// The end, in the same forms, or now.
    #[arg(long, value_name = "TIME", default_value = "now")]
    pub(super) to: String,
    /// How many values of each variable, at most.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(super) most: u32,
    #[command(flatten)]
    pub(super) asked: Asked,
}

#[derive(Debug, Args)]
pub(super) struct Folders {
    /// Configured servers [default: all that have folders].
    #[arg(value_name = "SERVER")]
    pub(super) servers: Vec<String>,
    /// Print one JSON object per variable, for programs.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) way: Way,
    #[command(flatten)]
    pub(super) given: Given,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// OpcUaWebServerModel.xml, or OpcUaClient*.xml.
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Trust {
    /// Show the certificates that are trusted, and those that were refused.
    List(TrustList),
    /// Trust a certificate that was refused, or one from a file; or whatever an issuer (CA) has signed.
    #[command(
        override_usage = "tieline opcua trust add [OPTIONS] THUMBPRINT|FILE\n       tieline opcua trust add [OPTIONS] --ca FILE",
        after_help = "Compare the thumbprint with what the server itself shows before you trust it.\n\n\
        A certificate that an issuer vouches for has to be right in everything, and a new one of the same issuer needs nobody. \
        An issuer's list of revoked certificates lies beside it, as opcua/pki/issuers/NAME.crl in the store."
    )]
    Add(TrustAdd),
    /// Trust a certificate no longer, and forget it.
    Remove(TrustRemove),
}

#[derive(Debug, Args)]
pub(super) struct TrustList {
    /// Print one JSON object per certificate, for programs.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) given: Given,
}

#[derive(Debug, Args)]
pub(super) struct TrustAdd {
    /// The thumbprint as `tieline opcua trust list` prints it, or its first 16 digits or more; or a file, DER or PEM.
    #[arg(value_name = "THUMBPRINT|FILE", required_unless_present = "ca")]
    pub(super) which: Option<String>,
    /// Which of its faults do not matter, of this certificate alone: expired (or not yet valid), uri (it names another
    /// application URI, or none), host (it names other hosts) [default: none, which takes earlier ones back].
    #[arg(long, value_name = "FAULT,…", value_delimiter = ',', value_parser = fault)]
    pub(super) allow: Vec<Fault>,
    /// Trust whatever the issuer in this file has signed.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["which", "allow"])]
    pub(super) ca: Option<PathBuf>,
    #[command(flatten)]
    pub(super) given: Given,
}

#[derive(Debug, Args)]
pub(super) struct TrustRemove {
    /// The thumbprint as `tieline opcua trust list` prints it, or its first 16 digits or more.
    #[arg(value_name = "THUMBPRINT")]
    pub(super) which: String,
    #[command(flatten)]
    pub(super) given: Given,
}

/// One of the texts that the configuration takes for the same thing.
fn chosen<T: Setting + Clone + Send + Sync + 'static>(choices: &'static [Choice]) -> impl TypedValueParser<Value = T> {
    let names = choices.iter().map(|choice| choice.name);
    PossibleValuesParser::new(names).map(|name| T::from_value(&Value::Text(name)).unwrap_or_else(T::blank))
}

fn fault(word: &str) -> Result<Fault, String> {
    Fault::named(word).ok_or_else(|| {
        let words: Vec<&str> = Fault::ALL.iter().map(|fault| fault.word()).collect();
        format!("expected one of {}", words.join(", "))
    })
}

fn length(text: &str) -> Result<Duration, String> {
    match Kind::Duration.read(text) {
        Some(Value::Duration(length)) if !length.is_zero() => Ok(length),
        _ => Err("expected a whole number and its unit (ms, s, m, h or d), as in 10s".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::Arguments;
    use clap::CommandFactory;

    #[test]
    fn no_two_arguments_are_in_each_others_way() {
        Arguments::command().debug_assert();
    }
}
