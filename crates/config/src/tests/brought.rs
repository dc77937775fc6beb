//! What a backend says about its own values and brings to them: where it is shown, and what becomes of it.

use super::*;
use crate::testing::kitchen::{KITCHEN, cups};

/// Two cups in the file, and whatever else the section has.
fn with(section: &str) -> Input {
    input(&format!(
        "[kitchen]\n{section}\n[[kitchen.cup]]\nname = \"a\"\n\n[[kitchen.cup]]\nname = \"b\"\nnotes = {{ x = 1 }}\n"
    ))
}

/// A file to import with these cups in it.
fn import(names: &str) -> (tempfile::NamedTempFile, String) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), names).unwrap();
    let key = format!("import = [{:?}]", file.path().display().to_string());
    (file, key)
}

fn names(config: &Config) -> Vec<String> {
    cups(&config.listeners[0].values).into_iter().map(|cup| cup.name).collect()
}

/// What it is, the file, and what is said about it.
const CASES: &[(&str, &str, &str)] = &[
    (
        "a value in a table, at the value",
        "[[kitchen.cup]]\nname = \"a\"\n[[kitchen.cup]]\nname = \"\"\n",
        r#"
error: a cup has no name
 --> tieline.toml:4:8
  |
4 | name = ""
  |        ^^
  |
  = help: give it one
"#,
    ),
    (
        "a key that is missing, at its table",
        "[kitchen]\ncup = [{ name = \"a\" }, { size = 1 }]\n",
        r#"
error: a cup has no name
 --> tieline.toml:2:24
  |
2 | cup = [{ name = "a" }, { size = 1 }]
  |                        ^^^^^^^^^^^^
  |
  = help: give it one
"#,
    ),
    (
        "something in a free table, at its key",
        "[[kitchen.cup]]\nname = \"a\"\n[kitchen.cup.notes]\nBroken = true\n",
        r#"
error: a cup is broken
 --> tieline.toml:3:1
  |
3 | [kitchen.cup.notes]
  | ^^^^^^^^^^^^^^^^^^^
  |
  = help: mend it
"#,
    ),
    (
        "what can be used all the same is a warning",
        "[[kitchen.cup]]\nname = \"a\"\n[[kitchen.cup.spoon]]\nhot = true\n[[kitchen.cup.spoon]]\nstir = \"0\"\n",
        r#"
warning: a spoon is not stirred
 --> tieline.toml:6:8
  |
6 | stir = "0"
  |        ^^^
  |
  = help: stir it, or leave it out
"#,
    ),
    (
        "a file that cannot be read, at the key that names it",
        "[kitchen]\nimport = [\"/nowhere/cups\"]\n",
        r#"
error: a file of `import` cannot be read
 --> tieline.toml:2:10
  |
2 | import = ["/nowhere/cups"]
  |          ^^^^^^^^^^^^^^^^^
  |
  = help: name a file that is there
"#,
    ),
    (
        "a key that could not be read is not said to be missing",
        "[[kitchen.cup]]\nnaem = \"a\"\n[kitchen.limits]\nidle = \"5m\"\n",
        r#"
error: there is no key naem in [[kitchen.cup]]
 --> tieline.toml:2:1
  |
2 | naem = "a"
  | ^^^^ unknown key
  |
  = help: did you mean name?
"#,
    ),
];

#[test]
fn each_is_told_where_it_stands() {
    expect_each_for(KITCHEN, CASES);
}

#[test]
fn what_stands_elsewhere_is_told_at_the_first_key_of_its_path() {
    let (_file, key) = import("c\n\nd\n");
    let nameless = "
error: a cup has no name
 --> tieline.toml:3:1
  |
3 | [[kitchen.cup]]
  | ^^^^^^^^^^^^^^^ in a file that [kitchen] names
  |
  = help: give it one
";
    assert_eq!(said_for(KITCHEN, &with(&key)).trim(), nameless.trim());
    let alone = said_for(KITCHEN, &input(&format!("[kitchen]\n{key}\n")));
    assert!(alone.starts_with("error: a cup has no name\n --> tieline.toml:1:2\n"), "{alone}");
    let flag = Input { flags: vec!["kitchen.import=/nowhere".to_owned()], ..input("[kitchen]\n") };
    assert!(said_for(KITCHEN, &flag).contains("= note: in --set kitchen.import=/nowhere"));
}

#[test]
fn what_files_bring_is_used_and_shown_in_a_comment_only() {
    let (_file, key) = import("c\nd\ne\n");
    let config = good_for(KITCHEN, &with(&key));
    assert_eq!(names(&config), ["a", "b", "c", "d", "e"]);
    let shown = config.effective.to_toml();
    assert!(shown.contains("\n# and 3 more [[kitchen.cup]] from the files that [kitchen] names\n"), "{shown}");
    assert_eq!(names(&good_for(KITCHEN, &input(&shown))), ["a", "b", "c", "d", "e"]);

    let config = good_for(KITCHEN, &input(&format!("[kitchen]\n{key}\n")));
    assert!(config.effective.to_toml().contains("\n# 3 [[kitchen.cup]] from the files that [kitchen] names\n"));
}

#[test]
fn an_odd_file_that_can_be_used_is_a_warning() {
    let (_file, key) = import("");
    let config = good_for(KITCHEN, &with(&key));
    let [warning] = &config.warnings[..] else { panic!("{:?}", config.warnings) };
    assert_eq!((warning.fault, warning.key.as_str()), (Fault::Warning, "kitchen.import"));
    assert_eq!(warning.origin.to_string(), "tieline.toml:2");
    assert_eq!(names(&config), ["a", "b"]);
}

#[test]
fn a_reload_sees_a_table_and_a_file_that_have_changed() {
    let (file, key) = import("c\n");
    let before = good_for(KITCHEN, &with(&key));
    let since = |input: &Input| good_for(KITCHEN, input).effective.changed_since(&before.effective);
    assert_eq!(since(&with(&format!("# a line more\n{key}"))), Vec::<String>::new());
    let mut other = with(&key);
    other.bytes.extend(b"[[kitchen.cup.spoon]]\n");
    assert_eq!(since(&other), ["kitchen.cup"]);
    std::fs::write(file.path(), "d\n").unwrap();
    assert_eq!(since(&with(&key)), ["kitchen.cup"]);
}

#[test]
fn tables_are_shown_behind_the_keys_each_with_its_origin() {
    let file = "[[kitchen.cup]]\nname = \"a\"\n[[kitchen.cup.spoon]]\nhot = true\n[[kitchen.cup]]\nname = \"b\"\n";
    let shown = good_for(KITCHEN, &input(file)).effective.to_toml();
    let section = &shown[shown.find("[kitchen]").unwrap()..shown.find("[access]").unwrap()];
    let expected = r#"
[kitchen]
listen = "127.0.0.1:4003"                    # default
insecure = false                             # default
tls = false                                  # default
compression = "auto"                         # default
import = []                                  # default
note = {}                                    # default
patience = "3m"                              # default

[[kitchen.cup]]                              # tieline.toml:1
name = "a"                                   # tieline.toml:2
size = 3                                     # default
drink = "tea"                                # default
labels = []                                  # default
notes = {}                                   # default

[[kitchen.cup.spoon]]                        # tieline.toml:3
name = "small"                               # default
stir = "10s"                                 # default
hot = true                                   # tieline.toml:4

[[kitchen.cup]]                              # tieline.toml:5
name = "b"                                   # tieline.toml:6
size = 3                                     # default
drink = "tea"                                # default
labels = []                                  # default
notes = {}                                   # default
"#;
    assert_eq!(section.trim(), expected.trim());
    assert!(good_for(KITCHEN, &input("[kitchen]\n")).effective.to_toml().contains("\n\n# no [[kitchen.cup]]\n"));
}
