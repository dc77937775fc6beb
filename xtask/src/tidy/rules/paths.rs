//! Rule: a path that prose names in backticks, or links to, exists.
//!
//! What counts as a path: no blanks, and it begins with a name at the top of the checkout and a `/`, or it has the ending
//! of a source or text file. It may be written from the top, from the folder of the file that names it, or as the end of
//! a longer path. A first name in capitals stands for a folder of the reader's.

use crate::tidy::finding::Finding;
use crate::tidy::spans::{self, Span};
use crate::tidy::tree::Tree;
use std::collections::BTreeSet;

/// Endings that make a word a path.
const ENDINGS: &[&str] = &[
    ".rs",
    ".md",
    ".toml",
    ".ts",
    ".tsx",
    ".css",
    ".html",
    ".js",
    ".mjs",
    ".py",
    ".sh",
    ".json",
    ".lock",
    ".svg",
    ".transcript",
];

/// Files that prose names although the checkout does not hold them, each with its reason.
const EXEMPT: &[(&str, &str)] = &[
    ("tieline.toml", "the user's own configuration"),
    ("index.json", "written by the conformance suite"),
    ("crates/console/ui/dist", "built from the pages"),
    ("index.html", "built from the pages"),
    ("display.html", "built from the pages"),
];

/// Finds paths that lead nowhere.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut known = BTreeSet::new();
    for path in tree.files.keys() {
        let slashes = path.match_indices('/').map(|(at, _)| at);
        known.extend(slashes.map(|at| &path[..at]).chain([path.as_str()]));
    }
    let spans = spans::of(tree);
    let named = spans.iter().filter(|span| {
        let path = span.text.trim_end_matches('/');
        is_path(&span.text, &known) && !is_exempt(path) && !exists(span, path, &known)
    });
    let links = links(tree);
    let linked = links.iter().filter(|link| !known.contains(target(link.path, &link.text).as_str()));
    named
        .chain(linked)
        .map(|span| Finding::broken(span.path, span.line, format!("`{}` does not exist", span.text)))
        .collect()
}

/// The links of Markdown files to other files here, without the part behind `#`.
fn links(tree: &Tree) -> Vec<Span<'_>> {
    let pages = tree.files.iter().filter(|(path, _)| path.ends_with(".md"));
    let lines = pages.flat_map(|(path, text)| text.lines().zip(1..).map(move |(text, line)| (path, line, text)));
    lines
        .flat_map(|(path, line, text)| {
            let ends = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            let files = ends.map(|(link, _)| link.split('#').next().unwrap_or_default());
            let files = files.filter(|file| !file.is_empty() && !file.contains("://"));
            files.map(move |file| Span { path, line, text: file.to_owned() })
        })
        .collect()
}

/// Where a link leads, from the top.
fn target(from: &str, link: &str) -> String {
    let mut names: Vec<&str> = from.split('/').collect();
    names.pop();
    for name in link.split('/').filter(|name| !matches!(*name, "" | ".")) {
        if name == ".." {
            names.pop();
        } else {
            names.push(name);
        }
    }
    names.join("/")
}

fn is_exempt(path: &str) -> bool {
    EXEMPT.iter().any(|(exempt, _)| *exempt == path)
}

fn is_path(text: &str, known: &BTreeSet<&str>) -> bool {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    let has_name = !text.trim_matches('.').is_empty() && !ENDINGS.contains(&text);
    let begins_with_placeholder =
        text.split_once('/').is_some_and(|(top, _)| top.chars().all(|c| c.is_ascii_uppercase()));
    let from_top = text.split_once('/').is_some_and(|(top, _)| known.contains(top));
    plain
        && has_name
        && !text.starts_with('/')
        && !begins_with_placeholder
        && (from_top || ENDINGS.iter().any(|ending| text.ends_with(ending)))
}

fn exists(span: &Span<'_>, path: &str, known: &BTreeSet<&str>) -> bool {
    let path = path.trim_start_matches("./");
    let mut folder = span.path;
    // `../a` from the folder of the file that names it; plain `a` from any folder above it.
    while let Some((parent, _)) = folder.rsplit_once('/') {
        folder = parent;
        let mut base = folder;
        let mut rest = path;
        while let Some(up) = rest.strip_prefix("../") {
            rest = up;
            base = base.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
        let joined = if base.is_empty() { rest.to_owned() } else { format!("{base}/{rest}") };
        if known.contains(joined.as_str()) {
            return true;
        }
    }
    let end = format!("/{path}");
    known.contains(path) || known.iter().any(|known| known.ends_with(&end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str, text: &str) -> Vec<String> {
        let files =
            [("crates/hub/src/lib.rs", ""), ("docs/a.md", ""), ("docs/b/c.md", ""), ("README.md", ""), (path, text)];
        crate::tidy::finding::told(check, &files)
    }

    #[test]
    fn what_exists_passes_however_it_is_written() {
        let text =
            "`crates/hub/src/lib.rs` `crates/hub/` `hub/src` `lib.rs` `../docs/b` `../README.md` `README.md` `b/c.md`";
        assert_eq!(told("docs/x.md", text), [""; 0]);
    }

    #[test]
    fn what_is_no_path_passes() {
        let text = "`text/plain` `/websocket` `and/or` `fme.a` `cargo run docs/a` `crates/*/src` `.rs` `tieline.toml` `...` `DIR/a.json`";
        assert_eq!(told("docs/x.md", text), [""; 0]);
    }

    #[test]
    fn links_lead_somewhere() {
        assert_eq!(
            told("docs/x.md", "[a](a.md#top) [b](b/c.md) [r](../README.md) [w](https://example.org/x.md) [t](#t)"),
            [""; 0]
        );
        assert_eq!(told("docs/x.md", "see [a](b/a.md)"), ["docs/x.md:1: `b/a.md` does not exist"]);
    }

    #[test]
    fn what_is_gone_is_found() {
        let told = told("docs/x.md", "Fine.\n`crates/hob` `gone.rs` `docs/a.md/x`\n`../hub.md`");
        let expected = ["2: `crates/hob`", "2: `gone.rs`", "2: `docs/a.md/x`", "3: `../hub.md`"];
        assert_eq!(told, expected.map(|end| format!("docs/x.md:{end} does not exist")));
    }
}
