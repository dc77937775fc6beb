//! Where EXIF lies in a JPEG, PNG or WebP file.
//!
//! The decoders know the usual places only: before the pixels, with the mark, or without it. Cameras and the programs
//! behind them write it anywhere.
//!
//! Promises: lengths are followed, no byte is looked at twice; the block is bounded, and so is what is unpacked for it.
//! Called by `decode`.

use super::exif::LARGEST;
use flate2::read::ZlibDecoder;
use image::ImageFormat;
use std::borrow::Cow;
use std::io::Read;

/// The mark before the block, which not everybody writes.
const MARK: &[u8] = b"Exif\0\0";

/// The EXIF block of a file of this kind.
pub(super) fn exif(bytes: &[u8], kind: ImageFormat) -> Option<Cow<'_, [u8]>> {
    match kind {
        ImageFormat::Jpeg => of_jpeg(bytes).map(Cow::Owned),
        ImageFormat::Png => of_png(bytes),
        ImageFormat::WebP => of_webp(bytes).map(Cow::Borrowed),
        _ => None,
    }
}

/// All its parts: one that is longer than a segment can be goes on in the next.
fn of_jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut block = Vec::new();
    let mut rest = bytes.get(2..)?;
    while let [0xFF, mark, behind @ ..] = rest {
        match mark {
            0xFF => rest = &rest[1..],
            0x01 | 0xD0..=0xD8 => rest = behind,
            // The pixels begin, or the file ends.
            0xD9 | 0xDA => break,
            _ => {
                let (&[a, b], _) = behind.split_first_chunk()?;
                let length = usize::from(u16::from_be_bytes([a, b])).max(2);
                let Some(content) = behind.get(2..length) else { break };
                if *mark == 0xE1 && block.len() <= LARGEST {
                    block.extend(content.strip_prefix(MARK).unwrap_or_default());
                }
                rest = &behind[length..];
            }
        }
    }
    Some(block).filter(|block| !block.is_empty())
}

/// The chunk `eXIf`, before or behind the pixels, or else the text in which older programs hid it.
fn of_png(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut rest = bytes.get(8..)?;
    let mut hidden = None;
    while let Some((&[a, b, c, d, name @ ..], behind)) = rest.split_first_chunk::<8>() {
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        let Some(content) = behind.get(..length) else { break };
        match &name {
            b"eXIf" => return Some(Cow::Borrowed(content)),
            b"tEXt" | b"zTXt" if hidden.is_none() => hidden = profile(content, &name == b"zTXt"),
            b"IEND" => break,
            _ => {}
        }
        rest = behind.get(length + 4..).unwrap_or_default();
    }
    hidden.map(Cow::Owned)
}

/// `Raw profile type exif`: a blank line, the words `exif` and a length, then the block as hexadecimal digits.
fn profile(content: &[u8], packed: bool) -> Option<Vec<u8>> {
    let (name, text) = content.split_at_checked(content.iter().position(|byte| *byte == 0)?)?;
    if !matches!(name, b"Raw profile type exif" | b"Raw profile type APP1") {
        return None;
    }
    let text = match packed {
        // Behind the zero a byte says how it is packed, which is one way only.
        true => {
            let mut unpacked = Vec::new();
            ZlibDecoder::new(text.get(2..)?).take(4 * LARGEST as u64).read_to_end(&mut unpacked).ok()?;
            unpacked
        }
        false => text.get(1..)?.to_vec(),
    };
    let mut lines = text.split(|byte| *byte == b'\n').skip_while(|line| line.is_empty());
    let _ = (lines.next()?, lines.next()?);
    let digits: Vec<u8> = lines.flatten().filter_map(|byte| Some(char::from(*byte).to_digit(16)? as u8)).collect();
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).take(LARGEST).collect())
}

fn of_webp(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes.get(12..)?;
    while let Some((&[name @ .., a, b, c, d], behind)) = rest.split_first_chunk::<8>() {
        let length = u32::from_le_bytes([a, b, c, d]) as usize;
        let content = behind.get(..length)?;
        if &name == b"EXIF" {
            return Some(content);
        }
        rest = behind.get(length + length % 2..).unwrap_or_default();
    }
    None
}
