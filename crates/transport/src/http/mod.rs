//! A port that speaks HTTP: the console's, and those of dialects' own web pages. Accepted, counted and bounded like every
//! other port; what is answered is the affair of the service behind it.
//!
//! Promises: whoever sends half a request, or takes no answer, is gone in time; the service sees the real client. Called by
//! the console.

pub(crate) mod body;
pub(crate) mod deadlines;
pub(crate) mod stream;

use crate::Limits;
use crate::http::body::{Arriving, Leaving};
use crate::http::deadlines::{Deadlines, Late};
use crate::http::stream::{Opening, Stream};
use crate::port::accept::{Newcomer, accept, turn_away};
use crate::port::caller;
use crate::port::gate::{Admission, Gate, Reached};
use crate::port::handshake::header_bytes;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::{Body, Incoming};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tieline_budget::Descriptors;
use tieline_model::{Caller, OriginPolicy, Safe, safe};
use tieline_telemetry::events::HandshakeRefused;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What stands before the service of a port.
pub struct HttpPort {
    gate: Arc<Gate>,
    limits: Limits,
    origin_policy: Arc<OriginPolicy>,
}

/// Who makes a request: an extension of every request that reaches the service.
#[derive(Debug, Clone)]
pub struct Guest {
    /// The client.
    pub caller: Caller,
    deadlines: Arc<Deadlines>,
}

impl Guest {
    /// Says that the answer has no end, so that it is not late as long as the client is there.
    pub fn stays(&self) {
        self.deadlines.is_stream();
    }
}

impl HttpPort {
    /// A port whose counts are labelled so, with these limits, behind this origin policy.
    pub fn new(
        name: &'static str,
        limits: Limits,
        origin_policy: Arc<OriginPolicy>,
        descriptors: &Arc<Descriptors>,
    ) -> HttpPort {
        HttpPort { gate: Gate::new(name, &limits, descriptors), limits, origin_policy }
    }

    /// Serves until `stop` is done and what was under way then has ended. Runs on a runtime of one thread or of several.
    pub async fn serve<S, B>(self, socket: TcpListener, service: S, stop: impl Future<Output = ()>)
    where
        S: hyper::service::Service<Request<Arriving>, Response = Response<B>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send,
        B: Body<Data = Bytes> + Unpin + Send + 'static,
        B::Error: std::error::Error + Send + Sync + 'static,
    {
        let (stopping, stopped) = watch::channel(false);
        let (gate, port) = (self.gate.clone(), Arc::new(self));
        let start = |newcomer: Newcomer| {
            tokio::spawn(port.clone().converse(newcomer, service.clone(), stopped.clone()));
        };
        tokio::select! {
            () = accept(&gate, &port.origin_policy, socket, start) => {}
            () = stop => {}
        }
        drop((stopped, port));
        stopping.send_replace(true);
        stopping.closed().await;
    }

    /// One connection, from its accept to its end.
    async fn converse<S, B>(self: Arc<HttpPort>, newcomer: Newcomer, service: S, mut stopped: watch::Receiver<bool>)
    where
        S: hyper::service::Service<Request<Arriving>, Response = Response<B>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send,
        B: Body<Data = Bytes> + Unpin + Send + 'static,
        B::Error: std::error::Error + Send + Sync + 'static,
    {
        let Newcomer { tcp, peer, admission, place } = newcomer;
        let deadlines = Deadlines::new(&self.limits, place.clone());
        let Some((tcp, caller)) = self.greet(tcp, peer, &admission).await else { return };
        let bytes = header_bytes(&self.limits);
        let opening = Opening::new(bytes);
        let stream = Stream::new(tcp, opening.clone(), Some(deadlines.clone()));
        let admission = Arc::new(admission);
        let each = {
            let (port, deadlines) = (self.clone(), deadlines.clone());
            hyper::service::service_fn(move |request| {
                let visit = Visit {
                    port: port.clone(),
                    deadlines: deadlines.clone(),
                    admission: admission.clone(),
                    peer,
                    caller,
                };
                visit.answer(request, service.clone())
            })
        };
        let mut builder = hyper::server::conn::http1::Builder::new();
        // How long a head may take is the pace's to say.
        builder.timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(bytes);
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), each));
        let mut sleep = pin!(tokio::time::sleep(Duration::ZERO));
        let mut is_stopping = false;
        let served = loop {
            tokio::select! {
                biased;
                served = connection.as_mut() => break served,
                // Asked again after everything the connection did: both are one task.
                () = place.sent_away() => return,
                late = std::future::poll_fn(|cx| deadlines.poll_late(sleep.as_mut(), cx)) => return self.late(late, peer),
                _ = stopped.changed(), if !is_stopping => {
                    is_stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        };
        match served {
            Err(error) if error.is_parse_too_large() => {
                self.gate.reached(peer, Reached { limit: "header_bytes", detail: opening.too_long() });
            }
            Err(error) if error.is_parse() => self.refused(peer, 400, "http", opening.malformed()),
            _ => {}
        }
    }

    /// Whoever is at the other end, when it may be there.
    async fn greet(&self, mut tcp: TcpStream, peer: SocketAddr, admission: &Admission) -> Option<(TcpStream, Caller)> {
        let proxies = self.origin_policy.proxies();
        let greeting = caller::of_connection(&proxies, peer, &mut tcp);
        let caller = match crate::port::accept::within(self.limits.handshake, greeting).await {
            None => {
                self.late(Late::Head, peer);
                return None;
            }
            Some(Err(detail)) => {
                self.refused(peer, 400, "proxy", detail);
                return None;
            }
            Some(Ok(caller)) => caller,
        };
        if caller.address != peer
            && let Err(reached) = admission.count_for(caller.address.ip())
        {
            self.gate.reached(caller.address, reached);
            turn_away(tcp).await;
            return None;
        }
        Some((tcp, caller))
    }

    fn late(&self, late: Late, peer: SocketAddr) {
        let millis = |limit: Duration| limit.as_millis() as u64;
        let (limit, detail) = match late {
            Late::Head => {
                ("handshake", safe!("no whole request within {} ms (limits.handshake)", millis(self.limits.handshake)))
            }
            Late::Answer => {
                ("body", safe!("an answer was not taken for {} ms (limits.body)", millis(self.limits.body)))
            }
            // It had what it asked for, and nothing is missing.
            Late::Next => return,
        };
        self.gate.reached(peer, Reached { limit, detail });
    }

    fn refused(&self, peer: SocketAddr, status: u16, reason: &'static str, detail: Safe) {
        HandshakeRefused { dialect: self.gate.name, reason, peer, status, detail }.emit();
    }
}

/// An answer that is being made.
type Answering<B> = Pin<Box<dyn Future<Output = Result<Response<Leaving<B>>, Infallible>> + Send>>;

/// One request on its way to the service.
struct Visit {
    port: Arc<HttpPort>,
    deadlines: Arc<Deadlines>,
    admission: Arc<Admission>,
    peer: SocketAddr,
    caller: Caller,
}

impl Visit {
    fn answer<S, B>(self, request: Request<Incoming>, service: S) -> Answering<B>
    where
        S: hyper::service::Service<Request<Arriving>, Response = Response<B>, Error = Infallible>
            + Send
            + Sync
            + 'static,
        S::Future: Send,
        B: Send + 'static,
    {
        Box::pin(async move {
            self.deadlines.has_head();
            let proxies = self.port.origin_policy.proxies();
            let name = self.port.gate.name;
            let caller = caller::of_request(&proxies, name, self.peer, self.caller, request.headers());
            // A proxy's connection serves one client after the other.
            if proxies.names_clients(self.peer.ip())
                && let Err(reached) = self.admission.count_for(caller.address.ip())
            {
                self.port.gate.reached(caller.address, reached);
                let line = "as many connections as the limits allow are open";
                let mut response = self.line(StatusCode::SERVICE_UNAVAILABLE, line);
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
                return Ok(response);
            }
            let late = Arc::new(AtomicBool::new(false));
            let limit = self.port.limits.body;
            let mut request = request.map(|body| Arriving::new(body, limit, late.clone()));
            request.extensions_mut().insert(Guest { caller, deadlines: self.deadlines.clone() });
            let response = service.call(request).await?;
            if late.load(Ordering::Relaxed) {
                let detail = safe!("a request's body came too slowly (limits.body is {} ms)", limit.as_millis() as u64);
                self.port.gate.reached(caller.address, Reached { limit: "body", detail });
                let mut response = self.line(StatusCode::REQUEST_TIMEOUT, "the body came too slowly (limits.body)");
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                return Ok(response);
            }
            Ok(response.map(|body| Leaving::new(body, self.deadlines.clone())))
        })
    }

    fn line<B>(&self, status: StatusCode, line: &str) -> Response<Leaving<B>> {
        let mut response = Response::new(Leaving::line(format!("Tieline: {line}\n"), self.deadlines.clone()));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        response
    }
}
