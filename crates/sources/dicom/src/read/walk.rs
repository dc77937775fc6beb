//! The walk from element to element: takes what is wanted, skips the rest, stops at the pixel data.
//!
//! Promises: sequences of undefined length, the only ones that have to be entered to be passed, are walked within the
//! limits of depth and number; time is linear in what is walked. Called once per file, with the data set ahead.

use super::element::{Element, ITEM, ITEM_END, LONGEST, SEQUENCE_END, Syntax};
use super::found::{Found, Want};
use super::input::{Input, Source};
use super::wanted::Scope;
use super::{Header, ReadLimits, Unreadable, start};
use dicom_core::{Tag, VR};
use dicom_encoding::transfer_syntax::Endianness;

/// What the stack of a thread holds easily, whatever the limits say.
const DEEPEST: usize = 128;

/// One file's walk.
pub(super) struct Walk<'l, S> {
    input: Input<S>,
    limits: &'l ReadLimits,
    /// Headers that may still come.
    left: u64,
    found: Found,
}

impl<'l, S: Source> Walk<'l, S> {
    pub(super) fn new(input: Input<S>, limits: &'l ReadLimits) -> Walk<'l, S> {
        Walk { input, limits, left: limits.elements, found: Found::default() }
    }

    /// Walks the data set that comes next.
    pub(super) fn header(mut self, order: Option<Endianness>) -> Result<Header, Unreadable> {
        if self.input.is_at_end()? {
            return Err(Unreadable::Cut);
        }
        let syntax = start::syntax(&mut self.input, order)?;
        let complete = self.data_set(syntax)?;
        Ok(self.found.header(syntax == Syntax::ExplicitBig, complete))
    }

    /// Up to the pixel data or the end; whether all of it is there.
    fn data_set(&mut self, syntax: Syntax) -> Result<bool, Unreadable> {
        while !self.input.is_at_end()? {
            let element = self.next(syntax)?;
            if is_pixel_data(element.tag) {
                return Ok(element.length.is_some_and(|length| self.input.has(length.into())));
            }
            self.element(syntax, element, Scope::Data, 0)?;
        }
        // At an end that is known, and exactly there.
        Ok(self.input.has(0))
    }

    fn next(&mut self, syntax: Syntax) -> Result<Element, Unreadable> {
        self.left = self.left.checked_sub(1).ok_or(Unreadable::TooLarge("elements"))?;
        let element = syntax.decode(self.input.ahead(LONGEST)?)?;
        self.input.skip(element.header as u64)?;
        Ok(element)
    }

    /// The value of one element.
    fn element(&mut self, syntax: Syntax, element: Element, scope: Scope, depth: usize) -> Result<(), Unreadable> {
        // A sequence whose writer did not know that it is one: its items have no value representations.
        let inner = if element.vr == Some(VR::UN) { Syntax::Implicit } else { syntax };
        match (self.found.wants(scope, element.tag), element.length) {
            (Want::Inside(scope), length) => self.sequence(inner, length, scope, depth + 1),
            (_, None) => self.sequence(inner, None, Scope::Passing, depth + 1),
            (Want::Nothing, Some(length)) => self.input.skip(length.into()),
            (Want::Value(key), Some(length)) => {
                let (most, limit) = match key.is_csa() {
                    true => (self.limits.csa_bytes, "csa_bytes"),
                    false => (self.limits.text_bytes, "text_bytes"),
                };
                self.found.keep(key, element.vr, self.input.value(length, most, limit)?);
                self.input.skip(length.into())
            }
        }
    }

    /// The items of a sequence. What is of interest is of interest in the first of them.
    fn sequence(&mut self, syntax: Syntax, length: Option<u32>, scope: Scope, depth: usize) -> Result<(), Unreadable> {
        if depth > self.limits.depth.min(DEEPEST) {
            return Err(Unreadable::TooLarge("depth"));
        }
        let end = self.end(length)?;
        let mut scope = scope;
        while !self.is_over(end)? {
            let item = self.next(syntax)?;
            match item.tag {
                ITEM => self.item(syntax, item.length, scope, depth)?,
                SEQUENCE_END if end.is_none() => return Ok(()),
                _ => return Err(Unreadable::Malformed("a sequence has something between its items")),
            }
            scope = Scope::Passing;
            if let Some(end) = end {
                return self.go_to(end);
            }
        }
        Ok(())
    }

    fn item(&mut self, syntax: Syntax, length: Option<u32>, scope: Scope, depth: usize) -> Result<(), Unreadable> {
        if let (Some(length), Scope::Passing) = (length, scope) {
            return self.input.skip(length.into());
        }
        // An item of unknown origin may be written either way.
        let syntax = match syntax {
            Syntax::Implicit => self.spoken()?,
            known => known,
        };
        let end = self.end(length)?;
        while !self.is_over(end)? {
            let element = self.next(syntax)?;
            match element.tag {
                ITEM_END if end.is_none() => return Ok(()),
                ITEM | ITEM_END | SEQUENCE_END => {
                    return Err(Unreadable::Malformed("a sequence's item does not end where it should"));
                }
                _ => self.element(syntax, element, scope, depth)?,
            }
        }
        Ok(())
    }

    /// Whether the item that comes next has value representations.
    fn spoken(&mut self) -> Result<Syntax, Unreadable> {
        let vr = match self.input.ahead(LONGEST)? {
            [_, _, _, _, one, two, ..] => VR::from_binary([*one, *two]),
            _ => None,
        };
        Ok(if vr.is_some() { Syntax::Explicit } else { Syntax::Implicit })
    }

    /// Where something of this length ends.
    fn end(&self, length: Option<u32>) -> Result<Option<u64>, Unreadable> {
        match length {
            Some(length) if self.input.lacks(length.into()) => Err(Unreadable::Cut),
            length => Ok(length.map(|length| self.input.position() + u64::from(length))),
        }
    }

    fn is_over(&self, end: Option<u64>) -> Result<bool, Unreadable> {
        match end {
            Some(end) if self.input.position() > end => {
                Err(Unreadable::Malformed("a sequence's item is longer than the sequence"))
            }
            end => Ok(end == Some(self.input.position())),
        }
    }

    fn go_to(&mut self, end: u64) -> Result<(), Unreadable> {
        match end.checked_sub(self.input.position()) {
            Some(rest) => self.input.skip(rest),
            None => Err(Unreadable::Malformed("a sequence's item is longer than the sequence")),
        }
    }
}

/// Pixel data of any kind: integers, floats, doubles.
fn is_pixel_data(tag: Tag) -> bool {
    matches!(tag, Tag(0x7FE0, 0x0008..=0x0010))
}
