//! What is measured: the gateway with its OPC UA section, and the bridge in `bench/peers/opcua_bridge.py`.
//!
//! Called by `compare` and the steps of this folder.

use super::figure::Figure;
use super::plant::{NAMESPACE, Plant};
use super::watcher::{Client, variable};
use crate::figures::{OURS, Row};
use crate::report::Column;
use anyhow::{Result, ensure};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tieline_bench_kit::machine::{Cores, pause};
use tieline_bench_kit::peers::{Places, output};
use tieline_bench_kit::target::{Server, Speech, Target};

/// How often the server publishes: the default of both.
pub(crate) const INTERVAL: Duration = Duration::from_millis(100);

/// How long it may take until the OPC UA server is found.
const START: Duration = Duration::from_secs(20);

/// Tieline under test: its own defaults, but times with their fractions, and every change is of interest as it is to the bridge.
const CONFIG: &str = "\
[store]
path = \"STORE\"

[opcua]
listen = \"127.0.0.1:PORT\"
timestamps = \"exact\"

[[opcua.server]]
name = \"plant\"
endpoint = \"SERVER\"
namespaces = [\"NAMESPACE\"]
sampling = \"0\"
variable = [
VARIABLES]
";

const BROWSER: Speech = Speech { subscribe_path: "/", publish_path: "/", opening: "", before: "", after: "" };

/// Both of them and their columns.
pub(crate) fn line_up(places: &Places) -> Result<(Vec<Target>, Vec<Column>)> {
    let (program, version) = places.gateway()?;
    let command = vec![program, "run".into()];
    let ours = Target { name: OURS.into(), version, command, config: Some(CONFIG), speech: BROWSER };
    let python = places.python()?;
    let ask = "import platform; from importlib.metadata import version; \
               print(', '.join(f'{name} {version(name)}' for name in ['asyncua', 'websockets']), \
               'on Python', platform.python_version())";
    let version = output("`python`", Command::new(&python).args(["-c", ask]))?;
    let command = vec![python.display().to_string(), "-B".into(), places.script("opcua_bridge.py")];
    let theirs = Target { name: Figure::YARDSTICK.into(), version, command, config: None, speech: BROWSER };
    let columns = [&ours, &theirs].map(|target| (target.name.clone(), target.version.clone()));
    Ok((vec![ours, theirs], columns.into()))
}

/// Starts `target` on this server with so many variables, and waits until it reads them.
pub(crate) fn start(target: &Target, plant: &Plant, variables: usize, work: &Path) -> Result<Server> {
    let store = work.join("opcua-store");
    if store.exists() {
        fs::remove_dir_all(&store)?;
    }
    let (endpoint, store) = (format!("opc.tcp://127.0.0.1:{}/plant", plant.port), store.display().to_string());
    let line = |name| format!("  {{ name = \"{name}\", node = \"ns=1;s={name}\", type = \"Int32\" }},\n");
    let lines: String = (0..variables).map(|number| line(variable(number))).collect();
    let mut settings = vec![("SERVER", endpoint.as_str()), ("STORE", store.as_str()), ("NAMESPACE", NAMESPACE)];
    // The bridge asks the server for what a client names.
    if target.config.is_some() {
        settings.push(("VARIABLES", lines.as_str()));
    }
    // In the field nobody gives such a program a core of its own.
    let cores = Cores { server: None, client_threads: 1 };
    let server = Server::start_with(target, &settings, &cores, work)?;
    finds_it(&server).map_err(|error| server.blame(error))?;
    Ok(server)
}

fn finds_it(server: &Server) -> Result<()> {
    let started = Instant::now();
    let mut client = Client::connect(server)?;
    while client.read(0)?["Body"].get("Value").is_none() {
        ensure!(started.elapsed() < START, "the OPC UA server was not found within {START:?}");
        pause(Duration::from_millis(20));
    }
    Ok(())
}
