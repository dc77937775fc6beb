//! The way to a server that sends its certificate with those of its issuers behind it, wherever the protocol has room for
//! it: the library reads one certificate and no more.
//!
//! Promises: what the server has signed is verified with the certificate that was checked when it was dialled, exactly as the
//! library does, before the others are taken off; everything else passes unchanged. Made by `dial`, for each session.

use crate::trust::chain;
use opcua::client::ConnectionSource;
use opcua::client::transport::{
    Connector, OutgoingMessage, RequestRecv, RequestSend, SecureChannelState, StreamConnection, StreamConnector,
    StreamTransport, TransportConfiguration,
};
use opcua::core::comms::tcp_codec::TcpCodec;
use opcua::core::comms::url::hostname_port_from_url;
use opcua::core::{RequestMessage, ResponseMessage};
use opcua::crypto::PrivateKey;
use opcua::types::{ByteString, DecodingOptions, EndpointDescription, Error, StatusCode};
use std::sync::Arc;
use tokio::io::{BufReader, ReadHalf, WriteHalf, split};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio_util::codec::FramedRead;

mod unchained;

use unchained::{Pair, Unchained};

/// The port where a URL names none.
const PORT: u16 = 4840;
/// So many requests may be on the way to the library's own queue.
const QUEUE: usize = 16;

type Read = Unchained<BufReader<ReadHalf<TcpStream>>>;
type Write = WriteHalf<TcpStream>;
type Answered = oneshot::Sender<Result<ResponseMessage, Error>>;

/// How a server is reached.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) url: String,
    /// Our key, where what the server sends first is encrypted for it.
    pub(super) key: Option<Arc<PrivateKey>>,
}

impl ConnectionSource for Way {
    type Builder = Way;

    fn get_connector(&self, _endpoint: &EndpointDescription) -> Result<Way, Error> {
        Ok(self.clone())
    }
}

impl Connector for Way {
    type Transport = StreamTransport<Read, Write>;

    async fn connect(
        &self,
        channel: Arc<SecureChannelState>,
        outgoing: RequestRecv,
        config: TransportConfiguration,
    ) -> Result<Self::Transport, Error> {
        let (to, through) = mpsc::channel(QUEUE);
        let expected = channel.secure_channel().read().remote_cert_as_byte_string();
        tokio::spawn(pass_on(outgoing, to, expected));
        let dialled = |url: String, options: DecodingOptions| {
            let (channel, key) = (channel.clone(), self.key.clone());
            let pair = move || {
                let channel = channel.secure_channel().read();
                Some(Pair { policy: channel.security_policy(), server: channel.remote_cert()?, own: channel.cert()? })
            };
            async move {
                let (read, write) = split(connect(&url).await?);
                let read = Unchained::new(BufReader::new(read), Box::new(pair), key);
                Ok(StreamConnection::new(FramedRead::new(read, TcpCodec::new(options)), write, url))
            }
        };
        StreamConnector::new(dialled, self.url.clone()).connect(channel.clone(), through, config).await
    }

    fn default_endpoint(&self) -> EndpointDescription {
        EndpointDescription::from(self.url.as_str())
    }
}

async fn connect(url: &str) -> Result<TcpStream, Error> {
    let (host, port) = hostname_port_from_url(url, PORT).map_err(|status| Error::new(status, "the URL has no host"))?;
    let failed = |error| Error::new(StatusCode::BadCommunicationError, error);
    let addresses = tokio::net::lookup_host(format!("{host}:{port}"))
        .await
        .map_err(|error| Error::new(StatusCode::BadTcpEndpointUrlInvalid, error))?;
    TcpStream::connect(addresses.collect::<Vec<_>>().as_slice()).await.map_err(failed)
}

/// Hands requests over to the library's transport; of the answer to the one that has a certificate in it, the first of a
/// chain is left, when it is the expected one.
async fn pass_on(mut from: RequestRecv, to: RequestSend, expected: ByteString) {
    while let Some(mut message) = from.recv().await {
        if matches!(message.request, RequestMessage::CreateSession(_)) {
            message.callback = message.callback.map(|answered| shortened(answered, expected.clone()));
        }
        if let Err(mpsc::error::SendError(OutgoingMessage { callback: Some(answered), .. })) = to.send(message).await {
            let _ = answered.send(Err(Error::new(StatusCode::BadConnectionClosed, "the transport has ended")));
        }
    }
}

fn shortened(answered: Answered, expected: ByteString) -> Answered {
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        let Ok(mut answer) = told.await else { return };
        if let Ok(ResponseMessage::CreateSession(response)) = &mut answer
            && is_first(response.server_certificate.as_ref(), expected.as_ref())
        {
            response.server_certificate = expected;
        }
        let _ = answered.send(answer);
    });
    tell
}

fn is_first(shown: &[u8], expected: &[u8]) -> bool {
    !expected.is_empty() && chain(shown).first() == Some(&expected)
}
