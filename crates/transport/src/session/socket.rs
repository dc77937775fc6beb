//! A client's socket, plain or TLS, written to directly: what it does not take now is the caller's to keep.
//!
//! Nothing here waits; readiness comes from tokio, and every call does as much as the kernel allows at once.

use rustls::ServerConnection;
use socket2::SockRef;
use std::cell::RefCell;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::task::{Context, Poll};
use tokio::io::Interest;
use tokio::net::TcpStream;

/// A connected socket of one shard.
pub(crate) enum Socket {
    Plain(TcpStream),
    Tls(Box<Tls>),
}

pub(crate) struct Tls {
    tcp: TcpStream,
    session: RefCell<ServerConnection>,
}

/// The socket as rustls wants it.
struct Direct<'a>(&'a TcpStream);

impl Socket {
    pub(crate) fn tls(tcp: TcpStream, session: ServerConnection) -> Socket {
        Socket::Tls(Box::new(Tls { tcp, session: RefCell::new(session) }))
    }

    fn tcp(&self) -> &TcpStream {
        match self {
            Socket::Plain(tcp) => tcp,
            Socket::Tls(tls) => &tls.tcp,
        }
    }

    /// Writes what the socket takes now; `WouldBlock` when that is nothing.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Plain(tcp) => tcp.try_write(bytes),
            Socket::Tls(tls) => tls.write(&[IoSlice::new(bytes)]),
        }
    }

    /// As [`Socket::write`], of several buffers.
    pub(crate) fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Socket::Plain(tcp) => tcp.try_write_vectored(slices),
            Socket::Tls(tls) => tls.write(slices),
        }
    }

    /// Whether bytes that were taken still wait to be sent (TLS records).
    pub(crate) fn holds_bytes(&self) -> bool {
        match self {
            Socket::Plain(_) => false,
            Socket::Tls(tls) => tls.session.borrow().wants_write(),
        }
    }

    /// Sends what is held back; `WouldBlock` when the socket takes nothing.
    pub(crate) fn send_held(&self) -> io::Result<()> {
        match self {
            Socket::Plain(_) => Ok(()),
            Socket::Tls(tls) => tls.send(&mut tls.session.borrow_mut()),
        }
    }

    /// Reads what is there; 0 at the end, `WouldBlock` when there is nothing yet.
    pub(crate) fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Plain(tcp) => read_all(tcp, into),
            Socket::Tls(tls) => tls.read(into),
        }
    }

    pub(crate) fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp().poll_read_ready(cx)
    }

    pub(crate) fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp().poll_write_ready(cx)
    }

    /// Says that nothing more will be written; what was written still goes out.
    pub(crate) fn finish(&self) {
        if let Socket::Tls(tls) = self {
            let mut session = tls.session.borrow_mut();
            session.send_close_notify();
            // The client may be gone already; there is nobody left to tell.
            let _ = tls.send(&mut session);
        }
        let _ = SockRef::from(self.tcp()).shutdown(Shutdown::Write);
    }
}

/// Reads what is there. When that is less than there is room for it was all, and tokio learns so here: what comes after it is
/// told by epoll (epoll(7), on edge-triggered events), and a second read that finds nothing is saved for each message.
fn read_all(tcp: &TcpStream, into: &mut [u8]) -> io::Result<usize> {
    let mut taken = None;
    let read = tcp.try_io(Interest::READABLE, || match (&*SockRef::from(tcp)).read(into)? {
        some if (1..into.len()).contains(&some) => {
            taken = Some(some);
            Err(ErrorKind::WouldBlock.into())
        }
        all => Ok(all),
    });
    taken.map_or(read, Ok)
}

impl Tls {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut session = self.session.borrow_mut();
        // While records wait for the socket nothing more is encrypted: the queue with its bound is outside.
        if session.wants_write() {
            self.send(&mut session)?;
        }
        let taken = session.writer().write_vectored(slices)?;
        match self.send(&mut session) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ => Ok(taken),
        }
    }

    fn send(&self, session: &mut ServerConnection) -> io::Result<()> {
        while session.wants_write() {
            session.write_tls(&mut Direct(&self.tcp))?;
        }
        Ok(())
    }

    fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        let mut session = self.session.borrow_mut();
        loop {
            match session.reader().read(into) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // The client's end without close_notify is an end like a plain socket's.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(0),
                done => return done,
            }
            if session.read_tls(&mut Direct(&self.tcp))? == 0 {
                return Ok(0);
            }
            if let Err(error) = session.process_new_packets() {
                // The alert that says what is wrong, as far as the socket takes it.
                let _ = self.send(&mut session);
                return Err(io::Error::new(ErrorKind::InvalidData, error));
            }
        }
    }
}

impl Read for Direct<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        read_all(self.0, into)
    }
}
impl Write for Direct<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(slices)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
