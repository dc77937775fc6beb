//! A simulated client for `tieline demo`: it talks to a listener over a real socket like any vendor's client.
//!
//! A dialect's folder says what its instrument would say; the gateway's demo plays it. No socket and no clock here.

use std::time::Duration;

/// One step of a simulated client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beat {
    /// How long to wait before it.
    pub after: Duration,
    /// The text message to send.
    pub say: String,
}

/// A simulated client: an endless script.
pub trait Instrument: Send {
    /// What it is called in the log and on the first screen.
    fn name(&self) -> &'static str;
    /// The first messages of a new connection, sent at once.
    fn greet(&mut self) -> Vec<String>;
    /// The next step.
    fn next(&mut self) -> Beat;
}
