//! Writes small DICOM files: what a simulated scanner exports, and what tests read.
//!
//! Promises: what is written here is read back by [`crate::read`]; explicit VR little endian with preamble and meta
//! information. Called by the demonstration's scanner, tests, fuzzing and benchmarks; no general writer.

mod csa;

pub use csa::{Tag, csa_type1, csa_type2};

use dicom_core::VR;

/// The class of what is written: MR Image Storage.
const MR_IMAGE: &str = "1.2.840.10008.5.1.4.1.1.4";
/// How it is written: Explicit VR Little Endian.
const EXPLICIT: &str = "1.2.840.10008.1.2.1";

/// One data element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Group and element number.
    pub tag: (u16, u16),
    /// How the value is written.
    pub vr: VR,
    /// The value; made even by padding when it is written. At most 65,534 bytes unless its kind may be longer.
    pub value: Vec<u8>,
}

impl Element {
    /// A value of any kind.
    pub fn new(tag: (u16, u16), vr: VR, value: impl Into<Vec<u8>>) -> Element {
        Element { tag, vr, value: value.into() }
    }

    /// A text, or numbers as text with backslashes between them.
    pub fn text(tag: (u16, u16), vr: VR, text: &str) -> Element {
        Element::new(tag, vr, text)
    }

    /// Numbers of 16 bits (US).
    pub fn shorts(tag: (u16, u16), numbers: &[u16]) -> Element {
        Element::new(tag, VR::US, numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())
    }

    /// Doubles (FD).
    pub fn doubles(tag: (u16, u16), numbers: &[f64]) -> Element {
        Element::new(tag, VR::FD, numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())
    }

    /// A sequence (SQ) of items; all lengths are told.
    pub fn sequence(tag: (u16, u16), items: &[Vec<Element>]) -> Element {
        let mut value = Vec::new();
        for item in items {
            let content = data_set(item);
            value.extend_from_slice(&[0xFE, 0xFF, 0x00, 0xE0]);
            value.extend_from_slice(&length(&content));
            value.extend_from_slice(&content);
        }
        Element::new(tag, VR::SQ, value)
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut value = self.value.clone();
        if !value.len().is_multiple_of(2) {
            value.push(if matches!(self.vr, VR::UI | VR::OB | VR::UN) { 0 } else { b' ' });
        }
        out.extend_from_slice(&self.tag.0.to_le_bytes());
        out.extend_from_slice(&self.tag.1.to_le_bytes());
        out.extend_from_slice(self.vr.to_string().as_bytes());
        if has_long_length(self.vr) {
            out.extend_from_slice(&[0, 0]);
            out.extend_from_slice(&length(&value));
        } else {
            value.truncate(usize::from(u16::MAX - 1));
            out.extend_from_slice(&(value.len() as u16).to_le_bytes());
        }
        out.extend_from_slice(&value);
    }
}

/// A whole file: preamble, meta information, and these elements in the order of their tags.
pub fn file(elements: &[Element]) -> Vec<u8> {
    let meta = data_set(&[
        Element::new((0x0002, 0x0001), VR::OB, [0, 1]),
        Element::text((0x0002, 0x0002), VR::UI, MR_IMAGE),
        Element::text((0x0002, 0x0010), VR::UI, EXPLICIT),
    ]);
    let mut out = vec![0; 128];
    out.extend_from_slice(b"DICM");
    Element::new((0x0002, 0x0000), VR::UL, length(&meta)).write(&mut out);
    out.extend_from_slice(&meta);
    out.extend_from_slice(&data_set(elements));
    out
}

/// These elements alone, in the order of their tags.
pub fn data_set(elements: &[Element]) -> Vec<u8> {
    let mut sorted: Vec<&Element> = elements.iter().collect();
    sorted.sort_by_key(|element| element.tag);
    let mut out = Vec::new();
    for element in sorted {
        element.write(&mut out);
    }
    out
}

/// Kinds whose length has four bytes.
fn has_long_length(vr: VR) -> bool {
    use VR::{OB, OD, OF, OL, OV, OW, SQ, SV, UC, UN, UR, UT, UV};
    matches!(vr, OB | OD | OF | OL | OV | OW | SQ | SV | UC | UN | UR | UT | UV)
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX - 1).to_le_bytes()
}
