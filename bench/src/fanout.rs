//! The figures of the fan-out: one publisher, many subscribers.
//!
//! Called by `run`, which takes them.

use crate::figures::{Bound, Row};

/// One figure: a row of the table. Rows stand in the order of this declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Figure {
    /// Server CPU per delivered message, in ns, under bursts.
    Saturate { n: usize, burst: u64, size: usize },
    /// The same with permessage-deflate.
    Deflate { n: usize, burst: u64, size: usize },
    /// Bytes on the wire per delivered message with permessage-deflate.
    DeflateBytes { n: usize, burst: u64, size: usize },
    /// Time until a message has arrived, in µs, or CPU per delivery, in ns, with sleeping clients.
    Paced { n: usize, rate: u64, part: Part },
    /// Resident bytes per connection.
    Idle { n: usize, deflate: bool, used: bool },
    /// Server CPU per connection made, in µs.
    Handshake { n: usize, deflate: bool },
    /// Server CPU per stream that a client begins, one by one, in µs.
    Begin { n: usize },
    /// That of all, in times that of 250.
    Growth { n: usize },
}

/// Which figure of a paced run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// Half of the deliveries were as fast.
    Half,
    /// 99 % were.
    Most,
    /// 99.9 % were.
    Nearly,
    /// CPU per delivery.
    Cpu,
}

impl Row for Figure {
    const YARDSTICK: &'static str = "bun";

    fn label(self) -> String {
        let compressed = |deflate| if deflate { ", deflate" } else { "" };
        match self {
            Figure::Saturate { n, burst, size } => format!("CPU ns per delivery, N={n} W={burst} {size} B"),
            Figure::Deflate { n, burst, size } => format!("CPU ns per delivery, deflate, N={n} W={burst} {size} B"),
            Figure::DeflateBytes { n, burst, size } => {
                format!("wire bytes per delivery, deflate, N={n} W={burst} {size} B")
            }
            Figure::Paced { n, rate, part } => {
                let part = match part {
                    Part::Half => "latency µs p50",
                    Part::Most => "latency µs p99",
                    Part::Nearly => "latency µs p99.9",
                    Part::Cpu => "CPU ns per delivery",
                };
                format!("{part}, paced, N={n} {rate}/s")
            }
            Figure::Idle { n, deflate, used } => {
                let when = if used { "after 20 broadcasts" } else { "never sent to" };
                format!("RSS bytes per idle connection, {when}{}, N={n}", compressed(deflate))
            }
            Figure::Handshake { n, deflate } => format!("CPU µs per handshake{}, N={n}", compressed(deflate)),
            Figure::Begin { n } => format!("CPU µs per stream that one client begins, one by one, {n} streams"),
            Figure::Growth { n } => format!("CPU for {n} streams begun one by one, in % of that for 250"),
        }
    }

    fn bound(self) -> Option<Bound> {
        match self {
            Figure::Saturate { n: 1000, burst: 1, size: 256 } => Some(Bound::Ratio(1.05)),
            Figure::Saturate { n: 1000 | 5000, burst: 16, size: 256 } => Some(Bound::Ratio(0.95)),
            Figure::Saturate { n: 1000, burst: 64, size: 256 } => Some(Bound::Ratio(0.60)),
            Figure::Deflate { n: 1000, burst: 16, size: 256 } => Some(Bound::Ratio(0.05)),
            Figure::Paced { part: Part::Most, .. } => Some(Bound::Ratio(1.1)),
            Figure::Idle { .. } => Some(Bound::Value(2500.0)),
            Figure::Growth { .. } => Some(Bound::Value(500.0)),
            _ => None,
        }
    }
}
