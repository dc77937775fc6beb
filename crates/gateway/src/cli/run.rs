//! `tieline run`: the gateway with a configuration that was checked, until it is told to stop.

use super::signals::{Signals, Told};
use super::{USAGE, WELL, stop};
use crate::gateway::{Gateway, Options, StartError};
use crate::panics;
use crate::print;
use crate::screen::first_screen;
use std::io::{IsTerminal, Write};
use tieline_config::{Config, LogFormat, LogLevel};
use tieline_telemetry::events::Reloaded;
use tieline_transport::Clock;
use tracing_subscriber::EnvFilter;

/// Keys that SIGHUP takes over; others need a restart.
const RELOADED: [&str; 6] =
    ["access.hosts", "access.origins", "access.proxy.from", "access.proxy.protocol", "tls.cert", "tls.key"];

/// Reads the configuration again, having told what is wrong with it; `None` when it cannot be used.
pub(super) type Reread<'a> = &'a mut dyn FnMut(&mut dyn Write) -> anyhow::Result<Option<Config>>;

/// How to run.
pub(super) struct How<'a> {
    /// The number of threads; one per core when nothing is said.
    pub(super) shards: Option<u16>,
    /// Whether simulated clients run.
    pub(super) demo: bool,
    /// What SIGHUP does.
    pub(super) reread: Reread<'a>,
}

/// Runs until SIGTERM or Ctrl-C; the exit code.
pub(super) fn run(config: &Config, how: How<'_>, diagnostics: &mut dyn Write) -> anyhow::Result<u8> {
    if config.listeners.is_empty() {
        anyhow::bail!("no dialect is switched on; add the section of one, `tieline config example` has them all");
    }
    start_log(config);
    panics::quiet();
    print::stderr().hurry();
    let signals = Signals::listen()?;
    let options = Options { shards: how.shards.map_or(0, usize::from), clock: Clock::system(), demo: how.demo };
    let gateway = match Gateway::start(config, options) {
        Ok(gateway) => gateway,
        Err(error @ StartError::Store(_)) => {
            writeln!(
                diagnostics,
                "error: {error}\n\nhint: --set store.path=FOLDER gives this gateway a store of its own"
            )?;
            return Ok(USAGE);
        }
        Err(error) => return Err(error.into()),
    };
    let program = std::env::args().next().unwrap_or_else(|| "tieline".to_owned());
    diagnostics.write_all(first_screen(&gateway, config, how.demo, &program).as_bytes())?;
    diagnostics.flush()?;
    while let Told::Reload = signals.next() {
        if let Err(error) = reload(&gateway, config, how.reread, diagnostics) {
            writeln!(diagnostics, "error: {error:#}; the configuration in use stays")?;
        }
    }
    let farewell = stop::stop(gateway, &signals)?;
    writeln!(diagnostics, "{}", stop::in_words(farewell))?;
    Ok(WELL)
}

/// Takes over what can be, and names what cannot.
fn reload(gateway: &Gateway, running: &Config, reread: Reread<'_>, diagnostics: &mut dyn Write) -> anyhow::Result<()> {
    let refused = || Reloaded { result: "refused" }.emit();
    let Some(config) = reread(diagnostics).inspect_err(|_| refused())? else {
        refused();
        return Ok(());
    };
    gateway.reload(&config).inspect_err(|_| refused())?;
    let mut others = config.effective.changed_since(&running.effective);
    others.retain(|key| !RELOADED.contains(&key.as_str()));
    if others.is_empty() {
        Reloaded { result: "applied" }.emit();
    } else {
        Reloaded { result: "partly" }.emit();
        writeln!(diagnostics, "these keys have changed and need a restart: {}", others.join(", "))?;
    }
    Ok(())
}

fn start_log(config: &Config) {
    let level = match config.log.level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    // What a library says may repeat what a client or a server said; what went wrong with it has an event of ours.
    let filter = EnvFilter::new(format!("off,tieline={level}"));
    // What fails in writing a line is the printer's to count; nothing else may be printed over it.
    let log = tracing_subscriber::fmt().with_env_filter(filter).log_internal_errors(false);
    let log = log.with_writer(|| print::stderr().lines());
    // A second start in one process keeps the first one's log.
    let _ = match config.log.format {
        LogFormat::Text => log.with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    print::stderr().has_log();
}
