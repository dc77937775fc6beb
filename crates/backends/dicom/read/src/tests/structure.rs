//! Files as a whole: how they begin, how they are written, where they end, and how much they may ask for.

use super::*;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::{Read, Seek, SeekFrom, Write};

const TR: (u16, u16) = (0x0018, 0x0080);
const EXPLICIT: &str = "1.2.840.10008.1.2.1";

fn tr_of(bytes: &[u8]) -> Value {
    try_bytes(bytes).unwrap().parameters.get(Parameter::Tr).clone()
}

fn some() -> Vec<u8> {
    write::data_set(&[text((8, 0x1010), VR::SH, "AWP1"), text(TR, VR::DS, "1300"), pixels()])
}

fn some_implicit() -> Vec<u8> {
    [implicit((8, 0x1010), b"AWP1"), implicit(TR, b"1300"), implicit((0x7FE0, 0x10), &[0; 4])].concat()
}

fn some_big() -> Vec<u8> {
    [big((8, 0x1010), "SH", b"AWP1"), big(TR, "DS", b"1300"), big((0x18, 0x1310), "US", &[0, 64, 1, 0])].concat()
}

#[test]
fn every_way_to_write_is_read() {
    let ways = [
        ("explicit", with_syntax(EXPLICIT, &some())),
        ("a vendor's own", with_syntax("1.3.46.670589.33.1.4.1", &some())),
        ("compressed", with_syntax("1.2.840.10008.1.2.4.90", &some())),
        ("implicit", with_syntax("1.2.840.10008.1.2", &some_implicit())),
        ("big endian", with_syntax("1.2.840.10008.1.2.2", &some_big())),
        ("explicit in spite of its name", with_syntax("1.2.840.10008.1.2", &some())),
        ("implicit in spite of its name", with_syntax(EXPLICIT, &some_implicit())),
        ("no preamble", with_syntax(EXPLICIT, &some()).split_off(132)),
        ("no meta, explicit", some()),
        ("no meta, implicit", some_implicit()),
        ("no meta, big endian", some_big()),
        ("preamble, no meta", [vec![0; 128], b"DICM".to_vec(), some()].concat()),
    ];
    for (way, bytes) in ways {
        assert!(tr_of(&bytes) == Value::Number(1300.0), "{way}");
        assert!(try_bytes(&bytes).unwrap().complete, "{way}");
    }
    let big = try_bytes(&with_syntax("1.2.840.10008.1.2.2", &some_big())).unwrap();
    assert_value(big.parameters.get(Parameter::Matrix), &Value::Integers(vec![64, 256]));
}

#[test]
fn implicit_elements_among_explicit_ones_are_read() {
    let bytes = [some()[..12].to_vec(), implicit(TR, b"1300"), write::data_set(&[pixels()])].concat();
    assert_value(&tr_of(&with_syntax(EXPLICIT, &bytes)), &Value::Number(1300.0));
}

fn deflated(data_set: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data_set).unwrap();
    with_syntax("1.2.840.10008.1.2.1.99", &encoder.finish().unwrap())
}

#[test]
fn deflated_files_are_inflated_within_limits() {
    let header = try_bytes(&deflated(&some())).unwrap();
    assert_value(header.parameters.get(Parameter::Tr), &Value::Number(1300.0));
    assert!(!header.complete, "how long it should be is not known");

    let mut bomb = some();
    bomb.truncate(bomb.len() - 16);
    bomb.extend_from_slice(&write::data_set(&[Element::new((0x0029, 0x1100), VR::OB, vec![0; 1 << 20])]));
    let bomb = deflated(&bomb);
    let limits = ReadLimits { header_bytes: 200_000, ..ReadLimits::default() };
    let refused = read_from(Cursor::new(&bomb), bomb.len() as u64, &limits);
    assert_eq!(refused, Err(Unreadable::TooLarge("header_bytes")));

    let mut cut = deflated(&some());
    cut.truncate(cut.len() - 10);
    assert!(matches!(try_bytes(&cut), Err(Unreadable::Cut | Unreadable::Malformed(_))));
    let mut broken = deflated(&some());
    let from = broken.len() - 20;
    broken[from..].fill(0xFF);
    assert!(matches!(try_bytes(&broken), Err(Unreadable::Cut | Unreadable::Malformed(_))));
}

#[test]
fn what_is_something_else_is_not_dicom() {
    let utf16: Vec<u8> = "\"a text in another coding\"".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let others: [&[u8]; 7] = [
        b"x",
        b"a text file that somebody put into the folder, long enough to have room for a preamble; it says nothing that \
          would make sense as a data set.",
        b"{\"json\": true}",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0",
        b"PK\x03\x04\x14\0\0\0\x08\0",
        &[0xFF; 4096],
        &utf16,
    ];
    for bytes in others {
        assert_eq!(try_bytes(bytes), Err(Unreadable::NotDicom), "{:?}", bytes.get(..8));
    }
    // Somebody may write there later.
    assert_eq!(try_bytes(&[0; 4096]), Err(Unreadable::Unwritten));
}

#[test]
fn a_file_that_is_being_written_is_cut_until_its_header_is_whole() {
    let bytes = write::file(&[text((8, 0x1010), VR::SH, "AWP1"), text(TR, VR::DS, "1300"), pixels()]);
    assert_eq!(try_bytes(&[]), Err(Unreadable::Empty));
    let image = bytes.len() - 4;
    // Ends of elements: of the meta information, of the station, of TR.
    let ends = [image - 12 - 12, image - 12];
    for length in 1..bytes.len() {
        match try_bytes(&bytes[..length]) {
            Ok(header) if length >= image => assert!(!header.complete, "{length} of {}", bytes.len()),
            Ok(header) => assert!(header.complete && ends.contains(&length), "{length} of {}", bytes.len()),
            Err(error) => assert!(error == Unreadable::Cut && length < image, "{length}: {error:?}"),
        }
    }
    assert!(try_bytes(&bytes).unwrap().complete);
}

#[test]
fn sequences_of_any_kind_are_passed() {
    let inner = write::data_set(&[text(TR, VR::DS, "9")]);
    let open: [u8; 8] = [0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF];
    let item_end: [u8; 8] = [0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0];
    let sequence_end: [u8; 8] = [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0];
    let head = |vr: &[u8; 2]| [&[0x08, 0, 0x40, 0x11], vr.as_slice(), &[0, 0, 0xFF, 0xFF, 0xFF, 0xFF]].concat();
    let told = [&[0xFE, 0xFF, 0x00, 0xE0, inner.len() as u8, 0, 0, 0], inner.as_slice()].concat();
    let untold = [open.as_slice(), &inner, &item_end].concat();
    let bare = [open.as_slice(), &implicit(TR, b"9 "), &item_end].concat();
    let nested = [&open, head(b"SQ").as_slice(), &untold, &sequence_end, &item_end].concat();
    let cases = [
        ("items with lengths", head(b"SQ"), told.clone()),
        ("items without", head(b"SQ"), [untold.clone(), told.clone()].concat()),
        ("none", head(b"SQ"), Vec::new()),
        ("nested", head(b"SQ"), nested),
        ("of unknown kind, implicit", head(b"UN"), bare.clone()),
        ("of unknown kind, explicit", head(b"UN"), untold),
        ("implicit items in an explicit file", head(b"SQ"), bare),
        ("fragments", head(b"OB"), [&[0xFE, 0xFF, 0x00, 0xE0, 3, 0, 0, 0], b"abc".as_slice()].concat()),
    ];
    for (case, head, items) in cases {
        let bytes = with_syntax(EXPLICIT, &[head, items, sequence_end.to_vec(), some()].concat());
        assert!(tr_of(&bytes) == Value::Number(1300.0), "{case}");
    }
    let unfinished = [head(b"SQ"), told].concat();
    assert_eq!(try_bytes(&with_syntax(EXPLICIT, &unfinished)), Err(Unreadable::Cut));
}

#[test]
fn limits_hold() {
    let limits = ReadLimits { csa_bytes: 100, text_bytes: 8, depth: 3, elements: 20, header_bytes: 1 << 20 };
    let refused = |bytes: &[u8]| read_from(Cursor::new(bytes), bytes.len() as u64, &limits).map(|_| ());
    let long = write::file(&[text((8, 0x103E), VR::LO, "more than eight"), pixels()]);
    assert_eq!(refused(&long), Err(Unreadable::TooLarge("text_bytes")));
    let csa = write::file(&[Element::new((0x29, 0x1010), VR::OB, vec![0; 200]), pixels()]);
    assert_eq!(refused(&csa), Err(Unreadable::TooLarge("csa_bytes")));
    let many: Vec<Element> = (0..30).map(|number| text((0x11, 0x1000 + number), VR::LO, "x")).collect();
    assert_eq!(refused(&write::file(&many)), Err(Unreadable::TooLarge("elements")));
    let deep =
        [&[8, 0, 0x40, 0x11, b'S', b'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], [0xFE, 0xFF, 0, 0xE0].as_slice(), &[0xFF; 4]];
    let deep = with_syntax(EXPLICIT, &deep.concat().repeat(8));
    assert_eq!(refused(&deep), Err(Unreadable::TooLarge("depth")));
    // Whatever the limits say, the stack is not theirs.
    let endless = ReadLimits { depth: usize::MAX, elements: u64::MAX, ..ReadLimits::default() };
    let deep = with_syntax(EXPLICIT, &deep[deep.len() - 20..].repeat(100_000));
    let refused = read_from(Cursor::new(&deep), deep.len() as u64, &endless);
    assert_eq!(refused, Err(Unreadable::TooLarge("depth")));
}

/// Counts what is read.
struct Counting<'a>(Cursor<&'a [u8]>, &'a mut u64);

impl Read for Counting<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.read(into)?;
        *self.1 += count as u64;
        Ok(count)
    }
}

impl Seek for Counting<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn pixel_data_and_what_is_not_wanted_are_not_read() {
    let large = Element::new((0x0029, 0x1130), VR::OB, vec![0; 3 << 20]);
    let image = Element::new((0x7FE0, 0x0010), VR::OW, vec![0; 5 << 20]);
    let bytes = write::file(&[text(TR, VR::DS, "1300"), large, text((0x51, 0x100A), VR::LO, "TA 1"), image]);
    let mut count = 0;
    let source = Counting(Cursor::new(&bytes), &mut count);
    let header = read_from(source, bytes.len() as u64, &ReadLimits::default()).unwrap();
    assert!(header.complete);
    assert_value(header.parameters.get(Parameter::Ta), &words("TA 1"));
    assert!(count <= 128 << 10, "{count} bytes read");
}

#[test]
fn a_path_that_is_no_file_is_told_by_its_kind() {
    let folder = tempfile::tempdir().unwrap();
    let limits = ReadLimits::default();
    let read = |path: &std::path::Path| super::super::read(path, &limits).map(|_| ());
    assert_eq!(read(folder.path()), Err(Unreadable::NotAFile));
    assert_eq!(read(&folder.path().join("none")), Err(Unreadable::Gone));
    let empty = folder.path().join("empty");
    std::fs::write(&empty, b"").unwrap();
    assert_eq!(read(&empty), Err(Unreadable::Empty));
    assert_eq!(read(&empty.join("below")), Err(Unreadable::Gone));
    let whole = folder.path().join("whole");
    std::fs::write(&whole, write::file(&[text(TR, VR::DS, "1300"), pixels()])).unwrap();
    assert_eq!(read(&whole), Ok(()));
}

/// It waits for nobody, whatever stands at the path by the time it is opened.
#[test]
fn a_pipe_that_was_put_in_a_files_place_is_told_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert_eq!(super::super::open(&pipe).map(|_| ()), Err(Unreadable::NotAFile));
    let socket = folder.path().join("socket");
    let _bound = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    assert_eq!(super::super::open(&socket).map(|_| ()), Err(Unreadable::NotAFile));
    assert_eq!(super::super::open(folder.path()).map(|_| ()), Err(Unreadable::NotAFile));
    std::fs::write(folder.path().join("file"), b"four").unwrap();
    assert_eq!(super::super::open(&folder.path().join("file")).map(|(_, length)| length), Ok(4));
}
