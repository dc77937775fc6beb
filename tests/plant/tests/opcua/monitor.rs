//! Watching: every change once and in order, one monitored item for everybody, nobody disturbed by others.
#![allow(clippy::unwrap_used)]

use serde_json::json;
use std::collections::HashSet;
use tieline_opcua_tests::{Library, Plant, Rig, Scalars, Web, scalar};

#[tokio::test]
async fn every_change_arrives_once_and_in_order() {
    for library in Library::ALL {
        let mut plant = Plant::start(library, &[]).await.unwrap();
        let (_rig, mut web) = Rig::connected(plant.port(), Scalars::String).await.unwrap();
        let (one, other) = (web.monitor("Counter").await.unwrap(), web.monitor("Counter").await.unwrap());
        for handle in [&one, &other] {
            assert_eq!(web.update(handle).await.unwrap(), "0", "{library:?}");
        }
        plant.count(50, 100).await.unwrap();
        let expected: Vec<String> = (1..50).map(|number| number.to_string()).collect();
        for handle in [&one, &other] {
            assert_eq!(web.updates_until(handle, "50").await.unwrap(), expected, "{library:?}");
        }
    }
}

/// Faster than anybody publishes: what the server holds in its queue arrives too.
#[tokio::test]
async fn bursts_arrive_whole() {
    let mut plant = Plant::start(Library::NodeOpcua, &[]).await.unwrap();
    let (_rig, mut web) = Rig::connected(plant.port(), Scalars::String).await.unwrap();
    let handle = web.monitor("Counter").await.unwrap();
    assert_eq!(web.update(&handle).await.unwrap(), "0");
    for burst in 0..10 {
        let numbers: Vec<String> = (1..=50).map(|number| (burst * 50 + number).to_string()).collect();
        for number in &numbers {
            plant.set("Counter", json!(number)).await.unwrap();
        }
        for number in &numbers {
            assert_eq!(web.update(&handle).await.unwrap(), *number);
        }
    }
}

/// Whoever begins to watch late is told the value that is there, and one who stops hears no more.
#[tokio::test]
async fn one_monitored_item_for_many() {
    for library in Library::ALL {
        let mut plant = Plant::start(library, &[]).await.unwrap();
        let (rig, mut first) = Rig::connected(plant.port(), Scalars::String).await.unwrap();
        let mine = first.monitor("Counter").await.unwrap();
        assert_eq!(first.update(&mine).await.unwrap(), "0");
        plant.set("Counter", json!("5")).await.unwrap();
        assert_eq!(first.update(&mine).await.unwrap(), "5");
        let mut others = Vec::new();
        for _ in 0..50 {
            let mut web = rig.web().await.unwrap();
            let handle = web.monitor("Counter").await.unwrap();
            others.push((web, handle));
        }
        // Nothing changes meanwhile: each is told half a second after its start, and not with the next change.
        for (web, handle) in &mut others {
            assert_eq!(web.update(handle).await.unwrap(), "5", "{library:?}");
        }
        assert_eq!(plant.stat("items").await.unwrap(), 1, "{library:?}");
        plant.set("Counter", json!("6")).await.unwrap();
        assert_eq!(first.update(&mine).await.unwrap(), "6", "{library:?}");
        for (web, handle) in &mut others {
            assert_eq!(web.update(handle).await.unwrap(), "6", "{library:?}");
        }
        let refused = first.ask("MONITORSTOP", json!({ "Variable": "Counter" })).await.unwrap();
        assert_eq!(refused["Body"]["StatusCode"], "BadNoEntryExists", "{library:?}: a handle that started nothing");
        // One stops, the others leave.
        first.say_as("MONITORSTOP", &mine, json!({ "Variable": "Counter" })).await.unwrap();
        assert_eq!(first.hear(&mine).await.unwrap()["Header"]["MessageType"], "MONITORSTOP_RESPONSE");
        for (web, _) in others {
            web.close().await.unwrap();
        }
        plant.comes_to("items", 0).await.unwrap();
    }
}

/// Requests that come together go to the server together.
#[tokio::test]
async fn reads_are_gathered() {
    for library in Library::ALL {
        let mut plant = Plant::start(library, &[]).await.unwrap();
        let (_rig, mut web) = Rig::connected(plant.port(), Scalars::String).await.unwrap();
        let before = plant.stat("requests.Read").await.unwrap();
        let mut handles = Vec::new();
        for round in 0..50 {
            handles.push(web.say("READ", json!({ "Variable": format!("Load.{}", round % 10) })).await.unwrap());
        }
        for handle in &handles {
            assert_eq!(web.hear(handle).await.unwrap()["Body"]["Value"]["Body"], "0", "{library:?}");
        }
        let asked = plant.stat("requests.Read").await.unwrap() - before;
        assert!(asked <= 25, "{library:?} was asked {asked} times for 50 values");
    }
}

/// Fifty clients at once: each has its own answers, and a write is read by all.
#[tokio::test]
async fn fifty_clients() {
    let plant = Plant::start(Library::NodeOpcua, &[]).await.unwrap();
    let (rig, mut first) = Rig::connected(plant.port(), Scalars::String).await.unwrap();
    let mut clients: Vec<Web> = Vec::new();
    for _ in 0..50 {
        clients.push(Web::connect(&rig.gateway).await.unwrap());
    }
    for round in 0..10 {
        let variable = format!("Load.{round}");
        assert_eq!(first.write(&variable, 6, &json!(round.to_string())).await.unwrap(), None);
        let mut handles = Vec::new();
        for web in &mut clients {
            handles.push(web.say("READ", json!({ "Variable": variable })).await.unwrap());
        }
        for (web, handle) in clients.iter_mut().zip(&handles) {
            assert_eq!(web.hear(handle).await.unwrap()["Body"]["Value"]["Body"], round.to_string());
        }
    }
}

/// Who sends nothing sensible is told so; nobody else notices, and the server hears nothing of it.
#[tokio::test]
async fn garbage_disturbs_nobody() {
    let mut plant = Plant::start(Library::NodeOpcua, &[]).await.unwrap();
    let (rig, mut good) = Rig::connected(plant.port(), Scalars::String).await.unwrap();
    let handle = good.monitor("Counter").await.unwrap();
    assert_eq!(good.update(&handle).await.unwrap(), "0");
    let (mut bad, mut worse) = (Web::connect(&rig.gateway).await.unwrap(), Web::connect(&rig.gateway).await.unwrap());
    plant.count(30, 100).await.unwrap();
    let texts = [
        "{",
        "null",
        "[]",
        "\u{feff}{}",
        "{\"Header\":7}",
        "{\"Header\":{\"MessageType\":\"READ_REQUEST\"}}",
        "{\"Header\":{\"MessageType\":\"DROP_REQUEST\",\"ClientHandle\":\"1\"},\"Body\":{}}",
        "{\"Header\":{\"MessageType\":\"READ_REQUEST\",\"ClientHandle\":\"1\"},\"Body\":[[[[[[[[]]]]]]]]}",
        "{\"Header\":{\"MessageType\":\"WRITE_REQUEST\",\"ClientHandle\":\"1\"},\"Body\":{\"Variable\":\"Counter\",\
         \"Value\":{\"Value\":{\"Type\":\"6\",\"Body\":\"99999999999\"}}}}",
    ];
    let mut counted: HashSet<String> = HashSet::new();
    for round in 0..200 {
        for web in [&mut bad, &mut worse] {
            // The connection may be over: then there is another.
            if web.say_text(texts[round % texts.len()]).await.is_err() {
                *web = Web::connect(&rig.gateway).await.unwrap();
            }
        }
        let read = good.read("Counter").await.unwrap();
        counted.insert(scalar(&read["Value"]["Body"]));
    }
    let expected: Vec<String> = (1..30).map(|number| number.to_string()).collect();
    assert_eq!(good.updates_until(&handle, "30").await.unwrap(), expected);
    assert!(counted.iter().all(|number| number.parse::<u8>().is_ok_and(|number| number <= 30)), "{counted:?}");
    assert_eq!(plant.stat("requests.Write").await.unwrap(), 0);
}
