//! The attackers: a process of their own with the lowest priority, so that they take from the well-behaved only what the
//! gateway lets them take.
//!
//! Promises: bounded in time and in connections, to this machine only, from one address; what they did, and what they found
//! that must not be, is one line of JSON on standard output. Started by `run`, entered from `attack`.

mod connections;
mod flood;
mod hold;
mod readers;

use super::attack::{Attack, Port, Shake, Work};
use super::bytes::upgrade;
use super::verdict::Effort;
use super::wire::{Wire, connect};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tieline_bench_kit::machine;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::ReadHalf;
use tokio::time::Instant;

/// Where all of them come from: nobody else does.
const BACKEND: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 66);

/// What they are told to do.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    /// Which attack.
    pub(crate) attack: &'static Attack,
    /// Addresses in the order of [`Port::ALL`].
    pub(crate) at: Vec<SocketAddr>,
    /// The gateway's process.
    pub(crate) process: u32,
    /// For how long.
    pub(crate) time: Duration,
}

/// What they send.
#[derive(Default)]
struct Load {
    /// First.
    opening: Vec<u8>,
    /// Then, over and over.
    burst: Vec<u8>,
}

impl Load {
    fn of(work: &Work) -> Load {
        match work {
            Work::Flood(work) => Load { opening: (work.opening)(), burst: (work.burst)() },
            Work::Hold(work) => Load { opening: (work.first)(), burst: Vec::new() },
            _ => Load::default(),
        }
    }
}

/// What all of them share.
struct Shared {
    until: Instant,
    connections: AtomicU64,
    written: AtomicU64,
    signals: AtomicU64,
    complaints: Mutex<Vec<String>>,
}

type Attackers = Arc<Shared>;

/// Carries the order out, and says what was done.
pub(crate) async fn carry_out(order: Order) -> Result<()> {
    machine::allow_files(20_000)?;
    // Made before time begins to run: a bomb takes its while.
    let load = Arc::new(Load::of(&order.attack.work));
    let shared = Arc::new(Shared {
        until: Instant::now() + order.time,
        connections: AtomicU64::new(0),
        written: AtomicU64::new(0),
        signals: AtomicU64::new(0),
        complaints: Mutex::default(),
    });
    let ports = order.attack.ports.iter().map(|port| order.address(*port)).collect::<Result<Vec<_>>>()?;
    let name = order.attack.name;
    match order.attack.work {
        Work::Flood(work) => flood::flood(&shared, &ports, work, &load).await,
        Work::Hold(work) => hold::hold(&shared, &ports, work, &load).await,
        Work::Requests(work) => connections::requests(&shared, &ports, work).await,
        Work::Accepts(workers) => connections::accepts(&shared, &ports, workers).await,
        Work::Hangups => connections::hangups(&shared, &ports, order.process).await,
        Work::Displays { deaf, displays, senders } => {
            readers::displays(&shared, &ports, [deaf, displays, senders]).await;
        }
        Work::Tails { tails, senders } => {
            let (console, sent_to) = (order.address(Port::Console)?, order.address(Port::Vxvue)?);
            readers::tails(&shared, console, sent_to, tails, senders).await;
        }
    }
    println!("{}", shared.report(name));
    Ok(())
}

/// What the line of the attackers says.
pub(crate) fn read_report(line: &str) -> Result<(Effort, Vec<String>)> {
    let report: Value = serde_json::from_str(line).with_context(|| format!("the attackers said {line:?}"))?;
    let number = |key: &str| report[key].as_u64().with_context(|| format!("no {key} in {line:?}"));
    let effort =
        Effort { connections: number("connections")?, written: number("written")?, signals: number("signals")? };
    let complaints = report["complaints"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok((effort, complaints.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()))
}

impl Order {
    fn address(&self, port: Port) -> Result<SocketAddr> {
        self.at.get(port as usize).copied().with_context(|| format!("no address for {}", port.name()))
    }
}

impl Shared {
    fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    fn wrote(&self, bytes: usize) {
        self.written.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn complain(&self, text: String) {
        self.complaints.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }

    fn report(&self, name: &str) -> Value {
        let number = |count: &AtomicU64| count.load(Ordering::Relaxed);
        json!({
            "attack": name,
            "connections": number(&self.connections),
            "written": number(&self.written),
            "signals": number(&self.signals),
            "complaints": *self.complaints.lock().unwrap_or_else(PoisonError::into_inner),
        })
    }

    /// Connects, and makes the handshake that is asked for.
    async fn begin(&self, address: SocketAddr, shake: Shake, buffer: Option<u32>) -> Result<TcpStream> {
        let stream = connect(address, BACKEND, buffer).await?;
        self.connections.fetch_add(1, Ordering::Relaxed);
        match shake {
            Shake::No => Ok(stream),
            Shake::Plain => Ok(Wire::over(stream, &upgrade(false)).await?.stream),
            Shake::Deflate => Ok(Wire::over(stream, &upgrade(true)).await?.stream),
        }
    }
}

/// Reads to the end, and keeps nothing.
async fn discard(mut from: ReadHalf<'_>) {
    let mut buffer = vec![0; 64 << 10];
    while from.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reported_is_read() {
        let shared = Shared {
            until: Instant::now(),
            connections: AtomicU64::new(3),
            written: AtomicU64::new(5),
            signals: AtomicU64::new(0),
            complaints: Mutex::new(vec!["one hangs".to_owned()]),
        };
        let read = read_report(&shared.report("x").to_string()).unwrap();
        assert_eq!(read, (Effort { connections: 3, written: 5, signals: 0 }, vec!["one hangs".to_owned()]));
        assert!(read_report("{}").is_err() && read_report("").is_err());
    }
}
