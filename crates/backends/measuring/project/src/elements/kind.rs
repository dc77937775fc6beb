//! What an element is, by the words of its type or its tag: "Point", "GOM_SLOTTED_HOLE", "fittingPlane".
//!
//! The last words say the kind; what stands before them says which sort of it. A tag whose words are a kind's in the plural
//! is a list, not an element.

use super::describe;
use super::tree::Node;

/// A kind of element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// What the project calls it.
    pub(super) name: &'static str,
    /// Whether files use the word for a part of the file as well.
    pub(super) can_group: bool,
    /// Whether nothing but the kind was said, or that it is nominal or measured.
    is_plain: bool,
}

/// The words of each kind, joined, and its name.
const KINDS: &[(&str, &str)] = &[
    ("point", "point"),
    ("line", "line"),
    ("plane", "plane"),
    ("circle", "circle"),
    ("ellipse", "ellipse"),
    ("slottedhole", "slotted hole"),
    ("slot", "slotted hole"),
    ("rectangularhole", "rectangular hole"),
    ("rectangle", "rectangular hole"),
    ("polygonhole", "polygon hole"),
    ("polygon", "polygon hole"),
    ("hole", "hole"),
    ("sphere", "sphere"),
    ("cylinder", "cylinder"),
    ("cone", "cone"),
    ("torus", "torus"),
    ("distance", "distance"),
    ("angle", "angle"),
    ("dimension", "dimension"),
    ("valueelement", "value"),
    ("curve", "curve"),
    ("edge", "edge"),
    ("section", "section"),
    ("pointcloud", "point cloud"),
    ("pointgroup", "point group"),
    ("referencepoints", "reference points"),
    ("vectorfield", "vector field"),
    ("mesh", "mesh"),
    ("surfacecomparison", "surface comparison"),
    ("surfacedeviation", "surface comparison"),
    ("datumsystem", "datum system"),
    ("coordinatesystem", "coordinate system"),
    ("flatness", "tolerance"),
    ("straightness", "tolerance"),
    ("roundness", "tolerance"),
    ("cylindricity", "tolerance"),
    ("angularity", "tolerance"),
    ("perpendicularity", "tolerance"),
    ("parallelism", "tolerance"),
    ("concentricity", "tolerance"),
    ("runout", "tolerance"),
    ("tolerance", "tolerance"),
];

/// Words that say nothing about the kind.
const PLAIN: [&str; 8] = ["gom", "element", "nominal", "actual", "measured", "inspection", "primitive", "type"];

/// Attributes and children that hold a type.
const TYPES: [&str; 6] = ["type", "kind", "class", "typ", "elementtype", "category"];

/// What this is, when it is an element: known by its words, and named, or with a place of its own.
pub(super) fn of(node: &Node) -> Option<Kind> {
    let kind = said(node)?;
    let is_element = describe::is_named(node) || (kind.is_plain && describe::position(node).is_some());
    is_element.then_some(kind)
}

fn said(node: &Node) -> Option<Kind> {
    let is_type = |tag: &str| TYPES.contains(&joined(tag).as_str());
    let attributes = node.attributes.iter().filter(|(name, _)| is_type(name)).map(|(_, value)| value);
    let children = node.children.iter().filter(|child| child.children.is_empty() && is_type(&child.tag));
    let mut said = attributes.chain([&node.tag]).chain(children.map(|child| &child.text));
    said.find_map(|text| by_words(text))
}

fn by_words(text: &str) -> Option<Kind> {
    // A type is a few words; what is longer is a text.
    let words = if text.len() <= 100 { words(text) } else { Vec::new() };
    (1..=words.len().min(3)).rev().find_map(|count| {
        let (before, last) = words.split_at(words.len() - count);
        let joined = last.concat();
        let (_, name) = KINDS.iter().find(|(known, _)| *known == joined)?;
        let is_plain = before.iter().all(|word| PLAIN.contains(&word.as_str()));
        Some(Kind { name, can_group: *name == "section", is_plain })
    })
}

/// The words of a name in lower case, joined: "Element_Type" is "elementtype".
pub(super) fn joined(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The words of a name in lower case: apart at anything that is no letter, and before a capital. Single letters and
/// numbers are none: "Point3D" is a point.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for c in text.chars() {
        if !c.is_alphabetic() || (c.is_uppercase() && after_small) {
            words.push(String::new());
        }
        if c.is_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        after_small = c.is_lowercase();
    }
    words.retain(|word| word.chars().nth(1).is_some());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_in_any_spelling() {
        let name = |text: &str| by_words(text).map(|kind| kind.name);
        for (text, kind) in [
            ("Point", "point"),
            ("POINT", "point"),
            ("gom_point", "point"),
            ("point3d", "point"),
            ("SurfacePoint", "point"),
            ("slotted_hole", "slotted hole"),
            ("SlottedHole", "slotted hole"),
            ("GOM-SLOTTED-HOLE", "slotted hole"),
            ("slottedhole", "slotted hole"),
            ("point cloud", "point cloud"),
            ("gom:FittingPlane", "plane"),
            ("inspection_section", "section"),
            ("ColoredMesh", "mesh"),
            ("circular_runout", "tolerance"),
        ] {
            assert_eq!(name(text), Some(kind), "{text}");
        }
        for text in ["points", "Planes", "elements", "pointer", "", "x", "outline", "circle_center", "coordinate"] {
            assert_eq!(name(text), None, "{text}");
        }
        assert!(by_words("nominal_point").unwrap().is_plain && !by_words("start_point").unwrap().is_plain);
    }
}
