//! Rule: `ARCHITECTURE.md` shows every crate, and no package that is not there.
//!
//! An open set (`crates/dialects`) is shown as a whole, so that adding to it changes no map. That a folder on the map
//! exists is the rule `paths`.

use crate::tidy::finding::Finding;
use crate::tidy::spans;
use crate::tidy::tree::Tree;
use std::collections::BTreeSet;

const MAP: &str = "ARCHITECTURE.md";
const OPEN_SETS: &[&str] = &["crates/dialects"];

/// Finds crates that the map does not show, and packages that only the map knows.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let members = tree.members();
    let spans: Vec<_> = spans::of(tree).into_iter().filter(|span| span.path == MAP).collect();
    let shows = |folder: &str| spans.iter().any(|span| span.text.trim_end_matches('/') == folder);
    let folders: BTreeSet<&str> = members.iter().map(|member| shown_as(&member.folder)).collect();
    let hidden = folders.into_iter().filter(|folder| !shows(folder));
    let mut found: Vec<_> = hidden.map(|folder| Finding::broken(MAP, 0, format!("does not show `{folder}`"))).collect();
    for span in &spans {
        let is_package =
            span.text.strip_prefix("tieline-").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_lowercase()));
        if is_package && members.iter().all(|member| member.name != span.text) {
            found.push(Finding::broken(MAP, span.line, format!("there is no package `{}`", span.text)));
        }
    }
    found
}

/// The folder itself, or the open set it belongs to.
fn shown_as(folder: &str) -> &str {
    OPEN_SETS.iter().find(|set| folder.starts_with(&format!("{set}/"))).unwrap_or(&folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(map: &str) -> Vec<String> {
        let member = |folder: &str, name: &str| json!({ "name": name, "source": null, "manifest_path": format!("/top/{folder}/Cargo.toml"), "dependencies": [] });
        let mut tree = Tree::of(&[(MAP, map)]);
        let packages = [member("crates/hub", "tieline-hub"), member("crates/dialects/acme", "tieline-acme")];
        tree.metadata = json!({ "workspace_root": "/top", "packages": packages });
        check(&tree).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn a_map_with_every_crate_passes() {
        assert_eq!(told("`crates/hub/`, `crates/dialects`, package `tieline-hub`"), [""; 0]);
    }

    #[test]
    fn missing_and_invented_crates_are_found() {
        let expected = [
            "ARCHITECTURE.md: does not show `crates/dialects`",
            "ARCHITECTURE.md: does not show `crates/hub`",
            "ARCHITECTURE.md:1: there is no package `tieline-hob`",
        ];
        assert_eq!(told("`tieline-hob`"), expected);
    }
}
