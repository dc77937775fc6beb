//! Many at once: thousands of variables started one by one, more than the hub keeps, and thousands of attempts that fail.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tieline_testkit::process::resident_bytes;
use tieline_tests::opcua::{Library, Plant, Rig, Web, at_last, section, variable};

/// A plant with so many variables of load, and a gateway that knows them all.
async fn crowded(count: usize) -> (Plant, Rig, Web) {
    let plant = Plant::start(Library::NodeOpcua, &["--load", &count.to_string()]).await.unwrap();
    let more: String = (10..count).map(|number| variable(&format!("Load.{number}"), "Int32", "")).collect();
    let rig = Rig::on(tempfile::tempdir().unwrap(), &(section(plant.port(), "", "") + &more));
    let web = rig.web().await.unwrap();
    (plant, rig, web)
}

async fn start(web: &mut Web, count: usize) -> Vec<String> {
    let mut handles = Vec::with_capacity(count);
    for number in 0..count {
        handles.push(web.monitor(&format!("Load.{number}")).await.unwrap());
    }
    handles
}

/// Each is started when the one before it was answered, as a page does it.
#[tokio::test]
async fn thousands_of_variables_started_one_by_one() {
    let count = 5000;
    let (mut plant, _rig, mut web) = crowded(count).await;
    let begun = Instant::now();
    let handles = start(&mut web, count).await;
    for handle in &handles {
        assert_eq!(web.update(handle).await.unwrap(), "0");
    }
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    // They are asked for many at a time, though they came one by one.
    let requests = plant.stat("requests.CreateMonitoredItems").await.unwrap();
    assert!(requests < 500, "{requests} requests");
    assert_eq!(plant.stat("items").await.unwrap(), count as u64);
}

/// The hub keeps 10,000 values: who comes later is told the others all the same.
#[tokio::test]
async fn more_variables_than_are_kept() {
    let count = 10_500;
    let (_plant, rig, mut web) = crowded(count).await;
    for handle in &start(&mut web, count).await {
        assert_eq!(web.update(handle).await.unwrap(), "0");
    }
    let mut late = rig.web().await.unwrap();
    for number in [0, 1, 5000, 10_499] {
        let handle = late.monitor(&format!("Load.{number}")).await.unwrap();
        assert_eq!(late.update(&handle).await.unwrap(), "0", "Load.{number}");
    }
}

/// Ten thousand attempts at a server that refuses everybody leave nothing behind.
#[tokio::test]
async fn attempts_that_fail_leave_nothing_behind() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let refused = Arc::new(AtomicUsize::new(0));
    let refusals = refused.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
            refusals.fetch_add(1, Ordering::Relaxed);
        }
    });
    let server =
        |number: usize| format!("[[opcua.server]]\nname = \"s{number}\"\nendpoint = \"opc.tcp://127.0.0.1:{port}\"\n");
    let servers: String = (0..50).map(server).collect();
    let _rig = Rig::on(tempfile::tempdir().unwrap(), &format!("[opcua]\nretry = \"10ms\"\n{servers}"));
    let attempts = |most: usize| {
        let refused = refused.clone();
        at_last("the attempts", async move {
            while refused.load(Ordering::Relaxed) < most {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Ok(())
        })
    };
    attempts(2000).await.unwrap();
    let settled = resident_bytes(std::process::id());
    for part in 1..=8 {
        attempts(2000 + part * 1000).await.unwrap();
    }
    let grown = resident_bytes(std::process::id()).saturating_sub(settled);
    assert!(grown < 16 << 20, "memory grew by {grown} bytes in 8000 attempts");
}
