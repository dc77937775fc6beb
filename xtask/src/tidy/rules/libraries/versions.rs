//! Rule: one version of each library, and only licences that `deny.toml` allows.
//!
//! Reads the same `deny.toml` as cargo-deny does, so that whoever has that tool gets the same answer from it (see
//! `docs/decisions/0001-dependency-rules-in-tidy.md` for why this is not left to it).

use crate::tidy::finding::Finding;
use crate::tidy::tree::Tree;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use toml::Table;

const RULES: &str = "deny.toml";

/// A library as cargo resolved it for this platform.
struct Library<'a> {
    name: &'a str,
    version: &'a str,
    license: &'a str,
}

/// Finds libraries in two versions, unknown licences, and exceptions that nothing needs any more.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let rules: Table = match tree.files.get(RULES).map(|text| text.parse()) {
        Some(Ok(rules)) => rules,
        Some(Err(error)) => return vec![Finding::broken(RULES, 0, format!("{error}"))],
        None => return vec![Finding::broken(RULES, 0, "is missing: it lists the allowed licences")],
    };
    let libraries = libraries(&tree.metadata);
    let mut found = doubles(&rules, &libraries);
    let allowed: BTreeSet<&str> = list(&rules, "licenses", "allow").filter_map(toml::Value::as_str).collect();
    for library in &libraries {
        if !is_allowed(library.license, &allowed) {
            let what = format!("{} {}: licence {:?} is not allowed", library.name, library.version, library.license);
            found.push(Finding::broken(RULES, 0, what));
        }
    }
    found
}

fn doubles(rules: &Table, libraries: &[Library<'_>]) -> Vec<Finding> {
    let skips: Vec<&str> = list(rules, "bans", "skip").filter_map(|skip| skip.get("crate")?.as_str()).collect();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for library in libraries {
        versions.entry(library.name).or_default().insert(library.version);
    }
    let mut found = Vec::new();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for (name, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
        let of = |version: &&str| format!("{name}@{version}");
        let (skipped, kept): (Vec<&str>, Vec<&str>) =
            versions.iter().copied().partition(|version| skips.contains(&of(version).as_str()));
        used.extend(skips.iter().filter(|skip| skipped.iter().any(|version| **skip == of(version))));
        if kept.len() > 1 || skipped.is_empty() {
            let all = versions.iter().copied().collect::<Vec<_>>().join(", ");
            let what = format!(
                "{name} is here in several versions ({all}): `cargo tree --workspace -i {name}@VERSION` says for whom"
            );
            found.push(Finding::broken(RULES, 0, what));
        }
    }
    for skip in skips.iter().filter(|skip| !used.contains(**skip)) {
        found.push(Finding::broken(RULES, 0, format!("the exception for {skip} is not needed: take it out")));
    }
    found
}

fn list<'a>(rules: &'a Table, section: &str, key: &str) -> impl Iterator<Item = &'a toml::Value> {
    let list = rules.get(section).and_then(|section| section.get(key)).and_then(toml::Value::as_array);
    list.map(Vec::as_slice).unwrap_or_default().iter()
}

/// What is built for this platform and comes from elsewhere.
fn libraries(metadata: &Value) -> Vec<Library<'_>> {
    let array = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let nodes = array(&metadata["resolve"]["nodes"]);
    let built: BTreeSet<&str> = nodes.iter().filter_map(|node| node["id"].as_str()).collect();
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let packages = packages
        .iter()
        .filter(|package| !package["source"].is_null() && package["id"].as_str().is_some_and(|id| built.contains(id)));
    packages
        .map(|package| Library {
            name: package["name"].as_str().unwrap_or_default(),
            version: package["version"].as_str().unwrap_or_default(),
            license: package["license"].as_str().unwrap_or_default(),
        })
        .collect()
}

/// Whether the licences that are allowed satisfy a package's SPDX expression.
fn is_allowed(license: &str, allowed: &BTreeSet<&str>) -> bool {
    let expression = spdx::Expression::parse_mode(license, spdx::ParseMode::LAX);
    expression.is_ok_and(|expression| expression.evaluate(|needed| allowed.contains(needed.to_string().as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(rules: &str, libraries: &[(&str, &str, &str)]) -> Vec<String> {
        let package = |(name, version, license): &(&str, &str, &str)| {
            let id = format!("{name}@{version}");
            json!({ "id": id, "name": name, "version": version, "license": license, "source": "a registry" })
        };
        let packages: Vec<_> = libraries.iter().map(package).collect();
        let nodes: Vec<_> = packages.iter().map(|package| json!({ "id": package["id"] })).collect();
        let mut tree = Tree::of(&[(RULES, rules)]);
        tree.metadata = json!({ "packages": packages, "resolve": { "nodes": nodes } });
        check(&tree).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn one_version_under_an_allowed_licence_passes() {
        let rules = "[licenses]\nallow = [\"MIT\", \"Apache-2.0 WITH LLVM-exception\", \"Zlib\"]\n\
                     [bans]\nskip = [{ crate = \"c@1.0.0\", reason = \"old\" }]";
        let libraries = [
            ("a", "1.0.0", "MIT OR GPL-3.0"),
            ("b", "1.0.0", "Apache-2.0 WITH LLVM-exception AND Zlib"),
            ("c", "1.0.0", "MIT"),
            ("c", "2.0.0", "GPL-3.0/MIT"),
        ];
        assert_eq!(told(rules, &libraries), [""; 0]);
    }

    #[test]
    fn two_versions_and_unknown_licences_are_found() {
        let rules = "[licenses]\nallow = [\"MIT\"]\n[bans]\nskip = [{ crate = \"gone@1.0.0\", reason = \"old\" }]";
        let libraries = [("a", "1.0.0", "MIT AND GPL-3.0"), ("c", "1.0.0", "MIT"), ("c", "2.0.0", "MIT")];
        let expected = [
            "deny.toml: c is here in several versions (1.0.0, 2.0.0): `cargo tree --workspace -i c@VERSION` says for whom",
            "deny.toml: the exception for gone@1.0.0 is not needed: take it out",
            "deny.toml: a 1.0.0: licence \"MIT AND GPL-3.0\" is not allowed",
        ];
        assert_eq!(told(rules, &libraries), expected);
    }
}
