//! A server that watches a folder, and the browser that listens to it.
//!
//! Promises: when it is handed out, the folder is watched and everything told so far has been heard. Called by the steps
//! of this folder.

use super::files::{Patterns, write};
use super::listener::{Listener, Told};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tieline_bench_kit::machine::{Cores, pause};
use tieline_bench_kit::target::{Meter, Server, Speech, Target, free_address};

/// Tieline under test: its own defaults.
pub(crate) const CONFIG: &str = "\
[store]
path = \"SCRATCH/store\"

[console]
listen = \"127.0.0.1:CONSOLE\"

[mr]
listen = \"127.0.0.1:PORT\"
http = \"127.0.0.1:PAGE\"
watch = [\"SCRATCH/watched\"]
";

/// A browser says nothing.
pub(crate) const BROWSER: Speech =
    Speech { subscribe_path: "/", publish_path: "/", opening: "", before: "", after: "" };

/// How long a server may take until it watches.
const START: Duration = Duration::from_secs(15);
/// Silence after which everything has been told.
const QUIET: Duration = Duration::from_millis(300);
/// How long counters may lag behind frames.
const LAG: Duration = Duration::from_secs(5);

/// The pair of them.
#[derive(Debug)]
pub(crate) struct Watched {
    server: Server,
    listener: Option<Listener>,
    /// The folder that is watched.
    pub(crate) folder: PathBuf,
    /// A folder on the same file system that is not.
    pub(crate) aside: PathBuf,
    /// Where Tieline's metrics are; none for the peer, which has none.
    console: Option<SocketAddr>,
}

impl Watched {
    /// Starts `target` on an empty folder in `scratch`; its log goes to `work`.
    pub(crate) fn start(target: &Target, patterns: &Patterns, scratch: &Path, work: &Path) -> Result<Watched> {
        if scratch.exists() {
            fs::remove_dir_all(scratch)?;
        }
        let (folder, aside) = (scratch.join("watched"), scratch.join("aside"));
        for path in [&folder, &aside] {
            fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))?;
        }
        let (console, page) = (free_address()?, free_address()?);
        let (scratch, ports) = (scratch.display().to_string(), [console, page].map(|a| a.port().to_string()));
        let settings = [("CONSOLE", ports[0].as_str()), ("PAGE", ports[1].as_str()), ("SCRATCH", scratch.as_str())];
        // In the field nobody gives such a server a core of its own, and it has threads for several.
        let cores = Cores { server: None, client_threads: 1 };
        let server = Server::start_with(target, &settings, &cores, work)?;
        let listener = Listener::connect(&server).map_err(|error| server.blame(error))?;
        let console = target.config.map(|_| console);
        let watched = Watched { server, listener: Some(listener), folder, aside, console };
        watched.blamed(watched.wait_until_it_watches(patterns))?;
        Ok(watched)
    }

    /// Adds a server's last words to an error.
    pub(crate) fn blamed<T>(&self, done: Result<T>) -> Result<T> {
        done.map_err(|error| self.server.blame(error))
    }

    /// Writes files until one is told of: a server may listen before it watches.
    fn wait_until_it_watches(&self, patterns: &Patterns) -> Result<()> {
        let (started, mut pattern) = (Instant::now(), patterns.full.clone());
        for number in 0.. {
            write(&self.folder.join(format!("probe-{number}.dcm")), pattern.with(90_000_000 + number, number))?;
            if self.next(Duration::from_millis(500))?.is_some() {
                break;
            }
            ensure!(started.elapsed() < START, "it told of none of {number} files within {START:?}");
        }
        while self.next(QUIET)?.is_some() {}
        Ok(())
    }

    /// The next frame, if it comes within `wait`.
    pub(crate) fn next(&self, wait: Duration) -> Result<Option<(Instant, Told)>> {
        self.listener.as_ref().context("nobody listens any more")?.next(wait)
    }

    /// Takes the browser away: what it would hear does not matter from now on.
    pub(crate) fn disconnect(&mut self) {
        self.listener = None;
    }

    /// What the server has used.
    pub(crate) fn meter(&self) -> Meter {
        self.server.meter()
    }

    /// How many files Tieline says it has seen and judged; nothing for the peer.
    pub(crate) fn counts(&self) -> Result<Option<Counts>> {
        self.console.map(|console| counts(&metrics(console)?)).transpose()
    }

    /// Waits until `more` files have been judged since `before` and none is seen and not judged.
    pub(crate) fn all_counted(&self, before: Option<Counts>, more: u64) -> Result<()> {
        let Some(before) = before else { return Ok(()) };
        let started = Instant::now();
        loop {
            let Some(now) = self.counts()? else { return Ok(()) };
            if now.judged == now.seen && now.judged == before.judged + more {
                return Ok(());
            }
            ensure!(started.elapsed() < LAG, "{more} files after {before:?} it counts {now:?}");
            pause(Duration::from_millis(20));
        }
    }
}

/// Tieline's own counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Files seen.
    pub(crate) seen: u64,
    /// Files judged.
    pub(crate) judged: u64,
}

fn metrics(console: SocketAddr) -> Result<String> {
    let mut socket = TcpStream::connect_timeout(&console, LAG).context("the console")?;
    socket.set_read_timeout(Some(LAG))?;
    // HTTP/1.0: the answer comes in one piece and ends with the connection.
    socket.write_all(format!("GET /metrics HTTP/1.0\r\nHost: {console}\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).context("the console's metrics")?;
    Ok(answer)
}

fn counts(metrics: &str) -> Result<Counts> {
    let total = |name: &str| {
        let lines = metrics.lines().filter_map(|line| line.strip_prefix(name));
        let values = lines.filter(|rest| rest.starts_with([' ', '{'])).filter_map(|rest| rest.rsplit(' ').next());
        let values: Vec<u64> = values.filter_map(|value| value.parse().ok()).collect();
        ensure!(!values.is_empty(), "the console's metrics do not have {name}");
        Ok(values.iter().sum())
    };
    Ok(Counts { seen: total("tieline_dicom_files_seen_total")?, judged: total("tieline_dicom_files_judged_total")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_found_with_labels_and_without() {
        let text = "# TYPE tieline_dicom_files_seen_total counter\ntieline_dicom_files_seen_total 7\n\
                    tieline_dicom_files_judged_total{verdict=\"differs\"} 2\n\
                    tieline_dicom_files_judged_total{verdict=\"conforms\"} 5\n";
        assert_eq!(counts(text).unwrap(), Counts { seen: 7, judged: 7 });
        let missing = counts("tieline_dicom_files_seen_total 7\n").unwrap_err().to_string();
        assert_eq!(missing, "the console's metrics do not have tieline_dicom_files_judged_total");
    }
}
