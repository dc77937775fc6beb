//! Rule: every Rust file opens with `//!`, saying what it is, what it promises and who calls it.

use crate::tidy::finding::Finding;
use crate::tidy::tree::Tree;

/// Finds files that open with something else.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let silent = tree.rust().filter(|(_, text)| {
        let opening = text.lines().next().and_then(|line| line.strip_prefix("//!"));
        opening.is_none_or(|words| words.split_whitespace().count() < 3)
    });
    silent.map(|(path, _)| Finding::broken(path, 1, "open with a sentence behind `//!`: what this file is")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::told;

    #[test]
    fn an_opening_is_a_sentence_on_the_first_line() {
        let good = "//! Topics and filters.\nfn f() {}";
        assert!(told(check, &[("a.rs", good), ("b.txt", "no Rust")]).is_empty());
        for bad in [
            "fn f() {}",
            "//!\nfn f() {}",
            "// Topics and filters.",
            "\n//! Late by a line.",
            "//! (being written)",
            "",
        ] {
            assert_eq!(
                told(check, &[("a.rs", bad)]),
                ["a.rs:1: open with a sentence behind `//!`: what this file is"],
                "{bad}"
            );
        }
    }
}
