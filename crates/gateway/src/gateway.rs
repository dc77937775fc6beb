//! The gateway at work: hub, transport and console put together from a checked configuration, and taken apart in order.
//!
//! Promises: nothing is accepted before everything is bound; what cannot be started is told with the key to change.
//! Called by `tieline run` and `tieline demo`, and by tests, which bring a clock of their own.

use crate::config::{self, Config, ListenerConfig};
use crate::feed::{Ears, Feed};
use crate::tls::{self, Certificate};
use crate::{demo, descriptors, measure, side::Side};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};
use tieline_console::{Console, DialectCounts, ListenerInfo, Sample, Site};
use tieline_hub::{Hub, HubLimits};
use tieline_model::proxies::network;
use tieline_model::settings::Values;
use tieline_model::{
    Dialect, Door, Proxies, ProxyProtocol, Reason, Refusal, SessionId, Source, SourceFault, SourcePlan, Standings,
    Topic,
};
use tieline_transport::{
    Clock, Descriptors, Farewell, HttpPort, Limits, Listener, ListenerPlan, Plan, QueueFull, Server, publish,
};

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
    /// Listeners could not be bound, or a thread not be made.
    #[error(transparent)]
    Transport(#[from] tieline_transport::StartError),
    /// The console's address cannot be had.
    #[error("console: cannot listen on {address}: {source}")]
    Console {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The address of a dialect's web pages cannot be had.
    #[error("{dialect}.http: cannot listen on {address}: {source}")]
    Site {
        /// Whose pages.
        dialect: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A source did not start.
    #[error("{dialect}: {fault}")]
    Source {
        /// The dialect it feeds.
        dialect: &'static str,
        /// Why.
        fault: SourceFault,
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
    side: Side,
    sources: Vec<Box<dyn Source>>,
    console: Option<SocketAddr>,
    /// By dialect.
    sites: Vec<(&'static str, SocketAddr)>,
    /// Where the demo works; removed with everything in it.
    _folder: Option<tempfile::TempDir>,
    ready: Arc<AtomicBool>,
    drain: Duration,
    door: Arc<Door>,
    certificate: Option<Arc<Certificate>>,
}

impl Gateway {
    /// Starts everything that the configuration switches on.
    pub fn start(config: &Config, options: Options) -> Result<Gateway, StartError> {
        let metrics = measure::install().map_err(StartError::Metrics)?;
        let started = SystemTime::now();
        let hub = Hub::new(HubLimits::default());
        let door = Arc::new(door(config));
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
            limits: limits(&listener.limits),
            door: door.clone(),
            tls: tls.clone().filter(|_| listener.tls),
        });
        descriptors::raise();
        let shared = Arc::new(Descriptors::default());
        let console = config.console.as_ref().map(|console| console.listen);
        let console = console.map(|address| bind(address).map_err(|source| StartError::Console { address, source }));
        let console = console.transpose()?;
        let sites = bind_sites(config)?;
        let shards = match options.shards {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            shards => shards,
        };
        let plan = Plan {
            hub: hub.clone(),
            permit: Arc::new(Standings),
            clock: options.clock,
            descriptors: shared.clone(),
            shards,
            listeners: listeners.collect(),
        };
        let bound = Server::bind(plan)?;
        let folder = options.demo.then(tempfile::tempdir).transpose().map_err(StartError::Folder)?;
        let mut sources: Vec<Box<dyn Source>> = Vec::new();
        let mut services = Vec::new();
        for (index, listener) in config.listeners.iter().enumerate() {
            let Some(source) = listener.entry.source else { continue };
            let folder = folder.as_ref().map(|folder| folder.path().join(source.name));
            let plan = SourcePlan {
                values: &values[index],
                store: folder.as_deref().unwrap_or(config.store.path.as_ref()),
                publish: Arc::new(Feed::new(&hub, &dialects[index])),
                hearers: Arc::new(Ears::new(&hub, listener.entry.name)),
                demo: folder.clone(),
            };
            match (source.start)(plan) {
                Ok(source) => {
                    if let Some(executor) = source.executor() {
                        bound.listeners()[index].set_executor(executor);
                    }
                    services.extend(source.service().map(|service| (listener.entry.name, service)));
                    sources.push(source);
                }
                Err(fault) => {
                    sources.into_iter().for_each(Source::stop);
                    return Err(StartError::Source { dialect: listener.entry.name, fault });
                }
            }
        }
        let http = |name, limits: &config::Limits| HttpPort::new(name, self::limits(limits), door.clone(), &shared);
        let sites: Vec<_> = sites
            .into_iter()
            .filter_map(|(name, address, socket)| {
                let own = config.listeners.iter().find(|listener| listener.entry.name == name)?;
                Some((name, address, socket, http(name, &own.limits)))
            })
            .collect();
        let console = console.map(|(address, socket)| (address, socket, http("console", &config.limits)));
        descriptors::share(config, &shared);
        let server = bound.start()?;
        let ready = Arc::new(AtomicBool::new(true));
        let side = Side::start().map_err(StartError::Thread)?;
        let at: Vec<_> = sites.iter().map(|(dialect, address, ..)| (*dialect, *address)).collect();
        for (name, _, socket, http) in sites {
            let found = server.listeners().iter().zip(&dialects).find(|(listener, _)| listener.name() == name);
            let Some((listener, dialect)) = found else { continue };
            let (port, tls) = (listener.address().port(), listener.is_tls());
            let site = Site { door: door.clone(), hub: hub.clone(), dialect: dialect.clone(), port, tls };
            side.serve_site(socket, http, site);
        }
        let address = console.as_ref().map(|(address, ..)| *address);
        if let Some((_, socket, http)) = console {
            let counted = server.listeners().to_vec();
            let console = Console {
                door: door.clone(),
                hub: hub.clone(),
                demo: options.demo,
                started,
                listeners: listener_infos(&config.listeners, server.listeners(), &at),
                counts: Box::new(move || counted.iter().map(|listener| counts(listener)).collect()),
                send: Box::new(move |topic, json| send(&hub, &dialects, topic, json)),
                services,
                metrics: Box::new(move || metrics.render()),
                ready: ready.clone(),
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
        let drain = config.listeners.iter().map(|listener| listener.limits.drain).max().unwrap_or_default();
        Ok(Gateway {
            server,
            side,
            sources,
            console: address,
            sites: at,
            _folder: folder,
            ready,
            drain,
            door,
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
        self.door.replace(door(config));
        Ok(())
    }

    /// Stops in order: not ready any more, sources and simulated clients end, no new clients, every dialect says goodbye, queues
    /// drain, the console last. Blocks until it is done, at most as long as `limits.drain`.
    pub fn stop(self) -> Farewell {
        self.ready.store(false, Ordering::Relaxed);
        self.sources.into_iter().for_each(Source::stop);
        self.side.end_tasks();
        let farewell = self.server.stop(self.drain);
        self.side.stop();
        farewell
    }
}

/// What a listener's dialect and source are made from.
fn values(listener: &ListenerConfig, demo: bool) -> Values {
    let mut values = listener.values.clone();
    if let Some(source) = listener.entry.source.filter(|_| demo) {
        (source.demo)(&mut values);
    }
    values
}

/// The names, origins and proxies of the configuration, and this machine's own name.
fn door(config: &Config) -> Door {
    let own = gethostname::gethostname().to_string_lossy().into_owned();
    let hosts = config.access.hosts.iter().cloned().chain(Some(own).filter(|name| !name.is_empty()));
    let protocol = match config.proxy.protocol {
        config::ProxyProtocol::None => ProxyProtocol::None,
        config::ProxyProtocol::Forwarded => ProxyProtocol::Forwarded,
        config::ProxyProtocol::V2 => ProxyProtocol::V2,
    };
    let proxies = Proxies::new(config.proxy.from.iter().filter_map(|text| network(text)), protocol);
    Door::new(hosts, config.access.origins.iter().cloned()).behind(proxies)
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
    }
}

fn bind(address: SocketAddr) -> std::io::Result<(SocketAddr, TcpListener)> {
    let socket = TcpListener::bind(address)?;
    socket.set_nonblocking(true)?;
    Ok((socket.local_addr()?, socket))
}

/// The sockets of the dialects' own web pages.
fn bind_sites(config: &Config) -> Result<Vec<(&'static str, SocketAddr, TcpListener)>, StartError> {
    let mut sites = Vec::new();
    for listener in &config.listeners {
        if let Some(address) = listener.http {
            let dialect = listener.entry.name;
            let (at, socket) = bind(address).map_err(|source| StartError::Site { dialect, address, source })?;
            sites.push((dialect, at, socket));
        }
    }
    Ok(sites)
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
fn send(hub: &Hub, dialects: &[Arc<dyn Dialect>], topic: &Topic, json: &str) -> Result<usize, Refusal> {
    let root = topic.tokens().next().unwrap_or_default();
    let Some(dialect) = dialects.iter().find(|dialect| dialect.name() == root) else {
        let detail = "no listener speaks the dialect that the topic begins with";
        return Err(Refusal::new(Reason::Unknown, detail));
    };
    let message = dialect.compose(topic, json)?;
    Ok(publish(hub, &**dialect, SessionId::NONE, message).audiences)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_the_same_in_the_configuration_and_in_transport() {
        assert_eq!(limits(&config::Limits::from_values(&Values::default())), Limits::default());
    }
}
