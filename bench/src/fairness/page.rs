//! The part `fairness` of the page `docs/benchmarks.md`.
//!
//! Called by `compare`.

use super::figure::Figure;
use crate::figures::Figures;
use crate::report::{Circumstances, table, verdicts};

/// Its text.
pub(crate) fn page(figures: &Figures<Figure>, circumstances: &Circumstances) -> String {
    let Circumstances { machine, loads: [before, after], date, extent: (rounds, seconds), targets } = circumstances;
    let versions: String = targets.iter().map(|(name, version)| format!("- {name}: {version}\n")).collect();
    let (held, all) = verdicts(figures);
    let table = table(figures, targets);
    format!(
        "\
## Beside deflate bombs

What a well-behaved client notices while one other connection sends deflate bombs as fast as it is read: 16 KB each, which
inflate to 16 MB. `cargo xtask bench fairness --write` wrote this part.
Measured on {date}; {held} of {all} requirements held.

- machine: {machine}; load average {before} before and {after} after
- {rounds} rounds of {seconds} s
{versions}
{table}
{READING}"
    )
}

const READING: &str = "\
### How to read it

- **Latency.** One client says something every 5 ms and another hears it; one that takes longer counts also for those that were due
  meanwhile.
- **Bombs.** Every server gets the same bytes on a path from which nothing is relayed. What it does about them is its own
  choice: the three peers have their libraries' defaults for the size of a message. Who is thrown out comes again.
- [abuse.md](abuse.md) has the other attacks.
";
