//! Inflating a client's messages (RFC 7692), step by step: no step takes long, whatever the bytes are.
//!
//! Promises: never more is made than the limit, nor held; a step reads and makes no more than its bound, so that who asks
//! for it can pay for it and let others go first. What a message refers back to is the message itself, and `past` where
//! its client keeps its window (see `history`). Called by the session's talk.

use flate2::{Decompress, FlushDecompress, Status};
use std::cell::RefCell;

/// What every compressed message ends with on the wire but for these bytes (RFC 7692 section 7.2.1), then an empty final
/// block: the inflater reaches its end exactly when the message ended between two blocks.
const CLOSING: [u8; 6] = [0, 0, 0xFF, 0xFF, 3, 0];
/// Final blocks in one message that others may follow. A sender needs one for each flush; each takes as much work as a
/// thousand bytes.
pub(super) const MOST_FINAL_BLOCKS: usize = 1000;
/// Compressed bytes read in one step: a block that makes nothing takes a hundred nanoseconds for each of its bytes.
const STEP_IN: usize = 4 << 10;
/// Bytes made in one step.
const STEP_OUT: usize = 64 << 10;

thread_local! {
    /// What one step makes, before it is put behind what others made.
    static PIECE: RefCell<Vec<u8>> = RefCell::new(vec![0; STEP_OUT]);
}

/// Inflates messages, one at a time; the work area of zlib.
pub struct Inflater {
    decompress: Decompress,
}

impl Default for Inflater {
    fn default() -> Inflater {
        Inflater { decompress: Decompress::new(false) }
    }
}

/// Why a compressed message cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InflateError {
    /// It is not deflate data.
    Damaged,
    /// It would become larger than the limit.
    TooLarge,
}

/// How far one message is.
#[derive(Debug, Default)]
pub struct Inflation {
    /// How much of the payload was read, and then of [`CLOSING`].
    at: usize,
    /// Whether the payload was read, and what it made.
    closing: Option<usize>,
    final_blocks: usize,
    out: Vec<u8>,
}

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Whether the message is whole now.
    pub done: bool,
    /// Compressed bytes read.
    pub read: usize,
    /// Bytes made.
    pub made: usize,
}

impl Inflation {
    /// What was made so far.
    pub fn made(&self) -> &[u8] {
        &self.out
    }

    /// Bytes held for it.
    pub fn held(&self) -> usize {
        self.out.capacity()
    }

    /// What was made, of a message that is whole.
    pub fn into_made(self) -> Vec<u8> {
        self.out
    }

    /// Adds a piece. Room doubles as in any vector, but never beyond one byte more than `limit`.
    fn add(&mut self, piece: &[u8], limit: usize) -> Result<(), InflateError> {
        let need = self.out.len() + piece.len();
        if need > limit {
            return Err(InflateError::TooLarge);
        }
        if need > self.out.capacity() {
            let room = self.out.capacity().saturating_mul(2).min(limit).max(need);
            self.out.reserve_exact(room - self.out.len());
        }
        self.out.extend_from_slice(piece);
        Ok(())
    }
}

impl Inflater {
    /// Begins a message that may refer back to `past`, the end of what its client sent before.
    pub fn begin(&mut self, past: &[u8]) -> Inflation {
        self.decompress.reset(false);
        if !past.is_empty() {
            // Raw deflate data takes any dictionary at its beginning; otherwise the data will prove damaged.
            let _ = self.decompress.set_dictionary(past);
        }
        Inflation::default()
    }

    /// Does one bounded step of the message that was begun last. `payload` is the whole message each time; `limit` is of
    /// what is made of it (0: none). What ends in the middle of a block is damaged: half a message is none.
    pub fn step(&mut self, message: &mut Inflation, payload: &[u8], limit: usize) -> Result<Step, InflateError> {
        if payload.is_empty() {
            return Ok(Step { done: true, read: 0, made: 0 });
        }
        PIECE.with_borrow_mut(|piece| {
            self.step_into(message, payload, if limit == 0 { usize::MAX } else { limit }, piece)
        })
    }

    /// Inflates a whole message.
    pub fn inflate(&mut self, payload: &[u8], limit: usize) -> Result<Vec<u8>, InflateError> {
        let mut message = self.begin(&[]);
        while !self.step(&mut message, payload, limit)?.done {}
        Ok(message.into_made())
    }

    fn step_into(
        &mut self,
        message: &mut Inflation,
        payload: &[u8],
        limit: usize,
        piece: &mut [u8],
    ) -> Result<Step, InflateError> {
        let input = if message.closing.is_some() { &CLOSING[..] } else { payload };
        let rest = &input[message.at..];
        let rest = &rest[..rest.len().min(STEP_IN)];
        let before = (self.decompress.total_in(), self.decompress.total_out());
        let status =
            self.decompress.decompress(rest, piece, FlushDecompress::Sync).map_err(|_| InflateError::Damaged)?;
        let read = (self.decompress.total_in() - before.0) as usize;
        let made = (self.decompress.total_out() - before.1) as usize;
        message.add(&piece[..made], limit)?;
        message.at += read;
        let (all_read, room) = (message.at == input.len(), made < piece.len());
        let mut done = false;
        match (status, message.closing) {
            (Status::StreamEnd, None) if all_read => done = true,
            (Status::StreamEnd, Some(made)) if all_read && made == message.out.len() => done = true,
            // Others may begin behind a final block (RFC 7692 section 7.2.3.4).
            (Status::StreamEnd, _) if !all_read && message.final_blocks < MOST_FINAL_BLOCKS => {
                message.final_blocks += 1;
                self.decompress.reset(false);
            }
            (Status::StreamEnd, _) => return Err(InflateError::Damaged),
            (_, None) if room && all_read => (message.closing, message.at) = (Some(message.out.len()), 0),
            (_, Some(_)) if room && all_read => return Err(InflateError::Damaged),
            _ if room && read == 0 && made == 0 => return Err(InflateError::Damaged),
            _ => {}
        }
        Ok(Step { done, read, made })
    }
}
