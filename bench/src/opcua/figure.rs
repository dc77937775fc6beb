//! The figures of OPC UA variables, from one request to thousands of changes a second.
//!
//! Called by the steps of this folder.

use super::many::Watching;
use crate::figures::{Bound, Row};

/// One figure: a row of the table. Rows stand in the order of this declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Figure {
    /// CPU of the whole program for one READ, in µs.
    ReadCpu { clients: usize },
    /// READs answered in a second.
    ReadRate { clients: usize },
    /// The time a READ takes of all it could, with many clients, in % of that with one.
    ReadSlowdown,
    /// Seconds in which one client has begun to watch so many variables, one after the other.
    Starts { variables: usize },
    /// Changes that no update told of.
    Lost(Watching),
    /// From the change to the update at a client, beyond the publishing interval, in µs: 99 % were as fast.
    Late(Watching),
    /// CPU of the whole program, in % of a core.
    Cores(Watching),
}

impl Row for Figure {
    const YARDSTICK: &'static str = "python";

    fn label(self) -> String {
        match self {
            Figure::ReadCpu { clients } => format!("CPU µs per READ, {}", connections(clients)),
            Figure::ReadRate { clients } => format!("READs answered in a second, {}", connections(clients)),
            Figure::ReadSlowdown => "seconds for as many READs with 50 connections, in % of those with 1".into(),
            Figure::Starts { variables } => format!("seconds for {variables} monitors, started one by one"),
            Figure::Lost(watching) => format!("changes lost, {}", watching.label()),
            Figure::Late(watching) => format!("µs beyond the publishing interval, p99, {}", watching.label()),
            Figure::Cores(watching) => format!("CPU in % of a core, {}", watching.label()),
        }
    }

    fn bound(self) -> Option<Bound> {
        match self {
            Figure::ReadRate { .. } => None,
            // Of one client alone nothing can be gathered.
            Figure::ReadCpu { clients: 1 } => Some(Bound::Ratio(0.2)),
            Figure::ReadCpu { .. } => Some(Bound::Ratio(0.07)),
            Figure::Starts { .. } => Some(Bound::Value(5.0)),
            Figure::ReadSlowdown => Some(Bound::Value(100.0)),
            Figure::Lost(_) => Some(Bound::Value(0.0)),
            Figure::Late(Watching::One) => Some(Bound::Value(5000.0)),
            // Most of it is the OPC UA server's own time to change and to report so many.
            Figure::Late(Watching::Thousand) | Figure::Cores(Watching::One) => None,
            Figure::Cores(Watching::Thousand) => Some(Bound::Value(99.0)),
        }
    }
}

fn connections(count: usize) -> String {
    if count == 1 { "1 connection".into() } else { format!("{count} connections") }
}
