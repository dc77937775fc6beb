//! The web site that came with a product, at an address of its own: what stands at a path is the dialect's to say.
//!
//! Promises: GET and HEAD only, but for what stands behind the dialect and takes a POST; the same origin policy as everywhere; files of
//! the site's owner never from outside their folder.
//! Called by the gateway, once per dialect that has a site.

use crate::answer;
use crate::files;
use crate::guard::{OwnersPage, guard};
use crate::pages;
use crate::service;
use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use hyper_util::service::TowerToHyperService;
use std::path::PathBuf;
use std::sync::Arc;
use tieline_hub::Hub;
use tieline_model::{Caller, Dialect, Filter, OriginPolicy, Page, Service, Sight, Visit};
use tieline_transport::HttpPort;

const JSON: &str = "application/json";

/// What a site is made of.
pub struct Site {
    /// Which hosts and origins may knock.
    pub origin_policy: Arc<OriginPolicy>,
    /// Whose kept messages it shows.
    pub hub: Arc<Hub>,
    /// Who says what stands at a path.
    pub dialect: Arc<dyn Dialect>,
    /// What stands behind the dialect and answers calls.
    pub service: Option<Arc<dyn Service>>,
    /// The port of the dialect's WebSocket listener.
    pub port: u16,
    /// Whether that listener speaks TLS.
    pub tls: bool,
}

/// Serves until `stop` is done. Runs on a runtime of one thread.
pub async fn serve_site(
    listener: tokio::net::TcpListener,
    port: HttpPort,
    site: Site,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    let origin_policy = site.origin_policy.clone();
    let router = Router::new()
        .fallback(visit)
        .layer(middleware::from_fn_with_state(origin_policy, guard))
        .with_state(Arc::new(site));
    port.serve(listener, TowerToHyperService::new(router), stop).await;
}

async fn visit(State(site): State<Arc<Site>>, request: Request) -> Response {
    let page = site.at(request.uri().path(), service::caller(&request));
    if let Some(Page::Service(path)) = page {
        return site.serve(path, request).await;
    }
    if let Err(refused) = answer::is_page(request.method()) {
        return *refused;
    }
    match page {
        Some(Page::Built(name)) => match pages::named(&name) {
            Some(asset) => answer::asset(asset, request.headers()),
            None => nothing(),
        },
        Some(Page::Json(bytes)) => {
            let headers = [(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, "no-store")];
            (headers, bytes).into_response()
        }
        Some(Page::File { folder, path }) => file(folder, &path, request).await,
        Some(Page::Service(_)) | None => nothing(),
    }
}

impl Site {
    fn at(&self, path: &str, caller: Caller) -> Option<Page> {
        let kept = |filter: &Filter| self.hub.retained(filter);
        let served = self.service.is_some();
        self.dialect.visit(&Visit { path, port: self.port, tls: self.tls, caller, served, kept: &kept })
    }

    /// What stands behind the dialect answers.
    async fn serve(&self, path: String, request: Request) -> Response {
        let Some(service) = &self.service else { return nothing() };
        let method = request.method();
        if method != Method::POST && service.most_bytes(&path).is_none() {
            if let Err(refused) = answer::is_page(method) {
                return *refused;
            }
        } else if method != Method::POST {
            let allow = [(header::ALLOW, "POST")];
            return (StatusCode::METHOD_NOT_ALLOWED, allow, "Tieline: this is sent, with POST\n").into_response();
        }
        let Ok(Query(query)) = Query::try_from_uri(request.uri()) else {
            return (StatusCode::BAD_REQUEST, "Tieline: the query cannot be read\n").into_response();
        };
        match service::passed_on(&**service, path, query, Sight::Full, request).await {
            Ok(mut reply) => {
                if reply.kind == JSON {
                    reply.body = self.dialect.dress(&reply.body).into();
                }
                service::answer(reply)
            }
            Err(response) => *response,
        }
    }
}

/// A file of the site's owner, with ranges and dates as browsers ask for them.
async fn file(folder: PathBuf, path: &str, mut request: Request) -> Response {
    let Ok(uri) = path.parse::<Uri>() else { return nothing() };
    *request.uri_mut() = uri;
    match files::answer(folder, request).await {
        Ok(None) => nothing(),
        Ok(Some(mut response)) => {
            response.extensions_mut().insert(OwnersPage);
            response
        }
        // What it is stays on this machine: an error's text may name a path.
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "Tieline: the file cannot be read\n").into_response(),
    }
}

fn nothing() -> Response {
    (StatusCode::NOT_FOUND, "Tieline: there is nothing at this path\n").into_response()
}
