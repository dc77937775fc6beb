//! Thousands of attempts that fail. A file of its own, and with it a process: what it measures is the memory of all of it.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use tieline_opcua_tests::{Rig, at_last};
use tieline_testkit::process::resident_bytes;
use tokio::sync::watch;

/// Ten thousand attempts at a server that refuses everybody leave nothing behind.
#[tokio::test]
async fn attempts_that_fail_leave_nothing_behind() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let refused = Arc::new(watch::Sender::new(0));
    let refusals = refused.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
            refusals.send_modify(|refused| *refused += 1);
        }
    });
    let server =
        |number: usize| format!("[[opcua.server]]\nname = \"s{number}\"\nendpoint = \"opc.tcp://127.0.0.1:{port}\"\n");
    let servers: String = (0..50).map(server).collect();
    let _rig = Rig::on(tempfile::tempdir().unwrap(), &format!("[opcua]\nretry = \"10ms\"\n{servers}"));
    let attempts = |most: usize| {
        let refused = refused.clone();
        at_last("the attempts", async move {
            let mut refused = refused.subscribe();
            // The sender is here: it cannot be gone.
            let _ = refused.wait_for(|refused| *refused >= most).await;
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
