//! The gateway under attack: the program as it is shipped, with all seven ports, in a folder of its own.
//!
//! Promises: it listens on free ports of this machine, ends when this value is dropped and also when this program is
//! killed, and is ended by its own process id. What it has used is read from the kernel, not from itself. Called by `run`.

use super::attack::{Attack, Port, Talk};
use super::metrics::Metrics;
use anyhow::{Context, Result, bail, ensure};
use std::fs::{self, File};
use std::io::{PipeReader, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tieline_bench_kit::machine::pause;
use tieline_bench_kit::target::free_addresses;

/// How long it may take until it listens.
const START: Duration = Duration::from_secs(30);
/// Most of the 64 KiB that a pipe holds on Linux: what is written before the gateway is, so that it stalls soon.
const NEARLY_FULL: usize = 60_000;
/// How long it may take to end when it is told to, `drain` included.
pub(crate) const STOP: Duration = Duration::from_secs(15);

/// A variable on an OPC UA server that is not there, so that its clients have something to name.
const REST: &str = r#"
[[opcua.server]]
name = "plant"
endpoint = "opc.tcp://127.0.0.1:1"
variable = [{ name = "Temperature", node = "i=2258", type = "Double" }]

[access.limits]
drain = "2s"
"#;

/// A running gateway.
#[derive(Debug)]
pub(crate) struct Gateway {
    child: Child,
    ports: [SocketAddr; 7],
    log: PathBuf,
    /// The end of its standard error at which nobody reads.
    _unread: Option<PipeReader>,
}

/// What a process has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Used {
    /// Resident bytes.
    pub(crate) resident: u64,
    /// The most there ever were.
    pub(crate) peak: u64,
    /// Open file descriptors.
    pub(crate) descriptors: usize,
}

/// The keys of `[access.limits]` that this program knows.
pub(crate) fn known_limits(program: &str) -> Result<Vec<String>> {
    let output = Command::new(program).args(["config", "reference"]).output().context("cannot run the gateway")?;
    ensure!(output.status.success(), "`{program} config reference` ended with {}", output.status);
    let page = String::from_utf8(output.stdout)?;
    let section = page.split("\n## ").find(|part| part.starts_with("`[access.limits]`"));
    let rows = section.context("the reference has no section [access.limits]")?.lines();
    let keys = rows.filter_map(|row| row.strip_prefix("| `")?.split('`').next());
    Ok(keys.map(str::to_owned).collect())
}

impl Gateway {
    /// Starts `program` as `attack` wants it. `known`: the limits it has; others are left out, so that an older program
    /// can be attacked too.
    pub(crate) fn start(program: &str, attack: &Attack, known: &[String], folder: &Path) -> Result<Gateway> {
        let ports: [SocketAddr; 7] = free_addresses()?;
        let log = folder.join("gateway.log");
        let config = folder.join("tieline.toml");
        fs::write(&config, text(&ports, folder)).with_context(|| format!("cannot write {}", config.display()))?;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if let Some(files) = attack.files {
            command.args(["prlimit", &format!("--nofile={files}:{files}")]);
        }
        command.args([program, "run", "--config"]).arg(&config);
        command.args(["--shards", &attack.shards.to_string()]);
        let is_known = |key: &str| !key.contains("limits.") || known.iter().any(|k| key.ends_with(&format!(".{k}")));
        for (key, value) in attack.settings.iter().filter(|(key, _)| is_known(key)) {
            command.args(["--set", &format!("{key}={value}")]);
        }
        if attack.tls {
            let (cert, key) = certificate(folder)?;
            command.args(["--set", &format!("tls.cert={cert}"), "--set", &format!("tls.key={key}")]);
            for port in attack.ports {
                command.args(["--set", &format!("{}.tls=true", port.name())]);
            }
        }
        // A setting of whoever runs this is not to be attacked.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TIELINE_")) {
            command.env_remove(name);
        }
        let mut unread = None;
        let talk: Stdio = match attack.talk {
            Talk::File => File::create(&log)?.into(),
            Talk::Stalled => {
                let (reader, mut writer) = std::io::pipe()?;
                writer.write_all(&[b'\n'; NEARLY_FULL])?;
                unread = Some(reader);
                writer.into()
            }
            Talk::Full => File::options().write(true).open("/dev/full")?.into(),
        };
        command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(talk);
        let child = command.spawn().context("cannot start the gateway with `setpriv` (Debian package util-linux)")?;
        let mut gateway = Gateway { child, ports, log, _unread: unread };
        gateway.wait_until_it_listens()?;
        Ok(gateway)
    }

    fn wait_until_it_listens(&mut self) -> Result<()> {
        let started = Instant::now();
        while self.healthy().is_err() {
            if let Some(status) = self.ended()? {
                bail!("the gateway ended at once ({status}): {}", self.last_words());
            }
            ensure!(started.elapsed() < START, "the gateway was not there within {START:?}: {}", self.last_words());
            pause(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens.
    pub(crate) fn address(&self, port: Port) -> SocketAddr {
        self.ports[port as usize]
    }

    /// Every address, in the order of [`Port::ALL`].
    pub(crate) fn addresses(&self) -> &[SocketAddr; 7] {
        &self.ports
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Whether it says that it is well.
    pub(crate) fn healthy(&self) -> Result<()> {
        (self.asks())()
    }

    /// Asks it that, on any thread.
    pub(crate) fn asks(&self) -> impl Fn() -> Result<()> + Send + 'static {
        let console = self.address(Port::Console);
        move || get(console, "/healthz").map(drop)
    }

    /// What it has counted.
    pub(crate) fn metrics(&self) -> Result<Metrics> {
        Ok(Metrics::parse(&get(self.address(Port::Console), "/metrics")?))
    }

    /// What it has now.
    pub(crate) fn used(&self) -> Result<Used> {
        let process = self.child.id();
        let path = format!("/proc/{process}/status");
        let text = fs::read_to_string(&path).with_context(|| format!("the gateway has ended: no {path}"))?;
        let bytes = |name: &str| -> Result<u64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
            Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
        };
        let descriptors = fs::read_dir(format!("/proc/{process}/fd"))?.count();
        Ok(Used { resident: bytes("VmRSS:")?, peak: bytes("VmHWM:")?, descriptors })
    }

    /// Lines of its log that tell of a panic.
    pub(crate) fn panics_told(&self) -> usize {
        let text = fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        text.lines().filter(|line| line.contains("ERROR panic") || line.contains("panicked at")).count()
    }

    /// The end of what it said.
    pub(crate) fn last_words(&self) -> String {
        let text = fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(3)..].join(" / ").chars().take(400).collect()
    }

    /// Tells it to stop; gives how it ended, or none if it did not in time.
    pub(crate) fn stop(&mut self) -> Result<Option<ExitStatus>> {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        ensure!(told.success(), "cannot tell the gateway to stop");
        let asked = Instant::now();
        while asked.elapsed() < STOP {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            pause(Duration::from_millis(10));
        }
        Ok(None)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Both fail only for a process that has already been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(ports: &[SocketAddr; 7], folder: &Path) -> String {
    let mut text = format!("[store]\npath = {:?}\n", folder.join("store").display().to_string());
    for (port, address) in Port::ALL.iter().zip(ports) {
        match port {
            Port::MrHttp => text.push_str(&format!("http = \"{address}\"\n")),
            Port::Console => text.push_str(&format!("\n[console]\nlisten = \"{address}\"\n")),
            port => text.push_str(&format!("\n[{}]\nlisten = \"{address}\"\ntls = false\n", port.name())),
        }
    }
    text + REST
}

/// A certificate for this machine and its key: two files.
fn certificate(folder: &Path) -> Result<(String, String)> {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()])?;
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    fs::write(&cert, made.cert.pem())?;
    fs::write(&key, made.signing_key.serialize_pem())?;
    Ok((cert.display().to_string(), key.display().to_string()))
}

/// The body of an answer that says 200. From an address no attacker uses, on a connection of its own.
fn get(address: SocketAddr, path: &str) -> Result<String> {
    const PATIENCE: Duration = Duration::from_secs(5);
    debug_assert!(matches!(address.ip(), IpAddr::V4(_)));
    let mut socket = std::net::TcpStream::connect_timeout(&address, PATIENCE)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    write!(socket, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    let read = socket.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    read.with_context(|| format!("{path} was not answered to its end"))?;
    let (head, body) = answer.split_once("\r\n\r\n").with_context(|| format!("{path} was not answered"))?;
    ensure!(head.starts_with("HTTP/1.1 200 "), "{path}: {}", head.lines().next().unwrap_or_default());
    Ok(body.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_names_every_port_in_its_section() {
        let ports: Vec<SocketAddr> = (1..8).map(|port| SocketAddr::from(([127, 0, 0, 1], port))).collect();
        let text = text(ports.as_slice().try_into().unwrap(), Path::new("folder"));
        for line in [
            "[mr]\nlisten = \"127.0.0.1:5\"\ntls = false\nhttp = \"127.0.0.1:6\"",
            "[console]\nlisten = \"127.0.0.1:7\"",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }
}
