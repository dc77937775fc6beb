//! Paths to functions, and what every request goes through.

use crate::answer::{self, refused};
use crate::{Console, Shared, api, tail};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::sync::Arc;
use tieline_model::Refusal;

/// A message that is sent through the API is at most this many bytes.
const SEND_BYTES: usize = 1 << 20;
/// Pages load nothing from elsewhere and talk to the listeners of this host.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; \
    style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

pub(crate) fn router(console: Arc<Console>, tails: Arc<tail::Tails>) -> Router {
    Router::new()
        .route("/api/listeners", get(api::listeners))
        .route("/api/overview", get(api::overview))
        .route("/api/send", post(api::send).layer(DefaultBodyLimit::max(SEND_BYTES)))
        .route("/api/tail", get(tail::tail).with_state(tails))
        .route("/metrics", get(api::metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(api::ready))
        .fallback(page)
        .layer(middleware::from_fn_with_state(console.clone(), guard))
        .with_state(console)
}

/// Checks who knocks, and says how pages may behave.
async fn guard(State(console): Shared, request: Request, next: Next) -> Response {
    if let Err(refusal) = knock(&console, request.headers()) {
        return refused(StatusCode::FORBIDDEN, &refusal);
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn knock(console: &Console, headers: &HeaderMap) -> Result<(), Refusal> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    console.door.check(text(header::HOST), text(header::ORIGIN))
}

async fn page(uri: Uri, request: Request) -> Response {
    match crate::pages::asset(uri.path()) {
        Some(asset) => answer::asset(asset, request.headers().get(header::IF_NONE_MATCH)),
        None => (StatusCode::NOT_FOUND, "Tieline: there is nothing at this path\n").into_response(),
    }
}
