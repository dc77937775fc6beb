//! Texts by the character set that the file names (0008,0005), with changes of the set inside a text (ISO 2022).
//!
//! Promises: nothing fails: an unknown set is read as Latin-1, and what a set does not have is replaced. The sets
//! themselves are dicom-rs's. Called at the end of the walk.

use super::names;
use super::value::latin;
use dicom_encoding::text::{SpecificCharacterSet, TextCodec};

const ESCAPE: u8 = 0x1B;
/// What ends the reach of a change: the set is the first one again behind it.
const ENDS: &[u8] = b"\\^=\r\n\t\x0C";

/// What a file's texts are written in.
pub(super) struct Charset {
    first: Set,
}

/// One set.
#[derive(Debug, Clone, PartialEq)]
enum Set {
    Latin,
    /// Latin-1 with other characters in the place of some: Turkish (ISO 8859-9), Latin-9 (ISO 8859-15).
    Almost(&'static [(u8, char)]),
    /// Too common for more than one copy.
    Utf8,
    Other(SpecificCharacterSet),
}

const TURKISH: &[(u8, char)] = &[(0xD0, 'Ğ'), (0xDD, 'İ'), (0xDE, 'Ş'), (0xF0, 'ğ'), (0xFD, 'ı'), (0xFE, 'ş')];
const LATIN_9: &[(u8, char)] =
    &[(0xA4, '€'), (0xA6, 'Š'), (0xA8, 'š'), (0xB4, 'Ž'), (0xB8, 'ž'), (0xBC, 'Œ'), (0xBD, 'œ'), (0xBE, 'Ÿ')];

/// What an escape sequence changes to: the bytes behind the escape, the set, and whether this set's decoder wants to see
/// the escape and reads beyond delimiters, since its characters hold such bytes.
const CHANGES: &[(&[u8], &str, bool)] = &[
    (b"(B", "ISO_IR 6", false),
    (b"-A", "ISO_IR 100", false),
    (b"-B", "ISO_IR 101", false),
    (b"-C", "ISO_IR 109", false),
    (b"-D", "ISO_IR 110", false),
    (b"-F", "ISO_IR 126", false),
    (b"-G", "ISO_IR 127", false),
    (b"-H", "ISO_IR 138", false),
    (b"-L", "ISO_IR 144", false),
    (b"-M", "ISO_IR 148", false),
    (b"-b", "ISO_IR 203", false),
    (b"-T", "ISO_IR 166", false),
    (b"(J", "ISO_IR 13", false),
    (b")I", "ISO_IR 13", false),
    (b"$)A", "GB2312", false),
    (b"$)C", "ISO_IR 149", false),
    (b"$B", "ISO_IR 87", true),
    // The decoder of the first Japanese set has the second, JIS X 0212, as well.
    (b"$(D", "ISO_IR 87", true),
];

impl Charset {
    /// From the value of Specific Character Set. Of several sets the first counts, and the others come in by escape
    /// sequences, which name them.
    pub(super) fn new(value: &[u8]) -> Charset {
        let first = value.split(|byte| *byte == b'\\').next().unwrap_or_default();
        Charset { first: Set::named(&latin(first)) }
    }

    /// A text in this character set.
    pub(super) fn decode(&self, bytes: &[u8]) -> String {
        if !bytes.contains(&ESCAPE) {
            return self.first.decode(bytes);
        }
        let mut out = String::with_capacity(bytes.len());
        let mut parts = bytes.split(|byte| *byte == ESCAPE);
        out.push_str(&self.first.decode(parts.next().unwrap_or_default()));
        for part in parts {
            self.changed(part, &mut out);
        }
        out
    }

    /// What follows an escape.
    fn changed(&self, part: &[u8], out: &mut String) {
        let change = CHANGES.iter().find_map(|change| Some((change, part.strip_prefix(change.0)?)));
        match change {
            Some(((_, name, true), _)) => {
                let mut whole = vec![ESCAPE];
                whole.extend_from_slice(part);
                out.push_str(&Set::named(name).decode(&whole));
            }
            Some(((_, name, false), text)) => {
                let end = text.iter().position(|byte| ENDS.contains(byte)).unwrap_or(text.len());
                let (changed, rest) = text.split_at(end);
                out.push_str(&Set::named(name).decode(changed));
                out.push_str(&self.first.decode(rest));
            }
            None => out.push_str(&self.first.decode(part)),
        }
    }
}

/// A byte of Latin-1, unless it is one of these.
fn almost(byte: u8, others: &[(u8, char)]) -> char {
    others.iter().find(|(other, _)| *other == byte).map_or(char::from(byte), |(_, other)| *other)
}

impl Set {
    fn named(name: &str) -> Set {
        let name = names::standard(name);
        match SpecificCharacterSet::from_code(&name) {
            _ if name == "ISO_IR 148" => Set::Almost(TURKISH),
            _ if name == "ISO_IR 203" => Set::Almost(LATIN_9),
            Some(set) if set == SpecificCharacterSet::ISO_IR_192 => Set::Utf8,
            Some(set) if set == SpecificCharacterSet::ISO_IR_6 || set == SpecificCharacterSet::ISO_IR_100 => Set::Latin,
            Some(set) => Set::Other(set),
            None => Set::Latin,
        }
    }

    fn decode(&self, bytes: &[u8]) -> String {
        match self {
            _ if bytes.is_ascii() && !bytes.contains(&ESCAPE) => String::from_utf8_lossy(bytes).into_owned(),
            Set::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Set::Latin => latin(bytes),
            Set::Almost(others) => bytes.iter().map(|byte| almost(*byte, others)).collect(),
            Set::Other(set) => set.decode(bytes).unwrap_or_else(|_| latin(bytes)),
        }
    }
}
