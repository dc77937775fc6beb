//! A client that does exactly what it is told: bytes, single frames, compressed or broken ones, or nothing at all.
//!
//! It answers no ping and no close frame by itself, and reads only when asked. Its few lines of framing are its own, so
//! that a mistake in the gateway's codec is not made twice.

use crate::patience::failed;
use crate::{Answer, Done, Failure, Stream, within};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use std::net::{IpAddr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Frame opcodes (RFC 6455 section 5.2).
pub mod opcode {
    /// UTF-8 text.
    pub const TEXT: u8 = 1;
    /// Bytes.
    pub const BINARY: u8 = 2;
    /// The closing handshake.
    pub const CLOSE: u8 = 8;
    /// Asks for a pong.
    pub const PING: u8 = 9;
    /// Answers a ping.
    pub const PONG: u8 = 10;
}

/// A connection, before or after its handshake.
pub struct Raw {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    /// What of the buffer was used.
    at: usize,
}

/// One frame from the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The first byte: whether it is the last, whether it is compressed, and the opcode.
    pub first: u8,
    /// The payload as it came.
    pub payload: Vec<u8>,
}

impl Frame {
    /// What kind of frame it is.
    pub fn opcode(&self) -> u8 {
        self.first & 0x0F
    }

    /// Whether its payload is compressed.
    pub fn is_compressed(&self) -> bool {
        self.first & 0x40 != 0
    }

    /// The payload as text, inflated if need be.
    pub fn text(&self) -> String {
        let bytes = if self.is_compressed() { inflated(&self.payload) } else { self.payload.clone() };
        String::from_utf8(bytes).expect("UTF-8 from the gateway")
    }

    /// Code and reason of a close frame; 1005 when it has none.
    pub fn close(&self) -> Option<(u16, String)> {
        match (self.opcode(), &self.payload[..]) {
            (opcode::CLOSE, [high, low, reason @ ..]) => {
                Some((u16::from_be_bytes([*high, *low]), String::from_utf8_lossy(reason).into_owned()))
            }
            (opcode::CLOSE, _) => Some((1005, String::new())),
            _ => None,
        }
    }
}

impl Raw {
    /// Connects, and says nothing yet.
    pub async fn connect(address: SocketAddr) -> Done<Raw> {
        let tcp = within("connecting", TcpStream::connect(address)).await?.map_err(failed("connecting"))?;
        tcp.set_nodelay(true).map_err(failed("connecting"))?;
        Ok(Raw::over(Box::new(tcp)))
    }

    /// Connects with a small receive buffer, so that little is in flight when it does not read.
    pub async fn connect_narrow(address: SocketAddr) -> Done<Raw> {
        let socket = TcpSocket::new_v4().map_err(failed("a socket"))?;
        socket.set_recv_buffer_size(4096).map_err(failed("a small receive buffer"))?;
        let tcp = within("connecting", socket.connect(address)).await?.map_err(failed("connecting"))?;
        Ok(Raw::over(Box::new(tcp)))
    }

    /// Connects from one of this machine's own addresses: each has its own supply of ports.
    pub async fn connect_from(source: IpAddr, address: SocketAddr) -> Done<Raw> {
        let socket = TcpSocket::new_v4().map_err(failed("a socket"))?;
        socket.bind(SocketAddr::new(source, 0)).map_err(failed("a port"))?;
        let tcp = within("connecting", socket.connect(address)).await?.map_err(failed("connecting"))?;
        Ok(Raw::over(Box::new(tcp)))
    }

    /// Uses a connection that is there.
    pub fn over(stream: Box<dyn Stream>) -> Raw {
        Raw { stream, buffer: Vec::new(), at: 0 }
    }

    /// Connects and makes the handshake with further header lines, each ended by CR LF.
    pub async fn upgrade(address: SocketAddr, headers: &str) -> Done<Raw> {
        Raw::connect(address).await?.upgraded(headers).await
    }

    /// Makes the handshake on `/` with further header lines.
    pub async fn upgraded(mut self, headers: &str) -> Done<Raw> {
        self.write(Raw::handshake(headers).as_bytes()).await?;
        let answer = self.answer().await?;
        if answer.status == 101 { Ok(self) } else { Err(Failure(format!("the handshake was refused: {answer:?}"))) }
    }

    /// A handshake's request, `Host` included.
    pub fn handshake(headers: &str) -> String {
        format!(
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: \
             13\r\nSec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n{headers}\r\n"
        )
    }

    /// Writes bytes.
    pub async fn write(&mut self, bytes: &[u8]) -> Done {
        let work = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        within("writing", work).await?.map_err(failed("writing"))
    }

    /// Sends one masked frame; `first` is its first byte, so that anything can be sent.
    pub async fn send(&mut self, first: u8, payload: &[u8]) -> Done {
        self.write(&Raw::frame(first, payload)).await
    }

    /// Sends a whole text.
    pub async fn say(&mut self, text: &str) -> Done {
        self.send(0x80 | opcode::TEXT, text.as_bytes()).await
    }

    /// The bytes of a masked frame.
    pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        const KEY: [u8; 4] = [0x13, 0x57, 0x9B, 0xDF];
        let mut frame = vec![first];
        match payload.len() {
            short @ 0..=125 => frame.push(0x80 | short as u8),
            middle @ 126..=0xFFFF => {
                frame.push(0x80 | 126);
                frame.extend((middle as u16).to_be_bytes());
            }
            long => {
                frame.push(0x80 | 127);
                frame.extend((long as u64).to_be_bytes());
            }
        }
        frame.extend(KEY);
        frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
        frame
    }

    /// Fetches a page: one request, one answer, the end.
    pub async fn get(mut self, path: &str) -> Done<Answer> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        self.write(request.as_bytes()).await?;
        self.answer().await
    }

    /// The next HTTP answer; its body as long as `Content-Length` says.
    pub async fn answer(&mut self) -> Done<Answer> {
        let end = loop {
            if let Some(end) = self.rest().windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            self.more("an HTTP answer").await?;
        };
        let head = String::from_utf8_lossy(&self.rest()[..end]).into_owned();
        self.at += end + 4;
        let answer = Answer::new(head, String::new())?;
        let length = answer.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let body = String::from_utf8_lossy(self.take(length).await?).into_owned();
        Ok(Answer { body, ..answer })
    }

    /// Whatever comes next, as text: for answers without an end.
    pub async fn piece(&mut self) -> Done<String> {
        if self.rest().is_empty() {
            self.more("more of an answer").await?;
        }
        let piece = String::from_utf8_lossy(self.rest()).into_owned();
        self.at = self.buffer.len();
        Ok(piece)
    }

    /// The next frame; an error at the end of the connection.
    pub async fn next(&mut self) -> Done<Frame> {
        let head = self.take(2).await?;
        let (first, second) = (head[0], head[1]);
        let length = match second {
            126 => u64::from(u16::from_be_bytes(self.take(2).await?.try_into().expect("two bytes"))),
            127 => u64::from_be_bytes(self.take(8).await?.try_into().expect("eight bytes")),
            short => u64::from(short),
        };
        // A masked frame from a server would show as a length over 127.
        assert!(second < 128, "a server's frame must not be masked");
        Ok(Frame { first, payload: self.take(length as usize).await?.to_vec() })
    }

    /// The next frame that is no ping, as text.
    pub async fn receive(&mut self) -> Done<String> {
        loop {
            let frame = self.next().await?;
            match frame.opcode() {
                opcode::TEXT => return Ok(frame.text()),
                opcode::PING => {}
                other => return Err(Failure(format!("expected a text, got opcode {other}: {:?}", frame.close()))),
            }
        }
    }

    /// Reads until a close frame and gives its code and reason; counts the texts before it.
    pub async fn closed(&mut self) -> Done<(u16, String, Vec<String>)> {
        let mut before = Vec::new();
        loop {
            let frame = self.next().await?;
            match frame.close() {
                Some((code, reason)) => return Ok((code, reason, before)),
                None if frame.opcode() == opcode::TEXT => before.push(frame.text()),
                None => {}
            }
        }
    }

    /// Pings and waits for the pong; gives the texts that came before it.
    pub async fn barrier(&mut self) -> Done<Vec<String>> {
        self.send(0x80 | opcode::PING, b"barrier").await?;
        let mut before = Vec::new();
        loop {
            let frame = self.next().await?;
            match frame.opcode() {
                opcode::PONG => return Ok(before),
                opcode::TEXT => before.push(frame.text()),
                opcode::CLOSE => return Err(Failure(format!("expected a pong, got {:?}", frame.close()))),
                _ => {}
            }
        }
    }

    /// Reads whatever comes until the other end has closed the socket, or broken it; gives what was left.
    pub async fn end(mut self) -> Done<Vec<u8>> {
        let work = async {
            let mut piece = [0; 4096];
            while let Ok(1..) = self.stream.read(&mut piece).await.inspect(|n| self.buffer.extend(&piece[..*n])) {}
        };
        within("the end of the connection", work).await?;
        Ok(self.buffer.split_off(self.at))
    }

    /// Says that nothing more will come from this side, and reads until the other has hung up too: then everything that
    /// was written has been dealt with.
    pub async fn finish(mut self) -> Done {
        // It may have hung up before.
        let _ = within("finishing", self.stream.shutdown()).await?;
        self.end().await.map(|_| ())
    }

    fn rest(&self) -> &[u8] {
        &self.buffer[self.at..]
    }

    async fn take(&mut self, length: usize) -> Done<&[u8]> {
        while self.rest().len() < length {
            self.more("a whole frame").await?;
        }
        self.at += length;
        Ok(&self.buffer[self.at - length..self.at])
    }

    async fn more(&mut self, what: &str) -> Done {
        self.buffer.drain(..std::mem::take(&mut self.at));
        let mut piece = [0; 16 << 10];
        match within(what, self.stream.read(&mut piece)).await?.map_err(failed("reading"))? {
            0 => Err(Failure(format!("expected {what}; the connection ended"))),
            read => {
                self.buffer.extend_from_slice(&piece[..read]);
                Ok(())
            }
        }
    }
}

/// Inflates one message (RFC 7692 section 7.2.2).
pub fn inflated(payload: &[u8]) -> Vec<u8> {
    let (mut state, mut out) = (Decompress::new(false), Vec::new());
    let input = [payload, &[0, 0, 0xFF, 0xFF]].concat();
    loop {
        out.reserve(4096);
        state
            .decompress_vec(&input[state.total_in() as usize..], &mut out, FlushDecompress::Sync)
            .expect("deflate data");
        if state.total_in() as usize == input.len() && out.len() < out.capacity() {
            return out;
        }
    }
}

/// Compresses one message (RFC 7692 section 7.2.1).
pub fn deflated(payload: &[u8]) -> Vec<u8> {
    let (mut state, mut out) = (Compress::new(Compression::best(), false), Vec::new());
    loop {
        out.reserve(4096);
        state.compress_vec(&payload[state.total_in() as usize..], &mut out, FlushCompress::Sync).expect("room");
        if state.total_in() as usize == payload.len() && out.len() < out.capacity() {
            out.truncate(out.len() - 4);
            return out;
        }
    }
}
