//! An OPC UA server for tests, with the limits and faults of servers in plants. It speaks policy None only.
//!
//! Promises: counts its sessions and what it is asked; a test answers whatever it likes itself, everything else is answered
//! plainly: the variables `ns=1;i=N` hold N, and the namespaces are `urn:plant` behind the standard's own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what fails here is a test that fails")]

mod plain;
mod rig;

pub use rig::{PATIENCE, Work, link, plan, until, work};

use futures_util::StreamExt;
use opcua::core::comms::buffer::SendBuffer;
use opcua::core::comms::chunker::Chunker;
use opcua::core::comms::secure_channel::{Role, SecureChannel};
use opcua::core::comms::tcp_codec::{Message, TcpCodec};
use opcua::core::comms::tcp_types::{AcknowledgeMessage, ErrorMessage};
use opcua::core::{RequestMessage, ResponseMessage};
use opcua::crypto::{CertificateStore, SecurityPolicy};
use opcua::sync::RwLock;
use opcua::types::*;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_util::codec::FramedRead;

/// How often a waiting Publish is answered, with nothing in it if there is nothing.
const TICK: Duration = Duration::from_millis(50);

/// What a test does with a request.
pub enum Reply {
    /// The plain answer.
    Plain,
    /// This fault.
    Fault(StatusCode),
    /// This answer.
    Message(ResponseMessage),
    /// None at all.
    Nothing,
    /// The connection is closed.
    HangUp,
    /// The same after this fault.
    Last(StatusCode),
    /// The plain answer, after so long. Nothing else is answered meanwhile.
    Late(Duration),
    /// So many items are made, and of the others it is said that there are too many.
    Some(usize),
}

type Answers = dyn Fn(&RequestMessage, &Known) -> Reply + Send + Sync;

/// A server; gone when it is dropped.
pub struct Fake {
    /// Where it listens.
    pub url: String,
    /// What it has been through.
    pub known: Arc<Known>,
    accepting: tokio::task::JoinHandle<()>,
}

/// What a server has been through, and what it is like.
pub struct Known {
    /// The name of every request that came and how many things it asked for.
    pub asked: Mutex<Vec<(&'static str, usize)>>,
    sessions: Mutex<Sessions>,
    /// Kept when connections end.
    subscriptions: Mutex<BTreeMap<u32, Subscription>>,
    /// The number of a subscription's first report.
    pub first_report: AtomicU32,
    /// Its namespaces, the standard's first.
    pub namespaces: Mutex<Vec<&'static str>>,
    /// What variables hold that do not hold their own number.
    pub values: Mutex<HashMap<u32, Variant>>,
    /// The largest request in bytes; a longer one ends the connection.
    most_bytes: usize,
    /// The largest answer in bytes, about: a longer one ends the connection with an error that says so.
    pub most_answer: AtomicUsize,
    /// Told in the greeting.
    told_bytes: u32,
    /// How many items each subscription has, where that is limited.
    taken: Mutex<HashMap<u32, usize>>,
    answers: Box<Answers>,
}

#[derive(Default)]
struct Sessions {
    /// By their tokens; the server keeps them when connections end.
    open: Vec<u32>,
    made: u32,
    most: usize,
}

impl Known {
    /// How many sessions it has now.
    pub fn open_sessions(&self) -> usize {
        self.sessions.lock().unwrap().open.len()
    }

    fn has(&self, session: &NodeId) -> bool {
        let sessions = self.sessions.lock().unwrap();
        matches!(session.identifier, Identifier::Numeric(token) if sessions.open.contains(&token))
    }

    /// How many sessions it has ever had.
    pub fn made_sessions(&self) -> u32 {
        self.sessions.lock().unwrap().made
    }

    /// The most sessions there ever were at once.
    pub fn most_sessions(&self) -> usize {
        self.sessions.lock().unwrap().most
    }

    /// How many requests of this name came.
    pub fn count(&self, name: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|(asked, _)| *asked == name).count()
    }

    /// The most things that one request of this name asked for.
    pub fn most(&self, name: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|(asked, _)| *asked == name).map(|(_, many)| *many).max().unwrap_or(0)
    }

    /// Items as a server answers that takes so many in one subscription: the others are refused.
    pub fn with_at_most(&self, most: usize, asked: &CreateMonitoredItemsRequest) -> Reply {
        let mut taken = self.taken.lock().unwrap();
        let items = asked.items_to_create.clone().unwrap_or_default();
        let had = taken.entry(asked.subscription_id).or_default();
        let room = most.saturating_sub(*had).min(items.len());
        *had += room;
        Reply::Some(room)
    }

    fn value(&self, node: &NodeId) -> DataValue {
        let good = |value: Variant| DataValue {
            value: Some(value),
            status: Some(StatusCode::Good),
            source_timestamp: Some(DateTime::from(1_000_000_000)),
            server_timestamp: Some(DateTime::now()),
            ..DataValue::null()
        };
        let Identifier::Numeric(number) = node.identifier else { return good(Variant::from(node.to_string())) };
        match (node.namespace, number) {
            (0, 2255) => good(Variant::from(
                self.namespaces.lock().unwrap().iter().map(|uri| UAString::from(*uri)).collect::<Vec<_>>(),
            )),
            (0, 2259) => good(Variant::from(0i32)),
            (0, _) => DataValue { status: Some(StatusCode::BadNodeIdUnknown), ..DataValue::null() },
            _ => good(self.values.lock().unwrap().get(&number).cloned().unwrap_or(Variant::from(number as i32))),
        }
    }
}

impl Fake {
    /// One that takes requests of any size; `answers` says what a test does with each.
    pub async fn start(answers: impl Fn(&RequestMessage, &Known) -> Reply + Send + Sync + 'static) -> Fake {
        Fake::sized(0, usize::MAX, answers).await
    }

    /// One that says that it takes requests of so many bytes, and takes so many.
    pub async fn sized(
        told_bytes: u32,
        most_bytes: usize,
        answers: impl Fn(&RequestMessage, &Known) -> Reply + Send + Sync + 'static,
    ) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("opc.tcp://{}", listener.local_addr().unwrap());
        let known = Arc::new(Known {
            asked: Mutex::default(),
            sessions: Mutex::default(),
            subscriptions: Mutex::default(),
            first_report: AtomicU32::new(1),
            namespaces: Mutex::new(vec!["http://opcfoundation.org/UA/", "urn:plant"]),
            values: Mutex::default(),
            most_bytes,
            most_answer: AtomicUsize::new(usize::MAX),
            told_bytes,
            taken: Mutex::default(),
            answers: Box::new(answers),
        });
        let accepting = tokio::spawn({
            let (known, url) = (known.clone(), url.clone());
            async move {
                let mut connections = tokio::task::JoinSet::new();
                while let Ok((stream, _)) = listener.accept().await {
                    connections.spawn(Connection::serve(stream, known.clone(), url.clone()));
                }
            }
        });
        Fake { url, known, accepting }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

struct Connection {
    known: Arc<Known>,
    url: String,
    channel: SecureChannel,
    buffer: SendBuffer,
    write: tokio::net::tcp::OwnedWriteHalf,
    publishes: VecDeque<(u32, RequestHeader)>,
}

#[derive(Default)]
struct Subscription {
    /// The number of its next report.
    next: u32,
    waiting: Vec<MonitoredItemNotification>,
    /// As many as one report may have; 0 is all.
    most: usize,
    ticks: u32,
}

impl Connection {
    async fn serve(stream: TcpStream, known: Arc<Known>, url: String) -> Option<()> {
        let (read, mut write) = stream.into_split();
        let decoding = DecodingOptions { max_array_length: 100_000, ..Default::default() };
        let mut read = FramedRead::new(read, TcpCodec::new(decoding.clone()));
        let Some(Ok(Message::Hello(_))) = read.next().await else { return None };
        let told = AcknowledgeMessage::new(0, 65_535, 65_535, known.told_bytes, 0);
        write.write_all(&SimpleBinaryEncodable::encode_to_vec(&told)).await.ok()?;
        let store = Arc::new(RwLock::new(CertificateStore::new(std::path::Path::new("/nowhere"))));
        let mut channel = SecureChannel::new(store, Role::Server, Default::default());
        channel.set_decoding_options(decoding);
        channel.set_security_policy(SecurityPolicy::None);
        let mut serving = Connection {
            known,
            url,
            channel,
            buffer: SendBuffer::new(65_535, 0, 0, true),
            write,
            publishes: VecDeque::new(),
        };
        let (mut chunks, mut tick) = (Vec::new(), tokio::time::interval(TICK));
        loop {
            let chunk = tokio::select! {
                next = read.next() => match next {
                    Some(Ok(Message::Chunk(chunk))) => chunk,
                    _ => return None,
                },
                _ = tick.tick() => {
                    serving.report().await?;
                    continue;
                }
            };
            chunks.push(serving.channel.verify_and_remove_security_server(chunk.data).unwrap());
            let last = chunks.last().unwrap().chunk_info(&serving.channel).unwrap();
            if last.message_header.is_final != opcua::core::comms::message_chunk::MessageIsFinalType::Final {
                continue;
            }
            let bytes: usize = chunks.iter().map(|chunk| chunk.data.len()).sum();
            if bytes > serving.known.most_bytes {
                // It falls over, and begins anew.
                serving.known.sessions.lock().unwrap().open.clear();
                serving.known.subscriptions.lock().unwrap().clear();
                return None;
            }
            let request: RequestMessage = Chunker::decode(&chunks, &serving.channel, None).unwrap();
            chunks.clear();
            serving.hear(last.sequence_header.request_id, request).await?;
        }
    }

    async fn hear(&mut self, id: u32, request: RequestMessage) -> Option<()> {
        let name = request.type_name();
        self.known.asked.lock().unwrap().push((name, things(&request)));
        let header = request.request_header().clone();
        let reply = (self.known.answers)(&request, &self.known);
        let answer = match reply {
            Reply::HangUp => return None,
            Reply::Nothing => return Some(()),
            Reply::Fault(status) => ServiceFault::new(&header, status).into(),
            Reply::Last(status) => {
                self.send(id, ServiceFault::new(&header, status).into()).await?;
                return None;
            }
            Reply::Message(answer) => answer,
            Reply::Plain => self.plain(id, request, &header)?,
            Reply::Some(room) => self.some(id, request, &header, room)?,
            Reply::Late(time) => {
                sleep(time).await;
                self.plain(id, request, &header)?
            }
        };
        if name == "Publish" && matches!(answer, ResponseMessage::Publish(_)) {
            return Some(());
        }
        self.send(id, answer).await
    }

    async fn send(&mut self, id: u32, answer: ResponseMessage) -> Option<()> {
        let context = ContextOwned::default();
        if answer.byte_len(&context.context()) > self.known.most_answer.load(Ordering::Relaxed) {
            let error = ErrorMessage::new(StatusCode::BadResponseTooLarge, "too large");
            let _ = self.write.write_all(&SimpleBinaryEncodable::encode_to_vec(&error)).await;
            return None;
        }
        self.buffer.write(id, answer, &self.channel).unwrap();
        while self.buffer.should_encode_chunks() || self.buffer.can_read() {
            if self.buffer.should_encode_chunks() {
                self.buffer.encode_next_chunk(&self.channel).unwrap();
            }
            self.buffer.read_into_async(&mut self.write).await.ok()?;
        }
        Some(())
    }

    /// Answers one Publish when there is something to report, or nothing was for long.
    async fn report(&mut self) -> Option<()> {
        match self.due_report() {
            Some((request, answer)) => self.send(request, answer.into()).await,
            None => Some(()),
        }
    }

    fn due_report(&mut self) -> Option<(u32, PublishResponse)> {
        let known = self.known.clone();
        let mut subscriptions = known.subscriptions.lock().unwrap();
        for (id, subscription) in subscriptions.iter_mut() {
            subscription.ticks += 1;
            if (subscription.waiting.is_empty() && subscription.ticks < 20) || self.publishes.is_empty() {
                continue;
            }
            subscription.ticks = 0;
            let (request, header) = self.publishes.pop_front()?;
            let most = if subscription.most == 0 { usize::MAX } else { subscription.most };
            let items: Vec<_> = subscription.waiting.drain(..most.min(subscription.waiting.len())).collect();
            let is_empty = items.is_empty();
            let data = DataChangeNotification { monitored_items: Some(items), diagnostic_infos: None };
            let message = NotificationMessage {
                sequence_number: subscription.next,
                publish_time: DateTime::now(),
                notification_data: (!is_empty).then(|| vec![ExtensionObject::from_message(data)]),
            };
            subscription.next += u32::from(!is_empty);
            let answer = PublishResponse {
                response_header: ResponseHeader::new_good(&header),
                subscription_id: *id,
                notification_message: message,
                ..Default::default()
            };
            return Some((request, answer));
        }
        None
    }
}

/// How many things a request asks for.
pub fn things(request: &RequestMessage) -> usize {
    fn many<T>(list: &Option<Vec<T>>) -> usize {
        list.as_ref().map_or(0, Vec::len)
    }
    match request {
        RequestMessage::Read(read) => many(&read.nodes_to_read),
        RequestMessage::Write(write) => many(&write.nodes_to_write),
        RequestMessage::CreateMonitoredItems(create) => many(&create.items_to_create),
        RequestMessage::DeleteMonitoredItems(delete) => many(&delete.monitored_item_ids),
        _ => 0,
    }
}
