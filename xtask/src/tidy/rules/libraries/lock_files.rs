//! Rule: a lock file holds versions and checksums, and no download addresses: those are the machine's own matter.

use crate::tidy::finding::Finding;
use crate::tidy::tree::Tree;

/// Cargo's own way to say "the public registry"; the one address that stands in `Cargo.lock`.
const CARGO_SOURCE: &str = concat!("source = \"registry+https://github.com/rust-lang/", "crates.", "io-index\"");

/// Finds addresses in lock files.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in &tree.files {
        let is_bad: fn(&str) -> bool = match path.rsplit('/').next() {
            Some("Cargo.lock") => |line| line.contains("://") && line.trim() != CARGO_SOURCE,
            Some("package-lock.json" | "npm-shrinkwrap.json") => |line| line.trim_start().starts_with("\"resolved\":"),
            _ => continue,
        };
        for (index, _) in text.lines().enumerate().filter(|(_, line)| is_bad(line)) {
            let what = "a download address: lock without it (npm: `omit-lockfile-registry-resolved=true` in .npmrc)";
            found.push(Finding::broken(path, index + 1, what));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::told;

    #[test]
    fn versions_and_checksums_are_fine() {
        let cargo = format!("[[package]]\nname = \"a\"\n{CARGO_SOURCE}\nchecksum = \"00\"");
        let npm = "{\n  \"node_modules/ws\": {\n    \"version\": \"8\",\n    \"integrity\": \"sha512-x\"\n  }\n}";
        assert!(told(check, &[("Cargo.lock", &cargo), ("a/package-lock.json", npm)]).is_empty());
    }

    #[test]
    fn addresses_are_found() {
        let cargo = "source = \"git+https://example.org/a\"";
        let npm = "{\n    \"resolved\": \"https://example.org/ws.tgz\"\n}";
        let told = told(check, &[("Cargo.lock", cargo), ("a/package-lock.json", npm)]);
        assert!(told[0].starts_with("Cargo.lock:1: a download address"), "{told:?}");
        assert!(told[1].starts_with("a/package-lock.json:2: a download address"), "{told:?}");
    }
}
