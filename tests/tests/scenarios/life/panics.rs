//! A mistake of the program must not tell what a client said, and ends the session in which it happens alone.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tieline_hub::{Hub, HubLimits};
use tieline_model::{
    Asked, Conversation, DefaultGrants, Dialect, Filter, Frame, Intent, Message, OriginPolicy, Outcome, Peer,
    Published, Recall, Refusal, Removal, Replies, Representation, SessionId, Topic, Variant,
};
use tieline_testkit::{Client, Logs, eventually};
use tieline_transport::{Clock, Limits, ListenerPlan, Memory, Plan, Server, publish};

/// What happens to a panic is the process's, so one test at a time changes it.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Panics when it is told to: while it hears, while it answers, while it writes a message of its own.
struct Fragile;

impl Dialect for Fragile {
    fn name(&self) -> &'static str {
        "fragile"
    }
    fn open(&self, _peer: &Peer) -> Box<dyn Conversation> {
        Box::new(Visitor(String::new()))
    }
    fn encode(&self, published: &Published, _representation: Representation, out: &mut Vec<u8>) {
        assert_ne!(published.message.body.trim_ascii_end(), b"break while writing");
        out.extend_from_slice(&published.message.body);
    }
    fn compose(&self, topic: &Topic, json: &str) -> Result<Message, Refusal> {
        Ok(Message::new(topic.clone(), json.to_owned()))
    }
}

struct Visitor(String);

impl Conversation for Visitor {
    fn begin(&mut self) -> Asked {
        let add = vec![(Filter::parse("fragile.>").unwrap(), Variant::default())];
        Asked { intent: Intent::Subscribe { add, remove: Removal::Nothing, recall: Recall::Never }, right: None }
    }
    fn on_message(&mut self, frame: Frame<'_>) -> Result<Asked, Refusal> {
        let Frame::Text(text) = frame else { panic!("text only") };
        assert_ne!(text.trim_end(), "break while hearing");
        self.0 = text.to_owned();
        let message = Message::new(Topic::parse("fragile.x").unwrap(), text.to_owned());
        Ok(Asked { intent: Intent::Publish(message), right: None })
    }
    fn answer(&mut self, _outcome: Outcome<'_>, _replies: &mut Replies) {
        assert_ne!(self.0.trim_end(), "break while answering");
    }
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "each test has a runtime of its own, so nobody on it waits for the lock")]
async fn a_panic_in_a_dialect_ends_that_session_alone() {
    let _turn = turn();
    std::panic::set_hook(Box::new(|_| ()));
    let hub = Hub::new(HubLimits::default());
    let listener = ListenerPlan {
        dialect: Arc::new(Fragile),
        address: "127.0.0.1:0".parse().unwrap(),
        limits: Limits::default(),
        origin_policy: Arc::new(OriginPolicy::default()),
        tls: None,
    };
    let (permit, listeners, clock) = (Arc::new(DefaultGrants), vec![listener], Clock::system());
    let server = Server::bind(Plan {
        memory: Memory::new(0),
        descriptors: Arc::default(),
        hub: hub.clone(),
        permit,
        clock,
        shards: 1,
        listeners,
    })
    .unwrap()
    .start()
    .unwrap();
    let listener = server.listeners()[0].clone();
    let mut healthy = Client::connect(listener.address(), "/").await.unwrap();
    healthy.barrier().await.unwrap();
    // A large message is heard by a worker; what it breaks is the same.
    let words = ["break while hearing", "break while answering", "break while writing"];
    let large = words.map(|word| word.to_owned() + &" ".repeat(200_000));
    for word in words.into_iter().chain(large.iter().map(String::as_str)) {
        let mut fragile = Client::connect(listener.address(), "/").await.unwrap();
        fragile.barrier().await.unwrap();
        fragile.say(word).await.unwrap();
        let ended = fragile.closed().await.unwrap();
        assert_eq!(ended.code, Some(1011), "{}", word.trim_end());
        // Its place, its descriptor and what it heard are given back.
        eventually("the end of its connection", || listener.open() == 1).await.unwrap();
        assert_eq!(hub.channels("fragile").len(), 1, "{}", word.trim_end());
        if word.trim_end() == "break while answering" {
            healthy.expect(word).await.unwrap();
        }
        // The same shard reads and hands out as before.
        let message = Message::new(Topic::parse("fragile.x").unwrap(), format!("after {word}"));
        publish(&hub, &Memory::new(0), &Fragile, SessionId::NONE, message);
        healthy.expect(&format!("after {word}")).await.unwrap();
        healthy.barrier().await.unwrap();
    }
    let _ = std::panic::take_hook();
    healthy.close(1000).await.unwrap();
}

#[test]
fn a_panic_tells_its_place_and_not_its_text() {
    let _turn = turn();
    let logs = Logs::capture();
    tieline_gateway::panics::quiet();
    let ended = std::thread::spawn(|| std::panic::panic_any("MRKR".to_owned())).join();
    let _ = std::panic::take_hook();
    assert!(ended.is_err());
    let text = logs.text();
    assert!(text.contains("panics.rs:") && !text.contains("MRKR"), "{text}");
}
