//! Enhanced images: what stands in functional groups.

use super::*;
use crate::SeriesKind;

const SHARED: (u16, u16) = (0x5200, 0x9229);
const PER_FRAME: (u16, u16) = (0x5200, 0x9230);

fn class(uid: &str) -> Element {
    text((0x0008, 0x0016), VR::UI, uid)
}

fn enhanced() -> Element {
    class("1.2.840.10008.5.1.4.1.1.4.1")
}

fn timing(tr: &str) -> Element {
    Element::sequence((0x18, 0x9112), &[vec![text((0x18, 0x80), VR::DS, tr), text((0x18, 0x1314), VR::DS, "8")]])
}

fn geometry(direction: &str) -> Element {
    let steps = vec![
        text((0x18, 0x1312), VR::CS, direction),
        Element::shorts((0x18, 0x9058), &[150]),
        Element::shorts((0x18, 0x9231), &[152]),
    ];
    Element::sequence((0x18, 0x9125), &[steps])
}

fn echo(te: f64) -> Element {
    Element::sequence((0x18, 0x9114), &[vec![Element::doubles((0x18, 0x9082), &[te])]])
}

#[test]
fn functional_groups_are_read() {
    let shared = vec![
        timing("4150"),
        geometry("COLUMN"),
        Element::sequence((0x18, 0x9006), &[vec![text((0x18, 0x95), VR::DS, "1665")]]),
        Element::sequence((0x28, 0x9110), &[vec![text((0x28, 0x30), VR::DS, "1.5\\1.5")]]),
    ];
    let header = header(&[
        enhanced(),
        text((0x0008, 0x002A), VR::DT, "20261121101112.500000+0100"),
        text((0x0018, 0x9005), VR::SH, "*fl3d1_ns"),
        Element::sequence(SHARED, &[shared]),
        Element::sequence(PER_FRAME, &[vec![echo(85.2), timing("1")], vec![echo(99.0)]]),
        pixels(),
    ]);
    let expected = [
        (Parameter::Tr, Value::Number(4150.0)),
        (Parameter::Te, Value::Number(85.2)),
        (Parameter::Fa, Value::Number(8.0)),
        (Parameter::Bwp, Value::Number(1665.0)),
        (Parameter::PixelResol, Value::Numbers(vec![1.5, 1.5])),
        (Parameter::PedMajor, words("COLUMN")),
        (Parameter::Matrix, Value::Integers(vec![150, 0, 0, 152])),
        (Parameter::SequenceType, words("*fl3d1_ns")),
        (Parameter::AcqDate, words("20261121")),
        (Parameter::AcqTime, words("101112.500000")),
        (Parameter::Ipat, Value::Absent),
    ];
    for (parameter, expected) in expected {
        let have = header.parameters.get(parameter);
        assert!(*have == expected, "{}: {} is not {}", parameter.name(), shown(have), shown(&expected));
    }
    assert!(header.complete);
}

#[test]
fn the_kind_stands_in_the_frames() {
    let frame = |kind: &str| {
        let frame = vec![text((8, 0x9007), VR::CS, "ORIGINAL\\PRIMARY\\FMRI\\NONE"), text((8, 0x9208), VR::CS, kind)];
        Element::sequence((0x18, 0x9226), &[frame])
    };
    let image_type = || text((8, 8), VR::CS, "ORIGINAL\\PRIMARY\\FMRI\\NONE");
    let of = |frames: &[Vec<Element>]| {
        header(&[enhanced(), image_type(), Element::sequence(PER_FRAME, frames), pixels()]).kind
    };
    assert_eq!(of(&[vec![frame("PHASE")], vec![frame("MAGNITUDE")]]), SeriesKind::P);
    assert_eq!(of(&[vec![frame("MAGNITUDE")]]), SeriesKind::M);
    assert_eq!(of(&[vec![echo(1.0)]]), SeriesKind::Other);
}

#[test]
fn the_classic_element_wins() {
    let elements = [
        enhanced(),
        text((0x18, 0x80), VR::DS, "1300"),
        text((0x18, 0x24), VR::SH, "classic"),
        text((0x18, 0x9005), VR::SH, "enhanced"),
        Element::shorts((0x18, 0x1310), &[64, 0, 0, 64]),
        Element::sequence(SHARED, &[vec![timing("4150"), geometry("ROW")]]),
        pixels(),
    ];
    assert_value(&value(&elements, Parameter::Tr), &Value::Number(1300.0));
    assert_value(&value(&elements, Parameter::SequenceType), &words("classic"));
    assert_value(&value(&elements, Parameter::Matrix), &Value::Integers(vec![64, 0, 0, 64]));
}

#[test]
fn the_matrix_needs_a_direction() {
    let matrix = |direction| {
        let elements = [enhanced(), Element::sequence(SHARED, &[vec![geometry(direction)]]), pixels()];
        value(&elements, Parameter::Matrix)
    };
    assert_value(&matrix("ROW"), &Value::Integers(vec![0, 150, 152, 0]));
    assert_value(&matrix("OTHER"), &Value::Absent);
}

#[test]
fn groups_of_other_images_are_passed() {
    let elements =
        [class("1.2.840.10008.5.1.4.1.1.66.4"), Element::sequence(SHARED, &[vec![timing("4150")]]), pixels()];
    assert_value(&value(&elements, Parameter::Tr), &Value::Absent);
}

#[test]
fn groups_in_implicit_files_and_without_lengths_are_read() {
    let open = [0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF];
    let item_end = [0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0];
    let sequence_end = [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0];
    let head = |tag: (u16, u16)| [&tag.0.to_le_bytes()[..], &tag.1.to_le_bytes(), &[0xFF; 4]].concat();
    let inner = [
        head((0x18, 0x9114)),
        open.to_vec(),
        implicit((0x18, 0x9082), &85.2f64.to_le_bytes()),
        item_end.to_vec(),
        sequence_end.to_vec(),
    ];
    let bytes = [
        implicit((8, 0x16), b"1.2.840.10008.5.1.4.1.1.4.1\0"),
        head(PER_FRAME),
        open.to_vec(),
        inner.concat(),
        item_end.to_vec(),
        open.to_vec(),
        item_end.to_vec(),
        sequence_end.to_vec(),
    ];
    let header = try_bytes(&with_syntax("1.2.840.10008.1.2", &bytes.concat())).unwrap();
    assert_value(header.parameters.get(Parameter::Te), &Value::Number(85.2));
    assert!(header.complete);
}

#[test]
fn a_group_that_is_longer_than_its_item_ends_with_it() {
    let frame = Element::sequence(PER_FRAME, &[vec![echo(85.2)]]);
    let mut bytes = write::file(&[enhanced(), Element::sequence(SHARED, &[vec![timing("4150")]]), frame, pixels()]);
    let at = bytes.windows(4).position(|window| window == [0x18, 0, 0x12, 0x91]).unwrap();
    bytes[at + 8] += 8;
    let header = try_bytes(&bytes).unwrap();
    assert_value(header.parameters.get(Parameter::Te), &Value::Number(85.2));
    assert!(header.complete);
}
