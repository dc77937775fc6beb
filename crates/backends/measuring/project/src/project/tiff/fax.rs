//! CCITT compression: rows of white and black runs, by themselves (T.4, modified Huffman) or as differences to the row
//! before (T.4 in two dimensions, T.6).
//!
//! The library has the tables of codes. Its own rows are those of a fax machine: one width, one kind a picture, and a
//! mark behind each row; files leave marks out, begin rows at whole bytes, and mix both kinds of rows.
//!
//! Promises: a row is as wide as the picture; codes that are none, or too few, are an error. Called by `codec`.

use fax::maps::{Mode, black, mode, white};
use fax::{BitReader, ByteReader};
use std::convert::Infallible;
use std::iter::{Chain, Copied, Map, RepeatN, repeat_n};

/// The tables look for longer codes than there may be bits left; zeros are no code.
const AHEAD: usize = 4;

type Bytes<'a> = Chain<Copied<std::slice::Iter<'a, u8>>, RepeatN<u8>>;
type Bits<'a> = ByteReader<Map<Bytes<'a>, fn(u8) -> Result<u8, Infallible>>>;

/// The rows, a bit for each pixel, 1 for black. `kind`: 2, 3 or 4; `mixed`: rows of kind 3 may be differences.
pub(super) fn unpack(packed: &[u8], kind: u8, mixed: bool, width: u32, height: u32) -> Option<Vec<u8>> {
    let as_read: fn(u8) -> Result<u8, Infallible> = Ok;
    let mut bits: Bits<'_> = ByteReader::new(packed.iter().copied().chain(repeat_n(0, AHEAD)).map(as_read)).ok()?;
    let row_bytes = (width as usize).div_ceil(8);
    let mut out = Vec::new();
    let mut before = Vec::new();
    for _ in 0..height {
        let row = match kind {
            2 => {
                let row = by_itself(&mut bits, width)?;
                let rest = bits.bits_to_byte_boundary();
                bits.consume(rest).ok()?;
                row
            }
            3 => match line_end(&mut bits) {
                // Six marks in a row: the sender has ended, and what is missing is white.
                Some(true) => return padded(out, row_bytes, height),
                Some(false) if mixed && !bit(&mut bits)? => by_differences(&mut bits, &before, width)??,
                Some(false) | None => by_itself(&mut bits, width)?,
            },
            _ => match by_differences(&mut bits, &before, width)? {
                Some(row) => row,
                None => return padded(out, row_bytes, height),
            },
        };
        paint(&row, row_bytes, &mut out);
        before = row;
    }
    Some(out)
}

fn padded(mut rows: Vec<u8>, row_bytes: usize, height: u32) -> Option<Vec<u8>> {
    rows.resize(row_bytes.checked_mul(height as usize)?, 0);
    Some(rows)
}

fn bit(bits: &mut Bits<'_>) -> Option<bool> {
    let bit = bits.peek(1)?;
    bits.consume(1).ok()?;
    Some(bit == 1)
}

/// Passes the marks between two rows; `true`: there were so many that it is the end. `None`: there is no mark.
fn line_end(bits: &mut Bits<'_>) -> Option<bool> {
    let mut marks = 0;
    // No code has more than eight zeros in a row.
    while bits.peek(11) == Some(0) {
        while !bit(bits)? {}
        marks += 1;
        if marks == 6 {
            return Some(true);
        }
        // In two dimensions each mark has its bit, the last one's is the row's.
        if bits.peek(13) == Some(0b1_0000_0000_0001) {
            bits.consume(1).ok()?;
        }
    }
    (marks > 0).then_some(false)
}

/// One run: any number of codes for 64 pixels and more, then one for less.
fn run(bits: &mut Bits<'_>, is_black: bool) -> Option<u32> {
    let mut length = 0u32;
    loop {
        let part = if is_black { black::decode(bits) } else { white::decode(bits) }?;
        length = length.checked_add(u32::from(part))?;
        if part < 64 {
            return Some(length);
        }
    }
}

/// A row of runs: where its colour changes, from white on.
fn by_itself(bits: &mut Bits<'_>, width: u32) -> Option<Vec<u32>> {
    let (mut changes, mut at, mut is_black) = (Vec::new(), 0u32, false);
    while at < width {
        at = at.checked_add(run(bits, is_black)?)?;
        changes.push(at.min(width));
        is_black = !is_black;
    }
    Some(changes)
}

/// A row of differences to the one before; `Some(None)`: the end of all rows.
fn by_differences(bits: &mut Bits<'_>, before: &[u32], width: u32) -> Option<Option<Vec<u32>>> {
    let mut changes: Vec<u32> = Vec::new();
    // Where the row has come to; `None` before its first pixel, where the row before may change as well.
    let mut at: Option<u32> = None;
    let mut next = 0;
    while at.is_none_or(|at| at < width) {
        let is_black = changes.len() % 2 == 1;
        // The next change of the row before to the other colour than ours is.
        while next > 0 && before.get(next - 1).is_some_and(|change| at.is_none_or(|at| *change > at)) {
            next -= 1;
        }
        while before.get(next).is_some_and(|change| at.is_some_and(|at| *change <= at))
            || next % 2 != usize::from(is_black)
        {
            next += 1;
        }
        let change = |index: usize| before.get(index).copied().unwrap_or(width);
        match mode::decode(bits)? {
            Mode::Pass => at = Some(change(next + 1)),
            Mode::Vertical(by) => {
                let to = change(next).checked_add_signed(i32::from(by))?.min(width);
                if to < at.unwrap_or(0) {
                    return None;
                }
                changes.push(to);
                at = Some(to);
            }
            Mode::Horizontal => {
                let from = at.unwrap_or(0);
                let first = from.checked_add(run(bits, is_black)?)?;
                let second = first.checked_add(run(bits, !is_black)?)?;
                changes.extend([first.min(width), second.min(width)]);
                at = Some(second);
            }
            Mode::Extension => return None,
            Mode::EOF => return if at.is_none() { Some(None) } else { None },
        }
    }
    Some(Some(changes))
}

/// Adds a row with these changes of colour.
fn paint(changes: &[u32], row_bytes: usize, out: &mut Vec<u8>) {
    let from = out.len();
    out.resize(from + row_bytes, 0);
    let row = &mut out[from..];
    let end = row_bytes * 8;
    for black in changes.chunks(2) {
        // From a change to black to the next one to white.
        let to = black.get(1).map_or(end, |to| *to as usize);
        for x in black[0] as usize..to.min(end) {
            row[x / 8] |= 0x80 >> (x % 8);
        }
    }
}
