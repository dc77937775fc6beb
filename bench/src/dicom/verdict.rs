//! From a file's header to its verdict, in this process and in Python, over the same real files.
//!
//! Called by `steps`.

use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use tieline_bench_kit::peers::{Places, limited, output};
use tieline_dicom_judge::templates::{Origin, Templates, acquisition};
use tieline_dicom_judge::{Judge, Verdict};
use tieline_dicom_read::{ReadLimits, read};

/// How often Tieline and the peer go through the files: about a second each.
const ROUNDS: u32 = 1000;
const PEER_ROUNDS: u32 = 50;

/// CPU time of the peer for a file, in microseconds.
pub(crate) fn peer(places: &Places, python: &Path, files: &[PathBuf]) -> Result<f64> {
    let mut command = limited(120, python);
    command.args(["-B", "-W", "ignore"]).arg(places.script("dicom_verdicts.py")).arg(PEER_ROUNDS.to_string());
    let text = output("`dicom_verdicts.py`", command.args(files))?;
    text.parse().with_context(|| format!("`dicom_verdicts.py` printed {text:?}"))
}

/// CPU time of Tieline for a file, in microseconds; its store of templates goes to `work`.
pub(crate) fn ours(work: &Path, files: &[PathBuf]) -> Result<f64> {
    let mut judge = judge_of(&work.join("verdict-store"), files)?;
    // Once for what is opened or filled on first use only.
    judge_all(&mut judge, files)?;
    let before = thread_cpu()?;
    for _ in 0..ROUNDS {
        judge_all(&mut judge, files)?;
    }
    Ok((thread_cpu()? - before) as f64 / f64::from(ROUNDS) / files.len() as f64 / 1000.0)
}

/// A judge whose templates are the files' own parameters.
fn judge_of(folder: &Path, files: &[PathBuf]) -> Result<Judge> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let Origin::Store(mut store) = Origin::open(folder, "")? else {
        bail!("without a name templates are not the store's")
    };
    for file in files {
        let found = acquisition(store.key(), &read(file, &ReadLimits::default())?);
        let found = found.with_context(|| format!("{} names no study and sequence", file.display()))?;
        store.templates().record(vec![found], &[])?;
    }
    Ok(Judge::new(Templates::new(Origin::Store(store))))
}

fn judge_all(judge: &mut Judge, files: &[PathBuf]) -> Result<()> {
    for file in files {
        let judgement = judge.look(&read(file, &ReadLimits::default())?)?;
        ensure!(judgement.verdict == Verdict::Conforms, "{} differs from itself", file.display());
    }
    Ok(())
}

/// CPU time of this thread so far, in nanoseconds.
fn thread_cpu() -> Result<u64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let first = text.split(' ').next().unwrap_or_default();
    first.parse().with_context(|| format!("cannot read schedstat {text:?}"))
}
