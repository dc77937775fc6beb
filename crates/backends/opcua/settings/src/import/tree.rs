//! XML as a tree of elements, read leniently: files in the field have tags that end under another name, and comments
//! before the declaration.
//!
//! Promises: bounded in depth and number of elements; no entity but the five of the standard and characters by number, so
//! a file says what stands in it; no text of an error holds a text of the file, which may be a password.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// The deepest element.
const DEPTH: usize = 64;
/// The most elements.
const ELEMENTS: usize = 500_000;
/// The oddities told of one file.
const ODDITIES: usize = 20;

/// An element; names are without their namespace.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    /// Its own text without what lies in its children, trimmed.
    pub(super) text: String,
    /// The line it begins in, from 1.
    pub(super) line: usize,
}

impl Element {
    /// The attribute of this name.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first child of this name.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }
}

/// A file's tree.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) root: Element,
    /// What is not as XML should be, for a person.
    pub(super) oddities: Vec<String>,
}

/// Reads the tree, or says what is wrong.
pub(super) fn parse(text: &str) -> Result<Parsed, String> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut growing = Growing::new(text);
    loop {
        let before = reader.buffer_position();
        growing.lines.go(before);
        match reader.read_event() {
            Ok(Event::Start(tag)) => growing.begin(&tag)?,
            Ok(Event::Empty(tag)) => {
                growing.begin(&tag)?;
                growing.finish();
            }
            Ok(Event::End(tag)) => growing.end(&name(tag.local_name().as_ref())),
            Ok(Event::Text(text)) => growing.text(&String::from_utf8_lossy(&text)),
            Ok(Event::CData(text)) => growing.text(&String::from_utf8_lossy(&text)),
            Ok(Event::GeneralRef(reference)) => growing.reference(&reference)?,
            // A document type says which elements there may be, which nobody asks; but entities stand for text.
            Ok(Event::DocType(kind)) if has_entities(&kind) => {
                return Err(format!("line {}: its document type has entities, which are not read", growing.lines.line));
            }
            Ok(Event::DocType(_)) => {}
            Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_)) => {}
            Ok(Event::Eof) => break,
            Err(_) => {
                growing.lines.go(reader.error_position());
                return Err(format!("line {}: it is no XML from here on", growing.lines.line));
            }
        }
    }
    growing.into_parsed()
}

fn has_entities(kind: &[u8]) -> bool {
    String::from_utf8_lossy(kind).to_ascii_uppercase().contains("<!ENTITY")
}

fn name(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Counts lines as the reader goes on.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn go(&mut self, to: u64) {
        let to = usize::try_from(to).unwrap_or(usize::MAX).clamp(self.at, self.text.len());
        let passed = self.text.as_bytes().get(self.at..to).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.at = to;
    }
}

/// The tree while it is read.
struct Growing<'a> {
    /// The elements that have not ended, outermost first.
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
    oddities: Vec<String>,
    more: usize,
    lines: Lines<'a>,
}

impl<'a> Growing<'a> {
    fn new(text: &'a str) -> Growing<'a> {
        let lines = Lines { text, at: 0, line: 1 };
        Growing { open: Vec::new(), root: None, elements: 0, oddities: Vec::new(), more: 0, lines }
    }

    fn odd(&mut self, what: String) {
        match self.oddities.len() < ODDITIES {
            true => self.oddities.push(format!("line {}: {what}", self.lines.line)),
            false => self.more += 1,
        }
    }

    fn begin(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        let name = name(tag.local_name().as_ref());
        let repeats = self
            .open
            .last()
            .is_some_and(|open| open.name == name && open.children.is_empty() && !open.text.trim().is_empty());
        if repeats && tag.attributes_raw().trim_ascii().is_empty() {
            // `<Uri>urn:x<Uri>`: the slash was forgotten.
            self.odd(format!("<{name}> is written where </{name}> is meant"));
            self.finish();
            return Ok(());
        }
        self.elements += 1;
        if self.elements > ELEMENTS || self.open.len() >= DEPTH {
            let what = if self.open.len() >= DEPTH { "nested too deep" } else { "too many" };
            return Err(format!("line {}: its elements are {what}", self.lines.line));
        }
        let mut element = Element { name, line: self.lines.line, ..Element::default() };
        for attribute in tag.attributes().with_checks(false) {
            let Ok(attribute) = attribute else {
                self.odd(format!("an attribute of <{}> cannot be read", element.name));
                continue;
            };
            let key = String::from_utf8_lossy(attribute.key.local_name().as_ref()).into_owned();
            let raw = String::from_utf8_lossy(&attribute.value).into_owned();
            match quick_xml::escape::unescape(&raw) {
                Ok(value) => element.attributes.push((key, value.into_owned())),
                Err(_) => self.odd(format!("the attribute {key} of <{}> cannot be read", element.name)),
            }
        }
        self.open.push(element);
        Ok(())
    }

    /// The innermost element ends.
    fn finish(&mut self) {
        let Some(mut element) = self.open.pop() else { return };
        element.text = element.text.trim().to_owned();
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None if self.root.is_none() => self.root = Some(element),
            None => self.odd(format!("<{}> stands behind the end of the file's element", element.name)),
        }
    }

    /// An end tag: of the element that has this name, and of all inside it.
    fn end(&mut self, name: &str) {
        match self.open.iter().rposition(|open| open.name == name) {
            Some(at) => {
                while self.open.len() > at + 1 {
                    let left = self.open.last().map_or("", |open| &open.name).to_owned();
                    self.odd(format!("</{name}> comes before </{left}>"));
                    self.finish();
                }
                self.finish();
            }
            None => {
                let inner = self.open.last().map(|open| (open.name.clone(), open.children.is_empty()));
                match inner {
                    // `<Min>0</Max>`: most likely the end of what has begun last.
                    Some((inner, true)) => {
                        self.odd(format!("</{name}> ends <{inner}>"));
                        self.finish();
                    }
                    _ => self.odd(format!("</{name}> ends nothing")),
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(open) = self.open.last_mut() {
            open.text.push_str(text);
        } else if !text.trim().is_empty() {
            self.odd("there is text outside of any element".to_owned());
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), String> {
        let character = reference.resolve_char_ref().ok().flatten().or(match &**reference {
            b"lt" => Some('<'),
            b"gt" => Some('>'),
            b"amp" => Some('&'),
            b"quot" => Some('"'),
            b"apos" => Some('\''),
            _ => None,
        });
        let Some(character) = character else {
            return Err(format!("line {}: it refers to an entity that is not one of XML's own", self.lines.line));
        };
        self.text(character.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn into_parsed(mut self) -> Result<Parsed, String> {
        while let Some(open) = self.open.last() {
            self.odd(format!("the file ends before </{}>", open.name));
            self.finish();
        }
        if self.more > 0 {
            self.oddities.push(format!("and {} more of this kind", self.more));
        }
        let root = self.root.ok_or("there is no XML in it")?;
        Ok(Parsed { root, oddities: self.oddities })
    }
}
