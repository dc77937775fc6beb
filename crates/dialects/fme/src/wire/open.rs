//! The stream ids of an `open`: one field or the other or both, a text or a list in either.
//!
//! Promises: work and memory grow with the streams that are allowed, not with the ids that are sent; one more beside a thousand
//! costs the one. Called by the conversation and, for a single id, by `compose`.

use crate::NAME;
use crate::opened::Opened;
use tieline_model::lenient::Lenient;
use tieline_model::{Reason, Refusal, Topic, safe};

/// How long a stream's id may be, in bytes of UTF-8.
pub(crate) const ID_BYTES: usize = 256;

/// The streams to come, each once, in the order they were named.
pub(crate) struct Streams<'a> {
    open: &'a Opened,
    added: Opened,
    named: bool,
    limit: usize,
}

impl<'a> Streams<'a> {
    /// Begins with what is open; `limit` 0 is none.
    pub(crate) fn beside(open: &'a Opened, limit: usize) -> Streams<'a> {
        Streams { open, added: Opened::default(), named: false, limit }
    }

    /// Adds the ids of one field: a text or a list of texts; `null` is the same as absent. Ends at the first that is
    /// refused, and never holds a long list as a whole.
    pub(crate) fn add(&mut self, field: Option<Lenient<'_>>) -> Result<(), Refusal> {
        let Some(value) = field.filter(|value| !value.is_null()) else { return Ok(()) };
        match value.items() {
            Some(mut ids) => ids.try_for_each(|id| self.add_one(id)),
            None => self.add_one(value),
        }
    }

    /// Those that are not open; refused when no id was named.
    pub(crate) fn finish(self) -> Result<Vec<Topic>, Refusal> {
        match self.named {
            true => Ok(self.added.into_topics()),
            false => Err(Refusal::new(Reason::BadField, "an open needs stream ids in `ws_stream_ids`")),
        }
    }

    fn add_one(&mut self, value: Lenient<'_>) -> Result<(), Refusal> {
        let id = value.text().ok_or_else(not_an_id)?;
        check(&id)?;
        let topic = Topic::new([NAME, &*id]);
        self.named = true;
        if self.open.has(&topic) || self.added.has(&topic) {
            return Ok(());
        }
        if self.limit > 0 && self.open.topics().len() + self.added.topics().len() >= self.limit {
            let detail = safe!("more than {} open streams (limits.streams); close some first", self.limit);
            return Err(Refusal::new(Reason::TooLarge, detail).at_limit("streams"));
        }
        self.added.add(topic);
        Ok(())
    }
}

/// Refuses an id that is empty or too long.
pub(crate) fn check(id: &str) -> Result<(), Refusal> {
    match id.len() {
        0 => Err(not_an_id()),
        1..=ID_BYTES => Ok(()),
        _ => Err(Refusal::new(Reason::TooLarge, safe!("a stream id has at most {} bytes", ID_BYTES))),
    }
}

fn not_an_id() -> Refusal {
    Refusal::new(Reason::BadField, "a stream id must be a non-empty text")
}
