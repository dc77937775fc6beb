//! Tests of TIFF files, all made here: each kind has its picture, and what is not read is named.

use super::*;
use image::codecs::jpeg::JpegEncoder;
use image::{GenericImageView, RgbImage};
use std::io::Write;

mod packing;

/// A directory's entries: tag, type (3: 16 bits, 4: 32 bits, 7: bytes), numbers.
pub(crate) type Entries = Vec<(u16, u16, Vec<u32>)>;

/// Puts a file together: its data first, from byte 8 (16 of a BigTIFF) on, then each directory with what it points at.
pub(crate) fn file(is_big: bool, data: &[u8], directories: &[Entries]) -> Vec<u8> {
    let mut out = if is_big { b"II+\0\x08\0\0\0".to_vec() } else { b"II*\0".to_vec() };
    let wide = if is_big { 8 } else { 4 };
    let place = |at: usize| (at as u64).to_le_bytes()[..wide].to_vec();
    let mut link = out.len();
    out.extend(place(0));
    out.extend_from_slice(data);
    for entries in directories {
        out.resize(out.len().next_multiple_of(2), 0);
        let values: Vec<Vec<u8>> = entries
            .iter()
            .map(|(_, kind, numbers)| {
                let bytes = match kind {
                    3 => 2,
                    4 | 13 => 4,
                    _ => 1,
                };
                numbers.iter().flat_map(|number| number.to_le_bytes()[..bytes].to_vec()).collect()
            })
            .collect();
        let at = out.len();
        out.splice(link..link + wide, place(at));
        let entry = 4 + 2 * wide;
        let head = if is_big { 8 } else { 2 };
        let mut behind = at + head + entries.len() * entry + wide;
        out.extend((entries.len() as u64).to_le_bytes()[..head].to_vec());
        let mut tail = Vec::new();
        for ((tag, kind, numbers), value) in entries.iter().zip(&values) {
            out.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
            out.extend(place(numbers.len()));
            let mut field = value.clone();
            if value.len() > wide {
                field = place(behind);
                behind += value.len().next_multiple_of(2);
                tail.extend_from_slice(value);
                tail.resize(tail.len().next_multiple_of(2), 0);
            }
            field.resize(wide, 0);
            out.extend(field);
        }
        link = out.len();
        out.extend(place(0));
        out.extend(tail);
    }
    out
}

/// The entries of a picture in one strip at byte 8.
fn strip(width: u32, height: u32, bits: &[u32], colour: u32, compression: u32, bytes: usize) -> Entries {
    vec![
        (256, 4, vec![width]),
        (257, 4, vec![height]),
        (258, 3, bits.to_vec()),
        (259, 3, vec![compression]),
        (262, 3, vec![colour]),
        (273, 4, vec![8]),
        (277, 3, vec![bits.len() as u32]),
        (278, 4, vec![height]),
        (279, 4, vec![bytes as u32]),
    ]
}

fn with(mut entries: Entries, more: Entries) -> Entries {
    entries.retain(|(tag, ..)| more.iter().all(|(other, ..)| other != tag));
    entries.extend(more);
    entries.sort_by_key(|(tag, ..)| *tag);
    entries
}

fn looked(bytes: &[u8]) -> Result<Picture, Safe> {
    look(bytes, 1 << 20, 256)
}

/// A picture's measures, its bits, and its first and last pixel.
fn seen(bytes: &[u8]) -> (u32, u32, u8, [u8; 4], [u8; 4]) {
    let picture = looked(bytes).unwrap_or_else(|why| panic!("{why}"));
    let (last, small) = ((picture.small.width() - 1, picture.small.height() - 1), &picture.small);
    (picture.width, picture.height, picture.bits, small.get_pixel(0, 0).0, small.get_pixel(last.0, last.1).0)
}

const BLACK: [u8; 4] = [0, 0, 0, 255];
const WHITE: [u8; 4] = [255; 4];

#[test]
fn grey_of_every_depth_and_kind_is_shown() {
    let f16 = [0x00, 0xBC, 0x00, 0x3C];
    for (bits, kind, data) in [
        (1, 1, vec![0b0100_0000]),
        (2, 1, vec![0b0011_0000]),
        (4, 1, vec![0x0F]),
        (8, 1, vec![0, 255]),
        (12, 1, vec![0x00, 0x0F, 0xFF]),
        (16, 1, vec![0, 0, 255, 255]),
        (32, 1, [7u32, 4_000_000_000].map(u32::to_le_bytes).concat()),
        (64, 1, [7u64, 70].map(u64::to_le_bytes).concat()),
        (8, 2, vec![0x80, 0x7F]),
        (16, 2, [-300i16, 5].map(i16::to_le_bytes).concat()),
        (32, 2, [-70_000i32, 70_000].map(i32::to_le_bytes).concat()),
        (16, 3, f16.to_vec()),
        (32, 3, [-0.25f32, 1e6].map(f32::to_le_bytes).concat()),
        (64, 3, [1.0f64, 1e300].map(f64::to_le_bytes).concat()),
    ] {
        for is_white in [0, 1] {
            let entries = with(strip(2, 1, &[bits], is_white, 1, data.len()), vec![(339, 3, vec![kind])]);
            let (first, last) = if is_white == 1 { (BLACK, WHITE) } else { (WHITE, BLACK) };
            assert_eq!(
                seen(&file(false, &data, &[entries])),
                (2, 1, bits as u8, first, last),
                "{bits} {kind} {is_white}"
            );
        }
    }
    // What is no number is left out of the range.
    let data = [f32::NAN, 1.0, f32::INFINITY, 3.0].map(f32::to_le_bytes).concat();
    let entries = with(strip(4, 1, &[32], 1, 1, 16), vec![(339, 3, vec![3])]);
    assert_eq!(seen(&file(false, &data, &[entries])).4, WHITE);
}

#[test]
fn colours_of_every_kind_are_shown() {
    let map: Vec<u32> = [65535, 0, 0, 0, 0, 65535, 0, 0, 0, 0, 65535, 0].to_vec();
    let palette = with(strip(3, 1, &[2], 3, 1, 1), vec![(320, 3, map)]);
    assert_eq!(seen(&file(false, &[0b0001_1000], &[palette])), (3, 1, 2, [255, 0, 0, 255], [0, 0, 255, 255]));
    let alpha = with(strip(2, 1, &[8, 8], 1, 1, 4), vec![(338, 3, vec![2])]);
    assert_eq!(seen(&file(false, &[0, 255, 255, 0], &[alpha])), (2, 1, 8, BLACK, [255, 255, 255, 0]));
    let cmyk = strip(2, 1, &[8; 4], 5, 1, 8);
    assert_eq!(seen(&file(false, &[0, 0, 0, 0, 255, 0, 0, 0], &[cmyk])), (2, 1, 8, WHITE, [0, 255, 255, 255]));
    let lab = strip(2, 1, &[8; 3], 8, 1, 6);
    let (.., white, black) = seen(&file(false, &[255, 0, 0, 0, 0, 0], &[lab]));
    assert!(white.iter().all(|part| *part > 250) && black == BLACK, "{white:?}");
    // Two by two pixels share a colour, the last column's and row's with nobody.
    let shared = with(strip(3, 3, &[8; 3], 6, 1, 24), vec![(530, 3, vec![2, 2])]);
    let data = [
        [255, 255, 255, 255, 128, 128],
        [255, 0, 255, 0, 128, 128],
        [255, 255, 0, 0, 128, 128],
        [0, 0, 0, 0, 128, 128],
    ];
    assert_eq!(seen(&file(false, &data.concat(), &[shared])), (3, 3, 8, WHITE, BLACK));
}

#[test]
fn tiles_planes_and_big_files_are_read() {
    // Three planes of 20 × 20 in tiles of 16 × 16: the first is full, the others are empty.
    let data = [vec![255; 4 * 256], vec![0; 8 * 256]].concat();
    for is_big in [false, true] {
        let from = if is_big { 16 } else { 8 };
        let entries = with(
            strip(20, 20, &[8; 3], 2, 1, 0).into_iter().filter(|(tag, ..)| !matches!(tag, 273 | 278 | 279)).collect(),
            vec![
                (284, 3, vec![2]),
                (322, 4, vec![16]),
                (323, 4, vec![16]),
                (324, 4, (0..12).map(|tile| from + tile * 256).collect()),
                (325, 4, vec![256; 12]),
            ],
        );
        let whole = file(is_big, &data, std::slice::from_ref(&entries));
        assert_eq!(seen(&whole), (20, 20, 8, [255, 0, 0, 255], [255, 0, 0, 255]));
        let few = with(entries, vec![(324, 4, vec![from; 11])]);
        assert!(looked(&file(is_big, &data, &[few])).is_err());
    }
}

#[test]
fn the_picture_is_the_full_one_wherever_it_lies() {
    let preview = |kind: u32| with(strip(1, 1, &[8], 1, 1, 1), vec![(254, 4, vec![kind])]);
    let full = strip(2, 1, &[8], 1, 1, 2);
    let pages = [preview(1), preview(4), full.clone(), strip(1, 2, &[8], 1, 1, 2)];
    assert_eq!(
        (seen(&file(false, &[0, 255], &pages)).0, looked(&file(false, &[0, 255], &pages)).unwrap().height),
        (2, 1)
    );
    let only = looked(&file(false, &[0], &[preview(1)])).err().unwrap();
    assert!(only.as_str().contains("previews only"), "{only}");
    // Below its preview: written first as a page of its own, then left out of the chain.
    let mut below = file(false, &[0, 255], &[full, with(preview(1), vec![(330, 13, vec![10])])]);
    let first = u32::from_le_bytes(below[4..8].try_into().unwrap());
    assert_eq!(first, 10);
    let second = below.len() - 2 - 11 * 12 - 4;
    below[4..8].copy_from_slice(&(second as u32).to_le_bytes());
    assert_eq!(seen(&below).0, 2);
}

#[test]
fn camera_raw_is_refused_by_its_name() {
    let tiff = |more: Entries| file(false, &[0, 255], &[with(strip(2, 1, &[8], 1, 1, 2), more)]);
    let text = |text: &str| text.bytes().map(u32::from).chain([0]).collect();
    for (bytes, name) in [
        (tiff(vec![(50706, 7, vec![1, 4, 0, 0])]), "(DNG)"),
        (tiff(vec![(262, 3, vec![32803]), (271, 2, text("NIKON CORPORATION"))]), "(NEF)"),
        (tiff(vec![(262, 3, vec![32803]), (271, 2, text("SONY"))]), "(ARW)"),
        (tiff(vec![(259, 3, vec![34713])]), "(NEF)"),
        (b"II*\0\x10\0\0\0CR\x02\0".to_vec(), "(CR2)"),
        (b"FUJIFILMCCD-RAW 0201".to_vec(), "(RAF)"),
        (b"IIRO\x08\0\0\0".to_vec(), "(ORF)"),
        (b"IIU\0\x18\0\0\0".to_vec(), "(RW2)"),
    ] {
        let why = super::super::decode::decode(&bytes, 1 << 20).unwrap_err();
        assert!(why.as_str().contains("camera raw") && why.as_str().contains(name), "{why}");
    }
}

#[test]
fn what_is_not_read_is_named() {
    let plain = strip(2, 1, &[8], 1, 1, 2);
    for (more, name) in [
        (vec![(259, 3, vec![34712])], "TIFF with JPEG 2000 compression is not read"),
        (vec![(259, 3, vec![34887])], "TIFF with LERC compression is not read"),
        (vec![(259, 3, vec![60123])], "TIFF with compression 60123 is not read"),
        (vec![(262, 3, vec![32845])], "TIFF with LogLuv colours is not read"),
        (vec![(339, 3, vec![5])], "TIFF with complex numbers is not read"),
        (vec![(258, 3, vec![24]), (339, 3, vec![3])], "TIFF with numbers of 24 bits of that kind is not read"),
    ] {
        let why = looked(&file(false, &[0, 255], &[with(plain.clone(), more)])).err().unwrap();
        assert_eq!(why.as_str(), name);
    }
    let gif = super::super::decode::decode(b"GIF89a\x01\0\x01\0\0\0\0", 1 << 20).unwrap_err();
    assert!(gif.as_str().starts_with("it is a GIF file"), "{gif}");
}

fn packed(compression: u32, more: Entries, data: &[u8]) -> Vec<u8> {
    file(false, data, &[with(strip(4, 2, &[8], 1, compression, data.len()), more)])
}

#[test]
fn every_packing_is_undone() {
    let plain = [0u8, 9, 9, 255, 1, 2, 3, 255];
    let differences = [0u8, 9, 0, 246, 1, 1, 1, 252];
    let deflated = |bytes: &[u8]| {
        let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    };
    let lzw = weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8).encode(&plain).unwrap();
    let zstd = ruzstd::encoding::compress_to_vec(&plain[..], ruzstd::encoding::CompressionLevel::Uncompressed);
    let packbits = [1, 0, 9, 0, 9, 4, 255, 1, 2, 3, 255];
    for (name, bytes) in [
        ("none", packed(1, Vec::new(), &plain)),
        ("packbits", packed(32773, Vec::new(), &packbits)),
        ("lzw", packed(5, Vec::new(), &lzw)),
        ("deflate", packed(8, Vec::new(), &deflated(&plain))),
        ("old deflate", packed(32946, vec![(317, 3, vec![2])], &deflated(&differences))),
        ("zstd", packed(50000, Vec::new(), &zstd)),
        ("reversed", packed(1, vec![(266, 3, vec![2])], &plain.map(u8::reverse_bits))),
    ] {
        let small = looked(&bytes).unwrap_or_else(|why| panic!("{name}: {why}")).small;
        assert_eq!(small.to_luma8().into_raw(), plain, "{name}");
    }
    for cut in 1..4 {
        assert!(looked(&packed(32773, Vec::new(), &packbits[..packbits.len() - 2 * cut])).is_err());
        assert!(looked(&packed(5, Vec::new(), &lzw[..lzw.len() - 2 * cut])).is_err());
    }
}

#[test]
fn fax_pages_are_read() {
    use ::fax::{Color, VecWriter, encoder::Encoder};
    let rows = [
        [true; 16],
        [false; 16],
        [false, true, true, false, true, false, false, false, true, true, true, true, false, true, false, true],
    ];
    let pages: Vec<u8> = rows.iter().flat_map(|row| row.iter().map(|black| if *black { 0 } else { 255 })).collect();
    let mut encoder = Encoder::new(VecWriter::new());
    for row in rows {
        encoder.encode_line(row.into_iter().map(|black| if black { Color::Black } else { Color::White }), 16).unwrap();
    }
    let g4 = encoder.finish().unwrap().finish();
    let of = |compression: u32, data: &[u8], rows: u32, more: Entries| {
        let entries = with(strip(16, rows, &[1], 0, compression, data.len()), more);
        looked(&file(false, data, &[entries])).map(|picture| picture.small.to_luma8().into_raw())
    };
    assert_eq!(of(4, &g4, 3, Vec::new()), Ok(pages.clone()));
    assert!(of(4, &g4[..2], 3, Vec::new()).is_err());
    // Four white, four black, eight white: by runs from a whole byte on, and behind a mark.
    let expected = [vec![255; 4], vec![0; 4], vec![255; 8]].concat();
    assert_eq!(of(2, &[0b1011_0111, 0b0011_0000], 1, Vec::new()), Ok(expected.clone()));
    assert_eq!(of(3, &[0b0000_0000, 0b0001_1011, 0b0111_0011], 1, Vec::new()), Ok(expected.clone()));
    assert_eq!(of(3, &[0b1011_0111, 0b0011_0000], 1, Vec::new()), Ok(expected), "without a mark");
}

#[test]
fn jpeg_strips_are_read_in_the_new_way_and_the_old() {
    let image = RgbImage::from_pixel(16, 16, image::Rgb([200, 40, 40]));
    let mut jpeg = Vec::new();
    image.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 95)).unwrap();
    let is_red = |bytes: &[u8]| {
        let (width, height, .., [r, g, b, _], _) = seen(bytes);
        assert_eq!((width, height), (16, 16));
        assert!(r.abs_diff(200) < 8 && g.abs_diff(40) < 8 && b.abs_diff(40) < 8, "{r} {g} {b}");
    };
    is_red(&file(false, &jpeg, &[strip(16, 16, &[8; 3], 6, 7, jpeg.len())]));
    let old = vec![(513, 4, vec![8]), (514, 4, vec![jpeg.len() as u32])];
    is_red(&file(false, &jpeg, &[with(strip(16, 16, &[8; 3], 6, 6, jpeg.len()), old)]));
    // Only what lies in an image that is larger than its strip is refused.
    assert!(looked(&file(false, &jpeg, &[strip(8, 8, &[8; 3], 6, 7, jpeg.len())])).is_err());
}

#[test]
fn a_picture_costs_as_much_as_a_strip() {
    let of = |width: u32, height: u32, tile: u32| {
        let entries = with(
            strip(width, height, &[8], 1, 8, 100),
            vec![(322, 4, vec![tile]), (323, 4, vec![tile]), (324, 4, vec![8]), (325, 4, vec![100])],
        );
        looked(&file(false, &[0; 100], &[entries])).err().map(|why| why.to_string()).unwrap()
    };
    assert!(of(1, 1, u32::MAX).contains("larger than any"), "a tile counts as a whole");
    assert!(of(u32::MAX, u32::MAX, 16).contains("larger than any"));
}

/// What lies behind the pixels is the directory, then the values that have no room in it: without them there is no
/// picture, and never another one. Only how many bytes a strip has is known without being told.
#[test]
fn a_file_whose_directory_or_values_are_cut_is_never_another_picture() {
    for is_big in [false, true] {
        let place = if is_big { 16 } else { 8 };
        let more = vec![(273, 4, vec![place, place + 12]), (278, 4, vec![1]), (279, 4, vec![12; 2])];
        let entries = with(strip(2, 2, &[16; 3], 2, 1, 24), more);
        let data: Vec<u8> = (0..24).map(|at| at * 10).collect();
        let whole = file(is_big, &data, &[entries]);
        let picture = looked(&whole).map(|picture| picture.small).unwrap();
        let counts = if is_big { 0 } else { 8 };
        for length in 0..whole.len() {
            match looked(&whole[..length]) {
                Err(_) => {}
                Ok(cut) => {
                    assert!(length >= whole.len() - counts && cut.small == picture, "{length} of {}", whole.len())
                }
            }
        }
    }
}
