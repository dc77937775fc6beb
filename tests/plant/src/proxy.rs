//! A way to a server that can be disturbed: held up, cut, and closed.
//!
//! Promises: bytes are passed in order and unchanged; its listener and connections end with the value.

use socket2::SockRef;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tieline_testkit::{Done, Failure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// They are passed on.
    Pass,
    /// Their sockets stay, and not one byte moves, in either direction.
    Hold,
    /// They are reset, and nobody listens.
    Refuse,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    flow: Flow,
    /// How often all connections were cut.
    cuts: u64,
}

/// A proxy in front of a port of this machine.
pub struct Proxy {
    address: SocketAddr,
    state: watch::Sender<State>,
    made: Arc<AtomicUsize>,
}

impl Proxy {
    /// Listens on a port of the system's choice and passes on to `port`.
    pub async fn start(port: u16) -> Done<Proxy> {
        let failure = |error| Failure(format!("the proxy: {error}"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failure)?;
        let address = listener.local_addr().map_err(failure)?;
        let (state, told) = watch::channel(State { flow: Flow::Pass, cuts: 0 });
        let made = Arc::default();
        tokio::spawn(listen(listener, address, port, told, Arc::clone(&made)));
        Ok(Proxy { address, state, made })
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many connections there have been.
    pub fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }

    /// Passes everything on again, what was held too.
    pub fn pass(&self) {
        self.state.send_modify(|state| state.flow = Flow::Pass);
    }

    /// A network that swallows: sockets stay, nothing moves.
    pub fn hold(&self) {
        self.state.send_modify(|state| state.flow = Flow::Hold);
    }

    /// Resets every connection; new ones pass.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }

    /// Resets every connection and refuses new ones, until [`Proxy::pass`].
    pub fn refuse(&self) {
        self.state.send_modify(|state| state.flow = Flow::Refuse);
    }
}

async fn listen(
    listener: TcpListener,
    address: SocketAddr,
    port: u16,
    mut told: watch::Receiver<State>,
    made: Arc<AtomicUsize>,
) {
    let mut listener = Some(listener);
    loop {
        let state = *told.borrow_and_update();
        match state.flow {
            Flow::Refuse => listener = None,
            _ if listener.is_none() => listener = TcpListener::bind(address).await.ok(),
            _ => {}
        }
        let Some(open) = &listener else {
            if told.changed().await.is_err() {
                return;
            }
            continue;
        };
        tokio::select! {
            changed = told.changed() => if changed.is_err() { return },
            taken = open.accept() => if let Ok((outside, _)) = taken {
                made.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(pass_on(outside, port, told.clone(), state.cuts));
            }
        }
    }
}

/// Carries one connection until either side ends it, or it is cut.
async fn pass_on(mut outside: TcpStream, port: u16, mut told: watch::Receiver<State>, cuts: u64) {
    let Ok(mut inside) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else {
        return reset(&outside);
    };
    let (mut up, mut down) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let state = *told.borrow_and_update();
        if state.cuts != cuts || state.flow == Flow::Refuse {
            reset(&outside);
            return reset(&inside);
        }
        let is_passing = state.flow == Flow::Pass;
        let carried = tokio::select! {
            changed = told.changed() => changed.map_err(|_| ()),
            read = outside.read(&mut up), if is_passing => carry(read, &up, &mut inside).await,
            read = inside.read(&mut down), if is_passing => carry(read, &down, &mut outside).await,
        };
        if carried.is_err() {
            return;
        }
    }
}

async fn carry(read: std::io::Result<usize>, bytes: &[u8], to: &mut TcpStream) -> Result<(), ()> {
    match read {
        Ok(0) | Err(_) => Err(()),
        Ok(count) => to.write_all(&bytes[..count]).await.map_err(|_| ()),
    }
}

/// Makes the socket's end a reset instead of a goodbye.
fn reset(socket: &TcpStream) {
    // Fails only for a socket that has ended already.
    let _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
}
