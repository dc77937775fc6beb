//! Requests handed on to a real measuring program (contract `inspect`, executor `relay`).
//!
//! Promises: one request at a time and server, whichever command it is of; a connection for each request, as the product's
//! own clients do it, so that a reply that comes late or twice is never taken for another request's; a server that is
//! away is told of at once, and for a moment is not even asked; every request is over after its time limit, and none is
//! sent twice. The server has the request as it came, and says itself what is wrong with it. Called by the jobs' queue runners.

mod address;
#[cfg(test)]
mod tests;

pub(crate) use address::Address;

use crate::jobs::{Answer, Outcome, Request};
use futures_util::{SinkExt, StreamExt};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{timeout, timeout_at};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// How long a server may take to take a connection: over any network that fits, it is there long before.
const CONNECT: Duration = Duration::from_secs(2);
/// How long a server that was away is taken to be so.
const AWAY: Duration = Duration::from_secs(1);
/// How long a goodbye may take, in which the server takes no other connection.
const GOODBYE: Duration = Duration::from_secs(1);
/// The longest reply.
const REPLY: usize = 64 * 1024;

/// A real measuring program.
pub(crate) struct Server {
    address: Address,
    /// Whose turn it is.
    turn: Arc<Semaphore>,
    /// Until when it is taken to be away.
    away: Mutex<Option<Instant>>,
}

type Socket = WebSocketStream<TcpStream>;

/// Why there is no reply.
enum Failure {
    /// Nothing was sent: no connection came about.
    Away(String),
    /// It was sent, so it may have been carried out.
    Lost(String),
    /// The same, and it may be under way still.
    Late,
}

impl Server {
    /// A server that nothing is known of yet.
    pub(crate) fn new(address: Address) -> Server {
        Server { address, turn: Arc::new(Semaphore::new(1)), away: Mutex::new(None) }
    }

    /// Asks it, and gives what it replied.
    pub(crate) async fn ask(&self, request: &Request, limit: Duration) -> Outcome {
        let deadline = tokio::time::Instant::now() + limit;
        let Ok(Ok(turn)) = timeout_at(deadline, self.turn.clone().acquire_owned()).await else {
            return Outcome::too_late();
        };
        if self.away.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|until| Instant::now() < until) {
            return Outcome::unavailable("the measuring program was away a moment ago");
        }
        match self.exchange(request, turn, deadline).await {
            Ok(reply) => Outcome::new(Answer::Reply(reply), ""),
            Err(Failure::Away(why)) => Outcome { detail: why, ..Outcome::unavailable("the measuring program is away") },
            Err(Failure::Lost(why)) => {
                let sentence = format!("The measuring program did not reply: {why}. It may have done it all the same.");
                Outcome::new(Answer::Error(sentence), why)
            }
            Err(Failure::Late) => {
                let sentence = format!("The measuring program did not reply within {limit:?}. It may still do it.");
                Outcome::new(Answer::Error(sentence), format!("no reply within {limit:?}"))
            }
        }
    }

    /// One connection, one request, one reply.
    async fn exchange(
        &self,
        request: &Request,
        turn: OwnedSemaphorePermit,
        deadline: tokio::time::Instant,
    ) -> Result<String, Failure> {
        let connect = timeout(CONNECT, TcpStream::connect((self.address.host(), self.address.port())));
        let stream = match timeout_at(deadline, connect).await {
            Ok(Ok(Ok(stream))) => stream,
            Ok(Ok(Err(error))) => return Err(self.is_away(format!("no connection: {}", error.kind()))),
            Ok(Err(_)) | Err(_) => return Err(self.is_away(format!("no connection within {CONNECT:?}"))),
        };
        // One small message each way: nothing to wait for.
        let _ = stream.set_nodelay(true);
        let config = WebSocketConfig::default().max_message_size(Some(REPLY)).max_frame_size(Some(REPLY));
        let shake = client_async_with_config(self.address.url(), stream, Some(config));
        let (mut socket, _) = match timeout_at(deadline, shake).await {
            Ok(Ok(shaken)) => shaken,
            Ok(Err(error)) => return Err(Failure::Away(format!("no handshake: {}", plain(&error)))),
            Err(_) => return Err(Failure::Away("no handshake in time".to_owned())),
        };
        let reply = timeout_at(deadline, reply(&mut socket, request.whole.clone())).await;
        // The server takes nobody else before this connection has gone, so the turn ends with it.
        tokio::spawn(async move {
            let _ = timeout(GOODBYE, goodbye(socket)).await;
            drop(turn);
        });
        reply.map_err(|_| Failure::Late)?.map_err(Failure::Lost)
    }

    /// Remembers that it is away.
    fn is_away(&self, why: String) -> Failure {
        *self.away.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + AWAY);
        Failure::Away(why)
    }
}

/// Sends the request, and takes the first text for its reply.
async fn reply(socket: &mut Socket, request: String) -> Result<String, String> {
    socket.send(Message::text(request)).await.map_err(|error| plain(&error))?;
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_) | Message::Frame(_))) => return Err("it replied with bytes".to_owned()),
            Some(Ok(Message::Close(_))) | None => return Err("it closed the connection".to_owned()),
            Some(Err(error)) => return Err(plain(&error)),
        }
    }
}

/// Closes the connection in the protocol's way; what comes meanwhile is nobody's.
async fn goodbye(mut socket: Socket) {
    if socket.close(None).await.is_ok() {
        while let Some(Ok(_)) = socket.next().await {}
    }
}

/// An error without what the server said in it.
fn plain(error: &Error) -> String {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed | Error::Protocol(_) => "the connection broke off".to_owned(),
        Error::Io(error) => format!("the connection broke off ({})", error.kind()),
        Error::Capacity(_) => format!("its reply is longer than {REPLY} bytes"),
        Error::Http(response) => format!("it answers HTTP {} instead", response.status().as_u16()),
        _ => "it does not speak the protocol".to_owned(),
    }
}
