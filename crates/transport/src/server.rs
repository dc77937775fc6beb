//! The transport as a whole: binds every listener, starts the shards, and stops them in order.

use crate::port::accept::{accept, connect};
use crate::port::listener::{Listener, ListenerPlan};
use crate::session::closing::Cut;
use crate::shard::Shard;
use crate::shard::clock::Clock;
use crate::shard::heartbeat::{Heartbeat, Heartbeats};
use crate::shard::workers::Workers;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tieline_budget::Descriptors;
use tieline_budget::Memory;
use tieline_hub::{Hub, Pressure};
use tieline_model::Permit;
use tieline_telemetry::events::{ListenerOpened, Stopped, Stopping};
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// Connections the kernel holds until they are accepted.
const BACKLOG: i32 = 4096;

/// How long sessions may take to end that were cut off.
const LAST_TURN: Duration = Duration::from_secs(1);

/// What to start.
pub struct Plan {
    /// The hub everything is published to.
    pub hub: Arc<Hub>,
    /// What is received and what waits to be sent is charged to this.
    pub memory: Arc<Memory>,
    /// The rules.
    pub permit: Arc<dyn Permit>,
    /// What idle times are measured by.
    pub clock: Clock,
    /// What all ports of the gateway share.
    pub descriptors: Arc<Descriptors>,
    /// Threads; one per core is right.
    pub shards: usize,
    /// The listeners.
    pub listeners: Vec<ListenerPlan>,
}

/// Why the transport did not start. All listeners are tried before this is told.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Some listeners could not be bound.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Bind(Vec<BindError>),
    /// A shard's thread or runtime could not be made.
    #[error("cannot start a shard")]
    Shard(#[source] io::Error),
}

/// One listener that could not be bound.
#[derive(Debug, thiserror::Error)]
#[error("{dialect}: cannot listen on {address}: {source}")]
pub struct BindError {
    /// The dialect, which is also the section of the configuration.
    pub dialect: &'static str,
    /// Where it should have listened.
    pub address: SocketAddr,
    /// What the system said.
    pub source: io::Error,
}

/// Every listener has its address, and nobody is served yet.
pub struct Bound {
    listeners: Vec<Arc<Listener>>,
    sockets: Vec<Vec<TcpListener>>,
    hub: Arc<Hub>,
    permit: Arc<dyn Permit>,
    memory: Arc<Memory>,
    clock: Clock,
    shards: usize,
}

/// The transport at work.
pub struct Server {
    listeners: Vec<Arc<Listener>>,
    stop: watch::Sender<bool>,
    shards: Vec<std::thread::JoinHandle<Cut>>,
    heartbeats: Heartbeats,
}

/// How stopping went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Farewell {
    /// Sessions that were open when it began.
    pub sessions: usize,
    /// Those that had not finished by the deadline of their listener.
    pub cut: usize,
    /// Messages that were still to be written to them, and their bytes.
    pub messages: u64,
    /// See `messages`.
    pub bytes: u64,
}

impl Server {
    /// Binds all listeners. Nothing is accepted before everything is bound and [`Bound::start`] is called.
    pub fn bind(plan: Plan) -> Result<Bound, StartError> {
        let shards = plan.shards.max(1);
        let (listeners, sockets) = bind_all(plan.listeners, shards, &plan.memory, &plan.descriptors)?;
        let Plan { hub, permit, memory, clock, .. } = plan;
        Ok(Bound { listeners, sockets, hub, permit, memory, clock, shards })
    }

    /// The listeners, in the order of the plan.
    pub fn listeners(&self) -> &[Arc<Listener>] {
        &self.listeners
    }

    /// Each shard's sign of life.
    pub fn heartbeats(&self) -> &Heartbeats {
        &self.heartbeats
    }

    /// Stops listening, has every dialect say goodbye, and returns when all sessions have ended, each listener's at the latest
    /// when its `drain` is over. Blocks its thread.
    pub fn stop(self) -> Farewell {
        let sessions: usize = self.listeners.iter().map(|listener| listener.open()).sum();
        Stopping { sessions: sessions as u64 }.emit();
        self.stop.send_replace(true);
        let mut cut = Cut::default();
        self.shards.into_iter().filter_map(|shard| shard.join().ok()).for_each(|shard| cut += shard);
        let Cut { sessions: cut, messages, bytes } = cut;
        Stopped { sessions: sessions as u64, cut: cut as u64, undelivered: messages, undelivered_bytes: bytes }.emit();
        Farewell { sessions, cut, messages, bytes }
    }
}

impl Bound {
    /// The listeners, in the order of the plan.
    pub fn listeners(&self) -> &[Arc<Listener>] {
        &self.listeners
    }

    /// Serves.
    pub fn start(self) -> Result<Server, StartError> {
        let (listeners, mut sockets) = (self.listeners, self.sockets);
        let (stop, stopping) = watch::channel(false);
        let mut threads = Vec::with_capacity(self.shards);
        let heartbeats = Heartbeats::new(self.shards);
        let workers = Arc::new(Workers::start(self.shards / 2).map_err(StartError::Shard)?);
        for number in 0..self.shards {
            let mine: Vec<(Arc<Listener>, TcpListener)> =
                listeners.iter().cloned().zip(sockets.iter_mut().filter_map(Vec::pop)).collect();
            let stopping = stopping.clone();
            let shared = Shared {
                hub: self.hub.clone(),
                permit: self.permit.clone(),
                memory: self.memory.clone(),
                workers: workers.clone(),
                clock: self.clock.clone(),
            };
            let heartbeat = heartbeats.of(number).cloned();
            let (say, said) = std::sync::mpsc::sync_channel(1);
            let run = move || {
                // Made where it stays: a wake from its own thread costs no system call then.
                match Builder::new_current_thread().enable_all().build_local(LocalOptions::default()) {
                    Ok(runtime) => {
                        let _ = say.send(Ok(()));
                        runtime.block_on(run_shard(shared, mine, stopping, heartbeat))
                    }
                    Err(error) => {
                        let _ = say.send(Err(error));
                        Cut::default()
                    }
                }
            };
            let thread = std::thread::Builder::new().name(format!("shard-{number}")).spawn(run);
            threads.push(thread.map_err(StartError::Shard)?);
            // Without a word it has panicked, which its end tells.
            said.recv().unwrap_or(Ok(())).map_err(StartError::Shard)?;
        }
        for listener in &listeners {
            ListenerOpened { dialect: listener.name(), address: listener.address }.emit();
        }
        Ok(Server { listeners, stop, shards: threads, heartbeats })
    }
}

/// What shards have in common.
struct Shared {
    hub: Arc<Hub>,
    permit: Arc<dyn Permit>,
    memory: Arc<Memory>,
    workers: Arc<Workers>,
    clock: Clock,
}

/// A shard's life; returns what was cut off at the end.
async fn run_shard(
    shared: Shared,
    listeners: Vec<(Arc<Listener>, TcpListener)>,
    mut stopping: watch::Receiver<bool>,
    heartbeat: Option<Arc<Heartbeat>>,
) -> Cut {
    let Shared { hub, permit, memory, workers, clock } = shared;
    if let Some(heartbeat) = &heartbeat {
        tokio::task::spawn_local(heartbeat.clone().beat());
    }
    let wake = Arc::new(Notify::new());
    let sink = {
        let wake = wake.clone();
        hub.sink(Pressure::HoldBack, move || wake.notify_one())
    };
    let shard = Shard::new(sink, wake, permit, clock, &memory, workers);
    tokio::task::spawn_local(shard.clone().flush());
    let dialects = listeners.iter().map(|(listener, _)| listener.clone()).collect();
    tokio::task::spawn_local(shard.clone().sweep(dialects));
    tokio::task::spawn_local(shard.scheduler.clone().run());
    let (mut accepting, mut drains) = (Vec::new(), Vec::new());
    for (listener, socket) in listeners {
        drains.push(listener.limits().drain);
        if let Ok(socket) = tokio::net::TcpListener::from_std(socket) {
            let shard = shard.clone();
            accepting.push(tokio::task::spawn_local(async move {
                let start = |newcomer| {
                    let (shard, scheduler) = (shard.clone(), shard.scheduler.clone());
                    let connecting = connect(shard, listener.clone(), newcomer);
                    tokio::task::spawn_local(async move { scheduler.newcomer(connecting).await });
                };
                shard.scheduler.newcomer(accept(&listener.gate, &listener.plan.origin_policy, socket, start)).await;
            }));
        }
    }
    // An error: the server was dropped without being stopped.
    if stopping.wait_for(|stop| *stop).await.is_err() {
        drains = vec![Duration::ZERO];
    }
    for task in accepting {
        task.abort();
    }
    shard.farewell().await;
    let begun = Instant::now();
    drains.sort_unstable();
    for drain in drains {
        if tokio::time::timeout_at(begun + drain, gone(&shard)).await.is_err() {
            shard.cut_after(drain);
        }
    }
    // Those that were cut off end in their next turn.
    let _ = tokio::time::timeout(LAST_TURN, gone(&shard)).await;
    if let Some(heartbeat) = heartbeat {
        heartbeat.rest();
    }
    shard.cut.get()
}

/// Waits until a shard has no session any more.
async fn gone(shard: &Shard) {
    while shard.open() > 0 {
        shard.empty.notified().await;
    }
}

/// One listening socket per shard for each listener.
type Sockets = (Vec<Arc<Listener>>, Vec<Vec<TcpListener>>);

fn bind_all(
    plans: Vec<ListenerPlan>,
    shards: usize,
    memory: &Arc<Memory>,
    descriptors: &Arc<Descriptors>,
) -> Result<Sockets, StartError> {
    let (mut listeners, mut sockets, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for plan in plans {
        match bind(plan.address, shards) {
            Ok((address, bound)) => {
                listeners.push(Arc::new(Listener::among(plan, address, memory.clone(), descriptors)));
                sockets.push(bound);
            }
            Err(source) => errors.push(BindError { dialect: plan.dialect.name(), address: plan.address, source }),
        }
    }
    if errors.is_empty() { Ok((listeners, sockets)) } else { Err(StartError::Bind(errors)) }
}

fn bind(address: SocketAddr, shards: usize) -> io::Result<(SocketAddr, Vec<TcpListener>)> {
    // Shards share the port, and so could a second gateway without anyone noticing: this first try cannot.
    let address = TcpListener::bind(address)?.local_addr()?;
    let sockets = (0..shards).map(|_| open(address)).collect::<io::Result<_>>()?;
    Ok((address, sockets))
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
