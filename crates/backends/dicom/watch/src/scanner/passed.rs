//! Files whose names `match` passes over: counted, and told once for each watched folder and kind of name (contract
//! `mr-verdicts`, "What is remembered"), so that a site sees that its pattern misses what its scanner writes.
//!
//! Promises: no name is told, since names of files name patients, but what kind of name it is: a well-known ending, or the
//! shape, with `a` for letters, `9` for digits and `+` for other signs; never more kinds than the bound. Kept by the scanner.

use std::collections::HashSet;
use std::ffi::OsStr;
use tieline_model::Safe;
use tieline_telemetry::events::NamesPassedOver;

/// Kinds that are told.
const KINDS: usize = 1_000;
/// The longest shape.
const LONGEST: usize = 24;
/// Endings that say nothing of a patient.
const ENDINGS: &[&str] = &[
    "bval", "bvec", "csv", "dcm", "dicom", "filepart", "gz", "hdr", "ima", "img", "jpg", "json", "log", "nii", "par",
    "part", "pdf", "png", "rec", "tar", "tif", "tmp", "tsv", "txt", "xml", "zip",
];

/// What was passed over.
#[derive(Default)]
pub(crate) struct Passed {
    told: HashSet<(usize, String)>,
}

impl Passed {
    /// A file of this name was passed over below this folder of the plan.
    pub(crate) fn over(&mut self, root: usize, name: &OsStr) {
        let kind = kind(name);
        let Some(names) = Safe::name(&kind) else { return };
        if self.told.len() < KINDS && self.told.insert((root, kind)) {
            NamesPassedOver { watch: root as u64 + 1, names }.emit();
        }
    }
}

/// What kind of name this is, in letters that are the same for every patient.
fn kind(name: &OsStr) -> String {
    let name = name.to_string_lossy();
    if let Some((_, ending)) = name.rsplit_once('.')
        && let Some(known) = ENDINGS.iter().find(|known| ending.eq_ignore_ascii_case(known))
    {
        // Patterns know capitals from small letters.
        return if ending == *known { format!(".{known}") } else { format!(".{}", known.to_uppercase()) };
    }
    let mut shape = String::new();
    for letter in name.chars() {
        let sign = match letter {
            '0'..='9' => '9',
            '.' | '-' | '_' => letter,
            letter if letter.is_alphanumeric() => 'a',
            _ => '+',
        };
        if !shape.ends_with(sign) {
            shape.push(sign);
        }
        if shape.len() >= LONGEST {
            break;
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn a_kind_holds_nothing_of_a_name() {
        let cases: [(&[u8], &str); 10] = [
            (b"Smith_John.txt", ".txt"),
            (b"Smith_John.DCM", ".DCM"),
            (b"Smith_John.Dcm", ".DCM"),
            (b"i000123.MRDC.7", "a9.a.9"),
            (b"IM.Smith", "a.a"),
            (b"M\xc3\xbcller^Eva 1980", "a+a+9"),
            (b"\xff\xfe", "+"),
            (b"1.3.12.2.1107.5.2.43.167092", "9.9.9.9.9.9.9.9.9"),
            (b"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", "a9a9a9a9a9a9a9a9a9a9a9a9"),
            (b"", ""),
        ];
        for (name, expected) in cases {
            let kind = kind(OsStr::from_bytes(name));
            assert_eq!(kind, expected, "{name:?}");
            assert!(kind.is_empty() || Safe::name(&kind).is_some(), "{name:?}");
        }
    }

    #[test]
    fn each_kind_is_told_once_a_folder() {
        let mut passed = Passed::default();
        for name in ["a.txt", "b.txt", "c1", "d22"] {
            passed.over(0, OsStr::new(name));
        }
        passed.over(1, OsStr::new("e.txt"));
        assert_eq!(passed.told.len(), 3);
        for number in 0..2 * KINDS {
            passed.over(number, OsStr::new("a.txt"));
        }
        assert_eq!(passed.told.len(), KINDS);
    }
}
