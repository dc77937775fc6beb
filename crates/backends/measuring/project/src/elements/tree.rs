//! XML as a tree, bounded in depth and in parts.

use super::Unreadable;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// The deepest element of XML.
pub(super) const DEPTH: usize = 64;
/// The most elements of XML and attributes together: thirty for each of the 100,000 elements that may be measured, since
/// nominal, actual and deviation have parts of their own.
pub(super) const PARTS: usize = 3_000_000;

/// An element of XML; names are without their namespace.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Node {
    pub(super) tag: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Node>,
    /// Its own text, trimmed.
    pub(super) text: String,
}

/// Reads the tree.
pub(super) fn parse(text: &str) -> Result<Node, Unreadable> {
    let mut reader = Reader::from_str(text);
    let mut growing = Growing::default();
    loop {
        match reader.read_event().map_err(|_| Unreadable::Xml)? {
            Event::Start(tag) => growing.begin(&tag)?,
            Event::Empty(tag) => {
                growing.begin(&tag)?;
                growing.end()?;
            }
            Event::End(_) => growing.end()?,
            Event::Text(text) => growing.text(&String::from_utf8_lossy(&text))?,
            Event::CData(text) => growing.text(&String::from_utf8_lossy(&text))?,
            Event::GeneralRef(reference) => growing.reference(&reference)?,
            Event::DocType(_) => return Err(Unreadable::Entities),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    match growing {
        Growing { root: Some(root), open, .. } if open.is_empty() => Ok(root),
        _ => Err(Unreadable::Xml),
    }
}

/// The tree while it is read.
#[derive(Default)]
struct Growing {
    /// The elements that have not ended, outermost first.
    open: Vec<Node>,
    root: Option<Node>,
    parts: usize,
}

impl Growing {
    fn count(&mut self) -> Result<(), Unreadable> {
        self.parts += 1;
        if self.parts > PARTS { Err(Unreadable::Shape) } else { Ok(()) }
    }

    fn begin(&mut self, tag: &BytesStart<'_>) -> Result<(), Unreadable> {
        if self.root.is_some() {
            return Err(Unreadable::Xml);
        }
        if self.open.len() >= DEPTH {
            return Err(Unreadable::Shape);
        }
        self.count()?;
        let mut node = Node { tag: lossy(tag.local_name().as_ref()), ..Node::default() };
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|_| Unreadable::Xml)?;
            self.count()?;
            let raw = lossy(&attribute.value);
            let value = quick_xml::escape::unescape(&raw).map_err(|_| Unreadable::Entities)?;
            node.attributes.push((lossy(attribute.key.local_name().as_ref()), value.into_owned()));
        }
        self.open.push(node);
        Ok(())
    }

    fn end(&mut self) -> Result<(), Unreadable> {
        let mut node = self.open.pop().ok_or(Unreadable::Xml)?;
        node.text = node.text.trim().to_owned();
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => self.root = Some(node),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Unreadable> {
        match self.open.last_mut() {
            Some(open) => open.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(Unreadable::Xml),
        }
        Ok(())
    }

    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), Unreadable> {
        let character = reference.resolve_char_ref().ok().flatten().or(match &**reference {
            b"lt" => Some('<'),
            b"gt" => Some('>'),
            b"amp" => Some('&'),
            b"quot" => Some('"'),
            b"apos" => Some('\''),
            _ => None,
        });
        self.text(character.ok_or(Unreadable::Entities)?.encode_utf8(&mut [0; 4]))
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
