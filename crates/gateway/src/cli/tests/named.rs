//! What the command line prints of tables with names, and a tool with a name of its own.

use super::tables::between;
use super::*;
use std::collections::BTreeSet;
use tieline_config::testing::pantry::shelves;

fn printed(what: &str) -> String {
    let (code, text, diagnostics) = call_for(PANTRY, &["config", what], &[]);
    assert_eq!((code, diagnostics.as_str()), (WELL, ""));
    text
}

#[test]
fn the_example_has_one_of_each_named_example() {
    let example = printed("example");
    let expected = r##"
#patience = "3d"

# The shelves. Each has a table of its own, and a name that you choose:
#[pantry.shelf.example]
# How high it is.
#height = 3
# What it is made of. "oak": Heavy. "pine": Light.
#wood = "oak"
# What may stand on it.
#holds = []

# Its jars. Each has a table of its own:
#[[pantry.shelf.example.jar]]
# How much is in it.
#size = 1

# Its labels. Each has a table of its own, and a name that you choose:
#[pantry.shelf.example.jar.label.example]
# What stands on it, as in `plums`.
#text = "plums"
# Whether it holds.
#glued = true

# Its hooks. Each has a table of its own, and a name that you choose:
#[pantry.shelf.example.hook.example]
# Whether it carries a ham.
#strong = false

# Jars on the floor. Each has a table of its own:
"##;
    let [begin, end] = ["#patience", "#[[pantry.jar]]"].map(|part| example.find(part).unwrap());
    assert_eq!(&example[begin..end], &expected[1..]);
    let taken = |tables: bool| shelves(&read(PANTRY, &uncommented(&example, tables)).unwrap().listeners[0].values);
    assert_eq!(taken(false).0, []);
    let all = taken(true);
    let shelf = all.get("example").unwrap_or_else(|| panic!("{all:?}"));
    assert_eq!((all.0.len(), shelf.height, shelf.jar.len(), shelf.hook.0.len()), (1, 3, 1, 1));
    assert_eq!(shelf.jar[0].label.get("example").unwrap().text, "plums");
}

#[test]
fn the_reference_has_a_part_for_each() {
    let reference = printed("reference");
    let expected = "
| `shelf` | tables with names | `{}` | The shelves. |
| `jar` | tables | `[]` | Jars on the floor. |
| `patience` | duration | `\"3d\"` | How long something may stay. |

### `[pantry.shelf.NAME]`

The shelves. Each begins with a line `[pantry.shelf.NAME]` in the file, where `NAME` is yours to choose; environment and \
flags cannot set them.

| Key | Value | Default | |
|---|---|---|---|
| `height` | whole number | `3` | How high it is. |
";
    assert_eq!(between(&reference, "| `shelf`", "| `wood`"), expected.trim());
    for heading in ["[[pantry.shelf.NAME.jar]]", "[pantry.shelf.NAME.jar.label.NAME]", "[pantry.jar.label.NAME]"] {
        assert!(reference.contains(&format!("\n### `{heading}`\n")), "{reference}");
    }
}

#[test]
fn the_schema_has_objects_of_any_name() {
    let schema: serde_json::Value = serde_json::from_str(&printed("schema")).unwrap();
    let shelf = &schema["properties"]["pantry"]["properties"]["shelf"];
    assert_eq!((&shelf["type"], &shelf["default"]), (&"object".into(), &serde_json::json!({})));
    assert_eq!((&shelf["propertyNames"]["minLength"], &shelf["maxProperties"]), (&1.into(), &1000.into()));
    let one = &shelf["additionalProperties"];
    assert_eq!((&one["type"], &one["additionalProperties"]), (&"object".into(), &false.into()));
    let label = &one["properties"]["jar"]["items"]["properties"]["label"]["additionalProperties"];
    assert_eq!(label["properties"]["glued"]["type"], "boolean");
}

#[test]
fn check_tells_programs_the_name_in_the_path() {
    let (_file, path) =
        file("[pantry.shelf.\"a.b\"]\nheight = 0\nwood.x = 1\n[pantry.shelf.c]\nx.y = 1\n\"x.y\" = 1\n");
    let (code, out, _) = call_for(PANTRY, &["check", "--json", "--config", &path], &[]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let told = report["problems"].as_array().unwrap().iter();
    let told: Vec<_> = told.map(|one| (one["key"].as_str().unwrap(), one["line"].as_u64().unwrap())).collect();
    let expected = [
        (r#"pantry.shelf."a.b".height"#, 2),
        (r#"pantry.shelf."a.b".wood"#, 3),
        ("pantry.shelf.c.x", 5),
        (r#"pantry.shelf.c."x.y""#, 6),
    ];
    assert_eq!((code, &told[..]), (USAGE, &expected[..]));
}

#[test]
fn a_tool_may_have_a_name_of_its_own() {
    let (_file, path) = file("[pantry.shelf.b]\n[pantry.shelf.a]\n");
    assert_eq!(call_for(PANTRY, &["shelves", &path], &[]), (WELL, "b a\n".to_owned(), String::new()));
    let (code, out, diagnostics) = call_for(PANTRY, &["pantry", &path], &[]);
    assert_eq!((code, out.as_str()), (USAGE, ""), "{diagnostics}");
    let (_, help, _) = call_for(PANTRY, &["--help"], &[]);
    assert!(help.contains("  shelves  Name the shelves; a configuration file may be given\n"), "{help}");
    // Asked for its help, it is the tool that answers: here it takes the word for a file.
    let (code, _, diagnostics) = call_for(PANTRY, &["help", "shelves"], &[]);
    assert_eq!(code, USAGE);
    assert!(diagnostics.contains("cannot read --help"), "{diagnostics}");
}

/// Names that two commands have, or that a tool has although another dialect is called so.
fn taken_twice(entries: &[Entry]) -> Vec<String> {
    let own = arguments::command(&[]);
    let mut names: BTreeSet<&str> = own.get_subcommands().map(|command| command.get_name()).chain(["help"]).collect();
    let tools = tool::tools(entries).map(|(entry, tool)| (entry.name, tool::name(entry, tool)));
    let is_taken = |(dialect, name): &(&str, &'static str)| {
        let is_anothers = entries.iter().any(|entry| entry.name == *name && entry.name != *dialect);
        !names.insert(name) || is_anothers
    };
    tools.filter(is_taken).map(|(_, name)| name.to_owned()).collect()
}

#[test]
fn no_two_commands_have_one_name() {
    assert_eq!(taken_twice(DIALECTS), Vec::<String>::new());
    let called = |name: &'static str| {
        let [kitchen, mut pantry] = [KITCHEN[0], PANTRY[0]];
        let backend = pantry.backend.as_mut().unwrap();
        backend.tool = backend.tool.map(|tool| Tool { name: Some(name), ..tool });
        taken_twice(&[kitchen, pantry])
    };
    for name in ["run", "help", "kitchen"] {
        assert_eq!(called(name), [name]);
    }
    assert_eq!((called("pantry"), called("shelves")), (Vec::new(), Vec::new()));
}
