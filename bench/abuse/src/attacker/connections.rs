//! Attackers that come and go: requests, connections that say nothing, signals.

use super::super::attack::{Requests, Shake};
use super::{Attackers, BACKEND, discard};
use crate::wire::connect;
use anyhow::Result;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout, timeout_at};

/// After a connection that could not be made.
const PAUSE: Duration = Duration::from_millis(20);
/// Between two signals.
const SIGNAL: Duration = Duration::from_millis(10);

/// Asks every port until time is over.
pub(super) async fn requests(shared: &Attackers, ports: &[SocketAddr], work: Requests) {
    let texts: Arc<[Vec<u8>]> = (work.texts)().into();
    let mut all = JoinSet::new();
    for port in ports {
        for number in 0..work.connections {
            all.spawn(ask(shared.clone(), *port, texts.clone(), number, Duration::from_millis(work.patience)));
        }
    }
    all.join_all().await;
}

async fn ask(shared: Attackers, port: SocketAddr, texts: Arc<[Vec<u8>]>, first: usize, patience: Duration) {
    for text in texts.iter().cycle().skip(first) {
        if shared.is_over() {
            return;
        }
        let asked = timeout_at(shared.until, timeout(patience, request(&shared, port, text))).await;
        if !matches!(asked, Ok(Ok(Ok(())))) {
            sleep(PAUSE).await;
        }
    }
}

/// Asks once and reads to the end of the answer.
async fn request(shared: &Attackers, port: SocketAddr, text: &[u8]) -> Result<()> {
    let mut stream = shared.begin(port, Shake::No, None).await?;
    let (read, mut write) = stream.split();
    // A server may answer and hang up before it has read everything.
    if write.write_all(text).await.is_ok() {
        shared.wrote(text.len());
    }
    discard(read).await;
    Ok(())
}

/// Connects to every port and hangs up at once until time is over.
pub(super) async fn accepts(shared: &Attackers, ports: &[SocketAddr], workers: usize) {
    let mut all = JoinSet::new();
    for port in ports {
        for _ in 0..workers {
            all.spawn(knock(shared.clone(), *port));
        }
    }
    all.join_all().await;
}

async fn knock(shared: Attackers, port: SocketAddr) {
    while !shared.is_over() {
        match timeout_at(shared.until, connect(port, BACKEND, None)).await {
            Ok(Ok(stream)) => {
                shared.connections.fetch_add(1, Ordering::Relaxed);
                // Reset, so that the ports of this machine last.
                let _ = stream.set_zero_linger();
            }
            _ => sleep(PAUSE).await,
        }
        tokio::task::yield_now().await;
    }
}

/// Tells the gateway to read its configuration again, over and over, while others connect and leave.
pub(super) async fn hangups(shared: &Attackers, ports: &[SocketAddr], process: u32) {
    let mut all = JoinSet::new();
    for port in ports.iter().copied() {
        for _ in 0..4 {
            let shared = shared.clone();
            all.spawn(async move {
                while !shared.is_over() {
                    let _ = timeout_at(shared.until, shared.begin(port, Shake::Plain, None)).await;
                    sleep(PAUSE).await;
                }
            });
        }
    }
    let mut due = interval(SIGNAL);
    while !shared.is_over() {
        due.tick().await;
        let told = Command::new("kill").args(["-HUP", &process.to_string()]).status().await;
        if told.is_ok_and(|status| status.success()) {
            shared.signals.fetch_add(1, Ordering::Relaxed);
        }
    }
    all.join_all().await;
}
