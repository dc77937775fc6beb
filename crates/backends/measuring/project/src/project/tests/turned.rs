//! EXIF wherever a file has it and in whatever type: the thumbnail is turned as it says, and the camera's words are kept.

use super::super::decode::{Seen, decode};
use super::*;
use ::image::metadata::Orientation;
use ::image::{DynamicImage, RgbImage};

/// A block that says how the image is turned, as a number of 16 (3) or 32 (4) bits, and a focal length of 35 mm.
fn block(kind: u16, orientation: u8) -> Vec<u8> {
    let value = if kind == 3 { [0, orientation, 0, 0] } else { [0, 0, 0, orientation] };
    let entry = |tag: u16, kind: u16, value: [u8; 4]| {
        [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &[0, 0, 0, 1], &value].concat()
    };
    let behind = 8 + 2 + 2 * 12 + 4;
    [
        &b"MM\0*\0\0\0\x08\0\x02"[..],
        &entry(0x112, kind, value),
        &entry(0x920A, 5, [0, 0, 0, behind]),
        &[0; 4],
        &35u32.to_be_bytes(),
        &1u32.to_be_bytes(),
    ]
    .concat()
}

/// Red on the left, blue on the right.
fn picture() -> DynamicImage {
    RgbImage::from_fn(32, 16, |x, _| if x < 16 { Rgb([230, 20, 20]) } else { Rgb([20, 20, 230]) }).into()
}

fn marked(block: &[u8]) -> Vec<u8> {
    [b"Exif\0\0", block].concat()
}

fn jpeg(block: &[u8]) -> Vec<u8> {
    let plain = encoded(&picture(), ImageFormat::Jpeg);
    let content = marked(block);
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&plain[..2], &[0xFF, 0xE1], &length, &content, &plain[2..]].concat()
}

/// The chunk stands before the pixels or behind them.
fn png(block: &[u8], is_behind: bool) -> Vec<u8> {
    let plain = encoded(&picture(), ImageFormat::Png);
    let named = [b"eXIf", block].concat();
    let mut crc = flate2::Crc::new();
    crc.update(&named);
    let chunk = [&u32::try_from(block.len()).unwrap().to_be_bytes()[..], &named, &crc.sum().to_be_bytes()].concat();
    // The first chunk ends with byte 33, the last one has twelve.
    let at = if is_behind { plain.len() - 12 } else { 33 };
    [&plain[..at], &chunk, &plain[at..]].concat()
}

fn webp(block: &[u8]) -> Vec<u8> {
    let plain = encoded(&picture(), ImageFormat::WebP);
    let chunk = |name: &[u8; 4], content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_le_bytes();
        [&name[..], &length, content, &vec![0; content.len() % 2]].concat()
    };
    let head = chunk(b"VP8X", &[8, 0, 0, 0, 31, 0, 0, 15, 0, 0]);
    let content = [&b"WEBP"[..], &head, &plain[12..], &chunk(b"EXIF", block)].concat();
    [&b"RIFF"[..], &u32::try_from(content.len()).unwrap().to_le_bytes(), &content].concat()
}

/// Which side of the thumbnail is red.
fn red(seen: &Seen) -> &'static str {
    let small = ::image::load_from_memory(&seen.thumbnail.bytes).unwrap().to_rgb8();
    let (width, height) = small.dimensions();
    let is_red = |x: u32, y: u32| small.get_pixel(x, y)[0] > small.get_pixel(x, y)[2];
    match (width > height, is_red(1, 1)) {
        (true, true) => "left",
        (true, false) => "right",
        (false, true) => "top",
        (false, false) => "bottom",
    }
}

#[test]
fn a_thumbnail_is_turned_whatever_the_container_and_the_type() {
    for (orientation, side) in
        [(1, "left"), (2, "right"), (3, "right"), (4, "left"), (5, "top"), (6, "top"), (7, "bottom"), (8, "bottom")]
    {
        for kind in [3, 4] {
            let block = block(kind, orientation);
            for (name, bytes) in [
                ("jpeg", jpeg(&block)),
                ("png before", png(&block, false)),
                ("png behind", png(&block, true)),
                ("png with the mark", png(&marked(&block), true)),
                ("webp", webp(&block)),
                ("webp with the mark", webp(&marked(&block))),
            ] {
                let seen = decode(&bytes, 1 << 20).unwrap_or_else(|why| panic!("{name}: {why}"));
                let told = (seen.width, seen.height, seen.exif.focal_length, seen.exif.orientation, red(&seen));
                let expected = Orientation::from_exif(orientation).unwrap();
                assert_eq!(told, (32, 16, Some(35.0), expected, side), "{name} {kind} {orientation}");
            }
        }
    }
}

#[test]
fn a_turn_that_there_is_not_is_none() {
    for (kind, orientation) in [(3, 0), (3, 9), (4, 255)] {
        let seen = decode(&webp(&marked(&block(kind, orientation))), 1 << 20).unwrap();
        assert_eq!((seen.exif.orientation, red(&seen)), (Orientation::NoTransforms, "left"));
    }
}

#[test]
fn a_tiff_file_is_turned_by_its_own_directory() {
    use super::super::tiff::tests::file;
    let pixels: Vec<u8> = picture().to_rgb8().into_raw();
    for (kind, orientation, side) in [(3, 1, "left"), (3, 3, "right"), (3, 6, "top"), (4, 6, "top"), (4, 8, "bottom")] {
        let entries = vec![
            (256, 4, vec![32]),
            (257, 4, vec![16]),
            (258, 3, vec![8; 3]),
            (259, 3, vec![1]),
            (262, 3, vec![2]),
            (273, 4, vec![8]),
            (274, kind, vec![orientation]),
            (277, 3, vec![3]),
            (278, 4, vec![16]),
            (279, 4, vec![pixels.len() as u32]),
        ];
        let seen = decode(&file(false, &pixels, &[entries]), 1 << 20).unwrap();
        assert_eq!((seen.width, seen.height, red(&seen)), (32, 16, side), "{kind} {orientation}");
    }
}
