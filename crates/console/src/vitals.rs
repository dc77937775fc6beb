//! `/healthz` and `/readyz`: whether the gateway works, and whether it takes clients.
//!
//! Promises: the console's own thread answers, and within moments, whatever stands still elsewhere. Where only something
//! beside the clients' messages is at fault, such as the store, `/readyz` says so and stays at 200: whoever routes clients
//! by it would otherwise send them nowhere, although all that they do still works. Called by probes and balancers.

use crate::Shared;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::pin::Pin;
use std::sync::atomic::Ordering;
use tieline_model::Safe;

/// An answer that may take a moment: what is at fault, if anything is.
pub type Alive = Pin<Box<dyn Future<Output = Result<(), Safe>> + Send>>;

/// Whom to ask.
pub struct Vitals {
    /// Whether everything that serves clients turns; back within a bounded time.
    pub alive: Box<dyn Fn() -> Alive + Send + Sync>,
    /// What is at fault beside it.
    pub failure: Box<dyn Fn() -> Option<Safe> + Send + Sync>,
}

impl Default for Vitals {
    /// Always well.
    fn default() -> Vitals {
        Vitals { alive: Box::new(|| Box::pin(async { Ok(()) })), failure: Box::new(|| None) }
    }
}

pub(crate) async fn health(State(console): Shared) -> Response {
    match (console.vitals.alive)().await {
        Ok(()) => "ok\n".into_response(),
        Err(fault) => (StatusCode::SERVICE_UNAVAILABLE, format!("{fault}\n")).into_response(),
    }
}

pub(crate) async fn ready(State(console): Shared) -> Response {
    if !console.ready.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    match (console.vitals.failure)() {
        None => "ready\n".into_response(),
        Some(failure) => format!("degraded: {failure}\n").into_response(),
    }
}
