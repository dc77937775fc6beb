//! A server that goes away in every way, and comes back: who watches it does nothing, is told once, and goes on.
#![allow(clippy::unwrap_used)]

use serde_json::json;
use tieline_opcua_tests::{Library, Plant, Proxy, Rig, Scalars, Web};

/// Keep-alives and attempts at connecting that tests can wait for.
const QUICK: &str = "retry = \"1s\"";

/// A client that watches `Counter` and has heard its value.
async fn watching(rig: &Rig, value: &str) -> (Web, String) {
    let mut web = rig.web().await.unwrap();
    let handle = web.monitor("Counter").await.unwrap();
    assert_eq!(web.update(&handle).await.unwrap(), value);
    (web, handle)
}

/// After a loss: the value that is there now, then every change. A server that has kept the session tells of what has
/// changed meanwhile behind the value that was `known` before, and some tell a value again that they have told.
async fn comes_back(web: &mut Web, handle: &str, plant: &mut Plant, known: &str, value: &str) {
    up_to(web, handle, &[known], value).await;
    let mut before = value.to_owned();
    for next in 101..=103 {
        plant.set("Counter", json!(next.to_string())).await.unwrap();
        up_to(web, handle, &[&before], &next.to_string()).await;
        before = next.to_string();
    }
    web.hears_nothing(handle).await.unwrap();
    assert_eq!(web.read("Counter").await.unwrap()["Value"]["Body"], "103");
}

/// Reads updates up to this value; before it only others of these may come.
async fn up_to(web: &mut Web, handle: &str, before: &[&str], value: &str) {
    let updates = web.updates_until(handle, value).await.unwrap();
    assert!(updates.iter().all(|update| before.contains(&update.as_str())), "{updates:?} before {value}");
}

#[tokio::test]
async fn killed_and_started_again() {
    for library in Library::ALL {
        let mut plant = Plant::start(library, &[]).await.unwrap();
        let rig = Rig::start(plant.port(), QUICK, "").unwrap();
        let (mut web, handle) = watching(&rig, "0").await;
        plant.set("Counter", json!("7")).await.unwrap();
        assert_eq!(web.update(&handle).await.unwrap(), "7", "{library:?}");
        plant.kill().await.unwrap();
        assert_eq!(web.update(&handle).await.unwrap(), "BadNotConnected", "{library:?}");
        // Nobody waits for a server that is known to be away: who had waited would be told BadTimeout.
        assert_eq!(web.read("Counter").await.unwrap(), json!({ "StatusCode": "BadNotConnected" }), "{library:?}");
        assert_eq!(web.write("Counter", 6, &json!("1")).await.unwrap().as_deref(), Some("BadNotConnected"));
        let names = web.ask("VALUELIST", json!("")).await.unwrap()["Body"]["Variables"].as_array().unwrap().len();
        assert!(names > 60, "{names}");
        web.hears_nothing(&handle).await.unwrap();
        plant.again(&[]).await.unwrap();
        comes_back(&mut web, &handle, &mut plant, "0", "0").await;
        assert_eq!(plant.stat("items").await.unwrap(), 1, "{library:?}");
    }
}

/// The same nodes under another index after a restart: what counts is the namespace's name.
#[tokio::test]
async fn namespaces_in_another_order() {
    for library in Library::ALL {
        let mut plant = Plant::start(library, &[]).await.unwrap();
        let rig = Rig::start(plant.port(), QUICK, "").unwrap();
        let mut web = rig.web().await.unwrap();
        let (place, spare) = (web.monitor("Place").await.unwrap(), web.monitor("Spare").await.unwrap());
        for restart in 0..3 {
            assert_eq!(web.update(&place).await.unwrap(), "plant", "{library:?}, restart {restart}");
            assert_eq!(web.update(&spare).await.unwrap(), "spare", "{library:?}, restart {restart}");
            assert_eq!(web.read("Place").await.unwrap()["Value"]["Body"], "plant", "{library:?}, restart {restart}");
            assert_eq!(web.read("Id.1").await.unwrap()["Value"]["Body"], "1", "{library:?}, restart {restart}");
            plant.kill().await.unwrap();
            for handle in [&place, &spare] {
                assert_eq!(web.update(handle).await.unwrap(), "BadNotConnected", "{library:?}, restart {restart}");
            }
            plant.again(if restart % 2 == 0 { &["--swap"] } else { &[] }).await.unwrap();
        }
    }
}

/// A process that is stopped keeps its sockets and answers nothing.
#[tokio::test]
async fn frozen_and_thawed() {
    for library in Library::ALL {
        let mut plant = Plant::start(library, &[]).await.unwrap();
        let rig = Rig::start(plant.port(), QUICK, "").unwrap();
        let (mut web, handle) = watching(&rig, "0").await;
        plant.freeze().await.unwrap();
        assert_eq!(web.update(&handle).await.unwrap(), "BadNotConnected", "{library:?}");
        plant.thaw().await.unwrap();
        comes_back(&mut web, &handle, &mut plant, "0", "0").await;
    }
}

#[tokio::test]
async fn cut_and_refused_and_held() {
    for library in Library::ALL {
        let mut plant = Plant::start(library, &[]).await.unwrap();
        let proxy = Proxy::start(plant.port()).await.unwrap();
        let rig = Rig::start(proxy.port(), QUICK, "").unwrap();
        let (mut web, handle) = watching(&rig, "0").await;

        proxy.cut();
        assert_eq!(web.update(&handle).await.unwrap(), "BadNotConnected", "{library:?}: cut");
        comes_back(&mut web, &handle, &mut plant, "0", "0").await;

        proxy.refuse();
        assert_eq!(web.update(&handle).await.unwrap(), "BadNotConnected", "{library:?}: refused");
        plant.set("Counter", json!("50")).await.unwrap();
        proxy.pass();
        comes_back(&mut web, &handle, &mut plant, "103", "50").await;

        proxy.hold();
        assert_eq!(web.update(&handle).await.unwrap(), "BadNotConnected", "{library:?}: held");
        plant.set("Counter", json!("51")).await.unwrap();
        proxy.pass();
        comes_back(&mut web, &handle, &mut plant, "103", "51").await;
    }
}

/// Requests that are under way when the connection ends are told so at once.
#[tokio::test]
async fn lost_while_asked() {
    let mut plant = Plant::start(Library::NodeOpcua, &[]).await.unwrap();
    let proxy = Proxy::start(plant.port()).await.unwrap();
    let rig = Rig::start(proxy.port(), "retry = \"1s\"", "request_timeout = \"30s\"").unwrap();
    let mut web = rig.web().await.unwrap();
    let handle = web.say("READ", json!({ "Variable": "Odd.Slow" })).await.unwrap();
    plant.comes_to("requests.Slow", 1).await.unwrap();
    proxy.cut();
    assert_eq!(web.hear(&handle).await.unwrap()["Body"], json!({ "StatusCode": "BadSessionClosed" }));
}

/// What a server has made although its answer was lost is not served beside what is made after the return.
#[tokio::test]
async fn answers_that_were_lost_leave_nothing_behind() {
    for (service, stat) in [("CreateSubscription", "subscriptions"), ("CreateMonitoredItems", "items")] {
        let mut plant = Plant::start(Library::Quirky, &[]).await.unwrap();
        let proxy = Proxy::start(plant.port()).await.unwrap();
        let rig = Rig::start(proxy.port(), QUICK, "request_timeout = \"60s\"").unwrap();
        let mut web = rig.web().await.unwrap();
        plant.quirk("unanswered", &json!([service])).await.unwrap();
        let handle = web.monitor("Counter").await.unwrap();
        plant.comes_to(stat, 1).await.unwrap();
        proxy.cut();
        plant.quirk("unanswered", &json!(null)).await.unwrap();
        web.updates_until(&handle, "0").await.unwrap();
        for (stat, expected) in [("items", 1), ("subscriptions", 1), ("sessions", 1)] {
            plant.comes_to(stat, expected).await.unwrap();
        }
        plant.set("Counter", json!("1")).await.unwrap();
        assert_eq!(web.update(&handle).await.unwrap(), "1", "{service}");
        web.hears_nothing(&handle).await.unwrap();
    }
}

/// Many losses leave nothing behind, on the server or in the gateway.
#[tokio::test]
async fn a_hundred_times() {
    let times = tieline_testkit::number("TIELINE_TEST_CUTS", 20);
    let mut plant = Plant::start(Library::NodeOpcua, &[]).await.unwrap();
    let proxy = Proxy::start(plant.port()).await.unwrap();
    let (rig, mut web) = Rig::connected(proxy.port(), Scalars::String).await.unwrap();
    let mut handles = vec![web.monitor("Counter").await.unwrap()];
    for number in 0..10 {
        handles.push(web.monitor(&format!("Load.{number}")).await.unwrap());
    }
    let mut settled = 0;
    for time in 0..times {
        for handle in &handles {
            assert_eq!(web.update(handle).await.unwrap(), "0", "time {time}");
        }
        plant.comes_to("items", handles.len() as u64).await.unwrap();
        if time == times / 4 {
            settled = tieline_testkit::process::resident_bytes(std::process::id());
        }
        proxy.cut();
        for handle in &handles {
            up_to(&mut web, handle, &["0"], "BadNotConnected").await;
        }
    }
    for handle in &handles {
        assert_eq!(web.update(handle).await.unwrap(), "0");
    }
    plant.comes_to("items", handles.len() as u64).await.unwrap();
    plant.comes_to("subscriptions", 1).await.unwrap();
    let grown = tieline_testkit::process::resident_bytes(std::process::id()).saturating_sub(settled);
    assert!(grown < 16 << 20, "memory grew by {grown} bytes from time {} on", times / 4);
    drop(rig);
}
