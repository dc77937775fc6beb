//! Rule: a symbol that prose names in backticks occurs in the sources.
//!
//! What counts as a symbol: `Type::item` (its parts have to occur in one file), a word in `CamelCase`, a word with `_`
//! in it, a call like `main()`, and a command of this crate like `cargo xtask tidy`. Paths that begin with a library's
//! name are left to that library.

use crate::tidy::finding::Finding;
use crate::tidy::rust;
use crate::tidy::spans;
use crate::tidy::tree::Tree;
use clap::CommandFactory;
use std::collections::{BTreeSet, HashSet};

/// Endings of files whose words count as sources; so do scripts, which begin with `#!`.
const SOURCES: &[&str] =
    &[".ts", ".tsx", ".js", ".mjs", ".css", ".html", ".py", ".sh", ".toml", ".json", ".txt", ".transcript"];

/// Words that prose may use although no source of ours does, each with its reason.
const EXEMPT: &[(&str, &str)] = &[
    ("CamelCase", "the name of a way to write"),
    ("Type", "stands for any type"),
    ("item", "stands for anything in a type"),
    ("Origin", "a header of HTTP"),
    ("Host", "a header of HTTP"),
    ("ETag", "a header of HTTP"),
    ("Display", "Rust's own trait"),
    ("Debug", "Rust's own trait"),
    ("Cargo", "the tool's name"),
];

/// Words of each source file.
struct Index<'a> {
    files: Vec<HashSet<&'a str>>,
    libraries: BTreeSet<String>,
}

/// Finds symbols that are gone.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let texts: Vec<Vec<String>> = tree.files.iter().filter_map(|(path, text)| code(path, text)).collect();
    let mut files: Vec<HashSet<&str>> =
        texts.iter().map(|texts| texts.iter().flat_map(|text| rust::names(text)).collect()).collect();
    // A file's own name is a symbol too: a module, or a test that is asked for by it.
    files.push(tree.files.keys().flat_map(|path| rust::names(path)).collect());
    let index = Index { files, libraries: libraries(tree) };
    let commands = crate::Arguments::command();
    let mut found = Vec::new();
    for span in spans::of(tree) {
        let gone = match span.text.strip_prefix("cargo xtask ") {
            Some(rest) => {
                let word = rest.split_whitespace().next().unwrap_or_default();
                let known = commands.get_subcommands().any(|known| known.get_name_and_visible_alias().contains(&word));
                (!known && !word.starts_with('-')).then(|| format!("cargo xtask {word}"))
            }
            None => symbol(&span.text).filter(|parts| !index.knows(parts)).map(|parts| parts.join("::")),
        };
        if let Some(gone) = gone {
            found.push(Finding::broken(span.path, span.line, format!("`{gone}` does not occur in the sources")));
        }
    }
    found
}

/// A file's code, without its documentation; `None` for what is no source.
fn code(path: &str, text: &str) -> Option<Vec<String>> {
    if !path.ends_with(".rs") {
        let is_source = SOURCES.iter().any(|ending| path.ends_with(ending)) || text.starts_with("#!");
        return is_source.then(|| vec![text.to_owned()]);
    }
    let source = rust::read(text).ok()?;
    // The samples in this crate's own tests are bad on purpose.
    let own = path.starts_with("xtask/");
    let words = source.words.into_iter().filter(|word| !(own && word.in_test)).map(|word| word.text);
    Some(words.chain(source.attributes.into_iter().map(|(text, _)| text)).collect())
}

/// The libraries' names as Rust writes them, and Rust's own.
fn libraries(tree: &Tree) -> BTreeSet<String> {
    let packages = tree.metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let names = packages.iter().filter(|package| !package["source"].is_null());
    let names = names.filter_map(|package| package["name"].as_str()).map(|name| name.replace('-', "_"));
    names.chain(["std", "core", "alloc"].map(str::to_owned)).collect()
}

impl Index<'_> {
    fn knows(&self, parts: &[&str]) -> bool {
        let is_library = parts.len() > 1 && self.libraries.contains(parts[0]);
        let is_exempt = parts.iter().all(|part| EXEMPT.iter().any(|(exempt, _)| exempt == part));
        is_library || is_exempt || self.files.iter().any(|words| parts.iter().all(|part| words.contains(part)))
    }
}

/// The parts of a symbol, or `None` when the text does not look like one.
fn symbol(text: &str) -> Option<Vec<&str>> {
    let text = text.trim_start_matches(['&', '#']);
    let is_call = text.ends_with(')') && text.contains('(');
    let text = text.split(['<', '(', '!']).next()?.trim_end();
    let parts: Vec<&str> = text.split("::").collect();
    let is_name = |part: &&str| {
        let begins = part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        begins && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if parts.len() > 1 {
        // The crate is told by the rest; `Self` by nothing else in prose.
        let parts: Vec<&str> = parts.into_iter().filter(|part| !is_root(part)).collect();
        return (!parts.is_empty() && parts.iter().all(is_name)).then_some(parts);
    }
    if text.contains('.') {
        // `limits.json_depth`: the last key has to be somewhere; topics and addresses have no `_`.
        let last = text.rsplit('.').next()?;
        return (text.split('.').all(|part| is_name(&part)) && last.contains('_')).then_some(vec![last]);
    }
    let is_symbol = is_name(&text) && (is_call || text.trim_matches('_').contains('_') || is_camel(text));
    is_symbol.then_some(parts)
}

fn is_root(part: &str) -> bool {
    matches!(part, "crate" | "self" | "super" | "Self") || part.starts_with("tieline_")
}

/// A capital letter, then at least two letters, not all capitals.
fn is_camel(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_ascii_uppercase());
    begins && text.len() > 2 && text.chars().any(|c| c.is_ascii_lowercase())
}

/// What a person may type for a command.
trait Names {
    fn get_name_and_visible_alias(&self) -> Vec<&str>;
}

impl Names for clap::Command {
    fn get_name_and_visible_alias(&self) -> Vec<&str> {
        std::iter::once(self.get_name()).chain(self.get_visible_aliases()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::told;

    const SOURCE: (&str, &str) =
        ("crates/a/src/lib.rs", "struct TopicTree;\nimpl TopicTree { fn walk_all(&self) { say(\"json_depth\") } }");

    #[test]
    fn what_occurs_passes() {
        let text = "`TopicTree` `TopicTree::walk_all` `walk_all()` `&TopicTree` `json_depth` `limits.json_depth` \
                    `cargo xtask check` `cargo xtask new dialect acme` `std::io::Nothing` `tieline_a::TopicTree` `slow_reader`";
        assert_eq!(told(check, &[SOURCE, ("tests/slow_reader.rs", ""), ("a.md", text)]), [""; 0]);
    }

    #[test]
    fn what_is_no_symbol_passes() {
        let text = "`fme.gone` `a b_c` `127.0.0.1:80` `--set` `{\"a_b\":1}` `ok` `TCP` `N` `docs/a_b.md` `a-b_c`";
        assert_eq!(told(check, &[SOURCE, ("a.md", text)]), [""; 0]);
    }

    #[test]
    fn what_is_gone_is_found() {
        let text = "`TopicBush` `TopicTree::fell` `fell()` `json_height` `limits.json_height` `cargo xtask fly` `Bush`";
        let gone = ["TopicBush", "TopicTree::fell", "fell", "json_height", "json_height", "cargo xtask fly", "Bush"];
        let expected = gone.map(|gone| format!("a.md:1: `{gone}` does not occur in the sources"));
        assert_eq!(told(check, &[SOURCE, ("a.md", text)]), expected);
    }

    #[test]
    fn a_comment_is_no_source() {
        let files = [("crates/a/src/lib.rs", "/// Like `TopicBush`.\nstruct TopicTree; // TopicBush")];
        assert_eq!(told(check, &files), ["crates/a/src/lib.rs:1: `TopicBush` does not occur in the sources"]);
    }
}
