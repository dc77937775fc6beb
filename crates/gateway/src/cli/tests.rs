//! Tests of the command line in a world of their own: what is printed where, and with which exit code it ends.

use super::*;
use crate::config::{self, Catalog, Config, Input};

/// Exit code, data and talk of one command line.
fn call(arguments: &[&str], variables: &[(&str, &str)]) -> (u8, String, String) {
    let (mut out, mut talk) = (Vec::new(), Vec::new());
    let variables = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let mut world = World { out: &mut out, talk: &mut talk, colour: false, variables, entries: DIALECTS };
    let arguments = ["tieline"].iter().chain(arguments).map(OsString::from);
    let code = execute(arguments, &mut world);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(talk).unwrap())
}

/// A file with this text, and its path.
fn file(text: &str) -> (tempfile::NamedTempFile, String) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let path = file.path().display().to_string();
    (file, path)
}

fn load(text: &str) -> Config {
    let input = Input { path: "tieline.toml".to_owned(), bytes: text.as_bytes().to_vec(), ..Input::default() };
    config::load(&input, DIALECTS).unwrap_or_else(|problems| panic!("{problems:?}"))
}

#[test]
fn the_example_is_accepted_and_has_every_key() {
    let (code, example, talk) = call(&["config", "example"], &[]);
    assert_eq!((code, talk.as_str()), (WELL, ""));
    let (_file, path) = file(&example);
    let (code, plan, talk) = call(&["check", "--config", &path], &[]);
    assert_eq!((code, talk.as_str()), (WELL, ""));
    for entry in DIALECTS {
        assert!(plan.contains(entry.name) && plan.contains(&format!("ws://{}", entry.listen)), "{plan}");
    }
    for section in &Catalog::new(DIALECTS).sections {
        let body = example.split(&format!("\n[{}]\n", section.name)).nth(1).unwrap().split("\n[").next().unwrap();
        for key in &section.keys {
            assert!(body.contains(&format!("\n#{} = ", key.name)) || body.starts_with(&format!("#{} = ", key.name)));
        }
    }
}

#[test]
fn the_example_with_every_key_taken_in_is_the_defaults() {
    let (_, example, _) = call(&["config", "example"], &[]);
    let uncomment = |line: &str| match line.strip_prefix('#') {
        Some(key) if key.starts_with(|c: char| c.is_ascii_lowercase()) => key.to_owned(),
        _ => line.to_owned(),
    };
    let all = load(&example.lines().map(uncomment).collect::<Vec<_>>().join("\n"));
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
    let origins =
        |config: &Config| config.effective.settings.iter().filter(|one| one.origin == config::Origin::Default).count();
    assert_eq!(origins(&all), 0, "every key is in the example");
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
    let (code, schema, _) = call(&["config", "schema"], &[]);
    assert_eq!(code, WELL);
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let mut count = 0;
    for section in &Catalog::new(DIALECTS).sections {
        let pointer = format!("/properties/{}", section.name.replace('.', "/properties/"));
        let object = schema.pointer(&pointer).unwrap();
        assert_eq!(object["additionalProperties"], false);
        for key in &section.keys {
            let property = &object["properties"][key.name];
            assert!(
                property["type"].is_string() && property["description"].is_string(),
                "{} {}",
                section.name,
                key.name
            );
            assert!(property["default"].is_null() == key.depends.is_some());
            count += 1;
        }
    }
    assert_eq!(schema.to_string().matches("\"type\":").count() - schema.to_string().matches("\"items\":").count(), {
        let objects = Catalog::new(DIALECTS).sections.len() + 1;
        count + objects
    });
}

#[test]
fn a_wrong_configuration_ends_with_2_and_everything_on_standard_error() {
    let (_file, path) = file("[fme]\nlisten = 1\necho = 2\n");
    for command in [&["check"][..], &["run"], &["config", "show"]] {
        let (code, out, talk) = call(&[command, &["--config", &path]].concat(), &[]);
        assert_eq!((code, out.as_str()), (USAGE, ""), "{command:?}");
        assert!(talk.contains(":2:10") && talk.contains(":3:8"), "{talk}");
        assert!(talk.ends_with(&format!("2 problems in the configuration; {path} was not used\n")), "{talk}");
    }
}

#[test]
fn check_tells_programs_the_same() {
    let (_file, path) = file("[fme]\nlisten = 1\n");
    let (code, out, talk) = call(&["check", "--json", "--config", &path], &[]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, talk.as_str()), (USAGE, ""));
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
    let (code, _, talk) = call(&["check", "--config", "/nowhere/tieline.toml"], &[]);
    assert_eq!(code, USAGE);
    assert!(talk.starts_with("error: cannot read /nowhere/tieline.toml: No such file or directory"), "{talk}");
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
        let (code, out, talk) = call(wrong, &[]);
        assert_eq!((code, out.as_str()), (USAGE, ""), "{wrong:?}");
        assert!(talk.contains("--help"), "{talk}");
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
        let (code, help, talk) = call(&arguments, &[]);
        assert_eq!((code, talk.as_str()), (WELL, ""));
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
        assert!(!crate::registry::LATER.contains(&entry.name));
    }
}
