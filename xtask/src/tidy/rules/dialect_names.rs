//! Rule: a dialect's name stands in its own folder and in one line of the registry; nobody else's code may know it. A
//! source or an executor serves one dialect and speaks of the same field (a modality, a protocol), so it may use that word.
//!
//! Code means identifiers and texts, not comments: an example in a comment makes nothing depend on a product.

use crate::tidy::finding::Finding;
use crate::tidy::rust;
use crate::tidy::tree::Tree;
use std::collections::BTreeMap;

const REGISTRY: &str = "crates/gateway/src/registry.rs";

/// Methods of Rust's own library whose names have a dialect's in them: as identifiers they know no dialect.
const OF_RUST: [&str; 2] = ["inspect", "inspect_err"];

/// Finds names outside their folder. Tests may name any dialect.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let dialects = tree.dialects();
    let mut found = Vec::new();
    for (path, text) in
        tree.rust().filter(|(path, _)| path.starts_with("crates/") && !rust::is_test_file(path) && !is_source(path))
    {
        let Ok(source) = rust::read(text) else { continue }; // the rule `banned` tells of it
        let mut lines: BTreeMap<(&str, usize), ()> = BTreeMap::new();
        for word in source.words.iter().filter(|word| !word.in_test && !OF_RUST.contains(&word.text.as_str())) {
            let parts = parts(&word.text);
            for name in dialects.iter().filter(|name| parts.iter().any(|part| part == *name)) {
                if !path.starts_with(&format!("crates/dialects/{name}/")) {
                    lines.insert((name, word.line), ());
                }
            }
        }
        let mut in_registry: Vec<&str> = Vec::new();
        for (name, line) in lines.into_keys() {
            if path == REGISTRY && !in_registry.contains(&name) {
                in_registry.push(name);
            } else {
                let what = format!("knows the dialect {name} by name: only its folder and one line of {REGISTRY} may");
                found.push(Finding::broken(path, line, what));
            }
        }
    }
    found
}

fn is_source(path: &str) -> bool {
    path.starts_with("crates/backends/")
}

/// The words inside an identifier or a text: split at what is no letter or digit, and before a capital letter.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut after_small = false;
    for c in text.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && after_small) {
            parts.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(part) = parts.last_mut()
        {
            part.extend(c.to_lowercase());
        }
        after_small = c.is_lowercase() || c.is_numeric();
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::told;

    const ACME: (&str, &str) = ("crates/dialects/acme/Cargo.toml", "");

    #[test]
    fn the_folder_the_registry_and_tests_may_name_it() {
        let files = [
            ACME,
            ("crates/dialects/acme/src/lib.rs", "struct Acme;"),
            (REGISTRY, "const DIALECTS: &[Entry] = &[tieline_acme::ENTRY];"),
            ("crates/hub/src/lib.rs", "// acme\nfn acmetric() {}\n#[cfg(test)]\nmod tests { fn acme() {} }"),
            ("tests/src/lib.rs", "fn acme() {}"),
            ("crates/backends/thing/src/lib.rs", "const NAMES: &str = \"ACME*\";"),
        ];
        assert!(told(check, &files).is_empty());
    }

    #[test]
    fn methods_of_rust_are_nobodys_name() {
        let dialect = ("crates/dialects/inspect/Cargo.toml", "");
        let text = "fn f() { a.inspect_err(g).inspect(h); }\nconst A: &str = \"inspect\";\nfn is_inspect() {}";
        let lines = told(check, &[dialect, ("crates/hub/src/lib.rs", text)]);
        let at: Vec<_> = lines.iter().map(|line| line.split(':').nth(1).unwrap()).collect();
        assert_eq!(at, ["2", "3"]);
    }

    #[test]
    fn nobody_else_may() {
        let bad = "fn f() {}\nfn is_acme() {}\nstruct AcmeThing;\nconst A: &str = \"acme.topic\";";
        let lines = told(check, &[ACME, ("crates/hub/src/lib.rs", bad)]);
        let at: Vec<_> = lines.iter().map(|line| line.split(':').nth(1).unwrap()).collect();
        assert_eq!(at, ["2", "3", "4"]);
        let twice = "use tieline_acme as a;\nconst D: &[Entry] = &[tieline_acme::ENTRY];";
        let message = "crates/gateway/src/registry.rs:2: knows the dialect acme by name: \
                       only its folder and one line of crates/gateway/src/registry.rs may";
        assert_eq!(told(check, &[ACME, (REGISTRY, twice)]), [message]);
    }
}
