//! Publishers wait for shards: through real sockets, far more is said than a shard may hold, and everybody is heard to the end.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;
use tieline_gateway::registry::DIALECTS;
use tieline_hub::{Hub, HubLimits};
use tieline_model::settings::Values;
use tieline_model::{DefaultGrants, DialectLimits, OriginPolicy};
use tieline_testkit::{Client, Done, within};
use tieline_tests::{open, send};
use tieline_transport::{Clock, Limits, ListenerPlan, Memory, Plan, Server};

const SENDERS: usize = 64;
const DISPLAYS: usize = 12;
const SHARDS: usize = 6;
const MESSAGES: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_sender_is_heard_to_the_end_and_answered() {
    // A few messages fill a shard, so pressure comes and goes all the time.
    let hub = Hub::new(HubLimits { inbox_bytes: 4 << 10 });
    let entry = DIALECTS.iter().find(|entry| entry.name == "fme").unwrap();
    let listener = ListenerPlan {
        dialect: (entry.build)(&Values::default(), DialectLimits::default()),
        address: "127.0.0.1:0".parse().unwrap(),
        // Displays lose nothing, however slow this machine is.
        limits: Limits { queue_bytes: 0, ..Limits::default() },
        origin_policy: Arc::new(OriginPolicy::default()),
        tls: None,
    };
    let plan = Plan {
        memory: Memory::new(0),
        descriptors: Arc::default(),
        hub,
        permit: Arc::new(DefaultGrants),
        clock: Clock::system(),
        shards: SHARDS,
        listeners: vec![listener],
    };
    let server = Server::bind(plan).unwrap().start().unwrap();
    let address = server.listeners()[0].address();
    let mut displays = Vec::new();
    for _ in 0..DISPLAYS {
        let mut display = Client::connect(address, "/").await.unwrap();
        display.say(open("x")).await.unwrap();
        display.barrier().await.unwrap();
        displays.push(tokio::spawn(async move {
            for _ in 0..SENDERS * MESSAGES {
                display.receive().await?;
            }
            Done::Ok(())
        }));
    }
    let mut senders = Vec::new();
    for _ in 0..SENDERS {
        let mut sender = Client::connect(address, "/").await.unwrap();
        sender.say(open("x")).await.unwrap();
        senders.push(sender);
    }
    let text = send(&"y".repeat(200));
    let storm: Vec<_> = senders
        .into_iter()
        .map(|mut sender| {
            let text = text.clone();
            tokio::spawn(async move {
                for _ in 0..MESSAGES {
                    sender.say(text.clone()).await?;
                }
                // It is answered, and so it was read to here.
                sender.barrier().await
            })
        })
        .collect();
    for sender in storm {
        within("a sender", sender).await.unwrap().unwrap().unwrap();
    }
    for display in displays {
        within("a display", display).await.unwrap().unwrap().unwrap();
    }
    assert!(server.listeners()[0].counts().held_back > 0, "no pressure was reached");
}
