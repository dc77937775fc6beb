//! What is kept of an element: its name, its place, its numbers with their units, and the rest as it stands.
//!
//! Promises: what is kept of one element is bounded, and says when something was left out (`cut`); no number is made up:
//! a place is three numbers that stand together.

use super::kind::{Kind, joined, words};
use super::tree::Node;
use serde_json::{Map, Value, json};
use tieline_store::project::Element;

/// The longest name, in characters.
const NAME: usize = 256;
/// The longest text that is kept of one part, in characters.
const TEXT: usize = 1000;
/// The most parts that are kept of one element.
const PARTS: usize = 1000;
/// The most numbers that are told of one element.
const NUMBERS: usize = 64;
/// How deep a place is looked for.
const DEPTH: usize = 4;

const NAMES: [&str; 4] = ["name", "elementname", "label", "title"];
const IDENTITIES: [&str; 7] = ["id", "uuid", "guid", "identifier", "elementid", "number", "nr"];
const AXES: [[&str; 4]; 3] = [
    ["x", "posx", "coordx", "xcoordinate"],
    ["y", "posy", "coordy", "ycoordinate"],
    ["z", "posz", "coordz", "zcoordinate"],
];
/// What was measured comes before what was meant.
const MEASURED: [&str; 3] = ["actual", "measured", "current"];
/// Three numbers under such a name are no place.
const NO_PLACE: [&str; 13] = [
    "normal",
    "direction",
    "dir",
    "vector",
    "axis",
    "color",
    "colour",
    "rgb",
    "rotation",
    "scale",
    "size",
    "tolerance",
    "deviation",
];

/// Whether it has a name or a number.
pub(super) fn is_named(node: &Node) -> bool {
    property(node, &NAMES).is_some() || property(node, &IDENTITIES).is_some()
}

/// The element that this part of a file describes.
pub(super) fn element(node: &Node, kind: Kind) -> Element {
    let kept = |text: Option<&str>| text.map(|text| text.chars().take(NAME).collect::<String>());
    let mut numbers = Vec::new();
    numbers_of(node, "", &mut numbers);
    let mut keeping = Keeping { parts: PARTS, is_cut: false };
    let tree = keeping.part(node);
    let mut body = Map::new();
    body.insert("numbers".to_owned(), Value::Array(numbers));
    body.insert("tree".to_owned(), tree);
    if keeping.is_cut {
        body.insert("cut".to_owned(), Value::Bool(true));
    }
    Element {
        kind: kind.name.to_owned(),
        name: kept(property(node, &NAMES)),
        identity: kept(property(node, &IDENTITIES)),
        position: position(node),
        body: Value::Object(body).to_string(),
    }
}

/// A text that is an attribute, or a child without children of its own.
fn property<'a>(node: &'a Node, names: &[&str]) -> Option<&'a str> {
    let attributes = node.attributes.iter().map(|(name, value)| (name, value));
    let children = node.children.iter().filter(|child| child.children.is_empty());
    let mut all = attributes.chain(children.map(|child| (&child.tag, &child.text)));
    let found = all.find(|(name, value)| !value.trim().is_empty() && names.contains(&joined(name).as_str()));
    found.map(|(_, value)| value.trim())
}

/// Where it is.
pub(super) fn position(node: &Node) -> Option<[f64; 3]> {
    place(node, DEPTH)
}

fn place(node: &Node, depth: usize) -> Option<[f64; 3]> {
    let apart = || {
        let [x, y, z] = AXES.map(|names| property(node, &names).and_then(quantity).map(|(number, _)| number));
        Some([x?, y?, z?])
    };
    let of_attribute = || {
        let mut places = node.attributes.iter().filter(|(name, _)| is_place(name));
        places.find_map(|(_, value)| three(value))
    };
    if let Some(found) = apart().or_else(of_attribute).or_else(|| three(&node.text)) {
        return Some(found);
    }
    let depth = depth.checked_sub(1)?;
    let is_measured = |child: &&Node| words(&child.tag).iter().any(|word| MEASURED.contains(&word.as_str()));
    let (measured, others): (Vec<&Node>, Vec<&Node>) =
        node.children.iter().filter(|child| is_place(&child.tag)).partition(is_measured);
    measured.into_iter().chain(others).find_map(|child| place(child, depth))
}

fn is_place(name: &str) -> bool {
    !words(name).iter().any(|word| NO_PLACE.contains(&word.as_str()))
}

/// Three numbers: `1.0 2.0 3.0`, `(1, 2, 3)`.
fn three(text: &str) -> Option<[f64; 3]> {
    let text = text.trim().trim_matches(['(', ')', '[', ']', '{', '}']);
    // What is longer than three numbers can be is not looked through.
    let parts = if text.len() <= 200 { text.split([' ', '\t', '\n', '\r', ',', ';']) } else { return None };
    let mut parts = parts.filter(|part| !part.is_empty()).map(number);
    let found = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(found)
}

/// A number as XML writes it; the words that stand for what is no number are none.
fn number(text: &str) -> Option<f64> {
    let is_written = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    text.parse().ok().filter(|number: &f64| is_written && number.is_finite())
}

/// A number with its unit behind it, or without one: `12.5 mm`, `30°`, `4`.
fn quantity(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    if text.len() > 64 {
        return None;
    }
    if let Some(number) = number(text) {
        return Some((number, ""));
    }
    let is_of_unit = |c: char| c.is_alphabetic() || matches!(c, '°' | '%' | '/' | '²' | '³' | '"' | '\'');
    let begins = text.trim_end_matches(is_of_unit).len();
    let (amount, unit) = text.split_at(begins);
    let number = number(amount.trim_end())?;
    (unit.chars().count() <= 8).then_some((number, unit))
}

/// Every single number, with the way to it: `radius`, `nominal/radius`, `nominal@radius`.
fn numbers_of(node: &Node, way: &str, numbers: &mut Vec<Value>) {
    let mut told = |way: String, text: &str| {
        if numbers.len() < NUMBERS
            && let Some((value, unit)) = quantity(text)
        {
            let own = property(node, &["unit", "units", "uom"]).unwrap_or_default();
            let unit = if unit.is_empty() { own } else { unit };
            let mut number = json!({ "at": way, "value": value });
            if !unit.is_empty() {
                number["unit"] = unit.chars().take(16).collect::<String>().into();
            }
            numbers.push(number);
        }
    };
    for (name, value) in &node.attributes {
        told(short(&format!("{way}@{name}")), value);
    }
    if !way.is_empty() || node.children.is_empty() {
        told(way.to_owned(), &node.text);
    }
    for child in &node.children {
        if numbers.len() >= NUMBERS {
            return;
        }
        let way = if way.is_empty() { child.tag.clone() } else { format!("{way}/{}", child.tag) };
        numbers_of(child, &short(&way), numbers);
    }
}

fn short(text: &str) -> String {
    text.chars().take(NAME).collect()
}

/// What is kept of the parts of one element.
struct Keeping {
    /// How many may follow.
    parts: usize,
    is_cut: bool,
}

impl Keeping {
    fn part(&mut self, node: &Node) -> Value {
        let mut part = Map::new();
        part.insert("tag".to_owned(), Value::String(short(&node.tag)));
        let mut attributes = Map::new();
        for (name, value) in &node.attributes {
            if self.take() {
                attributes.insert(short(name), Value::String(self.text(value)));
            }
        }
        if !attributes.is_empty() {
            part.insert("attributes".to_owned(), Value::Object(attributes));
        }
        if !node.text.is_empty() {
            part.insert("text".to_owned(), Value::String(self.text(&node.text)));
        }
        let mut children = Vec::new();
        for child in &node.children {
            if !self.take() {
                break;
            }
            children.push(self.part(child));
        }
        if !children.is_empty() {
            part.insert("children".to_owned(), Value::Array(children));
        }
        Value::Object(part)
    }

    fn take(&mut self) -> bool {
        self.is_cut |= self.parts == 0;
        let may = self.parts > 0;
        self.parts = self.parts.saturating_sub(1);
        may
    }

    fn text(&mut self, text: &str) -> String {
        match text.char_indices().nth(TEXT) {
            Some((end, _)) => {
                self.is_cut = true;
                text.get(..end).unwrap_or_default().to_owned()
            }
            None => text.to_owned(),
        }
    }
}
