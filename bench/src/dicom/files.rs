//! The files that are written: real Siemens headers, with numbers of our own in them.
//!
//! Promises: any two files differ where the field's differ, in series and instance; making one costs as many bytes as its
//! numbers have. Called by the steps of this folder.

use anyhow::{Context, Result, ensure};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tieline_bench_kit::peers::{Places, limited, output};

/// What `bench/peers/dicom_patterns.py` puts where these numbers go.
const SERIES: &str = "777000001";
const FILE: &str = "888000001";

/// Siemens files with both CSA headers, of four scanner generations, below the folder of `cargo xtask test dicom`.
const REAL: [&str; 8] = [
    "nibabel/nibabel/nicom/tests/data/0.dcm",
    "nibabel/nibabel/nicom/tests/data/1.dcm",
    "heudiconv/heudiconv/tests/data/axasc35.dcm",
    "heudiconv/heudiconv/tests/data/phantom.dcm",
    "heudiconv/heudiconv/tests/data/b0dwiForFmap/b0dwi_for_fmap+00001.dcm",
    "heudiconv/heudiconv/tests/data/Phoenix/01+AA/01+AA+00001.dcm",
    "heudiconv/heudiconv/tests/data/01-fmap_acq-3mm/1.3.12.2.1107.5.2.43.66112.2016101409263663466202201.dcm",
    "heudiconv/heudiconv/tests/data/01-anat-scout/0001.dcm",
];

/// The real files on this machine.
pub(crate) fn real(places: &Places) -> Result<Vec<PathBuf>> {
    let folder = std::env::var_os("TIELINE_DICOM").map_or_else(|| places.target.join("dicom"), PathBuf::from);
    let files: Vec<PathBuf> = REAL.iter().map(|name| folder.join(name)).collect();
    for file in &files {
        ensure!(file.is_file(), "there is no {}: `cargo xtask test dicom` gets it", file.display());
    }
    Ok(files)
}

/// A file with places for its numbers.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    bytes: Vec<u8>,
    series: Vec<usize>,
    file: Vec<usize>,
}

/// The patterns there are.
#[derive(Debug, Clone)]
pub(crate) struct Patterns {
    /// 200 kB with both Siemens headers.
    pub(crate) full: Pattern,
    /// Less than 1 kB.
    pub(crate) tiny: Pattern,
}

impl Patterns {
    /// Makes them from the first of the real files.
    pub(crate) fn make(places: &Places, python: &Path, real: &Path) -> Result<Patterns> {
        let mut command = limited(60, python);
        command.args(["-B", "-W", "ignore"]).arg(places.script("dicom_patterns.py")).arg(real).arg(&places.work);
        output("`dicom_patterns.py`", &mut command)?;
        let read = |name: &str| {
            let path = places.work.join(name);
            fs::read(&path).map(Pattern::of).with_context(|| format!("cannot read {}", path.display()))
        };
        Ok(Patterns { full: read("full.dcm")?, tiny: read("tiny.dcm")? })
    }
}

impl Pattern {
    fn of(bytes: Vec<u8>) -> Pattern {
        let find = |marker: &str| {
            let windows = bytes.windows(marker.len()).enumerate();
            windows.filter(|(_, window)| *window == marker.as_bytes()).map(|(at, _)| at).collect()
        };
        Pattern { series: find(SERIES), file: find(FILE), bytes }
    }

    /// The file with these numbers, both below 10^8.
    pub(crate) fn with(&mut self, series: u32, file: u32) -> &[u8] {
        for (places, first, number) in [(&self.series, '7', series), (&self.file, '8', file)] {
            let digits = format!("{first}{number:08}");
            for at in places {
                self.bytes[*at..*at + digits.len()].copy_from_slice(digits.as_bytes());
            }
        }
        &self.bytes
    }
}

/// Writes a file in one go; gives the moment just before it was closed.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<Instant> {
    let mut file = File::create(path).with_context(|| format!("cannot make {}", path.display()))?;
    file.write_all(bytes).with_context(|| format!("cannot write {}", path.display()))?;
    let closed = Instant::now();
    drop(file);
    Ok(closed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_into_their_places_again_and_again() {
        let mut pattern = Pattern::of(format!("a{SERIES}b{FILE}c{SERIES}").into_bytes());
        assert_eq!(pattern.with(12, 3), b"a700000012b800000003c700000012");
        assert_eq!(pattern.with(99_999_999, 0), b"a799999999b800000000c799999999");
    }
}
