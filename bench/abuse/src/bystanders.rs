//! The well-behaved: eight clients in pairs that talk to each other every few milliseconds, and newcomers, twenty a second;
//! beside them two clients and as many newcomers of a peer that nobody attacks.
//!
//! Promises: a message that takes long stands for those that could not be sent meanwhile, so that a client that was kept
//! waiting once does not hide behind its own silence; what is never answered is counted as such. Called by `run`.

use super::attack::Port;
use super::wire::{Wire, connect};
use anyhow::{Context, Result, ensure};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use tieline_bench_kit::frame::TEXT;
use tieline_bench_kit::percentile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Where they come from: no attacker does.
pub(crate) const BACKEND: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const PAIRS: usize = 4;
/// Every so often a client of a pair says something.
const PACE: Duration = Duration::from_millis(5);
/// Every so often somebody new comes: twenty a second.
const NEWCOMERS: Duration = Duration::from_millis(50);
/// Longer than anybody waits.
const GIVE_UP: Duration = Duration::from_secs(12);

/// How long it took, in microseconds, and what never came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waits {
    sorted: Vec<u32>,
    /// What never came.
    pub(crate) lost: usize,
}

/// What was waited for in one stretch of time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Messages from one client to another.
    pub(crate) messages: Waits,
    /// Handshakes of newcomers.
    pub(crate) handshakes: Waits,
    /// The peer's answers.
    pub(crate) peer: Waits,
    /// The peer's newcomers, to their first answer.
    pub(crate) peer_newcomers: Waits,
}

impl Waits {
    /// Milliseconds that `share` of them did not exceed.
    pub(crate) fn millis(&self, share: f64) -> f64 {
        percentile(&self.sorted, share).unwrap_or_default() / 1000.0
    }

    /// The longest, in milliseconds.
    pub(crate) fn longest(&self) -> f64 {
        self.millis(1.0)
    }

    /// How many came.
    pub(crate) fn count(&self) -> usize {
        self.sorted.len()
    }

    fn add(&mut self, waited: Duration) {
        self.sorted.push(u32::try_from(waited.as_micros()).unwrap_or(u32::MAX));
    }

    /// Adds a wait, and those of the messages that were due meanwhile.
    fn add_paced(&mut self, waited: Duration, pace: Duration) {
        let mut left = waited;
        self.add(left);
        while left > pace {
            left -= pace;
            self.add(left);
        }
    }

    fn join(&mut self, other: Waits) {
        self.sorted.extend(other.sorted);
        self.sorted.sort_unstable();
        self.lost += other.lost;
    }
}

/// Those who talk.
#[derive(Debug)]
pub(crate) struct Bystanders {
    gateway: SocketAddr,
    peer: SocketAddr,
    pairs: Vec<Pair>,
    echoes: Vec<TcpStream>,
}

#[derive(Debug)]
struct Pair {
    number: usize,
    dialect: Port,
    ends: [Wire; 2],
    said: u64,
    /// Whether one of them was never answered; then nothing can be told any more.
    dead: bool,
}

impl Bystanders {
    /// Connects all of them to the listener of `dialect` and to the peer.
    pub(crate) async fn join(dialect: Port, gateway: SocketAddr, peer: SocketAddr) -> Result<Bystanders> {
        let mut pairs = Vec::new();
        for number in 0..PAIRS {
            let ends = [end(dialect, gateway, number, 0).await?, end(dialect, gateway, number, 1).await?];
            pairs.push(Pair { number, dialect, ends, said: 0, dead: false });
        }
        let mut echoes = Vec::new();
        for _ in 0..2 {
            echoes.push(connect(peer, BACKEND, None).await?);
        }
        Ok(Bystanders { gateway, peer, pairs, echoes })
    }

    /// They talk until `over` turns true; newcomers come if `newcomers`.
    pub(crate) async fn talk(&mut self, over: watch::Receiver<bool>, newcomers: bool) -> Seen {
        let mut seen = Seen::default();
        let (mut pairs, mut echoes, mut others) = (JoinSet::new(), JoinSet::new(), JoinSet::new());
        for pair in self.pairs.drain(..) {
            pairs.spawn(pair.talk(over.clone()));
        }
        for echo in self.echoes.drain(..) {
            echoes.spawn(talk_to_peer(echo, over.clone()));
        }
        if newcomers {
            others.spawn(come(self.gateway, over.clone(), handshake));
            others.spawn(come(self.peer, over, first_answer));
        }
        while let Some(done) = pairs.join_next().await {
            if let Ok((pair, waits)) = done {
                self.pairs.push(pair);
                seen.messages.join(waits);
            }
        }
        while let Some(done) = echoes.join_next().await {
            if let Ok((echo, waits)) = done {
                self.echoes.extend(echo);
                seen.peer.join(waits);
            }
        }
        while let Some(done) = others.join_next().await {
            if let Ok((address, waits)) = done {
                let into = if address == self.gateway { &mut seen.handshakes } else { &mut seen.peer_newcomers };
                into.join(waits);
            }
        }
        seen
    }
}

async fn end(dialect: Port, address: SocketAddr, pair: usize, end: usize) -> Result<Wire> {
    let joining = async {
        let mut wire = Wire::open(address, BACKEND, false).await?;
        wire.say(&match dialect {
            Port::Vxvue => format!(r#"{{"sender":{},"command":11}}"#, kind(pair, end)),
            _ => format!(r#"{{"ws_op":"open","ws_stream_ids":["pair-{pair}"]}}"#),
        })
        .await?;
        wire.barrier().await?;
        Ok::<Wire, anyhow::Error>(wire)
    };
    let joined = tokio::time::timeout(GIVE_UP, joining).await.context("it took too long")?;
    joined.with_context(|| format!("a well-behaved client of {}", dialect.name()))
}

/// A type of display for each of them, so that only the other end of a pair is addressed.
fn kind(pair: usize, end: usize) -> usize {
    3000 + 2 * pair + end
}

impl Pair {
    async fn talk(mut self, over: watch::Receiver<bool>) -> (Pair, Waits) {
        let mut waits = Waits::default();
        while !*over.borrow() && !self.dead {
            let began = Instant::now();
            match tokio::time::timeout(GIVE_UP, self.exchange()).await {
                Ok(Ok(())) => waits.add_paced(began.elapsed(), PACE),
                _ => {
                    waits.lost += 1;
                    self.dead = true;
                }
            }
            tokio::time::sleep(PACE.saturating_sub(began.elapsed())).await;
        }
        if self.dead && waits.sorted.is_empty() && waits.lost == 0 {
            waits.lost = 1;
        }
        (self, waits)
    }

    /// One says something and the other gets just that.
    async fn exchange(&mut self) -> Result<()> {
        let from = (self.said % 2) as usize;
        self.said += 1;
        let told = format!("pair {} message {}", self.number, self.said);
        let (sent, due) = match self.dialect {
            Port::Vxvue => {
                let (sender, receiver) = (kind(self.number, from), kind(self.number, 1 - from));
                let text = format!(
                    r#"{{"sender":{sender},"receiver":{receiver},"command":50001,"data":{{"text":"{told}"}}}}"#
                );
                (text.clone(), text)
            }
            _ => (format!(r#"{{"ws_op":"send","ws_msg":"{told}"}}"#), told),
        };
        self.ends[from].say(&sent).await?;
        let (op, payload) = self.ends[1 - from].next().await?;
        ensure!(op == TEXT && payload == due.as_bytes(), "instead of its message a client got another");
        Ok(())
    }
}

async fn talk_to_peer(mut echo: TcpStream, over: watch::Receiver<bool>) -> (Option<TcpStream>, Waits) {
    let mut waits = Waits::default();
    let mut buffer = [0; 32];
    while !*over.borrow() {
        let began = Instant::now();
        let exchange = async {
            echo.write_all(&[b'e'; 32]).await?;
            echo.read_exact(&mut buffer).await
        };
        if exchange.await.is_err() {
            return (None, waits);
        }
        waits.add_paced(began.elapsed(), PACE);
        tokio::time::sleep(PACE.saturating_sub(began.elapsed())).await;
    }
    (Some(echo), waits)
}

/// Newcomers, each at its time whatever became of the one before.
async fn come<F>(address: SocketAddr, over: watch::Receiver<bool>, visit: fn(SocketAddr) -> F) -> (SocketAddr, Waits)
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let mut visits = JoinSet::new();
    let mut due = tokio::time::interval(NEWCOMERS);
    while !*over.borrow() {
        due.tick().await;
        let visiting = visit(address);
        visits.spawn(async move {
            let began = Instant::now();
            let came = tokio::time::timeout(GIVE_UP, visiting).await.is_ok_and(|done| done.is_ok());
            came.then(|| began.elapsed())
        });
    }
    let mut waits = Waits::default();
    while let Some(done) = visits.join_next().await {
        match done {
            Ok(Some(waited)) => waits.add(waited),
            _ => waits.lost += 1,
        }
    }
    waits.sorted.sort_unstable();
    (address, waits)
}

async fn handshake(address: SocketAddr) -> Result<()> {
    Wire::open(address, BACKEND, false).await.map(drop)
}

async fn first_answer(address: SocketAddr) -> Result<()> {
    let mut stream = connect(address, BACKEND, None).await?;
    stream.write_all(b"e").await?;
    Ok(stream.read_exact(&mut [0]).await.map(drop)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_long_wait_stands_for_all_that_were_due_in_it() {
        let mut waits = Waits::default();
        (0..99).for_each(|_| waits.add_paced(Duration::from_millis(1), PACE));
        let mut all = Waits::default();
        waits.add_paced(Duration::from_millis(1000), PACE);
        all.join(waits);
        assert_eq!(all.count(), 99 + 200);
        assert!(all.millis(0.5) > 200.0, "{}", all.millis(0.5));
        assert_eq!(all.longest(), 1000.0);
    }
}
