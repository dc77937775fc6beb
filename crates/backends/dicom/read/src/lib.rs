//! Reads the header of a DICOM file: the 24 parameters and which study they belong to (contract `mr`).
//!
//! Promises: whatever the bytes are, a [`Header`] or an [`Unreadable`] comes out, within bounds of time and memory that
//! [`ReadLimits`] names; pixel data is never read, and what is not wanted is skipped; no error holds a word of the file.
//! Nothing here watches or judges: bytes may come from a folder or over a network. Called by the DICOM backend and its
//! command line, the judge (for what a header says), fuzzing and the benchmarks.
//!
//! Element headers, transfer syntaxes and character sets are dicom-rs's; the walk from element to element is ours, so
//! that a length is believed only after it was held against a limit and against what the file has left.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod csa;
mod found;
mod kind;
mod made;
mod names;
mod parameters;
mod private;
pub mod protocol;
#[cfg(test)]
mod tests;
mod text;
mod unreadable;
mod value;
mod walk;
mod wanted;
pub mod write;

pub use kind::SeriesKind;
pub use parameters::{Parameter, Parameters, Value};
pub use unreadable::Unreadable;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
use tieline_model::Patient;

/// What a file's header says.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// The 24 parameters.
    pub parameters: Parameters,
    /// Study Instance UID (0020,000D); empty when the header has none.
    pub study: Patient<String>,
    /// Series Instance UID (0020,000E); empty when the header has none.
    pub series: Patient<String>,
    /// SOP Instance UID (0008,0018), which names the image wherever it lies; empty when the header has none.
    pub image: Patient<String>,
    /// Instance Number (0020,0013): which image of its series it is.
    pub instance: Option<i64>,
    /// What kind of series it belongs to.
    pub kind: SeriesKind,
    /// What else may name the study.
    pub study_names: StudyNames,
    /// Whether the file is certainly all there: its pixel data, or the end of its data set when it has none, lies inside
    /// the file. False as well when that cannot be known: pixel data of undefined length, a deflated data set, padding in
    /// the place of pixel data. A file that ends too early is a header all the same when everything that is compared came
    /// before its end (the last of it are Siemens' texts of group 0051, or the groups of an enhanced image's first frame);
    /// else it is [`Unreadable::Cut`].
    pub complete: bool,
}

/// Elements besides Study Description that may name a study (contract `mr-verdicts`, "The name of a study"); none where
/// the header does not have the element, an empty text where it is empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StudyNames {
    /// Protocol Name (0018,1030).
    pub protocol_name: Option<Patient<String>>,
    /// Requested Procedure Description (0032,1060).
    pub requested_procedure: Option<Patient<String>>,
    /// Body Part Examined (0018,0015).
    pub body_part: Option<Patient<String>>,
}

impl Default for Header {
    /// A header that says nothing.
    fn default() -> Header {
        let none = || Patient::new(String::new());
        Header {
            parameters: Parameters::default(),
            study: none(),
            series: none(),
            image: none(),
            instance: None,
            kind: SeriesKind::Other,
            study_names: StudyNames::default(),
            complete: false,
        }
    }
}

/// How much one file may ask for. What goes beyond is [`Unreadable::TooLarge`], by the name of the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimits {
    /// Bytes of a Siemens CSA header.
    pub csa_bytes: u32,
    /// Bytes of any other value that is kept.
    pub text_bytes: u32,
    /// Sequences inside each other; never more than 128, whatever stands here.
    pub depth: usize,
    /// Element and item headers of one file, those in sequences too.
    pub elements: u64,
    /// Bytes read, or inflated, of one file; what is skipped does not count.
    pub header_bytes: u64,
}

impl Default for ReadLimits {
    /// Some ten times what real files need, and a fraction of a second for the worst of all files.
    fn default() -> ReadLimits {
        ReadLimits {
            csa_bytes: 16 << 20,
            text_bytes: 64 << 10,
            depth: 32,
            elements: 1_000_000,
            header_bytes: 128 << 20,
        }
    }
}

/// Reads the header of the file at this path.
pub fn read(path: &Path, limits: &ReadLimits) -> Result<Header, Unreadable> {
    // Asked before it is opened: a device may do something when it is opened.
    if !std::fs::metadata(path)?.is_file() {
        return Err(Unreadable::NotAFile);
    }
    let (file, length) = open(path)?;
    read_from(file, length, limits)
}

/// Opens an ordinary file, with its length. What was put in its place meanwhile is told by what is open: a named pipe does not
/// wait for its writer, a terminal does not become ours.
fn open(path: &Path) -> Result<(File, u64), Unreadable> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let opened = rustix::fs::open(path, flags, Mode::empty()).map_err(std::io::Error::from);
    let file = File::from(match opened {
        // A socket was put there.
        Err(error) if error.raw_os_error() == Some(Errno::NXIO.raw_os_error()) => return Err(Unreadable::NotAFile),
        opened => opened?,
    });
    let found = file.metadata()?;
    if found.is_file() { Ok((file, found.len())) } else { Err(Unreadable::NotAFile) }
}

/// Reads the header from a source that stands at its beginning and has this many bytes.
pub fn read_from(source: impl Read + Seek, length: u64, limits: &ReadLimits) -> Result<Header, Unreadable> {
    if length == 0 {
        return Err(Unreadable::Empty);
    }
    walk::header(source, length, limits)
}
