//! Packings that take more than a line to make: LZMA, sorted floating point, fax rows of both kinds, old JPEG in parts.

use super::*;
use flate2::Crc;

fn checksum(bytes: &[u8]) -> [u8; 4] {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum().to_le_bytes()
}

/// An XZ stream of one block, stored as it is; `dictionary` is the code of its dictionary's size.
fn xz(bytes: &[u8], dictionary: u8) -> Vec<u8> {
    let checked = |part: &[u8]| [part, &checksum(part)].concat();
    let filled = |mut part: Vec<u8>| {
        part.resize(part.len().next_multiple_of(4), 0);
        part
    };
    // Twelve bytes with the checksum; one filter, LZMA2, with one byte of its own.
    let header = checked(&[2, 0, 0x21, 1, dictionary, 0, 0, 0]);
    let length = u16::try_from(bytes.len() - 1).unwrap().to_be_bytes();
    let content = [&[1], &length[..], bytes, &[0]].concat();
    let unpadded = u8::try_from(header.len() + content.len() + 4).unwrap();
    let index = checked(&filled(vec![0, 1, unpadded, u8::try_from(bytes.len()).unwrap()]));
    let flags = [0, 1];
    let backward = u32::try_from(index.len() / 4 - 1).unwrap().to_le_bytes();
    let footer = [&backward[..], &flags].concat();
    [
        &b"\xFD7zXZ\0"[..],
        &checked(&flags),
        &header,
        &filled(content),
        &checksum(bytes),
        &index,
        &checksum(&footer),
        &footer,
        b"YZ",
    ]
    .concat()
}

#[test]
fn lzma_is_undone_and_its_dictionary_is_bounded() {
    let plain = [0u8, 9, 9, 255, 1, 2, 3, 255];
    let differences = [0u8, 9, 0, 246, 1, 1, 1, 252];
    for (bytes, more) in [(plain, Vec::new()), (differences, vec![(317, 3, vec![2])])] {
        // From 4 KiB to 256 MiB.
        for dictionary in [0, 22, 32] {
            let picture = looked(&packed(34925, more.clone(), &xz(&bytes, dictionary)));
            let small = picture.unwrap_or_else(|why| panic!("{dictionary}: {why}")).small;
            assert_eq!(small.to_luma8().into_raw(), plain);
        }
    }
    for dictionary in [33, 40, 63, 255] {
        assert!(looked(&packed(34925, Vec::new(), &xz(&plain, dictionary))).is_err(), "{dictionary}");
    }
    let whole = xz(&plain, 22);
    for length in 0..24 + 3 + plain.len() {
        assert!(looked(&packed(34925, Vec::new(), &whole[..length])).is_err(), "{length}");
    }
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// As writers do it: the highest bytes of all numbers of a row come first, then what each byte is more than the one before.
fn sorted(row: &[u8], bytes: usize, samples: usize) -> Vec<u8> {
    let mut out: Vec<u8> = (1..=bytes).flat_map(|place| row.chunks(bytes).map(move |one| one[bytes - place])).collect();
    for at in (samples..out.len()).rev() {
        out[at] = out[at].wrapping_sub(out[at - samples]);
    }
    out
}

#[test]
fn sorted_floating_point_is_undone() {
    let numbers = [0.0, 0.25, -3.5, 12.75, 100.0, 99.5, 1.0, 42.0];
    let halves = [0x0000u16, 0x3400, 0xC300, 0x4A60, 0x5640, 0x5638, 0x3C00, 0x5140];
    let all = [
        (16, halves.map(u16::to_le_bytes).concat()),
        (32, numbers.map(|number: f64| (number as f32).to_le_bytes()).concat()),
        (64, numbers.map(f64::to_le_bytes).concat()),
    ];
    let mut shown = Vec::new();
    for (bits, plain) in all {
        for samples in [1, 2] {
            let width = 4 / samples as u32;
            let (bytes, row) = (bits as usize / 8, bits as usize / 2);
            let of = |compression: u32, predictor: u32, data: &[u8]| {
                let entries = strip(width, 2, &vec![bits; samples], 1, compression, data.len());
                let more = vec![(317, 3, vec![predictor]), (339, 3, vec![3; samples])];
                let picture = looked(&file(false, data, &[with(entries, more)]));
                picture.unwrap_or_else(|why| panic!("{bits} {samples}: {why}")).small.to_luma8().into_raw()
            };
            let packed = deflated(&plain.chunks(row).flat_map(|row| sorted(row, bytes, samples)).collect::<Vec<_>>());
            let expected = of(1, 1, &plain);
            assert_eq!(of(8, 3, &packed), expected, "{bits} {samples}");
            assert_ne!(of(8, 1, &packed), expected, "{bits} {samples}");
            if samples == 1 {
                shown.push(expected);
            }
        }
    }
    assert_eq!((&shown[0], &shown[1]), (&shown[1], &shown[2]), "the same numbers of every length");
}

#[test]
fn fax_rows_that_are_differences_are_read() {
    let bits = |text: &str| -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(|digit| *digit != b' ').map(|digit| digit - b'0').collect();
        digits.chunks(8).map(|eight| eight.iter().enumerate().fold(0, |sum, (at, bit)| sum | bit << (7 - at))).collect()
    };
    let mark = "000000000001";
    // Four white, four black, eight white by runs; the same again; one more white at the black's expense.
    let text = format!("{mark} 1 1011 011 10011 {mark} 0 1 1 1 {mark} 0 011 1 1");
    let row = |white: usize, black: usize| [vec![255; white], vec![0; black], vec![255; 16 - white - black]].concat();
    let expected = [row(4, 4), row(4, 4), row(5, 3)].concat();
    let of = |text: &str, options: u32| {
        let data = bits(text);
        let entries = with(strip(16, 3, &[1], 0, 3, data.len()), vec![(292, 4, vec![options])]);
        looked(&file(false, &data, &[entries])).map(|picture| picture.small.to_luma8().into_raw())
    };
    assert_eq!(of(&text, 1), Ok(expected.clone()));
    // Zeros before a mark, so that it ends with a whole byte, are passed over.
    let spaced = format!("0000 {mark} 1 1011 011 10011 00000 {mark} 0 1 1 1 000 {mark} 0 011 1 1");
    assert_eq!(of(&spaced, 5), Ok(expected.clone()));
    // Said to be of one kind they are none.
    assert_ne!(of(&text, 0), Ok(expected));
}

/// The parts of a JPEG file: where each segment's content is, by its mark, and where the pixels are.
fn parts(jpeg: &[u8]) -> (Vec<(u8, std::ops::Range<usize>)>, std::ops::Range<usize>) {
    let (mut at, mut segments) = (2, Vec::new());
    loop {
        let (mark, end) = (jpeg[at + 1], at + 2 + usize::from(jpeg[at + 2]) * 256 + usize::from(jpeg[at + 3]));
        segments.push((mark, at + 4..end));
        if mark == 0xDA {
            return (segments, end..jpeg.len() - 2);
        }
        at = end;
    }
}

#[test]
fn old_jpeg_is_put_together_from_its_parts() {
    let image =
        RgbImage::from_fn(32, 16, |x, _| if x < 16 { image::Rgb([200, 40, 40]) } else { image::Rgb([20, 60, 220]) });
    for colours in [1, 3] {
        let mut jpeg = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut jpeg, 95);
        match colours {
            1 => image::DynamicImage::from(image.clone()).to_luma8().write_with_encoder(encoder).unwrap(),
            _ => image.write_with_encoder(encoder).unwrap(),
        }
        let (segments, pixels) = parts(&jpeg);
        // A table's number is the lower half of its first byte, its kind the upper.
        let (mut tables, mut shared) = ([[0; 2]; 3], vec![1, 1]);
        for (mark, content) in &segments {
            let mut at = content.start;
            while at < content.end && matches!(mark, 0xDB | 0xC4) {
                let (head, from) = (jpeg[at], at + 1);
                let kind = if *mark == 0xDB { 0 } else { 1 + usize::from(head >> 4) };
                tables[kind][usize::from(head & 1)] = from as u32 + 8;
                let codes = || 16 + jpeg[from..from + 16].iter().map(|count| usize::from(*count)).sum::<usize>();
                at = from + if kind == 0 { 64 } else { codes() };
            }
            if *mark == 0xC0 && colours == 3 {
                let factors = jpeg[content.start + 7];
                shared = vec![u32::from(factors >> 4), u32::from(factors & 15)];
            }
        }
        let each = |kind: usize| (0..colours).map(|colour| tables[kind][colour.min(1)]).collect::<Vec<u32>>();
        let colour = if colours == 1 { 1 } else { 6 };
        let plain = strip(32, 16, &vec![8; colours], colour, 6, pixels.len());
        let apart = vec![
            (273, 4, vec![pixels.start as u32 + 8]),
            (519, 4, each(0)),
            (520, 4, each(1)),
            (521, 4, each(2)),
            (530, 3, shared.clone()),
        ];
        // The head by itself, and a strip that begins with the scan's own head.
        let scan = segments.last().map(|(_, content)| content.start - 4).unwrap();
        let headed = vec![
            (273, 4, vec![scan as u32 + 8]),
            (279, 4, vec![(jpeg.len() - 2 - scan) as u32]),
            (513, 4, vec![8]),
            (514, 4, vec![scan as u32]),
            (530, 3, shared),
        ];
        let whole = image::load_from_memory(&jpeg).unwrap().to_rgb8();
        for (name, more) in [("apart", apart), ("headed", headed)] {
            let picture = looked(&file(false, &jpeg, &[with(plain.clone(), more)]));
            let small = picture.unwrap_or_else(|why| panic!("{colours} {name}: {why}")).small.to_rgb8();
            for (x, y) in [(2, 2), (13, 13), (20, 3), (31, 15)] {
                let (ours, theirs) = (small.get_pixel(x, y).0, whole.get_pixel(x, y).0);
                let is_near = ours.iter().zip(theirs).all(|(one, other)| one.abs_diff(other) < 4);
                assert!(is_near, "{colours} {name} {x} {y}: {ours:?} {theirs:?}");
            }
        }
    }
}
