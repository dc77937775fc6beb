//! The connection below a session: how it is made, what the server said about sizes, that a certificate which comes with
//! those of its issuers is read as itself, and that no session is left behind.
//!
//! Promises: each address of the host is tried, and everything up to an activated session is over within
//! `connect_timeout`; no request is sent that the server said is too large for it; an answer that cannot be read fails its
//! own request only; certificates of issuers are taken off only where the one in front is the one that was checked when the
//! server was dialled (the library reads one certificate and no more); a session is closed before its connection is, unless it is to be taken up again. Made for each session
//! by `dial`, used by the library.

mod connection;
mod unchained;

use super::MOST_ANSWER;
use super::large::Large;
use crate::trust::chain;
use connection::Connection;
use futures_util::StreamExt;
use opcua::client::ConnectionSource;
use opcua::client::transport::{Connector, RequestRecv, SecureChannelState, TransportConfiguration};
use opcua::core::comms::tcp_codec::{Message, TcpCodec};
use opcua::core::comms::tcp_types::{AcknowledgeMessage, HelloMessage};
use opcua::core::comms::url::hostname_port_from_url;
use opcua::crypto::PrivateKey;
use opcua::types::{EndpointDescription, Error, SimpleBinaryEncodable, StatusCode};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tokio_util::codec::FramedRead;
use unchained::{Pair, Unchained};

/// The port of a URL without one.
const PORT: u16 = 4840;
/// The standard allows no smaller buffers.
const LEAST_BUFFER: u32 = 8192;
/// What a chunk has beside its part of the message, at most.
const CHUNK_HEAD: usize = 512;
/// The largest request that is ever sent.
const MOST_REQUEST: usize = 16 << 20;

/// What comes from a server.
type Incoming = FramedRead<Unchained<BufReader<OwnedReadHalf>>, TcpCodec>;

/// See the module. What is cloned is the same one.
#[derive(Clone)]
pub struct Wire(Arc<Shared>);

struct Shared {
    endpoint: String,
    /// Ours, where what the server sends first is encrypted for it.
    key: Option<Arc<PrivateKey>>,
    /// How long an attempt may take until its session is activated.
    connect: Duration,
    /// How long the server has for one answer.
    request: Duration,
    /// The end of the attempt that is under way, when it began before the connection.
    until: Mutex<Option<Instant>>,
    /// The bytes of the largest request the server takes.
    room: AtomicUsize,
    /// How many answers could not be read.
    unread: AtomicU64,
    /// Answers that were too large for the server.
    large: Large,
    /// The session outlives the connection.
    is_kept: AtomicBool,
    /// Told when the connection that there is now is to end.
    cut: watch::Sender<()>,
}

impl Wire {
    /// To this endpoint; the first attempt has begun already and ends at `until`.
    pub(crate) fn new(
        endpoint: &str,
        key: Option<PrivateKey>,
        connect: Duration,
        request: Duration,
        until: Instant,
    ) -> Wire {
        Wire(Arc::new(Shared {
            endpoint: endpoint.to_owned(),
            key: key.map(Arc::new),
            connect,
            request,
            until: Mutex::new(Some(until)),
            room: AtomicUsize::new(MOST_REQUEST),
            unread: AtomicU64::new(0),
            large: Large::default(),
            is_kept: AtomicBool::new(false),
            cut: watch::Sender::new(()),
        }))
    }

    /// The bytes of the largest request the server takes.
    pub(crate) fn room(&self) -> usize {
        self.0.room.load(Ordering::Relaxed)
    }

    /// How many answers could not be read since the session began.
    pub(crate) fn unread(&self) -> u64 {
        self.0.unread.load(Ordering::Relaxed)
    }

    /// Whether the answer to a question is awaited, or the connection that was lost over one.
    pub fn is_asked(&self) -> bool {
        self.0.large.is_asked()
    }

    /// What is known of answers that the server finds too large.
    pub(super) fn large(&self) -> &Large {
        &self.0.large
    }

    /// Ends the connection that there is now, without a word to the server, which may be dead. The session is not closed with it: it
    /// will be taken up again.
    pub(crate) fn cut(&self) {
        self.0.is_kept.store(true, Ordering::Relaxed);
        self.0.cut.send_replace(());
    }

    /// Connects to the first address that answers.
    async fn reach(&self, until: Instant) -> Result<TcpStream, Error> {
        let (host, port) = hostname_port_from_url(&self.0.endpoint, PORT)
            .map_err(|status| Error::new(status, "the endpoint is no address"))?;
        let unknown = || Error::new(StatusCode::BadTcpEndpointUrlInvalid, "the host has no address");
        let found = timeout_at(until, lookup_host(format!("{host}:{port}"))).await;
        let addresses: Vec<_> = found.map_err(|_| late())?.map_err(|_| unknown())?.collect();
        if addresses.is_empty() { Err(unknown()) } else { first_that_answers(&addresses, until).await }
    }

    /// Says hello; what the server answers.
    async fn greet(
        &self,
        read: &mut Incoming,
        write: &mut OwnedWriteHalf,
        config: &TransportConfiguration,
    ) -> Result<AcknowledgeMessage, Error> {
        let hello =
            HelloMessage::new(&self.0.endpoint, config.send_buffer_size, config.recv_buffer_size, MOST_ANSWER, 0);
        let lost = |error: std::io::Error| Error::new(StatusCode::BadCommunicationError, error);
        write.write_all(&hello.encode_to_vec()).await.map_err(lost)?;
        match read.next().await {
            Some(Ok(Message::Acknowledge(told)))
                if told.send_buffer_size.min(told.receive_buffer_size) < LEAST_BUFFER =>
            {
                Err(Error::new(StatusCode::BadTcpInternalError, "the server's buffers are smaller than 8192 bytes"))
            }
            Some(Ok(Message::Acknowledge(told))) => Ok(told),
            Some(Ok(Message::Error(refused))) => Err(Error::new(refused.error, "the server refused the connection")),
            _ => Err(Error::new(StatusCode::BadConnectionClosed, "the server did not answer the hello")),
        }
    }
}

impl Connector for Wire {
    type Transport = Connection;

    async fn connect(
        &self,
        channel: Arc<SecureChannelState>,
        asked: RequestRecv,
        config: TransportConfiguration,
    ) -> Result<Connection, Error> {
        let begun = self.0.until.lock().unwrap_or_else(PoisonError::into_inner).take();
        let until = begun.unwrap_or_else(|| Instant::now() + self.0.connect);
        self.0.is_kept.store(false, Ordering::Relaxed);
        let stream = self.reach(until).await?;
        // A request is one write: to wait for more of it would only hold it up.
        let _ = stream.set_nodelay(true);
        let decoding = channel.secure_channel().read().decoding_options();
        let (read, mut write) = stream.into_split();
        let spoken = channel.clone();
        let pair = move || {
            let channel = spoken.secure_channel().read();
            Some(Pair { policy: channel.security_policy(), server: channel.remote_cert()?, own: channel.cert()? })
        };
        let read = Unchained::new(BufReader::new(read), Box::new(pair), self.0.key.clone());
        let mut read = FramedRead::new(read, TcpCodec::new(decoding));
        let greeted = timeout_at(until, self.greet(&mut read, &mut write, &config)).await;
        let told = greeted.map_err(|_| late())??;
        self.0.room.store(room(&told), Ordering::Relaxed);
        Ok(Connection::new(self.clone(), channel, asked, (read, write), &told, until))
    }

    fn default_endpoint(&self) -> EndpointDescription {
        EndpointDescription::from(self.0.endpoint.as_str())
    }
}

impl ConnectionSource for Wire {
    type Builder = Wire;

    fn get_connector(&self, _endpoint: &EndpointDescription) -> Result<Wire, Error> {
        Ok(self.clone())
    }
}

/// Whether of the certificates that a server has shown this is the first.
fn is_first(shown: &[u8], expected: &[u8]) -> bool {
    !expected.is_empty() && chain(shown).first() == Some(&expected)
}

/// A connection to the first of some addresses that answers.
async fn first_that_answers(addresses: &[SocketAddr], until: Instant) -> Result<TcpStream, Error> {
    let mut failed = late();
    for (at, address) in addresses.iter().enumerate() {
        // Each has its share of the time that is left: one that swallows packets leaves some to the others.
        let left = until.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(addresses.len() - at).unwrap_or(u32::MAX);
        failed = match timeout_at(Instant::now() + share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => Error::new(StatusCode::BadCommunicationError, error),
            Err(_) => late(),
        };
    }
    Err(failed)
}

/// The bytes of the largest request that a server takes which said this; 0 is no bound of its own.
fn room(told: &AcknowledgeMessage) -> usize {
    let bound = |bytes: usize| if bytes == 0 { MOST_REQUEST } else { bytes };
    let chunk = told.receive_buffer_size as usize - CHUNK_HEAD;
    let chunks = (told.max_chunk_count as usize).saturating_mul(chunk);
    bound(told.max_message_size as usize).min(bound(chunks)).min(MOST_REQUEST)
}

fn late() -> Error {
    Error::new(StatusCode::BadTimeout, "no answer within `connect_timeout`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_address_of_a_host_is_tried() {
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let until = Instant::now() + Duration::from_secs(30);
        assert_eq!(first_that_answers(&[closed, open], until).await.unwrap().peer_addr().unwrap(), open);
        let failed = first_that_answers(&[closed], until).await.err().unwrap();
        assert_eq!(failed.status(), StatusCode::BadCommunicationError);
    }

    #[test]
    fn the_room_is_the_smallest_that_the_server_told() {
        let told = |message, chunks| AcknowledgeMessage::new(0, 8192, 8192, message, chunks);
        assert_eq!(room(&told(0, 0)), MOST_REQUEST);
        assert_eq!(room(&told(65536, 0)), 65536);
        assert_eq!(room(&told(65536, 1)), 8192 - CHUNK_HEAD);
        assert_eq!(room(&told(4096, 5)), 4096);
    }
}
