//! The servers to be measured: finds or installs each and says which version it is.
//!
//! Promises: versions are the ones fixed in `bench/peers`; nothing is installed outside it and the target folder; what
//! cannot be had is an error that says why, in words that can stand in the table. Called by the command lines.

use crate::target::{FME, RELAY, Speech, Target};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// All that are measured unless some are named.
pub const NAMES: [&str; 4] = ["tieline", "bun", "ws", "websockets"];

/// Tieline under test: its own defaults, but as many connections from one address as there are subscribers.
const CONFIG: &str = "\
[access.limits]
connections = 0
connections_per_address = 0

[fme]
listen = \"127.0.0.1:PORT\"
";

/// Where things are.
#[derive(Debug)]
pub struct Places {
    /// `bench/peers`.
    pub peers: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
    /// A folder in it for logs, configurations and the Python environment.
    pub work: PathBuf,
    /// The gateway to measure; none for the one that was built together with this benchmark.
    pub tieline: Option<PathBuf>,
}

impl Places {
    /// Where things are for this build of the benchmark. Makes the folder for logs.
    pub fn here(tieline: Option<PathBuf>) -> Result<Places> {
        let program = std::env::current_exe()?;
        let target = program.ancestors().nth(2).context("this program is not in a target folder")?.to_owned();
        let work = target.join("bench");
        fs::create_dir_all(&work).with_context(|| format!("cannot make {}", work.display()))?;
        Ok(Places { peers: Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("peers"), target, work, tieline })
    }

    /// The target called `name`.
    pub fn find(&self, name: &str) -> Result<Target> {
        match name {
            "tieline" => self.tieline(),
            "bun" => self.bun(),
            "ws" => self.ws(),
            "websockets" => self.websockets(),
            other => bail!("there is no target {other:?}; there are {}", NAMES.join(", ")),
        }
    }

    fn tieline(&self) -> Result<Target> {
        let (program, version) = self.gateway()?;
        Ok(target("tieline", version, vec![program, "run".into()], Some(CONFIG), FME))
    }

    /// The gateway's program and what it calls its version: the one that was given, or the one beside this benchmark.
    pub fn gateway(&self) -> Result<(String, String)> {
        let path = self.tieline.clone().unwrap_or_else(|| self.target.join("release/tieline"));
        let program = path.canonicalize().with_context(|| {
            format!("no gateway at {}: `cargo xtask bench` builds it, or name one with --tieline", path.display())
        })?;
        let program = program.display().to_string();
        let version = output("`tieline --version`", Command::new(&program).arg("--version"))?;
        Ok((program, version))
    }

    fn bun(&self) -> Result<Target> {
        self.npm()?;
        let program = self.peers.join("node_modules/.bin/bun").display().to_string();
        let version = format!("Bun {}", output("`bun --version`", Command::new(&program).arg("--version"))?);
        Ok(target("bun", version, vec![program, self.script("bun.js")], None, RELAY))
    }

    fn ws(&self) -> Result<Target> {
        self.npm()?;
        let ask = "'ws ' + require('ws/package.json').version + ' on Node ' + process.versions.node";
        let version = output("`node`", Command::new("node").args(["-p", ask]).current_dir(&self.peers))?;
        Ok(target("ws", version, vec!["node".into(), self.script("ws.mjs")], None, RELAY))
    }

    /// A Python with what the peers in `bench/peers` need.
    pub fn python(&self) -> Result<PathBuf> {
        let (venv, wanted) = (self.work.join("venv"), self.peers.join("requirements.txt"));
        let (program, installed) = (venv.join("bin/python"), venv.join("installed.txt"));
        if fs::read(&installed).ok() != Some(fs::read(&wanted)?) {
            eprintln!("installing the Python peers");
            output("`python3 -m venv`", limited(120, "python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
            output(
                "`pip install`",
                limited(300, &program).args(["-m", "pip", "install", "--requirement"]).arg(&wanted),
            )?;
            fs::copy(&wanted, &installed)?;
        }
        Ok(program)
    }

    fn websockets(&self) -> Result<Target> {
        let program = self.python()?;
        let ask = "import websockets, platform as p; print('websockets', websockets.__version__, 'on Python', p.python_version())";
        let version = output("`python`", Command::new(&program).args(["-c", ask]))?;
        let command = vec![program.display().to_string(), self.script("websockets_relay.py")];
        Ok(target("websockets", version, command, None, RELAY))
    }

    /// Installs the npm packages unless they are there in the versions the lock file names.
    fn npm(&self) -> Result<()> {
        let changed = |path: &str| fs::metadata(self.peers.join(path)).and_then(|m| m.modified()).ok();
        if changed("node_modules/.package-lock.json") < changed("package-lock.json") {
            eprintln!("installing the npm peers");
            output("`npm ci`", limited(300, "npm").arg("ci").current_dir(&self.peers))?;
        }
        Ok(())
    }

    /// The path of a file in `bench/peers`.
    pub fn script(&self, name: &str) -> String {
        self.peers.join(name).display().to_string()
    }
}

/// A server of the user's own: `NAME=COMMAND`, which listens on `PORT` and relays like those in `bench/peers`.
pub fn other(definition: &str) -> Result<Target> {
    let (name, command) = definition.split_once('=').context("--also wants NAME=COMMAND")?;
    let command: Vec<String> = command.split_whitespace().map(String::from).collect();
    ensure!(!name.is_empty() && !command.is_empty() && !NAMES.contains(&name), "--also wants a new NAME and a COMMAND");
    Ok(target(name, "no version known".into(), command, None, RELAY))
}

fn target(name: &str, version: String, command: Vec<String>, config: Option<&'static str>, speech: Speech) -> Target {
    Target { name: name.into(), version, command, config, speech }
}

/// A command that is ended after so many seconds.
pub fn limited(seconds: u32, program: impl AsRef<Path>) -> Command {
    let mut command = Command::new("timeout");
    command.arg(seconds.to_string()).arg(program.as_ref());
    command
}

/// What a command prints. When it fails, its own words go to standard error, and the error is short enough for a table.
pub fn output(what: &str, command: &mut Command) -> Result<String> {
    let done = command.output().with_context(|| format!("{what} cannot be run"))?;
    if !done.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&done.stderr));
        bail!("{what} failed ({})", done.status);
    }
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}
