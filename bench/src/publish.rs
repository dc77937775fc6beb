//! The one publisher: writes a burst of messages in one write.
//!
//! Called by the scenarios.

use crate::connect::connect;
use crate::payload::Payloads;
use anyhow::{Context, Result};
use std::io::Write;
use std::net::TcpStream;
use tieline_bench_kit::frame::{self, TEXT};
use tieline_bench_kit::target::{Server, Speech};

/// The connection that publishes. It lives for one measurement only, so it never has a ping to answer.
#[derive(Debug)]
pub(crate) struct Publisher {
    socket: TcpStream,
    speech: Speech,
    payloads: Payloads,
    next: u64,
    out: Vec<u8>,
}

impl Publisher {
    /// Connects; messages will have `size` bytes and be numbered from 0.
    pub(crate) fn connect(server: &Server, size: usize) -> Result<Publisher> {
        let socket = connect(server, server.speech.publish_path, false).context("the publisher")?.socket;
        Ok(Publisher { socket, speech: server.speech, payloads: Payloads::new(size), next: 0, out: Vec::new() })
    }

    /// Publishes the next `count` messages.
    pub(crate) fn publish(&mut self, count: u64) -> Result<()> {
        self.out.clear();
        for number in self.next..self.next + count {
            let (digits, text) = self.payloads.message(number);
            let parts =
                [self.speech.before.as_bytes(), digits.as_bytes(), text.as_bytes(), self.speech.after.as_bytes()];
            frame::append(TEXT, &parts, &mut self.out);
        }
        self.next += count;
        self.socket.write_all(&self.out).context("the publisher cannot write")
    }
}
