//! Threads with nothing to do do nothing: what idle shards cost on a processor, by the system's own account.
#![allow(clippy::unwrap_used)]

use std::time::Duration;
use tieline_testkit::TestGateway;
use tieline_testkit::process::processor_time;
use tieline_tests::{on_stream, send};

/// Alone in its file, since it looks at the threads of the whole process.
#[tokio::test]
async fn idle_shards_do_not_spin() {
    let gateway = TestGateway::start("[fme]\n[vxvue]");
    let mut clients = Vec::new();
    for _ in 0..10 {
        clients.push(on_stream(&gateway, "x").await.unwrap());
    }
    // They have been busy once: each shard has flushed something and woken somebody.
    clients[0].say(send("hello")).await.unwrap();
    for client in &mut clients[1..] {
        client.expect("hello").await.unwrap();
    }
    for client in &mut clients {
        client.barrier().await.unwrap();
    }
    let (before, threads) = processor_time("shard-");
    assert_eq!(threads, 2);
    // The time itself is what is measured here, so it has to pass.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let spent = processor_time("shard-").0 - before;
    assert!(spent < Duration::from_millis(20), "two idle shards spent {spent:?} of one second on a processor");
}
