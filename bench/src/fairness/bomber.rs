//! One connection that sends deflate bombs as fast as it is read, and comes again when it is ended.
//!
//! Promises: two threads that end when they are told to. Called by `compare`.

use crate::connect::connect_to;
use anyhow::{Context, Result};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tieline_abuse::bomb;
use tieline_bench_kit::machine::pause;
use tieline_bench_kit::target::{Server, Speech};

/// Before it comes again.
const PAUSE: Duration = Duration::from_millis(2);

/// The bomber at work.
pub(crate) struct Bomber {
    over: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl Bomber {
    /// Connects to where subscribers do: what they say is relayed to nobody.
    pub(crate) fn start(server: &Server) -> Result<Bomber> {
        let over = Arc::new(AtomicBool::new(false));
        let (own, bomb) = (over.clone(), bomb());
        let place = (server.address, server.speech);
        let work = move || {
            let mut bombs = 0;
            while !own.load(Ordering::Relaxed) {
                // That it is thrown out is one way to withstand it.
                let _ = visit(place, &bomb, &own, &mut bombs);
                pause(PAUSE);
            }
            bombs
        };
        let thread = thread::Builder::new().name("bomber".to_owned()).spawn(work)?;
        Ok(Bomber { over, thread })
    }

    /// Ends it; gives how many bombs it has sent.
    pub(crate) fn end(self) -> Result<u64> {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().ok().context("the bomber panicked")
    }
}

fn visit((address, speech): (SocketAddr, Speech), bomb: &[u8], over: &AtomicBool, bombs: &mut u64) -> Result<()> {
    let mut socket = connect_to((address, speech), speech.subscribe_path, true)?.socket;
    let reading = socket.try_clone()?;
    let reader = thread::Builder::new().name("bomber's reader".to_owned()).spawn(move || discard(reading))?;
    let mut sent = Ok(());
    while sent.is_ok() && !over.load(Ordering::Relaxed) {
        sent = socket.write_all(bomb);
        *bombs += u64::from(sent.is_ok());
    }
    // Both fail only for what has ended already.
    let _ = socket.shutdown(Shutdown::Both);
    let _ = reader.join();
    Ok(sent?)
}

fn discard(mut socket: TcpStream) {
    let mut buffer = vec![0; 64 << 10];
    while socket.read(&mut buffer).is_ok_and(|read| read > 0) {}
}
