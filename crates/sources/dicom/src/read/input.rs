//! A window on the bytes of a file: looks ahead, skips by seeking, and never reads more than its budget.
//!
//! Promises: memory is bounded by the largest value that is asked for; a length that the file does not have left is
//! refused before anything is allocated for it. Called by the walk and by what finds its start.

use super::Unreadable;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

/// What most headers need, in one read.
const WINDOW: usize = 64 << 10;
/// What is read after a seek: there is often only one more element header of interest.
const PEEK: usize = 4 << 10;

/// Where bytes come from.
pub(super) trait Source {
    /// Reads some; 0 at the end.
    fn some(&mut self, into: &mut [u8]) -> io::Result<usize>;
    /// Leaves out this many, or says that it cannot.
    fn jump(&mut self, bytes: u64) -> io::Result<bool>;
}

/// A source with places.
pub(super) struct Seekable<S>(pub(super) S);

impl<S: Read + Seek> Source for Seekable<S> {
    fn some(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
    fn jump(&mut self, bytes: u64) -> io::Result<bool> {
        let Ok(bytes) = i64::try_from(bytes) else { return Ok(false) };
        self.0.seek(SeekFrom::Current(bytes)).map(|_| true)
    }
}

/// A source that can be read once: what is to be left out has to be read.
pub(super) struct Once<S>(pub(super) S);

impl<S: Read> Source for Once<S> {
    fn some(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
    fn jump(&mut self, _: u64) -> io::Result<bool> {
        Ok(false)
    }
}

/// The window.
pub(super) struct Input<S> {
    source: S,
    buffer: Vec<u8>,
    /// The part of the buffer that holds what comes next.
    start: usize,
    end: usize,
    /// Where `start` is in the source.
    position: u64,
    /// Bytes of the source, when they can be known.
    length: Option<u64>,
    budget: u64,
    stride: usize,
}

impl<S: Source> Input<S> {
    pub(super) fn new(source: S, length: Option<u64>, budget: u64) -> Input<S> {
        Input { source, buffer: vec![0; WINDOW], start: 0, end: 0, position: 0, length, budget, stride: WINDOW }
    }

    /// How many bytes came before.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Whether the source certainly has this many bytes more.
    pub(super) fn has(&self, bytes: u64) -> bool {
        self.length.is_some_and(|length| bytes <= length.saturating_sub(self.position))
    }

    /// Whether the source certainly has not.
    pub(super) fn lacks(&self, bytes: u64) -> bool {
        self.length.is_some() && !self.has(bytes)
    }

    /// How many bytes still come, when that can be known.
    pub(super) fn left(&self) -> Option<u64> {
        self.length.map(|length| length.saturating_sub(self.position))
    }

    /// Whether nothing comes any more.
    pub(super) fn is_at_end(&mut self) -> Result<bool, Unreadable> {
        Ok(self.ahead(1)?.is_empty())
    }

    /// What comes next: this many bytes or more, fewer only before the end.
    pub(super) fn ahead(&mut self, bytes: usize) -> Result<&[u8], Unreadable> {
        if self.end - self.start < bytes {
            self.fill(bytes)?;
        }
        Ok(self.buffer.get(self.start..self.end).unwrap_or_default())
    }

    #[cold]
    fn fill(&mut self, bytes: usize) -> Result<(), Unreadable> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        if self.buffer.len() < bytes {
            self.buffer.resize(bytes, 0);
        }
        while self.end < bytes && !self.lacks(self.end as u64 + 1) {
            let upto = bytes.max(self.end + self.stride).min(self.buffer.len());
            let room = self.buffer.get_mut(self.end..upto).unwrap_or_default();
            match self.source.some(room) {
                Ok(0) => break,
                Ok(count) => {
                    self.end += count;
                    self.budget = self.budget.checked_sub(count as u64).ok_or(Unreadable::TooLarge("header_bytes"))?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
            self.stride = WINDOW;
        }
        Ok(())
    }

    /// The next `bytes` bytes as a whole, at most `most`, which is the limit of this name.
    pub(super) fn value(&mut self, bytes: u32, most: u32, limit: &'static str) -> Result<&[u8], Unreadable> {
        if self.lacks(bytes.into()) {
            return Err(Unreadable::Cut);
        }
        if bytes > most {
            return Err(Unreadable::TooLarge(limit));
        }
        self.ahead(bytes as usize)?.get(..bytes as usize).ok_or(Unreadable::Cut)
    }

    /// Goes on behind the next `bytes` bytes.
    pub(super) fn skip(&mut self, bytes: u64) -> Result<(), Unreadable> {
        if self.lacks(bytes) {
            return Err(Unreadable::Cut);
        }
        self.position += bytes;
        let mut rest = bytes;
        loop {
            let have = self.end - self.start;
            if rest <= have as u64 {
                self.start += rest as usize;
                return Ok(());
            }
            rest -= have as u64;
            (self.start, self.end) = (0, 0);
            if self.source.jump(rest)? {
                self.stride = PEEK;
                return Ok(());
            }
            self.fill(1)?;
            if self.end == 0 {
                return Err(Unreadable::Cut);
            }
        }
    }

    /// The source, and where the next byte is in it; the source itself stands further on.
    pub(super) fn into_source(self) -> (S, u64) {
        (self.source, self.position)
    }
}
