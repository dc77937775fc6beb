//! What every HTTP request goes through, to the console and to a dialect's own site: who knocks, and how pages behave.

use crate::answer::refused;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use tieline_model::{Door, Refusal};

/// Pages load nothing from elsewhere and talk to the listeners of this host.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; \
    style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Put on an answer whose page belongs to the site's owner: how it behaves is the owner's choice.
#[derive(Clone, Copy)]
pub(crate) struct OwnersPage;

/// Refuses who must not knock, and says how pages may behave.
pub(crate) async fn guard(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    if let Err(refusal) = knock(&door, request.headers()) {
        return refused(StatusCode::FORBIDDEN, &refusal);
    }
    let mut response = next.run(request).await;
    let owners = response.extensions().get::<OwnersPage>().is_some();
    let headers = response.headers_mut();
    if !owners {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn knock(door: &Door, headers: &HeaderMap) -> Result<(), Refusal> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    door.check(text(header::HOST), text(header::ORIGIN))
}
