//! The API but for the tail: what listens, what happened, sending, metrics. Shapes are in the types.

use crate::Shared;
use crate::answer::refused;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::SystemTime;
use tieline_model::{Reason, Refusal, Topic};

/// One listener, as `/api/listeners` tells it.
#[derive(Debug, Clone, Serialize)]
pub struct ListenerInfo {
    /// The dialect's name.
    pub dialect: &'static str,
    /// What it takes the place of.
    pub title: &'static str,
    /// Where it listens.
    pub address: SocketAddr,
    /// Where its own web pages are, when it has some.
    pub site: Option<SocketAddr>,
    /// Whether clients use `wss://`.
    pub tls: bool,
    /// A message to try.
    pub sample: Sample,
}

/// A message that makes something visible.
#[derive(Debug, Clone, Serialize)]
pub struct Sample {
    /// Where to.
    pub topic: &'static str,
    /// JSON.
    pub message: &'static str,
}

/// What happened in one dialect since the start, as `/api/overview` tells it.
#[derive(Debug, Clone, Serialize)]
pub struct DialectCounts {
    /// The dialect's name.
    pub dialect: &'static str,
    /// Sessions open now.
    pub sessions: u64,
    /// Messages heard from clients.
    pub heard: u64,
    /// Messages handed to clients, each receiver counted.
    pub delivered: u64,
    /// Messages that clients did not take in time.
    pub lost: u64,
    /// Requests that were refused.
    pub refused: u64,
}

#[derive(Serialize)]
struct Listeners<'a> {
    name: &'static str,
    version: &'static str,
    demo: bool,
    started: String,
    listeners: &'a [ListenerInfo],
}

#[derive(Serialize)]
struct Overview {
    now: String,
    dialects: Vec<DialectCounts>,
}

#[derive(Deserialize)]
pub(crate) struct Where {
    topic: String,
}

pub(crate) async fn listeners(State(console): Shared) -> Response {
    let listeners = Listeners {
        name: "tieline",
        version: env!("CARGO_PKG_VERSION"),
        demo: console.demo,
        started: rfc3339(console.started),
        listeners: &console.listeners,
    };
    Json(listeners).into_response()
}

pub(crate) async fn overview(State(console): Shared) -> Response {
    Json(Overview { now: rfc3339(SystemTime::now()), dialects: (console.counts)() }).into_response()
}

/// Publishes the request's body. It has to be declared as JSON: no page elsewhere can send that without being asked.
pub(crate) async fn send(
    State(console): Shared,
    Query(to): Query<Where>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if declared.split(';').next().map(str::trim) != Some("application/json") {
        let refusal = Refusal::new(Reason::Unsupported, "the message has Content-Type: application/json");
        return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, &refusal);
    }
    let topic = match Topic::parse(&to.topic) {
        Ok(topic) => topic,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("Tieline: {error}\n")).into_response(),
    };
    match (console.send)(&topic, &body) {
        Ok(groups) => Json(serde_json::json!({ "audiences": groups })).into_response(),
        Err(refusal) => refused(status(refusal.reason), &refusal),
    }
}

pub(crate) async fn metrics(State(console): Shared) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], (console.metrics)()).into_response()
}

pub(crate) fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}

fn status(reason: Reason) -> StatusCode {
    match reason {
        Reason::NotPermitted => StatusCode::FORBIDDEN,
        Reason::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Reason::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Reason::Unknown => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_REQUEST,
    }
}
