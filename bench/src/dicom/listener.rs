//! The browser: a WebSocket client on a thread of its own, which notes when each frame has come and what it tells.
//!
//! Promises: it reads whatever else goes on, so no server loses a frame because of it; it ends with its value. Called by
//! `watched`.

use crate::connect::connect;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};
use tieline_bench_kit::frame::{self, PING, PONG, TEXT};
use tieline_bench_kit::target::Server;

/// More frames than any step waits for.
const MOST: usize = 1 << 16;

/// What a frame tells.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// The first file of a series, by its path.
    New(String),
    /// How many further files of a series there have been.
    Update(u64),
}

/// A connected browser.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: TcpStream,
    heard: Receiver<Result<(Instant, Told)>>,
}

impl Listener {
    /// Connects to `server`.
    pub(crate) fn connect(server: &Server) -> Result<Listener> {
        let socket = connect(server, server.speech.subscribe_path, false)?.socket;
        socket.set_read_timeout(None)?;
        let (tell, heard) = sync_channel(MOST);
        let mut own = socket.try_clone()?;
        thread::spawn(move || {
            // Nobody wants the reason once the receiver is gone.
            let ended = listen(&mut own, &tell);
            let _ = tell.send(Err(ended.err().unwrap_or_else(|| anyhow::anyhow!("the server hung up"))));
        });
        Ok(Listener { socket, heard })
    }

    /// The next frame, if it comes within `wait`; an error when the connection is over or a frame is not understood.
    pub(crate) fn next(&self, wait: Duration) -> Result<Option<(Instant, Told)>> {
        match self.heard.recv_timeout(wait) {
            Ok(told) => told.map(Some),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => bail!("the connection is over"),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Fails only when the server was faster; the thread ends either way.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

fn listen(socket: &mut TcpStream, tell: &SyncSender<Result<(Instant, Told)>>) -> Result<()> {
    let (mut read, mut filled) = (vec![0; 1 << 20], 0);
    loop {
        let more = socket.read(&mut read[filled..])?;
        let now = Instant::now();
        if more == 0 {
            return Ok(());
        }
        filled += more;
        let mut at = 0;
        while let Some(found) = frame::find(&read[at..filled])? {
            let payload = &read[at + found.start..at + found.end];
            match found.op {
                TEXT => {
                    if tell.send(Ok((now, told(payload)?))).is_err() {
                        return Ok(());
                    }
                }
                PING => {
                    let mut out = Vec::new();
                    frame::append(PONG, &[payload], &mut out);
                    socket.write_all(&out)?;
                }
                frame::CLOSE => bail!("the server closed: {}", frame::close_reason(payload)),
                other => bail!("a frame with opcode {other}"),
            }
            at += found.end;
        }
        read.copy_within(at..filled, 0);
        filled -= at;
    }
}

fn told(payload: &[u8]) -> Result<Told> {
    let frame: Value = serde_json::from_slice(payload).context("a frame that is no JSON")?;
    let content = &frame["content"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match frame["type"].as_str() {
        Some("new") => Ok(Told::New(text(&content["input"]["dcm_path"]).context("a `new` frame without a path")?)),
        Some("update") => Ok(Told::Update(content.as_u64().context("an `update` frame without a count")?)),
        Some("unreadable") => bail!("a file of ours was called unreadable: {}", content["reason"]),
        other => bail!("a frame of type {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_told_apart() {
        let new = r#"{"station":"A","type":"new","content":{"input":{"dcm_path":"/a/b.dcm"}}}"#;
        assert_eq!(told(new.as_bytes()).unwrap(), Told::New("/a/b.dcm".into()));
        assert_eq!(told(br#"{"station":"A","type":"update","content":12}"#).unwrap(), Told::Update(12));
        let unreadable = br#"{"station":null,"type":"unreadable","content":{"path":"/a","reason":"empty"}}"#;
        assert_eq!(told(unreadable).unwrap_err().to_string(), "a file of ours was called unreadable: \"empty\"");
        assert!(told(b"{}").is_err());
    }
}
