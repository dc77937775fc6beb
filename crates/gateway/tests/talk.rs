//! Nobody who reads badly what the program prints takes it down: a full disk, a reader that has gone, one that stands still.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it found by panicking")]

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

/// Far more than anything here takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

fn tieline(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tieline"));
    command.current_dir(folder).env_remove("TIELINE_CONFIG").stdin(Stdio::null());
    command
}

fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

/// The ports on which a process listens, by the system's own tables.
fn listening(pid: u32) -> Vec<u16> {
    let Ok(descriptors) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    let links = descriptors.flatten().filter_map(|entry| std::fs::read_link(entry.path()).ok());
    let own: Vec<String> = links.filter_map(|link| link.to_str().map(str::to_owned)).collect();
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let port = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let is_own = *fields.get(3)? == "0A" && own.contains(&format!("socket:[{}]", fields.get(9)?));
        let (_, port) = fields.get(1)?.split_once(':')?;
        is_own.then(|| u16::from_str_radix(port, 16).unwrap())
    };
    // Each thread that takes clients may have a socket of its own at the same port.
    table.lines().filter_map(port).collect::<BTreeSet<u16>>().into_iter().collect()
}

/// What is answered to a request, up to the end or up to the end of an upgrade's head.
fn ask(port: u16, head: &str) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(format!("{head}\r\n\r\n").as_bytes()).unwrap();
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => answer.extend_from_slice(&piece[..length]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("port {port}: {error}"),
        }
        if answer.starts_with(b"HTTP/1.1 101") && answer.windows(4).any(|end| end == b"\r\n\r\n") {
            break;
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// A gateway with one dialect and the console, at ports of the system's choice, ended when the test is.
struct Gateway {
    child: Child,
    folder: tempfile::TempDir,
    console: u16,
    fme: u16,
}

impl Gateway {
    fn start(format: &str, stderr: impl Into<Stdio>) -> Gateway {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &format!("[log]\nformat = \"{format}\"\n"));
        let child = tieline(folder.path()).arg("run").stdout(Stdio::null()).stderr(stderr).spawn().unwrap();
        let mut gateway = Gateway { child, folder, console: 0, fme: 0 };
        let began = Instant::now();
        let ports = loop {
            let ports = listening(gateway.child.id());
            if ports.len() == 2 {
                break ports;
            }
            assert_eq!(gateway.child.try_wait().unwrap(), None, "it has ended");
            assert!(began.elapsed() < PATIENCE, "it does not listen");
            std::thread::yield_now();
        };
        let is_console = |port: &u16| {
            ask(*port, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close").ends_with("\r\n\r\nok\n")
        };
        gateway.console = *ports.iter().find(|port| is_console(port)).unwrap();
        gateway.fme = *ports.iter().find(|port| **port != gateway.console).unwrap();
        gateway
    }

    /// What comes back for a handshake that names this host.
    fn handshake(&self, host: &str) -> String {
        ask(
            self.fme,
            &format!(
                "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
            ),
        )
    }

    fn serves(&self) {
        let answer = self.handshake("127.0.0.1");
        assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    }

    /// Handshakes that are refused, each of which has something to say in the log.
    fn storm(&self) {
        for _ in 0..10 {
            let answer = self.handshake("elsewhere.example");
            assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        }
    }

    /// Lines that the program says it has lost.
    fn lost(&self) -> u64 {
        let answer = ask(self.console, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let lines = answer.lines().filter(|line| line.starts_with("tieline_log_lines_lost_total"));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    /// Does this again and again until more lines were lost.
    fn loses_by(&self, mut action: impl FnMut()) {
        let (before, began) = (self.lost(), Instant::now());
        while self.lost() == before {
            assert!(began.elapsed() < PATIENCE, "no line is counted as lost");
            action();
        }
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// Asks it to end, and waits until it has: within a bound, and well.
    fn ends(mut self) {
        self.serves();
        self.signal("TERM");
        let began = Instant::now();
        let code = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status.code(),
                None => assert!(began.elapsed() < PATIENCE, "it does not end"),
            }
            std::thread::yield_now();
        };
        assert_eq!(code, Some(0));
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Ended already when all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write(folder: &Path, more: &str) {
    let text = format!("[fme]\nlisten = \"127.0.0.1:0\"\n[console]\nlisten = \"127.0.0.1:0\"\n{more}");
    std::fs::write(folder.join("tieline.toml"), text).unwrap();
}

#[test]
fn a_log_on_a_full_disk_ends_nothing_and_is_counted() {
    for format in ["text", "json"] {
        let gateway = Gateway::start(format, full());
        gateway.serves();
        gateway.loses_by(|| gateway.storm());
        gateway.ends();
    }
}

#[test]
fn a_reader_of_the_log_that_goes_away_ends_nothing_and_is_counted() {
    for format in ["text", "json"] {
        let (ours, theirs) = std::io::pipe().unwrap();
        let gateway = Gateway::start(format, theirs);
        gateway.serves();
        drop(ours);
        gateway.loses_by(|| gateway.storm());
        gateway.ends();
    }
}

#[test]
fn a_log_that_nobody_reads_delays_nothing_and_is_counted() {
    for format in ["text", "json"] {
        let (unread, mut theirs) = UnixStream::pair().unwrap();
        // Full from the beginning: whoever writes a single byte to it waits for ever.
        theirs.set_nonblocking(true).unwrap();
        let stuffed = loop {
            match theirs.write(&[b'.'; 4096]) {
                Ok(written) => assert!(written > 0),
                Err(error) => break error,
            }
        };
        assert_eq!(stuffed.kind(), ErrorKind::WouldBlock);
        theirs.set_nonblocking(false).unwrap();
        let gateway = Gateway::start(format, OwnedFd::from(theirs));
        gateway.serves();
        gateway.storm();
        // A storm of one kind of line is thinned; problems of a configuration are all told, each time.
        let keys: String = (0..500).map(|number| format!("nonsense{number} = true\n")).collect();
        write(gateway.folder.path(), &keys);
        gateway.loses_by(|| gateway.signal("HUP"));
        gateway.serves();
        gateway.ends();
        drop(unread);
    }
}

/// `tieline config reference | head -1`.
#[test]
fn a_reader_that_takes_one_line_ends_a_command_well() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["reference", "schema", "example"] {
        let mut child = tieline(folder.path())
            .args(["config", command])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::with_capacity(1, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), diagnostics(&output).as_str()), (Some(0), ""), "{command}: {line}");
    }
}

fn diagnostics(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn data_that_cannot_be_written_ends_a_command_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["reference", "schema", "example"] {
        let output = tieline(folder.path()).args(["config", command]).stdout(full()).output().unwrap();
        let diagnostics = diagnostics(&output);
        assert_eq!(output.status.code(), Some(1), "{command}: {diagnostics}");
        assert!(diagnostics.contains("space"), "{command}: {diagnostics}");
    }
}

#[test]
fn two_addresses_that_are_taken_are_both_named() {
    let (one, other) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let (one, other) = ((one.local_addr().unwrap(), one), (other.local_addr().unwrap(), other));
    let folder = tempfile::tempdir().unwrap();
    let text = format!("[fme]\nlisten = \"{}\"\n[console]\nlisten = \"{}\"\n", one.0, other.0);
    std::fs::write(folder.path().join("tieline.toml"), text).unwrap();
    let output = tieline(folder.path()).arg("run").output().unwrap();
    let diagnostics = diagnostics(&output);
    assert_eq!(output.status.code(), Some(1), "{diagnostics}");
    for told in [
        format!("fme: cannot listen on {}", one.0),
        format!("console: cannot listen on {}", other.0),
        "--set fme.listen=".to_owned(),
        "--set console.listen=".to_owned(),
    ] {
        assert!(diagnostics.contains(&told), "{told} in {diagnostics}");
    }
}

#[test]
fn a_second_gateway_on_the_same_store_is_refused_with_the_first_ones_number() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "[inspect]\nlisten = \"127.0.0.1:0\"\n[store]\npath = \"kept-here\"\n");
    let mut first = tieline(folder.path()).arg("run").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (said, heard) = sync_channel(1000);
    let stderr = first.stderr.take().unwrap();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let _ = said.send(line);
        }
    });
    let first = Gateway { child: first, folder, console: 0, fme: 0 };
    while !heard.recv_timeout(PATIENCE).unwrap().contains("Ctrl-C stops it.") {}
    let output = tieline(first.folder.path()).arg("run").output().unwrap();
    let diagnostics = diagnostics(&output);
    assert_eq!(output.status.code(), Some(2), "{diagnostics}");
    assert!(
        diagnostics.contains(&format!("(pid {})", first.child.id())) && diagnostics.contains("store.path"),
        "{diagnostics}"
    );
    assert!(diagnostics.contains("kept-here"), "the folder: {diagnostics}");
}
