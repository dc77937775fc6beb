//! Rule: a crate sees only what it may. The table below is the shape of the program.

use super::finding::Finding;
use super::tree::Tree;

/// A crate's folder, or an open set of them, and the crates of ours it may depend on, for any purpose.
const MAY_SEE: &[(&str, &[&str])] = &[
    ("crates/model", &[]),
    ("crates/hub", &["model"]),
    ("crates/telemetry", &["model"]),
    ("crates/transport", &["model", "hub", "telemetry"]),
    ("crates/dialects/*", &["model", "telemetry"]),
    ("crates/store", &["model"]),
    ("crates/sources/*", &["model", "telemetry", "store"]),
    ("crates/executors", &["model", "telemetry", "store"]),
    ("crates/console", &["model", "hub", "telemetry", "transport"]),
    (
        "crates/gateway",
        &["model", "hub", "telemetry", "transport", "dialects/*", "sources/*", "executors", "store", "console"],
    ),
    ("crates/testkit", &["model", "hub", "telemetry", "transport", "dialects/*", "console", "gateway"]),
    (
        "tests",
        &[
            "model",
            "hub",
            "telemetry",
            "transport",
            "dialects/*",
            "sources/*",
            "executors",
            "store",
            "console",
            "gateway",
            "testkit",
        ],
    ),
    ("bench", &["model", "sources/*", "executors", "gateway", "testkit"]),
    ("fuzz", &["model", "transport", "dialects/*", "sources/*", "executors", "gateway"]),
    ("xtask", &[]),
];

/// Libraries that would break what a crate promises: which crates, which libraries, which promise.
const NEVER: &[(&[&str], &[&str], &str)] = &[
    (
        &["crates/model", "crates/hub", "crates/dialects/*"],
        &["tokio", "hyper", "axum", "socket2", "rustls", "metrics", "tracing"],
        "it knows no socket, no runtime and no log",
    ),
    (&["crates/hub"], &["serde", "serde_json"], "the hub knows no JSON"),
];

/// Finds dependencies that the table does not allow.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let members = tree.members();
    let folder_of = |name: &str| members.iter().find(|member| member.name == name).map(|member| member.folder.as_str());
    let mut found = Vec::new();
    for member in &members {
        let manifest = format!("{}/Cargo.toml", member.folder);
        let Some((_, allowed)) = MAY_SEE.iter().find(|(pattern, _)| is_in(&member.folder, pattern)) else {
            let what = "a new crate: say what it may see in xtask/src/tidy/dependencies.rs";
            found.push(Finding::broken(&manifest, 0, what));
            continue;
        };
        for name in &member.dependencies {
            let ours = folder_of(name).map(|folder| folder.strip_prefix("crates/").unwrap_or(folder));
            if ours.is_some_and(|ours| !allowed.iter().any(|pattern| is_in(ours, pattern))) {
                found.push(Finding::broken(&manifest, 0, format!("may not depend on {name}: see ARCHITECTURE.md")));
            }
            for (folders, libraries, promise) in NEVER {
                let bound = folders.iter().any(|pattern| is_in(&member.folder, pattern));
                if bound && libraries.contains(name) {
                    found.push(Finding::broken(&manifest, 0, format!("may not depend on {name}: {promise}")));
                }
            }
        }
    }
    found
}

/// Whether a folder is the one named, or one of the open set that ends in `*`.
fn is_in(folder: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(parent) => folder.strip_prefix(parent).is_some_and(|name| !name.contains('/')),
        None => folder == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn package(folder: &str, name: &str, dependencies: &[&str]) -> Value {
        let dependencies: Vec<_> = dependencies.iter().map(|name| json!({ "name": name })).collect();
        let manifest = format!("/top/{folder}/Cargo.toml");
        json!({ "name": name, "source": null, "manifest_path": manifest, "dependencies": dependencies })
    }

    fn told(packages: Vec<Value>) -> Vec<String> {
        let mut tree = Tree::of(&[]);
        tree.metadata = json!({ "workspace_root": "/top", "packages": packages });
        check(&tree).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn what_the_table_allows_passes() {
        let model = package("crates/model", "tieline-model", &["bytes"]);
        let acme = package("crates/dialects/acme", "tieline-acme", &["tieline-model", "serde_json"]);
        let gateway = package("crates/gateway", "tieline-gateway", &["tieline-acme", "tieline-model", "tokio"]);
        assert_eq!(told(vec![model, acme, gateway]), [""; 0]);
    }

    #[test]
    fn what_it_does_not_allow_is_named() {
        let model = package("crates/model", "tieline-model", &[]);
        let acme = package("crates/dialects/acme", "tieline-acme", &["tieline-other", "tokio"]);
        let other = package("crates/dialects/other", "tieline-other", &["tieline-model"]);
        let hub = package("crates/hub", "tieline-hub", &["tieline-acme", "serde_json"]);
        let new = package("crates/new", "tieline-new", &[]);
        assert_eq!(
            told(vec![model, acme, other, hub, new]),
            [
                "crates/dialects/acme/Cargo.toml: may not depend on tieline-other: see ARCHITECTURE.md",
                "crates/dialects/acme/Cargo.toml: may not depend on tokio: it knows no socket, no runtime and no log",
                "crates/hub/Cargo.toml: may not depend on tieline-acme: see ARCHITECTURE.md",
                "crates/hub/Cargo.toml: may not depend on serde_json: the hub knows no JSON",
                "crates/new/Cargo.toml: a new crate: say what it may see in xtask/src/tidy/dependencies.rs",
            ]
        );
    }
}
