//! Plays a dialect's simulated client: a real WebSocket client on a real socket, so that the demo shows what a vendor's
//! client would meet. It connects again when it is cut off.

use futures_util::{SinkExt, StreamExt};
use std::net::SocketAddr;
use std::time::Duration;
use tieline_model::Instrument;
use tieline_telemetry::events::InstrumentCutOff;
use tokio_tungstenite::tungstenite::{self, Message};

/// The first and the longest wait before connecting again.
const WAITS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// Plays until the task is ended.
pub(crate) async fn play(mut instrument: Box<dyn Instrument>, address: SocketAddr) {
    let mut wait = WAITS.0;
    loop {
        let begun = tokio::time::Instant::now();
        // Why does not matter here: the other end is our own, and says in its log what it did.
        let _ = connection(&mut *instrument, address).await;
        InstrumentCutOff { instrument: instrument.name() }.emit();
        wait = if begun.elapsed() > WAITS.1 { WAITS.0 } else { (wait * 2).min(WAITS.1) };
        tokio::time::sleep(wait).await;
    }
}

async fn connection(instrument: &mut dyn Instrument, address: SocketAddr) -> Result<(), tungstenite::Error> {
    let (socket, _) = tokio_tungstenite::connect_async(format!("ws://{address}/")).await?;
    let (mut say, mut hear) = socket.split();
    for text in instrument.greet() {
        say.send(Message::text(text)).await?;
    }
    let mut beat = instrument.next();
    let mut due = tokio::time::Instant::now() + beat.after;
    loop {
        tokio::select! {
            () = tokio::time::sleep_until(due) => {
                say.send(Message::text(std::mem::take(&mut beat.say))).await?;
                beat = instrument.next();
                due += beat.after;
            }
            // What comes in is read so that pings are answered; a simulated client has nothing to learn from it.
            heard = hear.next() => match heard {
                Some(frame) => drop(frame?),
                None => return Ok(()),
            },
        }
    }
}
