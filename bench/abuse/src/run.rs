//! One attack from beginning to end: a gateway of its own, the well-behaved, the attackers, and what was left afterwards.
//!
//! Promises: each attack meets a fresh gateway, so that none suffers from another; everything is bounded in time, and all
//! processes end with this one. Called by `attack_all`.

use super::attack::{Attack, Counted};
use super::attacker::read_report;
use super::bystanders::{Bystanders, Seen};
use super::echo::Echo;
use super::gateway::{Gateway, Used, known_limits};
use super::jitter::Jitter;
use super::metrics::Metrics;
use super::verdict::{BOUNDS, Facts};
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tieline_bench_kit::machine::pause;
use tokio::process::Command;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// How long attackers may take beyond their time: the longest of their own waits, and their start.
const BEYOND: Duration = Duration::from_secs(60);
/// In how much time memory and descriptors have to be back.
const BACK: Duration = Duration::from_secs(30);
/// Between two looks at what is left.
const LOOK: Duration = Duration::from_millis(100);
/// Between two questions whether all is well.
const ASK: Duration = Duration::from_millis(500);

/// What all attacks share.
#[derive(Debug)]
pub(crate) struct Range<'a> {
    program: &'a str,
    /// Which of its limits have a key.
    known: Vec<String>,
    echo: Echo,
    jitter: Jitter,
    runtime: tokio::runtime::Runtime,
    /// For how long the well-behaved are watched before, and each attack goes on.
    times: [Duration; 2],
}

impl<'a> Range<'a> {
    /// Makes ready to attack `program`.
    pub(crate) fn new(program: &'a str, before: Duration, attack: Duration) -> Result<Range<'a>> {
        Ok(Range {
            program,
            known: known_limits(program)?,
            echo: Echo::start()?,
            jitter: Jitter::start()?,
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
            times: [before, attack],
        })
    }

    /// Keys of this attack's settings that the gateway does not know.
    pub(crate) fn unknown(&self, attack: &Attack) -> Vec<&'static str> {
        let keys = attack.settings.iter().map(|(key, _)| *key).filter(|key| key.contains("limits."));
        keys.filter(|key| !self.known.iter().any(|known| key.ends_with(&format!(".{known}")))).collect()
    }

    /// Attacks, and tells what was seen. `folder` is for the gateway.
    pub(crate) fn attack(&self, attack: &'static Attack, folder: &Path) -> Result<Facts> {
        let mut gateway = Gateway::start(self.program, attack, &self.known, folder)?;
        let mut facts = Facts::default();
        let done = self.runtime.block_on(self.meet(attack, &mut gateway, &mut facts));
        if let Some(status) = gateway.ended()? {
            facts.ended = Some(format!("{status}; its last words: {}", gateway.last_words()));
            // Whatever else failed follows from that.
            facts.stopped = status.code().filter(|code| *code != 0).or(Some(-1));
            return Ok(facts);
        }
        done.with_context(|| format!("the gateway's last words: {}", gateway.last_words()))?;
        facts.stopped = gateway.stop()?.map(|status| status.code().unwrap_or(-1));
        facts.panics = facts.panics.max(gateway.panics_told());
        Ok(facts)
    }

    async fn meet(&self, attack: &'static Attack, gateway: &mut Gateway, facts: &mut Facts) -> Result<()> {
        let [before, time] = self.times;
        let time = time.max(Duration::from_secs(attack.least_seconds));
        let beside = attack.beside();
        let mut clients = Bystanders::join(beside, gateway.address(beside), self.echo.address).await?;
        let counted_before = gateway.metrics()?;
        let first = quiet(gateway).await?;

        let (_, seen) = during(sleep(before), &mut clients, true).await;
        facts.before = [seen.messages.millis(0.5), seen.messages.millis(0.99)];
        facts.peer_before = seen.peer.millis(0.99);
        facts.lost += seen.messages.lost;
        let warm = gateway.used()?;
        self.jitter.worst();

        let health = Health::watch(gateway);
        let (report, seen) = during(attackers(attack, gateway, time), &mut clients, true).await;
        facts.jitter = self.jitter.worst();
        (facts.unwell, facts.effort, facts.complaints) = (health.end(), Default::default(), Vec::new());
        take(facts, &seen);
        match report {
            Ok(line) => (facts.effort, facts.complaints) = read_report(&line)?,
            Err(error) => facts.complaints.push(format!("they failed: {error:#}")),
        }

        let mut last = gateway.used()?;
        let looking = async {
            let since = Instant::now();
            let is_back = |used: &Used| {
                used.descriptors <= first.descriptors && used.resident <= warm.resident + BOUNDS.left_behind
            };
            while let Ok(used) = gateway.used() {
                last = used;
                if is_back(&used) || since.elapsed() > BACK {
                    break;
                }
                sleep(LOOK).await;
            }
        };
        let (_, seen) = during(looking, &mut clients, false).await;
        facts.lost += seen.messages.lost;
        facts.resident = [warm.resident, last.peak, last.resident];
        facts.descriptors = [first.descriptors, last.descriptors];
        drop(clients);
        match gateway.metrics() {
            Ok(counted) => count(facts, attack, &counted_before, &counted),
            Err(error) => facts.unwell = (facts.unwell.0 + 1, format!("afterwards: {error:#}")),
        }
        if let Err(error) = gateway.healthy() {
            facts.unwell = (facts.unwell.0 + 1, format!("afterwards: {error:#}"));
        }
        Ok(())
    }
}

/// Does something while they talk, newcomers too if `newcomers`.
async fn during<T>(work: impl Future<Output = T>, clients: &mut Bystanders, newcomers: bool) -> (T, Seen) {
    let (tell, over) = watch::channel(false);
    let work = async {
        let done = work.await;
        tell.send_replace(true);
        done
    };
    tokio::join!(work, clients.talk(over, newcomers))
}

/// What it has with nobody but the well-behaved connected: the least of three looks, since a connection may be ending.
async fn quiet(gateway: &Gateway) -> Result<Used> {
    let mut least = gateway.used()?;
    for _ in 0..3 {
        sleep(Duration::from_millis(30)).await;
        let used = gateway.used()?;
        least = if used.descriptors < least.descriptors { used } else { least };
    }
    Ok(least)
}

/// Starts the attackers and waits for their report.
async fn attackers(attack: &Attack, gateway: &Gateway, time: Duration) -> Result<String> {
    let at: Vec<String> = gateway.addresses().iter().map(ToString::to_string).collect();
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "nice", "-n", "19"]).arg(std::env::current_exe()?);
    command.args(["abuse", "--attacker", attack.name, "--at", &at.join(",")]);
    command.args(["--process", &gateway.process().to_string(), "--seconds", &time.as_secs_f64().to_string()]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let child = command.spawn().context("cannot start the attackers with `setpriv` and `nice`")?;
    let output = timeout(time + BEYOND, child.wait_with_output()).await.context("the attackers did not end")??;
    ensure!(output.status.success(), "the attackers ended with {}", output.status);
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn take(facts: &mut Facts, seen: &Seen) {
    facts.during = [seen.messages.millis(0.5), seen.messages.millis(0.99), seen.messages.longest()];
    facts.peer = [seen.peer.millis(0.99), seen.peer.longest()];
    facts.handshake = [seen.handshakes.longest(), seen.peer_newcomers.longest()];
    facts.handshakes = [seen.handshakes.count(), seen.handshakes.lost];
    facts.messages = seen.messages.count();
    facts.lost += seen.messages.lost;
}

fn count(facts: &mut Facts, attack: &Attack, before: &Metrics, after: &Metrics) {
    let grown = |counted: &Counted| after.sum(counted) - before.sum(counted);
    facts.counted = attack.counted.iter().map(|counted| (counted.label(), grown(counted))).collect();
    facts.panics = grown(&Counted { metric: "tieline_panics_total", labels: &[] }) as usize;
}

/// Asks again and again whether the gateway is well, as a supervisor would.
struct Health {
    over: Arc<AtomicBool>,
    thread: JoinHandle<(usize, String)>,
}

impl Health {
    fn watch(gateway: &Gateway) -> Health {
        let over = Arc::new(AtomicBool::new(false));
        let (own, ask) = (over.clone(), gateway.asks());
        let thread = std::thread::spawn(move || {
            let mut unwell = (0, String::new());
            while !own.load(Ordering::Relaxed) {
                if let Err(error) = ask() {
                    unwell = (unwell.0 + 1, format!("{error:#}"));
                }
                pause(ASK);
            }
            unwell
        });
        Health { over, thread }
    }

    fn end(self) -> (usize, String) {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or((1, "the thread that asks has panicked".to_owned()))
    }
}
