//! Unpacks one strip or tile, by the library for its packing, and undoes the differences that were packed.
//!
//! Promises: as many bytes come out as the layout asks for, never more, and fewer are an error. Called by `fill`.

use super::jpeg::{self, Tables};
use super::layout::{Colour, Layout, Packing};
use super::{CUT, fax};
use flate2::read::ZlibDecoder;
use std::borrow::Cow;
use std::io::Read;
use tieline_model::Safe;
use weezl::decode::Decoder as Lzw;
use weezl::{BitOrder, LzwStatus};

/// The largest dictionary that LZMA may ask for, in bytes.
const DICTIONARY: u32 = 256 << 20;

/// An unpacked strip or tile.
pub(super) struct Chunk<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    pub(super) row_bytes: usize,
    /// Samples of a pixel side by side.
    pub(super) samples: usize,
    pub(super) bits: u8,
}

impl Chunk<'_> {
    pub(super) fn row(&self, row: usize) -> Option<&[u8]> {
        let from = row.checked_mul(self.row_bytes)?;
        self.bytes.get(from..from.checked_add(self.row_bytes)?)
    }
}

/// Unpacks the strip or tile of this number.
pub(super) fn unpack<'a>(
    file: &'a [u8],
    layout: &Layout,
    index: usize,
    (width, height): (u32, u32),
    tables: &'a Tables,
) -> Result<Chunk<'a>, Safe> {
    let samples = layout.together();
    if let Tables::Whole(chunk) = tables {
        let from = index * layout.chunk.1 as usize * chunk.row_bytes;
        let bytes = chunk.bytes.get(from..).ok_or(CUT)?;
        return Ok(Chunk { bytes: Cow::Borrowed(bytes), ..*chunk });
    }
    let row_bytes = layout.row_bytes(width);
    let shared = match layout.colour {
        Colour::YCbCr(across, down) if !layout.is_packed_as_jpeg() => Some((across, down)),
        _ => None,
    };
    let expected = match shared {
        Some((across, down)) if (across, down) != (1, 1) => {
            let blocks = width.div_ceil(across) as usize * height.div_ceil(down) as usize;
            blocks * (across * down + 2) as usize
        }
        _ => row_bytes * height as usize,
    };
    let packed = packed(file, layout, index, expected).ok_or(CUT)?;
    let packed = match layout.is_reversed && !layout.is_packed_as_jpeg() {
        true => Cow::Owned(packed.iter().map(|byte| byte.reverse_bits()).collect()),
        false => Cow::Borrowed(packed),
    };
    let mut bytes = match layout.packing {
        Packing::None => return plain(packed, layout, (width, height), expected),
        Packing::Jpeg => return jpeg::unpack(&packed, layout, (width, height), tables),
        Packing::WebP => return jpeg::unpack_webp(&packed, layout, (width, height)),
        Packing::OldJpeg => return Err(CUT.into()),
        Packing::Fax(kind) => fax::unpack(&packed, kind, layout.fax_options & 1 == 1, width, height),
        Packing::PackBits => packbits(&packed, expected),
        Packing::Lzw => lzw(&packed, expected),
        Packing::Deflate => filled(ZlibDecoder::new(&*packed), expected),
        Packing::Zstd => ruzstd::decoding::StreamingDecoder::new(&*packed).ok().and_then(|from| filled(from, expected)),
        Packing::Lzma => lzma(&packed, expected),
    }
    .ok_or(CUT)?;
    if matches!(layout.packing, Packing::Lzw | Packing::Deflate | Packing::Lzma | Packing::Zstd) {
        match layout.predictor {
            2 => bytes.chunks_exact_mut(row_bytes.max(1)).for_each(|row| add_up(row, layout, samples)),
            3 => bytes.chunks_exact_mut(row_bytes.max(1)).for_each(|row| join(row, layout, samples)),
            _ => {}
        }
    }
    plain(Cow::Owned(bytes), layout, (width, height), expected)
}

/// The bytes of the file that hold it.
fn packed<'a>(file: &'a [u8], layout: &Layout, index: usize, expected: usize) -> Option<&'a [u8]> {
    let from = usize::try_from(*layout.offsets.get(index)?).ok()?;
    let count = layout.counts.get(index).and_then(|count| usize::try_from(*count).ok()).unwrap_or(0);
    match (layout.packing, count) {
        // Where it is not said how many there are, it is known, or it is all that follows.
        (Packing::None, count) if count == 0 || count >= expected => file.get(from..from.checked_add(expected)?),
        (_, 0) => file.get(from..),
        _ => file.get(from..from.checked_add(count)?),
    }
}

/// Bytes that need no more than their colours apart.
fn plain<'a>(
    bytes: Cow<'a, [u8]>,
    layout: &Layout,
    (width, height): (u32, u32),
    expected: usize,
) -> Result<Chunk<'a>, Safe> {
    if bytes.len() < expected {
        return Err(CUT.into());
    }
    let row_bytes = layout.row_bytes(width);
    let bytes = match layout.colour {
        Colour::YCbCr(across, down) if (across, down) != (1, 1) => {
            Cow::Owned(apart(&bytes, (across as usize, down as usize), (width as usize, height as usize)))
        }
        _ => bytes,
    };
    Ok(Chunk { bytes, row_bytes, samples: layout.together(), bits: layout.bits })
}

/// Blocks of brightness with one colour each become pixels with a colour each.
fn apart(bytes: &[u8], (across, down): (usize, usize), (width, height): (usize, usize)) -> Vec<u8> {
    let mut pixels = vec![0; width * height * 3];
    let blocks = bytes.chunks_exact(across * down + 2);
    let in_row = width.div_ceil(across);
    for (at, block) in blocks.enumerate() {
        let (left, top) = (at % in_row * across, at / in_row * down);
        for (inside, brightness) in block[..across * down].iter().enumerate() {
            let (x, y) = (left + inside % across, top + inside / across);
            if x < width && y < height {
                let to = (y * width + x) * 3;
                pixels[to..to + 3].copy_from_slice(&[*brightness, block[across * down], block[across * down + 1]]);
            }
        }
    }
    pixels
}

/// So many bytes of a stream.
fn filled(from: impl Read, expected: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    // What breaks behind the last byte that is needed does no harm; what breaks before leaves too few.
    let _ = from.take(expected as u64).read_to_end(&mut bytes);
    (bytes.len() == expected).then_some(bytes)
}

fn packbits(packed: &[u8], expected: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = packed;
    while bytes.len() < expected {
        let (&head, behind) = rest.split_first()?;
        rest = match head.cast_signed() {
            -128 => behind,
            count @ 0.. => {
                let (same, behind) = behind.split_at_checked(count as usize + 1)?;
                bytes.extend_from_slice(same);
                behind
            }
            count => {
                let (&byte, behind) = behind.split_first()?;
                bytes.extend(std::iter::repeat_n(byte, 1 + usize::from(count.unsigned_abs())));
                behind
            }
        };
    }
    bytes.truncate(expected);
    Some(bytes)
}

fn lzw(packed: &[u8], expected: usize) -> Option<Vec<u8>> {
    // Before TIFF 5 the bits stood the other way round, and widths changed one code later.
    let is_old = matches!(packed, [0, second, ..] if second & 1 == 1);
    let mut decoder = match is_old {
        true => Lzw::new(BitOrder::Lsb, 8),
        false => Lzw::with_tiff_size_switch(BitOrder::Msb, 8),
    };
    let mut bytes = Vec::new();
    let mut part = vec![0; expected.min(1 << 16)];
    let mut rest = packed;
    while bytes.len() < expected {
        let done = decoder.decode_bytes(rest, &mut part);
        bytes.extend_from_slice(&part[..done.consumed_out]);
        rest = &rest[done.consumed_in..];
        match done.status {
            Ok(LzwStatus::Ok) => {}
            _ => break,
        }
    }
    bytes.truncate(expected);
    (bytes.len() == expected).then_some(bytes)
}

fn lzma(packed: &[u8], expected: usize) -> Option<Vec<u8>> {
    // The dictionary's size stands in the block's header, behind the filter's number and the length of what follows.
    let header = packed.get(12..)?;
    let header = header.get(..(usize::from(*header.first()?) + 1) * 4)?;
    let dictionary = header.windows(3).find(|three| three.starts_with(&[0x21, 1])).map(|three| three[2])?;
    let size = |code: u8| (2 | u32::from(code & 1)).checked_shl(u32::from(code / 2) + 11).filter(|_| code < 40);
    size(dictionary).filter(|size| *size <= DICTIONARY)?;
    filled(lzma_rust2::XzReader::new(packed, false), expected)
}

/// Undoes the differences between neighbours.
fn add_up(row: &mut [u8], layout: &Layout, samples: usize) {
    macro_rules! each {
        ($kind:ty) => {{
            const BYTES: usize = size_of::<$kind>();
            let mut before = vec![0 as $kind; samples];
            for pixel in row.chunks_exact_mut(BYTES * samples) {
                for (part, before) in pixel.as_chunks_mut::<BYTES>().0.iter_mut().zip(&mut before) {
                    let is_little = layout.is_little;
                    let number = if is_little { <$kind>::from_le_bytes(*part) } else { <$kind>::from_be_bytes(*part) };
                    *before = before.wrapping_add(number);
                    *part = if is_little { before.to_le_bytes() } else { before.to_be_bytes() };
                }
            }
        }};
    }
    match layout.bits {
        8 => each!(u8),
        16 => each!(u16),
        32 => each!(u32),
        64 => each!(u64),
        _ => {}
    }
}

/// Undoes the differences of floating point numbers, whose bytes were sorted: all first bytes, all second ones.
fn join(row: &mut [u8], layout: &Layout, samples: usize) {
    for at in samples..row.len() {
        row[at] = row[at].wrapping_add(row[at - samples]);
    }
    let sorted = row.to_vec();
    let bytes = usize::from(layout.bits / 8);
    let count = row.len() / bytes;
    for (at, number) in row.chunks_exact_mut(bytes).enumerate() {
        for (place, byte) in number.iter_mut().enumerate() {
            let from = if layout.is_little { bytes - 1 - place } else { place };
            *byte = sorted[from * count + at];
        }
    }
}
