//! The gateway at work: hub, transport and console put together from a checked configuration, and taken apart in order.
//!
//! Promises: nothing is accepted before everything is bound; what cannot be started is told with the key to change.
//! Called by `tieline run` and `tieline demo`, and by tests, which bring a clock of their own.

use crate::feed::{Feed, HubInterest, last_of};
use crate::keeper::Keeper;
use crate::ports::PortProblem;
use crate::tls::{self, Certificate};
use crate::{demo, descriptors, measure, side::Side};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};
use tieline_config::{self as config, Compression, Config, ListenerConfig};
use tieline_console::{Alive, Console, DialectCounts, ListenerInfo, Sample, Site, Vitals};
use tieline_hub::{Hub, HubLimits};
use tieline_model::access::proxies::network;
use tieline_model::settings::Values;
use tieline_model::{
    Backend, BackendFault, BackendPlan, DefaultGrants, Dialect, OriginPolicy, Proxies, ProxyProtocol, Reason, Refusal,
    SessionId, Topic,
};
use tieline_store::StoreError;
use tieline_telemetry::events::StopAnnounced;
use tieline_transport::{
    BindError, Clock, Descriptors, Farewell, HttpPort, Limits, Listener, ListenerPlan, Memory, Plan, QueueFull, Server,
    publish,
};

/// How long a health check waits for the shards' signs of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// What is not in the configuration.
pub struct Options {
    /// Threads that serve clients; 0 is one per core.
    pub shards: usize,
    /// What idle times are measured by.
    pub clock: Clock,
    /// Whether the dialects' simulated clients run.
    pub demo: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { shards: 0, clock: Clock::system(), demo: false }
    }
}

/// Why a gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A shard could not be made.
    #[error(transparent)]
    Transport(tieline_transport::StartError),
    /// Addresses cannot be had: all of them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Ports(Vec<PortProblem>),
    /// The store belongs to another gateway.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A backend did not start.
    #[error("{dialect}: {fault}")]
    Backend {
        /// The dialect it feeds.
        dialect: &'static str,
        /// Why.
        fault: BackendFault,
    },
    /// The demo has no folder to work in.
    #[error("the demo needs a folder for what it makes up: {0}")]
    Folder(#[source] std::io::Error),
    /// The certificate or the key cannot be used.
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
    /// Metrics could not be set up.
    #[error("cannot set up metrics: {0}")]
    Metrics(String),
    /// The console's thread could not be made.
    #[error("cannot start the console's thread: {0}")]
    Thread(#[source] std::io::Error),
}

/// A running gateway. Dropping it ends it without a farewell; `stop` is the polite way.
pub struct Gateway {
    server: Server,
    memory: Arc<Memory>,
    side: Side,
    backends: Vec<Box<dyn Backend>>,
    /// Watches over the store, when anything may use it.
    _keeper: Option<Keeper>,
    console: Option<SocketAddr>,
    /// By dialect.
    sites: Vec<(&'static str, SocketAddr)>,
    /// Where the demo works; removed with everything in it.
    _folder: Option<tempfile::TempDir>,
    ready: Arc<AtomicBool>,
    /// How long it goes on serving after it has said that it will stop.
    lame_duck: Duration,
    clock: Clock,
    origin_policy: Arc<OriginPolicy>,
    certificate: Option<Arc<Certificate>>,
}

impl Gateway {
    /// Starts everything that the configuration switches on.
    pub fn start(config: &Config, options: Options) -> Result<Gateway, StartError> {
        let metrics = measure::install().map_err(StartError::Metrics)?;
        let started = SystemTime::now();
        let hub = Hub::new(HubLimits::default());
        let memory = Memory::new(config.whole.memory.bytes());
        let origin_policy = Arc::new(origin_policy(config));
        let certificate = config.tls.as_ref().map(Certificate::read).transpose()?.map(Arc::new);
        let tls = match (&config.tls, &certificate) {
            (Some(settings), Some(certificate)) => Some(tls::server_config(settings, certificate.clone())?),
            _ => None,
        };
        let values: Vec<Values> = config.listeners.iter().map(|listener| values(listener, options.demo)).collect();
        let dialects: Vec<Arc<dyn Dialect>> = config
            .listeners
            .iter()
            .zip(&values)
            .map(|(listener, values)| (listener.entry.build)(values, listener.limits.of_dialect()))
            .collect();
        let listeners = config.listeners.iter().zip(&dialects).map(|(listener, dialect)| ListenerPlan {
            dialect: dialect.clone(),
            address: listener.listen,
            limits: Limits { compression: listener.compression == Compression::Auto, ..limits(&listener.limits) },
            origin_policy: origin_policy.clone(),
            tls: tls.clone().filter(|_| listener.tls),
        });
        descriptors::raise();
        let shared = Arc::new(Descriptors::default());
        let ((console, sites), mut problems) = bind_pages(config);
        let shards = match options.shards {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            shards => shards,
        };
        let plan = Plan {
            hub: hub.clone(),
            memory: memory.clone(),
            permit: Arc::new(DefaultGrants),
            clock: options.clock.clone(),
            descriptors: shared.clone(),
            shards,
            listeners: listeners.collect(),
        };
        let bound = match Server::bind(plan) {
            Ok(bound) if problems.is_empty() => bound,
            Ok(_) => return Err(StartError::Ports(problems)),
            Err(tieline_transport::StartError::Bind(listeners)) => {
                problems.splice(0..0, listeners.into_iter().map(of_listener));
                return Err(StartError::Ports(problems));
            }
            Err(error) => return Err(StartError::Transport(error)),
        };
        // The demo has a folder of its own, which nobody else knows.
        let may_use_store = !options.demo && config.listeners.iter().any(|listener| listener.entry.backend.is_some());
        let keeper = may_use_store.then(|| Keeper::start(config.store.path.as_ref())).transpose()?;
        let folder = options.demo.then(tempfile::tempdir).transpose().map_err(StartError::Folder)?;
        let mut backends: Vec<Box<dyn Backend>> = Vec::new();
        let mut services = Vec::new();
        for (index, listener) in config.listeners.iter().enumerate() {
            let Some(backend) = listener.entry.backend else { continue };
            let folder = folder.as_ref().map(|folder| folder.path().join(backend.name));
            let plan = BackendPlan {
                values: &values[index],
                store: folder.as_deref().unwrap_or(config.store.path.as_ref()),
                publish: Arc::new(Feed::new(&hub, &memory, &dialects[index])),
                interest: Arc::new(HubInterest::new(&hub, listener.entry.name)),
                demo: folder.clone(),
            };
            match (backend.start)(plan) {
                Ok(backend) => {
                    if let Some(executor) = backend.executor() {
                        bound.listeners()[index].set_executor(executor);
                    }
                    if let Some(remembers) = backend.memory() {
                        hub.remember(listener.entry.name, last_of(remembers, dialects[index].clone()));
                    }
                    services.extend(backend.service().map(|service| (listener.entry.name, service)));
                    backends.push(backend);
                }
                Err(fault) => {
                    backends.into_iter().for_each(Backend::stop);
                    return Err(StartError::Backend { dialect: listener.entry.name, fault });
                }
            }
        }
        let http =
            |name, limits: &config::Limits| HttpPort::new(name, self::limits(limits), origin_policy.clone(), &shared);
        let sites: Vec<_> = sites
            .into_iter()
            .filter_map(|(name, address, socket)| {
                let own = config.listeners.iter().find(|listener| listener.entry.name == name)?;
                Some((name, address, socket, http(name, &own.limits)))
            })
            .collect();
        let console = console.map(|(address, socket)| (address, socket, http("console", &config.limits)));
        descriptors::share(config, &shared);
        let server = bound.start().map_err(StartError::Transport)?;
        let ready = Arc::new(AtomicBool::new(true));
        let side = Side::start().map_err(StartError::Thread)?;
        let at: Vec<_> = sites.iter().map(|(dialect, address, ..)| (*dialect, *address)).collect();
        for (name, _, socket, http) in sites {
            let found = server.listeners().iter().zip(&dialects).find(|(listener, _)| listener.name() == name);
            let Some((listener, dialect)) = found else { continue };
            let (port, tls) = (listener.address().port(), listener.is_tls());
            let service = services.iter().find(|(of, _)| *of == name).map(|(_, service)| Arc::clone(service));
            let site = Site {
                origin_policy: origin_policy.clone(),
                hub: hub.clone(),
                dialect: dialect.clone(),
                service,
                port,
                tls,
            };
            side.serve_site(socket, http, site);
        }
        let address = console.as_ref().map(|(address, ..)| *address);
        if let Some((_, socket, http)) = console {
            let counted = server.listeners().to_vec();
            let (shown, charged) = (memory.clone(), memory.clone());
            let (heartbeats, store) = (server.heartbeats().clone(), keeper.as_ref().map(Keeper::state));
            let alive = move || -> Alive {
                let heartbeats = heartbeats.clone();
                Box::pin(async move { heartbeats.check(SIGN_OF_LIFE).await })
            };
            let failure = move || store.as_ref().and_then(|store| store.failure());
            let console = Console {
                origin_policy: origin_policy.clone(),
                hub: hub.clone(),
                demo: options.demo,
                started,
                listeners: listener_infos(&config.listeners, server.listeners(), &at),
                counts: Box::new(move || counted.iter().map(|listener| counts(listener)).collect()),
                send: Box::new(move |topic, json| send(&hub, &charged, &dialects, topic, json)),
                services,
                metrics: Box::new(move || {
                    shown.show();
                    metrics.render()
                }),
                ready: ready.clone(),
                vitals: Vitals { alive: Box::new(alive), failure: Box::new(failure) },
            };
            side.serve_console(socket, http, console);
        }
        if options.demo {
            for (listener, at) in config.listeners.iter().zip(server.listeners()) {
                for instrument in (listener.entry.instruments)() {
                    side.run(demo::play(instrument, at.address()));
                }
            }
        }
        Ok(Gateway {
            server,
            memory,
            side,
            backends,
            _keeper: keeper,
            console: address,
            sites: at,
            _folder: folder,
            ready,
            lame_duck: config.whole.lame_duck,
            clock: options.clock,
            origin_policy,
            certificate,
        })
    }

    /// Where a dialect listens.
    pub fn listener(&self, dialect: &str) -> Option<SocketAddr> {
        self.listeners().iter().find(|listener| listener.name() == dialect).map(|listener| listener.address())
    }

    /// Every listener.
    pub fn listeners(&self) -> &[Arc<Listener>] {
        self.server.listeners()
    }

    /// What is received and what waits to be sent is charged to this.
    pub fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    /// Where the console is.
    pub fn console(&self) -> Option<SocketAddr> {
        self.console
    }

    /// Where a dialect's own web pages are.
    pub fn site(&self, dialect: &str) -> Option<SocketAddr> {
        self.sites.iter().find(|(name, _)| *name == dialect).map(|(_, address)| *address)
    }

    /// Takes over what can change while it runs: `access.hosts`, `access.origins`, `access.proxy`, and what the certificate's files hold.
    pub fn reload(&self, config: &Config) -> Result<(), StartError> {
        if let (Some(certificate), Some(settings)) = (&self.certificate, &config.tls) {
            certificate.read_again(settings)?;
        }
        self.origin_policy.replace(origin_policy(config));
        Ok(())
    }

    /// Stops in order: not ready any more, and for `access.limits.lame_duck` all goes on; backends and simulated clients end, no new
    /// clients, every dialect says goodbye, queues drain, the console last. Blocks until it is done: after `lame_duck` and the end of
    /// backends at most as long as the longest `limits.drain`.
    pub fn stop(self) -> Farewell {
        let (wait_ms, now) = (self.lame_duck.as_millis() as u64, self.clock.now());
        self.ready.store(false, Ordering::Relaxed);
        if wait_ms > 0 {
            StopAnnounced { wait_ms }.emit();
            let until = now + wait_ms;
            self.side.wait(self.clock.until(until));
        }
        self.backends.into_iter().for_each(Backend::stop);
        self.side.end_tasks();
        let farewell = self.server.stop();
        self.side.stop();
        farewell
    }
}

/// What a listener's dialect and backend are made from.
fn values(listener: &ListenerConfig, demo: bool) -> Values {
    let mut values = listener.values.clone();
    if let Some(backend) = listener.entry.backend.filter(|_| demo) {
        (backend.demo)(&mut values);
    }
    values
}

/// The names, origins and proxies of the configuration, and this machine's own name.
fn origin_policy(config: &Config) -> OriginPolicy {
    let own = gethostname::gethostname().to_string_lossy().into_owned();
    let hosts = config.access.hosts.iter().cloned().chain(Some(own).filter(|name| !name.is_empty()));
    let protocol = match config.proxy.protocol {
        config::ProxyProtocol::None => ProxyProtocol::None,
        config::ProxyProtocol::Forwarded => ProxyProtocol::Forwarded,
        config::ProxyProtocol::V2 => ProxyProtocol::V2,
    };
    let proxies = Proxies::new(config.proxy.from.iter().filter_map(|text| network(text)), protocol);
    OriginPolicy::new(hosts, config.access.origins.iter().cloned()).behind(proxies)
}

fn limits(limits: &config::Limits) -> Limits {
    Limits {
        connections: limits.connections,
        connections_per_address: limits.connections_per_address,
        accepts_per_second: u32::try_from(limits.accepts_per_second).unwrap_or(u32::MAX),
        handshake: limits.handshake,
        header_bytes: limits.header_bytes,
        body: limits.body,
        keep_alive: limits.keep_alive,
        message_bytes: limits.message_bytes,
        inflated_bytes: limits.inflated_bytes,
        fragments: limits.fragments,
        messages_per_second: u32::try_from(limits.messages_per_second).unwrap_or(u32::MAX),
        queue_bytes: limits.queue_bytes,
        queue_full: match limits.queue_full {
            config::QueueFull::Disconnect => QueueFull::Disconnect,
            config::QueueFull::DropOldest => QueueFull::DropOldest,
            config::QueueFull::DropNewest => QueueFull::DropNewest,
        },
        idle: limits.idle,
        ping: limits.ping,
        message_time: limits.message_time,
        drain: limits.drain,
        pong: limits.pong,
        compression: true,
    }
}

fn bind(address: SocketAddr) -> std::io::Result<(SocketAddr, TcpListener)> {
    let socket = TcpListener::bind(address)?;
    socket.set_nonblocking(true)?;
    Ok((socket.local_addr()?, socket))
}

/// A socket for the console, and one for each dialect's own web pages, by dialect.
type Pages = (Option<(SocketAddr, TcpListener)>, Vec<(&'static str, SocketAddr, TcpListener)>);

/// Binds what is served over HTTP, as far as it can be had.
fn bind_pages(config: &Config) -> (Pages, Vec<PortProblem>) {
    let mut problems = Vec::new();
    let mut bind = |section, key, address| {
        let bound = bind(address).map_err(|source| problems.push(PortProblem { section, key, address, source }));
        bound.ok()
    };
    let sites = config.listeners.iter().filter_map(|listener| {
        let dialect = listener.entry.name;
        let (address, socket) = bind(dialect, "http", listener.http?)?;
        Some((dialect, address, socket))
    });
    let sites = sites.collect();
    let console = config.console.as_ref().and_then(|console| bind("console", "listen", console.listen));
    ((console, sites), problems)
}

fn of_listener(error: BindError) -> PortProblem {
    PortProblem { section: error.dialect, key: "listen", address: error.address, source: error.source }
}

fn listener_infos(
    configured: &[ListenerConfig],
    listeners: &[Arc<Listener>],
    sites: &[(&str, SocketAddr)],
) -> Vec<ListenerInfo> {
    let info = |(config, listener): (&ListenerConfig, &Arc<Listener>)| ListenerInfo {
        dialect: config.entry.name,
        title: config.entry.title,
        address: listener.address(),
        site: sites.iter().find(|(dialect, _)| *dialect == config.entry.name).map(|(_, address)| *address),
        tls: listener.is_tls(),
        sample: Sample { topic: config.entry.sample.0, message: config.entry.sample.1 },
    };
    configured.iter().zip(listeners).map(info).collect()
}

fn counts(listener: &Listener) -> DialectCounts {
    let counts = listener.counts();
    DialectCounts {
        dialect: listener.name(),
        sessions: counts.sessions,
        heard: counts.heard,
        delivered: counts.delivered,
        lost: counts.lost,
        refused: counts.refused,
    }
}

/// Publishes a JSON text in the words of the dialect that the topic begins with.
fn send(
    hub: &Hub,
    memory: &Arc<Memory>,
    dialects: &[Arc<dyn Dialect>],
    topic: &Topic,
    json: &str,
) -> Result<usize, Refusal> {
    let root = topic.tokens().next().unwrap_or_default();
    let Some(dialect) = dialects.iter().find(|dialect| dialect.name() == root) else {
        let detail = "no listener speaks the dialect that the topic begins with";
        return Err(Refusal::new(Reason::Unknown, detail));
    };
    let message = dialect.compose(topic, json)?;
    Ok(publish(hub, memory, &**dialect, SessionId::NONE, message).groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_the_same_in_the_configuration_and_in_transport() {
        assert_eq!(limits(&config::Limits::from_values(&Values::default())), Limits::default());
    }
}
