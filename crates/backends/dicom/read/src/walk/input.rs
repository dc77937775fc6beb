//! A window on the bytes of a file: looks ahead, skips by seeking, and never reads more than its budget.
//!
//! Promises: memory is bounded by the largest value that is asked for; a length that the file does not have left is
//! refused before anything is allocated for it. Called by the walk and by what finds its start.

use crate::Unreadable;
use std::cell::Cell;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

/// What most headers need, in one read.
const WINDOW: usize = 64 << 10;
/// A thread keeps its buffer for the next file unless it has grown beyond this: fresh memory costs more than what is read into it.
const KEPT: usize = 256 << 10;
/// What is read behind it: the rest of a long header is short, and pixels need not be read.
const FURTHER: usize = 16 << 10;
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

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The window.
pub(super) struct Input<S> {
    source: S,
    buffer: Buffer,
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
        Input { source, buffer: Buffer::take(), start: 0, end: 0, position: 0, length, budget, stride: WINDOW }
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
        Ok(self.buffer.0.get(self.start..self.end).unwrap_or_default())
    }

    #[cold]
    fn fill(&mut self, bytes: usize) -> Result<(), Unreadable> {
        self.buffer.0.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        if self.buffer.0.len() < bytes {
            self.buffer.0.resize(bytes, 0);
        }
        while self.end < bytes && !self.lacks(self.end as u64 + 1) {
            let upto = bytes.max(self.end + self.stride).min(self.buffer.0.len());
            let room = self.buffer.0.get_mut(self.end..upto).unwrap_or_default();
            match self.source.some(room) {
                Ok(0) => break,
                Ok(count) => {
                    self.end += count;
                    self.budget = self.budget.checked_sub(count as u64).ok_or(Unreadable::TooLarge("header_bytes"))?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
            self.stride = FURTHER;
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

/// Room for what was read. What an earlier file left in it is never looked at: the window says how far it is filled.
struct Buffer(Vec<u8>);

impl Buffer {
    fn take() -> Buffer {
        let mut buffer = SPARE.take();
        // As if it were new: how much is read at once depends on it.
        buffer.resize(WINDOW, 0);
        Buffer(buffer)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.0.capacity() <= KEPT {
            // A thread that is ending has no place for it any more.
            let _ = SPARE.try_with(|spare| spare.set(std::mem::take(&mut self.0)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_file_left_is_not_seen() {
        let read = |bytes: &[u8]| {
            let mut input = Input::new(Once(bytes), None, u64::MAX);
            input.ahead(3 * WINDOW).unwrap().to_vec()
        };
        let long = vec![1; 2 * WINDOW];
        assert_eq!(read(&long), long);
        assert_eq!(read(&[2; 10]), [2; 10]);
        assert_eq!(read(&[]), [0; 0]);
        let (_other, mut input) = (Input::new(Once(&long[..]), None, 1), Input::new(Once(&[3u8][..]), None, 1));
        assert_eq!(input.ahead(2).unwrap(), [3], "two at once have one each");
    }
}
