//! `/api/<dialect>/…`: calls that what stands behind a dialect answers itself; the same for a dialect's own site.
//!
//! Promises: a body passes through in pieces, no more of them at once than a few; who sends too much, too slowly, for too long in all
//! (15 minutes, then 408) or not to the end is told and heard no further. Called by the console's router
//! and by sites.

use crate::Shared;
use axum::body::{Body, BodyDataStream};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use std::io::{self, Read};
use std::net::Ipv4Addr;
use std::time::Duration;
use tieline_model::dialect::service::{Call, Replied, Reply};
use tieline_model::{Caller, Service, Sight};
use tieline_transport::Guest;
use tokio::sync::{mpsc, oneshot};

/// How long a caller may be silent in the middle of a body.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a body may take in all: a file of the size that services take, over a slow line.
const IN_ALL: Duration = Duration::from_secs(15 * 60);
/// Pieces of a body that wait to be read.
const PIECES: usize = 4;

type Piece = io::Result<axum::body::Bytes>;

pub(crate) async fn call(
    State(console): Shared,
    Path((dialect, path)): Path<(String, String)>,
    Query(query): Query<Vec<(String, String)>>,
    request: Request,
) -> Response {
    let Some((_, service)) = console.services.iter().find(|(name, _)| *name == dialect) else {
        return (StatusCode::NOT_FOUND, "Tieline: there is nothing at this path\n").into_response();
    };
    match passed_on(&**service, path, query, Sight::Redacted, request).await {
        Ok(reply) => answer(reply),
        Err(response) => *response,
    }
}

/// Has the service answer; what goes wrong before it can is answered here.
pub(crate) async fn passed_on(
    service: &dyn Service,
    path: String,
    query: Vec<(String, String)>,
    sight: Sight,
    request: Request,
) -> Result<Reply, Box<Response>> {
    let mut sending = None;
    let caller = caller(&request);
    let body = if request.method() == Method::POST {
        let Some(most) = service.most_bytes(&path) else {
            let line = "Tieline: nothing is taken at this path\n";
            return Err(Box::new((StatusCode::METHOD_NOT_ALLOWED, line).into_response()));
        };
        let (pieces, arriving) = mpsc::channel(PIECES);
        sending = Some(pass_on(request.into_body().into_data_stream(), most, pieces));
        Some(Box::new(Arriving { pieces: arriving, piece: axum::body::Bytes::new(), has_ended: false })
            as Box<dyn Read + Send>)
    } else {
        None
    };
    let (told, reply) = oneshot::channel();
    let replied = Replied::new(Box::new(move |reply| drop(told.send(reply))));
    service.call(Call { path, query, caller, sight, body }, replied);
    Ok(match sending {
        // The answer may come before the body has ended: then nobody reads the rest.
        Some(sending) => exchange(sending, reply).await,
        None => or_stopped(reply.await.ok()),
    })
}

/// Who asks. What did not come through a port of ours is taken for nobody on this machine.
pub(crate) fn caller(request: &Request) -> Caller {
    let guest = request.extensions().get::<Guest>().map(|guest| guest.caller);
    guest.unwrap_or(Caller { address: (Ipv4Addr::UNSPECIFIED, 0).into(), forwarded: true })
}

/// The answer to a call whose body is on its way; when that takes too long, whoever reads it finds that it was given up.
async fn exchange(sending: impl Future<Output = ()>, mut reply: oneshot::Receiver<Reply>) -> Reply {
    tokio::select! {
        biased;
        reply = &mut reply => or_stopped(reply.ok()),
        sent = tokio::time::timeout(IN_ALL, sending) => match sent {
            Ok(()) => or_stopped(reply.await.ok()),
            Err(_) => Reply::told(408, &format!("the upload took more than {} minutes", IN_ALL.as_secs() / 60)),
        },
    }
}

fn or_stopped(reply: Option<Reply>) -> Reply {
    reply.unwrap_or_else(|| Reply::told(503, "what answers here has stopped"))
}

pub(crate) fn answer(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(reply.kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, Body::from(reply.body)).into_response()
}

/// Hands a body's pieces on, until its end, or until something is wrong with it.
async fn pass_on(mut body: BodyDataStream, most: u64, pieces: mpsc::Sender<Piece>) {
    let mut left = most;
    loop {
        let piece = match tokio::time::timeout(SILENCE, body.next()).await {
            // An empty piece is the end: a channel that is merely closed may be one that was given up in the middle.
            Ok(None) => Ok(axum::body::Bytes::new()),
            Ok(Some(Ok(piece))) if piece.is_empty() => continue,
            Ok(Some(Ok(piece))) => match left.checked_sub(piece.len() as u64) {
                Some(less) => {
                    left = less;
                    Ok(piece)
                }
                None => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {most} bytes"))),
            },
            Ok(Some(Err(_))) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the caller went away")),
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the caller was silent for too long")),
        };
        let is_last = piece.as_ref().map_or(true, |piece| piece.is_empty());
        if pieces.send(piece).await.is_err() || is_last {
            return;
        }
    }
}

/// The body as whoever answers reads it.
struct Arriving {
    pieces: mpsc::Receiver<Piece>,
    piece: axum::body::Bytes,
    has_ended: bool,
}

impl Read for Arriving {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() && !self.has_ended {
            let given_up = || Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the caller went away"));
            self.piece = self.pieces.blocking_recv().unwrap_or_else(given_up)?;
            self.has_ended = self.piece.is_empty();
        }
        let length = into.len().min(self.piece.len());
        into[..length].copy_from_slice(&self.piece.split_to(length));
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    /// A byte every 20 seconds, for ever or up to a number.
    fn slow(bytes: usize) -> BodyDataStream {
        let next = |left: usize| async move {
            tokio::time::sleep(Duration::from_secs(20)).await;
            (left > 0).then(|| (io::Result::Ok(axum::body::Bytes::from_static(b"x")), left - 1))
        };
        Body::from_stream(stream::unfold(bytes, next)).into_data_stream()
    }

    /// The answer's status and when it came, and what whoever reads the body found.
    async fn outcome(bytes: usize) -> (StatusCode, Duration, io::Result<usize>) {
        let began = tokio::time::Instant::now();
        let (pieces, mut arriving) = mpsc::channel::<Piece>(PIECES);
        let (told, reply) = oneshot::channel();
        let read = async {
            let mut count = 0;
            loop {
                match arriving.recv().await {
                    Some(Ok(piece)) if piece.is_empty() => {
                        drop(told.send(Reply::told(200, "taken")));
                        return Ok(count);
                    }
                    Some(Ok(piece)) => count += piece.len(),
                    Some(Err(error)) => return Err(error),
                    None => return Err(io::ErrorKind::UnexpectedEof.into()),
                }
            }
        };
        let answered = async {
            let reply = exchange(pass_on(slow(bytes), u64::MAX, pieces), reply).await;
            (StatusCode::from_u16(reply.status).unwrap(), began.elapsed())
        };
        let ((status, after), read) = tokio::join!(answered, read);
        (status, after, read)
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_goes_on_and_on_is_ended_after_its_time_in_all() {
        let (status, after, read) = outcome(usize::MAX).await;
        assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
        assert!(after >= IN_ALL && after < IN_ALL + SILENCE, "{after:?}");
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::UnexpectedEof, "nobody takes it for a whole one");
        let (status, _, read) = outcome(40).await;
        assert_eq!((status, read.unwrap()), (StatusCode::OK, 40), "slow, and in time");
    }
}
