//! What the command line prints of tables, with a dialect that has some.

use super::*;
use tieline_config::testing::kitchen::cups;

fn printed(what: &str) -> String {
    let (code, text, diagnostics) = call_for(KITCHEN, &["config", what], &[]);
    assert_eq!((code, diagnostics.as_str()), (WELL, ""));
    text
}

/// The part from one text to the next.
pub(super) fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let text = &text[text.find(from).unwrap_or_else(|| panic!("no {from} in {text}"))..];
    text[..text.find(to).unwrap()].trim()
}

#[test]
fn the_example_has_one_of_each_behind_the_keys() {
    let example = printed("example");
    let expected = r##"
#patience = "3m"

# The cups. Each has a table of its own:
#[[kitchen.cup]]
# What it is called, as in `mug`.
#name = "mug"
# How much is in it.
#size = 3
# What is in it. "tea": Black or green. "coffee": Only black.
#drink = "tea"
# What is written on it.
#labels = []
# What else there is to say.
#notes = {}

# Its spoons. Each has a table of its own:
#[[kitchen.cup.spoon]]
# What it is called.
#name = "small"
# How long it is stirred.
#stir = "10s"
# Whether it is hot.
#hot = false
"##;
    assert_eq!(between(&example, "#patience", "# Limits of"), expected.trim());
    assert!(cups(&read(KITCHEN, &example).unwrap().listeners[0].values).is_empty());
    assert!(cups(&read(KITCHEN, &uncommented(&example, false)).unwrap().listeners[0].values).is_empty());
    let taken_in = cups(&read(KITCHEN, &uncommented(&example, true)).unwrap().listeners[0].values);
    let [cup] = &taken_in[..] else { panic!("{taken_in:?}") };
    assert_eq!((cup.name.as_str(), cup.size, cup.spoon.len()), ("mug", 3, 1));
}

#[test]
fn the_reference_has_a_part_for_each() {
    let expected = r#"
| `note` | table, in the file only | `{}` | What hangs on the door. |
| `patience` | duration | `"3m"` | How long something may cook. |

### `[[kitchen.cup]]`

The cups. Each begins with a line `[[kitchen.cup]]` in the file; environment and flags cannot set them.

| Key | Value | Default | |
|---|---|---|---|
| `name` | text | `""` | What it is called, as in `mug`. |
| `size` | whole number | `3` | How much is in it. |
| `drink` | choice | `"tea"` | What is in it.<br>`"tea"`: Black or green.<br>`"coffee"`: Only black. |
| `labels` | list of texts | `[]` | What is written on it. |
| `notes` | table, in the file only | `{}` | What else there is to say. |
| `spoon` | tables | `[]` | Its spoons. |

### `[[kitchen.cup.spoon]]`

Its spoons. Each begins with a line `[[kitchen.cup.spoon]]` in the file; environment and flags cannot set them.

| Key | Value | Default | |
|---|---|---|---|
| `name` | text | `"small"` | What it is called. |
| `stir` | duration | `"10s"` | How long it is stirred. |
| `hot` | `true` or `false` | `false` | Whether it is hot. |
"#;
    assert_eq!(between(&printed("reference"), "| `note`", "\n## `[kitchen.limits]`"), expected.trim());
}

#[test]
fn the_schema_has_lists_of_objects() {
    let schema: serde_json::Value = serde_json::from_str(&printed("schema")).unwrap();
    let kitchen = &schema["properties"]["kitchen"]["properties"];
    let cup = &kitchen["cup"]["items"];
    assert_eq!((&kitchen["cup"]["type"], &kitchen["cup"]["default"]), (&"array".into(), &serde_json::json!([])));
    assert_eq!((&cup["type"], &cup["additionalProperties"]), (&"object".into(), &false.into()));
    assert_eq!(cup["properties"]["spoon"]["items"]["properties"]["hot"]["type"], "boolean");
    assert_eq!(kitchen["note"]["type"], "object");
    assert!(kitchen["note"]["additionalProperties"].is_null(), "anything may be in it");
}

#[test]
fn check_tells_programs_the_place_in_the_tables() {
    let (_file, path) = file("[[kitchen.cup]]\nname = \"a\"\n[[kitchen.cup]]\n[[kitchen.cup.spoon]]\nhot = 1\n");
    let (code, out, _) = call_for(KITCHEN, &["check", "--json", "--config", &path], &[]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let told: Vec<_> = report["problems"].as_array().unwrap().iter().map(|one| (&one["key"], &one["line"])).collect();
    assert_eq!(code, USAGE);
    let (name, hot) = ("kitchen.cup.1.name".into(), "kitchen.cup.1.spoon.0.hot".into());
    assert_eq!(told, [(&name, &3.into()), (&hot, &5.into())]);
}

#[test]
fn a_tool_is_told_what_files_have_brought() {
    let (_cups, cups) = file("c\nd\n");
    let (_file, path) = file(&format!("[kitchen]\nimport = [{cups:?}]\n[[kitchen.cup]]\nname = \"a\"\n"));
    assert_eq!(call_for(KITCHEN, &["kitchen", &path], &[]), (WELL, "a c d\n".to_owned(), String::new()));
    // Without any file what the environment names is read as well.
    let variables = [("TIELINE_KITCHEN_IMPORT", cups.as_str())];
    assert_eq!(call_for(KITCHEN, &["kitchen"], &variables), (WELL, "c d\n".to_owned(), String::new()));
    let (code, _, diagnostics) = call_for(KITCHEN, &["kitchen"], &[("TIELINE_KITCHEN_IMPORT", "/nowhere")]);
    assert_eq!(code, USAGE);
    assert!(diagnostics.contains("a file of `import` cannot be read"), "{diagnostics}");
}
