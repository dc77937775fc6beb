//! The way in: TCP, handshake, the target's opening words, and one ping, whose answer says that all of it was heard.
//!
//! Promises: bounded in time; whoever is connected is subscribed. Called by `client`, `publish`, `subscribe` and `fairness`.

use anyhow::{Context, Result, bail, ensure};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use tieline_bench_kit::frame::{self, PING, PONG, TEXT};
use tieline_bench_kit::target::{Server, Speech};

/// How long one step of connecting may take.
const STEP: Duration = Duration::from_secs(20);
/// The key and the answer that RFC 6455 shows in its section 1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A connection on which nothing is under way.
#[derive(Debug)]
pub(crate) struct Connected {
    /// The socket, blocking, with deadlines.
    pub(crate) socket: TcpStream,
    /// Whether every message is compressed by itself (`server_no_context_takeover`).
    pub(crate) no_takeover: bool,
}

/// Connects to `server` on `path` and waits until it has heard everything. With `deflate`, compression is offered and
/// has to be accepted.
pub(crate) fn connect(server: &Server, path: &str, deflate: bool) -> Result<Connected> {
    connect_to((server.address, server.speech), path, deflate)
}

/// The same for who outlives the borrow of the server.
pub(crate) fn connect_to(place: (SocketAddr, Speech), path: &str, deflate: bool) -> Result<Connected> {
    let (host, speech) = place;
    let mut socket = TcpStream::connect_timeout(&host, STEP)?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(STEP))?;
    socket.set_write_timeout(Some(STEP))?;
    let offer = if deflate { "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" } else { "" };
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{offer}\r\n"
    );
    socket.write_all(request.as_bytes())?;
    let mut read = Vec::with_capacity(1024);
    let end = loop {
        if let Some(at) = read.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        more(&mut socket, &mut read).context("in the handshake")?;
    };
    let head = String::from_utf8_lossy(&read[..end]).into_owned();
    let extensions = accepted(&head)?;
    ensure!(extensions.contains("permessage-deflate") == deflate, "asked for deflate: {deflate}, answered: {head}");
    read.drain(..end + 4);
    greet(&mut socket, speech.opening, &mut read)?;
    Ok(Connected { socket, no_takeover: extensions.contains("server_no_context_takeover") })
}

/// Checks the answer to a handshake; gives the extensions it names.
fn accepted(head: &str) -> Result<String> {
    ensure!(head.starts_with("HTTP/1.1 101 "), "the handshake was refused: {}", head.lines().next().unwrap_or(""));
    let mut key = "";
    let mut extensions = String::new();
    for (name, value) in head.lines().filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("sec-websocket-accept") {
            key = value.trim();
        } else if name.eq_ignore_ascii_case("sec-websocket-extensions") {
            extensions.push_str(value);
        }
    }
    ensure!(key == ACCEPT, "the handshake was answered with the wrong key {key:?}");
    Ok(extensions)
}

/// Says these messages, which nobody answers, and waits until all were heard.
pub(crate) fn tell(socket: &mut TcpStream, messages: &[String]) -> Result<()> {
    say(socket, messages.iter().map(String::as_str), &mut Vec::new())
}

fn greet(socket: &mut TcpStream, opening: &str, read: &mut Vec<u8>) -> Result<()> {
    say(socket, Some(opening).into_iter().filter(|opening| !opening.is_empty()), read)
}

fn say<'a>(socket: &mut TcpStream, messages: impl Iterator<Item = &'a str>, read: &mut Vec<u8>) -> Result<()> {
    let mut out = Vec::new();
    messages.for_each(|message| frame::append(TEXT, &[message.as_bytes()], &mut out));
    frame::append(PING, &[b"heard?"], &mut out);
    socket.write_all(&out)?;
    let found = loop {
        match frame::find(read)? {
            Some(found) => break found,
            None => more(socket, read).context("waiting for a pong")?,
        }
    };
    let payload = &read[found.start..found.end];
    match found.op {
        PONG if payload == b"heard?" && found.end == read.len() => Ok(()),
        frame::CLOSE => bail!("closed: {}", frame::close_reason(payload)),
        _ => bail!("instead of a pong and nothing else came: {}", String::from_utf8_lossy(payload)),
    }
}

fn more(socket: &mut TcpStream, read: &mut Vec<u8>) -> Result<()> {
    let mut piece = [0; 2048];
    let n = socket.read(&mut piece)?;
    ensure!(n > 0, "the server hung up");
    read.extend_from_slice(&piece[..n]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_only_a_right_answer() {
        let right = format!("HTTP/1.1 101 Switching Protocols\r\nsec-websocket-ACCEPT: {ACCEPT}");
        assert_eq!(accepted(&right).unwrap(), "");
        let deflate = format!("{right}\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover");
        assert_eq!(accepted(&deflate).unwrap().trim(), "permessage-deflate; server_no_context_takeover");
        assert!(accepted(&right.replace("s3p", "x3p")).is_err());
        assert!(accepted("HTTP/1.1 403 Forbidden\r\n").unwrap_err().to_string().ends_with("HTTP/1.1 403 Forbidden"));
    }
}
