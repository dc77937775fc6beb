//! The walk from element to element: takes what is wanted, skips the rest, stops at the pixel data.
//!
//! Promises: one odd element costs that element, not the file; what contradicts itself inside a sequence ends that
//! sequence ([`items`]). Time is linear in what is walked. Called once per file, with the data set ahead.

mod element;
mod input;
mod items;
mod odd;
mod start;

use crate::found::{Found, Want};
use crate::wanted::Scope;
use crate::{Header, ReadLimits, Unreadable};
use dicom_core::Tag;
use dicom_encoding::transfer_syntax::Endianness;
use element::{Element, ITEM, ITEM_END, LONGEST, SEQUENCE_END, Syntax};
use flate2::read::DeflateDecoder;
use input::{Input, Once, Seekable, Source};
use odd::Fit;
use std::io::{Read, Seek, SeekFrom};

/// Padding behind the last element: a block of whatever stores files. More of it is a file that was given its size before
/// it was written.
const MOST_PADDING: u64 = 64 << 10;

/// Finds where the data set of a source begins, and walks it: plain, or inflated on the way.
pub(super) fn header(source: impl Read + Seek, length: u64, limits: &ReadLimits) -> Result<Header, Unreadable> {
    let mut input = Input::new(Seekable(source), Some(length), limits.header_bytes);
    let start = start::find(&mut input, limits)?;
    if !start.deflated {
        return Walk::new(input, limits).header(start.order);
    }
    if start::is_plain(&mut input)? {
        return Walk::new(input, limits).header(start.order);
    }
    // Some writers put a zlib stream there, whose head is no part of what is meant.
    let head = if start::has_zlib_head(&mut input)? { 2 } else { 0 };
    let (Seekable(mut source), position) = input.into_source();
    source.seek(SeekFrom::Start(position + head))?;
    let inflated = Input::new(Once(DeflateDecoder::new(source)), None, limits.header_bytes);
    Walk::new(inflated, limits).header(start.order)
}

/// One file's walk.
struct Walk<'l, S> {
    input: Input<S>,
    limits: &'l ReadLimits,
    /// Headers that may still come.
    left: u64,
    found: Found,
}

/// Where an element stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    scope: Scope,
    depth: usize,
    /// Where the innermost container of a known length ends.
    end: Option<u64>,
}

impl<'l, S: Source> Walk<'l, S> {
    fn new(input: Input<S>, limits: &'l ReadLimits) -> Walk<'l, S> {
        Walk { input, limits, left: limits.elements, found: Found::default() }
    }

    /// Walks the data set that comes next. Where it ends too early, or in nonsense, after everything that is compared,
    /// the header is there and not complete.
    fn header(mut self, order: Option<Endianness>) -> Result<Header, Unreadable> {
        if self.input.is_at_end()? {
            return Err(Unreadable::Cut);
        }
        let syntax = start::syntax(&mut self.input, order)?;
        let complete = match self.data_set(syntax) {
            Err(Unreadable::Cut | Unreadable::Malformed(_) | Unreadable::TooLarge(_)) if self.found.is_enough() => {
                false
            }
            ended => ended?,
        };
        Ok(self.found.header(syntax == Syntax::ExplicitBig, complete))
    }

    /// Up to the pixel data or the end; whether all of it is there.
    fn data_set(&mut self, syntax: Syntax) -> Result<bool, Unreadable> {
        let place = Place { scope: Scope::Data, depth: 0, end: None };
        let mut is_first = true;
        while !self.input.is_at_end()? {
            if self.is_padding()? {
                // How long it should have been nobody knows.
                let is_hole = is_first || self.input.has(MOST_PADDING + 1);
                return if is_hole { Err(Unreadable::Cut) } else { Ok(false) };
            }
            is_first = false;
            let element = self.next(syntax, None)?;
            self.found.reached(element.tag, element.vr.is_some() || syntax == Syntax::Implicit);
            match (element.tag, element.length) {
                (tag, length) if is_pixel_data(tag) => {
                    return Ok(length.is_some_and(|length| self.input.has(length.into())));
                }
                // Ends of what never began.
                (ITEM | ITEM_END | SEQUENCE_END, None | Some(0)) => {}
                _ => self.element(syntax, element, place)?,
            }
        }
        // At an end that is known, and exactly there.
        Ok(self.input.has(0))
    }

    /// Whether NULs or ones are all that comes before the end or within the longest header: no element begins so.
    fn is_padding(&mut self) -> Result<bool, Unreadable> {
        let ahead = self.input.ahead(LONGEST)?;
        let first = ahead.first().copied().unwrap_or_default();
        let is_filler = matches!(first, 0 | 0xFF);
        Ok(is_filler && ahead.iter().take(LONGEST).all(|byte| *byte == first))
    }

    /// The header of the next element, and goes behind it.
    fn next(&mut self, syntax: Syntax, end: Option<u64>) -> Result<Element, Unreadable> {
        self.left = self.left.checked_sub(1).ok_or(Unreadable::TooLarge("elements"))?;
        let element = match syntax.decode(self.input.ahead(LONGEST)?)? {
            Some(element) => element,
            None => {
                let room = end.map(|end| end.saturating_sub(self.input.position())).or(self.input.left());
                let ahead = self.input.ahead(odd::SIGHT)?;
                match odd::element(syntax, ahead, room).ok_or(Unreadable::Cut)? {
                    // What would come behind the image is not walked to.
                    (element, Fit::No) if !is_pixel_data(element.tag) => {
                        return Err(Unreadable::Malformed("an element makes no sense"));
                    }
                    (element, _) => element,
                }
            }
        };
        if end.is_some_and(|end| self.input.position() + element.header as u64 > end) {
            return Err(Unreadable::Malformed("an item ends in the middle of an element"));
        }
        self.input.skip(element.header as u64)?;
        Ok(element)
    }

    /// The value of one element.
    fn element(&mut self, syntax: Syntax, element: Element, place: Place) -> Result<(), Unreadable> {
        let want = self.found.wants(place.scope, element.tag);
        let Some(length) = element.length else {
            let scope = if let Want::Inside(scope) = want { scope } else { Scope::Passing };
            return self.untold(syntax, element, Place { scope, depth: place.depth + 1, ..place });
        };
        // Longer than what it is in, which is believed: its length is nonsense, and so is what would follow.
        if let Some(end) = place.end.filter(|end| self.input.position() + u64::from(length) > *end) {
            return self.go_to(end);
        }
        match want {
            Want::Inside(scope) => self.told(syntax, element, length, Place { scope, depth: place.depth + 1, ..place }),
            Want::Nothing => self.input.skip(length.into()),
            Want::Value(key) => {
                let (most, limit) = match key.may_be_large() {
                    true => (self.limits.csa_bytes, "csa_bytes"),
                    false => (self.limits.text_bytes, "text_bytes"),
                };
                // What is not compared does not make a file unreadable.
                let is_kept = length <= most || key.is_compared();
                if is_kept && (!key.is_guess() || self.input.ahead(4)?.starts_with(crate::csa::SECOND)) {
                    self.found.keep(key, element.vr, self.input.value(length, most, limit)?);
                }
                self.input.skip(length.into())
            }
        }
    }

    /// What comes next, when it is an item or the end of one.
    fn item_ahead(&mut self, syntax: Syntax) -> Result<Option<Tag>, Unreadable> {
        match syntax.tag(self.input.ahead(LONGEST)?) {
            Some(tag @ (ITEM | ITEM_END | SEQUENCE_END)) => Ok(Some(tag)),
            Some(_) => Ok(None),
            None => Err(Unreadable::Cut),
        }
    }

    fn go_to(&mut self, end: u64) -> Result<(), Unreadable> {
        self.input.skip(end.saturating_sub(self.input.position()))
    }
}

/// Pixel data of any kind: integers, floats, doubles.
fn is_pixel_data(tag: Tag) -> bool {
    matches!(tag, Tag(0x7FE0, 0x0008..=0x0010))
}
