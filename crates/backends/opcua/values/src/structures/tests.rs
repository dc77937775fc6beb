//! Tests of structures: from bytes to an object and back, what does not fit, and dictionaries.

use super::types::{Enumeration, Field, Kind, Shape};
use super::*;
use crate::value::{read_data_value, write_data_value};
use opcua::types::{ByteStringBody, DataValue, LocalizedText, ServerState, ServerStatusDataType, Variant};
use proptest::prelude::*;

fn field(name: &str, shape: Shape, rank: usize) -> Field {
    Field { name: name.to_owned(), shape, rank, is_optional: false }
}

fn optional(name: &str, shape: Shape) -> Field {
    Field { is_optional: true, ..field(name, shape, 0) }
}

fn id(number: u32) -> NodeId {
    NodeId::new(2, number)
}

/// A type 1 of everything, with the types 2 to 4 in it.
fn table() -> Table {
    let colours = Enumeration(vec![(0, "Red".to_owned()), (7, "Blue".to_owned())]);
    let colour = Shape::Enumeration(Arc::new(colours));
    let all = vec![
        field("Flag", Shape::Plain(1), 0),
        field("Number", Shape::Plain(11), 0),
        field("Text", Shape::Plain(12), 0),
        field("Colour", colour.clone(), 0),
        field("Colours", colour, 1),
        field("Point", Shape::Structure(id(2)), 0),
        field("Points", Shape::Structure(id(2)), 1),
        field("Maybe", Shape::Structure(id(3)), 0),
        field("Either", Shape::Structure(id(4)), 0),
        field("Matrix", Shape::Plain(6), 2),
        field("Any", Shape::Plain(24), 0),
        field("Inner", Shape::Plain(22), 0),
        field("Name", Shape::Plain(20), 0),
    ];
    let point = vec![field("X", Shape::Plain(4), 0), field("Y", Shape::Plain(4), 0)];
    let maybe = vec![optional("A", Shape::Plain(6)), field("B", Shape::Plain(3), 0), optional("C", Shape::Plain(12))];
    let either = vec![field("Whole", Shape::Plain(6), 0), field("Point", Shape::Structure(id(2)), 0)];
    let mut table = Table::default();
    for (number, kind, fields) in
        [(1, Kind::Plain, all), (2, Kind::Plain, point), (3, Kind::Optional, maybe), (4, Kind::Union, either)]
    {
        table.insert(id(number), Structure { encoding: id(number + 100), kind, fields });
    }
    table
}

fn structures() -> Structures {
    let structures = Structures::default();
    structures.add(table(), Vec::new());
    structures
}

const WHOLE: &str = r#"{"Flag":true,"Number":2.8,"Text":"a","Colour":{"Value":7,"Name":"Blue"},"Colours":[{"Value":0,"Name":"Red"},{"Value":3}],"Point":{"X":1,"Y":-2},"Points":[{"X":3,"Y":4},{"X":5,"Y":6}],"Maybe":{"B":9,"C":"c"},"Either":{"Point":{"X":7,"Y":8}},"Matrix":[[1,2,3],[4,5,6]],"Any":{"Type":0,"Body":null},"Inner":{"TypeId":{"Id":886},"Body":{"Low":0,"High":1}},"Name":{"Name":"q","Uri":3}}"#;

/// The structure with this encoding that these bytes are, as it is told.
fn told(structures: &Structures, encoding: NodeId, bytes: Vec<u8>) -> String {
    let object = ExtensionObject::new(ByteStringBody::new(bytes.into(), encoding));
    let mut out = Vec::new();
    write_data_value(&DataValue::value_only(Variant::from(object)), structures, &mut out);
    let text = String::from_utf8(out).unwrap();
    let (_, body) = text.split_once(r#","Body":"#).unwrap().1.split_once(r#","Body":"#).unwrap();
    body.strip_suffix("}}}").unwrap().to_owned()
}

fn bytes(number: u32, json: &str) -> Result<Vec<u8>, Misfit> {
    let mut table = table();
    table.extend((*Structures::default().table()).clone());
    read::object(&table, &table.by_type(&id(number)).unwrap(), json)
}

#[test]
fn what_is_written_is_told_the_same() {
    let (structures, written) = (structures(), bytes(1, WHOLE).unwrap());
    assert_eq!(told(&structures, id(101), written), WHOLE);
    assert_eq!(bytes(2, r#"{"X":1,"Y":-2}"#).unwrap(), [1, 0, 0xfe, 0xff]);
    assert_eq!(bytes(3, r#"{"B":9,"C":"c"}"#).unwrap(), [2, 0, 0, 0, 9, 1, 0, 0, 0, b'c']);
    assert_eq!(bytes(4, r#"{"Whole":1}"#).unwrap(), [1, 0, 0, 0, 1, 0, 0, 0]);
    assert_eq!(bytes(4, "{}").unwrap(), [0; 4]);
    assert_eq!(told(&structures, id(104), vec![0; 4]), "{}");
}

#[test]
fn scalars_may_be_texts_and_enumerations_names() {
    let texts = WHOLE
        .replace("true", r#""TRUE""#)
        .replace("2.8", r#"" 2.80""#)
        .replace(r#"{"Value":7,"Name":"Blue"}"#, r#""Blue_7""#)
        .replace(r#"{"Value":0,"Name":"Red"}"#, r#""Red""#)
        .replace(r#"{"Value":3}"#, r#""3""#)
        .replace("-2", r#""-2""#)
        .replace(r#""Uri":3"#, r#""Uri":"3""#)
        .replace(r#"{"Type":0,"Body":null}"#, "null");
    assert_eq!(bytes(1, &texts), bytes(1, WHOLE));
}

#[test]
fn what_does_not_fit_is_told_with_its_place() {
    for (number, json, path, expected) in [
        (2, r#"{"X":1}"#, "Y", "a whole number from -32768 to 32767 (Int16)"),
        (2, r#"{"X":1,"Y":40000}"#, "Y", "a whole number from -32768 to 32767 (Int16)"),
        (2, r#"{"X":1,"Y":2,"Z":3}"#, "", "no other field than X, Y"),
        (2, r#"{"X":1,"Y":2,"X":3}"#, "X", "one value"),
        (2, "[1,2]", "", "an object with the structure's fields"),
        (4, r#"{"Whole":1,"Point":{"X":1,"Y":2}}"#, "", "one of Whole, Point"),
        (1, &WHOLE.replace(r#""X":5"#, r#""X":"five""#), "Points[1].X", "a whole number from -32768 to 32767 (Int16)"),
        (1, &WHOLE.replace("[4,5,6]", "[4,5]"), "Matrix", "lists in lists, 2 deep"),
        (1, &WHOLE.replace(r#"{"Value":7,"Name":"Blue"}"#, r#""Green""#), "Colour", "one of Red (0), Blue (7)"),
        (1, &WHOLE.replace(r#""High":1"#, r#""High":"high""#), "Inner.High", "a number (Double)"),
    ] {
        let misfit = bytes(number, json).unwrap_err();
        assert_eq!(misfit.path, path, "{json}: {misfit:?}");
        assert!(misfit.expected.starts_with(expected), "{misfit:?}");
    }
}

#[test]
fn bytes_that_are_something_else_stay_bytes() {
    let structures = structures();
    for bytes in [vec![1, 0, 2], vec![1, 0, 2, 0, 0]] {
        assert!(told(&structures, id(102), bytes).starts_with('"'), "cut, or with a rest");
    }
    assert_eq!(told(&structures, id(104), vec![9, 0, 0, 0]), r#""CQAAAA==""#, "a union has no ninth");
    assert_eq!(told(&structures, id(999), vec![1]), r#""AQ==""#);
    assert_eq!(structures.take_wanted(), [id(999)]);
    // A list as long as the memory has no room for, in a type that takes no room.
    let mut table = Table::default();
    table.insert(id(5), Structure { encoding: NodeId::null(), kind: Kind::Plain, fields: Vec::new() });
    let fields = vec![field("None", Shape::Structure(id(5)), 1)];
    table.insert(id(6), Structure { encoding: id(106), kind: Kind::Plain, fields });
    let fields = vec![field("Self", Shape::Structure(id(7)), 0)];
    table.insert(id(7), Structure { encoding: id(107), kind: Kind::Plain, fields });
    structures.add(table, Vec::new());
    assert!(told(&structures, id(106), vec![255, 255, 255, 127]).starts_with('"'));
    assert!(told(&structures, id(107), vec![1]).starts_with('"'), "one that is in itself");
}

#[test]
fn the_standards_own_are_known() {
    let mut status = ServerStatusDataType { state: ServerState::Suspended, ..Default::default() };
    status.build_info.product_name = "plant".into();
    status.shutdown_reason = LocalizedText::new("", "soon");
    let mut out = Vec::new();
    let value = DataValue::value_only(Variant::from(ExtensionObject::from_message(status)));
    write_data_value(&value, &Structures::default(), &mut out);
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let body = &json["Value"]["Body"]["Body"];
    assert_eq!(body["State"], serde_json::json!({"Value": 3, "Name": "Suspended"}));
    assert_eq!((&body["BuildInfo"]["ProductName"], &body["ShutdownReason"]["Text"]), (&"plant".into(), &"soon".into()));
}

#[test]
fn objects_get_their_bytes_before_they_are_sent() {
    let text =
        r#"{"Value":{"Type":22,"Body":[{"Body":{"X":1,"Y":2}},{"TypeId":{"Id":3,"Namespace":2},"Body":{"B":"9"}}]}}"#;
    let mut value = read_data_value(text.as_bytes()).unwrap().value.unwrap();
    assert!(has_fields(&value));
    assert_eq!(named_in(&value), [id(3)]);
    let table = table();
    assert!(fill(&table, None, &mut value.clone()).is_err(), "whose type nobody has said");
    fill(&table, table.by_type(&id(2)).as_deref(), &mut value).unwrap();
    assert!(!has_fields(&value));
    let Variant::Array(array) = value else { panic!("no list") };
    let bodies = array.values.iter().map(|one| match one {
        Variant::ExtensionObject(object) => bytes_of(object).unwrap(),
        other => panic!("{other:?}"),
    });
    assert_eq!(bodies.collect::<Vec<_>>(), [(id(102), vec![1, 0, 2, 0]), (id(103), vec![0, 0, 0, 0, 9])]);
}

const DICTIONARY: &str = r#"<?xml version="1.0"?>
<opc:TypeDictionary xmlns:opc="http://opcfoundation.org/BinarySchema/" xmlns:tns="urn:plant">
  <opc:EnumeratedType Name="Colour" LengthInBits="32">
    <opc:EnumeratedValue Name="Red" Value="0"/><opc:EnumeratedValue Name="Blue" Value="7"/>
  </opc:EnumeratedType>
  <opc:StructuredType Name="Point" BaseType="ua:ExtensionObject">
    <opc:Field Name="X" TypeName="opc:Int16"/><opc:Field Name="Y" TypeName="opc:Int16"/>
  </opc:StructuredType>
  <opc:StructuredType Name="Job" BaseType="ua:ExtensionObject">
    <opc:Field Name="NoteSpecified" TypeName="opc:Bit"/>
    <opc:Field Name="Reserved1" TypeName="opc:Bit" Length="31"/>
    <opc:Field Name="Name" TypeName="opc:CharArray"/>
    <opc:Field Name="Colour" TypeName="tns:Colour"/>
    <opc:Field Name="NoOfPoints" TypeName="opc:Int32"/>
    <opc:Field Name="Points" TypeName="tns:Point" LengthField="NoOfPoints"/>
    <opc:Field Name="Note" TypeName="opc:CharArray" SwitchField="NoteSpecified"/>
  </opc:StructuredType>
  <opc:StructuredType Name="Odd"><opc:Field Name="Half" TypeName="opc:Bit" Length="4"/></opc:StructuredType>
</opc:TypeDictionary>"#;

#[test]
fn a_dictionary_says_the_same_as_definitions() {
    let types = dictionary::parse(DICTIONARY).unwrap();
    let table = dictionary::table(&types, "Job", &id(110)).unwrap();
    let structures = Structures::default();
    structures.add(table.clone(), Vec::new());
    let json = r#"{"Name":"j","Colour":{"Value":7,"Name":"Blue"},"Points":[{"X":1,"Y":2}],"Note":"n"}"#;
    let bytes = read::object(&table, &table.by_encoding(&id(110)).unwrap(), json).unwrap();
    assert_eq!(bytes[..9], [1, 0, 0, 0, 1, 0, 0, 0, b'j']);
    assert_eq!(told(&structures, id(110), bytes), json);
    assert!(dictionary::table(&types, "Odd", &id(111)).is_none());
    assert!(dictionary::table(&types, "Nowhere", &id(111)).is_none());
}

proptest! {
    #[test]
    fn any_bytes_are_answered(number in 101u32..105, bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let text = told(&structures(), id(number), bytes);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
    }

    #[test]
    fn any_text_is_a_dictionary_or_none(text in ".*") {
        if let Some(types) = dictionary::parse(&text) {
            for name in types.keys() {
                let _ = dictionary::table(&types, name, &id(1));
            }
        }
    }
}
