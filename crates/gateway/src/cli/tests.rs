//! Tests of the command line in a world of their own: what is printed where, and with which exit code it ends.

mod named;
mod tables;

use super::*;
use tieline_config::testing::kitchen::KITCHEN;
use tieline_config::testing::pantry::PANTRY;
use tieline_config::{self as config, Catalog, Config, Input, Key, Problems};
use tieline_model::Tool;
use tieline_model::settings::{Kind, Value};

/// Exit code, data and talk of one command line.
fn call(arguments: &[&str], variables: &[(&str, &str)]) -> (u8, String, String) {
    call_for(DIALECTS, arguments, variables)
}

fn call_for(entries: &'static [Entry], arguments: &[&str], variables: &[(&str, &str)]) -> (u8, String, String) {
    let (mut out, mut diagnostics) = (Vec::new(), Vec::new());
    let variables = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let mut world = World { out: &mut out, diagnostics: &mut diagnostics, colour: false, variables, entries };
    let arguments = ["tieline"].iter().chain(arguments).map(OsString::from);
    let code = execute(arguments, &mut world);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(diagnostics).unwrap())
}

/// A file with this text, and its path.
fn file(text: &str) -> (tempfile::NamedTempFile, String) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let path = file.path().display().to_string();
    (file, path)
}

fn load(text: &str) -> Config {
    read(DIALECTS, text).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn read(entries: &'static [Entry], text: &str) -> Result<Config, Problems> {
    let input = Input { path: "tieline.toml".to_owned(), bytes: text.as_bytes().to_vec(), ..Input::default() };
    config::load(&input, entries)
}

#[test]
fn the_example_is_accepted_and_has_every_key() {
    let (code, example, diagnostics) = call(&["config", "example"], &[]);
    assert_eq!((code, diagnostics.as_str()), (WELL, ""));
    let (_file, path) = file(&example);
    let (code, plan, diagnostics) = call(&["check", "--config", &path], &[]);
    assert_eq!((code, diagnostics.as_str()), (WELL, ""));
    for entry in DIALECTS {
        assert!(plan.contains(entry.name) && plan.contains(&format!("ws://{}", entry.listen)), "{plan}");
    }
    for section in &Catalog::new(DIALECTS).sections {
        let body = example.split(&format!("\n[{}]\n", section.name)).nth(1).unwrap().split("\n[").next().unwrap();
        has_every_key(&format!("\n{body}"), &section.name, &section.keys);
    }
}

/// Whether a section of the example has all these keys, and those of its tables below the table's name.
fn has_every_key(body: &str, path: &str, keys: &[Key]) {
    for key in keys {
        if key.is_tables() {
            let path = key.each(&format!("{path}.{}", key.name), "example");
            let heading = format!("\n#{}\n", key.heading(&path));
            let table = body.split(&heading).nth(1).unwrap_or_else(|| panic!("{path} in {body}"));
            has_every_key(table, &path, &key.inner);
        } else {
            let own = body.split("\n#[").next().unwrap();
            assert!(own.contains(&format!("\n#{} = ", key.name)), "{path}.{} in {own}", key.name);
        }
    }
}

/// The example with every `#` before a key taken away, and with `tables` before those of tables and their names too.
fn uncommented(example: &str, tables: bool) -> String {
    let mut in_table = false;
    let uncomment = |line: &str| {
        in_table = line.starts_with("#[") || in_table && !line.starts_with('[');
        match line.strip_prefix('#') {
            Some(key) if key.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') && (tables || !in_table) => {
                key.to_owned()
            }
            _ => line.to_owned(),
        }
    };
    example.lines().map(uncomment).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_with_every_key_taken_in_is_the_defaults() {
    let (_, example, _) = call(&["config", "example"], &[]);
    let all = load(&uncommented(&example, false));
    let none = load(&example);
    assert_eq!((&all.store, &all.console, &all.access), (&none.store, &none.console, &none.access));
    assert_eq!((&all.limits, &all.tls, &all.log), (&none.limits, &none.tls, &none.log));
    assert_eq!(all.listeners.len(), DIALECTS.len());
    for (one, other) in all.listeners.iter().zip(&none.listeners) {
        assert_eq!(
            (one.listen, one.tls, &one.limits, &one.values),
            (other.listen, other.tls, &other.limits, &other.values)
        );
    }
    let is_missing = |one: &&config::Setting| {
        one.origin == config::Origin::Default && !matches!(one.value, Value::Tables(_) | Value::Named(_))
    };
    assert_eq!(all.effective.settings.iter().filter(is_missing).count(), 0, "every key is in the example");
}

#[test]
fn the_examples_tables_need_nothing_but_what_their_owner_asks_for() {
    for entries in [DIALECTS, KITCHEN, PANTRY] {
        let (_, example, _) = call_for(entries, &["config", "example"], &[]);
        if let Err(problems) = read(entries, &uncommented(&example, true)) {
            let is_each = |part: &str| part == "example" || part.parse::<usize>().is_ok();
            let inside = |problem: &config::Problem| problem.key.split('.').any(is_each);
            for problem in &problems.list {
                assert!(problem.fault == config::Fault::Conflict && inside(problem), "{problem:?}\nin\n{example}");
            }
        }
    }
}

#[test]
fn what_is_shown_is_accepted() {
    let (_file, path) = file("[fme]\necho = true\n[console]\n");
    let (code, shown, _) = call(&["config", "show", "--config", &path, "--set", "log.level=warn"], &[]);
    assert_eq!(code, WELL);
    assert!(shown.contains("level = \"warn\"                               # --set log.level=warn"), "{shown}");
    let (_again, path) = file(&shown);
    assert_eq!(call(&["check", "--config", &path], &[]).0, WELL);
}

#[test]
fn the_schema_has_every_key_and_nothing_else() {
    has_every_key_and_nothing_else(DIALECTS);
    has_every_key_and_nothing_else(KITCHEN);
    has_every_key_and_nothing_else(PANTRY);
}

fn has_every_key_and_nothing_else(entries: &'static [Entry]) {
    let (code, schema, _) = call_for(entries, &["config", "schema"], &[]);
    assert_eq!(code, WELL);
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let (mut keys, mut objects) = (0, 1);
    for section in &Catalog::new(entries).sections {
        let pointer = format!("/properties/{}", section.name.replace('.', "/properties/"));
        let object = schema.pointer(&pointer).unwrap();
        objects += 1;
        has_each(object, &section.keys, (&mut keys, &mut objects));
    }
    // A list's `items` that are texts have a type of their own.
    let texts = schema.to_string().matches("\"items\":{\"type\":\"string\"").count();
    assert_eq!(schema.to_string().matches("\"type\":\"").count() - texts, keys + objects);
}

/// Holds an object of the schema against its keys, and counts keys and the objects in tables.
fn has_each(object: &serde_json::Value, keys: &[Key], (count, objects): (&mut usize, &mut usize)) {
    assert_eq!(object["additionalProperties"], false);
    for key in keys {
        let property = &object["properties"][key.name];
        // A size is a text with a unit, or a number: two types in a list.
        let is_size = key.kind == Kind::Size;
        let has_type = match key.kind {
            Kind::Size => property["type"].is_array(),
            // A word, or an object.
            Kind::FreeOr(word) => property["anyOf"][0]["const"] == word && property["default"] == word,
            _ => property["type"].is_string(),
        };
        assert!(has_type && property["description"].is_string(), "{}", key.name);
        assert!(property["default"].is_null() == key.depends.is_some());
        *count += usize::from(!is_size);
        if key.is_tables() {
            *objects += 1;
            let each = if let Kind::Tables(_) = key.kind { "items" } else { "additionalProperties" };
            has_each(&property[each], &key.inner, (count, objects));
        }
    }
}

#[test]
fn a_wrong_configuration_ends_with_2_and_everything_on_standard_error() {
    let (_file, path) = file("[fme]\nlisten = 1\necho = 2\n");
    for command in [&["check"][..], &["run"], &["config", "show"]] {
        let (code, out, diagnostics) = call(&[command, &["--config", &path]].concat(), &[]);
        assert_eq!((code, out.as_str()), (USAGE, ""), "{command:?}");
        assert!(diagnostics.contains(":2:10") && diagnostics.contains(":3:8"), "{diagnostics}");
        assert!(
            diagnostics.ends_with(&format!("2 problems in the configuration; {path} was not used\n")),
            "{diagnostics}"
        );
    }
}

#[test]
fn check_tells_programs_the_same() {
    let (_file, path) = file("[fme]\nlisten = 1\n");
    let (code, out, diagnostics) = call(&["check", "--json", "--config", &path], &[]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, diagnostics.as_str()), (USAGE, ""));
    let problem = &report["problems"][0];
    assert_eq!((problem["line"].as_u64(), problem["column"].as_u64()), (Some(2), Some(10)));
    assert_eq!(
        (&problem["key"], &problem["value"], &problem["file"]),
        (&"fme.listen".into(), &"1".into(), &path.into())
    );

    let (_file, path) = file("[fme]\n");
    let (code, out, _) = call(&["check", "--json", "--config", &path], &[("TIELINE_X", "1")]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &report["good"], &report["listeners"][0]["dialect"]), (WELL, &true.into(), &"fme".into()));
    assert_eq!(report["warnings"][0]["fault"], "warning");
}

#[test]
fn a_file_that_cannot_be_read_is_told_without_a_line() {
    let (code, _, diagnostics) = call(&["check", "--config", "/nowhere/tieline.toml"], &[]);
    assert_eq!(code, USAGE);
    assert!(
        diagnostics.starts_with("error: cannot read /nowhere/tieline.toml: No such file or directory"),
        "{diagnostics}"
    );
}

#[test]
fn usage_is_checked_before_anything_is_tried() {
    for wrong in [
        &["send", "fme.*", "{}"][..],
        &["send", "fme.a", "hello"],
        &["tail", ">.a"],
        &["run", "--shards", "0"],
        &["serve"],
        &[],
    ] {
        let (code, out, diagnostics) = call(wrong, &[]);
        assert_eq!((code, out.as_str()), (USAGE, ""), "{wrong:?}");
        assert!(diagnostics.contains("--help"), "{diagnostics}");
    }
}

#[test]
fn help_has_an_example_for_every_command() {
    let commands = [
        "run",
        "demo",
        "check",
        "config show",
        "config example",
        "config schema",
        "config metrics",
        "config reference",
        "tail",
        "send",
    ];
    for command in commands {
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let (code, help, diagnostics) = call(&arguments, &[]);
        assert_eq!((code, diagnostics.as_str()), (WELL, ""));
        assert!(help.contains(&format!("Example: tieline {command}")), "{help}");
    }
    super::arguments::command(DIALECTS).debug_assert();
}

#[test]
fn every_dialect_of_the_registry_can_be_configured() {
    for entry in DIALECTS {
        let config = load(&format!("[{}]\n", entry.name));
        assert_eq!(config.listeners[0].listen.to_string(), entry.listen);
        let (topic, json) = entry.sample;
        assert!(topic.starts_with(&format!("{}.", entry.name)));
        assert!(serde_json::from_str::<serde_json::Value>(json).is_ok());
    }
}

#[test]
fn a_key_that_was_split_up_is_found_again() {
    let problems = read(DIALECTS, "[opcua]\ntimeout = \"3s\"\n").expect_err("there is no such key");
    let hints: Vec<&str> = problems.list.iter().map(|problem| problem.hint.as_str()).collect();
    assert_eq!(hints, ["did you mean connect_timeout or request_timeout in [[opcua.server]]?"]);
}
