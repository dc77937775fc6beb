//! One element's header: its tag, how its value is written and how long it is.
//!
//! Promises: decoded by dicom-rs from twelve bytes at most; an element without a known length is `None`. Called by the
//! walk and by what finds its start.

use crate::Unreadable;
use dicom_core::dictionary::stub::StubDataDictionary;
use dicom_core::header::{DataElementHeader, Header};
use dicom_core::{Tag, VR};
use dicom_encoding::decode::Decode;
use dicom_encoding::decode::explicit_be::ExplicitVRBigEndianDecoder;
use dicom_encoding::decode::explicit_le::ExplicitVRLittleEndianDecoder;
use dicom_encoding::decode::implicit_le::ImplicitVRLittleEndianDecoder;

/// The longest header there is.
pub(super) const LONGEST: usize = 12;
/// Begins an item of a sequence.
pub(super) const ITEM: Tag = Tag(0xFFFE, 0xE000);
/// Ends an item of undefined length.
pub(super) const ITEM_END: Tag = Tag(0xFFFE, 0xE00D);
/// Ends a sequence of undefined length.
pub(super) const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);

/// How elements are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// No value representations, little endian.
    Implicit,
    /// With value representations, little endian.
    Explicit,
    /// With value representations, big endian.
    ExplicitBig,
}

/// A header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) tag: Tag,
    /// As the file says; none when it says nothing.
    pub(super) vr: Option<VR>,
    /// Of the value; none when it is undefined.
    pub(super) length: Option<u32>,
    /// Bytes of the header itself.
    pub(super) header: usize,
}

impl Syntax {
    /// Decodes the header that these bytes begin with. None where the value representation is none, which has to be
    /// looked into ([`super::odd`]).
    pub(super) fn decode(self, bytes: &[u8]) -> Result<Option<Element>, Unreadable> {
        if !self.has_vr(bytes) && self != Syntax::Implicit {
            return Ok(None);
        }
        match self.tag(bytes) {
            // No item, but dicom-rs takes the whole group for items: it is shown another one.
            Some(tag @ Tag(0xFFFE, _)) if !matches!(tag, ITEM | ITEM_END | SEQUENCE_END) => {
                let shown: Vec<u8> = [0xFF, 0xFF].iter().chain(bytes.iter().skip(2)).take(LONGEST).copied().collect();
                Ok(Some(Element { tag, ..self.decoded(&shown)? }))
            }
            _ => self.decoded(bytes).map(Some),
        }
    }

    fn decoded(self, mut bytes: &[u8]) -> Result<Element, Unreadable> {
        let from = &mut bytes;
        let decoded = match self {
            Syntax::Explicit => ExplicitVRLittleEndianDecoder::default().decode_header(from),
            Syntax::ExplicitBig => ExplicitVRBigEndianDecoder::default().decode_header(from),
            Syntax::Implicit => ImplicitVRLittleEndianDecoder::with_dict(StubDataDictionary).decode_header(from),
        };
        // Decoding cannot fail but for want of bytes.
        let (header, used): (DataElementHeader, usize) = decoded.map_err(|_| Unreadable::Cut)?;
        let vr = (self != Syntax::Implicit).then(|| header.vr());
        Ok(Element { tag: header.tag(), vr, length: header.len.get(), header: used })
    }

    /// The tag that these bytes begin with.
    pub(super) fn tag(self, bytes: &[u8]) -> Option<Tag> {
        let (group, rest) = bytes.split_first_chunk()?;
        Some(Tag(self.short(*group), self.short(*rest.first_chunk()?)))
    }

    /// A number of two bytes.
    pub(super) fn short(self, bytes: [u8; 2]) -> u16 {
        if self == Syntax::ExplicitBig { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }

    /// A number of four bytes.
    pub(super) fn number(self, bytes: [u8; 4]) -> u32 {
        if self == Syntax::ExplicitBig { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    /// Whether an element that begins so has a value representation, or is one of the three that have none. Fewer bytes
    /// than a header decide nothing.
    fn has_vr(self, bytes: &[u8]) -> bool {
        match bytes {
            [_, _, _, _, one, two, _, _, ..] => {
                VR::from_binary([*one, *two]).is_some()
                    || matches!(self.tag(bytes), Some(ITEM | ITEM_END | SEQUENCE_END))
            }
            _ => true,
        }
    }
}
