//! Tests of arguments, without a server: what is taken, and what is told of the rest.

use super::*;
use opcua::types::NodeId;
use tieline_opcua_values::{Structures, data_type_id, plain_field};

fn inputs() -> Vec<Field> {
    let argument = |name: &str, data_type, rank| (name.to_owned(), NodeId::new(0, u32::from(data_type)), rank);
    let kinds =
        [argument("Speed", data_type_id("Byte").unwrap(), -1), argument("Names", data_type_id("String").unwrap(), 1)];
    kinds.into_iter().map(|(name, data_type, rank)| plain_field(name, &data_type, rank)).collect()
}

fn told(json: &str) -> Vec<String> {
    let inputs = inputs();
    let table = Structures::default().table();
    let (given, mut wrong) = match given(&inputs, json) {
        Ok(given) => given,
        Err(wrong) => return wrong.into_iter().map(|(name, what)| format!("{name}: {what}")).collect(),
    };
    for (field, value) in inputs.iter().zip(given) {
        match value.map(|value| argument(&table, field, value.get())) {
            Some(Ok(_)) => {}
            Some(Err(misfit)) => wrong.push((misfit.path, misfit.expected)),
            None => wrong.push((field.name.clone(), "missing".to_owned())),
        }
    }
    wrong.into_iter().map(|(name, what)| format!("{name}: {what}")).collect()
}

#[test]
fn arguments_go_by_name_or_place() {
    for json in [r#"{"Speed":7,"Names":["a"]}"#, r#"{"Names":[],"Speed":"7"}"#, r#"[7,["a","b"]]"#] {
        assert_eq!(told(json), [""; 0], "{json}");
    }
}

#[test]
fn each_that_does_not_fit_is_told() {
    let byte = "Speed: a whole number from 0 to 255 (Byte)";
    let names = "Names: a list, each element a text (String)";
    assert_eq!(told(r#"{"Speed":300,"Names":"a"}"#), [byte, names]);
    assert_eq!(told(r#"{"Speed":1}"#), ["Names: missing"]);
    assert_eq!(told(r#"{"Speed":1,"Names":[],"Sped":2}"#), ["Sped: no such argument: it takes Speed, Names"]);
    assert_eq!(told("[1,[],2]"), ["[2]: no such argument: it takes Speed, Names"]);
    for nothing in ["", "null", "\"\"", "{}"] {
        assert_eq!(told(nothing), ["Speed: missing", "Names: missing"]);
    }
    assert_eq!(told("7"), ["Value: expected an object with the arguments: it takes Speed, Names"]);
}

#[test]
fn a_refusal_says_who_and_what() {
    let answer = refused(StatusCode::BadInvalidArgument, &[("A".to_owned(), "expected b".to_owned())]);
    assert_eq!(answer, r#"{"StatusCode":"BadInvalidArgument","Arguments":{"A":"expected b"}}"#);
    assert_eq!(refused(StatusCode::BadUserAccessDenied, &[]), r#"{"StatusCode":"BadUserAccessDenied","By":"server"}"#);
}
