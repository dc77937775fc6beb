//! Rule: a file holds one subject, a folder few of them, a crate no more than one can know. Above 500 lines of a file tidy asks,
//! above 800 it stops; a crate has at most 8,000 lines of Rust, tests included, a folder at most 15 files of Rust.

use crate::tidy::finding::{Finding, Level};
use crate::tidy::tree::Tree;
use std::collections::BTreeMap;

const ASK: usize = 500;
const STOP: usize = 800;
/// Lines of Rust in one crate.
const CRATE: usize = 8_000;
/// Files of Rust directly in one folder.
const FOLDER: usize = 15;

/// What counts as written by hand.
const ENDINGS: &[&str] = &[".rs", ".ts", ".tsx", ".js", ".mjs", ".css", ".html", ".py", ".sh", ".md"];

/// Files that may be longer, each with its reason.
const EXEMPT: &[(&str, &str)] = &[("docs/configuration.md", "generated from the settings' own fields")];

/// Folders that may hold more, each with its reason.
const EXEMPT_FOLDERS: &[(&str, &str)] = &[
    ("fuzz/src", "one file a fuzz target"),
    ("fuzz/libfuzzer/fuzz_targets", "one file a fuzz target, where cargo-fuzz looks for them"),
];

/// Finds files, folders and crates that have grown.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let own = tree.files.iter().filter(|(path, _)| {
        ENDINGS.iter().any(|ending| path.ends_with(ending)) && EXEMPT.iter().all(|(exempt, _)| exempt != path)
    });
    let files = own.filter_map(|(path, text)| {
        let lines = text.lines().count();
        if lines <= ASK {
            return None;
        }
        let (level, what) = match lines > STOP {
            false => (Level::Ask, format!("{lines} lines: is it still one subject?")),
            true => (Level::Broken, format!("{lines} lines, at most {STOP}: split it by subject")),
        };
        Some(Finding { level, path: path.clone(), line: 0, what })
    });
    files.chain(crates(tree)).chain(folders(tree)).collect()
}

fn crates(tree: &Tree) -> Vec<Finding> {
    let members = tree.members();
    // A file belongs to the innermost crate around it.
    let crate_of = |path: &str| {
        let around = members.iter().map(|member| member.folder.as_str());
        around
            .filter(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
            .max_by_key(|f| f.len())
    };
    let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, text) in tree.rust() {
        if let Some(folder) = crate_of(path) {
            *lines.entry(folder).or_default() += text.lines().count();
        }
    }
    let large = lines.into_iter().filter(|(_, lines)| *lines > CRATE);
    large
        .map(|(folder, lines)| Finding::broken(folder, 0, format!("{lines} lines, at most {CRATE} in a crate")))
        .collect()
}

fn folders(tree: &Tree) -> Vec<Finding> {
    let mut files: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, _) in tree.rust() {
        *files.entry(path.rsplit_once('/').map_or("", |(folder, _)| folder)).or_default() += 1;
    }
    let is_exempt = |folder: &str| EXEMPT_FOLDERS.iter().any(|(exempt, _)| *exempt == folder);
    let full = files.into_iter().filter(|(folder, files)| *files > FOLDER && !is_exempt(folder));
    full.map(|(folder, files)| Finding::broken(folder, 0, format!("{files} files, at most {FOLDER} in a folder")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::told;
    use serde_json::{Value, json};

    #[test]
    fn it_asks_before_it_stops() {
        let file = |lines: usize| "x\n".repeat(lines);
        assert!(told(check, &[("a.rs", &file(500)), ("Cargo.lock", &file(900))]).is_empty());
        assert_eq!(told(check, &[("a.rs", &file(501))]), ["a.rs: 501 lines: is it still one subject?"]);
        assert_eq!(told(check, &[("a.ts", &file(801))]), ["a.ts: 801 lines, at most 800: split it by subject"]);
        assert_eq!(check(&Tree::of(&[("a.rs", &file(501))]))[0].level, Level::Ask);
    }

    #[test]
    fn a_folder_holds_few_files() {
        let names: Vec<String> = (0..16).map(|at| format!("a/{at}.rs")).collect();
        let mut files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
        assert_eq!(told(check, &files), ["a: 16 files, at most 15 in a folder"]);
        files.pop();
        assert_eq!(told(check, &files), [""; 0]);
    }

    #[test]
    fn a_crate_is_no_more_than_one_can_know() {
        let lines = "x\n".repeat(700);
        let names: Vec<String> = (0..12).map(|at| format!("crates/a/{}/{at}.rs", at % 2)).collect();
        let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), lines.as_str())).collect();
        let member = |folder: &str| json!({ "name": folder, "source": null, "manifest_path": format!("/top/{folder}/Cargo.toml"), "dependencies": [] });
        let told_with = |packages: Vec<Value>| {
            let mut tree = Tree::of(&files);
            tree.metadata = json!({ "workspace_root": "/top", "packages": packages });
            let found = check(&tree);
            found.iter().filter(|found| found.level == Level::Broken).map(Finding::to_string).collect::<Vec<_>>()
        };
        assert_eq!(told_with(vec![member("crates/a")]), ["crates/a: 8400 lines, at most 8000 in a crate"]);
        assert_eq!(
            told_with(vec![member("crates/a"), member("crates/a/1")]),
            [""; 0],
            "a crate in a crate is counted alone"
        );
    }
}
