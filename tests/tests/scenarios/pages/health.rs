//! `/healthz` asks the shards themselves: one that stands still is named, and nothing is said of it when it goes on.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test says what it found by panicking")]

use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tieline_console::{Alive, Console, Vitals};
use tieline_hub::{Hub, HubLimits};
use tieline_model::{
    Asked, Conversation, DefaultGrants, Dialect, Frame, Intent, Message, OriginPolicy, Outcome, Peer, Published,
    Reason, Refusal, Replies, Representation, Topic,
};
use tieline_testkit::{Answer, Client, Raw, within};
use tieline_transport::{Clock, HttpPort, Limits, ListenerPlan, Memory, Plan, Server};

/// Stands still in the middle of hearing until it is let go.
struct Heavy {
    begun: SyncSender<()>,
    let_go: Arc<Mutex<Receiver<()>>>,
}

impl Dialect for Heavy {
    fn name(&self) -> &'static str {
        "heavy"
    }
    fn open(&self, _peer: &Peer) -> Box<dyn Conversation> {
        Box::new(Visitor(self.begun.clone(), self.let_go.clone()))
    }
    fn encode(&self, published: &Published, _representation: Representation, out: &mut Vec<u8>) {
        out.extend_from_slice(&published.message.body);
    }
    fn compose(&self, topic: &Topic, json: &str) -> Result<Message, Refusal> {
        Ok(Message::new(topic.clone(), json.to_owned()))
    }
}

struct Visitor(SyncSender<()>, Arc<Mutex<Receiver<()>>>);

impl Conversation for Visitor {
    fn begin(&mut self) -> Asked {
        Asked { intent: Intent::Answer, right: None }
    }
    fn on_message(&mut self, _frame: Frame<'_>) -> Result<Asked, Refusal> {
        self.0.send(()).unwrap();
        // The other end goes when the test fails: then nothing is left to wait for.
        let _ = self.1.lock().unwrap().recv();
        Ok(Asked { intent: Intent::Answer, right: None })
    }
    fn answer(&mut self, _outcome: Outcome<'_>, _replies: &mut Replies) {}
}

async fn health(console: SocketAddr) -> Answer {
    let mut client = Raw::connect(console).await.unwrap();
    client.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").await.unwrap();
    client.answer().await.unwrap()
}

#[tokio::test]
async fn a_shard_that_stands_still_is_named_until_it_goes_on() {
    let ((begun, has_begun), (let_go, gate)) = (sync_channel(1), sync_channel(1));
    let hub = Hub::new(HubLimits::default());
    let listener = ListenerPlan {
        dialect: Arc::new(Heavy { begun, let_go: Arc::new(Mutex::new(gate)) }),
        address: "127.0.0.1:0".parse().unwrap(),
        limits: Limits::default(),
        origin_policy: Arc::new(OriginPolicy::default()),
        tls: None,
    };
    let server = Server::bind(Plan {
        memory: Memory::new(0),
        descriptors: Arc::default(),
        hub: hub.clone(),
        permit: Arc::new(DefaultGrants),
        clock: Clock::system(),
        shards: 2,
        listeners: vec![listener],
    })
    .unwrap()
    .start()
    .unwrap();
    let heartbeats = server.heartbeats().clone();
    // As the gateway asks, with less patience for one that stands still.
    let patience = Arc::new(Mutex::new(Duration::from_secs(60)));
    let wanted = patience.clone();
    let alive = move || -> Alive {
        let (heartbeats, patience) = (heartbeats.clone(), *wanted.lock().unwrap());
        Box::pin(async move { heartbeats.check(patience).await })
    };
    let console = Console {
        origin_policy: Arc::new(OriginPolicy::default()),
        hub,
        demo: false,
        started: SystemTime::now(),
        listeners: Vec::new(),
        counts: Box::new(Vec::new),
        send: Box::new(|_, _| Err(Refusal::new(Reason::Unknown, "nobody is here"))),
        services: Vec::new(),
        metrics: Box::new(String::new),
        ready: Arc::new(AtomicBool::new(true)),
        vitals: Vitals { alive: Box::new(alive), failure: Box::new(|| None) },
    };
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = socket.local_addr().unwrap();
    let port = HttpPort::new("console", Limits::default(), console.origin_policy.clone(), &Arc::default());
    tokio::spawn(tieline_console::serve(socket, port, console, std::future::pending()));

    assert_eq!(health(at).await.status, 200);
    let mut client = Client::connect(server.listeners()[0].address(), "/").await.unwrap();
    client.say("stand still").await.unwrap();
    let (begun, default_grant) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || begun.send(has_begun.recv()));
    within("the shard that stands still", default_grant).await.unwrap().unwrap().unwrap();
    *patience.lock().unwrap() = Duration::from_millis(200);
    let answer = health(at).await;
    let text = &answer.body;
    assert_eq!(answer.status, 503, "{text}");
    assert!(text.starts_with("shard ") && text.contains(" has stood still for "), "{text}");

    let_go.send(()).unwrap();
    *patience.lock().unwrap() = Duration::from_secs(60);
    assert_eq!(health(at).await.status, 200, "it goes on");
    client.barrier().await.unwrap();
}
