//! Every parameter has its type, whatever the element holds.

use super::*;
use crate::SeriesKind;
use crate::write::{Tag, csa_type2};
use tieline_model::Patient;

const TR: (u16, u16) = (0x0018, 0x0080);
const SERIES: (u16, u16) = (0x0020, 0x0011);
const SPACING: (u16, u16) = (0x0028, 0x0030);
const MATRIX: (u16, u16) = (0x0018, 0x1310);

#[test]
fn all_24_are_found_where_the_contract_says() {
    let image =
        csa_type2(&[Tag::new("PhaseEncodingDirectionPositive", b"IS", "1"), Tag::new("ImaPATModeText", b"LO", "p2")]);
    let protocol =
        "### ASCCONV BEGIN ###\ntSequenceFileName = \"\"%SiemensSeq%\\gre\"\"\nsGRADSPEC.lOffsetX\t = \t-5\n";
    let series = csa_type2(&[Tag::new("MrPhoenixProtocol", b"UN", protocol)]);
    let elements = [
        text((0x0008, 0x0022), VR::DA, "20261121"),
        text((0x0008, 0x0032), VR::TM, "101112.5"),
        text((0x0008, 0x1010), VR::SH, "AWP1"),
        text((0x0008, 0x1030), VR::LO, "Brain^Study"),
        text((0x0008, 0x103E), VR::LO, "bold 1"),
        text((0x0008, 0x1070), VR::PN, "Operator^One"),
        text((0x0010, 0x0010), VR::PN, "Subject^One"),
        text((0x0018, 0x0024), VR::SH, "*epfid2d1_64"),
        text(TR, VR::DS, "1300"),
        text((0x0018, 0x0081), VR::DS, "30.5"),
        text((0x0018, 0x0095), VR::DS, "2290"),
        Element::shorts(MATRIX, &[64, 0, 0, 64]),
        text((0x0018, 0x1312), VR::CS, "COL"),
        text((0x0018, 0x1314), VR::DS, "62"),
        text((0x0019, 0x0010), VR::LO, "SIEMENS MR HEADER"),
        Element::doubles((0x0019, 0x1028), &[34.722]),
        text((0x0020, 0x000D), VR::UI, "1.2.3"),
        text(SERIES, VR::IS, "7"),
        text((0x0020, 0x4000), VR::LT, "a comment"),
        text((0x0028, 0x0030), VR::DS, "3.5\\3.5"),
        text((0x0029, 0x0010), VR::LO, "SIEMENS CSA HEADER"),
        Element::new((0x0029, 0x1010), VR::OB, image),
        Element::new((0x0029, 0x1020), VR::OB, series),
        text((0x0051, 0x0010), VR::LO, "SIEMENS MR HEADER"),
        text((0x0051, 0x100A), VR::LO, "TA 05:00"),
        text((0x0051, 0x100C), VR::LO, "FoV 224*224"),
        pixels(),
    ];
    let header = header(&elements);
    let expected = [
        Value::Integer(1),
        words("p2"),
        words("101112.5"),
        words("20261121"),
        Value::Integer(7),
        words("Subject^One"),
        words("a comment"),
        words("Operator^One"),
        words("AWP1"),
        words("Brain^Study"),
        words("bold 1"),
        words("*epfid2d1_64"),
        words("COL"),
        Value::Number(1300.0),
        Value::Number(30.5),
        Value::Integers(vec![64, 0, 0, 64]),
        Value::Numbers(vec![3.5, 3.5]),
        Value::Number(2290.0),
        Value::Number(34.722),
        Value::Number(62.0),
        words("TA 05:00"),
        words("FoV 224*224"),
        words("-5"),
        words("%SiemensSeq%/gre"),
    ];
    for ((parameter, have), expected) in header.parameters.iter().zip(&expected) {
        assert!(have == expected, "{}: {} is not {}", parameter.name(), shown(have), shown(expected));
    }
    assert_eq!(header.study.reveal(), "1.2.3");
    assert!(header.complete);
}

#[test]
fn series_image_and_kind_are_found() {
    let elements = [
        text((0x0008, 0x0005), VR::CS, "ISO_IR 192"),
        text((0x0008, 0x0008), VR::CS, "ORIGINAL\\PRIMARY\\P\\ND"),
        text((0x0008, 0x0018), VR::UI, "1.2.3.4.5"),
        text((0x0018, 0x0015), VR::CS, "BRAIN"),
        text((0x0018, 0x1030), VR::LO, "Überblick "),
        text((0x0020, 0x000E), VR::UI, "1.2.3.4"),
        text((0x0020, 0x0013), VR::IS, "17 "),
        text((0x0032, 0x1060), VR::LO, ""),
        pixels(),
    ];
    let header = header(&elements);
    assert_eq!((header.series.reveal().as_str(), header.image.reveal().as_str()), ("1.2.3.4", "1.2.3.4.5"));
    assert_eq!((header.instance, header.kind), (Some(17), SeriesKind::P));
    let name = |name: &Option<Patient<String>>| name.as_ref().map(|name| name.reveal().clone());
    assert_eq!(name(&header.study_names.protocol_name).as_deref(), Some("Überblick"));
    assert_eq!(name(&header.study_names.requested_procedure).as_deref(), Some(""));
    assert_eq!(name(&header.study_names.body_part).as_deref(), Some("BRAIN"));
}

#[test]
fn what_is_not_there_is_absent() {
    let header = header(&[pixels()]);
    assert!(header.parameters.iter().all(|(_, value)| *value == Value::Absent));
    assert_eq!(header, Header { complete: true, ..Header::default() });
}

#[test]
fn numbers_have_the_shape_of_their_parameter() {
    let cases = [
        (text(TR, VR::DS, ""), Parameter::Tr, Value::Nothing),
        (text(TR, VR::DS, " 1300.50 "), Parameter::Tr, Value::Number(1300.5)),
        (text(TR, VR::DS, "-1.5e3"), Parameter::Tr, Value::Number(-1500.0)),
        (text(TR, VR::DS, "1\\2"), Parameter::Tr, Value::Numbers(vec![1.0, 2.0])),
        (text(TR, VR::DS, "nan"), Parameter::Tr, words("nan")),
        (text(TR, VR::DS, "Infinity"), Parameter::Tr, words("Infinity")),
        (text(TR, VR::DS, "1\\inf"), Parameter::Tr, words("1\\inf")),
        (text(TR, VR::DS, "1e999"), Parameter::Tr, words("1e999")),
        (text(TR, VR::DS, "soon"), Parameter::Tr, words("soon")),
        (text(TR, VR::DS, "2000,5"), Parameter::Tr, words("2000,5")),
        (text(TR, VR::DS, "30 ms "), Parameter::Tr, words("30 ms")),
        (text(TR, VR::DS, "2000\r\n"), Parameter::Tr, Value::Number(2000.0)),
        (text(TR, VR::DS, "14.0\\"), Parameter::Tr, words("14.0\\")),
        (text(TR, VR::DS, "14.0\\30 \\46"), Parameter::Tr, Value::Numbers(vec![14.0, 30.0, 46.0])),
        (text(SPACING, VR::DS, "0.5,0.75"), Parameter::PixelResol, words("0.5,0.75")),
        (text(TR, VR::UN, "1300"), Parameter::Tr, Value::Number(1300.0)),
        (Element::doubles(TR, &[2.5]), Parameter::Tr, Value::Number(2.5)),
        (Element::doubles(TR, &[f64::NAN]), Parameter::Tr, words("NaN")),
        (Element::doubles(TR, &[1e300, f64::INFINITY]), Parameter::Tr, words("1e300\\inf")),
        (Element::new(TR, VR::FL, 2.5f32.to_le_bytes()), Parameter::Tr, Value::Number(2.5)),
        (text(SERIES, VR::IS, "12 "), Parameter::SeriesNumber, Value::Integer(12)),
        (text(SERIES, VR::IS, "-3"), Parameter::SeriesNumber, Value::Integer(-3)),
        (text(SERIES, VR::IS, "1.5"), Parameter::SeriesNumber, words("1.5")),
        (text(SERIES, VR::IS, ""), Parameter::SeriesNumber, Value::Nothing),
        (text(SERIES, VR::IS, "1\\2"), Parameter::SeriesNumber, Value::Integers(vec![1, 2])),
        (Element::new(SERIES, VR::SL, (-9i32).to_le_bytes()), Parameter::SeriesNumber, Value::Integer(-9)),
        (Element::shorts(MATRIX, &[64]), Parameter::Matrix, Value::Integers(vec![64])),
        (Element::shorts(MATRIX, &[]), Parameter::Matrix, Value::Nothing),
        (Element::new(MATRIX, VR::UN, [64, 0, 0, 1]), Parameter::Matrix, Value::Integers(vec![64, 256])),
        (Element::new(MATRIX, VR::UL, [64, 0]), Parameter::Matrix, Value::Nothing),
    ];
    for (index, (element, parameter, expected)) in cases.into_iter().enumerate() {
        let have = value(&[element, pixels()], parameter);
        assert!(have == expected, "case {index}: {} is not {}", shown(&have), shown(&expected));
    }
}

#[test]
fn the_first_of_two_counts() {
    let mut bytes = write::file(&[text(TR, VR::DS, "1")]);
    bytes.extend_from_slice(&write::data_set(&[text(TR, VR::DS, "2"), pixels()]));
    assert_value(try_bytes(&bytes).unwrap().parameters.get(Parameter::Tr), &Value::Number(1.0));
}
