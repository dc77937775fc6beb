//! The OPC UA server that both are measured on: that of the tests, made with node-opcua.
//!
//! Promises: it ends when the `Plant` is dropped and also when the benchmark is killed. Called by the steps of this folder.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tieline_bench_kit::peers::Places;

/// The namespace of its nodes.
pub(crate) const NAMESPACE: &str = "urn:tieline:test:plant";

/// The folder with the server's library on this machine.
pub(crate) fn libraries(places: &Places) -> Result<PathBuf> {
    let folder = std::env::var_os("TIELINE_OPCUA").map_or_else(|| places.target.join("opcua"), PathBuf::from);
    let library = folder.join("node_modules/node-opcua");
    ensure!(library.is_dir(), "there is no {}: `cargo xtask test opcua` gets it", library.display());
    Ok(folder)
}

/// A server at work.
#[derive(Debug)]
pub(crate) struct Plant {
    child: Child,
    input: ChildStdin,
    said: BufReader<ChildStdout>,
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
}

impl Plant {
    /// Starts one with so many variables `Load.<number>` and waits until it serves; its files go below `work`.
    pub(crate) fn start(libraries: &Path, variables: usize, work: &Path) -> Result<Plant> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("tests").join("opcua/node_server.mjs");
        let log = fs::File::create(work.join("plant.log"))?;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "node"]).arg(script);
        command.args(["--load", &variables.to_string(), "--pki"]).arg(work.join("plant-pki"));
        command.current_dir(libraries).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().context("cannot start node with `setpriv`")?;
        let input = child.stdin.take().context("no input")?;
        let said = BufReader::new(child.stdout.take().context("no output")?);
        let mut plant = Plant { child, input, said, port: 0 };
        let ready = plant.next("READY ")?;
        plant.port = ready["port"].as_u64().and_then(|port| u16::try_from(port).ok()).context("no port")?;
        Ok(plant)
    }

    /// Every variable takes 1, 2, … `rounds`, with so many milliseconds between.
    pub(crate) fn load(&mut self, rounds: u32, every: u64) -> Result<()> {
        writeln!(self.input, r#"{{"do":"load","rounds":{rounds},"every":{every}}}"#)?;
        let answer = self.next("ANSWER ")?;
        ensure!(answer.get("error").is_none(), "the OPC UA server: {answer}");
        Ok(())
    }

    fn next(&mut self, word: &str) -> Result<Value> {
        let mut line = String::new();
        while self.said.read_line(&mut line)? > 0 {
            if let Some(rest) = line.strip_prefix(word) {
                return Ok(serde_json::from_str(rest)?);
            }
            line.clear();
        }
        bail!("the OPC UA server has ended")
    }
}

impl Drop for Plant {
    fn drop(&mut self) {
        // Both fail only for a process that has already been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
