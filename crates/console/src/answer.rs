//! Forms of answers that several paths share.

use crate::pages::Asset;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tieline_model::Refusal;

/// One line that says what is wrong.
pub(crate) fn refused(status: StatusCode, refusal: &Refusal) -> Response {
    (status, format!("Tieline: {refusal}\n")).into_response()
}

/// An embedded file, or 304 when the browser has it.
pub(crate) fn asset(asset: Asset, known: Option<&HeaderValue>) -> Response {
    let caching = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let etag = HeaderValue::from_str(&asset.etag);
    let unchanged = etag.as_ref().is_ok_and(|etag| known == Some(etag));
    let body = if unchanged { Body::empty() } else { Body::from(asset.bytes.into_owned()) };
    let mut response = Response::new(body);
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if let Ok(etag) = etag {
        headers.insert(header::ETAG, etag);
    }
    response
}
