//! Signals as words: stop, or read the configuration again.
//!
//! Promises: listened to from before the first client is taken; a stop is never lost. Called by `tieline run`.

use anyhow::Context;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tieline_transport::Farewell;
use tokio::signal::unix::{SignalKind, signal};

/// What a running gateway is told by signals.
#[derive(Clone, Copy)]
pub(super) enum Told {
    Stop,
    Reload,
    /// Not by a signal: it has stopped.
    Stopped(Farewell),
}

/// The signals, listened to from before the first client is taken.
pub(super) struct Signals {
    told: Receiver<Told>,
    tell: SyncSender<Told>,
}

impl Signals {
    pub(super) fn listen() -> anyhow::Result<Signals> {
        const FAILED: &str = "cannot listen for signals";
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context(FAILED)?;
        let (mut terminated, mut interrupted, mut hung_up) = {
            let _context = runtime.enter();
            let signal = |kind| signal(kind).context(FAILED);
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?)
        };
        let (tell, told) = sync_channel(1);
        let teller = tell.clone();
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
                        Told::Stop | Told::Stopped(_) if tell.send(what).is_err() => return,
                        Told::Stop | Told::Stopped(_) => {}
                    }
                }
            });
        };
        std::thread::Builder::new().name("signals".to_owned()).spawn(listen).context(FAILED)?;
        Ok(Signals { told, tell: teller })
    }

    pub(super) fn next(&self) -> Told {
        self.told.recv().unwrap_or(Told::Stop)
    }

    /// For whoever says that it has stopped.
    pub(super) fn teller(&self) -> SyncSender<Told> {
        self.tell.clone()
    }
}
