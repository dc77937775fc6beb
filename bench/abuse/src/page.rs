//! The table of attacks, on standard output and as the page `docs/abuse.md`.
//!
//! Called by `attack_all`.

use super::attack::Attack;
use super::verdict::{Broken, Facts};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

const MIB: u64 = 1 << 20;

/// What became of one attack.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Which.
    pub(crate) attack: &'static Attack,
    /// What was measured; none if it could not be.
    pub(crate) facts: Option<Facts>,
    /// Which bounds were broken.
    pub(crate) broken: Vec<Broken>,
    /// What else is to be said: keys that are not there, a second try.
    pub(crate) notes: Vec<String>,
}

impl Outcome {
    /// Whether every bound held.
    pub(crate) fn holds(&self) -> bool {
        self.facts.is_some() && self.broken.is_empty()
    }
}

/// The table in Markdown, and below it what did not hold.
pub(crate) fn table(outcomes: &[Outcome]) -> String {
    let mut out = String::from(
        "| attack | before p50/p99 ms | during p50/p99/max ms | peer p99/max ms | jitter ms | slowest handshake ms | \
         RSS before/peak/after MB | descriptors | counted as | verdict |\n|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for outcome in outcomes {
        out.push_str(&row(outcome));
    }
    for outcome in outcomes {
        let said = outcome.broken.iter().map(ToString::to_string).chain(outcome.notes.iter().cloned());
        let said: Vec<String> = said.map(|text| text.replace('\n', " ")).collect();
        if !said.is_empty() {
            out.push_str(&format!("\n- `{}`: {}", outcome.attack.name, said.join("; ")));
        }
    }
    out.push('\n');
    out
}

fn row(outcome: &Outcome) -> String {
    let name = outcome.attack.name;
    let Some(facts) = &outcome.facts else { return format!("| {name} | | | | | | | | | **could not run** |\n") };
    let verdict = if outcome.holds() {
        "held".to_owned()
    } else {
        let mut bounds: Vec<&str> = outcome.broken.iter().map(|broken| broken.bound).collect();
        bounds.dedup();
        format!("**broken: {}**", bounds.join(", "))
    };
    let counted: Vec<String> = facts.counted.iter().map(|(label, grown)| format!("{label}: {grown:.0}")).collect();
    let counted = if outcome.attack.counted.is_empty() { "served as asked".to_owned() } else { counted.join(", ") };
    let ([p50, p99], [d50, d99, longest]) = (facts.before, facts.during);
    let ([peer99, peer_longest], [handshake, peer_handshake]) = (facts.peer, facts.handshake);
    let [before, peak, after] = facts.resident.map(|bytes| bytes / MIB);
    let [open, left] = facts.descriptors;
    let jitter = facts.jitter;
    format!(
        "| {name} | {p50:.1} / {p99:.1} | {d50:.1} / {d99:.1} / {longest:.1} | {peer99:.1} / {peer_longest:.1} | {jitter:.1} | \
         {handshake:.1} (peer {peer_handshake:.1}) | {before} / {peak} / {after} | {open} / {left} | {counted} | {verdict} |\n"
    )
}

/// One line for people who wait.
pub(crate) fn progress(outcome: &Outcome) -> String {
    match &outcome.facts {
        None => format!("could not run: {}", outcome.broken.iter().map(ToString::to_string).collect::<String>()),
        Some(facts) if outcome.broken.is_empty() => {
            let [_, p99, longest] = facts.during;
            format!("held: p99 {p99:.1} ms, longest {longest:.1} ms, {} MB at most", facts.resident[1] / MIB)
        }
        Some(_) => {
            let broken: Vec<String> = outcome.broken.iter().map(ToString::to_string).collect();
            format!("BROKEN: {}", broken.join("; "))
        }
    }
}

/// What each attack is, in a table.
pub(crate) fn list(attacks: &[&Attack]) -> String {
    let row = |attack: &&Attack| {
        let ports: Vec<&str> = attack.ports.iter().map(|port| port.name()).collect();
        let counted: Vec<String> = attack.counted.iter().map(|counted| counted.label()).collect();
        let counted = if counted.is_empty() { "served as asked".to_owned() } else { counted.join(", ") };
        format!("| {} | {} | {} | {counted} |\n", attack.name, attack.what, ports.join(", "))
    };
    let rows: String = attacks.iter().map(row).collect();
    format!("| attack | what it does | to | counted as |\n|---|---|---|---|\n{rows}")
}

/// What is said around the tables.
#[derive(Debug)]
pub(crate) struct Circumstances {
    /// The processor, its cores and the kernel.
    pub(crate) machine: String,
    /// Load averages before and after.
    pub(crate) loads: [String; 2],
    /// The day.
    pub(crate) date: String,
    /// What the program calls its version.
    pub(crate) version: String,
    /// Seconds each attack goes on.
    pub(crate) seconds: f64,
}

/// Writes `docs/abuse.md`.
pub(crate) fn write(outcomes: &[Outcome], circumstances: &Circumstances) -> Result<()> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("these sources are in no checkout")?;
    let path = top.join("docs/abuse.md");
    fs::write(&path, page(outcomes, circumstances)).with_context(|| format!("cannot write {}", path.display()))
}

fn page(outcomes: &[Outcome], circumstances: &Circumstances) -> String {
    let Circumstances { machine, loads: [before, after], date, version, seconds } = circumstances;
    let held = outcomes.iter().filter(|outcome| outcome.holds()).count();
    let attacks: Vec<&Attack> = outcomes.iter().map(|outcome| outcome.attack).collect();
    let (table, list, all) = (table(outcomes), list(&attacks), outcomes.len());
    format!(
        "\
# Attacks

What well-behaved clients notice while others attack the gateway, and what is left when those have gone.
`cargo xtask abuse --write` wrote this page; `cargo xtask test abuse` runs the same attacks for a short time each.
Measured on {date}; {held} of {all} attacks were withstood.

- {version}, two threads that serve clients, but six for `slow-readers` and `pressure`
- machine: {machine}, loopback, nothing pinned; load average {before} before and {after} after
- {seconds} s for each attack, some of them longer, each on a gateway of its own
- times in ms

{table}
{READING}
## The attacks

{list}"
    )
}

const READING: &str = "\
## How to read it

- **Before, during.** Eight clients in four pairs, of a dialect that is not attacked, say something to each other every 5 ms; the
  time is from saying to hearing, in the same process. One that takes longer than 5 ms counts also for those that were due
  meanwhile. Whatever does not arrive within 12 s breaks the bound `served`.
- **Slowest handshake.** Twenty times a second somebody new connects to that dialect and makes a WebSocket handshake.
- **Peer.** Beside the gateway runs a server that sends back what it gets and that nobody attacks; two clients ask it every 5 ms
  and twenty newcomers come a second, all in the same process as the others. What they wait for is the machine's doing. Jitter is how late a
  thread of that process was woken that only sleeps. A bound of time counts beyond these: p99 beyond the peer's p99, the longest and the handshakes beyond the
  longest of the peer and the jitter.
- **Bounds.** p99 at most 20 ms, or 10 times that of before, less the peer's before, if that is more; none longer than 250 ms; handshakes within 500 ms;
  RSS at most `access.limits.memory` and 256 MB, and within 64 MB of before at the latest 30 s after the attackers left; descriptors back to
  what they were; no panic; `/healthz` answers `ok` within 5 s all the time; told to stop, the gateway ends with 0 within 15 s.
- **Counted as.** Numbers of `/metrics` that have to have grown, and by how much.
- **Attackers** are one process with the lowest priority (`nice -n 19`), so that its work does not keep the others from theirs. They come
  from an address of their own.
- **In short runs** times may be ten times as long, and an attack after which a bound is broken is run once more, unless the gateway ended or panicked; it is broken if one is broken again.
  Everything else has to hold at once.
";

#[cfg(test)]
mod tests {
    use super::super::table::named;
    use super::super::verdict::{BOUNDS, judge};
    use super::*;

    fn outcome(facts: Facts) -> Outcome {
        let broken = judge(&facts, &BOUNDS);
        Outcome { attack: named("idle").unwrap(), facts: Some(facts), broken, notes: vec!["no key x".to_owned()] }
    }

    #[test]
    fn a_broken_bound_is_seen_in_the_row_and_told_below() {
        let table = table(&[outcome(Facts { lost: 3, stopped: Some(0), ..Facts::default() })]);
        assert!(table.contains("**broken: served, newcomers, attack**"), "{table}");
        assert!(table.contains("- `idle`: served: 0 messages arrived, 3 never did"), "{table}");
        assert!(table.contains("no key x"), "{table}");
    }

    #[test]
    fn what_could_not_run_did_not_hold() {
        let lost = Outcome { attack: named("idle").unwrap(), facts: None, broken: Vec::new(), notes: Vec::new() };
        assert!(!lost.holds() && row(&lost).contains("**could not run**"));
    }
}
