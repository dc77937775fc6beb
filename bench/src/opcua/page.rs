//! The part `opcua` of the page `docs/benchmarks.md`.
//!
//! Called by `compare`.

use super::figure::Figure;
use crate::figures::Figures;
use crate::report::{Column, table, verdicts};
use tieline_bench_kit::machine;

/// Its text.
pub(crate) fn page(
    figures: &Figures<Figure>,
    targets: &[Column],
    rounds: usize,
    [before, after]: &[String; 2],
    date: &str,
) -> String {
    let versions: String = targets.iter().map(|(name, version)| format!("- {name}: {version}\n")).collect();
    let (held, all) = verdicts(figures);
    let (machine, table) = (machine::model(), table(figures, targets));
    format!(
        "\
## OPC UA variables to web clients

What it costs to bring the variables of an OPC UA server to web clients: Tieline, as `tieline run` with its OPC UA side, beside
a small Python bridge of ours that does it the usual way (`bench/peers/opcua_bridge.py`), both on the same server, which is
that of the tests (`tests/opcua/node_server.mjs`). `cargo xtask bench opcua --write` wrote this part.
Measured on {date}; {held} of {all} requirements held.

- machine: {machine}, loopback, nothing pinned; load average {before} before and {after} after
- {rounds} rounds
{versions}
{table}
{READING}"
    )
}

const READING: &str = "\
### How to read it

- **READ.** Each client asks for one variable, waits for the answer and asks for the next; no two clients ask for the same.
  CPU is that of the gateway or the bridge, not of the OPC UA server and the clients. Every answer has to hold a value.
- **Seconds for as many READs.** 100 % would be that 50 clients together get no more answers in a second than one alone.
- **Monitors started one by one.** One client begins to watch a variable when the start of the one before was answered; the
  time ends when every variable has told its value, half a second of which is the contract's own pause.
- **Changes.** Each variable counts up; every client has to hear every number of every variable, in order. What has not come
  when for 5 s nothing has come is lost; what comes twice or out of order fails the run.
- **Beyond the publishing interval.** The server reports changes ten times a second, so one may be up to 100 ms old when it
  leaves the server, however fast the rest is. The figure is the time from the server's own timestamp of the change until the
  client's read has returned, less those 100 ms; what comes sooner counts as 0. Variables change every 97 ms, so that changes
  come at any moment of the interval. With a thousand variables the time the server takes to change and to report them all
  is in it too, so nothing is required of that one.
- **The bridge.** It is one of ours, in the manner in which such bridges are written: one loop, a request is one Read, a variable
  is monitored once however many watch it. It has no limits, no reconnection and no history.
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::OURS;

    #[test]
    fn the_part_says_what_was_run_and_what_held() {
        let mut figures = Figures::default();
        figures.record(Figure::ReadCpu { clients: 50 }, OURS, 0, 20.0);
        figures.record(Figure::ReadCpu { clients: 50 }, "python", 0, 400.0);
        figures.record(Figure::ReadSlowdown, OURS, 0, 120.0);
        let targets = [(OURS.into(), "tieline 1.0".into()), ("python".into(), "Python 3".into())];
        let page = page(&figures, &targets, 3, &["0.10".into(), "1.00".into()], "2031-01-31");
        for part in [
            "Measured on 2031-01-31; 1 of 2 requirements held.",
            "- 3 rounds\n- tieline: tieline 1.0\n- python: Python 3\n",
            "| CPU µs per READ, 50 connections | 20 | 400 | 0.05× | ≤ 0.07× | yes |",
            "in % of those with 1 | 120 | – | – | ≤ 100 | **no** |",
        ] {
            assert!(page.contains(part), "{part:?} in {page}");
        }
    }
}
