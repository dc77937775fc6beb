//! What every HTTP request goes through, to the console and to a dialect's own site: who knocks, and how pages behave.

use crate::answer::refused;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use tieline_model::{OriginPolicy, Reason, Refusal};
use tieline_transport::Guest;

/// Pages load nothing from elsewhere and talk to the listeners of this host.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; \
    style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Put on an answer whose page belongs to the site's owner: how it behaves is the owner's choice.
#[derive(Clone, Copy)]
pub(crate) struct OwnersPage;

/// Refuses who must not knock, and says how pages may behave.
pub(crate) async fn guard(
    State(origin_policy): State<Arc<OriginPolicy>>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Err((status, refusal)) = knock(&origin_policy, request.method(), request.headers()) {
        return refused(status, &refusal);
    }
    if let Some(address) = request.extensions().get::<Guest>().map(|guest| guest.caller.address) {
        request.extensions_mut().insert(ConnectInfo(address));
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

fn knock(origin_policy: &OriginPolicy, method: &Method, headers: &HeaderMap) -> Result<(), (StatusCode, Refusal)> {
    let count = |name| headers.get_all(name).iter().count();
    if count(header::HOST) > 1 || count(header::ORIGIN) > 1 {
        let detail = "one Host header, and at most one Origin header";
        return Err((StatusCode::BAD_REQUEST, Refusal::new(Reason::Malformed, detail)));
    }
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    origin_policy
        .check(text(header::HOST), text(header::ORIGIN))
        .map_err(|refusal| (StatusCode::FORBIDDEN, refusal))?;
    let changes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let is_cross_site =
        headers.get_all("sec-fetch-site").iter().any(|site| site.as_bytes().eq_ignore_ascii_case(b"cross-site"));
    if changes && is_cross_site {
        let detail = "a page of another site may change nothing here (Sec-Fetch-Site: cross-site)";
        return Err((StatusCode::FORBIDDEN, Refusal::new(Reason::NotPermitted, detail)));
    }
    Ok(())
}
