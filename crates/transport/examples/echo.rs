//! The transport with an echo in place of a dialect: what the Autobahn suite is run against.
//!
//! `cargo run --release -p tieline-transport --example echo -- --listen 127.0.0.1:9001`
#![allow(clippy::print_stdout)]

use clap::Parser;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use tieline_hub::{Hub, HubLimits};
use tieline_model::{
    Asked, Conversation, DefaultGrants, Dialect, Frame, Message, OriginPolicy, Outcome, Peer, Published, Reason,
    Refusal, Replies, Representation, Topic,
};
use tieline_transport::{Clock, Limits, ListenerPlan, Memory, Plan, Server};

#[derive(Parser)]
struct Options {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:9001")]
    listen: SocketAddr,
    /// Threads.
    #[arg(long, default_value_t = 2)]
    shards: usize,
}

struct Echo;

/// What was heard last.
#[derive(Default)]
struct Back(Option<Heard>);

enum Heard {
    Text(String),
    Binary(Vec<u8>),
}

impl Dialect for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }
    fn binary(&self) -> bool {
        true
    }
    fn open(&self, _peer: &Peer) -> Box<dyn Conversation> {
        Box::new(Back::default())
    }
    fn encode(&self, published: &Published, _representation: Representation, out: &mut Vec<u8>) {
        out.extend_from_slice(&published.message.body);
    }
    fn compose(&self, _topic: &Topic, _json: &str) -> Result<Message, Refusal> {
        Err(Refusal::new(Reason::Unsupported, "an echo has no topics"))
    }
}

impl Conversation for Back {
    fn on_message(&mut self, frame: Frame<'_>) -> Result<Asked, Refusal> {
        self.0 = Some(match frame {
            Frame::Text(text) => Heard::Text(text.to_owned()),
            Frame::Binary(bytes) => Heard::Binary(bytes.to_vec()),
        });
        Ok(Asked::answer())
    }
    fn answer(&mut self, _outcome: Outcome<'_>, replies: &mut Replies) {
        match self.0.take() {
            Some(Heard::Text(text)) => replies.text(text),
            Some(Heard::Binary(bytes)) => replies.binary(bytes),
            None => {}
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let limits = Limits { queue_bytes: 64 << 20, ..Limits::default() };
    let listener = ListenerPlan {
        dialect: Arc::new(Echo),
        address: options.listen,
        limits,
        origin_policy: Arc::new(OriginPolicy::default()),
        tls: None,
    };
    let bound = Server::bind(Plan {
        hub: Hub::new(HubLimits::default()),
        memory: Memory::new(512 << 20),
        descriptors: Arc::default(),
        permit: Arc::new(DefaultGrants),
        clock: Clock::system(),
        shards: options.shards,
        listeners: vec![listener],
    })?;
    let server = bound.start()?;
    for listener in server.listeners() {
        println!("listening on {}", listener.address());
    }
    // Until it is ended from outside.
    loop {
        std::thread::park();
    }
}
