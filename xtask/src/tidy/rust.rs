//! Reads a Rust file as its tokens: its words without comments, and its documentation without code.
//!
//! Promises: comments never count as code, and texts in code never count as comments, because the compiler's own
//! tokens are read, not lines. Called by the rules that look into Rust files.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::str::FromStr;

/// An identifier, or a literal as it stands in the source.
#[derive(Debug)]
pub(crate) struct Word {
    /// Its text.
    pub(crate) text: String,
    /// Its line, from 1.
    pub(crate) line: usize,
    /// Whether it belongs to something marked `#[cfg(test)]`.
    pub(crate) in_test: bool,
}

/// A line of a doc comment.
#[derive(Debug)]
pub(crate) struct DocLine {
    /// Without the marker.
    pub(crate) text: String,
    /// Its line, from 1.
    pub(crate) line: usize,
}

/// A Rust file.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Identifiers and literals, in order.
    pub(crate) words: Vec<Word>,
    /// Doc comments, in order.
    pub(crate) docs: Vec<DocLine>,
    /// The attributes, as their text without blanks, with their lines.
    pub(crate) attributes: Vec<(String, usize)>,
}

/// Reads a file; `Err` names why its tokens cannot be read.
pub(crate) fn read(text: &str) -> Result<Source, String> {
    let tokens = TokenStream::from_str(text).map_err(|error| error.to_string())?;
    let mut source = Source::default();
    walk(tokens, false, &mut source);
    Ok(source)
}

/// Whether a path holds tests only.
pub(crate) fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.starts_with("tests/") || path.contains("/tests/")
}

fn walk(tokens: TokenStream, in_test: bool, source: &mut Source) {
    let mut tokens = tokens.into_iter().peekable();
    // Set by `#[cfg(test)]`, until the item it marks has ended: at its braces or its semicolon.
    let mut item_in_test = false;
    while let Some(token) = tokens.next() {
        let line = token.span().start().line;
        let in_test = in_test || item_in_test;
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                if matches!(tokens.peek(), Some(TokenTree::Punct(mark)) if mark.as_char() == '!') {
                    tokens.next();
                }
                if let Some(TokenTree::Group(group)) = tokens.next_if(is_bracket) {
                    item_in_test |= attribute(group.stream(), line, in_test, source);
                }
            }
            TokenTree::Punct(mark) => item_in_test &= mark.as_char() != ';',
            TokenTree::Group(group) => {
                walk(group.stream(), in_test, source);
                item_in_test &= group.delimiter() != Delimiter::Brace;
            }
            TokenTree::Ident(name) => source.words.push(Word { text: name.to_string(), line, in_test }),
            TokenTree::Literal(literal) => source.words.push(Word { text: literal.to_string(), line, in_test }),
        }
    }
}

fn is_bracket(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket)
}

/// Takes note of an attribute; tells whether what follows is for tests only.
fn attribute(tokens: TokenStream, line: usize, in_test: bool, source: &mut Source) -> bool {
    let mut parts = tokens.clone().into_iter();
    let is_doc = matches!(parts.next(), Some(TokenTree::Ident(name)) if name == "doc");
    if is_doc && let Some(TokenTree::Literal(literal)) = parts.nth(1) {
        // A block comment comes as one literal; its lines follow each other.
        for (offset, text) in unquoted(&literal.to_string()).split('\n').enumerate() {
            source.docs.push(DocLine { text: text.to_owned(), line: line + offset });
        }
        return false;
    }
    let text: String = tokens.to_string().chars().filter(|c| !c.is_whitespace()).collect();
    let is_test = text == "cfg(test)" || text.starts_with("cfg(all(test,");
    source.attributes.push((text, line));
    walk(tokens, in_test, source);
    is_test
}

/// A literal's text as a doc comment's author wrote it.
fn unquoted(literal: &str) -> String {
    let inner = literal.trim_start_matches('r').trim_matches('#').trim_matches('"');
    if literal.starts_with('r') {
        return inner.to_owned();
    }
    let mut out = String::new();
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(other) => out.push(other),
                None => {}
            },
            c => out.push(c),
        }
    }
    out
}

/// The parts of a text that could be names: letters, digits and `_`.
pub(crate) fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(String, usize, bool)> {
        read(text).unwrap().words.into_iter().map(|word| (word.text, word.line, word.in_test)).collect()
    }

    #[test]
    fn comments_are_no_words() {
        let found = words("// one\n/* two */ fn three() {}\n/// four\nfn five() {}");
        let found: Vec<_> = found.iter().map(|(text, line, _)| (text.as_str(), *line)).collect();
        assert_eq!(found, [("fn", 2), ("three", 2), ("fn", 4), ("five", 4)]);
    }

    #[test]
    fn what_is_marked_for_tests_is_known_to_be() {
        let found = words("#[cfg(test)]\nmod tests { fn a() {} }\nfn b() {}\n#[cfg(test)] use c;\nuse d;");
        let of = |name: &str| found.iter().find(|word| word.0 == name).unwrap().2;
        assert_eq!([of("a"), of("b"), of("c"), of("d")], [true, false, true, false]);
    }

    #[test]
    fn documentation_comes_with_its_lines() {
        let source = read("//! Top \"quoted\".\n\n/// Item `x`.\nfn f() { let s = \"/// no\"; }").unwrap();
        let docs: Vec<_> = source.docs.iter().map(|doc| (doc.text.as_str(), doc.line)).collect();
        assert_eq!(docs, [(" Top \"quoted\".", 1), (" Item `x`.", 3)]);
    }

    #[test]
    fn what_is_no_rust_is_an_error() {
        assert!(read("fn f( {").is_err());
    }
}
