//! The one table, in Markdown, and the page it stands on.
//!
//! Called by `main`.

use crate::figures::{Bound, Figure, Figures, OURS, YARDSTICK};

/// A target's name and its version, or why it is missing.
pub(crate) type Column = (String, String);

/// What is said around the table.
#[derive(Debug)]
pub(crate) struct Circumstances {
    /// The processor, its cores and the kernel.
    pub(crate) machine: String,
    /// Load averages before and after.
    pub(crate) loads: [String; 2],
    /// The day, as 2031-01-31.
    pub(crate) date: String,
    /// How many rounds, and how many seconds each load was measured.
    pub(crate) extent: (usize, f64),
    /// Every target's column.
    pub(crate) targets: Vec<Column>,
}

/// The table, and below it whatever could not be measured.
pub(crate) fn table(figures: &Figures, circumstances: &Circumstances) -> String {
    let names: Vec<&str> = circumstances.targets.iter().map(|(name, _)| name.as_str()).collect();
    let mut out = format!("| figure | {} | {OURS} to {YARDSTICK} | required | held |\n", names.join(" | "));
    out.push_str(&format!("|---|{}\n", "---:|".repeat(names.len() + 3)));
    for figure in figures.rows() {
        let cells: Vec<String> = names.iter().map(|name| cell(figures, figure, name)).collect();
        let required = match figure.bound() {
            Some(Bound::Ratio(most)) => format!("≤ {most:.2}×"),
            Some(Bound::Value(most)) => format!("≤ {most:.0}"),
            None => String::new(),
        };
        let held = match figures.holds(figure) {
            Some(true) => "yes",
            Some(false) if figures.median(figure, OURS).is_none() && !figures.has_failed(figure, OURS) => {
                "not measured"
            }
            Some(false) => "**no**",
            None => "",
        };
        let (label, cells, ratio) = (figure.label(), cells.join(" | "), spread(figures, figure));
        out.push_str(&format!("| {label} | {cells} | {ratio} | {required} | {held} |\n"));
    }
    for note in &figures.notes {
        out.push_str(&format!("\nNot measured: {}\n", note.replace('\n', " ")));
    }
    out
}

/// A target's median, and for the other peers its ratio to the yardstick.
fn cell(figures: &Figures, figure: Figure, name: &str) -> String {
    let Some(value) = figures.median(figure, name) else {
        return if figures.has_failed(figure, name) { "failed".into() } else { "–".into() };
    };
    let failed = if figures.has_failed(figure, name) { " (a round failed)" } else { "" };
    let ratio = match crate::figures::median(figures.ratios(figure, name)) {
        Some(ratio) if name != OURS && name != YARDSTICK => format!(" ({})", times(ratio)),
        _ => String::new(),
    };
    format!("{value:.0}{ratio}{failed}")
}

/// A ratio with as many digits as mean something.
fn times(ratio: f64) -> String {
    if ratio < 10.0 { format!("{ratio:.2}×") } else { format!("{ratio:.0}×") }
}

/// Our ratio to the yardstick: the median, and the lowest and highest of the rounds.
fn spread(figures: &Figures, figure: Figure) -> String {
    let ratios = figures.ratios(figure, OURS);
    match (crate::figures::median(ratios.clone()), ratios.as_slice()) {
        (Some(median), [lowest, .., highest]) => format!("{median:.2}× ({lowest:.2}–{highest:.2})"),
        (Some(median), _) => format!("{median:.2}×"),
        _ => "–".into(),
    }
}

/// The whole page `docs/benchmarks.md`.
pub(crate) fn page(figures: &Figures, circumstances: &Circumstances) -> String {
    let Circumstances { machine, loads: [before, after], date, extent: (rounds, seconds), targets } = circumstances;
    let versions: String = targets.iter().map(|(name, version)| format!("- {name}: {version}\n")).collect();
    let bounds = figures.rows().filter_map(|f| figures.holds(f));
    let (held, all) = bounds.fold((0, 0), |(held, all), holds| (held + usize::from(holds), all + 1));
    let table = table(figures, circumstances);
    format!(
        "\
# Benchmarks: one publisher, many subscribers

What it costs a server to hand one message to many subscribers: Tieline, through its dialect of FME streams, beside servers
that do nothing but relay. {INTRODUCTION}
Measured on {date}; {held} of {all} requirements held.

- machine: {machine}; load average {before} before and {after} after
- {rounds} rounds of {seconds} s for each load; paced loads three times as long, idle connections in two rounds only
{versions}
{table}
{READING}"
    )
}

const INTRODUCTION: &str = "The program in `bench/` wrote this page: `cargo run --release -p tieline-bench -- --write`.
With `--check` it exits with 1 when a requirement is not held; with `--quick` it takes one short round.";

const READING: &str = "\
## How to read it

- **Figure.** N subscribers; the publisher writes W messages at once and waits until every subscriber has all of them, then
  writes the next W. The figure is the CPU time of the server for one delivered message, from `schedstat` of all its threads.
  The server is pinned to one core and the clients to others; the clients never sleep, so nobody pays for waking them. Each
  number is the median over rounds.
- **Ratio.** In each round every server does a step before the next step begins. A ratio is taken within a round; the table
  gives the median and, in brackets, the lowest and highest round. Absolute numbers follow the machine and what else runs on
  it; ratios much less.
- **Checked.** Every subscriber checks number, order and length of every message; with compression one in 25 inflates and
  checks, and the others count. A lost, doubled or reordered message fails the run.
- **Same work.** A peer relays what comes on one path to everyone on another, with its library's own means of broadcasting.
  Tieline reads JSON and looks up who shares a stream, with its defaults except for the limits of connections, which are
  switched off.
- **Why one system call counts more than anything.** A short message over loopback costs a few µs in the kernel, whoever sends it.
  With W=1 that is nearly all there is, so no server can be far below another. With W=16 a server that joins messages pays
  once for 16.
- **Deflate.** A peer compresses for every subscriber; Tieline compresses once and shares the frame, which forbids it a
  dictionary that lasts from message to message: compare the bytes on the wire.
- **Paced.** Here clients sleep between messages. At N=1000 half of the latency is the burst of sends itself, one after the
  other.
- **Idle.** Growth of resident memory of the process; memory the kernel keeps for sockets is not in it. Every connection has
  been opened and subscribed, and one ping on it was answered. Memory of a language with a garbage collector depends on when it collects.
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Part;

    fn circumstances() -> Circumstances {
        Circumstances {
            machine: "a machine".into(),
            loads: ["0.10".into(), "2.00".into()],
            date: "2031-01-31".into(),
            extent: (2, 1.5),
            targets: ["tieline", "bun", "ws"].map(|n| (n.into(), format!("{n} 1.0"))).into(),
        }
    }

    fn sample() -> Figures {
        let w16 = Figure::Saturate { n: 1000, burst: 16, size: 256 };
        let mut figures = Figures::default();
        for (round, [ours, bun, ws]) in [[200.0, 250.0, 5000.0], [240.0, 250.0, 5100.0]].into_iter().enumerate() {
            figures.record(w16, "tieline", round, ours);
            figures.record(w16, "bun", round, bun);
            figures.record(w16, "ws", round, ws);
        }
        let p99 = Figure::Paced { n: 100, rate: 200, part: Part::Most };
        figures.record(p99, "bun", 0, 1000.0);
        figures.fail(&[p99], "tieline", "tieline, round 1: message 3\nlost".into());
        figures
    }

    #[test]
    fn the_table_has_medians_ratios_and_verdicts() {
        let expected = "\
| figure | tieline | bun | ws | tieline to bun | required | held |
|---|---:|---:|---:|---:|---:|---:|
| CPU ns per delivery, N=1000 W=16 256 B | 220 | 250 | 5050 (20×) | 0.88× (0.80–0.96) | ≤ 0.95× | yes |
| latency µs p99, paced, N=100 200/s | failed | 1000 | – | – | ≤ 1.10× | **no** |

Not measured: tieline, round 1: message 3 lost
";
        assert_eq!(table(&sample(), &circumstances()), expected);
    }

    #[test]
    fn the_page_says_what_was_run_and_what_held() {
        let page = page(&sample(), &circumstances());
        for part in [
            "Measured on 2031-01-31; 1 of 2 requirements held.",
            "- tieline: tieline 1.0\n- bun: bun 1.0",
            "- 2 rounds of 1.5 s",
        ] {
            assert!(page.contains(part), "{part:?} in {page}");
        }
    }
}
