//! The envelope of contract `vxvue`: who says what to whom. `data` is not read here.
//!
//! Promises: one pass over the text, no tree, unknown members skipped. Called by the conversation for what a client
//! says, and by the event form for what was published.

use super::fields::{is_null, put, text, whole};
use super::participant::NOBODY;
use serde_json::value::RawValue;
use std::borrow::Cow;
use tieline_model::json::{check_depth, malformed, members};
use tieline_model::lenient::to_json;
use tieline_model::{Reason, Refusal, safe};

/// The members as they stand in the text, each at most once; nothing else is checked yet.
#[derive(Default)]
pub(crate) struct Parts<'a> {
    sender: Option<&'a RawValue>,
    receiver: Option<&'a RawValue>,
    command: Option<&'a RawValue>,
    res: Option<&'a RawValue>,
    data: Option<&'a RawValue>,
    tieline: Option<&'a RawValue>,
    others: bool,
    twice: Option<Refusal>,
}

/// A message whose envelope is in order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Envelope<'a> {
    /// The sender's type as it says; 0 when absent.
    pub(crate) sender: u32,
    /// Whom it is for; 0 is everybody.
    pub(crate) receiver: u32,
    /// What it is for.
    pub(crate) command: u32,
    /// An object; `null` counts as absent.
    pub(crate) data: Option<&'a RawValue>,
    /// Whether anything stands outside `data` that nobody here reads.
    pub(crate) unread: bool,
}

impl<'a> Parts<'a> {
    /// The text as strict JSON for reading, no deeper than `depth` (0: no limit): itself, or where it is JSON only when
    /// read loosely, the same written strictly; the interface description's own examples have comments and a comma behind
    /// the last member. Of a text that is neither, the refusal tells what is wrong with it as it came.
    pub(crate) fn strict(text: &str, depth: usize) -> Result<Cow<'_, str>, Refusal> {
        let refusal = match check_depth(text, depth).and_then(|()| Parts::read(text)) {
            Ok(_) => return Ok(Cow::Borrowed(text)),
            Err(refusal) => refusal,
        };
        let leniently = to_json(text, depth).ok().filter(|json| Parts::read(json).is_ok());
        leniently.map(Cow::Owned).ok_or(refusal)
    }

    /// Splits a message into its members: refuses what is not a JSON object.
    pub(crate) fn read(json: &'a str) -> Result<Parts<'a>, Refusal> {
        let mut parts = Parts::default();
        let read = members(json, |key, raw| {
            let placed = match key {
                "sender" => put(&mut parts.sender, "sender", raw),
                "receiver" => put(&mut parts.receiver, "receiver", raw),
                "command" => put(&mut parts.command, "command", raw),
                "res" => put(&mut parts.res, "res", raw),
                "data" => put(&mut parts.data, "data", raw),
                "tieline" => {
                    parts.tieline = Some(raw);
                    parts.others = true;
                    Ok(())
                }
                _ => {
                    parts.others = true;
                    Ok(())
                }
            };
            parts.twice = parts.twice.take().or(placed.err());
        });
        read.map_err(|error| malformed(&error))?;
        Ok(parts)
    }

    /// Whether this comes from a page of Tieline's own that wants to know whether the console is there.
    pub(crate) fn wants_presence(&self) -> bool {
        self.tieline.and_then(text).is_some_and(|wanted| wanted == "presence")
    }

    /// The command's number, which a refusal of the rest repeats.
    pub(crate) fn command(&self) -> Result<u32, Refusal> {
        if let Some(twice) = &self.twice {
            return Err(twice.clone());
        }
        match self.command {
            Some(raw) if !is_null(raw) => whole(raw).ok_or_else(|| not_whole("command")),
            _ => Err(Refusal::new(Reason::Unknown, "`command` is missing; send the number of a command")),
        }
    }

    /// Checks the other members.
    pub(crate) fn envelope(&self) -> Result<Envelope<'a>, Refusal> {
        let command = self.command()?;
        let sender = match self.sender {
            Some(raw) => whole(raw).ok_or_else(|| not_whole("sender"))?,
            None => NOBODY,
        };
        let receiver = match self.receiver {
            Some(raw) if !is_null(raw) => whole(raw).ok_or_else(|| not_whole("receiver"))?,
            _ => NOBODY,
        };
        let data = self.data.filter(|raw| !is_null(raw));
        if data.is_some_and(|raw| !raw.get().starts_with('{')) {
            return Err(Refusal::new(Reason::BadField, "`data` must be an object or null"));
        }
        if self.res.is_some_and(|raw| raw.get().starts_with(['{', '[', 't', 'f'])) {
            return Err(Refusal::new(Reason::BadField, "`res` must be a number, a text or null"));
        }
        let unread = self.others || self.res.is_some_and(|raw| raw.get().starts_with('"'));
        Ok(Envelope { sender, receiver, command, data, unread })
    }
}

fn not_whole(key: &'static str) -> Refusal {
    Refusal::new(Reason::BadField, safe!("`{}` must be a whole number from 0 to {}", key, u32::MAX))
}
