//! Measured elements from a `.gxml` file: XML, plain or wrapped by gzip or zip.
//!
//! No sample of the format is at hand, so nothing here depends on how its tags are called beyond what every such file
//! must say: an element is what its tag or its type names by the word for a geometry (`kind`), together with a
//! name, a number or a place. Everything else of it is kept as it stands, as JSON. This is experimental, and its page
//! says so: `Element::body` is there so that nothing is lost when we come to know more.
//!
//! Promises: no document type, no entity of a file's own; bounded in bytes, depth and number, inflated or not; at least
//! one element, or it is an error. Called by `project::elements`.

mod describe;
mod kind;
#[cfg(test)]
mod tests;
mod tree;
mod wrapping;

use tieline_store::project::Element;
use tree::Node;

/// The most elements of one file.
const ELEMENTS: usize = 100_000;

/// Why a file holds no elements. The texts hold no word of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is longer than what is read, inflated or not.
    #[error("it has more than {} MiB of XML, or more than {} MiB as a zip file", wrapping::LONGEST >> 20, wrapping::ZIPPED >> 20)]
    TooLong,
    /// gzip or zip ends before its end, or breaks its own rules.
    #[error("it cannot be unpacked")]
    Wrapping,
    /// Neither UTF-8 nor UTF-16 nor what it says it is.
    #[error("it is not text")]
    Encoding,
    /// No XML, or XML that ends before its end.
    #[error("it is no XML, or its end is missing")]
    Xml,
    /// A document type or an entity of its own.
    #[error("it has a document type or an entity of its own, which is not read")]
    Entities,
    /// Nested deeper, or made of more parts, than any such file.
    #[error("it is nested deeper than {} or has more than {} parts", tree::DEPTH, tree::PARTS)]
    Shape,
    /// More elements than are imported.
    #[error("it has more than {ELEMENTS} elements")]
    TooMany,
    /// XML without any element that is known.
    #[error("it is XML, but no element in it is of a known kind")]
    NoElement,
}

/// Reads a file's elements, in its order.
pub(crate) fn read(bytes: Vec<u8>) -> Result<Vec<Element>, Unreadable> {
    let text = wrapping::text(bytes)?;
    let root = tree::parse(&text)?;
    drop(text);
    let mut found = Vec::new();
    collect(&root, false, &mut found)?;
    if found.is_empty() { Err(Unreadable::NoElement) } else { Ok(found) }
}

/// The outermost elements: what lies inside of one belongs to it. `named`: only those with a name or a number.
fn collect(node: &Node, named: bool, found: &mut Vec<Element>) -> Result<(), Unreadable> {
    let inside =
        |named: bool, found: &mut Vec<Element>| node.children.iter().try_for_each(|child| collect(child, named, found));
    let kind = kind::of(node).filter(|_| !named || describe::is_named(node));
    let Some(kind) = kind else { return inside(named, found) };
    if kind.can_group {
        // A section of the part that was measured, or of the file: then it holds elements with names of their own.
        let before = found.len();
        inside(true, found)?;
        if found.len() > before {
            return Ok(());
        }
    }
    if found.len() >= ELEMENTS {
        return Err(Unreadable::TooMany);
    }
    found.push(describe::element(node, kind));
    Ok(())
}
