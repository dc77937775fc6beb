//! The project's promises about itself, as tests: one rule a file, each with good and bad samples.
//!
//! Promises: a rule sees only the [`Tree`] it is given, so that a sample of a few lines is enough to test it. Called by
//! `cargo xtask tidy` and by the step of the same name in `cargo xtask test`.

mod finding;
mod rules;
mod rust;
mod spans;
mod tree;

use finding::{Finding, Level};
use rules::libraries::{advisories, lock_files, manifests, versions};
use rules::{banned, dependencies, dialect_names, map, openings, paths, private_words, size, symbols, walks, words};
use std::path::Path;
use tree::Tree;
pub(crate) use tree::files;

/// A promise: its name and what holds the tree to it.
type Rule = (&'static str, fn(&Tree) -> Vec<Finding>);

const RULES: &[Rule] = &[
    ("every Rust file opens with what it is", openings::check),
    ("a file holds one subject", size::check),
    ("a crate sees only what it may", dependencies::check),
    ("a manifest says nothing of its own", manifests::check),
    ("one version of each library, under a known licence", versions::check),
    ("every advisory was judged", advisories::check),
    ("a lock file holds no addresses", lock_files::check),
    ("a dialect's name stays in its folder", dialect_names::check),
    ("nothing unsafe, nothing skipped", banned::check),
    ("nothing unfinished, no machine of our own", words::check),
    ("the words are the field's", private_words::check),
    ("a path in prose exists", paths::check),
    ("a symbol in prose exists", symbols::check),
    ("the map shows every crate", map::check),
    ("the map's walks can be walked", walks::check),
];

/// Holds the checkout at `root` to every rule; prints what it finds, and tells whether no promise is broken.
pub(crate) fn is_tidy(root: &Path) -> anyhow::Result<bool> {
    let tree = Tree::read(root)?;
    let mut broken = 0;
    for (name, rule) in RULES {
        let found = rule(&tree);
        if !found.is_empty() {
            println!("{name}:");
        }
        for finding in found {
            let word = match finding.level {
                Level::Broken => "error",
                Level::Ask => "ask",
            };
            broken += usize::from(finding.level == Level::Broken);
            println!("  {word}: {finding}");
        }
    }
    println!("tidy: {} rules, {} files, {broken} broken", RULES.len(), tree.files.len());
    Ok(broken == 0)
}
