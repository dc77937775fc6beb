//! One element's header: its tag, how its value is written and how long it is.
//!
//! Promises: decoded by dicom-rs from twelve bytes at most; an element without a known length is `None`. Called by the
//! walk and by what finds its start.

use super::Unreadable;
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
    /// Decodes the header that these bytes begin with.
    pub(super) fn decode(self, mut bytes: &[u8]) -> Result<Element, Unreadable> {
        let from = &mut bytes;
        let decoded = match self {
            Syntax::Explicit if !has_vr(from) => return Syntax::Implicit.decode(from),
            Syntax::Explicit => ExplicitVRLittleEndianDecoder::default().decode_header(from),
            Syntax::ExplicitBig => ExplicitVRBigEndianDecoder::default().decode_header(from),
            Syntax::Implicit => ImplicitVRLittleEndianDecoder::with_dict(StubDataDictionary).decode_header(from),
        };
        // Decoding cannot fail but for want of bytes.
        let (header, used): (DataElementHeader, usize) = decoded.map_err(|_| Unreadable::Cut)?;
        let vr = (self != Syntax::Implicit).then(|| header.vr());
        Ok(Element { tag: header.tag(), vr, length: header.len.get(), header: used })
    }
}

/// Whether an element that begins so has a value representation. Some writers change to implicit ones without a word,
/// in the middle of a file; a length that looks like two capital letters would be a strange one there.
fn has_vr(bytes: &[u8]) -> bool {
    matches!(bytes, [0xFE, 0xFF, ..]) || bytes.get(4..6).is_none_or(|vr| vr.iter().all(u8::is_ascii_uppercase))
}
