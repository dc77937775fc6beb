//! Odd files that say everything all the same: each kind is read to the last parameter.

use super::*;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;

const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const STATION: (u16, u16) = (0x0008, 0x1010);
const TR: (u16, u16) = (0x0018, 0x0080);
const OPEN_SEQUENCE: [u8; 12] = [0x08, 0, 0x32, 0x10, b'S', b'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
const OPEN_ITEM: [u8; 8] = [0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF];
const ITEM_END: [u8; 8] = [0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0];
const SEQUENCE_END: [u8; 8] = [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0];

/// What comes before and behind the odd thing.
fn before() -> Vec<u8> {
    write::data_set(&[text((8, 0x05), VR::CS, "ISO_IR 100"), text(STATION, VR::SH, "AWP1")])
}

fn behind() -> Vec<u8> {
    let elements = [text((8, 0x103E), VR::LO, "bold"), text(TR, VR::DS, "1300"), text((0x18, 0x81), VR::DS, "30")];
    write::data_set(&elements)
}

/// The header of a file with these bytes between what every file of these tests has.
#[track_caller]
fn with_odd(odd: &[u8]) -> Header {
    let bytes = with_syntax(EXPLICIT, &[before(), odd.to_vec(), behind(), write::data_set(&[pixels()])].concat());
    let header = try_bytes(&bytes).unwrap();
    has_all(&header);
    assert!(header.complete);
    header
}

#[track_caller]
fn has_all(header: &Header) {
    let parameters = &header.parameters;
    assert_value(parameters.get(Parameter::Station), &words("AWP1"));
    assert_value(parameters.get(Parameter::SequenceName), &words("bold"));
    assert_value(parameters.get(Parameter::Tr), &Value::Number(1300.0));
    assert_value(parameters.get(Parameter::Te), &Value::Number(30.0));
}

#[test]
fn elements_without_a_value_representation_are_read() {
    for vr in [b"  ", b"\0\0", b"lo", b"ZZ", b"??", b"\xff\xff"] {
        let two = [&[0x08, 0, 0x30, 0x10], vr.as_slice(), &[10, 0], b"Brain^Case"].concat();
        let have = with_odd(&two);
        assert_value(have.parameters.get(Parameter::Project), &words("Brain^Case"));
        let four = [&[0x08, 0, 0x30, 0x10], vr.as_slice(), &[0, 0, 10, 0, 0, 0], b"Brain^Case"].concat();
        if vr != b"\xff\xff" {
            assert_value(with_odd(&four).parameters.get(Parameter::Project), &words("Brain^Case"));
        }
        // Nobody wants it, and it is passed by the same rule.
        with_odd(&[&[0x08, 0, 0x31, 0x10], vr.as_slice(), &[4, 0], b"1300"].concat());
    }
}

#[test]
fn every_element_may_be_without_one() {
    for vr in [b"  ", b"ds", b"\0\0"] {
        let mut bytes = [before(), behind(), write::data_set(&[pixels()])].concat();
        let known: [&[u8; 2]; 4] = [b"CS", b"SH", b"LO", b"DS"];
        let at: Vec<usize> =
            (0..bytes.len() - 1).filter(|at| known.iter().any(|vr| bytes[*at..].starts_with(*vr))).collect();
        for at in at {
            bytes[at..at + 2].copy_from_slice(vr);
        }
        has_all(&try_bytes(&with_syntax(EXPLICIT, &bytes)).unwrap());
    }
}

#[test]
fn the_first_element_may_be_without_one() {
    let mut bytes = [before(), behind(), write::data_set(&[pixels()])].concat();
    bytes[4..6].copy_from_slice(b"  ");
    has_all(&try_bytes(&with_syntax(EXPLICIT, &bytes)).unwrap());
}

#[test]
fn an_element_that_makes_no_sense_either_way_is_damage() {
    let odd = [&[0x08, 0, 0x31, 0x10], b"  ".as_slice(), &[0xF0, 0xF0], b"1300"].concat();
    let bytes = with_syntax(EXPLICIT, &[before(), odd, behind()].concat());
    assert!(matches!(try_bytes(&bytes), Err(Unreadable::Malformed(_))));
}

#[test]
fn a_broken_sequence_ends_that_sequence() {
    let item = [OPEN_ITEM.as_slice(), &write::data_set(&[text(TR, VR::DS, "9")])].concat();
    let whole = [item.clone(), ITEM_END.to_vec()].concat();
    let told = [&[0xFE, 0xFF, 0x00, 0xE0, 10, 0, 0, 0], write::data_set(&[text(TR, VR::DS, "9")]).as_slice()].concat();
    let cases = [
        ("neither items nor end", vec![]),
        ("items, no end", told.clone()),
        ("the end of an item that never began", [ITEM_END, SEQUENCE_END].concat()),
        ("an item without its end", [item.as_slice(), &SEQUENCE_END].concat()),
        ("two items without their ends", [item.as_slice(), &item, &SEQUENCE_END].concat()),
        ("ends of items too many", [whole.as_slice(), &ITEM_END, &ITEM_END, &whole, &SEQUENCE_END].concat()),
    ];
    for (case, items) in cases {
        let have = with_odd(&[OPEN_SEQUENCE.as_slice(), &items].concat());
        assert_eq!(have.kind, crate::SeriesKind::Other, "{case}");
    }
}

#[test]
fn what_is_wrong_inside_a_sequence_of_known_length_stays_inside() {
    for content in
        [b"no items at all!".as_slice(), &OPEN_ITEM, &[0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0, 0, 0], b"x", b"", &[0; 40]]
    {
        with_odd(&[&[0x08, 0, 0x32, 0x10], b"SQ\0\0".as_slice(), &[content.len() as u8, 0, 0, 0], content].concat());
    }
}

#[test]
fn stray_ends_are_passed() {
    with_odd(&ITEM_END);
    with_odd(&SEQUENCE_END);
    with_odd(&[ITEM_END, SEQUENCE_END, ITEM_END].concat());
    let first = [&ITEM_END, &SEQUENCE_END, before().as_slice(), &behind()].concat();
    has_all(&try_bytes(&with_syntax(EXPLICIT, &first)).unwrap());
}

#[test]
fn unknown_and_other_bytes_of_unknown_length_are_passed() {
    let head = |vr: &[u8; 2]| [&[0x08, 0, 0x33, 0x10], vr.as_slice(), &[0, 0, 0xFF, 0xFF, 0xFF, 0xFF]].concat();
    let explicit = [OPEN_ITEM.as_slice(), &write::data_set(&[text(TR, VR::DS, "9")]), &ITEM_END].concat();
    let bare = [OPEN_ITEM.as_slice(), &implicit(TR, b"9 "), &ITEM_END].concat();
    for items in [explicit, bare, Vec::new()] {
        with_odd(&[head(b"UN"), items, SEQUENCE_END.to_vec()].concat());
    }
    // Plain bytes, short and longer than what is looked at in one go.
    for length in [1, 7, 300, 70_000, 200_001] {
        with_odd(&[head(b"OB"), vec![b'x'; length], SEQUENCE_END.to_vec()].concat());
    }
}

#[test]
fn padding_behind_the_last_element_is_no_element() {
    for padding in [0, 0xFF] {
        for length in [1, 3, 8, 11, 12, 13, 512, 65_536] {
            let data_set = [before(), behind(), vec![padding; length]].concat();
            let header = try_bytes(&with_syntax(EXPLICIT, &data_set)).unwrap();
            has_all(&header);
            assert!(!header.complete, "whether something was to come there is not known: {length} times {padding}");
        }
        // A file that was given its size first.
        let hole = [before(), vec![padding; 70_000]].concat();
        assert_eq!(try_bytes(&with_syntax(EXPLICIT, &hole)), Err(Unreadable::Cut));
        assert_eq!(try_bytes(&with_syntax(EXPLICIT, &[padding; 100])), Err(Unreadable::Cut));
    }
}

#[test]
fn odd_lengths_are_as_they_are_told() {
    with_odd(&[&[0x08, 0, 0x31, 0x10], b"LO".as_slice(), &[3, 0], b"odd"].concat());
}

#[test]
fn a_cut_behind_everything_that_is_compared_does_not_matter() {
    let last = [text((0x51, 0x100C), VR::LO, "FoV 224*224"), text((0x88, 0x0140), VR::UI, "1.2.3"), pixels()];
    let bytes = with_syntax(EXPLICIT, &[before(), behind(), write::data_set(&last)].concat());
    let whole = try_bytes(&bytes).unwrap();
    let pixels = bytes.len() - 16;
    let uid = pixels - 14;
    for length in uid + 8..bytes.len() {
        let header = try_bytes(&bytes[..length]).unwrap();
        assert_eq!(header.parameters, whole.parameters, "{length}");
        assert_eq!(header.complete, length == pixels, "{length}");
    }
    for length in uid - 11..uid {
        assert_eq!(try_bytes(&bytes[..length]), Err(Unreadable::Cut), "in the field of view, at {length}");
    }
}

#[test]
fn a_cut_in_the_frames_of_an_enhanced_image_needs_the_first() {
    let echo = |te| vec![Element::sequence((0x18, 0x9114), &[vec![Element::doubles((0x18, 0x9082), &[te])]])];
    let class = text((8, 0x16), VR::UI, "1.2.840.10008.5.1.4.1.1.4.1");
    let shared = Element::sequence((0x5200, 0x9229), &[vec![]]);
    let frames = Element::sequence((0x5200, 0x9230), &[echo(30.0), echo(30.0), echo(30.0)]);
    let bytes = write::file(&[class, shared, frames]);
    let frame = bytes.windows(4).rposition(|window| window == [0x18, 0, 0x14, 0x91]).unwrap();
    // The sequence says how long it is, so that what is cut of it is known at its start; what ends later is not.
    assert_eq!(try_bytes(&bytes[..frame]), Err(Unreadable::Cut));
    let mut open = bytes.clone();
    let length = open.windows(4).position(|window| window == [0, 0x52, 0x30, 0x92]).unwrap() + 8;
    open[length..length + 4].fill(0xFF);
    let header = try_bytes(&open[..frame]).unwrap();
    assert!(!header.complete);
    assert_value(header.parameters.get(Parameter::Te), &Value::Number(30.0));
    let first = open.windows(4).position(|window| window == [0x18, 0, 0x14, 0x91]).unwrap();
    assert_eq!(try_bytes(&open[..first + 20]), Err(Unreadable::Cut));
}

fn whole() -> Vec<u8> {
    [before(), behind(), write::data_set(&[pixels()])].concat()
}

#[test]
fn a_file_may_begin_in_every_way() {
    let meta = |group_length: u32, uid: &str| {
        let length = Element::new((2, 0), VR::UL, group_length.to_le_bytes());
        write::data_set(&[length, text((2, 0x10), VR::UI, uid)])
    };
    let magic = || b"DICM".to_vec();
    let bare = implicit((2, 0x10), b"1.2.840.10008.1.2.1\0");
    let cases = [
        ("DICM at the very beginning", [magic(), meta(28, EXPLICIT), whole()].concat()),
        ("a group length too large", [vec![0; 128], magic(), meta(9_999_999, EXPLICIT), whole()].concat()),
        ("a group length too small", [vec![0; 128], magic(), meta(0, EXPLICIT), whole()].concat()),
        ("implicit meta information", [vec![0; 128], magic(), bare.clone(), whole()].concat()),
        ("implicit meta information alone", [bare, whole()].concat()),
        ("no meta information", whole()),
        ("says big endian", with_syntax("1.2.840.10008.1.2.2", &whole())),
        ("says implicit", with_syntax("1.2.840.10008.1.2", &whole())),
        ("says deflated", with_syntax("1.2.840.10008.1.2.1.99", &whole())),
    ];
    for (case, bytes) in cases {
        let header = try_bytes(&bytes).unwrap_or_else(|error| panic!("{case}: {error}"));
        has_all(&header);
    }
}

#[test]
fn deflated_data_sets_may_have_a_zlib_head_and_padding() {
    for level in [Compression::none(), Compression::fast(), Compression::best()] {
        let mut encoder = ZlibEncoder::new(Vec::new(), level);
        encoder.write_all(&whole()).unwrap();
        let zlib = encoder.finish().unwrap();
        for padding in [0, 1] {
            let stream = [zlib.clone(), vec![0; padding]].concat();
            has_all(&try_bytes(&with_syntax("1.2.840.10008.1.2.1.99", &stream)).unwrap());
            let bare = [zlib[2..zlib.len() - 4].to_vec(), vec![0; padding]].concat();
            has_all(&try_bytes(&with_syntax("1.2.840.10008.1.2.1.99", &bare)).unwrap());
        }
    }
}

#[test]
fn what_is_not_compared_may_be_too_long() {
    let long = Element::new((0x0018, 0x1030), VR::UT, vec![b'x'; 100_000]);
    let header = header(&[long, text(TR, VR::DS, "1300"), pixels()]);
    assert_value(header.parameters.get(Parameter::Tr), &Value::Number(1300.0));
    assert_eq!(header.study_names.protocol_name, None);
}
