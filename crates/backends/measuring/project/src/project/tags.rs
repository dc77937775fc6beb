//! The directories of a TIFF file, classic or Big, and of an EXIF block, which is a TIFF file without an image.
//!
//! The library that reads TIFF files does so here, too; it opens a file by its first image only, and only one that it
//! could decode. So it is given one of a single pixel, behind the file, and reads the file's own directories from there.
//!
//! Promises: nothing of the file is copied; a directory and a value are bounded; what cannot be read is absent. Called by
//! `exif`, `raw` and `tiff`.

use std::io::{self, Read, Seek, SeekFrom};
use tiff::Directory;
use tiff::decoder::ifd::Value;
use tiff::decoder::{Decoder, Limits};
use tiff::tags::{IfdPointer, Tag};

/// The largest value that is read at all, in bytes: the places of a quarter of a million strips. In memory it takes up to
/// thirty times that for a moment.
const VALUE: usize = 1 << 20;
/// The most entries of a directory.
const ENTRIES: usize = 4096;

/// A file's directories.
pub(super) struct Tags<'a> {
    decoder: Decoder<Behind<'a>>,
    /// Where the file's first directory is.
    pub(super) first: IfdPointer,
    /// Whether the lower byte of a number comes first.
    pub(super) is_little: bool,
}

impl<'a> Tags<'a> {
    /// Those of a file that begins as TIFF files do.
    pub(super) fn of(file: &'a [u8]) -> Option<Tags<'a>> {
        let is_little = file.starts_with(b"II");
        let is_big = match file.first_chunk::<4>()? {
            b"II*\0" | b"MM\0*" => false,
            b"II+\0" | b"MM\0+" => true,
            _ => return None,
        };
        let bytes = file.get(if is_big { 8..16 } else { 4..8 })?;
        let first = bytes.iter().enumerate().fold(0, |sum, (at, byte)| {
            let shift = if is_little { at } else { bytes.len() - 1 - at };
            sum | u64::from(*byte) << (8 * shift)
        });
        let at = file.len().next_multiple_of(2);
        let order = Order { is_little, is_big };
        let mut head = file.get(..if is_big { 16 } else { 8 })?.to_vec();
        let place = order.offset(u64::try_from(at).ok()?)?;
        head.splice(head.len() - place.len().., place);
        let tail = [vec![0; at - file.len()], order.image()].concat();
        let mut limits = Limits::default();
        limits.ifd_value_size = VALUE;
        let mut decoder = Decoder::new(Behind { file, head, tail, at: 0 }).ok()?.with_limits(limits);
        // From here on the file ends where it ends.
        decoder.inner().tail.clear();
        Some(Tags { decoder, first: IfdPointer(first), is_little })
    }

    /// The directory there.
    pub(super) fn directory(&mut self, at: IfdPointer) -> Option<Directory> {
        let found = self.decoder.read_directory(at).ok()?;
        (found.len() <= ENTRIES).then_some(found)
    }

    /// A value of at most so many parts.
    pub(super) fn value(&mut self, directory: &Directory, tag: u16, most: u64) -> Option<Value> {
        let tag = Tag::from_u16_exhaustive(tag);
        directory.get(tag).filter(|entry| entry.count() <= most)?;
        self.decoder.read_directory_tags(directory).find_tag(tag).ok().flatten()
    }

    /// Whole numbers, of whatever type they are written in.
    pub(super) fn numbers(&mut self, directory: &Directory, tag: u16, most: u64) -> Option<Vec<u64>> {
        match self.value(directory, tag, most)? {
            Value::List(values) => values.into_iter().map(whole).collect(),
            value => whole(value).map(|number| vec![number]),
        }
    }

    /// The first of them.
    pub(super) fn number(&mut self, directory: &Directory, tag: u16) -> Option<u64> {
        self.numbers(directory, tag, 64)?.first().copied()
    }

    /// Directories that an entry leads to.
    pub(super) fn pointers(&mut self, directory: &Directory, tag: u16, most: u64) -> Vec<IfdPointer> {
        self.numbers(directory, tag, most).unwrap_or_default().into_iter().map(IfdPointer).collect()
    }
}

/// A number that is whole and not below 0; many programs do not mind in which type they write it.
fn whole(value: Value) -> Option<u64> {
    match value {
        Value::SignedByte(number) => number.try_into().ok(),
        Value::SignedShort(number) => number.try_into().ok(),
        Value::Signed(number) => number.try_into().ok(),
        Value::SignedBig(number) => number.try_into().ok(),
        value => value.into_u64().ok(),
    }
}

/// How a file writes numbers.
struct Order {
    is_little: bool,
    is_big: bool,
}

impl Order {
    fn number(&self, number: u64, bytes: usize) -> Vec<u8> {
        match self.is_little {
            true => number.to_le_bytes()[..bytes].to_vec(),
            false => number.to_be_bytes()[8 - bytes..].to_vec(),
        }
    }

    /// A place in the file, when it can be written at all.
    fn offset(&self, at: u64) -> Option<Vec<u8>> {
        (self.is_big || u32::try_from(at).is_ok()).then(|| self.number(at, if self.is_big { 8 } else { 4 }))
    }

    /// A directory with an image of one pixel.
    fn image(&self) -> Vec<u8> {
        // Width, height, bits, no compression, black is 0; its one byte, wherever; samples, rows, bytes.
        let entries = [(256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, 0), (277, 1), (278, 1), (279, 1)];
        let wide = if self.is_big { 8 } else { 4 };
        let mut directory = self.number(entries.len() as u64, if self.is_big { 8 } else { 2 });
        for (tag, value) in entries {
            // One number of 32 bits, at the beginning of its field.
            directory.extend([self.number(tag, 2), self.number(4, 2), self.number(1, wide)].concat());
            directory.extend(self.number(value, 4));
            directory.extend(vec![0; wide - 4]);
        }
        directory.extend(vec![0; wide]);
        directory
    }
}

/// A file with another head, and more behind it.
struct Behind<'a> {
    file: &'a [u8],
    head: Vec<u8>,
    tail: Vec<u8>,
    at: u64,
}

impl Read for Behind<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let at = usize::try_from(self.at).unwrap_or(usize::MAX);
        let from = match at {
            at if at < self.head.len() => &self.head[at..],
            at if at < self.file.len() => &self.file[at..],
            at => self.tail.get(at - self.file.len()..).unwrap_or_default(),
        };
        let count = from.len().min(into.len());
        into[..count].copy_from_slice(&from[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Behind<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let end = (self.file.len() + self.tail.len()) as u64;
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => end.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
