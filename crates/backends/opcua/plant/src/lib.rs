//! The demo's plant: an OPC UA server on this machine, with a small plant behind it that lives.
//!
//! Promises: listens on the loopback alone, on a port that was free; everything is simulated and writes go nowhere else;
//! what it remembers is bounded. Started by the backend when the gateway runs as a demo.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod archive;
mod nodes;
mod process;
#[cfg(test)]
mod tests;
mod variables;

use archive::Series;
use nodes::Shared;
use opcua::crypto::SecurityPolicy;
use opcua::server::node_manager::memory::{InMemoryNodeManager, InMemoryNodeManagerBuilder};
use opcua::server::{ANONYMOUS_USER_TOKEN_ID, Server, ServerBuilder, ServerHandle};
use opcua::types::{DateTime, MessageSecurityMode, Variant};
use process::Process;
use std::collections::HashMap;
use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tieline_model::settings::{Value, Values};
use variables::VARIABLES;

/// The namespace of the plant's nodes.
const NAMESPACE: &str = "urn:tieline:demo:plant";
/// How often the plant takes a step.
const STEP: Duration = Duration::from_millis(250);
/// Of so many steps one is remembered.
const REMEMBERED: u32 = 4;
/// How long the plant has been running when it is started: its history goes back that far.
const BEFORE_S: u32 = 3600;
/// How long clients get to go when it is stopped.
const GOODBYE: Duration = Duration::from_secs(1);
/// Every demo begins with the same plant.
const SEED: u64 = 20_240_501;

/// A running plant; dropped, it stops, and its thread has ended a moment later.
pub struct Plant {
    port: u16,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Plant {
    /// Starts it on a thread of its own, on a port of the loopback that is free. `pki` is a folder for its certificate.
    pub fn start(pki: &Path) -> io::Result<Plant> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let (begun, begins) = sync_channel(1);
        let pki = pki.to_owned();
        let run = move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(begun.send(Err(error))),
            };
            runtime.block_on(run(listener, &pki, port, &begun));
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("plant".to_owned()).spawn(run)?;
        let handle = begins.recv().map_err(|_| io::Error::other("the plant ended before it began"))??;
        Ok(Plant { port, handle, thread: Some(thread) })
    }

    /// Where it listens.
    fn endpoint(&self) -> String {
        format!("opc.tcp://127.0.0.1:{}", self.port)
    }

    /// The settings of one `[[opcua.server]]` with all its variables.
    pub fn server(&self) -> Values {
        variables::settings(&self.endpoint())
    }
}

impl Drop for Plant {
    fn drop(&mut self) {
        self.handle.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Puts what the plant has to offer into the section's values; it has no address yet.
pub fn offer(values: &mut Values) {
    values.set("server", Value::Tables(vec![variables::settings("")]));
}

/// Serves until it is cancelled; tells `begun` once clients can come, or why they cannot.
async fn run(listener: TcpListener, pki: &Path, port: u16, begun: &SyncSender<io::Result<ServerHandle>>) {
    let shared = remembered(Process::new(SEED));
    // The library starts to look after its own state while the server is built: that needs the runtime.
    let made = serve(pki, port, shared.clone()).map_err(io::Error::other).and_then(|(server, handle)| {
        let nodes = handle.node_managers().get_of_type::<InMemoryNodeManager<nodes::Nodes>>();
        let nodes = nodes.ok_or_else(|| io::Error::other("the plant's nodes were not made"))?;
        Ok((server, handle, nodes, tokio::net::TcpListener::from_std(listener)?))
    });
    let (server, handle, nodes, listener) = match made {
        Ok(made) => made,
        Err(error) => return drop(begun.send(Err(error))),
    };
    let _ = begun.send(Ok(handle.clone()));
    let stopped = async {
        handle.token().cancelled().await;
        tokio::time::sleep(GOODBYE).await;
    };
    tokio::select! {
        _ = server.run_with(listener) => {}
        () = live(&shared, &nodes, &handle) => {}
        () = stopped => {}
    }
}

/// The server, with nothing running yet.
fn serve(pki: &Path, port: u16, shared: Shared) -> Result<(Server, ServerHandle), String> {
    let anonymous: &[&str] = &[ANONYMOUS_USER_TOKEN_ID];
    ServerBuilder::new()
        .application_name("Tieline demo plant")
        .application_uri("urn:tieline:demo")
        .product_uri("urn:tieline:demo")
        .host("127.0.0.1")
        .port(port)
        .pki_dir(pki)
        // What talks to it is on this machine; a key of its own keeps the library from complaining that there is none.
        .create_sample_keypair(true)
        .discovery_urls(vec![format!("opc.tcp://127.0.0.1:{port}/")])
        .add_endpoint("none", ("/", SecurityPolicy::None, MessageSecurityMode::None, anonymous))
        .with_node_manager(InMemoryNodeManagerBuilder::new(shared))
        .build()
}

/// The plant after it has been running for a while, with what it has done meanwhile.
fn remembered(mut process: Process) -> Shared {
    let mut archive: HashMap<&'static str, Series> = HashMap::new();
    let second = 10_000_000;
    let started = DateTime::now().ticks() - i64::from(BEFORE_S) * second;
    for passed in 0..BEFORE_S {
        process.step(Duration::from_secs(1));
        remember(&mut archive, &process, DateTime::from(started + i64::from(passed) * second));
    }
    Shared { process: Arc::new(Mutex::new(process)), archive: Arc::new(Mutex::new(archive)) }
}

fn remember(archive: &mut HashMap<&'static str, Series>, process: &Process, at: DateTime) {
    for variable in VARIABLES.iter().filter(|variable| variable.is_kept) {
        archive.entry(variable.name).or_default().push(nodes::told(variable, process, at));
    }
}

/// Lets time pass in the plant and tells of it, for ever. Everything of the plant runs on one thread, and nothing is awaited
/// between the step and what is told of it: no write can come in between and be told as undone.
async fn live(shared: &Shared, nodes: &InMemoryNodeManager<nodes::Nodes>, handle: &ServerHandle) {
    let mut tick = tokio::time::interval(STEP);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut told: HashMap<&'static str, (Option<Variant>, u32)> = HashMap::new();
    let mut before = tick.tick().await;
    for step in 0u64.. {
        let now = tick.tick().await;
        let at = DateTime::now();
        let changed = {
            let mut process = lock(&shared.process);
            process.step(now - before);
            if step % u64::from(REMEMBERED) == 0 {
                remember(&mut lock(&shared.archive), &process, at);
            }
            VARIABLES
                .iter()
                .filter_map(|variable| {
                    let value = nodes::told(variable, &process, at);
                    let news = (value.value.clone(), value.status.unwrap_or_default().bits());
                    let is_news = told.get(variable.name) != Some(&news);
                    is_news.then(|| told.insert(variable.name, news));
                    is_news.then_some((variable.name, value))
                })
                .collect()
        };
        nodes::tell(nodes, handle.subscriptions(), changed);
        before = now;
    }
}

/// A lock whose holder panicked still holds numbers that are as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
