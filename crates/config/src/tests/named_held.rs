//! Tables with names that can be read: what holds, what files bring to them, and how they are shown.

use super::*;
use crate::testing::pantry::{PANTRY, PantrySettings, Wood, shelves};

fn names(config: &Config) -> Vec<String> {
    shelves(&config.listeners[0].values).0.into_iter().map(|(name, _)| name).collect()
}

/// A file to import with these lines in it, and the line that names it.
fn import(lines: &str) -> (tempfile::NamedTempFile, String) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), lines).unwrap();
    let key = format!("[pantry]\nimport = [{:?}]\n", file.path().display().to_string());
    (file, key)
}

#[test]
fn they_are_read_in_either_form_and_keep_the_files_order() {
    let long = r#"
[pantry]
patience = "1d"
[pantry.shelf.top]
wood = "pine"
holds = ["a", "b"]
[pantry.shelf.top.hook.z]
strong = true
[pantry.shelf.top.hook.a]
[[pantry.shelf.top.jar]]
[pantry.shelf.top.jar.label."new plums"]
text = "plums"
[[pantry.shelf.top.jar]]
size = 2
[pantry.limits]
idle = "1m"
[pantry.shelf."a.b"]
height = 7
[[pantry.jar]]
[pantry.jar.label."é"]
text = "é"
"#;
    let short = r#"
[pantry]
patience = "1d"
jar = [{ label = { "é" = { text = "é" } } }]
shelf.top = { wood = "pine", holds = ["a", "b"], hook = { z = { strong = true }, a = {} }, jar = [
    { label."new plums".text = "plums" },
    { size = 2 },
] }
shelf."a.b".height = 7
limits.idle = "1m"
"#;
    let [long, short] = [long, short].map(|file| good_for(PANTRY, &input(file)));
    assert_eq!(names(&long), ["top", "a.b"]);
    let pantry = PantrySettings::from_values(&long.listeners[0].values);
    let top = pantry.shelf.get("top").unwrap();
    assert_eq!((top.height, top.wood, &top.holds[..]), (3, Wood::Pine, &["a".to_owned(), "b".to_owned()][..]));
    let hooks: Vec<_> = top.hook.iter().map(|(name, hook)| (name, hook.strong)).collect();
    assert_eq!(hooks, [("z", true), ("a", false)]);
    assert_eq!(top.jar.iter().map(|jar| jar.size).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(top.jar[0].label.get("new plums").unwrap().text, "plums");
    assert_eq!(pantry.shelf.get("a.b").unwrap().height, 7);
    assert_eq!(pantry.jar[0].label.get("é").unwrap().text, "é");
    assert_eq!(long.listeners[0].values, short.listeners[0].values);
    assert_eq!(short.effective.changed_since(&long.effective), Vec::<String>::new());
    assert_eq!(names(&good_for(PANTRY, &input("[pantry.shelf]\n"))), Vec::<String>::new());
}

#[test]
fn there_may_be_a_thousand() {
    let file = |count: usize| (0..count).map(|number| format!("[pantry.shelf.{number}]\n")).collect::<String>();
    assert_eq!(names(&good_for(PANTRY, &input(&file(1000)))).len(), 1000);
    let expected = "
error: pantry.shelf has more than 1000 tables
    --> tieline.toml:1001:15
     |
1001 | [pantry.shelf.1000]
     |               ^^^^ one too many
     |
     = help: take out those that are not needed
";
    assert_eq!(said_for(PANTRY, &input(&file(1005))).trim(), expected.trim());
}

#[test]
fn a_long_name_is_told_in_short_and_meant_in_full() {
    let file = format!("[pantry.shelf.{}]\nheight = 0\nwood = 1\n", "a".repeat(1000));
    let problems = load(&input(&file), PANTRY).unwrap_err();
    let told: Vec<_> = problems.list.iter().map(|one| (one.message.len() < 200, one.key.len() > 1000)).collect();
    assert_eq!(told, [(true, true), (true, true)], "{:?}", problems.list);
}

#[test]
fn they_cannot_be_set_but_in_the_file() {
    let variables = ["TIELINE_PANTRY_SHELF", "TIELINE_PANTRY_SHELF_TOP_HEIGHT"].map(|name| (name.into(), "1".into()));
    let flags = ["pantry.shelf.top.height=1", "pantry.shelf={}"].map(str::to_owned);
    let given = |variables: &[(String, String)], flags: &[String]| {
        let (variables, flags) = (variables.to_vec(), flags.to_vec());
        said_for(PANTRY, &Input { variables, flags, ..input("[pantry]\n") })
    };
    let refused = "
error: pantry.shelf cannot be set in the environment
 |
 = note: in the environment: TIELINE_PANTRY_SHELF=1
 = help: write [pantry.shelf.NAME] in the file, and its keys on the lines below; NAME is yours to choose

error: pantry.shelf cannot be set with --set
 |
 = note: in --set pantry.shelf.top.height=1
 = help: write [pantry.shelf.NAME] in the file, and its keys on the lines below; NAME is yours to choose

error: pantry.shelf cannot be set with --set
 |
 = note: in --set pantry.shelf={}
 = help: write [pantry.shelf.NAME] in the file, and its keys on the lines below; NAME is yours to choose
";
    assert_eq!(given(&variables, &flags).trim(), refused.trim());
    let inside = given(&variables[1..], &[]);
    assert!(inside.contains("= help: pantry.shelf can stand in the file only"), "{inside}");
}

#[test]
fn they_are_shown_behind_the_keys_each_with_its_origin() {
    let file = "[[pantry.jar]]\n[pantry.jar.label.b]\ntext = \"x\"\n[pantry.shelf.\"a.b\"]\nheight = 1\n\
                [pantry.shelf.\"a.b\".hook.c]\n";
    let shown = good_for(PANTRY, &input(file)).effective.to_toml();
    let section = &shown[shown.find("[pantry]").unwrap()..shown.find("[access]").unwrap()];
    let expected = r#"
[pantry]
listen = "127.0.0.1:4004"                    # default
insecure = false                             # default
tls = false                                  # default
compression = "auto"                         # default
import = []                                  # default
patience = "3d"                              # default

[pantry.shelf."a.b"]                         # tieline.toml:4
height = 1                                   # tieline.toml:5
wood = "oak"                                 # default
holds = []                                   # default

[pantry.shelf."a.b".hook.c]                  # tieline.toml:6
strong = false                               # default

[[pantry.jar]]                               # tieline.toml:1
size = 1                                     # default

[pantry.jar.label.b]                         # tieline.toml:2
text = "x"                                   # tieline.toml:3
glued = true                                 # default
"#;
    assert_eq!(section.trim(), expected.trim());
    let none = good_for(PANTRY, &input("[pantry]\n")).effective.to_toml();
    assert!(none.contains("\n\n# no [pantry.shelf.NAME]\n"), "{none}");
}

#[test]
fn what_files_bring_is_used_and_shown_in_a_comment_only() {
    let (_file, key) = import("c\nd.e\n");
    let config = good_for(PANTRY, &input(&format!("{key}[pantry.shelf.a]\n")));
    assert_eq!(names(&config), ["a", "c", "d.e"]);
    let shown = config.effective.to_toml();
    assert!(shown.contains("\n# and 2 more [pantry.shelf.NAME] from the files that [pantry] names\n"), "{shown}");
    assert_eq!(names(&good_for(PANTRY, &input(&shown))), ["a", "c", "d.e"]);
}

#[test]
fn what_stands_elsewhere_is_told_at_the_first_key_of_its_path() {
    let (_file, key) = import("d.e 0\n");
    let said = said_for(PANTRY, &input(&format!("{key}[pantry.shelf.d]\n")));
    let expected = "
error: a shelf lies on the floor
 --> tieline.toml:3:9
  |
3 | [pantry.shelf.d]
  |         ^^^^^ in a file that [pantry] names
  |
  = help: raise it
";
    assert_eq!(said.trim(), expected.trim());
}

#[test]
fn a_reload_sees_a_table_that_has_changed() {
    let file = "[pantry.shelf.a]\n[pantry.shelf.b]\nheight = 2\n";
    let before = good_for(PANTRY, &input(file));
    let since = |file: &str| good_for(PANTRY, &input(file)).effective.changed_since(&before.effective);
    assert_eq!(since(&format!("\n{file}wood = \"oak\"\n")), Vec::<String>::new());
    for other in ["[pantry.shelf.a]\n", "[pantry.shelf.a]\n[pantry.shelf.c]\nheight = 2\n", &file.replace('2', "4")] {
        assert_eq!(since(other), ["pantry.shelf"], "{other}");
    }
}
