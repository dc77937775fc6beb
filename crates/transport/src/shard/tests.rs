//! The fan-out against a model that delivers at once: whatever joins, leaves or is settled in the middle of a batch,
//! every client reads what it should, once and in order. Real sockets, and turns small enough to be interrupted.

use super::*;
use crate::port::limits::Limits;
use crate::port::listener::{Listener, ListenerPlan};
use crate::session::socket::Socket;
use crate::shard::workers::Workers;
use proptest::prelude::*;
use std::io::Read;
use std::time::SystemTime;
use tieline_codec::{message_frame, opcode};
use tieline_hub::{Hub, HubLimits, Pressure, Subscription};
use tieline_model::{
    Asked, Conversation, DefaultGrants, Dialect, Encoding, Filter, Frame, Framing, Message, Outcome, Peer, Published,
    Refusal, Replies, Representation, Topic, Variant,
};

/// Clients of the one shard.
const CLIENTS: usize = 10;
const TOPICS: [&str; 2] = ["s.a", "s.b"];

struct Silent;

impl Dialect for Silent {
    fn name(&self) -> &'static str {
        "silent"
    }
    fn open(&self, _peer: &Peer) -> Box<dyn Conversation> {
        Box::new(Silent)
    }
    fn encode(&self, published: &Published, _representation: Representation, out: &mut Vec<u8>) {
        out.extend_from_slice(&published.message.body);
    }
    fn compose(&self, topic: &Topic, json: &str) -> Result<Message, Refusal> {
        Ok(Message::new(topic.clone(), json.to_owned()))
    }
}

impl Conversation for Silent {
    fn on_message(&mut self, _frame: Frame<'_>) -> Result<Asked, Refusal> {
        Ok(Asked::answer())
    }
    fn answer(&mut self, _outcome: Outcome<'_>, _replies: &mut Replies) {}
}

#[derive(Debug, Clone)]
enum Step {
    Publish(usize, usize),
    Subscribe(usize, Vec<usize>),
    /// The flush looks into its inbox.
    Take,
    /// The flush serves a few members.
    Turn,
    Settle(usize),
}

/// Mostly the same, so that groups are large enough to be interrupted.
fn set() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![6 => Just(vec![0]), 2 => Just(vec![0, 1]), 1 => Just(vec![1]), 1 => Just(vec![])]
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..CLIENTS;
    prop_oneof![
        6 => (who.clone(), 0..TOPICS.len()).prop_map(|(who, topic)| Step::Publish(who, topic)),
        3 => (who.clone(), set()).prop_map(|(who, set)| Step::Subscribe(who, set)),
        2 => Just(Step::Take),
        4 => Just(Step::Turn),
        2 => who.prop_map(Step::Settle),
    ]
}

struct Client {
    conn: Rc<Conn>,
    end: std::net::TcpStream,
    hears: Vec<usize>,
    expected: Vec<String>,
}

async fn client(shard: &Shard, listener: &Arc<Listener>) -> Client {
    let origin_policy = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let end = std::net::TcpStream::connect(origin_policy.local_addr().unwrap()).unwrap();
    let (tcp, peer) = origin_policy.accept().await.unwrap();
    let conn = Conn::new(Socket::Plain(tcp), shard.next_session(), peer, listener.clone(), Framing::Frame, 0);
    Client { conn: Rc::new(conn), end, hears: Vec::new(), expected: Vec::new() }
}

/// A shard of a hub of its own.
fn shard_of(limits: HubLimits) -> (Arc<Hub>, Rc<Shard>) {
    let hub = Hub::new(limits);
    let sink = hub.sink(Pressure::HoldBack, || ());
    let workers = Arc::new(Workers::start(1).unwrap());
    let shard = Shard::new(sink, Arc::default(), Arc::new(DefaultGrants), Clock::system(), &Memory::new(0), workers);
    (hub, shard)
}

/// One that nobody publishes to.
pub(crate) fn shard() -> Rc<Shard> {
    shard_of(HubLimits::default()).1
}

pub(crate) fn silent_listener() -> Arc<Listener> {
    let plan = ListenerPlan {
        dialect: Arc::new(Silent),
        address: "127.0.0.1:0".parse().unwrap(),
        limits: Limits::default(),
        origin_policy: Arc::default(),
        tls: None,
    };
    Arc::new(Listener::new(plan, "127.0.0.1:0".parse().unwrap(), Memory::new(0)))
}

fn offloaded(set: &[usize]) -> Change {
    let encoding = Encoding { representation: Representation::Wire(Variant::default()), framing: Framing::Frame };
    Change::to(
        set.iter().map(|topic| Subscription { filter: Filter::parse(TOPICS[*topic]).unwrap(), encoding }).collect(),
    )
}

async fn run(steps: Vec<Step>) -> Vec<(Vec<String>, Vec<String>)> {
    let hub = Hub::new(HubLimits::default());
    let sink = hub.sink(Pressure::HoldBack, || ());
    let shard = Shard::new(
        sink,
        Arc::default(),
        Arc::new(DefaultGrants),
        Clock::system(),
        &Memory::new(0),
        Arc::new(Workers::start(1).unwrap()),
    );
    let listener = silent_listener();
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(client(&shard, &listener).await);
    }
    let mut inbox = Vec::new();
    for (number, step) in steps.into_iter().enumerate() {
        match step {
            Step::Publish(who, topic) => {
                let (body, origin) = (number.to_string(), clients[who].conn.session);
                let message = Message::new(Topic::parse(TOPICS[topic]).unwrap(), body.clone());
                let published = Published { at: SystemTime::UNIX_EPOCH, dialect: "silent", origin, message };
                hub.publish(published, &mut |published, encoding| {
                    message_frame(opcode::TEXT, &published.message.body, encoding.framing)
                });
                for (other, client) in clients.iter_mut().enumerate() {
                    if other != who && client.hears.contains(&topic) {
                        client.expected.push(body.clone());
                    }
                }
            }
            Step::Subscribe(who, set) => {
                shard.change(&clients[who].conn, offloaded(&set), Recall::Never);
                clients[who].hears = set;
            }
            Step::Take => {
                shard.sink.take(&mut inbox);
                shard.fanout.borrow_mut().receive(&mut inbox);
            }
            Step::Turn => drop(shard.turn()),
            Step::Settle(who) => shard.settle(&clients[who].conn),
        }
    }
    shard.sink.take(&mut inbox);
    shard.fanout.borrow_mut().receive(&mut inbox);
    while shard.turn() {}
    assert!(!hub.pressed());
    for client in &clients {
        shard.leave(&client.conn);
        client.conn.socket.finish();
    }
    clients.iter_mut().map(|client| (read(&mut client.end), std::mem::take(&mut client.expected))).collect()
}

/// Every text frame until the end; they are all short.
fn read(end: &mut std::net::TcpStream) -> Vec<String> {
    let mut bytes = Vec::new();
    end.read_to_end(&mut bytes).unwrap();
    let mut texts = Vec::new();
    let mut rest = bytes.as_slice();
    while let [0x81, length, tail @ ..] = rest {
        let (text, tail) = tail.split_at(usize::from(*length));
        texts.push(String::from_utf8(text.to_vec()).unwrap());
        rest = tail;
    }
    assert!(rest.is_empty(), "whole frames only");
    texts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn interrupted_batches_deliver_as_if_at_once(steps in proptest::collection::vec(step(), 0..120)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for (who, (heard, expected)) in runtime.block_on(run(steps)).into_iter().enumerate() {
            prop_assert_eq!(heard, expected, "client {}", who);
        }
    }
}

/// A flush that has nothing to do does not wake itself: with time standing still, a runtime that never rests would
/// never get past the sleep.
#[tokio::test(start_paused = true)]
async fn a_flush_without_work_rests() {
    let hub = Hub::new(HubLimits::default());
    let wake = Arc::new(Notify::new());
    let woken = wake.clone();
    let sink = hub.sink(Pressure::HoldBack, move || woken.notify_one());
    let shard = Shard::new(
        sink,
        wake,
        Arc::new(DefaultGrants),
        Clock::system(),
        &Memory::new(0),
        Arc::new(Workers::start(1).unwrap()),
    );
    tokio::task::LocalSet::new()
        .run_until(async move {
            let flush = tokio::task::spawn_local(shard.clone().flush());
            shard.wake.notify_one();
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert!(!flush.is_finished());
        })
        .await;
}

/// A turn that fails is over: what it was to hand out counts as served, so that publishers go on, and the flush serves what
/// comes next. Those who may have missed something are ended.
#[tokio::test]
async fn a_turn_that_fails_holds_nobody_back() {
    let (hub, shard) = shard_of(HubLimits { inbox_bytes: 10 });
    let listener = silent_listener();
    let (first, other) = (client(&shard, &listener).await, client(&shard, &listener).await);
    shard.change(&first.conn, offloaded(&[0]), Recall::Never);
    shard.change(&other.conn, offloaded(&[1]), Recall::Never);
    let publish = |topic: usize| {
        let message = Message::new(Topic::parse(TOPICS[topic]).unwrap(), "x");
        let published = Published { at: SystemTime::UNIX_EPOCH, dialect: "silent", origin: SessionId::NONE, message };
        hub.publish(published, &mut |published, encoding| {
            message_frame(opcode::TEXT, &published.message.body, encoding.framing)
        });
    };
    let take = || {
        let mut inbox = Vec::new();
        shard.sink.take(&mut inbox);
        shard.fanout.borrow_mut().receive(&mut inbox);
    };
    publish(0);
    take();
    assert!(hub.pressed());
    shard.fanout.borrow_mut().break_next_turn();
    while shard.turn() {}
    assert!(!hub.pressed(), "publishers wait for what nobody will serve");
    assert_eq!((first.conn.phase.get(), other.conn.phase.get()), (Phase::Dead, Phase::Open));
    publish(1);
    take();
    while shard.turn() {}
    assert!(!hub.pressed());
    shard.leave(&other.conn);
    other.conn.socket.finish();
    let mut end = other.end;
    assert_eq!(read(&mut end), ["x"]);
}
