//! Siemens' private blocks, CSA headers and protocol texts.

use super::*;
use crate::write::{Tag, csa_type1, csa_type2};
use crate::{csa, protocol};

fn image(phase: &str) -> Vec<u8> {
    csa_type2(&[Tag::new("PhaseEncodingDirectionPositive", b"IS", phase)])
}

#[test]
fn a_block_is_whose_its_creator_says() {
    let creator = |block: u16, name: &str| text((0x0029, block), VR::LO, name);
    let header = |block: u16, phase: &str| Element::new((0x0029, block << 8 | 0x10), VR::OB, image(phase));
    let cases = [
        (vec![header(0x10, "1")], Value::Integer(1)),
        (vec![creator(0x10, "SIEMENS CSA HEADER"), header(0x10, "1")], Value::Integer(1)),
        (vec![creator(0x10, ""), header(0x10, "1")], Value::Integer(1)),
        (vec![creator(0x10, "SOMEBODY ELSE"), header(0x10, "1")], Value::Absent),
        // Nobody's, but it begins as such a header does.
        (vec![header(0x11, "1")], Value::Integer(1)),
        (vec![creator(0x10, "SIEMENS MEDCOM HEADER"), header(0x11, "1")], Value::Integer(1)),
        (vec![creator(0x11, ""), header(0x11, "1")], Value::Absent),
        (vec![Element::new((0x0029, 0x1110), VR::OB, image("1")[8..].to_vec())], Value::Absent),
        (
            vec![
                creator(0x10, "SIEMENS MEDCOM HEADER"),
                creator(0x11, "SIEMENS CSA HEADER "),
                header(0x10, "0"),
                header(0x11, "1"),
            ],
            Value::Integer(1),
        ),
    ];
    for (mut elements, expected) in cases {
        elements.push(pixels());
        assert_value(&value(&elements, Parameter::Phase), &expected);
    }
    let moved = [
        text((0x0051, 0x0012), VR::LO, "SIEMENS MR HEADER"),
        text((0x0051, 0x120A), VR::LO, "TA 1"),
        text((0x0019, 0x0013), VR::LO, "SIEMENS MR HEADER"),
        Element::new((0x0019, 0x1328), VR::UN, 9.5f64.to_le_bytes()),
        pixels(),
    ];
    assert_value(&value(&moved, Parameter::Ta), &words("TA 1"));
    assert_value(&value(&moved, Parameter::BwpPe), &Value::Number(9.5));
}

fn in_image(vr: &[u8; 2], items: &[&str]) -> Value {
    let items = items.iter().map(|item| item.as_bytes().to_vec()).collect();
    let tag = Tag { name: "ImaPATModeText".to_owned(), vr: *vr, items };
    let header = csa_type2(&[Tag::new("First", b"LO", "x"), tag]);
    value(&[Element::new((0x0029, 0x1010), VR::OB, header), pixels()], Parameter::Ipat)
}

#[test]
fn items_are_understood_by_their_representation() {
    assert_value(&in_image(b"LO", &["p2", "other"]), &words("p2"));
    assert_value(&in_image(b"LO", &["a\tb"]), &words("a b"));
    assert_value(&in_image(b"LO", &[""]), &words(""));
    assert_value(&in_image(b"LO", &[]), &Value::Absent);
    assert_value(&in_image(b"IS", &["  7 "]), &Value::Integer(7));
    assert_value(&in_image(b"IS", &["x"]), &words("x"));
    assert_value(&in_image(b"IS", &["1.5"]), &words("1.5"));
    assert_value(&in_image(b"IS", &[""]), &Value::Absent);
    assert_value(&in_image(b"DS", &["1.50"]), &Value::Number(1.5));
    assert_value(&in_image(b"DS", &["1,5"]), &words("1,5"));
    assert_value(&in_image(b"FD", &["nan"]), &words("nan"));
}

#[test]
fn both_versions_are_read_and_liars_are_absent_as_a_whole() {
    let tags = [Tag::new("First", b"LO", "one"), Tag::new("Second", b"LO", "two")];
    for bytes in [csa_type1(&tags), csa_type2(&tags)] {
        let names = ["Second", "None"];
        let [second, none] = csa::find(&bytes, names).unwrap();
        assert_eq!(second.unwrap().bytes(), b"two");
        assert_eq!(none, None);
        // What was named first and found stays absent when something behind it is wrong.
        for length in 0..bytes.len() - 1 {
            assert_eq!(csa::find(&bytes[..length], ["First"]), None, "{length} of {}", bytes.len());
        }
    }
    let good = csa_type2(&tags);
    // Numbers of tags, of the first tag's items, length of its item.
    for (at, lies) in [(8, [0, 1001, -1]), (16 + 76, [1001, -1, 500]), (16 + 84 + 4, [-1, 5000, i32::MAX])] {
        for lie in lies {
            let mut bytes = good.clone();
            bytes[at..at + 4].copy_from_slice(&i32::to_le_bytes(lie));
            assert_eq!(csa::find(&bytes, ["First"]), None, "{lie} at {at}");
        }
    }
    let mut garbage = good.clone();
    garbage[16 + 6..16 + 64].fill(0xAA);
    assert_eq!(csa::find(&garbage, ["First"]).unwrap()[0].unwrap().bytes(), b"one", "garbage behind a name's end");
    assert_eq!(csa::find(b"", ["First"]), None);
}

#[test]
fn protocols_are_read_in_the_order_of_the_text() {
    let text = b"<XProtocol> tSequenceFileName { } sGRADSPEC.lOffsetX = 9\n### ASCCONV BEGIN ###\n\
        sGRADSPEC.asGPAData[0].lOffsetX = -12615\n\
        sGRADSPEC.asGPAData[1].lOffsetY = 1\n\
        sGRADSPEC.lOffsetZ\t=\t371 # older\r\n\
        sGRADSPEC.alShimCurrent[0] = -21\n\
        sGRADSPEC.alShimCurrent[4]=36\n\
        sGRADSPEC.alShimCurrent[5] = 5\n\
        sTXSPEC.asNucleusInfo[0].lFrequency = 123190869\n\
        tSequenceFileName                        = \"\"%CustomerSeq%\\cmrr\\mbep2d\"\"\n\
        sAdjData.uiAdjShimMode = 0x2";
    let protocol = protocol::read(text);
    assert_eq!(protocol.shims.as_deref(), Some("-12615,371,-21,36,123190869,0x2"));
    assert_eq!(protocol.sequence_file.as_deref(), Some("%CustomerSeq%/cmrr/mbep2d"));
}

#[test]
fn the_older_protocol_counts_where_the_newer_is_not() {
    let old = Tag::new("MrProtocol", b"UN", "### ASCCONV BEGIN ###\ntSequenceFileName = \"old\"\n");
    let new = Tag::new("MrPhoenixProtocol", b"UN", "### ASCCONV BEGIN ###\ntSequenceFileName = \"\"new\"\"\n");
    let none = Tag { items: Vec::new(), ..new.clone() };
    for (tags, expected) in [(vec![&old], "old"), (vec![&old, &new], "new"), (vec![&none, &old], "old")] {
        let tags: Vec<Tag> = tags.into_iter().cloned().collect();
        let elements = [Element::new((0x0029, 0x1020), VR::OB, csa_type2(&tags)), pixels()];
        assert_value(&value(&elements, Parameter::SequenceFile), &words(expected));
    }
}

#[test]
fn a_protocol_without_settings_says_nothing() {
    let texts: [&[u8]; 6] = [
        b"",
        b"\n\n=\n",
        b"tSequenceFileName = \"\"no end",
        b"tSequenceFileName = \"no end",
        b"tSequenceFileName = ulong",
        b"sGRADSPEC.lOffsetX =\nsGRADSPEC.lOffsetY",
    ];
    for text in texts {
        assert_eq!(protocol::read(text), protocol::Protocol::default(), "{:?}", text.escape_ascii());
    }
    // Without the line that begins them, settings count all the same.
    assert_eq!(protocol::read(b"sGRADSPEC.lOffsetX = 1").shims.as_deref(), Some("1"));
}
