//! Rule: every advisory about a library of ours was judged, for the very version that is here (`advisories.toml`).

use crate::tidy::finding::Finding;
use crate::tidy::tree::Tree;
use std::collections::BTreeSet;
use toml::{Table, Value};

const LIST: &str = "advisories.toml";
const LOCK: &str = "Cargo.lock";
const DENY: &str = "deny.toml";
/// What each entry says.
const KEYS: &[&str] = &["id", "crate", "version", "judged", "what", "decision"];

/// Finds entries that say too little or concern nothing, and ids on which `deny.toml` says something else.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut read = |path: &str| -> Table {
        let table = tree.files.get(path).map(|text| text.parse()).unwrap_or_else(|| Ok(Table::new()));
        table.unwrap_or_else(|error: toml::de::Error| {
            found.push(Finding::broken(path, 0, format!("{error}")));
            Table::new()
        })
    };
    let (list, lock, deny) = (read(LIST), read(LOCK), read(DENY));
    let entries = tables(list.get("advisory"));
    let here: BTreeSet<(&str, &str)> = tables(lock.get("package"))
        .iter()
        .filter_map(|one| Some((text(one, "name")?, text(one, "version")?)))
        .collect();
    for entry in &entries {
        let of = |key: &str| text(entry, key).filter(|text| !text.trim().is_empty());
        let name = of("crate").or(of("id")).unwrap_or("an entry");
        found.extend(KEYS.iter().filter(|key| of(key).is_none()).map(|key| {
            Finding::broken(
                LIST,
                0,
                format!("{name}: `{key}` is missing: say what was found, and what was decided when"),
            )
        }));
        if let (Some(id), Some(library), Some(version)) = (of("id"), of("crate"), of("version"))
            && !here.contains(&(library, version))
        {
            let what =
                format!("{id}: {library} {version} is not in {LOCK}: judge the version that is, or take the entry out");
            found.push(Finding::broken(LIST, 0, what));
        }
    }
    let judged: BTreeSet<&str> =
        entries.iter().filter_map(|entry| text(entry, "id")).filter(|id| id.starts_with("RUSTSEC-")).collect();
    let ignored = deny.get("advisories").and_then(|advisories| advisories.get("ignore"));
    let ignored: BTreeSet<&str> = tables(ignored).iter().filter_map(|one| text(one, "id")).collect();
    found.extend(ignored.symmetric_difference(&judged).map(|id| {
        Finding::broken(DENY, 0, format!("{id}: `advisories.ignore` and {LIST} have to name the same advisories"))
    }));
    found
}

fn tables(value: Option<&Value>) -> Vec<&Table> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table).collect()
}

fn text<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    table.get(key)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::told;

    const ENTRY: &str = "[[advisory]]\nid = \"RUSTSEC-1\"\ncrate = \"a\"\nversion = \"1.0.0\"\njudged = \"2026-01-01\"\nwhat = \"w\"\ndecision = \"d\"\n";
    const HERE: &str = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n";
    const IGNORED: &str = "[advisories]\nignore = [{ id = \"RUSTSEC-1\", reason = \"r\" }]\n";

    #[test]
    fn what_was_judged_passes() {
        assert_eq!(told(check, &[(LIST, ENTRY), (LOCK, HERE), (DENY, IGNORED)]), [""; 0]);
        assert_eq!(told(check, &[]), [""; 0]);
    }

    #[test]
    fn another_version_a_missing_word_and_another_list_are_found() {
        let newer = HERE.replace("1.0.0", "1.0.1");
        let expected = [
            "advisories.toml: RUSTSEC-1: a 1.0.0 is not in Cargo.lock: judge the version that is, or take the entry out",
        ];
        assert_eq!(told(check, &[(LIST, ENTRY), (LOCK, &newer), (DENY, IGNORED)]), expected);
        let silent = ENTRY.replace("decision = \"d\"", "decision = \" \"");
        let expected = ["advisories.toml: a: `decision` is missing: say what was found, and what was decided when"];
        assert_eq!(told(check, &[(LIST, &silent), (LOCK, HERE), (DENY, IGNORED)]), expected);
        let expected =
            ["deny.toml: RUSTSEC-1: `advisories.ignore` and advisories.toml have to name the same advisories"];
        assert_eq!(told(check, &[(LIST, ENTRY), (LOCK, HERE)]), expected);
        assert_eq!(told(check, &[(DENY, IGNORED)]), expected);
    }
}
