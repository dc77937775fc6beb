//! A whole gateway inside a test: configuration as text, ports of the system's choice, time that the test moves.
//!
//! Promises: it has a console (that is where the metrics are read), and it is stopped in order when dropped, which
//! fails the test if a client had to be cut off.

use crate::metrics::Metrics;
use crate::{Answer, Client, Done, Failure, PATIENCE, Raw, within};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::Duration;
use tieline_config::{Config, Input, load, render};
use tieline_gateway::registry::DIALECTS;
use tieline_gateway::{Gateway, Options};
use tieline_transport::{Clock, Farewell, Hand};
use toml::{Table, Value};

/// A gateway at work.
pub struct TestGateway {
    gateway: Option<Gateway>,
    /// Moves its time; nobody does when that is the system's.
    hand: Option<Hand>,
    /// Where its store is, when the configuration names none: no two tests share one. Removed after the gateway.
    _store: tempfile::TempDir,
}

impl TestGateway {
    /// Starts a gateway with two shards from a configuration whose sections need no `listen`.
    pub fn start(toml: &str) -> TestGateway {
        TestGateway::with_shards(2, toml)
    }

    /// The same with that many shards.
    pub fn with_shards(shards: usize, toml: &str) -> TestGateway {
        let (clock, hand) = Clock::manual();
        TestGateway::launch(shards, clock, Some(hand), toml)
    }

    /// One with two shards whose time is the system's, for tests with programs that have no other.
    pub fn in_real_time(toml: &str) -> TestGateway {
        TestGateway::launch(2, Clock::system(), None, toml)
    }

    fn launch(shards: usize, clock: Clock, hand: Option<Hand>, toml: &str) -> TestGateway {
        let store = tempfile::tempdir().expect("a folder for the store");
        let gateway = Gateway::start(&config(toml, store.path()), Options { shards, clock, demo: false });
        TestGateway {
            gateway: Some(gateway.unwrap_or_else(|error| panic!("the gateway does not start: {error}"))),
            hand,
            _store: store,
        }
    }

    fn gateway(&self) -> &Gateway {
        self.gateway.as_ref().expect("a gateway that was not stopped")
    }

    /// Where a dialect listens.
    pub fn address(&self, dialect: &str) -> SocketAddr {
        self.gateway().listener(dialect).unwrap_or_else(|| panic!("nothing listens for {dialect}"))
    }

    /// Where a dialect's own web pages are.
    pub fn site(&self, dialect: &str) -> SocketAddr {
        self.gateway().site(dialect).unwrap_or_else(|| panic!("{dialect} has no pages of its own"))
    }

    /// Where the console is.
    pub fn console(&self) -> SocketAddr {
        self.gateway().console().expect("a console")
    }

    /// A client of a dialect, on the path `/`.
    pub async fn client(&self, dialect: &str) -> Done<Client> {
        Client::connect(self.address(dialect), "/").await
    }

    /// A client that reads and writes single frames, without compression.
    pub async fn raw(&self, dialect: &str) -> Done<Raw> {
        Raw::upgrade(self.address(dialect), "").await
    }

    /// A page of the console.
    pub async fn get(&self, path: &str) -> Done<Answer> {
        Raw::connect(self.console()).await?.get(path).await
    }

    /// What the metrics say now. They belong to the process, so other gateways of the test are in them.
    pub async fn metrics(&self) -> Done<Metrics> {
        Ok(Metrics::new(self.get("/metrics").await?.body))
    }

    /// Waits until a counter (or the sum of several) is `expected`; one that is beyond it is a failure. What is counted is
    /// often counted just after the client was told.
    pub async fn counts(&self, name: &str, labels: &[&str], expected: f64) -> Done {
        let mut have = 0.0;
        let work = async {
            while have < expected {
                have = self.metrics().await?.sum(name, labels);
            }
            Done::Ok(())
        };
        let late = within(name, work).await;
        if have == expected {
            return Ok(());
        }
        Err(Failure(format!("{name} {labels:?}: expected {expected}, got {have} ({late:?})")))
    }

    /// What is charged to the budget of memory now, in bytes.
    pub fn charged(&self) -> usize {
        self.gateway().memory().charged()
    }

    /// Connections that a listener counts as open now.
    pub fn open(&self, dialect: &str) -> usize {
        let listener = self.gateway().listeners().iter().find(|listener| listener.name() == dialect);
        listener.map_or(0, |listener| listener.open())
    }

    /// Moves the time that limits are measured by.
    pub fn advance(&self, by: Duration) {
        self.hand.as_ref().expect("a gateway whose time is not the system's").advance(by);
    }

    /// Stops it, while the test goes on with its clients.
    pub fn begin_stop(mut self) -> Stopping {
        let gateway = self.gateway.take().expect("a gateway that was not stopped");
        let hand = self.hand.take();
        let (told, farewell) = tokio::sync::oneshot::channel();
        let stop = move || {
            // Nobody asks any more when the test has failed meanwhile.
            let _ = told.send(gateway.stop());
        };
        std::thread::Builder::new().name("stopping".to_owned()).spawn(stop).expect("a thread");
        Stopping { farewell, hand }
    }

    /// Stops it and waits until it has.
    pub async fn stop(self) -> Done<Farewell> {
        self.begin_stop().farewell().await
    }
}

/// A gateway that was asked to stop.
pub struct Stopping {
    farewell: tokio::sync::oneshot::Receiver<Farewell>,
    hand: Option<Hand>,
}

impl Stopping {
    /// Moves the time that limits are measured by.
    pub fn advance(&self, by: Duration) {
        self.hand.as_ref().expect("a gateway whose time is not the system's").advance(by);
    }

    /// Waits until it has stopped.
    pub async fn farewell(self) -> Done<Farewell> {
        crate::within("the gateway's stop", self.farewell).await?.map_err(crate::patience::failed("the gateway's stop"))
    }
}

impl Drop for TestGateway {
    fn drop(&mut self) {
        let Some(gateway) = self.gateway.take() else { return };
        // A thread of its own: the test may be inside a runtime, where nothing may block, and a gateway that hangs is
        // left behind.
        let (told, farewell) = sync_channel(1);
        std::thread::spawn(move || told.send(gateway.stop()));
        let farewell = farewell.recv_timeout(2 * PATIENCE);
        if !std::thread::panicking() {
            let farewell = farewell.expect("a gateway that stops, without a panic");
            assert_eq!(farewell.cut, 0, "clients that were cut off at the end: {farewell:?}");
        }
    }
}

/// Reads the text, with ports of the system's choice and this store wherever it names none, and a console.
fn config(toml: &str, store: &Path) -> Config {
    let mut table: Table = toml.parse().unwrap_or_else(|error| panic!("the test's configuration: {error}"));
    table.entry("console").or_insert_with(|| Table::new().into());
    if let Value::Table(section) = table.entry("store").or_insert_with(|| Table::new().into()) {
        section.entry("path").or_insert_with(|| store.display().to_string().into());
    }
    for name in DIALECTS.iter().map(|entry| entry.name).chain(["console"]) {
        if let Some(Value::Table(section)) = table.get_mut(name) {
            section.entry("listen").or_insert_with(|| Value::from("127.0.0.1:0"));
            if DIALECTS.iter().any(|entry| entry.name == name && entry.site.is_some()) {
                section.entry("http").or_insert_with(|| Value::from("127.0.0.1:0"));
            }
        }
    }
    let input = Input { path: "test.toml".to_owned(), bytes: table.to_string().into_bytes(), ..Input::default() };
    load(&input, DIALECTS).unwrap_or_else(|problems| panic!("{}", render(&problems.source, &problems.list, false)))
}
