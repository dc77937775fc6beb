//! The console: what people and programs ask about the gateway over HTTP.
//!
//! Pages at `/`, `/display` and `/plant`, the API they use below `/api`, `/metrics`, `/healthz` and `/readyz`. Promises:
//! knows no product and no socket of theirs; a page that does not read delays nobody; patient data is redacted. Called by
//! the gateway, which gives it a hub, and functions for what only the gateway can do.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod answer;
mod api;
mod files;
mod guard;
mod pages;
mod routes;
mod service;
mod site;
mod tail;
mod vitals;

pub use api::{DialectCounts, ListenerInfo, Sample};
pub use site::{Site, serve_site};
pub use vitals::{Alive, Vitals};

use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;
use tieline_hub::Hub;
use tieline_model::{OriginPolicy, Refusal, Service, Topic};
use tieline_transport::HttpPort;

/// What the console shows and whom it asks.
pub struct Console {
    /// Which hosts and origins may knock.
    pub origin_policy: Arc<OriginPolicy>,
    /// Where tails listen.
    pub hub: Arc<Hub>,
    /// Whether everything is simulated.
    pub demo: bool,
    /// When the gateway started.
    pub started: SystemTime,
    /// What listens where.
    pub listeners: Vec<ListenerInfo>,
    /// What happened in each dialect so far.
    pub counts: Box<dyn Fn() -> Vec<DialectCounts> + Send + Sync>,
    /// Publishes a JSON text on a topic, in the words of the topic's dialect; returns how many groups it reached.
    pub send: Publish,
    /// Who answers calls below `/api/<dialect>/`, by dialect.
    pub services: Vec<(&'static str, Arc<dyn Service>)>,
    /// The metrics in Prometheus' text format.
    pub metrics: Box<dyn Fn() -> String + Send + Sync>,
    /// Whether the gateway takes clients: `/readyz`.
    pub ready: Arc<AtomicBool>,
    /// Whether the gateway is well: `/healthz`, and what `/readyz` says besides.
    pub vitals: Vitals,
}

/// Publishes a JSON text on a topic; returns how many groups it reached.
pub type Publish = Box<dyn Fn(&Topic, &str) -> Result<usize, Refusal> + Send + Sync>;

/// The console as requests get it.
type Shared = axum::extract::State<Arc<Console>>;

/// Serves until `stop` is done; open tails are ended then. Runs on a runtime of one thread.
pub async fn serve(
    listener: tokio::net::TcpListener,
    port: HttpPort,
    console: Console,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    let tails = tail::Tails::start(&console.hub);
    let ended = tails.clone();
    let stopped = async move {
        stop.await;
        ended.end();
        // Health, readiness and metrics are answered to the last: it ends with its runtime.
        std::future::pending().await
    };
    let router = routes::router(Arc::new(console), tails);
    port.serve(listener, TowerToHyperService::new(router), stopped).await;
}
