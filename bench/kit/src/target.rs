//! A server under test: how it is started, how it is spoken to, what it has used, and that it ends with the run.
//!
//! Promises: the server is alone on its core, ends when the `Server` is dropped and also when the benchmark is killed
//! (`setpriv --pdeathsig`), and is ended by its own process id. Called by the scenarios.

use crate::machine::{Cores, pause};
use anyhow::{Context, Result, bail, ensure};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

/// How long a server may take until it listens.
const START: Duration = Duration::from_secs(15);

/// What is said to a server to become a subscriber, and how a publisher wraps a message.
#[derive(Debug, Clone, Copy)]
pub struct Speech {
    /// Path subscribers connect to.
    pub subscribe_path: &'static str,
    /// Path the publisher connects to.
    pub publish_path: &'static str,
    /// What both send first; empty for nothing.
    pub opening: &'static str,
    /// What stands before a message that is published.
    pub before: &'static str,
    /// What stands after it.
    pub after: &'static str,
}

/// The dialect of FME streams, which Tieline is measured through.
pub(crate) const FME: Speech = Speech {
    subscribe_path: "/websocket",
    publish_path: "/websocket",
    opening: r#"{"ws_op":"open","ws_stream_ids":["bench"]}"#,
    before: r#"{"ws_op":"send","ws_msg":""#,
    after: r#""}"#,
};

/// What the servers in `bench/peers` understand: the path says who one is, a message is sent as it is.
pub(crate) const RELAY: Speech =
    Speech { subscribe_path: "/sub", publish_path: "/pub", opening: "", before: "", after: "" };

/// A kind of server that can be started.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name in options and tables.
    pub name: String,
    /// What it calls its version.
    pub version: String,
    /// Program and arguments; `PORT` and further settings come by environment.
    pub command: Vec<String>,
    /// A configuration file to write and to pass with `--config`; `PORT` in it becomes the port, and so on.
    pub config: Option<&'static str>,
    /// How it is spoken to.
    pub speech: Speech,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    child: Child,
    log: PathBuf,
    /// Where it listens.
    pub address: SocketAddr,
    /// How it is spoken to.
    pub speech: Speech,
}

impl Server {
    /// Starts `target` on the server's core and waits until it listens. `folder` takes its log and configuration.
    pub fn start(target: &Target, deflate: bool, cores: &Cores, folder: &Path) -> Result<Server> {
        Server::start_with(target, &[("DEFLATE", if deflate { "1" } else { "0" })], cores, folder)
    }

    /// The same with settings of one's own: names and values for its environment and its configuration file.
    pub fn start_with(target: &Target, settings: &[(&str, &str)], cores: &Cores, folder: &Path) -> Result<Server> {
        let address = free_address()?;
        let log = folder.join(format!("{}.log", target.name));
        let output = fs::File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if let Some(core) = cores.server {
            command.args(["taskset", "-c", &core.to_string()]);
        }
        command.args(&target.command);
        if let Some(text) = target.config {
            let path = folder.join(format!("{}.toml", target.name));
            let text = text.replace("PORT", &address.port().to_string());
            let text = settings.iter().fold(text, |text, (name, value)| text.replace(name, value));
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
            command.arg("--config").arg(path);
        }
        // A setting of whoever runs the benchmark is not to be measured.
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TIELINE_")) {
            command.env_remove(name);
        }
        // Who has no file is told by the environment.
        if target.config.is_none() {
            command.envs(settings.iter().copied());
        }
        let child = command
            .env("PORT", address.port().to_string())
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .context("cannot start a server with `setpriv` and `taskset` (Debian package util-linux)")?;
        let mut server = Server { child, log, address, speech: target.speech };
        server.wait_until_it_listens()?;
        Ok(server)
    }

    fn wait_until_it_listens(&mut self) -> Result<()> {
        let started = Instant::now();
        while TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended at once ({status}): {}", self.last_words());
            }
            ensure!(started.elapsed() < START, "it did not listen within {START:?}: {}", self.last_words());
            pause(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The end of what it wrote to its log.
    pub(crate) fn last_words(&self) -> String {
        let text = fs::read(&self.log).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
        let last = lines[lines.len().saturating_sub(3)..].join(" / ");
        if last.is_empty() { "it wrote nothing".into() } else { last.chars().take(400).collect() }
    }

    /// An error with the server's last words.
    pub fn blame(&self, error: anyhow::Error) -> anyhow::Error {
        anyhow::anyhow!("{error:#}; the server's last words: {}", self.last_words())
    }

    /// What it has used, for threads that outlive this borrow.
    pub fn meter(&self) -> Meter {
        Meter { process: self.child.id() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only for a process that has already been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads what one process has used.
#[derive(Debug, Clone, Copy)]
pub struct Meter {
    process: u32,
}

impl Meter {
    /// CPU time of all its threads so far, in nanoseconds.
    pub fn cpu(&self) -> Result<u64> {
        let tasks = format!("/proc/{}/task", self.process);
        let mut sum = 0;
        for task in fs::read_dir(&tasks).with_context(|| format!("the server has ended: no {tasks}"))? {
            // A thread may end between being listed and being read.
            if let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) {
                let first = text.split(' ').next().unwrap_or_default();
                sum += first.parse::<u64>().with_context(|| format!("cannot read schedstat {text:?}"))?;
            }
        }
        Ok(sum)
    }

    /// Resident memory in bytes.
    pub fn resident(&self) -> Result<u64> {
        let path = format!("/proc/{}/status", self.process);
        let text = fs::read_to_string(&path).with_context(|| format!("the server has ended: no {path}"))?;
        let line = text.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
    }
}

/// An address nobody listens on now.
pub fn free_address() -> Result<SocketAddr> {
    let [address] = free_addresses()?;
    Ok(address)
}

/// So many of them, no two the same: all are taken before the first is let go.
pub fn free_addresses<const N: usize>() -> Result<[SocketAddr; N]> {
    let mut taken = Vec::with_capacity(N);
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); N];
    for address in &mut addresses {
        let socket = TcpListener::bind(*address)?;
        *address = socket.local_addr()?;
        taken.push(socket);
    }
    Ok(addresses)
}
