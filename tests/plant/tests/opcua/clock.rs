//! A server whose clock is wrong. A file of its own, and with it a process: what is counted and logged is so for all of it.
#![allow(clippy::unwrap_used)]

use serde_json::json;
use tieline_opcua_tests::{Library, Plant, Rig, Web, bare, variable};
use tieline_testkit::Logs;

async fn changes(plant: &mut Plant, web: &mut Web, handle: &str, values: std::ops::Range<u32>) {
    for value in values {
        plant.set("Counter", json!(value.to_string())).await.unwrap();
        web.updates_until(handle, &value.to_string()).await.unwrap();
    }
}

/// It is said once, whatever else it says, and only when there is something to say.
#[tokio::test]
async fn a_clock_that_is_a_day_off_is_said_once() {
    let logs = Logs::capture();
    let mut plant = Plant::start(Library::Quirky, &[]).await.unwrap();
    let text = bare(plant.port(), "", "") + &variable("Counter", "Int32", "") + &variable("Place", "String", "");
    let rig = Rig::on(tempfile::tempdir().unwrap(), &text);
    let mut web = rig.web().await.unwrap();
    let handle = web.monitor("Counter").await.unwrap();
    changes(&mut plant, &mut web, &handle, 1..4).await;
    let off = "tieline_clocks_off_total";
    assert_eq!(rig.gateway.metrics().await.unwrap().sum(off, &[]), 0.0, "its clock is right so far");
    plant.quirk("clock", &json!(3 * 86_400)).await.unwrap();
    changes(&mut plant, &mut web, &handle, 4..9).await;
    rig.gateway.counts(off, &["source=\"opcua\""], 1.0).await.unwrap();
    let said = logs.text();
    assert_eq!(said.matches("clock of a server is wrong").count(), 1, "{said}");
    assert!(said.contains("days ahead"), "{said}");
}
