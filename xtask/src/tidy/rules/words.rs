//! Rule: nothing unfinished is committed, and nothing that is true on one machine only.

use crate::tidy::finding::Finding;
use crate::tidy::tree::Tree;

/// Marks of unfinished work, as whole words. Written in halves, so that this file is no finding of its own.
const UNFINISHED: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX"), concat!("HA", "CK")];

/// Hosts of package registries: where a machine gets its packages is its own matter.
const HOSTS: &[&str] = &[
    concat!("npm", "js."),
    concat!("py", "pi.org"),
    concat!("python", "hosted."),
    concat!("crates.", "io"),
    concat!("deb.", "debian.org"),
];

/// Folders of one machine.
const MACHINE: &[&str] = &[concat!("/wo", "rk"), concat!("/ro", "ot"), concat!("/ho", "me")];

/// Places that the checkout does not hold.
const ELSEWHERE: &[&str] = &[
    concat!("shared/", "contracts"),
    concat!("shared/", "seeds"),
    concat!("shared/", "design"),
    concat!("shared/", "style"),
];

/// Finds such words in every text file.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in &tree.files {
        for (index, line) in text.lines().enumerate() {
            let mut say = |what: String| found.push(Finding::broken(path, index + 1, what));
            for word in UNFINISHED.iter().filter(|word| has_word(line, word)) {
                say(format!("{word}: finish it, or write down what is missing where users will read it"));
            }
            // Cargo's lock file names its registry in every package; the rule `lock_files` sees to it.
            for host in HOSTS.iter().filter(|host| line.contains(**host) && !path.ends_with("Cargo.lock")) {
                say(format!("{host}: name the package, not the host it comes from"));
            }
            for folder in MACHINE.iter().filter(|folder| has_folder(line, folder)) {
                say(format!("{folder}: a path on one machine; write it from the top of the checkout"));
            }
            for place in ELSEWHERE.iter().filter(|place| line.contains(**place)) {
                say(format!("{place}: not in this checkout"));
            }
        }
    }
    found
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == word)
}

/// Whether an absolute path in the line begins with this folder.
fn has_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + folder.len()..].chars().next();
        let begins = before.is_none_or(|c| !c.is_alphanumeric() && !"._-/*}])>".contains(c));
        begins && after.is_none_or(|c| !c.is_alphanumeric() && !"_-.".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::told;

    #[test]
    fn ordinary_prose_passes() {
        let good = "What to do; hackney; a/home/b; ./work; /workers and /homepage; ${HOME}/x";
        assert!(told(check, &[("a.md", good)]).is_empty());
    }

    #[test]
    fn each_kind_is_found() {
        for word in UNFINISHED.iter().chain(HOSTS).chain(MACHINE).chain(ELSEWHERE) {
            let line = format!("see {word} (there)");
            let told = told(check, &[("a.md", &format!("fine\n{line}"))]);
            assert_eq!(told.len(), 1, "{line}: {told:?}");
            assert!(told[0].starts_with(&format!("a.md:2: {word}: ")), "{told:?}");
        }
        assert_eq!(told(check, &[("a.sh", concat!("cd /ro", "ot/x"))]).len(), 1);
    }
}
