//! Siemens' software XA: what stands in private elements of group 0021, in enhanced files and in classic ones.

use super::*;

const CLASS: (u16, u16) = (0x0008, 0x0016);
const PROTOCOL: &str = "<XProtocol>\n### ASCCONV BEGIN ###\nsGRADSPEC.asGPAData[0].lOffsetX\t = \t-5\n\
                        tSequenceFileName\t = \t\"%SiemensSeq%\\ep2d\"\n";

fn series(block: u16) -> Vec<Element> {
    let tag = |element: u16| (0x0021, block << 8 | element);
    vec![
        text((0x0021, block), VR::LO, "SIEMENS MR SDS 01"),
        text(tag(0x09), VR::LO, "p2"),
        Element::new(tag(0x19), VR::OB, PROTOCOL),
    ]
}

fn image(block: u16, phase: &str) -> Vec<Element> {
    let tag = |element: u16| (0x0021, block << 8 | element);
    vec![
        text((0x0021, block), VR::LO, "SIEMENS MR SDI 02 "),
        text(tag(0x1C), VR::IS, phase),
        Element::doubles(tag(0x53), &[20.73]),
    ]
}

/// A group of functional groups that holds such a sequence.
fn item(block: u16, creator: &str, inner: Vec<Element>) -> Vec<Element> {
    vec![text((0x0021, block), VR::LO, creator), Element::sequence((0x0021, block << 8 | 0xFE), &[inner])]
}

fn enhanced(series_block: u16, image_block: u16) -> Header {
    let shared = item(series_block, "SIEMENS MR SDS 01", series(series_block));
    let frames = [
        item(image_block, "SIEMENS MR SDI 02", image(image_block, "1")),
        item(image_block, "SIEMENS MR SDI 02", image(image_block, "0")),
    ];
    header(&[
        text(CLASS, VR::UI, "1.2.840.10008.5.1.4.1.1.4.1"),
        Element::sequence((0x5200, 0x9229), &[shared]),
        Element::sequence((0x5200, 0x9230), &frames),
        pixels(),
    ])
}

#[track_caller]
fn has_all(header: &Header) {
    let expected = [
        (Parameter::Phase, Value::Integer(1)),
        (Parameter::Ipat, words("p2")),
        (Parameter::BwpPe, Value::Number(20.73)),
        (Parameter::Shims, words("-5")),
        (Parameter::SequenceFile, words("%SiemensSeq%/ep2d")),
    ];
    for (parameter, expected) in expected {
        assert_value(header.parameters.get(parameter), &expected);
    }
}

#[test]
fn enhanced_files_have_phase_bandwidth_protocol_and_acceleration() {
    has_all(&enhanced(0x10, 0x11));
    has_all(&enhanced(0x12, 0x13));
    // In one item the block of the other.
    has_all(&enhanced(0x10, 0x10));
}

#[test]
fn classic_files_have_them_at_the_top() {
    for (of_series, of_image) in [(0x10, 0x11), (0x11, 0x10), (0x20, 0x30)] {
        has_all(&header(&[series(of_series), image(of_image, "1"), vec![pixels()]].concat()));
    }
}

#[test]
fn a_sequence_at_the_top_counts_as_well() {
    let elements = [item(0x10, "SIEMENS MR SDS 01", series(0x10)), item(0x11, "SIEMENS MR SDI 02", image(0x11, "1"))];
    has_all(&header(&[elements.concat(), vec![pixels()]].concat()));
}

#[test]
fn a_reversed_phase_encoding_is_another_value() {
    let phase = |phase: &str| {
        let elements = [image(0x11, phase), vec![pixels()]].concat();
        value(&elements, Parameter::Phase)
    };
    assert_value(&phase("0"), &Value::Integer(0));
    assert_value(&phase("1"), &Value::Integer(1));
    assert_value(&phase("?"), &words("?"));
}

#[test]
fn blocks_of_others_say_nothing() {
    let mut elements = image(0x11, "1");
    elements[0] = text((0x0021, 0x11), VR::LO, "SOMEBODY ELSE");
    elements.push(pixels());
    assert_value(&value(&elements, Parameter::Phase), &Value::Absent);
    // Where no creator is left, the ordinary blocks count.
    elements.remove(0);
    assert_value(&value(&elements, Parameter::Phase), &Value::Integer(1));
}

#[test]
fn what_the_older_headers_say_beats_it() {
    let csa = crate::write::csa_type2(&[crate::write::Tag::new("PhaseEncodingDirectionPositive", b"IS", "0")]);
    let mut elements = [image(0x11, "1"), series(0x10)].concat();
    elements.push(text((0x0029, 0x0010), VR::LO, "SIEMENS CSA HEADER"));
    elements.push(Element::new((0x0029, 0x1010), VR::OB, csa));
    elements.push(pixels());
    assert_value(&value(&elements, Parameter::Phase), &Value::Integer(0));
    assert_value(&value(&elements, Parameter::Ipat), &words("p2"));
}
