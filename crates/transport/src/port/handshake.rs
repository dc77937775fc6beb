//! The opening handshake (RFC 6455 section 4): every request is checked, and what is refused is told why in one line.

use crate::http::stream::Stream;
use crate::port::caller;
use crate::port::gate::Admission;
use crate::port::limits::Limits;
use crate::port::listener::Listener;
use crate::session::Session;
use crate::session::conn::Conn;
use crate::session::socket::Socket;
use crate::shard::{Arrival, Shard};
use base64::Engine;
use base64::alphabet;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{PAD, STANDARD};
use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, SEC_WEBSOCKET_ACCEPT,
    SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, TRANSFER_ENCODING,
    UPGRADE,
};
use http::uri::PathAndQuery;
use http::{Method, Request, Response, StatusCode, Uri, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use sha1::{Digest, Sha1};
use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io::Read;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use tieline_codec::{Deflate, negotiate};
use tieline_model::{Caller, Framing, Peer, Reason, Refusal};
use tieline_telemetry::events::{HandshakeRefused, SessionOpened};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

#[cfg(test)]
mod tests;

/// Reads the key: its last character has bits that nothing is in, and some clients leave something there.
const LENIENT: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, PAD.with_decode_allow_trailing_bits(true));

/// Who knocks, and the place it has.
pub(crate) struct Knock {
    /// The other end of the socket.
    pub(crate) socket: SocketAddr,
    /// Who that is, as far as the connection says.
    pub(crate) caller: Caller,
    pub(crate) admission: Admission,
}

/// Answers the one request of a connection.
pub(crate) struct Service {
    shard: Rc<Shard>,
    listener: Arc<Listener>,
    socket: SocketAddr,
    /// Who asks, better known once the request is.
    caller: Cell<Caller>,
    admission: Cell<Option<Admission>>,
}

/// The most bytes that a request's head may have.
pub(crate) fn header_bytes(limits: &Limits) -> usize {
    // hyper will not work with less than this for its buffer.
    const LEAST: usize = 8 << 10;
    match limits.header_bytes {
        0 => 1 << 20,
        bytes => bytes.max(LEAST),
    }
}

/// A request that may become a session.
struct Accepted {
    answer: HeaderMap,
    framing: Framing,
    target: Box<str>,
}

impl Service {
    pub(crate) fn new(shard: Rc<Shard>, listener: Arc<Listener>, knock: Knock) -> Service {
        let (caller, admission) = (Cell::new(knock.caller), Cell::new(Some(knock.admission)));
        Service { shard, listener, socket: knock.socket, caller, admission }
    }

    fn answer(&self, mut request: Request<Incoming>) -> Response<Full<Bytes>> {
        let accepted = self.known(request.headers()).and_then(|()| accept(&request, &self.listener));
        match accepted {
            Ok(Accepted { answer, framing, target }) => {
                if let Some(admission) = self.admission.take() {
                    let upgrade = hyper::upgrade::on(&mut request);
                    let (shard, listener) = (self.shard.clone(), self.listener.clone());
                    let (caller, scheduler) = (self.caller.get(), shard.scheduler.clone());
                    let arrival = shard.arrives();
                    let session = upgraded((shard, arrival), listener, caller, admission, framing, target, upgrade);
                    tokio::task::spawn_local(async move { scheduler.newcomer(session).await });
                }
                let mut response = Response::new(Full::default());
                *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
                *response.headers_mut() = answer;
                response
            }
            Err((status, refusal)) => self.refuse(status, refusal),
        }
    }

    /// Finds out who asks, and counts the connection for that address when it is another than the socket's.
    fn known(&self, headers: &HeaderMap) -> Result<(), (StatusCode, Refusal)> {
        let proxies = self.listener.plan.origin_policy.proxies();
        let caller = caller::of_request(&proxies, self.listener.name(), self.socket, self.caller.get(), headers);
        self.caller.set(caller);
        let admission = self.admission.take();
        let counted = match &admission {
            Some(admission) if proxies.names_clients(self.socket.ip()) => admission.count_for(caller.address.ip()),
            _ => Ok(()),
        };
        self.admission.set(admission);
        counted.map_err(|reached| {
            self.listener.gate.reached(caller.address, reached);
            let detail = "as many connections as the limits allow are open (limits.connections_per_address)";
            (StatusCode::SERVICE_UNAVAILABLE, Refusal::new(Reason::TooMany, detail))
        })
    }

    fn refuse(&self, status: StatusCode, refusal: Refusal) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::from(format!("Tieline: {refusal}\n")));
        *response.status_mut() = status;
        // One request per connection: what is refused is over. (Said here and not to hyper, which would say it on the
        // answer to an upgrade too, where strict clients stumble over it.)
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        if status == StatusCode::UPGRADE_REQUIRED {
            response.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
            response.headers_mut().insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        }
        HandshakeRefused {
            dialect: self.listener.name(),
            reason: refusal.reason.as_str(),
            peer: self.caller.get().address,
            status: status.as_u16(),
            detail: refusal.detail,
        }
        .emit();
        response
    }
}

impl hyper::service::Service<Request<Incoming>> for Service {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        ready(Ok(self.answer(request)))
    }
}

/// Checks a request in the order in which a person would want to hear what is wrong.
fn accept<B>(request: &Request<B>, listener: &Listener) -> Result<Accepted, (StatusCode, Refusal)> {
    let refuse = |status, reason, detail: &'static str| Err((status, Refusal::new(reason, detail)));
    let headers = request.headers();
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    listener.plan.origin_policy.check(text(HOST), text(ORIGIN)).map_err(|refusal| (StatusCode::FORBIDDEN, refusal))?;
    if headers.get_all(HOST).iter().count() != 1 || headers.get_all(ORIGIN).iter().count() > 1 {
        return refuse(StatusCode::BAD_REQUEST, Reason::Malformed, "one Host header, and at most one Origin header");
    }
    if !listener.plan.dialect.admits(request.uri().path()) {
        return refuse(StatusCode::NOT_FOUND, Reason::Unknown, "there is nothing at this path");
    }
    if !has_token(headers, UPGRADE, "websocket") || !has_token(headers, CONNECTION, "upgrade") {
        let detail = "a WebSocket client is expected here; a web server in between has to pass the upgrade on (nginx: \
                      proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\";)";
        return refuse(StatusCode::UPGRADE_REQUIRED, Reason::Unsupported, detail);
    }
    if request.method() != Method::GET {
        return refuse(StatusCode::METHOD_NOT_ALLOWED, Reason::Unsupported, "a WebSocket handshake is a GET request");
    }
    if request.version() != Version::HTTP_11 {
        return refuse(StatusCode::BAD_REQUEST, Reason::Malformed, "a WebSocket handshake is an HTTP/1.1 request");
    }
    // What it carried would be read as frames here, and as a body by a proxy on the way.
    if headers.contains_key(TRANSFER_ENCODING) || headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0") {
        return refuse(StatusCode::BAD_REQUEST, Reason::Malformed, "a WebSocket handshake has no body");
    }
    if [SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION].iter().any(|name| headers.get_all(name).iter().count() > 1) {
        let detail = "Sec-WebSocket-Key and Sec-WebSocket-Version are there once each";
        return refuse(StatusCode::BAD_REQUEST, Reason::Malformed, detail);
    }
    if text(SEC_WEBSOCKET_VERSION) != Some("13") {
        return refuse(StatusCode::UPGRADE_REQUIRED, Reason::Unsupported, "WebSocket version 13 is spoken here");
    }
    let key = text(SEC_WEBSOCKET_KEY).unwrap_or_default();
    if LENIENT.decode(key).map_or(true, |key| key.len() != 16) {
        return refuse(StatusCode::BAD_REQUEST, Reason::Malformed, "Sec-WebSocket-Key is not 16 bytes in base64");
    }
    let offers = joined(headers, SEC_WEBSOCKET_EXTENSIONS);
    let deflate = listener.limits().compression.then(|| negotiate(&offers)).flatten();
    let mut answer = HeaderMap::with_capacity(5);
    answer.insert(UPGRADE, HeaderValue::from_static("websocket"));
    answer.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    let mut insert = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            answer.insert(name, value);
        }
    };
    insert(SEC_WEBSOCKET_ACCEPT, &accept_key(key));
    if let Some(deflate) = deflate {
        insert(SEC_WEBSOCKET_EXTENSIONS, &deflate.answer());
    }
    let protocols = joined(headers, SEC_WEBSOCKET_PROTOCOL);
    let offered: Vec<&str> = protocols.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if let Some(protocol) = listener.plan.dialect.subprotocol(&offered) {
        insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    let framing = deflate.map_or(Framing::Frame, |Deflate { window, .. }| Framing::Deflate(window));
    Ok(Accepted { answer, framing, target: target(request.uri()) })
}

/// Path and query, as they came.
fn target(uri: &Uri) -> Box<str> {
    uri.path_and_query().map_or("/", PathAndQuery::as_str).into()
}

/// Takes the socket back from hyper and begins the session, as a task of its own: the large one of the handshake goes.
async fn upgraded(
    (shard, arrival): (Rc<Shard>, Arrival),
    listener: Arc<Listener>,
    Caller { address, forwarded }: Caller,
    admission: Admission,
    framing: Framing,
    target: Box<str>,
    upgrade: OnUpgrade,
) {
    let Some((socket, early)) = upgrade.await.ok().and_then(take_back) else { return };
    let session = shard.next_session();
    SessionOpened { dialect: listener.name(), session, peer: address }.emit();
    let peer = Peer { session, address, forwarded, target };
    let conversation = listener.plan.dialect.open(&peer);
    let conn = Rc::new(Conn::new(socket, session, address, listener, framing, shard.clock.now()));
    let mut session = Session::new(shard, conn, peer, conversation);
    // Copied, most often from nothing: the buffer it came in is hyper's, of eight kilobytes, and goes now.
    session.came_early(&early);
    drop(early);
    let presence = session.appears();
    drop(arrival);
    tokio::task::spawn_local(async move {
        session.run(presence).await;
        drop(admission);
    });
}

fn take_back(upgraded: Upgraded) -> Option<(Socket, Bytes)> {
    match upgraded.downcast::<TokioIo<Stream<TcpStream>>>() {
        Ok(parts) => Some((Socket::Plain(parts.io.into_inner().into_inner()), parts.read_buf)),
        Err(upgraded) => {
            let parts = upgraded.downcast::<TokioIo<Stream<TlsStream<TcpStream>>>>().ok()?;
            let (tcp, mut session) = parts.io.into_inner().into_inner().into_inner();
            let mut early = parts.read_buf.to_vec();
            // What TLS has decrypted by now left the socket: nothing would ever say that it can be read. The error at
            // its end only says that there is no more.
            let _ = session.reader().read_to_end(&mut early);
            Some((Socket::tls(tcp, session), early.into()))
        }
    }
}

fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    joined(headers, name).split(',').any(|have| have.trim().eq_ignore_ascii_case(token))
}

fn joined(headers: &HeaderMap, name: HeaderName) -> String {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    values.join(",")
}

/// RFC 6455 section 4.2.2, step 5.4.
fn accept_key(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key.as_bytes());
    hash.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(hash.finalize())
}
