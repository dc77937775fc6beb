//! Attackers that hold what they have: an unfinished message, half a request, or only their place.
//!
//! They read what comes and answer nothing, so that they know when the gateway has ended them.

use super::super::attack::{Ended, Hold};
use super::{Attackers, Load, discard};
use anyhow::Result;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout_at};

/// Before it comes again.
const PAUSE: Duration = Duration::from_millis(100);

/// Holds connections to every port until time is over, or until there is none left and none comes again.
pub(super) async fn hold(shared: &Attackers, ports: &[SocketAddr], work: Hold, load: &Arc<Load>) {
    let mut all = JoinSet::new();
    for port in ports {
        for _ in 0..work.connections {
            all.spawn(one(shared.clone(), *port, work, load.clone()));
        }
    }
    let were_ended = all.join_all().await;
    let left = were_ended.iter().filter(|ended| !**ended).count();
    if work.ended == Ended::Must && left > 0 {
        shared.complain(format!("{left} of {} connections were not ended by the gateway", were_ended.len()));
    }
}

/// Whether the gateway ended it.
async fn one(shared: Attackers, port: SocketAddr, work: Hold, load: Arc<Load>) -> bool {
    loop {
        let ended = timeout_at(shared.until, visit(&shared, port, work, &load.opening)).await.is_ok();
        if !ended || work.ended != Ended::Again {
            return ended;
        }
        sleep(PAUSE).await;
    }
}

/// Until the gateway ends it.
async fn visit(shared: &Attackers, port: SocketAddr, work: Hold, first: &[u8]) -> Result<()> {
    let mut stream = shared.begin(port, work.shake, None).await?;
    let (read, mut write) = stream.split();
    let send = async {
        for piece in first.chunks(256 << 10) {
            write.write_all(piece).await?;
            shared.wrote(piece.len());
        }
        match work.trickle {
            Some(millis) => loop {
                sleep(Duration::from_millis(millis)).await;
                write.write_all(b"x").await?;
                shared.wrote(1);
            },
            None => std::future::pending::<Result<()>>().await,
        }
    };
    tokio::select! {
        sent = send => sent,
        () = discard(read) => Ok(()),
    }
}
