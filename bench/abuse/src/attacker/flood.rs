//! Attackers that send as fast as they are read, and come again when they are ended.

use super::super::attack::Flood;
use super::{Attackers, Load, discard};
use anyhow::Result;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout_at};

/// Before it comes again, so that it attacks the gateway and not the kernel's ports.
const PAUSE: Duration = Duration::from_millis(2);

/// Floods every port until time is over.
pub(super) async fn flood(shared: &Attackers, ports: &[SocketAddr], work: Flood, load: &Arc<Load>) {
    let mut all = JoinSet::new();
    for port in ports {
        for _ in 0..work.connections {
            all.spawn(one(shared.clone(), *port, work, load.clone()));
        }
    }
    all.join_all().await;
}

async fn one(shared: Attackers, port: SocketAddr, work: Flood, load: Arc<Load>) {
    while !shared.is_over() {
        // How it ended is the gateway's choice; that it served others is judged elsewhere.
        let _ = timeout_at(shared.until, visit(&shared, port, work, &load)).await;
        sleep(PAUSE).await;
    }
}

async fn visit(shared: &Attackers, port: SocketAddr, work: Flood, load: &Load) -> Result<()> {
    let mut stream = shared.begin(port, work.shake, None).await?;
    stream.write_all(&load.opening).await?;
    let (read, mut write) = stream.split();
    let send = async {
        loop {
            write.write_all(&load.burst).await?;
            shared.wrote(load.burst.len());
            // A socket that takes everything would keep all others from their turn.
            tokio::task::yield_now().await;
        }
    };
    if !work.reads {
        return send.await;
    }
    tokio::select! {
        sent = send => sent,
        () = discard(read) => Ok(()),
    }
}
