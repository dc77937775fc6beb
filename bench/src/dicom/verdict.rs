//! From a file's header to its verdict, in this process and in Python, over the same real files.
//!
//! Called by `steps`.

use crate::peers::{Places, limited, output};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// How often the peer goes through the files: some seconds.
const PEER_ROUNDS: u32 = 50;

/// CPU time of the peer for a file, in microseconds.
pub(crate) fn peer(places: &Places, python: &Path, files: &[PathBuf]) -> Result<f64> {
    let mut command = limited(120, python);
    command.args(["-B", "-W", "ignore"]).arg(places.script("dicom_verdicts.py")).arg(PEER_ROUNDS.to_string());
    let text = output("`dicom_verdicts.py`", command.args(files))?;
    text.parse().with_context(|| format!("`dicom_verdicts.py` printed {text:?}"))
}

/// CPU time of Tieline for a file, in microseconds.
pub(crate) fn ours(_files: &[PathBuf]) -> Result<f64> {
    anyhow::bail!("not joined yet")
}
