//! `tieline run`: the gateway with a configuration that was checked, until it is told to stop.

use crate::config::{Config, LogFormat, LogLevel};
use crate::gateway::{Gateway, Options, StartError};
use crate::screen::first_screen;
use anyhow::Context;
use std::io::{IsTerminal, Write};
use tieline_transport::Clock;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Runs until SIGTERM or Ctrl-C; `shards` is the number of threads, one per core when nothing is said.
pub(super) fn run(config: &Config, shards: Option<u16>, demo: bool, talk: &mut dyn Write) -> anyhow::Result<()> {
    if config.listeners.is_empty() {
        anyhow::bail!("no dialect is switched on; add the section of one, `tieline config example` has them all");
    }
    start_log(config);
    // Each client is a file descriptor; the usual soft limit of 1024 is no limit that anyone chose for a gateway.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let options = Options { shards: shards.map_or(0, usize::from), clock: Clock::system(), demo };
    let gateway = Gateway::start(config, options).map_err(explain)?;
    let program = std::env::args().next().unwrap_or_else(|| "tieline".to_owned());
    talk.write_all(first_screen(&gateway, config, demo, &program).as_bytes())?;
    talk.flush()?;
    wait_for_end()?;
    let farewell = gateway.stop();
    match farewell.cut {
        0 => writeln!(talk, "stopped; {} sessions said goodbye", farewell.sessions)?,
        cut => {
            writeln!(talk, "stopped; {cut} of {} sessions did not finish in time and were cut off", farewell.sessions)?
        }
    }
    Ok(())
}

fn wait_for_end() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminated = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
        let mut interrupted = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
        let mut hung_up = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
        loop {
            tokio::select! {
                _ = terminated.recv() => return Ok(()),
                _ = interrupted.recv() => return Ok(()),
                _ = hung_up.recv() => {
                    tracing::warn!(target: "tieline", "SIGHUP: this version does not reload; restart to use a new configuration");
                }
            }
        }
    })
}

fn start_log(config: &Config) {
    let level = match config.log.level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    // Libraries speak up only when something is wrong.
    let filter = EnvFilter::new(format!("warn,tieline={level}"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process keeps the first one's log.
    let _ = match config.log.format {
        LogFormat::Text => log.with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}

/// Adds what to do about a start that failed.
fn explain(error: StartError) -> anyhow::Error {
    let hint = match &error {
        StartError::Transport(tieline_transport::StartError::Bind(errors)) => {
            let dialect = errors.first().map_or("", |error| error.dialect);
            format!("another program may listen there already; stop it, or choose another address: --set {dialect}.listen=127.0.0.1:0")
        }
        StartError::Console { .. } => {
            "another program may listen there already; stop it, or choose another address: --set console.listen=127.0.0.1:0".to_owned()
        }
        _ => return error.into(),
    };
    anyhow::anyhow!("{error}\n\nhint: {hint}")
}
