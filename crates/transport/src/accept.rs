//! Accepting connections: limits first, then TLS, then HTTP.
//!
//! Called by each shard for each listener. A failure of one connection is that connection's; a failure to accept is
//! told and tried again.

use crate::handshake;
use crate::listener::{Admission, Listener};
use crate::shard::Shard;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tieline_model::safe;
use tieline_telemetry::events::{AcceptFailed, HandshakeRefused, LimitReached};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// After a failed accept, most often for want of file descriptors, this long is waited.
const RETRY: Duration = Duration::from_millis(100);

/// Connections over a limit that are told so at the same time; others are hung up on.
const MOST_TURNED_AWAY: usize = 64;

/// Accepts until its task is ended.
pub(crate) async fn accept(shard: Rc<Shard>, listener: Arc<Listener>, socket: TcpListener) {
    let turned_away = Rc::new(());
    loop {
        match socket.accept().await {
            Ok((tcp, peer)) => {
                // Small messages are to leave at once; joining is done here, not by the kernel.
                let _ = tcp.set_nodelay(true);
                match listener.admit(peer.ip()) {
                    Ok(admission) => {
                        tokio::task::spawn_local(connect(shard.clone(), listener.clone(), tcp, peer, admission));
                    }
                    Err((limit, refusal)) => {
                        let dialect = listener.name();
                        LimitReached { dialect, limit, peer, detail: refusal.detail }.emit();
                        if Rc::strong_count(&turned_away) < MOST_TURNED_AWAY {
                            let place = turned_away.clone();
                            tokio::task::spawn_local(async move {
                                turn_away(tcp).await;
                                drop(place);
                            });
                        }
                    }
                }
            }
            Err(error) => {
                let detail = safe!("operating system error {}", error.raw_os_error().unwrap_or(0));
                AcceptFailed { dialect: listener.name(), detail }.emit();
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// Reads the request and says 503: at a limit nothing more is spent on a connection, and only on a few at a time.
/// (Hanging up with the request unread would make the kernel take the answer back.)
async fn turn_away(tcp: TcpStream) {
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

async fn connect(shard: Rc<Shard>, listener: Arc<Listener>, tcp: TcpStream, peer: SocketAddr, admission: Admission) {
    let (limit, dialect) = (listener.limits().handshake, listener.name());
    let handshake = async {
        match &listener.plan.tls {
            None => serve(&shard, &listener, TokioIo::new(tcp), peer, admission).await,
            Some(config) => match TlsAcceptor::from(config.clone()).accept(tcp).await {
                Ok(tls) => serve(&shard, &listener, TokioIo::new(tls), peer, admission).await,
                Err(_) => refused(dialect, peer, "tls", "the TLS handshake failed; does the client use wss://?"),
            },
        }
    };
    if limit.is_zero() {
        handshake.await;
    } else if tokio::time::timeout(limit, handshake).await.is_err() {
        let detail = safe!("no handshake within {} ms (limits.handshake)", limit.as_millis() as u64);
        LimitReached { dialect, limit: "handshake", peer, detail }.emit();
    }
}

/// Reads one request and answers it; an upgrade goes on as a session of its own.
async fn serve<I>(shard: &Rc<Shard>, listener: &Arc<Listener>, io: TokioIo<I>, peer: SocketAddr, admission: Admission)
where
    I: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    // hyper will not work with less than this for its buffer.
    const LEAST_HEADER_BYTES: usize = 8 << 10;
    let header_bytes = match listener.limits().header_bytes {
        0 => 1 << 20,
        bytes => bytes.max(LEAST_HEADER_BYTES),
    };
    let service = handshake::Service::new(shard.clone(), listener.clone(), peer, admission);
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .max_buf_size(header_bytes)
        .serve_connection(io, service)
        .with_upgrades()
        .await;
    match served {
        Err(error) if error.is_parse_too_large() => {
            let detail = safe!("an HTTP request of more than {} bytes (limits.header_bytes)", header_bytes);
            LimitReached { dialect: listener.name(), limit: "header_bytes", peer, detail }.emit();
        }
        Err(error) if error.is_parse() => refused(listener.name(), peer, "http", "not an HTTP request"),
        _ => {}
    }
}

fn refused(dialect: &'static str, peer: SocketAddr, reason: &'static str, detail: &'static str) {
    HandshakeRefused { dialect, reason, peer, status: 400, detail: detail.into() }.emit();
}
