//! The tables, in Markdown, and their parts of the page `docs/benchmarks.md`.
//!
//! Promises: writing one part leaves the others as they are. Called by `main` and `dicom`.

use crate::fanout::Figure;
use crate::figures::{Bound, Figures, OURS, Row};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

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
pub(crate) fn table<R: Row>(figures: &Figures<R>, targets: &[Column]) -> String {
    let names: Vec<&str> = targets.iter().map(|(name, _)| name.as_str()).collect();
    let yardstick = R::YARDSTICK;
    let mut out = format!("| figure | {} | {OURS} to {yardstick} | required | held |\n", names.join(" | "));
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
fn cell<R: Row>(figures: &Figures<R>, figure: R, name: &str) -> String {
    let Some(value) = figures.median(figure, name) else {
        return if figures.has_failed(figure, name) { "failed".into() } else { "–".into() };
    };
    let failed = if figures.has_failed(figure, name) { " (a round failed)" } else { "" };
    let ratio = match crate::figures::median(figures.ratios(figure, name)) {
        Some(ratio) if name != OURS && name != R::YARDSTICK => format!(" ({})", times(ratio)),
        _ => String::new(),
    };
    format!("{value:.0}{ratio}{failed}")
}

/// A ratio with as many digits as mean something.
fn times(ratio: f64) -> String {
    if ratio < 10.0 { format!("{ratio:.2}×") } else { format!("{ratio:.0}×") }
}

/// Our ratio to the yardstick: the median, and the lowest and highest of the rounds.
fn spread<R: Row>(figures: &Figures<R>, figure: R) -> String {
    let ratios = figures.ratios(figure, OURS);
    match (crate::figures::median(ratios.clone()), ratios.as_slice()) {
        (Some(median), [lowest, .., highest]) => format!("{median:.2}× ({lowest:.2}–{highest:.2})"),
        (Some(median), _) => format!("{median:.2}×"),
        _ => "–".into(),
    }
}

/// How many requirements held, and of how many.
pub(crate) fn verdicts<R: Row>(figures: &Figures<R>) -> (usize, usize) {
    let bounds = figures.rows().filter_map(|f| figures.holds(f));
    bounds.fold((0, 0), |(held, all), holds| (held + usize::from(holds), all + 1))
}

/// Writes one part of `docs/benchmarks.md`.
pub(crate) fn write(part: &str, text: &str) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("docs").join("benchmarks.md");
    let page = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let page = replaced(&page, part, text).with_context(|| format!("{}", path.display()))?;
    fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))
}

/// The page with this text between the mark of a part and the next mark, or the end.
fn replaced(page: &str, part: &str, text: &str) -> Result<String> {
    let mark = format!("<!-- part: {part} -->\n");
    let (before, after) = page.split_once(&mark).with_context(|| format!("there is no line {mark:?}"))?;
    let rest = after.find("<!-- part: ").map_or("", |at| &after[at..]);
    let gap = if rest.is_empty() { "" } else { "\n" };
    Ok(format!("{before}{mark}{text}{gap}{rest}"))
}

/// The part `fan-out` of the page.
pub(crate) fn page(figures: &Figures<Figure>, circumstances: &Circumstances) -> String {
    let Circumstances { machine, loads: [before, after], date, extent: (rounds, seconds), targets } = circumstances;
    let versions: String = targets.iter().map(|(name, version)| format!("- {name}: {version}\n")).collect();
    let (held, all) = verdicts(figures);
    let table = table(figures, targets);
    format!(
        "\
## One publisher, many subscribers

What it costs a server to hand one message to many subscribers: Tieline, through its dialect of FME streams, beside servers
that do nothing but relay. `cargo xtask bench --write` wrote this part.
Measured on {date}; {held} of {all} requirements held.

- machine: {machine}; load average {before} before and {after} after
- {rounds} rounds of {seconds} s for each load; paced loads three times as long, idle connections in two rounds only
{versions}
{table}
{READING}"
    )
}

const READING: &str = "\
### How to read it

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
- **Begun one by one.** A client opens streams of its own, each with a message, on one connection. Where each is as dear as the first,
  1,000 cost 400 % of 250. Peers relay to everybody, so there is nothing to begin.
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fanout::Part;

    fn circumstances() -> Circumstances {
        Circumstances {
            machine: "a machine".into(),
            loads: ["0.10".into(), "2.00".into()],
            date: "2031-01-31".into(),
            extent: (2, 1.5),
            targets: ["tieline", "bun", "ws"].map(|n| (n.into(), format!("{n} 1.0"))).into(),
        }
    }

    fn sample() -> Figures<Figure> {
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
        assert_eq!(table(&sample(), &circumstances().targets), expected);
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

    #[test]
    fn a_part_is_replaced_and_the_others_stay() {
        let page = "# Top\n<!-- part: a -->\nold\n\n<!-- part: b -->\nold too\n";
        let first = replaced(page, "a", "new\n").unwrap();
        assert_eq!(first, "# Top\n<!-- part: a -->\nnew\n\n<!-- part: b -->\nold too\n");
        let second = replaced(&first, "b", "newer\n").unwrap();
        assert_eq!(second, "# Top\n<!-- part: a -->\nnew\n\n<!-- part: b -->\nnewer\n");
        assert_eq!(replaced(&second, "b", "newer\n").unwrap(), second);
        assert!(replaced(page, "c", "").is_err());
    }
}
