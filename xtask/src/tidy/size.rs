//! Rule: a file holds one subject. Above 500 lines tidy asks, above 800 it stops.

use super::finding::{Finding, Level};
use super::tree::Tree;

const ASK: usize = 500;
const STOP: usize = 800;

/// What counts as written by hand.
const ENDINGS: &[&str] = &[".rs", ".ts", ".tsx", ".js", ".mjs", ".css", ".html", ".py", ".sh", ".md"];

/// Files that may be longer, each with its reason.
const EXEMPT: &[(&str, &str)] = &[("docs/configuration.md", "generated from the settings' own fields")];

/// Finds files that have grown.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let own = tree.files.iter().filter(|(path, _)| {
        ENDINGS.iter().any(|ending| path.ends_with(ending)) && EXEMPT.iter().all(|(exempt, _)| exempt != path)
    });
    own.filter_map(|(path, text)| {
        let lines = text.lines().count();
        if lines <= ASK {
            return None;
        }
        let (level, what) = match lines > STOP {
            false => (Level::Ask, format!("{lines} lines: is it still one subject?")),
            true => (Level::Broken, format!("{lines} lines, at most {STOP}: split it by subject")),
        };
        Some(Finding { level, path: path.clone(), line: 0, what })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::told;

    #[test]
    fn it_asks_before_it_stops() {
        let file = |lines: usize| "x\n".repeat(lines);
        assert!(told(check, &[("a.rs", &file(500)), ("Cargo.lock", &file(900))]).is_empty());
        assert_eq!(told(check, &[("a.rs", &file(501))]), ["a.rs: 501 lines: is it still one subject?"]);
        assert_eq!(told(check, &[("a.ts", &file(801))]), ["a.ts: 801 lines, at most 800: split it by subject"]);
        assert_eq!(check(&Tree::of(&[("a.rs", &file(501))]))[0].level, Level::Ask);
    }
}
