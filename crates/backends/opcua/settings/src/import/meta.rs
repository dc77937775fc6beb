//! The free notes of a variable: elements become tables, their texts become texts.

use super::tree::Element;
use crate::Notes;
use serde_json::Value;

/// The notes that an element's attributes and children make. Clients are told of them: what is called a password is none.
pub(super) fn notes(element: &Element) -> Notes {
    let mut notes = Notes::new();
    for (key, value) in &element.attributes {
        add(&mut notes, key, Value::String(value.clone()));
    }
    for child in element.children.iter().filter(|child| !child.name.eq_ignore_ascii_case("password")) {
        add(&mut notes, &child.name, value(child));
    }
    notes
}

/// What is there more than once becomes a list.
fn add(notes: &mut Notes, key: &str, value: Value) {
    match notes.get_mut(key) {
        None => drop(notes.insert(key.to_owned(), value)),
        Some(Value::Array(list)) => list.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}

fn value(element: &Element) -> Value {
    // The reference's way to write a list: elements named `value`, or tables of one key.
    if element.attribute("type") == Some("array") {
        let items = element.children.iter().map(|child| match child.name.as_str() {
            "value" => value(child),
            name => Value::Object(Notes::from_iter([(name.to_owned(), value(child))])),
        });
        return Value::Array(items.collect());
    }
    if element.attributes.is_empty() && element.children.is_empty() {
        return Value::String(element.text.clone());
    }
    let mut notes = notes(element);
    if !element.text.is_empty() {
        add(&mut notes, "text", Value::String(element.text.clone()));
    }
    Value::Object(notes)
}
