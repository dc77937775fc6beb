//! Stopping, and stopping at once: whoever says it a second time does not want to wait.
//!
//! Promises: a gateway that is stopping hears signals as before; a second SIGTERM or Ctrl-C ends the program whatever it waits for.
//! Called by `tieline run`.

use super::signals::{Signals, Told};
use crate::gateway::Gateway;
use anyhow::Context;
use tieline_transport::Farewell;

/// Stops the gateway and waits until it has, or until it is told a second time: then nothing comes back, and the caller ends.
pub(super) fn stop(gateway: Gateway, signals: &Signals) -> anyhow::Result<Option<Farewell>> {
    let tell = signals.teller();
    let stop = move || {
        // Nobody listens any more: then the program is at its end.
        let _ = tell.send(Told::Stopped(gateway.stop()));
    };
    std::thread::Builder::new().name("stopping".to_owned()).spawn(stop).context("cannot stop in order")?;
    loop {
        match signals.next() {
            Told::Stopped(farewell) => return Ok(Some(farewell)),
            Told::Stop => return Ok(None),
            // There is nothing left to take it over.
            Told::Reload => {}
        }
    }
}

/// The last line, for people.
pub(super) fn in_words(farewell: Option<Farewell>) -> String {
    let Some(Farewell { sessions, cut, messages, bytes }) = farewell else {
        return "stopped at once, since it was told twice; clients were cut off".to_owned();
    };
    match (cut, messages) {
        (0, _) => format!("stopped; {sessions} sessions said goodbye"),
        (_, 0) => format!("stopped; {cut} of {sessions} sessions did not finish in time and were cut off"),
        _ => format!(
            "stopped; {cut} of {sessions} sessions did not finish in time and were cut off, {messages} messages ({bytes} \
             bytes) were not delivered to them; limits.drain is how long they may take"
        ),
    }
}
