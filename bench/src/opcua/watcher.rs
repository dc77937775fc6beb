//! A web client: reads one variable, or watches many and notes what each update tells and when it came.
//!
//! Promises: an update that is told twice or out of order is an error; one that is not told is counted. Called by the steps
//! of this folder.

use super::target::INTERVAL;
use crate::connect::connect;
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tieline_bench_kit::frame::{self, PING, PONG, TEXT};
use tieline_bench_kit::target::Server;

/// Silence after which no more updates will come.
const SILENCE: Duration = Duration::from_secs(5);

/// What the plant calls its variables.
pub(crate) fn variable(number: usize) -> String {
    format!("Load.{number}")
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Client {
    socket: TcpStream,
    read: Vec<u8>,
    /// Bytes of `read` that were looked at, and that are filled.
    at: usize,
    filled: usize,
}

impl Client {
    /// Connects.
    pub(crate) fn connect(server: &Server) -> Result<Client> {
        let socket = connect(server, server.speech.subscribe_path, false)?.socket;
        Ok(Client { socket, read: vec![0; 1 << 20], at: 0, filled: 0 })
    }

    /// A request as a finished frame.
    pub(crate) fn request(kind: &str, number: usize) -> Vec<u8> {
        let header = json!({ "MessageType": kind, "ClientHandle": number.to_string() });
        let text = json!({ "Header": header, "Body": { "Variable": variable(number) } }).to_string();
        let mut out = Vec::new();
        frame::append(TEXT, &[text.as_bytes()], &mut out);
        out
    }

    /// Sends bytes.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.socket.write_all(bytes)?)
    }

    /// Reads one variable.
    pub(crate) fn read(&mut self, number: usize) -> Result<Value> {
        self.send(&Client::request("READ_REQUEST", number))?;
        let answer = self.next()?.context("no answer to a READ")?;
        Ok(serde_json::from_slice(answer)?)
    }

    /// The next text; none after a silence.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>> {
        loop {
            if let Some(found) = frame::find(&self.read[self.at..self.filled])? {
                let (start, end) = (self.at + found.start, self.at + found.end);
                self.at = end;
                match found.op {
                    TEXT => return Ok(Some(&self.read[start..end])),
                    PING => {
                        let mut out = Vec::new();
                        frame::append(PONG, &[&self.read[start..end]], &mut out);
                        self.socket.write_all(&out)?;
                    }
                    frame::CLOSE => bail!("the server closed: {}", frame::close_reason(&self.read[start..end])),
                    other => bail!("a frame with opcode {other}"),
                }
                continue;
            }
            self.read.copy_within(self.at..self.filled, 0);
            self.filled -= self.at;
            self.at = 0;
            match self.socket.read(&mut self.read[self.filled..]) {
                Ok(0) => bail!("the server hung up"),
                Ok(more) => self.filled += more,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Begins to watch so many variables, each when the one before was answered; how long it takes until each has told its value.
pub(crate) fn starts(server: &Server, variables: usize) -> Result<Duration> {
    let mut client = Client::connect(server)?;
    let (began, mut told) = (Instant::now(), vec![false; variables]);
    let mut missing = variables;
    let mut number = 0;
    let mut is_answered = true;
    while missing > 0 {
        if is_answered && number < variables {
            client.send(&Client::request("MONITORSTART_REQUEST", number))?;
            (number, is_answered) = (number + 1, false);
        }
        let message: Value = serde_json::from_slice(client.next()?.context("a monitor does not begin")?)?;
        if message["Header"]["MessageType"] == "MONITORSTART_RESPONSE" {
            ensure!(message["Body"] == "", "a monitor was refused: {message}");
            is_answered = true;
            continue;
        }
        let slot = told.get_mut(Update::of(&message)?.variable).context("an unknown handle")?;
        missing -= usize::from(!std::mem::replace(slot, true));
    }
    Ok(began.elapsed())
}

/// What a watcher has noted.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    /// Changes of which no update told.
    pub(crate) lost: u64,
    /// Time beyond the publishing interval, in µs, one for each update.
    pub(crate) late: Vec<u32>,
}

/// A client that watches variables.
#[derive(Debug)]
pub(crate) struct Watcher {
    client: Client,
    /// The last value of each.
    last: Vec<u32>,
}

impl Watcher {
    /// Connects and begins to watch the first `variables`; back when each has told its value.
    pub(crate) fn connect(server: &Server, variables: usize) -> Result<Watcher> {
        let mut client = Client::connect(server)?;
        let frames: Vec<u8> = (0..variables).flat_map(|n| Client::request("MONITORSTART_REQUEST", n)).collect();
        client.send(&frames)?;
        let (mut started, mut told) = (0, vec![None; variables]);
        let mut missing = variables;
        while started < variables || missing > 0 {
            let message = client.next()?.context("a monitor does not begin")?;
            let message: Value = serde_json::from_slice(message)?;
            if message["Header"]["MessageType"] == "MONITORSTART_RESPONSE" {
                ensure!(message["Body"] == "", "a monitor was refused: {message}");
                started += 1;
                continue;
            }
            let update = Update::of(&message)?;
            let slot = told.get_mut(update.variable).context("an unknown handle")?;
            missing -= usize::from(slot.is_none());
            *slot = Some(update.value);
        }
        client.socket.set_read_timeout(Some(SILENCE))?;
        Ok(Watcher { client, last: vec![0; variables] })
    }

    /// Notes what comes until every variable has told 1, 2, … `rounds`, or nothing comes any more.
    pub(crate) fn note(&mut self, rounds: u32) -> Result<Noted> {
        let mut noted = Noted::default();
        let mut open = self.last.len();
        while open > 0 {
            let Some(message) = self.client.next()? else { break };
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
            let update = Update::of(&serde_json::from_slice(message)?)?;
            let last = self.last.get_mut(update.variable).context("an unknown handle")?;
            ensure!(update.value > *last && update.value <= rounds, "{} after {last}", update.value);
            noted.lost += u64::from(update.value - *last - 1);
            *last = update.value;
            open -= usize::from(update.value == rounds);
            let late = now.saturating_sub(update.changed).saturating_sub(INTERVAL);
            noted.late.push(u32::try_from(late.as_micros()).unwrap_or(u32::MAX));
        }
        noted.lost += self.last.iter().map(|last| u64::from(rounds - last)).sum::<u64>();
        Ok(noted)
    }
}

/// What an update tells.
#[derive(Debug, PartialEq, Eq)]
struct Update {
    variable: usize,
    value: u32,
    /// When, since 1970.
    changed: Duration,
}

impl Update {
    fn of(message: &Value) -> Result<Update> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let read = || {
            let variable = text(&message["Header"]["ClientHandle"])?.parse().ok()?;
            let value = text(&message["Body"]["Value"]["Body"])?.parse().ok()?;
            let changed = chrono::DateTime::parse_from_rfc3339(message["Body"]["SourceTimestamp"].as_str()?).ok()?;
            let changed = Duration::from_micros(u64::try_from(changed.timestamp_micros()).ok()?);
            Some(Update { variable, value, changed })
        };
        read().with_context(|| format!("no update of a variable: {message}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_are_read() {
        let update = |body: &str| {
            let header = json!({ "MessageType": "MONITORUPDATE_MESSAGE", "ClientHandle": "7" });
            let time = "1970-01-01T00:00:01.25Z";
            json!({ "Header": header, "Body": { "Value": { "Type": "6", "Body": body }, "SourceTimestamp": time } })
        };
        let expected = Update { variable: 7, value: 12, changed: Duration::from_millis(1250) };
        assert_eq!(Update::of(&update("12")).unwrap(), expected);
        assert!(Update::of(&update("x")).unwrap_err().to_string().starts_with("no update of a variable"));
    }
}
