//! The structure of loose JSON: what may stand after what, and how deep it is.
//!
//! Promises: one pass, no recursion; nothing comes out of it that is not well formed up to there. Called by all readers
//! of this module.

use super::malformed;
use super::scan::{Scan, Token, is_value};
use crate::Refusal;
use crate::json::too_deep;
use std::ops::Range;

/// What is met, in the order of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// An object or a list begins.
    Open,
    /// The innermost of them ends.
    Close,
    /// The next value's key, with its quotation marks if it has any.
    Key,
    /// A text.
    Text,
    /// A number, `true`, `null` and their like.
    Word,
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Value,
    /// In a list, also after a comma.
    ValueOrEnd,
    /// In an object, also after a comma.
    KeyOrEnd,
    Colon,
    /// After a value in a list or an object.
    CommaOrEnd,
    /// After the outermost value.
    Nothing,
}

/// A walk through one text.
pub(super) struct Walk<'a> {
    scan: Scan<'a>,
    /// What is open: `true` for an object, `false` for a list.
    open: Vec<bool>,
    limit: usize,
    due: Due,
}

impl<'a> Walk<'a> {
    pub(super) fn new(text: &'a str, limit: usize) -> Walk<'a> {
        Walk { scan: Scan::new(text), open: Vec::new(), limit, due: Due::Value }
    }

    /// How many lists and objects are open after the last event.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// The next event and its place; `None` when the text was one value and nothing else.
    pub(super) fn next(&mut self) -> Result<Option<(Event, Range<usize>)>, Refusal> {
        loop {
            let Some((token, place)) = self.scan.next()? else {
                return match self.due {
                    Due::Nothing => Ok(None),
                    _ => Err(malformed(self.scan.text, self.scan.text.len())),
                };
            };
            let event = match (self.due, token) {
                (Due::Value | Due::ValueOrEnd, Token::OpenObject) => Some(self.begin(true)?),
                (Due::Value | Due::ValueOrEnd, Token::OpenList) => Some(self.begin(false)?),
                (Due::Value | Due::ValueOrEnd, Token::Text) => Some(self.after_value(Event::Text)),
                (Due::Value | Due::ValueOrEnd, Token::Word) if is_value(&self.scan.text[place.clone()]) => {
                    Some(self.after_value(Event::Word))
                }
                (Due::KeyOrEnd, Token::Text | Token::Word) => {
                    self.due = Due::Colon;
                    Some(Event::Key)
                }
                (Due::Colon, Token::Colon) => {
                    self.due = Due::Value;
                    None
                }
                (Due::CommaOrEnd, Token::Comma) => {
                    self.due = if self.open.last() == Some(&true) { Due::KeyOrEnd } else { Due::ValueOrEnd };
                    None
                }
                (Due::KeyOrEnd | Due::CommaOrEnd, Token::CloseObject) if self.open.last() == Some(&true) => {
                    Some(self.end())
                }
                (Due::ValueOrEnd | Due::CommaOrEnd, Token::CloseList) if self.open.last() == Some(&false) => {
                    Some(self.end())
                }
                _ => return Err(malformed(self.scan.text, place.start)),
            };
            if let Some(event) = event {
                return Ok(Some((event, place)));
            }
        }
    }

    fn begin(&mut self, object: bool) -> Result<Event, Refusal> {
        if self.limit > 0 && self.open.len() >= self.limit {
            return Err(too_deep(self.limit));
        }
        self.open.push(object);
        self.due = if object { Due::KeyOrEnd } else { Due::ValueOrEnd };
        Ok(Event::Open)
    }

    fn end(&mut self) -> Event {
        self.open.pop();
        self.after_value(Event::Close)
    }

    fn after_value(&mut self, event: Event) -> Event {
        self.due = if self.open.is_empty() { Due::Nothing } else { Due::CommaOrEnd };
        event
    }
}
