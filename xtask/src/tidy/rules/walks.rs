//! Rule: the walks of `ARCHITECTURE.md` can be walked. Each step names a file and a function that stands in it; the longest walk
//! goes through few files (issue 14: a WRITE through at most twelve).

use crate::tidy::finding::Finding;
use crate::tidy::rust;
use crate::tidy::tree::Tree;
use std::collections::BTreeSet;

const MAP: &str = "ARCHITECTURE.md";
const SECTION: &str = "## Three walks";
const WALKS: &[&str] = &["VXvue patient", "OPC UA WRITE", "DICOM file"];
/// Files in one walk.
const FILES: usize = 12;

/// Finds walks that are missing or too long, and steps that lead nowhere.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.files.iter().find_map(|(path, text)| (path == MAP).then_some(text)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut walks: Vec<(&str, usize, BTreeSet<&str>)> = Vec::new();
    let lines = text.lines().enumerate().skip_while(|(_, line)| *line != SECTION).skip(1);
    for (at, line) in lines.take_while(|(_, line)| !line.starts_with("## ")).map(|(index, line)| (index + 1, line)) {
        if let Some(name) = line.strip_prefix("### ") {
            walks.push((name, at, BTreeSet::new()));
        } else if line.starts_with(|c: char| c.is_ascii_digit()) {
            match (step(line), walks.last_mut()) {
                (Some((file, function)), Some((_, _, files))) => {
                    files.insert(file);
                    found.extend(missing(tree, file, function).map(|what| Finding::broken(MAP, at, what)));
                }
                _ => found.push(Finding::broken(
                    MAP,
                    at,
                    "a step is a number, a file and a function: 1. `file` `function`: …",
                )),
            }
        }
    }
    let absent = WALKS.iter().filter(|name| walks.iter().all(|(walk, _, files)| walk != *name || files.is_empty()));
    found.extend(absent.map(|name| Finding::broken(MAP, 0, format!("the walk \"{name}\" is missing"))));
    let long = walks.iter().filter(|(_, _, files)| files.len() > FILES);
    found.extend(long.map(|(name, at, files)| {
        Finding::broken(MAP, *at, format!("\"{name}\" goes through {} files, at most {FILES}", files.len()))
    }));
    found
}

/// The file and the function of a step.
fn step(line: &str) -> Option<(&str, &str)> {
    let mut parts = line.split('`');
    let (_, file, gap, function) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    (gap == " " && parts.next()?.starts_with(": ")).then_some((file, function))
}

/// Why a step leads nowhere.
fn missing(tree: &Tree, file: &str, function: &str) -> Option<String> {
    let Some((_, text)) = tree.rust().find(|(path, _)| *path == file) else {
        return Some(format!("`{file}` does not exist"));
    };
    let Ok(source) = rust::read(text) else { return Some(format!("`{file}` cannot be read as Rust")) };
    let stands = source.words.windows(2).any(|pair| pair[0].text == "fn" && pair[1].text == function);
    (!stands).then(|| format!("no function `{function}` in `{file}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::told;

    fn map(write: &str) -> String {
        format!(
            "## Three walks\n### VXvue patient\n1. `a.rs` `go`: x\n### OPC UA WRITE\n{write}### DICOM file\n1. `a.rs` `go`: x\n## Next\n1. `z` `z`\n"
        )
    }

    #[test]
    fn steps_that_lead_somewhere_pass() {
        let good = map("1. `a.rs` `go`: first\n2. `b.rs` `on`: then\n");
        assert_eq!(
            told(check, &[(MAP, &good), ("a.rs", "pub fn go() {}"), ("b.rs", "impl B { fn on(&self) {} }")]),
            [""; 0]
        );
    }

    #[test]
    fn steps_that_lead_nowhere_are_found() {
        let bad = map("1. `a.rs` `gone`: x\n2. `c.rs` `go`: x\n3. go on\n");
        let expected = [
            "ARCHITECTURE.md:5: no function `gone` in `a.rs`",
            "ARCHITECTURE.md:6: `c.rs` does not exist",
            "ARCHITECTURE.md:7: a step is a number, a file and a function: 1. `file` `function`: …",
        ];
        assert_eq!(told(check, &[(MAP, &bad), ("a.rs", "fn go() { let gone = 1; }")]), expected);
    }

    #[test]
    fn a_walk_is_there_and_short() {
        let files: Vec<String> = (0..13).map(|at| format!("f{at}.rs")).collect();
        let steps: String = files.iter().map(|file| format!("1. `{file}` `go`: x\n")).collect();
        let text = map(&steps);
        let mut tree: Vec<(&str, &str)> = files.iter().map(|file| (file.as_str(), "fn go() {}")).collect();
        tree.extend([(MAP, text.as_str()), ("a.rs", "fn go() {}")]);
        assert_eq!(told(check, &tree), ["ARCHITECTURE.md:4: \"OPC UA WRITE\" goes through 13 files, at most 12"]);
        assert_eq!(
            told(check, &[(MAP, &map("")), ("a.rs", "fn go() {}")]),
            ["ARCHITECTURE.md: the walk \"OPC UA WRITE\" is missing"]
        );
    }
}
