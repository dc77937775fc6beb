//! Sequences and their items: the walk through what has to be entered to be passed, and through what is wanted.
//!
//! Promises: within the limits of depth and number; what stands between items where none should ends the sequence, an item
//! without its end ends where the next begins, and an end that was told is an end. Called by the walk.

use super::element::{Element, ITEM, ITEM_END, LONGEST, SEQUENCE_END, Syntax};
use super::input::Source;
use super::odd::{Fit, follows};
use super::{Place, Walk};
use crate::Unreadable;
use crate::wanted::Scope;
use dicom_core::VR;

/// What the stack of a thread holds easily, whatever the limits say.
const DEEPEST: usize = 128;

impl<S: Source> Walk<'_, S> {
    /// The first item of a sequence of this length, which ends inside its container.
    pub(super) fn told(
        &mut self,
        syntax: Syntax,
        sequence: Element,
        length: u32,
        place: Place,
    ) -> Result<(), Unreadable> {
        self.may_enter(place.depth)?;
        if self.input.lacks(length.into()) {
            return Err(Unreadable::Cut);
        }
        let end = self.input.position() + u64::from(length);
        if length > 0 && self.item_ahead(syntax)? == Some(ITEM) {
            let item = self.next(syntax, Some(end))?;
            match self.item(syntax, sequence, item.length, Place { end: Some(end), ..place }) {
                // Where it ends is known, so that what is wrong in it does not matter behind it.
                Err(Unreadable::Malformed(_)) => {}
                passed => passed?,
            }
            self.found.passed(place.scope);
        }
        self.go_to(end)
    }

    /// Something of unknown length: the items of a sequence, or bytes up to the end of a sequence.
    pub(super) fn untold(&mut self, syntax: Syntax, sequence: Element, place: Place) -> Result<(), Unreadable> {
        self.may_enter(place.depth)?;
        let mut place = place;
        while !self.is_over(place.end) {
            match self.item_ahead(syntax)? {
                Some(ITEM) => {
                    let item = self.next(syntax, place.end)?;
                    self.item(syntax, sequence, item.length, place)?;
                    self.found.passed(place.scope);
                    place.scope = Scope::Passing;
                }
                Some(ended) => {
                    self.next(syntax, place.end)?;
                    if ended == SEQUENCE_END {
                        return Ok(());
                    }
                }
                None if self.is_element(syntax, sequence)? => return Ok(()),
                None => return self.search_end(syntax, place.end),
            }
        }
        Ok(())
    }

    /// An item that is said to be written in this syntax, in something that is written in the outer one.
    fn item(&mut self, outer: Syntax, sequence: Element, length: Option<u32>, place: Place) -> Result<(), Unreadable> {
        // The writer of what has an unknown representation did not know that it is a sequence.
        let syntax = if sequence.vr == Some(VR::UN) { Syntax::Implicit } else { outer };
        let end = match length.map(|length| self.input.position() + u64::from(length)) {
            Some(end) if place.end.is_some_and(|outer| end > outer) => place.end,
            // Longer than the file: it may have an end of its own.
            Some(_) if length.is_some_and(|length| self.input.lacks(length.into())) => None,
            end => end,
        };
        if let (Some(end), Scope::Passing) = (end, place.scope) {
            return self.go_to(end);
        }
        // An item of unknown origin may be written either way.
        let syntax = match syntax {
            Syntax::Implicit => self.spoken(outer)?,
            known => known,
        };
        let place = Place { end: end.or(place.end), ..place };
        while !self.is_over(place.end) {
            match (self.item_ahead(syntax)?, end) {
                (None, _) => {
                    let element = self.next(syntax, place.end)?;
                    self.element(syntax, element, place)?;
                }
                (Some(ITEM_END), None) => {
                    self.next(syntax, place.end)?;
                    return Ok(());
                }
                // It has no end of its own: the next one begins, or the sequence ends.
                (Some(_), None) => return Ok(()),
                (Some(_), Some(end)) => return self.go_to(end),
            }
        }
        Ok(())
    }

    fn may_enter(&self, depth: usize) -> Result<(), Unreadable> {
        if depth > self.limits.depth.min(DEEPEST) { Err(Unreadable::TooLarge("depth")) } else { Ok(()) }
    }

    /// Whether an element comes that may stand behind this sequence: then it ended without a word.
    fn is_element(&mut self, syntax: Syntax, sequence: Element) -> Result<bool, Unreadable> {
        let ahead = self.input.ahead(LONGEST)?;
        let fit = syntax.tag(ahead).map_or(Fit::No, |tag| follows(sequence.tag, tag, ahead));
        Ok(match sequence.vr {
            Some(VR::SQ) | None => fit >= Fit::Weak,
            Some(VR::UN) => fit == Fit::Strong,
            // Bytes that are no items are no surprise in anything but a sequence.
            _ => false,
        })
    }

    /// Goes behind the next end of a sequence.
    fn search_end(&mut self, syntax: Syntax, end: Option<u64>) -> Result<(), Unreadable> {
        let bytes = match syntax {
            Syntax::ExplicitBig => [0xFF, 0xFE, 0xE0, 0xDD, 0, 0, 0, 0],
            _ => [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0],
        };
        loop {
            let room = end.map_or(u64::MAX, |end| end.saturating_sub(self.input.position()));
            let ahead = self.input.ahead(LONGEST)?;
            let ahead = ahead.get(..usize::try_from(room).unwrap_or(usize::MAX).min(ahead.len())).unwrap_or(ahead);
            if let Some(at) = memchr::memmem::find(ahead, &bytes) {
                return self.input.skip((at + bytes.len()) as u64);
            }
            if ahead.len() < LONGEST {
                return end.map_or(Err(Unreadable::Cut), |end| self.go_to(end));
            }
            // The beginning of what is searched may be at the end of what was seen.
            let seen = ahead.len() - (bytes.len() - 1);
            self.input.skip(seen as u64)?;
        }
    }

    /// Whether the item that comes next has value representations.
    fn spoken(&mut self, outer: Syntax) -> Result<Syntax, Unreadable> {
        let vr = match self.input.ahead(LONGEST)? {
            [_, _, _, _, one, two, ..] => VR::from_binary([*one, *two]),
            _ => None,
        };
        Ok(match (vr.is_some(), outer) {
            (true, Syntax::ExplicitBig) => Syntax::ExplicitBig,
            (true, _) => Syntax::Explicit,
            (false, _) => Syntax::Implicit,
        })
    }

    fn is_over(&self, end: Option<u64>) -> bool {
        end.is_some_and(|end| self.input.position() >= end)
    }
}
