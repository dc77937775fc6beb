//! Which file names are taken for DICOM (contract `mr`, "Which files").
//!
//! Promises: names are bytes, so one that is not UTF-8 is matched like any other; upper and lower case differ. Asked for
//! every name that is met, before the file itself is looked at.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use std::ffi::OsStr;

/// The names of files to judge.
#[derive(Debug, Clone, Default)]
pub struct Patterns(Names);

#[derive(Debug, Clone, Default)]
enum Names {
    /// The contract's: `MR` and one more character at the beginning, or one character and `dcm` or `IMA` at the end.
    #[default]
    Contract,
    /// A site's own.
    Globs(GlobSet),
}

/// A pattern that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("pattern {number} (`{pattern}`) cannot be read: {reason}; `*` stands for any text, `?` for one character")]
pub struct PatternError {
    /// Which one in the list, from 1.
    pub number: usize,
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Patterns {
    /// These patterns in place of the contract's; none at all: the contract's. `*` stands for any text, `?` for one
    /// byte, `[…]` for one of several, `{…,…}` for alternatives; `\` takes the meaning from the character after it.
    pub fn new<T: AsRef<str>>(patterns: &[T]) -> Result<Patterns, PatternError> {
        if patterns.is_empty() {
            return Ok(Patterns::default());
        }
        let mut globs = GlobSetBuilder::new();
        let unreadable = |number, pattern: &str, error: globset::Error| PatternError {
            number,
            pattern: pattern.to_owned(),
            reason: error.kind().to_string(),
        };
        for (pattern, number) in patterns.iter().zip(1..) {
            let pattern = pattern.as_ref();
            let glob = GlobBuilder::new(pattern).backslash_escape(true).build();
            globs.add(glob.map_err(|error| unreadable(number, pattern, error))?);
        }
        let globs = globs.build().map_err(|error| unreadable(patterns.len(), "all together", error))?;
        Ok(Patterns(Names::Globs(globs)))
    }

    /// Whether a file of this name (without its folders) is to be judged.
    pub fn matches(&self, name: &OsStr) -> bool {
        match &self.0 {
            Names::Globs(globs) => globs.is_match(name),
            Names::Contract => {
                let name = name.as_encoded_bytes();
                let ends = |end: &[u8]| name.len() > end.len() && name.ends_with(end);
                (name.starts_with(b"MR") && name.len() > 2) || ends(b"dcm") || ends(b"IMA")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn the_contracts_names() {
        let names = Patterns::default();
        for name in ["MR1", "MR.", "MRIm", "a.dcm", "xdcm", ".dcm", "a.IMA", "xIMA", "MRdcm"] {
            assert!(names.matches(OsStr::new(name)), "{name}");
        }
        for name in ["MR", "dcm", "IMA", "mr1", "a.DCM", "a.ima", "a.dcm.tmp", "xMR1", ""] {
            assert!(!names.matches(OsStr::new(name)), "{name}");
        }
        assert!(names.matches(OsStr::from_bytes(b"\xff\xfe.dcm")));
        assert!(names.matches(OsStr::from_bytes(b"MR\xff")));
    }

    #[test]
    fn a_sites_own_names_replace_them() {
        let names = Patterns::new(&["*.img", "s?ries"]).unwrap();
        for name in [b"a.img".as_slice(), b".img", b"series", b"s\xffries", b"\xfe.img", b"line\nbreak.img"] {
            assert!(names.matches(OsStr::from_bytes(name)), "{name:?}");
        }
        for name in ["a.dcm", "sries", "a.IMG", "a.img2"] {
            assert!(!names.matches(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_read_is_named() {
        let error = Patterns::new(&["*.dcm", "a[b"]).unwrap_err();
        assert_eq!((error.number, error.pattern.as_str()), (2, "a[b"));
        assert!(error.to_string().starts_with("pattern 2 (`a[b`) cannot be read: "), "{error}");
    }
}
