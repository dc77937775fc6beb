//! Accepting connections, for every port alike: limits first, then whom a proxy speaks for, then TLS, then HTTP.
//!
//! Called by each shard for each listener, and by each HTTP port. A failure of one connection is that connection's; a
//! failure to accept is told and tried again, and holds up no other port.

use crate::http::stream::{Opening, Stream};
use crate::port::caller;
use crate::port::gate::{Admission, Gate, Reached};
use crate::port::handshake::{self, header_bytes};
use crate::port::idle::Place;
use crate::port::listener::Listener;
use crate::port::tls;
use crate::shard::Shard;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tieline_model::{Caller, OriginPolicy, Proxies, Safe, safe};
use tieline_telemetry::events::{AcceptFailed, HandshakeRefused};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// After a failed accept, most often for want of file descriptors, this long is waited.
const RETRY: Duration = Duration::from_millis(100);

/// A connection that was let in.
pub(crate) struct Newcomer {
    pub(crate) tcp: TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) admission: Admission,
    /// To be let go of once it has become a session.
    pub(crate) place: Arc<Place>,
}

/// Accepts until it is dropped; `start` makes a task of each connection.
pub(crate) async fn accept(
    gate: &Arc<Gate>,
    origin_policy: &OriginPolicy,
    socket: TcpListener,
    start: impl Fn(Newcomer),
) {
    loop {
        match socket.accept().await {
            Ok((tcp, peer)) => {
                // Small messages are to leave at once; joining is done here, not by the kernel.
                let _ = tcp.set_nodelay(true);
                let admitted = match admit(gate, &origin_policy.proxies(), peer) {
                    Err(reached) if gate.makes_room(&reached) => in_place(gate, origin_policy, peer, reached).await,
                    admitted => admitted,
                };
                match admitted {
                    Ok(admission) => start(Newcomer { tcp, peer, admission, place: gate.idle.take() }),
                    Err(reached) => {
                        gate.reached(peer, reached);
                        if let Some(turn) = gate.descriptors().turn() {
                            tokio::spawn(async move {
                                turn_away(tcp).await;
                                drop(turn);
                            });
                        }
                    }
                }
                if let Some(pause) = gate.pause(peer) {
                    tokio::time::sleep(pause).await;
                }
            }
            Err(error) => {
                let detail = safe!("operating system error {}", error.raw_os_error().unwrap_or(0));
                AcceptFailed { dialect: gate.name, detail }.emit();
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// The place of a connection that was sent away, as soon as it has left.
async fn in_place(
    gate: &Arc<Gate>,
    origin_policy: &OriginPolicy,
    peer: SocketAddr,
    reached: Reached,
) -> Result<Admission, Reached> {
    // Places that were given back before count too, so it may take more than one look.
    const LOOKS: usize = 4;
    const PATIENCE: Duration = Duration::from_millis(50);
    for _ in 0..LOOKS {
        let _ = tokio::time::timeout(PATIENCE, gate.one_has_left()).await;
        if let Ok(admission) = admit(gate, &origin_policy.proxies(), peer) {
            gate.reached(peer, reached);
            return Ok(admission);
        }
    }
    Err(reached)
}

/// A place for a connection. A proxy's is counted for the client, once that is known.
fn admit(gate: &Arc<Gate>, proxies: &Proxies, peer: SocketAddr) -> Result<Admission, Reached> {
    let admission = gate.admit()?;
    if !proxies.names_clients(peer.ip()) {
        admission.count_for(peer.ip())?;
    }
    Ok(admission)
}

/// Reads the request and says 503: at a limit nothing more is spent on a connection, and only on a few at a time.
/// (Hanging up with the request unread would make the kernel take the answer back.)
pub(crate) async fn turn_away(tcp: TcpStream) {
    const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: text/plain\r\n\
        Content-Length: 54\r\nRetry-After: 5\r\n\r\nTieline has as many connections as its limits allow.\r\n";
    const PATIENCE: Duration = Duration::from_secs(1);
    const REQUEST_BYTES: usize = 16 << 10;
    let request = async {
        let (mut piece, mut end, mut read) = ([0; 512], [0; 4], 0);
        while read < REQUEST_BYTES && end != *b"\r\n\r\n" && tcp.readable().await.is_ok() {
            match tcp.try_read(&mut piece) {
                Ok(0) => return,
                Ok(n) => {
                    read += n;
                    let tail: Vec<u8> = end.iter().chain(&piece[..n]).copied().collect();
                    end.copy_from_slice(&tail[tail.len() - 4..]);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    };
    let _ = tokio::time::timeout(PATIENCE, request).await;
    let _ = tcp.try_write(ANSWER);
}

/// What comes of it within this time; zero is no bound.
pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    match limit.is_zero() {
        true => Some(work.await),
        false => tokio::time::timeout(limit, work).await.ok(),
    }
}

/// A client of a dialect, until its handshake is answered.
pub(crate) async fn connect(shard: Rc<Shard>, listener: Arc<Listener>, newcomer: Newcomer) {
    let (limit, peer) = (listener.limits().handshake, newcomer.peer);
    let (gate, place) = (listener.gate.clone(), newcomer.place.clone());
    // In a box, and so is what is large inside it: a future that is handed on by value is there twice, and eight hundred that come at
    // once would be moved about, 29 kB each, before anybody else has a turn.
    let shaking = within(limit, Box::pin(shake(shard, listener, newcomer)));
    let shaken = tokio::select! {
        biased;
        shaken = shaking => shaken,
        () = place.sent_away() => return,
    };
    if shaken.is_none() {
        let detail = safe!("no handshake within {} ms (limits.handshake)", limit.as_millis() as u64);
        gate.reached(peer, Reached { limit: "handshake", detail });
    }
}

async fn shake(shard: Rc<Shard>, listener: Arc<Listener>, newcomer: Newcomer) {
    let Newcomer { mut tcp, peer, admission, .. } = newcomer;
    let proxies = listener.plan.origin_policy.proxies();
    let caller = match caller::of_connection(&proxies, peer, &mut tcp).await {
        Ok(caller) => caller,
        Err(detail) => return refused(&listener, peer, "proxy", detail),
    };
    if caller.address != peer
        && let Err(reached) = admission.count_for(caller.address.ip())
    {
        listener.gate.reached(caller.address, reached);
        return turn_away(tcp).await;
    }
    let knock = handshake::Knock { socket: peer, caller, admission };
    match listener.plan.tls.clone() {
        None => Box::pin(serve(&shard, &listener, tcp, knock)).await,
        Some(config) => match Box::pin(TlsAcceptor::from(config).accept(tcp)).await {
            Ok(tls) => Box::pin(serve(&shard, &listener, tls, knock)).await,
            Err(error) => refused(&listener, caller.address, "tls", tls::why(&error)),
        },
    }
}

/// Reads one request and answers it; an upgrade goes on as a session of its own.
async fn serve<I>(shard: &Rc<Shard>, listener: &Arc<Listener>, io: I, knock: handshake::Knock)
where
    I: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let header_bytes = header_bytes(listener.limits());
    let opening = Opening::new(header_bytes);
    let Caller { address, .. } = knock.caller;
    let stream = Stream::new(io, opening.clone(), None);
    let service = handshake::Service::new(shard.clone(), listener.clone(), knock);
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        // The whole handshake has its bound.
        .header_read_timeout(None)
        .max_buf_size(header_bytes)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    match connection.await {
        Err(error) if error.is_parse_too_large() => {
            listener.gate.reached(address, Reached { limit: "header_bytes", detail: opening.too_long() });
        }
        Err(error) if error.is_parse() => refused(listener, address, "http", opening.malformed()),
        _ => {}
    }
}

fn refused(listener: &Listener, peer: SocketAddr, reason: &'static str, detail: Safe) {
    HandshakeRefused { dialect: listener.name(), reason, peer, status: 400, detail }.emit();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::limits::Limits;
    use crate::shard::tests::{shard, silent_listener};

    #[tokio::test]
    async fn who_comes_is_small_until_it_says_something() {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (client, accepted) =
            tokio::join!(TcpStream::connect(socket.local_addr().expect("its address")), socket.accept());
        let (listener, (tcp, peer)) = (silent_listener(), accepted.expect("a client"));
        let gate = Gate::new("silent", &Limits::default(), &Arc::default());
        let newcomer = Newcomer { tcp, peer, admission: gate.admit().expect("a place"), place: gate.idle.take() };
        let shard = shard();
        let work = connect(shard.clone(), listener.clone(), newcomer);
        let task = shard.scheduler.newcomer(work);
        assert!(size_of_val(&task) <= 1536, "{} bytes", size_of_val(&task));
        drop(client);
    }
}
