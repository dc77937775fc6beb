//! Whether a file has its end, for the kinds whose decoder is content with less: what a JPEG does not have is painted grey.

use image::ImageFormat;

/// How many pixels one byte of a JPEG can stand for at most: 64 of a block, and a block takes one bit at least.
const PIXELS_A_BYTE: u64 = 64 * 8;

/// Says what is missing from a file of this kind that claims to have so many pixels.
pub(super) fn check(bytes: &[u8], kind: ImageFormat, pixels: u64) -> Result<(), &'static str> {
    match kind {
        ImageFormat::Jpeg => {
            let coded = coded_bytes(bytes).ok_or("it is cut short: its end is missing")?;
            let is_enough = coded.saturating_mul(PIXELS_A_BYTE) >= pixels;
            if is_enough { Ok(()) } else { Err("its header promises more pixels than it can hold") }
        }
        ImageFormat::Png if !ends_with_its_mark(bytes) => Err("it is cut short: its end is missing"),
        _ => Ok(()),
    }
}

/// How many bytes of a JPEG hold pixels; `None` when its end mark does not come. Lengths are followed, so that marks inside
/// a preview or a note are not taken for the image's own.
fn coded_bytes(bytes: &[u8]) -> Option<u64> {
    let mut at = 2;
    let mut coded = 0;
    loop {
        // What stands before a mark belongs to the pixels, once they have begun; 0xFF00 there is a plain 0xFF.
        let before = at;
        at = before + bytes.get(before..)?.iter().position(|byte| *byte == 0xFF)?;
        coded += (at - before) as u64;
        match *bytes.get(at + 1)? {
            0xD9 => return Some(coded),
            0xFF => at += 1,
            0x00 | 0x01 | 0xD0..=0xD8 => {
                coded += 2;
                at += 2;
            }
            _ => {
                let length = u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]);
                at += 2 + usize::from(length.max(2));
            }
        }
    }
}

/// Whether the chunks of a PNG lead to its last one.
fn ends_with_its_mark(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(8..).unwrap_or_default();
    while let Some((head, after)) = rest.split_first_chunk::<8>() {
        let [a, b, c, d, name @ ..] = *head;
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        // The checksum follows.
        let Some(next) = length.checked_add(4).and_then(|end| after.get(end..)) else { return false };
        if &name == b"IEND" {
            return true;
        }
        rest = next;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jpeg_has_its_end_and_enough_for_its_pixels() {
        let file = |segments: &[&[u8]]| [&[0xFF, 0xD8][..], &segments.concat()].concat();
        // A preview with an end mark of its own lies inside a segment.
        let preview: &[u8] = &[0xFF, 0xE1, 0x00, 0x06, 0xFF, 0xD8, 0xFF, 0xD9];
        let scan: &[u8] = &[0xFF, 0xDA, 0x00, 0x02, 1, 2, 0xFF, 0x00, 3, 0xFF, 0xD0, 4, 5];
        let end: &[u8] = &[0xFF, 0xD9];
        let whole = file(&[preview, scan, end]);
        assert_eq!(coded_bytes(&whole), Some(9));
        assert_eq!(coded_bytes(&file(&[preview, scan, &[0xFF], end, b"more"])), Some(9));
        for length in 0..whole.len() {
            assert_eq!(coded_bytes(&whole[..length]), None, "{length}");
        }
        assert!(check(&whole, ImageFormat::Jpeg, 9 * 512).is_ok());
        assert!(check(&whole, ImageFormat::Jpeg, 9 * 512 + 1).is_err());
    }
}
