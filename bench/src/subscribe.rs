//! What it costs a client to begin many streams one by one: it has to grow with their number, not with its square.
//!
//! Called by `run`, for servers whose clients say what they hear.

use crate::connect::{connect, tell};
use anyhow::Result;
use tieline_bench_kit::target::Server;

/// So many clients do it, one after the other, each with streams of its own.
const CLIENTS: usize = 10;
/// Streams of the shorter run.
const FEW: usize = 250;

/// What was measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun {
    /// Server CPU per stream, in microseconds.
    pub(crate) micros: f64,
    /// Server CPU for all of a client's streams, in times that for [`FEW`].
    pub(crate) growth: f64,
}

/// Has clients begin `many` streams one by one, and [`FEW`].
pub(crate) fn begin(server: &Server, many: usize) -> Result<Begun> {
    // Once in vain, so that what a server sets up once is not counted.
    nanos(server, "warm", FEW)?;
    let (few, all) = (nanos(server, "few", FEW)?, nanos(server, "many", many)?);
    Ok(Begun { micros: all / 1000.0 / many as f64, growth: all / few })
}

/// Server CPU that one client costs, the mean of [`CLIENTS`]. The first of its streams is that of the greeting.
fn nanos(server: &Server, name: &str, streams: usize) -> Result<f64> {
    let mut sum = 0;
    for client in 0..CLIENTS {
        let mut connected = connect(server, server.speech.subscribe_path, false)?;
        let open = |stream| format!(r#"{{"ws_op":"open","ws_stream_id":"{name}-{client}-{stream}"}}"#);
        let messages: Vec<String> = (1..streams).map(open).collect();
        let before = server.meter().cpu()?;
        tell(&mut connected.socket, &messages)?;
        sum += server.meter().cpu()? - before;
    }
    Ok(sum as f64 / CLIENTS as f64)
}
