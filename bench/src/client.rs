//! The subscribers: thousands of connections on one thread, each of which checks that it gets every message once, in
//! order and whole.
//!
//! Promises: one read per connection and burst where the socket allows it, no copy of a message, no allocation per
//! message. Called by the scenarios, one `Crowd` per client thread.

use crate::connect::{Connected, connect};
use crate::inflate::Inflate;
use crate::payload;
use anyhow::{Context, Result, bail, ensure};
use mio::{Events, Interest, Poll, Token};
use std::io::{ErrorKind, Read, Write};
use std::thread;
use std::time::Duration;
use tieline_bench_kit::frame::{self, PING, PONG, TEXT};
use tieline_bench_kit::target::Server;

/// What one read takes at most.
const READ: usize = 256 << 10;
/// Compressed messages are inflated and checked on every so-manieth connection, and counted on the others.
const SAMPLE: usize = 25;

/// Subscribers that share a thread.
#[derive(Debug)]
pub(crate) struct Crowd {
    poll: Poll,
    events: Events,
    scratch: Vec<u8>,
    members: Vec<Member>,
    /// Bytes read since [`Crowd::expect`].
    pub(crate) bytes: u64,
}

/// One subscriber.
#[derive(Debug)]
struct Member {
    socket: mio::net::TcpStream,
    /// The beginning of a frame whose end has not come yet.
    rest: Vec<u8>,
    /// Number of the message it waits for.
    next: u64,
    size: usize,
    deflate: bool,
    inflate: Option<Box<Inflate>>,
}

/// Connects `count` subscribers, in as many crowds as there are client threads.
pub(crate) fn gather(server: &Server, count: usize, deflate: bool, threads: usize) -> Result<Vec<Crowd>> {
    thread::scope(|scope| {
        let share = |n: usize| count / threads + usize::from(n < count % threads);
        let workers: Vec<_> =
            (0..threads).map(|n| scope.spawn(move || Crowd::connect(server, share(n), deflate))).collect();
        let joined = workers.into_iter().map(|w| w.join().unwrap_or_else(|_| bail!("a client thread panicked")));
        joined.collect()
    })
}

impl Crowd {
    fn connect(server: &Server, count: usize, deflate: bool) -> Result<Crowd> {
        let poll = Poll::new()?;
        let mut members = Vec::with_capacity(count);
        for n in 0..count {
            let Connected { socket, no_takeover } = connect(server, server.speech.subscribe_path, deflate)
                .with_context(|| format!("subscriber {n} of {count} on its thread"))?;
            socket.set_nonblocking(true)?;
            let mut socket = mio::net::TcpStream::from_std(socket);
            poll.registry().register(&mut socket, Token(n), Interest::READABLE)?;
            let inflate = (deflate && n % SAMPLE == 0).then(|| Box::new(Inflate::new(no_takeover)));
            members.push(Member { socket, rest: Vec::new(), next: 0, size: 0, deflate, inflate });
        }
        Ok(Crowd { poll, events: Events::with_capacity(1024), scratch: vec![0; READ], members, bytes: 0 })
    }

    /// From now on messages of `size` bytes come, numbered from 0.
    pub(crate) fn expect(&mut self, size: usize) {
        self.bytes = 0;
        for member in &mut self.members {
            (member.next, member.size) = (0, size);
        }
    }

    /// Reads what has come, waiting for it up to `wait`. Calls `arrived` with the number of each message, and gives how
    /// many there were.
    pub(crate) fn take(&mut self, wait: Duration, mut arrived: impl FnMut(u64)) -> Result<u64> {
        let Crowd { poll, events, scratch, members, bytes } = self;
        match poll.poll(events, Some(wait)) {
            Err(e) if e.kind() == ErrorKind::Interrupted => return Ok(0),
            done => done?,
        }
        let mut messages = 0;
        for event in events.iter() {
            let member = &mut members[event.token().0];
            let (read, heard) = member.read(scratch, &mut arrived)?;
            *bytes += read;
            messages += heard;
        }
        Ok(messages)
    }
}

impl Member {
    /// Reads until the socket is empty; gives bytes and messages.
    fn read(&mut self, scratch: &mut [u8], arrived: &mut impl FnMut(u64)) -> Result<(u64, u64)> {
        let (mut bytes, mut messages) = (0, 0);
        loop {
            let kept = self.rest.len();
            scratch[..kept].copy_from_slice(&self.rest);
            let read = match self.socket.read(&mut scratch[kept..]) {
                Ok(0) => bail!("the server hung up on a subscriber"),
                Ok(n) => n,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok((bytes, messages)),
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) => return Err(e).context("a subscriber cannot read"),
            };
            bytes += read as u64;
            let filled = kept + read;
            let mut at = 0;
            while let Some(found) = frame::find(&scratch[at..filled])? {
                let payload = &scratch[at + found.start..at + found.end];
                match found.op {
                    TEXT => {
                        self.check(payload, found.deflated)?;
                        arrived(self.next);
                        self.next += 1;
                        messages += 1;
                    }
                    PING => self.answer(payload)?,
                    PONG => {}
                    frame::CLOSE => bail!("the server closed a subscriber: {}", frame::close_reason(payload)),
                    other => bail!("a frame with opcode {other}"),
                }
                at += found.end;
            }
            self.rest.clear();
            self.rest.extend_from_slice(&scratch[at..filled]);
            // A read that did not fill the buffer has emptied the socket; what comes later is a new event.
            if filled < scratch.len() {
                return Ok((bytes, messages));
            }
        }
    }

    fn check(&mut self, payload: &[u8], deflated: bool) -> Result<()> {
        ensure!(deflated == self.deflate, "compression agreed on: {}, but of this message: {deflated}", self.deflate);
        let message = match &mut self.inflate {
            Some(inflate) => inflate.message(payload, self.size)?,
            None if deflated => return Ok(()),
            None => payload,
        };
        ensure!(message.len() == self.size, "a message of {} bytes instead of {}", message.len(), self.size);
        let (got, next) = (payload::sequence(message), self.next);
        ensure!(got == Some(next), "message {next} lost, doubled or out of order: got {got:?}");
        Ok(())
    }

    fn answer(&mut self, payload: &[u8]) -> Result<()> {
        let mut out = Vec::new();
        frame::append(PONG, &[payload], &mut out);
        let written = self.socket.write(&out).context("cannot answer a ping")?;
        ensure!(written == out.len(), "cannot answer a ping: the socket is full");
        Ok(())
    }
}
