//! An answer that takes long is given by a worker: the shard's other clients do not wait, and its own client hears nothing out
//! of order.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tieline_hub::{Hub, HubLimits};
use tieline_model::{
    Asked, Conversation, DefaultGrants, Dialect, Filter, Frame, Intent, Message, OriginPolicy, Outcome, Peer,
    Published, Recall, Refusal, Removal, Replies, Representation, Topic, Variant,
};
use tieline_testkit::Client;
use tieline_transport::{Clock, Limits, ListenerPlan, Memory, Plan, Server};

/// More channels than a shard answers about by itself.
const CHANNELS: usize = 300;

/// Answers a list of channels only when somebody else has been answered meanwhile.
struct Lister(Arc<Gate>);

struct Gate {
    opens: SyncSender<()>,
    opened: Mutex<Receiver<()>>,
}

impl Dialect for Lister {
    fn name(&self) -> &'static str {
        "lister"
    }
    fn open(&self, _peer: &Peer) -> Box<dyn Conversation> {
        Box::new(Visitor { gate: self.0.clone(), asked: String::new(), twice: false })
    }
    fn encode(&self, _published: &Published, _representation: Representation, _out: &mut Vec<u8>) {}
    fn compose(&self, topic: &Topic, json: &str) -> Result<Message, Refusal> {
        Ok(Message::new(topic.clone(), json.to_owned()))
    }
}

struct Visitor {
    gate: Arc<Gate>,
    asked: String,
    /// Whether the message is to be heard a second time.
    twice: bool,
}

impl Conversation for Visitor {
    fn begin(&mut self) -> Asked {
        let filter = |number| Filter::parse(&format!("lister.{number}")).unwrap();
        let add = (0..CHANNELS).map(|number| (filter(number), Variant::default())).collect();
        Asked { intent: Intent::Subscribe { add, remove: Removal::Nothing, recall: Recall::Never }, right: None }
    }
    fn on_message(&mut self, frame: Frame<'_>) -> Result<Asked, Refusal> {
        let Frame::Text(text) = frame else { return Ok(Asked::answer()) };
        self.twice = text == "list, twice" && self.asked != text;
        self.asked = text.to_owned();
        let intent = if text.starts_with("list") { Intent::Channels("lister") } else { Intent::Answer };
        Ok(Asked { intent, right: None })
    }
    fn answer(&mut self, outcome: Outcome<'_>, replies: &mut Replies) {
        match outcome {
            Outcome::Channels(channels) => {
                let opened = self.gate.opened.lock().unwrap_or_else(PoisonError::into_inner);
                let was_opened = opened.recv_timeout(Duration::from_secs(10)).is_ok();
                replies.text(format!("{} channels, {was_opened}", channels.len()));
            }
            _ if self.asked == "open" => {
                self.gate.opens.send(()).unwrap();
                replies.text("opened");
            }
            _ if !self.asked.is_empty() => replies.text(self.asked.clone()),
            _ => {}
        }
    }
    fn hears_again(&mut self) -> bool {
        std::mem::take(&mut self.twice)
    }
}

#[tokio::test]
async fn nobody_waits_for_a_long_answer_and_its_order_stays() {
    let (opens, opened) = sync_channel(10);
    let listener = ListenerPlan {
        dialect: Arc::new(Lister(Arc::new(Gate { opens, opened: Mutex::new(opened) }))),
        address: "127.0.0.1:0".parse().unwrap(),
        limits: Limits::default(),
        origin_policy: Arc::new(OriginPolicy::default()),
        tls: None,
    };
    let (permit, listeners, clock) = (Arc::new(DefaultGrants), vec![listener], Clock::system());
    let hub = Hub::new(HubLimits::default());
    let (memory, descriptors) = (Memory::new(0), Arc::default());
    // One shard, so that there is nobody else who could answer.
    let server = Server::bind(Plan { memory, descriptors, hub, permit, clock, shards: 1, listeners }).unwrap();
    let server = server.start().unwrap();
    let address = server.listeners()[0].address();
    let mut asking = Client::connect(address, "/").await.unwrap();
    let mut other = Client::connect(address, "/").await.unwrap();
    other.barrier().await.unwrap();
    for message in ["list", "behind it", "list, twice", "last"] {
        asking.say(message).await.unwrap();
    }
    for _ in 0..3 {
        other.say("open").await.unwrap();
        other.expect("opened").await.unwrap();
    }
    let list = format!("{} channels, true", 2 * CHANNELS);
    for expected in [&list, "behind it", &list, &list, "last"] {
        asking.expect(expected).await.unwrap();
    }
}
