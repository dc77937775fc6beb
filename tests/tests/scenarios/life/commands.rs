//! Commands over real sockets, with a dialect made for it: answers find their client whatever becomes of the others, a client
//! that asks too much is not read until it was answered, and what is kept can be told later.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test says what it found by panicking")]

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tieline_hub::{Hub, HubLimits};
use tieline_model::{
    Asked, Command, Conversation, DefaultGrants, Dialect, Done, Executor, Filter, Frame, Intent, Message, OriginPolicy,
    Outcome, Peer, Published, Recall, Refusal, Removal, Replies, Representation, SessionId, Topic, Variant,
};
use tieline_testkit::Client;
use tieline_transport::{Clock, Hand, Limits, ListenerPlan, Memory, Plan, Server, publish};

/// `ask N` is a command with this ticket, `hear T` hears a topic half a second late, anything else is echoed.
struct Backdrop;

impl Dialect for Backdrop {
    fn name(&self) -> &'static str {
        "backdrop"
    }
    fn open(&self, _peer: &Peer) -> Box<dyn Conversation> {
        Box::new(Visitor { last: String::new() })
    }
    fn encode(&self, published: &Published, _representation: Representation, out: &mut Vec<u8>) {
        out.extend_from_slice(&published.message.body);
    }
    fn compose(&self, topic: &Topic, json: &str) -> Result<Message, Refusal> {
        Ok(Message { retain: true, ..Message::new(topic.clone(), json.to_owned()) })
    }
}

struct Visitor {
    last: String,
}

impl Conversation for Visitor {
    fn on_message(&mut self, frame: Frame<'_>) -> Result<Asked, Refusal> {
        let Frame::Text(text) = frame else { panic!("text only") };
        self.last = text.to_owned();
        let intent = match text.split_once(' ') {
            Some(("ask", ticket)) => Intent::Command(Command {
                verb: "ask",
                topic: Topic::parse("backdrop.ask").unwrap(),
                body: "{}".into(),
                ticket: ticket.parse().unwrap(),
            }),
            Some(("hear", topic)) => {
                let add = vec![(Filter::parse(topic).unwrap(), Variant::default())];
                Intent::Subscribe { add, remove: Removal::Nothing, recall: Recall::After(Duration::from_millis(500)) }
            }
            _ => Intent::Answer,
        };
        Ok(Asked { intent, right: None })
    }
    fn answer(&mut self, outcome: Outcome<'_>, replies: &mut Replies) {
        match outcome {
            Outcome::Answered { ticket, answer: Ok(json) } => {
                replies.text(format!("{ticket}: {}", String::from_utf8_lossy(json)));
            }
            Outcome::Answered { ticket, answer: Err(refusal) } => {
                replies.text(format!("{ticket}: {}", refusal.reason.as_str()));
            }
            _ if self.last.is_empty() => {}
            _ => replies.text(format!("done {}", self.last)),
        }
    }
}

/// Keeps commands until the test answers them.
#[derive(Default)]
struct Waiting {
    commands: Mutex<VecDeque<(Command, Done)>>,
    came: Condvar,
}

impl Executor for Waiting {
    fn carry_out(&self, command: Command, done: Done) {
        self.commands.lock().unwrap().push_back((command, done));
        self.came.notify_all();
    }
}

impl Waiting {
    /// The next commands, as soon as there are so many.
    fn take(&self, count: usize) -> Vec<Done> {
        let commands = self.commands.lock().unwrap();
        let patience = Duration::from_secs(20);
        let few = |commands: &mut VecDeque<_>| commands.len() < count;
        let (mut commands, waited) = self.came.wait_timeout_while(commands, patience, few).unwrap();
        assert!(!waited.timed_out(), "{} commands came, not {count}", commands.len());
        commands.drain(..count).map(|(_, done)| done).collect()
    }

    fn open(&self) -> usize {
        self.commands.lock().unwrap().len()
    }
}

struct World {
    hub: Arc<Hub>,
    server: Server,
    hand: Hand,
}

impl World {
    fn new(executor: Option<Arc<dyn Executor>>) -> World {
        let hub = Hub::new(HubLimits::default());
        let (clock, hand) = Clock::manual();
        let listener = ListenerPlan {
            dialect: Arc::new(Backdrop),
            address: "127.0.0.1:0".parse().unwrap(),
            limits: Limits::default(),
            origin_policy: Arc::new(OriginPolicy::default()),
            tls: None,
        };
        let (permit, listeners) = (Arc::new(DefaultGrants), vec![listener]);
        let bound = Server::bind(Plan {
            memory: Memory::new(0),
            descriptors: Arc::default(),
            hub: hub.clone(),
            permit,
            clock,
            shards: 2,
            listeners,
        })
        .unwrap();
        executor.into_iter().for_each(|executor| bound.listeners()[0].set_executor(executor));
        World { hub, server: bound.start().unwrap(), hand }
    }

    async fn client(&self) -> Client {
        Client::connect(self.server.listeners()[0].address(), "/").await.unwrap()
    }

    fn publish(&self, topic: &str, body: &str) {
        let message = Backdrop.compose(&Topic::parse(topic).unwrap(), body).unwrap();
        publish(&self.hub, &Memory::new(0), &Backdrop, SessionId::NONE, message);
    }
}

#[tokio::test]
async fn answers_find_their_client_in_any_order() {
    let waiting = Arc::new(Waiting::default());
    let world = World::new(Some(waiting.clone()));
    let (mut one, mut other) = (world.client().await, world.client().await);
    one.say("ask 1").await.unwrap();
    let mut first = waiting.take(1);
    other.say("ask 1").await.unwrap();
    let mut second = waiting.take(1);
    one.say("ask 2").await.unwrap();
    let third = waiting.take(1);
    // While it waits it can go on.
    one.say("hello").await.unwrap();
    one.expect("done hello").await.unwrap();
    third.into_iter().for_each(|done| done.tell(Ok(r#"{"n":3}"#.into())));
    one.expect(r#"2: {"n":3}"#).await.unwrap();
    first.remove(0).tell(Ok("1".into()));
    one.expect("1: 1").await.unwrap();
    // An executor that gives up has answered too.
    drop(second.remove(0));
    other.expect("1: unavailable").await.unwrap();
}

#[tokio::test]
async fn without_an_executor_a_command_is_refused() {
    let world = World::new(None);
    let mut client = world.client().await;
    client.say("ask 7").await.unwrap();
    client.expect("7: unavailable").await.unwrap();
}

#[tokio::test]
async fn who_asks_too_much_is_not_read_until_it_was_answered() {
    const MOST: usize = 256;
    let waiting = Arc::new(Waiting::default());
    let world = World::new(Some(waiting.clone()));
    let (mut greedy, mut modest) = (world.client().await, world.client().await);
    for ticket in 0..MOST + 3 {
        greedy.say(format!("ask {ticket}")).await.unwrap();
    }
    let mut duties = waiting.take(MOST);
    // Another client is served all the same, and until then nothing more of the first was heard.
    modest.say("hello").await.unwrap();
    modest.expect("done hello").await.unwrap();
    assert_eq!(waiting.open(), 0);
    duties.drain(..2).for_each(|done| done.tell(Ok("1".into())));
    greedy.expect("0: 1").await.unwrap();
    greedy.expect("1: 1").await.unwrap();
    duties.extend(waiting.take(2));
    duties.drain(..).for_each(|done| done.tell(Ok("1".into())));
    for ticket in 2..MOST + 2 {
        greedy.expect(&format!("{ticket}: 1")).await.unwrap();
    }
    waiting.take(1).remove(0).tell(Ok("last".into()));
    greedy.expect(&format!("{}: last", MOST + 2)).await.unwrap();
}

#[tokio::test]
async fn an_answer_for_who_has_gone_is_nobodys() {
    let waiting = Arc::new(Waiting::default());
    let world = World::new(Some(waiting.clone()));
    let mut gone = world.client().await;
    gone.say("ask 1").await.unwrap();
    let duty = waiting.take(1);
    gone.close(1000).await.unwrap();
    let mut here = world.client().await;
    duty.into_iter().for_each(|done| done.tell(Ok("1".into())));
    here.barrier().await.unwrap();
    here.nothing_unread().unwrap();
}

#[tokio::test]
async fn what_is_kept_comes_later_unless_something_newer_came() {
    let world = World::new(None);
    world.publish("backdrop.a", "a1");
    world.publish("backdrop.b", "b1");
    let mut client = world.client().await;
    client.say("hear backdrop.a").await.unwrap();
    client.expect("done hear backdrop.a").await.unwrap();
    client.say("hear backdrop.b").await.unwrap();
    client.expect("done hear backdrop.b").await.unwrap();
    world.hand.advance(Duration::from_millis(499));
    client.barrier().await.unwrap();
    client.nothing_unread().unwrap();
    world.publish("backdrop.b", "b2");
    client.expect("b2").await.unwrap();
    world.hand.advance(Duration::from_millis(1));
    client.expect("a1").await.unwrap();
    world.hand.advance(Duration::from_millis(5000));
    client.barrier().await.unwrap();
    client.nothing_unread().unwrap();
}

/// Found with a real server: the time was waited for only once something else woke the session.
#[tokio::test]
async fn what_comes_later_needs_nothing_else_to_come() {
    let world = World::new(None);
    world.publish("backdrop.a", "a1");
    let mut client = world.client().await;
    client.say("hear backdrop.a").await.unwrap();
    client.expect("done hear backdrop.a").await.unwrap();
    world.hand.advance(Duration::from_millis(500));
    client.expect("a1").await.unwrap();
}
