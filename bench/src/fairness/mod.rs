//! What a well-behaved client notices while one connection sends deflate bombs: Tieline beside its peers.
//!
//! Promises: every server gets the same bytes, in the same round; whatever it does about them is its own choice. Called by
//! `main`.

mod bomber;
mod figure;
mod page;

use crate::connect::connect;
use crate::figures::Figures;
use crate::report;
use crate::run::{Place, keep};
use crate::{all_held, line_up};
use anyhow::{Context, Result, bail, ensure};
use bomber::Bomber;
use figure::Part;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tieline_bench_kit::frame::{self, PING, PONG, TEXT};
use tieline_bench_kit::machine::{self, Cores, pause, today};
use tieline_bench_kit::peers::{NAMES, Places};
use tieline_bench_kit::percentile;
use tieline_bench_kit::target::{Server, Speech, Target};

/// Between two messages of the well-behaved.
const PACE: Duration = Duration::from_millis(5);

/// Measures what a well-behaved client notices while another sends deflate bombs.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many rounds.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
    /// How many seconds each attack goes on.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Only these targets: tieline, bun, ws, websockets.
    #[arg(long, value_delimiter = ',')]
    targets: Vec<String>,
    /// The gateway to measure; without this option the one that `cargo xtask bench` has built.
    #[arg(long, value_name = "PATH")]
    tieline: Option<PathBuf>,
    /// Write this part of docs/benchmarks.md.
    #[arg(long, conflicts_with = "targets")]
    write: bool,
    /// Exit with 1 when a requirement is not held (2 is for what kept the benchmark from running).
    #[arg(long)]
    check: bool,
}

/// Does what `options` say; false if a requirement was to be held and is not.
pub(crate) fn compare(options: &Options) -> Result<bool> {
    ensure!((0.5..=60.0).contains(&options.seconds), "--seconds takes 0.5 to 60");
    let places = Places::here(options.tieline.clone())?;
    let named = if options.targets.is_empty() { NAMES.map(String::from).into() } else { options.targets.clone() };
    let mut figures = Figures::default();
    let (targets, columns) = line_up(&named, &places, &mut figures)?;
    let cores = Cores::divide()?;
    figures.expect(&figure::ALL);
    let (before, started) = (machine::load(), Instant::now());
    let time = Duration::from_secs_f64(options.seconds);
    let rounds = usize::from(options.rounds);
    for round in 0..rounds {
        for target in &targets {
            let mut values = Vec::new();
            let done = measure(target, time, &cores, &places, &mut values);
            let at = Place { target: &target.name, round, rounds, started };
            keep(&mut figures, &figure::ALL, &values, done, at);
        }
    }
    println!("{}", report::table(&figures, &columns));
    if options.write {
        let circumstances = report::Circumstances {
            machine: machine::describe(&cores),
            loads: [before, machine::load()],
            date: today()?,
            extent: (rounds, options.seconds),
            targets: columns,
        };
        report::write("fairness", &page::page(&figures, &circumstances))?;
    }
    Ok(!options.check || all_held(&figures))
}

/// The values of [`figure::ALL`] for one target.
fn measure(target: &Target, time: Duration, cores: &Cores, places: &Places, values: &mut Vec<f64>) -> Result<()> {
    let server = Server::start(target, true, cores, &places.work)?;
    let taken = take(&server, time, values);
    taken.map_err(|error| server.blame(error))
}

fn take(server: &Server, time: Duration, values: &mut Vec<f64>) -> Result<()> {
    let mut pair = Pair::connect(server)?;
    let before = pair.talk(time / 4)?;
    let bomber = Bomber::start(server)?;
    let during = pair.talk(time)?;
    let bombs = bomber.end()?;
    ensure!(bombs > 0, "not one bomb was sent");
    for figure in figure::ALL {
        let waits = if figure.attacked { &during } else { &before };
        let share = match figure.part {
            Part::Half => 0.5,
            Part::Most => 0.99,
            Part::Longest => 1.0,
        };
        values.push(percentile(waits, share).context("not one message was sent")?);
    }
    Ok(())
}

/// One who says something and one who hears it.
struct Pair {
    speech: Speech,
    from: TcpStream,
    to: TcpStream,
    read: Vec<u8>,
    said: u64,
}

impl Pair {
    fn connect(server: &Server) -> Result<Pair> {
        let to = connect(server, server.speech.subscribe_path, false).context("who hears")?.socket;
        let from = connect(server, server.speech.publish_path, false).context("who says")?.socket;
        Ok(Pair { speech: server.speech, from, to, read: Vec::new(), said: 0 })
    }

    /// Says something every so often; gives how long each took to be heard, in microseconds, sorted. A long one stands for
    /// those that were due meanwhile.
    fn talk(&mut self, time: Duration) -> Result<Vec<u32>> {
        let started = Instant::now();
        let mut waits = Vec::new();
        while started.elapsed() < time {
            let began = Instant::now();
            self.say()?;
            let mut left = began.elapsed();
            waits.push(left.as_micros() as u32);
            while left > PACE {
                left -= PACE;
                waits.push(left.as_micros() as u32);
            }
            pause(PACE.saturating_sub(began.elapsed()));
        }
        waits.sort_unstable();
        Ok(waits)
    }

    fn say(&mut self) -> Result<()> {
        self.said += 1;
        let text = format!("message {}", self.said);
        let mut out = Vec::new();
        let parts = [self.speech.before.as_bytes(), text.as_bytes(), self.speech.after.as_bytes()];
        frame::append(TEXT, &parts, &mut out);
        self.from.write_all(&out).context("who says cannot write")?;
        loop {
            while let Some(found) = frame::find(&self.read)? {
                let payload = self.read[found.start..found.end].to_vec();
                self.read.drain(..found.end);
                match found.op {
                    TEXT if payload == text.as_bytes() => return Ok(()),
                    PING => {
                        let mut out = Vec::new();
                        frame::append(PONG, &[&payload], &mut out);
                        self.to.write_all(&out)?;
                    }
                    PONG => {}
                    frame::CLOSE => bail!("who hears was closed: {}", frame::close_reason(&payload)),
                    _ => bail!("who hears got something else than message {}", self.said),
                }
            }
            let mut piece = [0; 4096];
            let read = self.to.read(&mut piece).context("who hears cannot read")?;
            ensure!(read > 0, "the server hung up on who hears");
            self.read.extend_from_slice(&piece[..read]);
        }
    }
}
