//! What a connection costs that does nothing: resident memory, and the CPU time of its handshake.
//!
//! Called by `run`.

use crate::client;
use crate::saturate::{Load, Until, saturate};
use anyhow::Result;
use std::time::{Duration, Instant};
use tieline_bench_kit::machine::pause;
use tieline_bench_kit::target::{Meter, Server};

/// Messages broadcast before memory is read again.
const BROADCASTS: u64 = 20;
/// Bytes in such a message.
const SIZE: usize = 256;
/// Connections made and left before the first reading, so that what a server sets up once is not counted.
const WARM: usize = 50;

/// What was measured, per connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Idle {
    /// Bytes of resident memory when it has never been sent a message.
    pub(crate) fresh: f64,
    /// The same after [`BROADCASTS`] broadcasts.
    pub(crate) used: f64,
    /// Server CPU for handshake and subscription, in microseconds.
    pub(crate) handshake: f64,
}

/// Connects `count` subscribers and leaves them alone, then broadcasts to them.
pub(crate) fn idle(server: &Server, count: usize, deflate: bool, threads: usize) -> Result<Idle> {
    let meter = server.meter();
    drop(client::gather(server, WARM, deflate, threads)?);
    let (before, cpu) = (settled(meter)?, meter.cpu()?);
    let mut crowds = client::gather(server, count, deflate, threads)?;
    let handshake = (meter.cpu()? - cpu) as f64 / count as f64 / 1000.0;
    let per_connection = |now: u64| (now as f64 - before as f64) / count as f64;
    let fresh = per_connection(settled(meter)?);
    let load = Load { burst: 1, size: SIZE, subscribers: count as u64 };
    saturate(server, &mut crowds, load, Until::Bursts(BROADCASTS))?;
    Ok(Idle { fresh, used: per_connection(settled(meter)?), handshake })
}

/// Resident memory once it stays within 64 KiB for half a second, or as it is after five.
pub(crate) fn settled(meter: Meter) -> Result<u64> {
    let started = Instant::now();
    let mut last = meter.resident()?;
    loop {
        pause(Duration::from_millis(500));
        let now = meter.resident()?;
        if now.abs_diff(last) < 64 << 10 || started.elapsed() > Duration::from_secs(5) {
            return Ok(now);
        }
        last = now;
    }
}
