//! Attackers that do not read what is sent to them, and those who send it.

use super::super::attack::{Flood, Shake, Work};
use super::super::bytes;
use super::{Attackers, Load, discard, flood};
use anyhow::{Context, Result, ensure};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tieline_bench_kit::frame::{self, PING, PONG};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout, timeout_at};

/// How long a display stays that does not read; the gateway may have ended it long before.
const STAY: Duration = Duration::from_millis(700);
/// How long a sender waits for the gateway to read what it has sent.
const PATIENCE: Duration = Duration::from_secs(10);
/// What one message to the displays has in it.
const SIZE: usize = 4 << 10;
/// So little is in flight to one that does not read.
const NARROW: Option<u32> = Some(4096);

/// Displays, of which the first do not read, and senders of which each has to be read to its end.
pub(super) async fn displays(shared: &Attackers, ports: &[SocketAddr], [deaf, all, senders]: [usize; 3]) {
    let (mut displays, mut clients) = (JoinSet::new(), JoinSet::new());
    for port in ports.iter().copied() {
        for number in 0..all {
            displays.spawn(stay(shared.clone(), port, number < deaf));
        }
        for _ in 0..senders {
            clients.spawn(send_to_the_end(shared.clone(), port));
        }
    }
    let ended = clients.join_all().await;
    let hung: Vec<String> = ended.iter().filter_map(|end| Some(format!("{:#}", end.as_ref().err()?))).collect();
    if let Some(first) = hung.first() {
        shared.complain(format!(
            "{} of {} senders were not read to their end, the first: {first}",
            hung.len(),
            ended.len()
        ));
    }
    displays.join_all().await;
}

async fn stay(shared: Attackers, port: SocketAddr, is_deaf: bool) {
    while !shared.is_over() {
        let visit = async {
            let mut stream = shared.begin(port, Shake::Plain, NARROW.filter(|_| is_deaf)).await?;
            stream.write_all(&bytes::text(r#"{"sender":106,"command":11}"#)).await?;
            match is_deaf {
                true => sleep(STAY).await,
                false => discard(stream.split().0).await,
            }
            Ok::<(), anyhow::Error>(())
        };
        let _ = timeout_at(shared.until, visit).await;
        sleep(Duration::from_millis(5)).await;
    }
}

/// Sends until time is over, then asks whether all of it was heard.
async fn send_to_the_end(shared: Attackers, port: SocketAddr) -> Result<()> {
    let mut stream = timeout(PATIENCE, shared.begin(port, Shake::Plain, None)).await.context("no handshake")??;
    stream.write_all(&bytes::register()).await?;
    let (read, write) = stream.split();
    let (sent, heard) = tokio::join!(send(&shared, write), pong(&shared, read));
    sent?;
    heard
}

async fn send(shared: &Attackers, mut write: WriteHalf<'_>) -> Result<()> {
    let message = bytes::text(&format!(
        r#"{{"sender":2,"receiver":106,"command":50001,"data":{{"text":"{}"}}}}"#,
        "m".repeat(SIZE)
    ));
    let burst = message.repeat(8);
    while !shared.is_over() {
        timeout(PATIENCE, write.write_all(&burst)).await.context("it is not read any more")??;
        shared.wrote(burst.len());
        tokio::task::yield_now().await;
    }
    let mut ping = Vec::new();
    frame::append(PING, &[b"the end?"], &mut ping);
    Ok(timeout(PATIENCE, write.write_all(&ping)).await.context("its last ping is not read")??)
}

/// Reads until the answer to the last ping, for which it waits once time is over.
async fn pong(shared: &Attackers, mut read: ReadHalf<'_>) -> Result<()> {
    let mut bytes = Vec::new();
    let answered = async {
        loop {
            while let Some(found) = frame::find(&bytes)? {
                let is_it = found.op == PONG;
                ensure!(found.op != frame::CLOSE, "closed: {}", frame::close_reason(&bytes[found.start..found.end]));
                bytes.drain(..found.end);
                if is_it {
                    return Ok(());
                }
            }
            ensure!(read.read_buf(&mut bytes).await? > 0, "the gateway hung up on it");
        }
    };
    timeout_at(shared.until + 2 * PATIENCE, answered).await.context("its last ping was not answered")?
}

/// Tails of the console that are not read, while senders give them much to tell.
pub(super) async fn tails(shared: &Attackers, console: SocketAddr, port: SocketAddr, tails: usize, senders: usize) {
    let mut all = JoinSet::new();
    for _ in 0..tails {
        let shared = shared.clone();
        all.spawn(async move {
            let visit = async {
                let mut stream = shared.begin(console, Shake::No, NARROW).await?;
                stream.write_all(b"GET /api/tail HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await?;
                std::future::pending::<Result<()>>().await
            };
            let _ = timeout_at(shared.until, visit).await;
        });
    }
    let work = Flood {
        connections: senders,
        shake: Shake::Plain,
        opening: bytes::register,
        burst: bytes::wide_forwards,
        reads: true,
    };
    flood::flood(shared, &[port], work, &Arc::new(Load::of(&Work::Flood(work)))).await;
    all.join_all().await;
}
