//! Stand-in for the reader until it is merged.
use crate::Parameters;
use std::path::Path;
use tieline_model::Patient;
/// Header.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// P.
    pub parameters: Parameters,
    /// S.
    pub study: Patient<String>,
    /// C.
    pub complete: bool,
}
/// Limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadLimits {}
/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unreadable {
    /// N.
    #[error("not DICOM")]
    NotDicom,
    /// D.
    #[error("denied")]
    Denied,
    /// E.
    #[error("empty")]
    Empty,
    /// C.
    #[error("cut")]
    Cut,
    /// M.
    #[error("bad {0}")]
    Malformed(&'static str),
    /// G.
    #[error("gone")]
    Gone,
    /// I.
    #[error("io {0}")]
    Io(i32),
}
impl Unreadable {
    /// Word.
    pub fn as_str(self) -> &'static str {
        match self {
            Unreadable::NotDicom => "not_dicom",
            Unreadable::Denied => "denied",
            Unreadable::Empty => "empty",
            Unreadable::Cut => "cut",
            Unreadable::Malformed(_) => "malformed",
            Unreadable::Gone => "gone",
            Unreadable::Io(_) => "io",
        }
    }
}
/// Read.
pub fn read(_: &Path, _: &ReadLimits) -> Result<Header, Unreadable> {
    Err(Unreadable::NotDicom)
}
