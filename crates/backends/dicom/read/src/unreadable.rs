//! Why a file's header could not be read, in words that hold nothing of the file.
//!
//! Promises: neither a path, nor a value, nor a text of the file is in here. Counted by [`Unreadable::as_str`], shown to
//! people as its text.

use std::io::{Error, ErrorKind};

/// Why there is no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unreadable {
    /// It has no bytes.
    #[error("the file is empty; if it is still being written, it is read again when it grows")]
    Empty,
    /// It is something else.
    #[error("this is no DICOM file; narrow the `match` patterns if such files belong in the folder")]
    NotDicom,
    /// It begins with zeros, where even a preamble has letters behind it.
    #[error(
        "the file begins with nothing but zeros; whoever copies it has not written its beginning, it is read again when he does"
    )]
    Unwritten,
    /// It ends before its header does.
    #[error("the file ends in the middle of its header; if it is still being written, it is read again when it grows")]
    Cut,
    /// A folder, a pipe, a device.
    #[error("this is no ordinary file; export into the folder with ordinary files only")]
    NotAFile,
    /// It asks for more than this limit allows; the limit's name.
    #[error("the header is larger than the reader's limit `{0}`; the file is damaged or made to do harm")]
    TooLarge(&'static str),
    /// This part of it contradicts itself.
    #[error("the header is damaged: {0}; export the file again")]
    Malformed(&'static str),
    /// It is no longer there.
    #[error("the file is gone; something moved or removed it before it was read")]
    Gone,
    /// The system does not let us.
    #[error("the file may not be read; give the account that runs this program the right to read it")]
    Denied,
    /// The system's number of another error; 0 when it has none.
    #[error("the file cannot be read (system error {0}); check the disk or the network share")]
    Io(i32),
}

impl Unreadable {
    /// Whether it is not the file's fault, and may be over at the next try.
    pub fn passes(self) -> bool {
        matches!(self, Unreadable::Denied | Unreadable::Io(_))
    }

    /// Whether somebody may still be writing what is missing.
    pub fn may_be_written_on(self) -> bool {
        matches!(self, Unreadable::Empty | Unreadable::Cut | Unreadable::Unwritten)
    }

    /// One word for it: the label of the metric.
    pub fn as_str(self) -> &'static str {
        match self {
            Unreadable::Empty => "empty",
            Unreadable::NotDicom => "not_dicom",
            Unreadable::Unwritten => "unwritten",
            Unreadable::Cut => "cut",
            Unreadable::NotAFile => "not_a_file",
            Unreadable::TooLarge(_) => "too_large",
            Unreadable::Malformed(_) => "malformed",
            Unreadable::Gone => "gone",
            Unreadable::Denied => "denied",
            Unreadable::Io(_) => "io",
        }
    }
}

impl From<Error> for Unreadable {
    /// Files fail by what the system says, a deflated stream by its end or its contents.
    fn from(error: Error) -> Unreadable {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Unreadable::Gone,
            ErrorKind::PermissionDenied => Unreadable::Denied,
            ErrorKind::IsADirectory => Unreadable::NotAFile,
            ErrorKind::UnexpectedEof => Unreadable::Cut,
            ErrorKind::InvalidInput | ErrorKind::InvalidData => {
                Unreadable::Malformed("its deflated part does not inflate")
            }
            _ => Unreadable::Io(error.raw_os_error().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_the_systems_for_now_or_the_writers_for_now_or_the_files_for_good() {
        let all = [
            (Unreadable::Denied, true, false),
            (Unreadable::from(Error::from_raw_os_error(5)), true, false),
            // A stale handle of a network share.
            (Unreadable::from(Error::from_raw_os_error(116)), true, false),
            (Unreadable::Empty, false, true),
            (Unreadable::Unwritten, false, true),
            (Unreadable::Cut, false, true),
            (Unreadable::NotDicom, false, false),
            (Unreadable::Malformed(""), false, false),
            (Unreadable::TooLarge(""), false, false),
            (Unreadable::NotAFile, false, false),
            (Unreadable::Gone, false, false),
        ];
        for (reason, passes, written) in all {
            assert_eq!((reason.passes(), reason.may_be_written_on()), (passes, written), "{reason:?}");
        }
    }
}
