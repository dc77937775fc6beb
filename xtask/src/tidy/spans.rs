//! Finds what prose says in backticks: in Markdown files and in doc comments, not in fenced examples.

use super::rust;
use super::tree::Tree;

/// A code span and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Span<'a> {
    /// The file, from the top of the checkout.
    pub(crate) path: &'a str,
    /// The line it begins on, from 1.
    pub(crate) line: usize,
    /// What stands between the backticks, without blanks around it.
    pub(crate) text: String,
}

/// Prose that is held to what it names: the project's own pages, and every Rust file's documentation.
/// The changelog tells of what was, so it is left out.
pub(crate) fn of(tree: &Tree) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    for (path, text) in &tree.files {
        if is_page(path) {
            collect(path, text.lines().zip(1..), &mut spans);
        } else if path.ends_with(".rs")
            && let Ok(source) = rust::read(text)
        {
            collect(path, source.docs.iter().map(|doc| (doc.text.as_str(), doc.line)), &mut spans);
        }
    }
    spans
}

fn is_page(path: &str) -> bool {
    path.ends_with(".md") && path != "CHANGELOG.md"
}

/// Reads lines of Markdown. A span may go on over the end of a line, not over a blank line.
fn collect<'a, 'l>(path: &'a str, lines: impl Iterator<Item = (&'l str, usize)>, spans: &mut Vec<Span<'a>>) {
    let mut fence: Option<&str> = None;
    let mut open: Option<(usize, usize, String)> = None; // number of backticks, line, text so far
    let mut last = 0;
    for (text, line) in lines {
        let trimmed = text.trim();
        if trimmed.is_empty() || line != last + 1 {
            open = None;
        }
        last = line;
        let marker = ["```", "~~~"].into_iter().find(|marker| trimmed.starts_with(marker));
        match (fence, marker) {
            (None, Some(marker)) => fence = Some(marker),
            (Some(fenced), Some(marker)) if fenced == marker => fence = None,
            _ => {}
        }
        if fence.is_some() || marker.is_some() {
            continue;
        }
        let mut rest = text;
        while let Some(at) = rest.find('`') {
            let ticks = rest[at..].len() - rest[at..].trim_start_matches('`').len();
            let before = &rest[..at];
            rest = &rest[at + ticks..];
            open = match open.take() {
                None => Some((ticks, line, String::new())),
                Some((wanted, begun, text)) if wanted == ticks => {
                    let text = format!("{text}{before}").trim().to_owned();
                    spans.push(Span { path, line: begun, text });
                    None
                }
                Some((wanted, begun, text)) => Some((wanted, begun, text + before + &"`".repeat(ticks))),
            };
        }
        if let Some((_, _, text)) = &mut open {
            text.push_str(rest);
            text.push(' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str, text: &str) -> Vec<(usize, String)> {
        let tree = Tree::of(&[(path, text)]);
        of(&tree).into_iter().map(|span| (span.line, span.text)).collect()
    }

    #[test]
    fn spans_are_found_with_their_lines() {
        let text = "One `two`, ``th`ree``.\n\n```\n`four`\n```\nA `span over\nlines` and an open `one\n\nthat `ends`.";
        let expected = [(1, "two"), (1, "th`ree"), (6, "span over lines"), (9, "ends")];
        assert_eq!(told("a.md", text), expected.map(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn doc_comments_are_prose_and_code_is_not() {
        let text = "//! Opens `a`.\n\n/// Does `b`.\nfn f() { let s = \"`c`\"; } // `d`";
        assert_eq!(told("a.rs", text), [(1, "a".to_owned()), (3, "b".to_owned())]);
        assert_eq!(told("CHANGELOG.md", "`gone`"), []);
    }
}
