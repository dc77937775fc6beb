//! Rule: a crate sees only what it may. The table below is the shape of the program.

use crate::tidy::finding::Finding;
use crate::tidy::tree::Tree;

/// The crates in the same folder: a backend is several.
const SIBLINGS: &str = "./*";

/// A crate's folder, or an open set of them, and the crates of ours it may depend on, for any purpose.
const MAY_SEE: &[(&str, &[&str])] = &[
    ("crates/model", &[]),
    ("crates/hub", &["model"]),
    ("crates/telemetry", &["model"]),
    ("crates/codec", &["model"]),
    ("crates/budget", &["model", "telemetry"]),
    ("crates/transport", &["model", "hub", "telemetry", "codec", "budget"]),
    ("crates/dialects/*", &["model", "telemetry"]),
    ("crates/store", &["model"]),
    ("crates/backends/*/*", &["model", "telemetry", "store", "commandline", SIBLINGS]),
    ("crates/console", &["model", "hub", "telemetry", "transport"]),
    ("crates/config", &["model"]),
    ("crates/commandline", &["model"]),
    (
        "crates/gateway",
        &[
            "model",
            "config",
            "commandline",
            "hub",
            "telemetry",
            "transport",
            "dialects/*",
            "backends/*/*",
            "store",
            "console",
        ],
    ),
    ("crates/testkit", &["model", "config", "hub", "telemetry", "transport", "dialects/*", "console", "gateway"]),
    (
        "tests",
        &[
            "model",
            "config",
            "hub",
            "telemetry",
            "transport",
            "dialects/*",
            "backends/*/*",
            "store",
            "console",
            "gateway",
            "testkit",
        ],
    ),
    ("tests/plant", &["model", "backends/*/*", "testkit"]),
    ("bench", &["model", "backends/*/*", "gateway", "testkit", "bench/*"]),
    ("bench/abuse", &["bench/kit"]),
    ("bench/kit", &[]),
    ("fuzz", &["model", "config", "codec", "transport", "dialects/*", "backends/*/*", "gateway"]),
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
            let what = "a new crate: say what it may see in xtask/src/tidy/rules/dependencies.rs";
            found.push(Finding::broken(&manifest, 0, what));
            continue;
        };
        for name in &member.dependencies {
            let may_see = |folder: &str| {
                let ours = folder.strip_prefix("crates/").unwrap_or(folder);
                allowed.iter().any(|pattern| match *pattern {
                    SIBLINGS => parent(folder) == parent(&member.folder),
                    pattern => is_in(ours, pattern),
                })
            };
            if folder_of(name).is_some_and(|folder| !may_see(folder)) {
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

/// Whether a folder is the one named, or one of an open set: a `*` stands for one folder's name.
fn is_in(folder: &str, pattern: &str) -> bool {
    let (names, wanted) = (folder.split('/'), pattern.split('/'));
    names.clone().count() == wanted.clone().count()
        && names.zip(wanted).all(|(name, wanted)| wanted == "*" || wanted == name)
}

fn parent(folder: &str) -> Option<&str> {
    folder.rsplit_once('/').map(|(parent, _)| parent)
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
        let link = package("crates/backends/acme/link", "tieline-link", &["tieline-model"]);
        let tool = package("crates/backends/acme/tool", "tieline-tool", &["tieline-link"]);
        assert_eq!(told(vec![model, acme, gateway, link, tool]), [""; 0]);
    }

    #[test]
    fn what_it_does_not_allow_is_named() {
        let model = package("crates/model", "tieline-model", &[]);
        let acme = package("crates/dialects/acme", "tieline-acme", &["tieline-other", "tokio"]);
        let other = package("crates/dialects/other", "tieline-other", &["tieline-model"]);
        let hub = package("crates/hub", "tieline-hub", &["tieline-acme", "serde_json"]);
        let link = package("crates/backends/acme/link", "tieline-link", &["tieline-far"]);
        let far = package("crates/backends/far/tool", "tieline-far", &[]);
        let new = package("crates/new", "tieline-new", &[]);
        assert_eq!(
            told(vec![model, acme, other, hub, link, far, new]),
            [
                "crates/dialects/acme/Cargo.toml: may not depend on tieline-other: see ARCHITECTURE.md",
                "crates/dialects/acme/Cargo.toml: may not depend on tokio: it knows no socket, no runtime and no log",
                "crates/hub/Cargo.toml: may not depend on tieline-acme: see ARCHITECTURE.md",
                "crates/hub/Cargo.toml: may not depend on serde_json: the hub knows no JSON",
                "crates/backends/acme/link/Cargo.toml: may not depend on tieline-far: see ARCHITECTURE.md",
                "crates/new/Cargo.toml: a new crate: say what it may see in xtask/src/tidy/rules/dependencies.rs",
            ]
        );
    }
}
