//! Rule: the words are the field's. If MQTT, NATS, OPC UA, DICOM, HTTP, tokio or Prometheus has a word for a thing, that is the
//! word; ARCHITECTURE.md keeps the table of old words and new.

use crate::tidy::finding::Finding;
use crate::tidy::tree::Tree;

/// Words that were ours alone, each with the field's.
const PRIVATE: &[(&str, &str)] = &[
    ("audience", "subscriber group"),
    ("audiences", "subscriber groups"),
    ("backlog", "queue"),
    ("carrier", "handler"),
    ("coat", "framing"),
    ("desk", "scheduler, dispatcher or queue runner"),
    ("ears", "interest"),
    ("hearer", "subscriber"),
    ("hearers", "subscribers, or interest"),
    ("ledger", "seen index"),
    ("lookout", "scanner"),
    ("outlet", "sink"),
    ("outlets", "sinks"),
    ("parking", "backpressure"),
    ("rendition", "representation"),
    ("renditions", "representations"),
    ("seats", "idle connections"),
    ("settling", "debounce"),
    ("sift", "filter"),
    ("trouble", "failure, or the error's own name"),
];

/// Where such a word is not ours: the file, the word, and whose it is.
const EXEMPT: &[(&str, &str, &str)] = &[
    ("ARCHITECTURE.md", "", "holds the table of old words and new"),
    ("xtask/src/tidy/rules/private_words.rs", "", "holds the list"),
    ("crates/console/src/api.rs", "audiences", "a key of the HTTP interface, which other programs read"),
    ("crates/transport/src/server.rs", "backlog", "listen(2)'s own word"),
    ("docs/decisions/", "", "says what was decided in the words of its day"),
    ("docs/benchmarks.md", "", "says what was measured in the words of its day"),
];

/// Finds private words: whole ones in prose, and parts of names in code.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in tree.files.iter().filter(|(path, _)| path.ends_with(".rs") || path.ends_with(".md")) {
        let is_exempt = |word: &str| {
            EXEMPT.iter().any(|(place, exempt, _)| path.starts_with(place) && (exempt.is_empty() || *exempt == word))
        };
        for (index, line) in text.lines().enumerate() {
            for word in parts(line) {
                let Some((private, field)) = PRIVATE.iter().find(|(private, _)| *private == word) else { continue };
                if !is_exempt(private) {
                    found.push(Finding::broken(path, index + 1, format!("{private}: the field says {field}")));
                }
            }
        }
    }
    found
}

/// The words of a line in small letters, names taken apart at capitals and at signs.
fn parts(line: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut was_small = false;
    for c in line.chars() {
        if !c.is_alphabetic() || (c.is_uppercase() && was_small) {
            parts.push(String::new());
        }
        if c.is_alphabetic() {
            parts.last_mut().into_iter().for_each(|part| part.extend(c.to_lowercase()));
        }
        was_small = c.is_lowercase();
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::told;

    #[test]
    fn words_of_the_field_pass() {
        let good = "A sink takes frames; the scanner's seen index; `fn debounce`; desktop, sifting, bears";
        assert_eq!(told(check, &[("a.rs", good), ("ARCHITECTURE.md", "coat"), ("a.py", "coat")]), [""; 0]);
    }

    #[test]
    fn private_words_are_found_in_prose_and_in_names() {
        let bad = "// The coat.\nfn by_outlet() -> SiftAudience {}\nconst DESK: u8 = 1;";
        let expected = [
            "a.rs:1: coat: the field says framing",
            "a.rs:2: outlet: the field says sink",
            "a.rs:2: sift: the field says filter",
            "a.rs:2: audience: the field says subscriber group",
            "a.rs:3: desk: the field says scheduler, dispatcher or queue runner",
        ];
        assert_eq!(told(check, &[("a.rs", bad)]), expected);
    }
}
