//! From the bytes of a row to its numbers, whatever their depth and kind.
//!
//! Called by `fill` for each row of each strip.

use super::codec::Chunk;
use super::layout::{Layout, Numbers};

/// Puts the samples of so many pixels of a row into `out`, from a pixel on whose number is a multiple of 8; `None`: the
/// row has fewer.
pub(super) fn samples(
    row: &[u8],
    layout: &Layout,
    chunk: &Chunk<'_>,
    (from, width): (usize, usize),
    out: &mut Vec<f64>,
) -> Option<()> {
    let count = width.checked_mul(chunk.samples)?;
    let row = row.get((from / 8).checked_mul(chunk.samples * usize::from(chunk.bits))?..)?;
    out.clear();
    let is_little = layout.is_little;
    let bits = chunk.bits;
    let bytes = usize::from(bits / 8);
    if bits.is_multiple_of(8) && bits != 24 {
        let row = row.get(..count.checked_mul(bytes)?)?;
        match (bits, layout.numbers) {
            (8, Numbers::Unsigned) => out.extend(row.iter().map(|byte| f64::from(*byte))),
            (8, _) => out.extend(row.iter().map(|byte| f64::from(byte.cast_signed()))),
            (16, kind) => out.extend(row.as_chunks().0.iter().map(|pair| {
                let number = if is_little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) };
                match kind {
                    Numbers::Unsigned => f64::from(number),
                    Numbers::Signed => f64::from(number.cast_signed()),
                    Numbers::Float => half(number),
                }
            })),
            (32, kind) => out.extend(row.as_chunks().0.iter().map(|four| {
                let number = if is_little { u32::from_le_bytes(*four) } else { u32::from_be_bytes(*four) };
                match kind {
                    Numbers::Unsigned => f64::from(number),
                    Numbers::Signed => f64::from(number.cast_signed()),
                    Numbers::Float => f64::from(f32::from_bits(number)),
                }
            })),
            (_, kind) => out.extend(row.as_chunks().0.iter().map(|eight| {
                let number = if is_little { u64::from_le_bytes(*eight) } else { u64::from_be_bytes(*eight) };
                match kind {
                    Numbers::Unsigned => number as f64,
                    Numbers::Signed => number.cast_signed() as f64,
                    Numbers::Float => f64::from_bits(number),
                }
            })),
        }
        return Some(());
    }
    // Any other number of bits lies one behind the other, the highest first.
    let (mut held, mut has, mut rest) = (0u64, 0, row.iter());
    for _ in 0..count {
        while has < u32::from(bits) {
            held = held << 8 | u64::from(*rest.next()?);
            has += 8;
        }
        has -= u32::from(bits);
        out.push((held >> has) as f64);
        held &= (1 << has) - 1;
    }
    Some(())
}

/// A floating point number of 16 bits.
fn half(number: u16) -> f64 {
    let (exponent, fraction) = (i32::from(number >> 10 & 0x1F), f64::from(number & 0x3FF));
    let size = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    };
    if number >> 15 == 1 { -size } else { size }
}
