//! The part `mr` of the page `docs/benchmarks.md`.
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
## New DICOM files to verdicts

What it takes until a new DICOM file's verdict is at a browser: Tieline, as `tieline run` with its MR side, beside a Python
script of ours that does it the usual way (`bench/peers/dicom_watch.py`).
`cargo xtask bench mr --million --write` wrote this part.
Measured on {date}; {held} of {all} requirements held.

- machine: {machine}, files in memory (tmpfs), nothing pinned; load average {before} before and {after} after
- {rounds} rounds; memory in one
{versions}
{table}
{READING}"
    )
}

const READING: &str = "\
### How to read it

- **Files.** Headers are those of a real Siemens file with the person, the series' and the file's numbers replaced; `full` files
  have 200 kB, tiny ones less than 1 kB. For the first figure eight real files are read as they are.
- **Header to verdict.** CPU time of one thread over real files that the kernel has in memory. Python reads with pydicom's
  `stop_before_pixels` and nibabel's CSA reader. Both compare with a template in memory.
- **close() to the frame.** A writer closes one file and waits for its frame at a WebSocket client, rests a while, and writes the
  next; every tenth begins a series. It is the time from before close() until the client's read has returned.
- **Flood.** One series, written by one thread as fast as it can. Every frame has to come, in order.
- **Lost.** Each file is a series of its own, so its frame names it. Whatever is not told of when for 5 s no frame has come counts
  as lost, even if a later scan of the folder would find it. A file that is told of twice fails the run.
- **Memory.** Hard links to one tiny file in folders of 10,000, never more than some thousand ahead of the verdicts.
- **The script.** It is one of ours, in the manner in which such scripts are written: one loop, one folder watched after the
  other, a folder that appears watched when it is told of. It has no counters and no scan.
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::OURS;

    #[test]
    fn the_part_says_what_was_run_and_what_held() {
        let mut figures = Figures::default();
        figures.record(Figure::FrameHalf, OURS, 0, 250.0);
        figures.record(Figure::FrameHalf, "python", 0, 5000.0);
        figures.record(Figure::FrameMost, OURS, 0, 6000.0);
        let targets = [(OURS.into(), "tieline 1.0".into()), ("python".into(), "Python 3".into())];
        let page = page(&figures, &targets, 3, &["0.10".into(), "1.00".into()], "2031-01-31");
        for part in [
            "Measured on 2031-01-31; 1 of 2 requirements held.",
            "- 3 rounds; memory in one\n- tieline: tieline 1.0\n- python: Python 3\n",
            "| figure | tieline | python | tieline to python | required | held |",
            "| µs from close() to the frame, p50 | 250 | 5000 | 0.05× | ≤ 500 | yes |",
            "| µs from close() to the frame, p99 | 6000 | – | – | ≤ 5000 | **no** |",
        ] {
            assert!(page.contains(part), "{part:?} in {page}");
        }
    }
}
