//! A WebSocket client on tokio: for the well-behaved, and as the beginning of every attack that makes a handshake.
//!
//! Promises: it comes from the address it is told, so that limits by address tell attackers from others; it answers pings
//! while it waits for a message. Called by `bystanders` and `attacker`.

use super::bytes::upgrade;
use anyhow::{Context, Result, bail, ensure};
use std::net::{Ipv4Addr, SocketAddr};
use tieline_bench_kit::frame::{self, PING, PONG, TEXT};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// A connection after its handshake.
#[derive(Debug)]
pub(crate) struct Wire {
    /// The socket.
    pub(crate) stream: TcpStream,
    read: Vec<u8>,
}

/// Connects from `source` with a receive buffer of so many bytes, or as the system chooses.
pub(crate) async fn connect(address: SocketAddr, source: Ipv4Addr, buffer: Option<u32>) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if let Some(bytes) = buffer {
        socket.set_recv_buffer_size(bytes)?;
    }
    socket.bind(SocketAddr::from((source, 0)))?;
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl Wire {
    /// Connects and makes the handshake.
    pub(crate) async fn open(address: SocketAddr, source: Ipv4Addr, deflate: bool) -> Result<Wire> {
        Wire::over(connect(address, source, None).await?, &upgrade(deflate)).await
    }

    /// Makes the handshake on a connection that is there.
    pub(crate) async fn over(mut stream: TcpStream, request: &str) -> Result<Wire> {
        stream.write_all(request.as_bytes()).await?;
        let mut read = Vec::with_capacity(512);
        let end = loop {
            if let Some(at) = read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            ensure!(stream.read_buf(&mut read).await? > 0, "the server hung up in the handshake");
        };
        ensure!(read.starts_with(b"HTTP/1.1 101 "), "refused: {}", first_line(&read));
        read.drain(..end);
        Ok(Wire { stream, read })
    }

    /// Sends a text.
    pub(crate) async fn say(&mut self, text: &str) -> Result<()> {
        let mut out = Vec::new();
        frame::append(TEXT, &[text.as_bytes()], &mut out);
        Ok(self.stream.write_all(&out).await?)
    }

    /// Sends a ping and waits until it is answered: all that was sent before has been heard.
    pub(crate) async fn barrier(&mut self) -> Result<()> {
        let mut out = Vec::new();
        frame::append(PING, &[b"heard?"], &mut out);
        self.stream.write_all(&out).await?;
        while self.next().await?.0 != PONG {}
        Ok(())
    }

    /// The next frame but pings.
    pub(crate) async fn next(&mut self) -> Result<(u8, Vec<u8>)> {
        loop {
            while let Some(found) = frame::find(&self.read)? {
                let payload = self.read[found.start..found.end].to_vec();
                self.read.drain(..found.end);
                match found.op {
                    PING => {
                        let mut out = Vec::new();
                        frame::append(PONG, &[&payload], &mut out);
                        self.stream.write_all(&out).await?;
                    }
                    frame::CLOSE => bail!("closed: {}", frame::close_reason(&payload)),
                    op => return Ok((op, payload)),
                }
            }
            let read = self.stream.read_buf(&mut self.read).await.context("cannot read")?;
            ensure!(read > 0, "the server hung up");
        }
    }
}

fn first_line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().to_owned()
}
