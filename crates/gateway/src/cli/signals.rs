//! Signals as words: stop, or read the configuration again.
//!
//! Promises: listened to from before the first client is taken; a stop is never lost. Called by `tieline run`.

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

/// What a running gateway is told by signals.
pub(super) enum Told {
    Stop,
    Reload,
}

/// The signals, listened to from before the first client is taken.
pub(super) struct Signals(std::sync::mpsc::Receiver<Told>);

impl Signals {
    pub(super) fn listen() -> anyhow::Result<Signals> {
        const FAILED: &str = "cannot listen for signals";
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context(FAILED)?;
        let (mut terminated, mut interrupted, mut hung_up) = {
            let _context = runtime.enter();
            let signal = |kind| signal(kind).context(FAILED);
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?)
        };
        let (tell, told) = std::sync::mpsc::sync_channel(1);
        let listen = move || {
            runtime.block_on(async {
                loop {
                    let what = tokio::select! {
                        _ = terminated.recv() => Told::Stop,
                        _ = interrupted.recv() => Told::Stop,
                        _ = hung_up.recv() => Told::Reload,
                    };
                    // Full: a reload is under way and another one waits; a stop must not be lost.
                    match what {
                        Told::Reload => drop(tell.try_send(what)),
                        Told::Stop if tell.send(what).is_err() => return,
                        Told::Stop => {}
                    }
                }
            });
        };
        std::thread::Builder::new().name("signals".to_owned()).spawn(listen).context(FAILED)?;
        Ok(Signals(told))
    }

    pub(super) fn next(&self) -> Told {
        self.0.recv().unwrap_or(Told::Stop)
    }
}
