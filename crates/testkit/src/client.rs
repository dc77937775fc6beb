//! A well-behaved WebSocket client (tungstenite): it answers pings and close frames as a browser does.

use crate::patience::failed;
use crate::{Done, Failure, Stream, within};
use futures_util::{SinkExt, StreamExt};
use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

/// A connected client.
pub struct Client {
    socket: WebSocketStream<Box<dyn Stream>>,
    local: SocketAddr,
    unread: VecDeque<Heard>,
    ended: Option<Ended>,
    barriers: u64,
    pings: usize,
}

/// A message a client has received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A text frame.
    Text(String),
    /// A binary frame.
    Binary(Vec<u8>),
}

/// How the gateway ended a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The close frame's code; `None` when there was none, or no close frame at all.
    pub code: Option<u16>,
    /// The close frame's reason.
    pub reason: String,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "closed {code} {}", self.reason),
            None => f.write_str("ended without a close code"),
        }
    }
}

impl Client {
    /// Connects to a path; it may have a query.
    pub async fn connect(address: SocketAddr, path: &str) -> Done<Client> {
        let refused = |status| Failure(format!("the handshake was refused with {status}"));
        Client::try_connect(address, path).await?.map_err(refused)
    }

    /// Connects, or says with which status the handshake was refused.
    pub async fn try_connect(address: SocketAddr, path: &str) -> Done<Result<Client, u16>> {
        let tcp = within("connecting", TcpStream::connect(address)).await?.map_err(failed("connecting"))?;
        // A barrier is a ping of its own; it must not wait for an acknowledgement of what went before it.
        tcp.set_nodelay(true).map_err(failed("connecting"))?;
        let local = tcp.local_addr().map_err(failed("the socket's own address"))?;
        Client::over(Box::new(tcp), local, &format!("ws://{address}{path}")).await
    }

    /// Makes the handshake over a connection that is there.
    pub async fn over(stream: Box<dyn Stream>, local: SocketAddr, url: &str) -> Done<Result<Client, u16>> {
        let config = WebSocketConfig::default().read_buffer_size(4096).max_message_size(None).max_frame_size(None);
        let shaken = tokio_tungstenite::client_async_with_config(url, stream, Some(config));
        match within("the handshake", shaken).await? {
            Ok((socket, _)) => {
                let (unread, ended) = (VecDeque::new(), None);
                Ok(Ok(Client { socket, local, unread, ended, barriers: 0, pings: 0 }))
            }
            Err(Error::Http(answer)) => Ok(Err(answer.status().as_u16())),
            Err(error) => Err(Failure(format!("the handshake: {error}"))),
        }
    }

    /// This end's address.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// How the connection ended, as far as it was read.
    pub fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// Pings that came from the gateway and were answered.
    pub fn pings(&self) -> usize {
        self.pings
    }

    /// Sends a text frame.
    pub async fn say(&mut self, text: impl Into<String>) -> Done {
        self.send(Message::text(text.into())).await
    }

    /// Sends a binary frame.
    pub async fn say_binary(&mut self, bytes: Vec<u8>) -> Done {
        self.send(Message::binary(bytes)).await
    }

    async fn send(&mut self, message: Message) -> Done {
        within("sending", self.socket.send(message)).await?.map_err(failed("sending"))
    }

    /// The next message.
    pub async fn receive(&mut self) -> Done<Heard> {
        while self.unread.is_empty() {
            self.read("a message").await?;
        }
        self.unread.pop_front().ok_or_else(|| Failure("no message".to_owned()))
    }

    /// The next message, which must be exactly this text.
    pub async fn expect(&mut self, text: &str) -> Done {
        let heard = self.receive().await.map_err(|failure| Failure(format!("expected {text:?}, got: {failure}")))?;
        if heard == Heard::Text(text.to_owned()) {
            return Ok(());
        }
        Err(Failure(format!("expected {text:?}, got {heard:?}")))
    }

    /// Returns when the gateway has heard everything this client has said, and this client has received everything that
    /// was published before that.
    pub async fn barrier(&mut self) -> Done {
        self.barriers += 1;
        let body = self.barriers.to_be_bytes().to_vec();
        self.send(Message::Ping(body.clone().into())).await?;
        while self.read("a pong").await?.as_deref() != Some(&body[..]) {}
        Ok(())
    }

    /// Fails when a message is there that nobody has read; says which.
    pub fn nothing_unread(&self) -> Done {
        match self.unread.front() {
            None => Ok(()),
            Some(heard) => Err(Failure(format!("expected nothing, got {heard:?}"))),
        }
    }

    /// Checks by a barrier that nothing more has come.
    pub async fn hears_nothing(&mut self) -> Done {
        self.barrier().await?;
        self.nothing_unread()
    }

    /// Closes this side with a code and waits for the answer.
    pub async fn close(&mut self, code: u16) -> Done<Ended> {
        let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
        within("closing", self.socket.close(Some(frame))).await?.map_err(failed("closing"))?;
        self.closed().await
    }

    /// Waits until the gateway has ended the connection, the socket included.
    pub async fn closed(&mut self) -> Done<Ended> {
        let work = async {
            while self.step().await?.is_some() {}
            Ok(())
        };
        within("the end of the connection", work).await??;
        self.ended.clone().ok_or_else(|| Failure("no end".to_owned()))
    }

    /// Reads one frame; gives the body of a pong. That the connection ended is an error.
    async fn read(&mut self, what: &str) -> Done<Option<Vec<u8>>> {
        match within(what, self.step()).await?? {
            Some(pong) => Ok(pong),
            None => {
                let ended = self.ended.as_ref().map(ToString::to_string).unwrap_or_default();
                Err(Failure(format!("expected {what}; the connection was {ended}")))
            }
        }
    }

    /// Reads one frame: `None` at the end of the connection, `Some(Some(body))` for a pong.
    async fn step(&mut self) -> Done<Option<Option<Vec<u8>>>> {
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => self.unread.push_back(Heard::Text(text.as_str().to_owned())),
            Some(Ok(Message::Binary(bytes))) => self.unread.push_back(Heard::Binary(bytes.to_vec())),
            Some(Ok(Message::Pong(body))) => return Ok(Some(Some(body.to_vec()))),
            Some(Ok(Message::Ping(_))) => {
                self.pings += 1;
                // The answer is queued already; it leaves now and not with the next message. Whether the other end is
                // still there is what the next read says.
                let _ = self.socket.flush().await;
            }
            Some(Ok(Message::Close(frame))) => {
                let (code, reason) =
                    frame.map_or((None, String::new()), |f| (Some(f.code.into()), f.reason.to_string()));
                self.ended.get_or_insert(Ended { code, reason });
            }
            Some(Ok(Message::Frame(_))) => {}
            Some(Err(Error::ConnectionClosed)) | None => {
                self.ended.get_or_insert(Ended { code: None, reason: String::new() });
                return Ok(None);
            }
            Some(Err(error)) => {
                self.ended.get_or_insert(Ended { code: None, reason: error.to_string() });
                return Ok(None);
            }
        }
        Ok(Some(None))
    }
}
