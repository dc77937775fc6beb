//! Tests of the element reader: files built in many ways, wrapped, damaged, and too large.

use super::*;
use proptest::prelude::*;
use serde_json::Value as Json;
use std::io::Write;

fn found(text: &str) -> Vec<Element> {
    read(text.as_bytes().to_vec()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Kind, name and place of each.
fn told(text: &str) -> Vec<(String, Option<String>, Option<[f64; 3]>)> {
    found(text).into_iter().map(|element| (element.kind, element.name, element.position)).collect()
}

fn one(kind: &str, name: &str, position: Option<[f64; 3]>) -> (String, Option<String>, Option<[f64; 3]>) {
    (kind.to_owned(), Some(name.to_owned()), position)
}

#[test]
fn elements_are_found_however_the_file_is_built() {
    let somewhere = Some([1.0, -2.5, 3e2]);
    for text in [
        r#"<gxml><elements><point name="P1" x="1" y="-2.5" z="300"/></elements></gxml>"#,
        r#"<gxml><point><name>P1</name><x>1</x><y>-2.5 mm</y><z>3e2</z></point></gxml>"#,
        r#"<g:gxml xmlns:g="urn:g"><g:Point g:Name="P1"><g:Coordinate>1 -2.5 300</g:Coordinate></g:Point></g:gxml>"#,
        r#"<gxml><element type="GOM_POINT" name="P1" coordinates="(1, -2.5, 300)"/></gxml>"#,
        r#"<gxml><element><type>point</type><name>P1</name><position><x>1</x><y>-2.5</y><z>300</z></position></element></gxml>"#,
        r#"<gxml><points><Surface_Point label="P1"><normal>0 0 1</normal><center>1;-2.5;300</center></Surface_Point></points></gxml>"#,
        r#"<POINT NAME="P1"><NOMINAL X="0" Y="0" Z="0"/><ACTUAL X="1" Y="-2.5" Z="300"/></POINT>"#,
    ] {
        assert_eq!(told(text), [one("point", "P1", somewhere)], "{text}");
    }
}

#[test]
fn what_lies_inside_an_element_belongs_to_it() {
    let text = r#"<gxml><line name="L"><start_point x="0" y="0" z="0"/><end_point x="1" y="0" z="0"/></line>
        <curve id="c"><point x="0" y="0" z="0"/><point x="1" y="1" z="1"/></curve>
        <distance name="D"><value unit="mm">12.5</value><point name="from"/></distance></gxml>"#;
    let kinds: Vec<_> = found(text).into_iter().map(|element| element.kind).collect();
    assert_eq!(kinds, ["line", "curve", "distance"]);
    // A section of the file is a group, one of the part is an element.
    let text = r#"<gxml><section name="Nominals"><plane name="A"/><sphere id="7"/></section>
        <section name="Cut at 5"><point x="0" y="0" z="0"/></section></gxml>"#;
    let names: Vec<_> = found(text).into_iter().map(|element| (element.kind, element.name, element.identity)).collect();
    let some = |text: &str| Some(text.to_owned());
    let expected = [
        ("plane".to_owned(), some("A"), None),
        ("sphere".to_owned(), None, some("7")),
        ("section".to_owned(), some("Cut at 5"), None),
    ];
    assert_eq!(names, expected);
}

#[test]
fn numbers_are_told_with_their_units_and_the_rest_is_kept() {
    let text = r#"<gxml><cylinder name="C" id="4"><radius unit="mm">12.5</radius><angle>30°</angle>
        <deviation><max limit="0.1 mm">0.05</max></deviation><comment>made &lt;by&gt; hand &#228;</comment></cylinder></gxml>"#;
    let element = &found(text)[0];
    let body: Json = serde_json::from_str(&element.body).unwrap();
    let number = |at: &str| body["numbers"].as_array().unwrap().iter().find(|one| one["at"] == at).cloned().unwrap();
    assert_eq!((&number("radius")["value"], &number("radius")["unit"]), (&12.5.into(), &"mm".into()));
    assert_eq!((&number("angle")["value"], &number("angle")["unit"]), (&30.0.into(), &"°".into()));
    assert_eq!(
        (&number("deviation/max@limit")["value"], &number("deviation/max@limit")["unit"]),
        (&0.1.into(), &"mm".into())
    );
    assert_eq!(number("deviation/max").get("unit"), None);
    assert_eq!((&body["tree"]["tag"], &body["tree"]["attributes"]["id"]), (&"cylinder".into(), &"4".into()));
    assert_eq!(body["tree"]["children"][3]["text"], "made <by> hand ä");
    assert!(body.get("cut").is_none() && element.position.is_none() && element.identity.as_deref() == Some("4"));
}

#[test]
fn a_direction_is_no_place_and_no_number_is_made_up() {
    for inside in [
        "<normal>0 0 1</normal>",
        r#"<x>1</x><y>2</y>"#,
        r#"<center>1 2</center>"#,
        r#"<center>1 2 3 4</center>"#,
        r#"<center>nan inf 1</center>"#,
        r#"<center>1 2 1e999</center>"#,
        r#"<center x="a" y="b" z="c"/>"#,
    ] {
        let text = format!(r#"<gxml><plane name="A">{inside}</plane></gxml>"#);
        assert_eq!(told(&text), [one("plane", "A", None)], "{inside}");
    }
}

fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, text) in files {
        zip.start_file(*name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

const POINT: &str = r#"<gxml><point name="Pä" x="1" y="2" z="3"/></gxml>"#;

#[test]
fn wrappings_and_encodings_are_taken_off() {
    let wide = |mark: [u8; 2], unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        mark.into_iter().chain(POINT.encode_utf16().flat_map(unit)).collect()
    };
    let latin = format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{POINT}");
    let latin: Vec<u8> = latin.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    for bytes in [
        gzipped(POINT.as_bytes()),
        gzipped(&wide([0xFF, 0xFE], u16::to_le_bytes)),
        zipped(&[("readme.txt", "no"), ("A/b.GXML", POINT), ("c.xml", "<no/>")]),
        zipped(&[("whatever", POINT)]),
        wide([0xFF, 0xFE], u16::to_le_bytes),
        wide([0xFE, 0xFF], u16::to_be_bytes),
        [b"\xEF\xBB\xBF", POINT.as_bytes()].concat(),
        latin,
    ] {
        let found = read(bytes).unwrap();
        assert_eq!((found.len(), found[0].name.as_deref(), found[0].position), (1, Some("Pä"), Some([1.0, 2.0, 3.0])));
    }
}

#[test]
fn text_is_read_in_the_encoding_that_it_says() {
    let said = |name: &str, bytes: &[u8]| {
        let head = format!("<?xml version='1.0' encoding='{name}'?><r><point name=\"");
        [head.as_bytes(), bytes, b"\"/></r>"].concat()
    };
    for (name, bytes, expected) in [
        ("windows-1252", &b"\x80"[..], "\u{20ac}"),
        ("Windows-1250", b"\xB9", "\u{105}"),
        ("windows-1251", b"\xC4", "\u{414}"),
        ("windows-1258", b"\xD0", "\u{110}"),
        ("ISO-8859-15", b"\xA4", "\u{20ac}"),
        ("ISO-8859-2", b"\xB1", "\u{105}"),
        ("ISO-8859-1", b"\xE4", "\u{e4}"),
        ("Shift_JIS", b"\x93\x5F", "\u{70b9}"),
        ("EUC-KR", b"\xC1\xA1", "\u{c810}"),
        ("GB2312", b"\xB5\xE3", "\u{70b9}"),
        ("GB18030", b"\xB5\xE3", "\u{70b9}"),
        // Text that was converted and says what it was before.
        ("utf-16", "\u{e4}".as_bytes(), "\u{e4}"),
        ("no such", "\u{e4}".as_bytes(), "\u{e4}"),
    ] {
        let found = read(said(name, bytes)).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!(found[0].name.as_deref(), Some(expected), "{name}");
    }
    for unit in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
        let wide: Vec<u8> = POINT.encode_utf16().flat_map(unit).collect();
        assert_eq!(read(wide.clone()).unwrap()[0].name.as_deref(), Some("P\u{e4}"), "UTF-16 without a mark");
        assert_eq!(read(wide[..wide.len() - 1].to_vec()).err(), Some(Unreadable::Encoding));
    }
    assert_eq!(read(said("Shift_JIS", b"\x93")).err(), Some(Unreadable::Encoding));
}

#[test]
fn as_many_elements_as_are_promised_come_with_all_that_was_measured() {
    let one = r#"<point name="P" id="1"><nominal x="1.5" y="2.5" z="3.5"/><actual x="1.501" y="2.5" z="3.5"/><deviation x="0.001" y="0" z="0" total="0.001"/><tolerance lower="-0.1" upper="0.1"/></point>"#;
    let found = read(format!("<gxml>{}</gxml>", one.repeat(ELEMENTS)).into_bytes()).unwrap();
    assert_eq!((found.len(), found[ELEMENTS - 1].position), (ELEMENTS, Some([1.501, 2.5, 3.5])));
    let body: Json = serde_json::from_str(&found[0].body).unwrap();
    let ways: Vec<_> = body["numbers"].as_array().unwrap().iter().filter_map(|one| one["at"].as_str()).collect();
    for way in ["nominal@x", "actual@x", "deviation@total", "tolerance@upper"] {
        assert!(ways.contains(&way), "{way}: {ways:?}");
    }
}

#[test]
fn what_holds_no_elements_says_why() {
    use Unreadable::*;
    let many = format!("<g>{}</g>", r#"<point id="1"/>"#.repeat(ELEMENTS + 1));
    let parts = format!("<g>{}</g>", "<a b=''/>".repeat(tree::PARTS / 2));
    let deep = "<a>".repeat(100);
    for (text, why) in [
        ("", Xml),
        ("not XML at all", Xml),
        ("<gxml><point name='a'/>", Xml),
        ("<gxml></gxml2>", Xml),
        ("<gxml/><gxml/>", Xml),
        ("<gxml><a></gxml>", Xml),
        ("<gxml/>", NoElement),
        ("<gxml><points><x>1</x></points></gxml>", NoElement),
        ("<gxml><setting><angle>30</angle></setting></gxml>", NoElement),
        ("<!DOCTYPE a [<!ENTITY b \"c\">]><gxml><point name='a'/></gxml>", Entities),
        ("<gxml><point name='a'>&b;</point></gxml>", Entities),
        ("<gxml><point name='&b;'/></gxml>", Entities),
        (&deep, Shape),
        (&parts, Shape),
        (&many, TooMany),
    ] {
        assert_eq!(read(text.as_bytes().to_vec()).err(), Some(why), "{:?}", &text[..text.len().min(80)]);
    }
    assert_eq!(read(b"<gxml>\xFF</gxml>".to_vec()).err(), Some(Encoding));
    assert_eq!(read(b"\xFF\xFE<\0g".to_vec()).err(), Some(Encoding));
    let cut = gzipped(POINT.as_bytes());
    assert_eq!(read(cut[..cut.len() - 5].to_vec()).err(), Some(Wrapping));
    let cut = zipped(&[("a.gxml", POINT)]);
    assert_eq!(read(cut[..cut.len() - 5].to_vec()).err(), Some(Wrapping));
}

#[test]
fn bombs_are_not_inflated() {
    let long = " ".repeat(usize::try_from(wrapping::LONGEST).unwrap() + 10);
    assert_eq!(read(gzipped(long.as_bytes())).err(), Some(Unreadable::TooLong));
    assert_eq!(read(zipped(&[("a.gxml", &long)])).err(), Some(Unreadable::TooLong));
    assert_eq!(read(long.into_bytes()).err(), Some(Unreadable::TooLong));
}

#[test]
fn what_is_kept_of_one_element_is_bounded() {
    let points = "<vertex>1.0</vertex>".repeat(5000);
    let long = "a".repeat(5000);
    let text = format!(r#"<gxml><curve name="{long}" note="{long}">{points}</curve></gxml>"#);
    let element = &found(&text)[0];
    assert_eq!(element.name.as_ref().unwrap().len(), 256);
    assert!(element.body.len() < 80_000, "{}", element.body.len());
    let body: Json = serde_json::from_str(&element.body).unwrap();
    assert_eq!((body["numbers"].as_array().unwrap().len(), &body["cut"]), (64, &true.into()));
}

proptest! {
    /// Elements go in as text and come out as they were.
    #[test]
    fn what_was_written_is_read(
        points in proptest::collection::vec(("[a-zA-Z0-9äöü <>&\"']{1,20}", proptest::array::uniform3(-1e6f64..1e6)), 1..20),
        with_attributes in any::<bool>(),
    ) {
        let mut text = "<?xml version=\"1.0\"?><!-- made here --><gxml><elements>".to_owned();
        for (name, [x, y, z]) in &points {
            let name = quick_xml::escape::escape(name.as_str());
            text += &match with_attributes {
                true => format!(r#"<point name="{name}" x="{x}" y="{y}" z="{z}"/>"#),
                false => format!("<element type='point'><name>{name}</name><position>{x} {y} {z}</position></element>"),
            };
        }
        text += "</elements></gxml>";
        let expected: Vec<_> = points.iter().map(|(name, position)| {
            let name = name.trim();
            ("point".to_owned(), Some(name.to_owned()).filter(|name| !name.is_empty()), Some(*position))
        }).collect();
        if expected.iter().all(|(_, name, _)| name.is_some()) {
            prop_assert_eq!(told(&text), expected);
        }
    }

    /// Any bytes at all are refused or become elements whose body is JSON.
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(found) = read(bytes) {
            for element in found {
                prop_assert!(serde_json::from_str::<Json>(&element.body).is_ok());
            }
        }
    }
}
