//! Rule: nothing unsafe, no test that is skipped, and no socket or clock where the design promises none.

use crate::tidy::finding::Finding;
use crate::tidy::rust;
use crate::tidy::tree::Tree;

/// Words that may follow each other nowhere in these folders' code, and why. An empty folder is the whole checkout.
const BANNED: &[(&str, &[&str], &str)] = &[
    ("", &["unsafe"], "the whole workspace is safe Rust"),
    ("crates/dialects/", &["Instant", "now"], "a dialect knows no clock"),
    ("crates/dialects/", &["SystemTime", "now"], "a dialect knows no clock"),
    ("crates/dialects/", &["TcpStream"], "a dialect knows no socket"),
    ("crates/dialects/", &["TcpListener"], "a dialect knows no socket"),
    ("crates/model/", &["Instant", "now"], "the nouns know no clock"),
    ("crates/model/", &["SystemTime", "now"], "the nouns know no clock"),
    ("crates/hub/", &["TcpStream"], "the hub knows no socket"),
];

/// Finds banned words and skipped tests.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in tree.rust() {
        let source = match rust::read(text) {
            Ok(source) => source,
            Err(error) => {
                found.push(Finding::broken(path, 0, format!("cannot be read as Rust: {error}")));
                continue;
            }
        };
        for (folder, words, why) in BANNED.iter().filter(|(folder, ..)| path.starts_with(folder)) {
            let runs = source.words.windows(words.len());
            for run in runs.filter(|run| run.iter().map(|word| word.text.as_str()).eq(words.iter().copied())) {
                let where_else = if folder.is_empty() { "" } else { " here" };
                let what = format!("no `{}`{where_else}: {why}", words.join("::"));
                found.push(Finding::broken(path, run[0].line, what));
            }
        }
        for (attribute, line) in &source.attributes {
            if attribute == "ignore" || attribute.starts_with("ignore=") {
                let what =
                    "a skipped test proves nothing: mend it, or assert today's behaviour and say why it is wrong";
                found.push(Finding::broken(path, *line, what));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::told;

    #[test]
    fn words_in_comments_and_texts_are_free() {
        let good = "// unsafe\nfn f() { let unsafe_code = \"unsafe\"; Instant::elapsed(now); }";
        assert!(
            told(check, &[("crates/dialects/acme/src/lib.rs", good), ("tests/a.rs", "fn f() { Instant::now(); }")])
                .is_empty()
        );
    }

    #[test]
    fn banned_words_are_found_where_they_are_banned() {
        let bad = "fn f() {\n    let at = std::time::Instant::now();\n    unsafe { g() }\n}\n#[test]\n#[ignore = \"slow\"]\nfn t() {}";
        assert_eq!(
            told(check, &[("crates/dialects/acme/src/lib.rs", bad)]),
            [
                "crates/dialects/acme/src/lib.rs:3: no `unsafe`: the whole workspace is safe Rust",
                "crates/dialects/acme/src/lib.rs:2: no `Instant::now` here: a dialect knows no clock",
                "crates/dialects/acme/src/lib.rs:6: a skipped test proves nothing: mend it, or assert today's behaviour and say why it is wrong",
            ]
        );
        assert!(told(check, &[("a.rs", "fn f( {")])[0].starts_with("a.rs: cannot be read as Rust"));
    }
}
