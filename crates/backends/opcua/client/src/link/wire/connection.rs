//! One connection at work: messages out and in, and the goodbye of a session that would be left behind.
//!
//! Promises: polling can be given up at any moment without harm; who drops it, or runs out of time before there is an
//! activated session, leaves no session on the server as long as the server still answers. Made by [`Wire`].

use super::{CHUNK_HEAD, Incoming, LEAST_BUFFER, Wire, is_first};
use crate::link::{MOST_ANSWER, is_too_much};
use futures_util::StreamExt;
use opcua::client::transport::{
    OutgoingMessage, RequestRecv, SecureChannelState, Transport, TransportPollResult, TransportState,
};
use opcua::core::comms::buffer::SendBuffer;
use opcua::core::comms::tcp_codec::Message;
use opcua::core::comms::tcp_types::AcknowledgeMessage;
use opcua::core::{RequestMessage, ResponseMessage};
use opcua::types::{
    CloseSecureChannelRequest, CloseSessionRequest, DateTime, Error, NodeId, RequestHeader, StatusCode,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};

/// Between what the library asks and what is sent there is never more than one request and a session's goodbye.
const PASSING: usize = 2;
/// Our chunks are never larger.
const MOST_CHUNK: usize = 65_535;
/// The handle of requests that the library does not know of; it counts its own from 1.
const HANDLE: u32 = u32::MAX;

type Answer = Result<ResponseMessage, Error>;

/// See the module.
pub struct Connection(Option<Open>);

struct Open {
    wire: Wire,
    url: String,
    /// What the library wants sent.
    asked: RequestRecv,
    /// On its way to be sent.
    passing: mpsc::Sender<OutgoingMessage>,
    state: TransportState,
    read: Incoming,
    write: OwnedWriteHalf,
    buffer: SendBuffer,
    /// Told when we want it to end.
    cut: watch::Receiver<()>,
    /// The session that the server has for us.
    session: Option<NodeId>,
    /// It is activated on this connection: the server takes requests that belong to it.
    is_active: bool,
    /// A session's beginning whose answer is awaited, and who else waits for it.
    beginning: Option<(NodeId, oneshot::Receiver<Answer>, oneshot::Sender<Answer>)>,
    /// When the session has to be activated; after that, when a goodbye has to be answered.
    until: Option<Instant>,
    parting: Option<Parting>,
    /// The last message is written.
    is_last: bool,
    why: StatusCode,
    end: End,
}

/// A session is closed, and the connection behind it.
struct Parting {
    goodbye: Option<oneshot::Receiver<Answer>>,
    last: Option<OutgoingMessage>,
}

#[derive(Clone, Copy)]
enum End {
    Open,
    Closing(StatusCode),
    Closed(StatusCode),
}

impl Connection {
    pub(super) fn new(
        wire: Wire,
        channel: Arc<SecureChannelState>,
        asked: RequestRecv,
        (read, write): (Incoming, OwnedWriteHalf),
        told: &AcknowledgeMessage,
        until: Instant,
    ) -> Connection {
        let is_legacy = channel.secure_channel().read().security_policy().legacy_sequence_numbers();
        let chunk = MOST_CHUNK.min(told.receive_buffer_size as usize);
        let buffer = SendBuffer::new(chunk, wire.room(), 0, is_legacy);
        let (passing, sent) = mpsc::channel(PASSING);
        let theirs = MOST_CHUNK.min(told.send_buffer_size.max(LEAST_BUFFER) as usize);
        // An answer with more chunks than this fails alone, before it is put together.
        let most_chunks = MOST_ANSWER / (theirs - CHUNK_HEAD) + 1;
        Connection(Some(Open {
            url: wire.0.endpoint.clone(),
            cut: wire.0.cut.subscribe(),
            wire,
            asked,
            passing,
            state: TransportState::new(channel, sent, most_chunks, theirs),
            read,
            write,
            buffer,
            session: None,
            is_active: false,
            beginning: None,
            until: Some(until),
            parting: None,
            is_last: false,
            why: StatusCode::Good,
            end: End::Open,
        }))
    }
}

impl Transport for Connection {
    async fn poll(&mut self) -> TransportPollResult {
        match &mut self.0 {
            Some(open) => open.poll().await,
            None => TransportPollResult::Closed(StatusCode::BadConnectionClosed),
        }
    }

    fn connected_url(&self) -> &str {
        self.0.as_ref().map_or("", |open| &open.url)
    }
}

impl Drop for Connection {
    /// Nobody polls it any more: the session is closed on the side.
    fn drop(&mut self) {
        let Some(mut open) = self.0.take() else { return };
        let is_open = matches!(open.end, End::Open) && !open.is_last;
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if is_open && (open.parting.is_some() || open.leaves_a_session()) {
            if open.parting.is_none() {
                open.part(close_channel(), StatusCode::Good);
            }
            runtime.spawn(async move { while !matches!(open.poll().await, TransportPollResult::Closed(_)) {} });
        }
    }
}

impl Open {
    async fn poll(&mut self) -> TransportPollResult {
        if let End::Open = self.end {
            let result = loop {
                match self.turn().await {
                    // Nobody wants to know, and the way up through the library costs more than the sending.
                    TransportPollResult::OutgoingMessage | TransportPollResult::OutgoingMessageSent => {}
                    result => break result,
                }
            };
            let TransportPollResult::Closed(status) = result else { return result };
            self.end = End::Closing(status);
        }
        // Failing what waits can be given up and begun again.
        if let End::Closing(status) = self.end {
            // Who waits is told that the connection is gone, whatever the server was at when it ended it: what only says
            // "too large" would be taken for the answer to each request that was under way.
            let is_told = status.is_bad() && !is_too_much(status);
            let why = if is_told { status } else { StatusCode::BadConnectionClosed };
            self.state.close(why).await;
            self.asked.close();
            while let Some(OutgoingMessage { callback: Some(asker), .. }) = self.asked.recv().await {
                let _ = asker.send(Err(Error::new(why, "the connection is closed")));
            }
            self.end = End::Closed(status);
        }
        match self.end {
            End::Closed(status) => TransportPollResult::Closed(status),
            _ => TransportPollResult::Closed(StatusCode::BadConnectionClosed),
        }
    }

    /// One thing done; as the library's own transport does it, which is why it is not shorter.
    async fn turn(&mut self) -> TransportPollResult {
        if self.buffer.should_encode_chunks() {
            let channel = self.state.channel_state.secure_channel().read();
            if let Err(status) = self.buffer.encode_next_chunk(&channel) {
                return TransportPollResult::Closed(status);
            }
        }
        if self.buffer.can_read() {
            return tokio::select! {
                written = self.buffer.read_into_async(&mut self.write) => match written {
                    Ok(()) => TransportPollResult::OutgoingMessageSent,
                    Err(_) => TransportPollResult::Closed(StatusCode::BadCommunicationError),
                },
                incoming = self.read.next() => self.heard(incoming),
                _ = self.cut.changed() => TransportPollResult::Closed(StatusCode::BadConnectionClosed),
                _ = reached(self.until) => TransportPollResult::Closed(StatusCode::BadTimeout),
            };
        }
        if self.is_last {
            return TransportPollResult::Closed(self.why);
        }
        tokio::select! {
            answer = answered(&mut self.beginning) => {
                self.begun(answer);
                TransportPollResult::OutgoingMessage
            }
            _ = parted(&mut self.parting) => {
                self.last();
                TransportPollResult::OutgoingMessage
            }
            // One after the other: what finds no room to pass would be lost.
            asked = self.asked.recv(), if self.parting.is_none() && self.passing.capacity() == PASSING => match asked {
                Some(message) => {
                    self.ask(message);
                    TransportPollResult::OutgoingMessage
                }
                None => TransportPollResult::Closed(StatusCode::Good),
            },
            outgoing = self.state.wait_for_outgoing_message(&mut self.buffer) => match outgoing {
                Some((request, id)) => self.send(request, id),
                None => TransportPollResult::Closed(StatusCode::Good),
            },
            incoming = self.read.next() => self.heard(incoming),
            _ = self.cut.changed() => TransportPollResult::Closed(StatusCode::BadConnectionClosed),
            _ = reached(self.until) => self.late(),
        }
    }

    /// The library wants this sent.
    fn ask(&mut self, mut message: OutgoingMessage) {
        match &message.request {
            RequestMessage::CreateSession(_) => self.watch(NodeId::null(), &mut message),
            RequestMessage::ActivateSession(asked) => {
                let session = asked.request_header.authentication_token.clone();
                self.watch(session, &mut message);
            }
            RequestMessage::CloseSession(_) => self.session = None,
            RequestMessage::CloseSecureChannel(_) if self.leaves_a_session() => {
                return self.part(message, StatusCode::Good);
            }
            // Meant for the connection before this one: its session is not known here yet, or never will be.
            request if !self.is_active && needs_a_session(request) => {
                let lost = || Err(Error::new(StatusCode::BadSessionNotActivated, "its connection was lost"));
                message.callback.into_iter().for_each(|asker| drop(asker.send(lost())));
                return;
            }
            _ => {}
        }
        let _ = self.passing.try_send(message);
    }

    /// What comes of a session's beginning is of interest here, too.
    fn watch(&mut self, session: NodeId, message: &mut OutgoingMessage) {
        let Some(asker) = message.callback.take() else { return };
        let (answer, answered) = oneshot::channel();
        message.callback = Some(answer);
        self.beginning = Some((session, answered, asker));
    }

    fn begun(&mut self, mut answer: Answer) {
        let Some((session, _, asker)) = self.beginning.take() else { return };
        match &mut answer {
            Ok(ResponseMessage::CreateSession(made)) if made.response_header.service_result.is_good() => {
                // Of a chain the first is left, when it is the one that was checked.
                let expected = self.state.channel_state.secure_channel().read().remote_cert_as_byte_string();
                if is_first(made.server_certificate.as_ref(), expected.as_ref()) {
                    made.server_certificate = expected;
                }
                self.session = Some(made.authentication_token.clone());
                self.wire.large().begun();
            }
            Ok(ResponseMessage::ActivateSession(made)) if made.response_header.service_result.is_good() => {
                self.session = Some(session);
                self.is_active = true;
                self.wire.large().activated();
                if self.parting.is_none() {
                    self.until = None;
                }
            }
            _ => {}
        }
        let _ = asker.send(answer);
        if self.parting.is_some() {
            self.say_goodbye();
        }
    }

    fn leaves_a_session(&self) -> bool {
        (self.session.is_some() || self.beginning.is_some()) && !self.wire.0.is_kept.load(Ordering::Relaxed)
    }

    /// Closes the session first, then sends the last message.
    fn part(&mut self, last: OutgoingMessage, why: StatusCode) {
        self.why = why;
        self.until = Some(Instant::now() + self.wire.0.request);
        self.parting = Some(Parting { goodbye: None, last: Some(last) });
        // A session that is just being made is waited for.
        if self.beginning.is_none() {
            self.say_goodbye();
        }
    }

    fn say_goodbye(&mut self) {
        let Some(parting) = &mut self.parting else { return };
        let Some(authentication_token) = self.session.take() else { return self.last() };
        let (answer, answered) = oneshot::channel();
        let request_header = RequestHeader { authentication_token, ..header() };
        let request = CloseSessionRequest { request_header, delete_subscriptions: true };
        let _ = self.passing.try_send(outgoing(request.into(), Some(answer)));
        parting.goodbye = Some(answered);
    }

    fn last(&mut self) {
        let Some(parting) = &mut self.parting else { return };
        parting.goodbye = None;
        if let Some(last) = parting.last.take() {
            let _ = self.passing.try_send(last);
        }
    }

    /// The time is up.
    fn late(&mut self) -> TransportPollResult {
        if self.parting.is_some() || !self.leaves_a_session() {
            return TransportPollResult::Closed(StatusCode::BadTimeout);
        }
        self.part(close_channel(), StatusCode::BadTimeout);
        TransportPollResult::RecoverableError(StatusCode::BadTimeout)
    }

    fn send(&mut self, request: RequestMessage, id: u32) -> TransportPollResult {
        self.is_last = matches!(request, RequestMessage::CloseSecureChannel(_));
        let written = {
            let channel = self.state.channel_state.secure_channel().read();
            self.buffer.write(id, request, &channel)
        };
        match written {
            Ok(_) => TransportPollResult::OutgoingMessage,
            Err(error) => {
                let status = error.status();
                self.state.message_send_failed(id, error);
                TransportPollResult::RecoverableError(status)
            }
        }
    }

    fn heard(&mut self, incoming: Option<Result<Message, std::io::Error>>) -> TransportPollResult {
        let message = match incoming {
            Some(Ok(message)) => message,
            Some(Err(_)) => return TransportPollResult::Closed(StatusCode::BadConnectionClosed),
            None => return TransportPollResult::Closed(StatusCode::BadCommunicationError),
        };
        if let Message::Error(told) = &message {
            if is_too_much(told.error) {
                self.wire.large().ended();
            }
            return TransportPollResult::Closed(told.error);
        }
        // The library may panic over what it reads; that, too, concerns this answer alone.
        let taken = catch_unwind(AssertUnwindSafe(|| self.state.handle_incoming_message(message)));
        match taken.unwrap_or_else(|_| Err(Error::decoding("a panic"))).map_err(|error| error.status()) {
            Ok(()) => TransportPollResult::IncomingMessage,
            Err(status @ (StatusCode::BadDecodingError | StatusCode::BadEncodingLimitsExceeded)) => {
                self.wire.0.unread.fetch_add(1, Ordering::Relaxed);
                TransportPollResult::RecoverableError(status)
            }
            Err(status) => TransportPollResult::Closed(status),
        }
    }
}

async fn answered(beginning: &mut Option<(NodeId, oneshot::Receiver<Answer>, oneshot::Sender<Answer>)>) -> Answer {
    match beginning {
        Some((_, answer, _)) => answer
            .await
            .unwrap_or_else(|_| Err(Error::new(StatusCode::BadEncodingLimitsExceeded, "the answer cannot be read"))),
        None => std::future::pending().await,
    }
}

async fn parted(parting: &mut Option<Parting>) {
    match parting {
        Some(Parting { goodbye: Some(answer), .. }) => drop(answer.await),
        _ => std::future::pending().await,
    }
}

async fn reached(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// Whether a server answers this to nobody without an activated session (OPC UA part 4, 5.5 and 5.6).
fn needs_a_session(request: &RequestMessage) -> bool {
    !matches!(
        request,
        RequestMessage::OpenSecureChannel(_)
            | RequestMessage::CloseSecureChannel(_)
            | RequestMessage::GetEndpoints(_)
            | RequestMessage::FindServers(_)
            | RequestMessage::FindServersOnNetwork(_)
            | RequestMessage::CreateSession(_)
            | RequestMessage::ActivateSession(_)
            | RequestMessage::CloseSession(_)
    )
}

fn header() -> RequestHeader {
    RequestHeader { timestamp: DateTime::now(), request_handle: HANDLE, ..Default::default() }
}

fn close_channel() -> OutgoingMessage {
    outgoing(CloseSecureChannelRequest { request_header: header() }.into(), None)
}

fn outgoing(request: RequestMessage, callback: Option<oneshot::Sender<Answer>>) -> OutgoingMessage {
    // How long it may take is looked at here.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(3600);
    OutgoingMessage { request, callback, deadline, span: tracing::Span::none() }
}
