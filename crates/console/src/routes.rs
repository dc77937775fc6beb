//! Paths to functions, and what every request goes through.

use crate::answer;
use crate::guard::guard;
use crate::{Console, api, service, tail, vitals};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{StatusCode, Uri};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::sync::Arc;

/// A message that is sent through the API is at most this many bytes.
const SEND_BYTES: usize = 1 << 20;
pub(crate) fn router(console: Arc<Console>, tails: Arc<tail::Tails>) -> Router {
    Router::new()
        .route("/api/listeners", get(api::listeners))
        .route("/api/overview", get(api::overview))
        .route("/api/send", post(api::send).layer(DefaultBodyLimit::max(SEND_BYTES)))
        .route("/api/tail", get(tail::tail).with_state(tails))
        .route("/api/{dialect}/{*path}", get(service::call).post(service::call).layer(DefaultBodyLimit::disable()))
        .route("/metrics", get(api::metrics))
        .route("/healthz", get(vitals::health))
        .route("/readyz", get(vitals::ready))
        .fallback(page)
        .layer(middleware::from_fn_with_state(console.origin_policy.clone(), guard))
        .with_state(console)
}

async fn page(uri: Uri, request: Request) -> Response {
    match crate::pages::asset(uri.path()) {
        Some(asset) => match answer::is_page(request.method()) {
            Ok(()) => answer::asset(asset, request.headers()),
            Err(refused) => *refused,
        },
        None => (StatusCode::NOT_FOUND, "Tieline: there is nothing at this path\n").into_response(),
    }
}
