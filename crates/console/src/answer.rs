//! Forms of answers that several paths share.

use crate::pages::Asset;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tieline_model::Refusal;

/// One line that says what is wrong.
pub(crate) fn refused(status: StatusCode, refusal: &Refusal) -> Response {
    (status, format!("Tieline: {refusal}\n")).into_response()
}

/// Whether a page is asked for; else what to answer: nothing else can be done with one.
pub(crate) fn is_page(method: &Method) -> Result<(), Box<Response>> {
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let allow = [(header::ALLOW, HeaderValue::from_static("GET, HEAD"))];
    let line = "Tieline: pages are asked for with GET\n";
    Err(Box::new((StatusCode::METHOD_NOT_ALLOWED, allow, line).into_response()))
}

/// An embedded file, or 304 when the browser has it.
pub(crate) fn asset(asset: Asset, request: &HeaderMap) -> Response {
    let caching = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let unchanged = has_already(request, &asset.etag);
    let body = if unchanged { Body::empty() } else { Body::from(asset.bytes.into_owned()) };
    let mut response = Response::new(body);
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if let Ok(etag) = HeaderValue::from_str(&asset.etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// Whether `If-None-Match` names this tag: among others, as a weak one (proxies that compress make it that), or by `*`
/// (RFC 9110 section 13.1.2, where the weak comparison is asked for).
fn has_already(request: &HeaderMap, etag: &str) -> bool {
    let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    let wanted = opaque(etag);
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.trim() == "*" || tags(value).any(|tag| opaque(tag) == wanted))
}

/// The tags of a list. A comma within the quotes of one does not end it.
fn tags(list: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    list.split(move |c| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    })
    .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_weakly_and_within_lists() {
        for (header, expected) in [
            ("\"abc\"", true),
            ("W/\"abc\"", true),
            ("\"x\", W/\"abc\"", true),
            ("\"x\",\"abc\",\"y\"", true),
            ("\"x,\", \"abc\"", true),
            ("*", true),
            (" * ", true),
            ("\"x\", \"ab\"", false),
            ("\"x,\"abc\"", false),
            ("abc", false),
            ("\"ABC\"", false),
            ("w/\"abc\"", false),
            ("", false),
        ] {
            let mut request = HeaderMap::new();
            request.insert(header::IF_NONE_MATCH, HeaderValue::from_static(header));
            assert_eq!(has_already(&request, "\"abc\""), expected, "{header}");
        }
        let mut request = HeaderMap::new();
        request.append(header::IF_NONE_MATCH, HeaderValue::from_static("\"x\""));
        request.append(header::IF_NONE_MATCH, HeaderValue::from_static("\"abc\""));
        assert!(has_already(&request, "\"abc\""));
        assert!(!has_already(&HeaderMap::new(), "\"abc\""));
    }
}
