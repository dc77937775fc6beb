//! The configuration: one TOML file, the environment and flags, read into a checked [`Config`] or every problem at once.
//!
//! Promises: nothing is opened but the files that the configuration names; what is in a [`Config`] fits together.
//! Called by the command line, with the registry's entries; tests bring entries of their own.

#![cfg_attr(any(test, feature = "testing"), allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod catalog;
mod effective;
pub mod limits;
pub mod problem;
mod read;
mod render;
mod rules;
pub mod sections;
mod show;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use catalog::{ANY, Catalog, Key, Role, Section, variable};
pub use effective::{Effective, Setting};
pub use limits::{Limits, QueueFull, WholeLimits};
pub use problem::{Fault, Origin, Place, Problem, Problems, Source};
pub use read::tables::MOST_NAMES;
pub use render::render;
pub use sections::{
    AccessSettings, Compression, ConsoleSettings, LogFormat, LogLevel, LogSettings, ProxyProtocol, ProxySettings,
    StoreSettings, TlsKeys, TlsSettings,
};

use read::given::Given;
use read::{file, overrides};
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use tieline_model::Entry;
use tieline_model::settings::Values;

/// Everything the gateway was told, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// What lasts.
    pub store: StoreSettings,
    /// The web pages; `None`: there are none.
    pub console: Option<ConsoleSettings>,
    /// Who may connect.
    pub access: AccessSettings,
    /// Who speaks for others.
    pub proxy: ProxySettings,
    /// `access.limits`: the limits of what has none of its own.
    pub limits: Limits,
    /// `access.limits`: those of the gateway as a whole.
    pub whole: WholeLimits,
    /// Encryption; `None`: no listener speaks TLS.
    pub tls: Option<TlsSettings>,
    /// What the program says while it runs.
    pub log: LogSettings,
    /// The dialects that are switched on, in the registry's order.
    pub listeners: Vec<ListenerConfig>,
    /// What works but deserves a look; said at every start.
    pub warnings: Vec<Problem>,
    /// The file it was read from, for showing its lines.
    pub source: Source,
    /// Every value with where it came from, for `config show`.
    pub effective: Effective,
}

/// One dialect's listener.
#[derive(Clone)]
pub struct ListenerConfig {
    /// The dialect.
    pub entry: &'static Entry,
    /// Where it listens; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Where its web pages are; `None` when it has none. Port 0 takes any free one.
    pub http: Option<SocketAddr>,
    /// Whether it may be reached from other machines without TLS.
    pub insecure: bool,
    /// Whether it speaks TLS; then `Config::tls` is there.
    pub tls: bool,
    /// Whether its clients may compress.
    pub compression: Compression,
    /// Its limits, after those of `access.limits`.
    pub limits: Limits,
    /// Its own settings and those of its backend, with what the files have brought that the backend reads as further
    /// configuration.
    pub values: Values,
}

impl std::fmt::Debug for ListenerConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ListenerConfig").field("dialect", &self.entry.name).field("listen", &self.listen).finish()
    }
}

/// What a configuration is made from.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// The file as the person named it.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Environment variables; those that do not begin with `TIELINE_` are not looked at.
    pub variables: Vec<(String, String)>,
    /// `--set` flags, each `section.key=value`.
    pub flags: Vec<String>,
}

/// The longest file that is read, in bytes.
const LONGEST: u64 = 4 << 20;

impl Input {
    /// Reads the file; a problem without a line when that cannot be done.
    pub fn open(path: &Path, variables: Vec<(String, String)>, flags: Vec<String>) -> Result<Input, Problems> {
        let name = path.display().to_string();
        let mut bytes = Vec::new();
        let read = std::fs::File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
        let (why, hint) = match read {
            Ok(read) if read as u64 <= LONGEST => return Ok(Input { path: name, bytes, variables, flags }),
            Ok(_) => ("it is longer than 4 MiB".to_owned(), "name the configuration file with --config"),
            Err(error) => {
                (error.to_string(), "name the configuration file with --config; `tieline config example` prints one")
            }
        };
        let message = format!("cannot read {name}: {why}");
        let problem = Problem::new(Fault::Unreadable, "", message, Origin::Default, hint.to_owned()).with(&name, "");
        Err(Problems { source: Source::new(name, String::new()), list: vec![problem] })
    }
}

/// Reads and checks a configuration for a gateway with these dialects.
pub fn load(input: &Input, entries: &'static [Entry]) -> Result<Config, Problems> {
    let catalog = Catalog::new(entries);
    let source = Source::new(input.path.clone(), String::from_utf8_lossy(&input.bytes).into_owned());
    let mut given = Given::default();
    match std::str::from_utf8(&input.bytes) {
        Ok(_) => file::read(&catalog, &source, &mut given),
        Err(error) => given.problems.push(not_text(&source, error.valid_up_to())),
    }
    let mut warnings = overrides::environment(&catalog, &input.variables, &mut given);
    overrides::flags(&catalog, &input.flags, &mut given);
    let config = rules::assemble(&catalog, entries, &source, &mut given, &mut warnings);
    if given.problems.is_empty() {
        let effective = Effective::new(&catalog, &source, &given, &config);
        return Ok(Config { source, warnings, effective, ..config });
    }
    let mut list = given.problems;
    list.sort_by_key(|problem| match &problem.origin {
        Origin::File(place) => (0, place.span.start),
        _ => (1, 0),
    });
    Err(Problems { source, list })
}

fn not_text(source: &Source, at: usize) -> Problem {
    let hint = "save the file as UTF-8".to_owned();
    let message = "the file is not UTF-8 text".to_owned();
    Problem::new(Fault::Syntax, "", message, source.at(at..at + '\u{fffd}'.len_utf8()), hint)
}

#[cfg(test)]
mod tests;
