//! Where the data set begins and how it is written: preamble, file meta information, transfer syntax, or a guess.
//!
//! Promises: what the bytes look like beats what the transfer syntax claims, as in other readers, since files lie about
//! it; a text file is never taken for a data set. Called once per file.

use super::element::{Element, LONGEST, Syntax};
use super::input::{Input, Source};
use super::odd::{self, Fit};
use crate::{ReadLimits, Unreadable};
use dicom_core::{Tag, VR};
use dicom_encoding::transfer_syntax::{Codec, Endianness, TransferSyntaxIndex};
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

/// Bytes before the letters `DICM`.
const PREAMBLE: usize = 128;
const MAGIC: &[u8] = b"DICM";
/// Looked at when there is nothing but a data set.
const SAMPLE: usize = 4096;
/// More than any transfer syntax's UID has.
const LONGEST_UID: u32 = 128;

/// How the data set is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) deflated: bool,
    /// The order of bytes; none when nothing tells it.
    pub(super) order: Option<Endianness>,
}

/// Goes to the beginning of the data set.
pub(super) fn find<S: Source>(input: &mut Input<S>, limits: &ReadLimits) -> Result<Start, Unreadable> {
    let head = input.ahead(PREAMBLE + MAGIC.len())?;
    if head.starts_with(MAGIC) {
        input.skip(MAGIC.len() as u64)?;
        return meta(input, limits);
    }
    if head.get(PREAMBLE..PREAMBLE + MAGIC.len()) == Some(MAGIC) {
        input.skip((PREAMBLE + MAGIC.len()) as u64)?;
        return meta(input, limits);
    }
    if matches!(head, [2, 0, _, 0, ..]) {
        return meta(input, limits);
    }
    // A preamble of which only the first part has been written.
    if head.len() < PREAMBLE + MAGIC.len() && head.iter().take(PREAMBLE).all(|byte| *byte == 0) {
        return Err(Unreadable::Cut);
    }
    if head.iter().take(PREAMBLE + MAGIC.len()).all(|byte| *byte == 0) {
        return Err(Unreadable::Unwritten);
    }
    bare(input)
}

/// Reads the file meta information for the transfer syntax: elements of group 2, little endian, and explicit but for some
/// writers. What it says of its own length is not believed.
fn meta<S: Source>(input: &mut Input<S>, limits: &ReadLimits) -> Result<Start, Unreadable> {
    let mut start = Start { deflated: false, order: None };
    let mut left = limits.elements;
    while matches!(input.ahead(LONGEST)?, [2, 0, ..]) {
        left = left.checked_sub(1).ok_or(Unreadable::TooLarge("elements"))?;
        let element = match Syntax::Explicit.decode(input.ahead(LONGEST)?)? {
            Some(element) => element,
            None => {
                let left = input.left();
                odd::element(Syntax::Explicit, input.ahead(odd::SIGHT)?, left).ok_or(Unreadable::Cut)?.0
            }
        };
        input.skip(element.header as u64)?;
        let length = element.length.ok_or(Unreadable::Malformed("its meta information has no lengths"))?;
        if element.tag == Tag(2, 0x0010) && length <= LONGEST_UID {
            let uid = String::from_utf8_lossy(input.value(length, LONGEST_UID, "text_bytes")?);
            // What is not known is a vendor's own, and these are little endian.
            let known = TransferSyntaxRegistry.get(uid.trim_matches(['\0', ' ']));
            start.deflated = known.is_some_and(|known| matches!(known.codec(), Codec::Dataset(_)));
            start.order = Some(known.map_or(Endianness::Little, |known| known.endianness()));
        }
        input.skip(length.into())?;
    }
    Ok(start)
}

/// Whether a data set begins here as it is, in spite of the deflated one that was announced.
pub(super) fn is_plain<S: Source>(input: &mut Input<S>) -> Result<bool, Unreadable> {
    // A deflated one that begins with the same bytes would be a stored block of a length that contradicts itself.
    Ok(matches!(input.ahead(LONGEST)?, [8, 0, _, _, one, two, ..] if VR::from_binary([*one, *two]).is_some()))
}

/// Whether the two bytes that a zlib stream begins with come next (RFC 1950, 2.2), and not a stored block of a deflated one
/// (RFC 1951, 3.2.4).
pub(super) fn has_zlib_head<S: Source>(input: &mut Input<S>) -> Result<bool, Unreadable> {
    Ok(match input.ahead(LONGEST)? {
        [method, flags, rest @ ..] => {
            let is_head = method & 0x0F == 8 && method >> 4 <= 7 && flags & 0x20 == 0;
            let is_checked = u16::from_be_bytes([*method, *flags]) % 31 == 0;
            let is_stored = matches!(rest, [high, low, other, ..] if *low == !flags && *other == !high);
            is_head && is_checked && !is_stored
        }
        _ => false,
    })
}

/// Says how a data set is written that begins here.
pub(super) fn syntax<S: Source>(input: &mut Input<S>, order: Option<Endianness>) -> Result<Syntax, Unreadable> {
    let left = input.left();
    let mut head = input.ahead(odd::SIGHT)?;
    // Ends of what never began say nothing.
    while let [0xFE, 0xFF, _, 0xE0, 0, 0, 0, 0, rest @ ..] | [0xFF, 0xFE, 0xE0, _, 0, 0, 0, 0, rest @ ..] = head {
        head = rest;
    }
    // A data set begins with a small group, which shows the order of its bytes, whatever was said about it.
    let big = match head {
        [0, group, ..] if *group > 0 => true,
        [group, 0, ..] if *group > 0 => false,
        _ => order == Some(Endianness::Big),
    };
    let by_vr = if big { Syntax::ExplicitBig } else { Syntax::Explicit };
    let explicit = match head.get(4..6) {
        Some(vr) if vr.iter().all(u8::is_ascii_uppercase) => true,
        // Nor may the first element's representation be one.
        _ => odd::element(by_vr, head, left).is_some_and(|(element, fit)| {
            fit >= Fit::Weak
                && head.get(4..8).and_then(<[u8]>::first_chunk).copied().map(u32::from_le_bytes) != element.length
        }),
    };
    Ok(match (explicit, big) {
        (false, _) => Syntax::Implicit,
        (true, false) => Syntax::Explicit,
        (true, true) => Syntax::ExplicitBig,
    })
}

/// Without preamble and meta information: a data set if its first two elements make sense.
fn bare<S: Source>(input: &mut Input<S>) -> Result<Start, Unreadable> {
    let sample = input.ahead(SAMPLE)?;
    let likely = [Syntax::Explicit, Syntax::ExplicitBig, Syntax::Implicit]
        .into_iter()
        .find_map(|syntax| Some((syntax, first_length(sample, syntax)?)));
    match likely {
        Some((syntax, length)) if input.has(length) => {
            let order = if syntax == Syntax::ExplicitBig { Endianness::Big } else { Endianness::Little };
            Ok(Start { deflated: false, order: Some(order) })
        }
        _ => Err(Unreadable::NotDicom),
    }
}

/// The length of the first element with its header, when this looks like a data set.
fn first_length(sample: &[u8], syntax: Syntax) -> Option<u64> {
    let element = |bytes: &[u8]| -> Option<Element> {
        let known = matches!(bytes.get(4..6), Some(&[one, two]) if VR::from_binary([one, two]).is_some());
        syntax.decode(bytes).ok().flatten().filter(|_| known || syntax == Syntax::Implicit)
    };
    let first = element(sample)?;
    // The groups that data sets begin with. Text has none of these: it has no NUL.
    if !matches!(first.tag.group(), 0x0008 | 0x0010 | 0x0018 | 0x0020 | 0x0028) {
        return None;
    }
    let length = u64::from(first.length?) + first.header as u64;
    let rest = usize::try_from(length).ok().and_then(|length| sample.get(length..)).unwrap_or_default();
    let follows = rest.len() < LONGEST || element(rest).is_some_and(|second| second.tag > first.tag);
    follows.then_some(length)
}
