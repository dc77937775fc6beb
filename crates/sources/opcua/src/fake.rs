//! An OPC UA server for tests, with the limits and faults of servers in plants. It speaks policy None only.
//!
//! Promises: counts its sessions and what it is asked; a test answers whatever it likes itself, everything else is answered
//! plainly: the variables `ns=1;i=N` hold N, and the namespaces are `urn:plant` behind the standard's own.

use crate::link::{Link, ServerPlan, supervise};
use crate::settings::{OpcuaSettings, ServerSettings, VariableSettings};
use crate::watch::Feed;
use futures_util::StreamExt;
use opcua::core::comms::buffer::SendBuffer;
use opcua::core::comms::chunker::Chunker;
use opcua::core::comms::secure_channel::{Role, SecureChannel};
use opcua::core::comms::tcp_codec::{Message, TcpCodec};
use opcua::core::comms::tcp_types::AcknowledgeMessage;
use opcua::core::{RequestMessage, ResponseMessage};
use opcua::crypto::{CertificateStore, SecurityPolicy};
use opcua::sync::RwLock;
use opcua::types::*;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::codec::FramedRead;

/// How often a waiting Publish is answered, with nothing in it if there is nothing.
const TICK: Duration = Duration::from_millis(50);

/// What a test does with a request.
pub(crate) enum Reply {
    /// The plain answer.
    Plain,
    Fault(StatusCode),
    /// None at all.
    Nothing,
    /// The connection is closed.
    HangUp,
    /// The plain answer, after so long. Nothing else is answered meanwhile.
    Late(Duration),
    /// So many items are made, and of the others it is said that there are too many.
    Some(usize),
}

type Answers = dyn Fn(&RequestMessage, &Known) -> Reply + Send + Sync;

/// A server; gone when it is dropped.
pub(crate) struct Fake {
    pub(crate) url: String,
    pub(crate) known: Arc<Known>,
    accepting: tokio::task::JoinHandle<()>,
}

/// What a server has been through, and what it is like.
pub(crate) struct Known {
    /// The name of every request that came and how many things it asked for.
    pub(crate) asked: Mutex<Vec<(&'static str, usize)>>,
    sessions: Mutex<Sessions>,
    pub(crate) namespaces: Mutex<Vec<&'static str>>,
    /// What variables hold that do not hold their own number.
    pub(crate) values: Mutex<HashMap<u32, Variant>>,
    /// The largest request in bytes; a longer one ends the connection.
    most_bytes: usize,
    /// Told in the greeting.
    told_bytes: u32,
    source_time: Mutex<Option<DateTime>>,
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
    pub(crate) fn open_sessions(&self) -> usize {
        self.sessions.lock().unwrap().open.len()
    }

    pub(crate) fn made_sessions(&self) -> u32 {
        self.sessions.lock().unwrap().made
    }

    /// The most sessions there ever were at once.
    pub(crate) fn most_sessions(&self) -> usize {
        self.sessions.lock().unwrap().most
    }

    pub(crate) fn count(&self, name: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|(asked, _)| *asked == name).count()
    }

    /// The most things that one request of this name asked for.
    pub(crate) fn most(&self, name: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|(asked, _)| *asked == name).map(|(_, many)| *many).max().unwrap_or(0)
    }

    /// Items as a server answers that takes so many in one subscription: the others are refused.
    pub(crate) fn with_at_most(&self, most: usize, asked: &CreateMonitoredItemsRequest) -> Reply {
        let mut taken = self.taken.lock().unwrap();
        let items = asked.items_to_create.clone().unwrap_or_default();
        let had = taken.entry(asked.subscription_id).or_default();
        let room = most.saturating_sub(*had).min(items.len());
        *had += room;
        Reply::Some(room)
    }

    pub(crate) fn set_source_time(&self, time: DateTime) {
        *self.source_time.lock().unwrap() = Some(time);
    }

    fn value(&self, node: &NodeId) -> DataValue {
        let good = |value: Variant| DataValue {
            value: Some(value),
            status: Some(StatusCode::Good),
            source_timestamp: Some(self.source_time.lock().unwrap().unwrap_or_else(|| DateTime::from(1_000_000_000))),
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
    pub(crate) async fn start(answers: impl Fn(&RequestMessage, &Known) -> Reply + Send + Sync + 'static) -> Fake {
        Fake::sized(0, usize::MAX, answers).await
    }

    /// One that says that it takes requests of so many bytes, and takes so many.
    pub(crate) async fn sized(
        told_bytes: u32,
        most_bytes: usize,
        answers: impl Fn(&RequestMessage, &Known) -> Reply + Send + Sync + 'static,
    ) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("opc.tcp://{}", listener.local_addr().unwrap());
        let known = Arc::new(Known {
            asked: Mutex::default(),
            sessions: Mutex::default(),
            namespaces: Mutex::new(vec!["http://opcfoundation.org/UA/", "urn:plant"]),
            values: Mutex::default(),
            most_bytes,
            told_bytes,
            source_time: Mutex::default(),
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
    subscriptions: BTreeMap<u32, Subscription>,
}

#[derive(Default)]
struct Subscription {
    sent: u32,
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
            subscriptions: BTreeMap::new(),
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
        for (id, subscription) in &mut self.subscriptions {
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
                sequence_number: subscription.sent + 1,
                publish_time: DateTime::now(),
                notification_data: (!is_empty).then(|| vec![ExtensionObject::from_message(data)]),
            };
            subscription.sent += u32::from(!is_empty);
            let answer = PublishResponse {
                response_header: ResponseHeader::new_good(&header),
                subscription_id: *id,
                notification_message: message,
                ..Default::default()
            };
            return Box::pin(self.send(request, answer.into())).await;
        }
        Some(())
    }

    fn some(
        &mut self,
        id: u32,
        request: RequestMessage,
        header: &RequestHeader,
        room: usize,
    ) -> Option<ResponseMessage> {
        let RequestMessage::CreateMonitoredItems(mut asked) = request else { return None };
        let left = asked.items_to_create.as_mut().map(|items| items.split_off(room)).unwrap_or_default();
        let mut answer = self.plain(id, RequestMessage::CreateMonitoredItems(asked), header)?;
        if let ResponseMessage::CreateMonitoredItems(made) = &mut answer {
            let too_many =
                MonitoredItemCreateResult { status_code: StatusCode::BadTooManyMonitoredItems, ..Default::default() };
            made.results.get_or_insert_default().extend(left.iter().map(|_| too_many.clone()));
        }
        Some(answer)
    }

    fn plain(&mut self, id: u32, request: RequestMessage, header: &RequestHeader) -> Option<ResponseMessage> {
        let response_header = ResponseHeader::new_good(header);
        let known = self.known.clone();
        Some(match request {
            RequestMessage::OpenSecureChannel(_) => {
                self.channel.set_token_id(1);
                self.channel.set_secure_channel_id(1);
                let security_token = ChannelSecurityToken {
                    channel_id: 1,
                    token_id: 1,
                    created_at: DateTime::now(),
                    revised_lifetime: 600_000,
                };
                OpenSecureChannelResponse {
                    response_header,
                    server_protocol_version: 0,
                    security_token,
                    server_nonce: ByteString::null(),
                }
                .into()
            }
            RequestMessage::CloseSecureChannel(_) => return None,
            RequestMessage::GetEndpoints(_) => {
                let endpoint = EndpointDescription {
                    endpoint_url: self.url.as_str().into(),
                    security_policy_uri: SecurityPolicy::None.to_uri().into(),
                    security_mode: MessageSecurityMode::None,
                    user_identity_tokens: Some(vec![UserTokenPolicy::anonymous()]),
                    ..Default::default()
                };
                GetEndpointsResponse { response_header, endpoints: Some(vec![endpoint]) }.into()
            }
            RequestMessage::CreateSession(_) => {
                let mut sessions = known.sessions.lock().unwrap();
                sessions.made += 1;
                let token = sessions.made;
                sessions.open.push(token);
                sessions.most = sessions.most.max(sessions.open.len());
                CreateSessionResponse {
                    response_header,
                    session_id: NodeId::new(1, token),
                    authentication_token: NodeId::new(1, token),
                    revised_session_timeout: 60_000.0,
                    server_nonce: vec![7u8; 32].into(),
                    ..Default::default()
                }
                .into()
            }
            RequestMessage::ActivateSession(_) => {
                ActivateSessionResponse { response_header, server_nonce: vec![7u8; 32].into(), ..Default::default() }
                    .into()
            }
            RequestMessage::CloseSession(_) => {
                if let Identifier::Numeric(token) = header.authentication_token.identifier {
                    known.sessions.lock().unwrap().open.retain(|open| *open != token);
                }
                CloseSessionResponse { response_header }.into()
            }
            RequestMessage::Read(read) => {
                let nodes = read.nodes_to_read.unwrap_or_default();
                let results = Some(nodes.iter().map(|node| known.value(&node.node_id)).collect());
                ReadResponse { response_header, results, diagnostic_infos: None }.into()
            }
            RequestMessage::Write(write) => {
                let results = Some(vec![StatusCode::Good; write.nodes_to_write.unwrap_or_default().len()]);
                WriteResponse { response_header, results, diagnostic_infos: None }.into()
            }
            RequestMessage::CreateSubscription(asked) => {
                let subscription_id = self.subscriptions.len() as u32 + 1;
                let most = asked.max_notifications_per_publish as usize;
                self.subscriptions.insert(subscription_id, Subscription { most, ..Default::default() });
                CreateSubscriptionResponse {
                    response_header,
                    subscription_id,
                    revised_publishing_interval: asked.requested_publishing_interval,
                    revised_lifetime_count: asked.requested_lifetime_count,
                    revised_max_keep_alive_count: asked.requested_max_keep_alive_count,
                }
                .into()
            }
            RequestMessage::DeleteSubscriptions(asked) => {
                let ids = asked.subscription_ids.unwrap_or_default();
                ids.iter().for_each(|id| drop(self.subscriptions.remove(id)));
                let results = Some(vec![StatusCode::Good; ids.len()]);
                DeleteSubscriptionsResponse { response_header, results, diagnostic_infos: None }.into()
            }
            RequestMessage::CreateMonitoredItems(asked) => {
                let items = asked.items_to_create.unwrap_or_default();
                if let Some(subscription) = self.subscriptions.get_mut(&asked.subscription_id) {
                    subscription.waiting.extend(items.iter().map(|item| MonitoredItemNotification {
                        client_handle: item.requested_parameters.client_handle,
                        value: known.value(&item.item_to_monitor.node_id),
                    }));
                }
                let made = |item: &MonitoredItemCreateRequest| MonitoredItemCreateResult {
                    monitored_item_id: item.requested_parameters.client_handle,
                    ..Default::default()
                };
                let results = Some(items.iter().map(made).collect());
                CreateMonitoredItemsResponse { response_header, results, diagnostic_infos: None }.into()
            }
            RequestMessage::DeleteMonitoredItems(asked) => {
                let results = Some(vec![StatusCode::Good; asked.monitored_item_ids.unwrap_or_default().len()]);
                DeleteMonitoredItemsResponse { response_header, results, diagnostic_infos: None }.into()
            }
            RequestMessage::Publish(_) => {
                self.publishes.push_back((id, header.clone()));
                PublishResponse { response_header, ..Default::default() }.into()
            }
            _ => ServiceFault::new(header, StatusCode::BadServiceUnsupported).into(),
        })
    }
}

/// How many things a request asks for.
pub(crate) fn things(request: &RequestMessage) -> usize {
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

/// The longest a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A link to a server, with so many variables.
pub(crate) fn link(fake: &Fake, variables: usize, set: impl FnOnce(&mut ServerSettings)) -> Arc<Link> {
    let variable = (1..=variables).map(|number| VariableSettings {
        name: format!("v{number}"),
        node: format!("ns=1;i={number}"),
        ..Default::default()
    });
    let mut server = ServerSettings {
        name: "plant".to_owned(),
        endpoint: fake.url.clone(),
        namespaces: vec!["urn:plant".to_owned()],
        variable: variable.collect(),
        ..Default::default()
    };
    set(&mut server);
    let settings = OpcuaSettings { retry: Duration::from_millis(10), server: vec![server], ..Default::default() };
    let store = tempfile::tempdir().unwrap().keep();
    let plan = ServerPlan::all(&settings, &store).remove(0);
    Link::new(Arc::new(plan), Feed::new(variables))
}

/// The link at work, until it is dropped.
pub(crate) struct Work(pub(crate) watch::Sender<bool>);

pub(crate) fn work(link: &Arc<Link>) -> Work {
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(supervise(link.clone(), stopped));
    Work(stop)
}

pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let so = async {
        while !is_so() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, so).await.unwrap_or_else(|_| panic!("never: {what}"));
}
