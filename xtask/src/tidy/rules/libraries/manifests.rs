//! Rule: a manifest says nothing of its own that the workspace says for all: the lints, and the versions of libraries.

use crate::tidy::finding::Finding;
use crate::tidy::tree::Tree;
use toml::{Table, Value};

/// Outside the workspace, and so without anything to inherit: the libFuzzer programs, and what only names a crate to fetch.
const OUTSIDE: &[&str] = &["fuzz/libfuzzer/", "tests/opcua/open62541/"];

/// Finds crates with lints or versions of their own.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in tree.files.iter().filter(|(path, _)| path.ends_with("/Cargo.toml")) {
        if OUTSIDE.iter().any(|outside| path.starts_with(outside)) {
            continue;
        }
        let manifest: Table = match text.parse() {
            Ok(manifest) => manifest,
            Err(error) => {
                found.push(Finding::broken(path, 0, error.to_string()));
                continue;
            }
        };
        let inherits = |value: Option<&Value>| {
            value.and_then(|value| value.get("workspace")).and_then(Value::as_bool).unwrap_or_default()
        };
        if !inherits(manifest.get("lints")) {
            found.push(Finding::broken(path, 0, "add `[lints]` with `workspace = true`"));
        }
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, value) in manifest.get(kind).and_then(Value::as_table).into_iter().flatten() {
                if !inherits(Some(value)) {
                    let what =
                        format!("{name} has a version of its own: name it in the root Cargo.toml, and inherit it here");
                    found.push(Finding::broken(path, 0, what));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::told;

    #[test]
    fn a_crate_inherits() {
        let good =
            "[lints]\nworkspace = true\n[dependencies]\na.workspace = true\nb = { workspace = true, optional = true }";
        assert!(told(check, &[("x/Cargo.toml", good), ("fuzz/libfuzzer/Cargo.toml", "")]).is_empty());
    }

    #[test]
    fn what_does_not_inherit_is_named() {
        let bad = "[lints.rust]\nunsafe_code = \"allow\"\n[dependencies]\na = \"1\"\n[dev-dependencies]\nb = { version = \"1\" }";
        let told = told(check, &[("x/Cargo.toml", bad), ("y/Cargo.toml", "[")]);
        assert_eq!(
            told[..3],
            [
                "x/Cargo.toml: add `[lints]` with `workspace = true`",
                "x/Cargo.toml: a has a version of its own: name it in the root Cargo.toml, and inherit it here",
                "x/Cargo.toml: b has a version of its own: name it in the root Cargo.toml, and inherit it here",
            ]
        );
        assert!(told[3].starts_with("y/Cargo.toml: TOML parse error"), "{}", told[3]);
    }
}
