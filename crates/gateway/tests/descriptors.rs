//! File descriptors: a flood of half requests on one port leaves the others theirs, and a low `ulimit -n` is told at start.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

/// A program that runs, ended when the test is.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The address in a line like `… listening … dialect="fme" address=127.0.0.1:4711`.
fn address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("address=")?;
    rest.split_whitespace().next()?.trim_matches('"').parse().ok()
}

#[test]
fn a_flood_on_the_console_leaves_a_dialect_its_share() {
    let folder = tempfile::tempdir().unwrap();
    // The console's port has to be known beforehand: taken once, and free again.
    let console = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = format!("[console]\nlisten = \"{console}\"\n[fme]\nlisten = \"127.0.0.1:0\"\n");
    std::fs::write(folder.path().join("tieline.toml"), text).unwrap();
    let mut command = Command::new("sh");
    // Both limits, so that it cannot be raised again.
    command.args(["-c", "ulimit -n 400; exec \"$0\" run --shards 2", env!("CARGO_BIN_EXE_tieline")]);
    command.current_dir(folder.path()).stdin(Stdio::null()).stderr(Stdio::piped());
    let mut running = Running(command.spawn().unwrap());
    let mut diagnostics = BufReader::new(running.0.stderr.take().unwrap()).lines();
    let (mut fme, mut is_told) = (None, false);
    for line in diagnostics.by_ref().map_while(Result::ok) {
        is_told |= line.contains("ulimit -n is lower") && line.contains("400") && line.contains("needed=");
        fme = fme.or_else(|| line.contains("listening").then(|| address(&line)).flatten());
        if line.contains("Ctrl-C stops it.") {
            break;
        }
    }
    assert!(is_told, "a limit that is too low is told with both numbers");
    // Read to the end, so that it never waits for room.
    std::thread::spawn(move || diagnostics.count());
    let fme = fme.expect("where it listens");
    let half = |_| {
        let mut stream = TcpStream::connect(console).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n").unwrap();
        stream
    };
    let _flood: Vec<TcpStream> = (0..500).map(half).collect();
    // Served while the flood holds what it could get; one after the other, and several at once.
    let shake = |_| {
        let mut stream = TcpStream::connect(fme).unwrap();
        let request = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        assert_eq!(&status, b"HTTP/1.1 101");
        stream
    };
    let clients: Vec<TcpStream> = (0..20).map(shake).collect();
    assert_eq!(clients.len(), 20);
}
