//! Any bytes are a configuration or have a problem with a line; nothing panics, and everything can be rendered.

use super::*;
use crate::testing::kitchen::{KITCHEN, KitchenSettings, cups};
use crate::testing::pantry::{PANTRY, shelves};
use proptest::prelude::*;
use serde_json::{Map, Number, Value as Json};
use tieline_model::settings::{Value, in_path, toml};

/// Pieces that files are made of, so that random files come close to right ones.
const PIECES: &[&str] = &[
    "[alpha]",
    "[alpha.limits]",
    "[beta]",
    "[access]",
    "[access.limits]",
    "[console]",
    "[tls]",
    "[log]",
    "[[tie]]",
    "[inspect]",
    "[kitchen]",
    "[[kitchen.cup]]",
    "[kitchen.cup]",
    "[[kitchen.cup.spoon]]",
    "[kitchen.cup.spoon]",
    "[kitchen.note]",
    "[pantry]",
    "[pantry.shelf]",
    "[pantry.shelf.a]",
    "[pantry.shelf.\"a.b\"]",
    "[[pantry.shelf]]",
    "[[pantry.shelf.a.jar]]",
    "[pantry.shelf.a.jar.label.z]",
    "[pantry.shelf.a.hook.'']",
    "[[pantry.jar]]",
    "[pantry.jar.label.\"é\"]",
    "\nheight = 2",
    "\ntext = \"x\"",
    "shelf",
    "label",
    "\nname = \"a\"",
    "\nnotes = { a = 1 }",
    "\nstir = \"0\"",
    "cup",
    "note",
    "\n",
    "\r\n",
    "listen",
    "echo",
    "idle",
    "json_depth",
    "memory",
    "\"3MiB\"",
    "origins",
    "cert",
    "level",
    "mode",
    " = ",
    "=",
    "\"127.0.0.1:1\"",
    "\"0.0.0.0:1\"",
    "\"10s\"",
    "true",
    "-1",
    "99999999999999999999",
    "0x1F",
    "1.5",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "\"\"\"",
    "\\u00",
    ".",
    ",",
    "#",
    "1979-05-27",
    "é",
    "\u{1F600}",
    "\t",
    "\u{feff}",
    "\u{0}",
    "\u{202e}",
];

fn holds(bytes: Vec<u8>) -> Result<(), TestCaseError> {
    holds_for(ENTRIES, bytes.clone())?;
    holds_for(KITCHEN, bytes.clone())?;
    holds_for(PANTRY, bytes)
}

fn holds_for(entries: &'static [Entry], bytes: Vec<u8>) -> Result<(), TestCaseError> {
    let lines = String::from_utf8_lossy(&bytes).lines().count().max(1) + 1;
    match load(&Input { bytes, ..input("") }, entries) {
        Ok(config) => {
            let _ = render(&config.source, &config.warnings, true);
            let again = load(&input(&config.effective.to_toml()), entries);
            let Ok(again) = again else { panic!("not accepted:\n{}", config.effective.to_toml()) };
            let values = |config: &Config| config.listeners.iter().map(|one| one.values.clone()).collect::<Vec<_>>();
            prop_assert!(again.limits == config.limits && again.access == config.access);
            prop_assert_eq!(values(&again), values(&config));
        }
        Err(problems) => {
            prop_assert!(!problems.list.is_empty());
            for problem in &problems.list {
                let Origin::File(place) = &problem.origin else { panic!("no line: {problem:?}") };
                prop_assert!((1..=lines).contains(&place.line) && place.column >= 1);
                prop_assert!(!problem.message.is_empty() && !problem.hint.is_empty());
                let text = render(&problems.source, [problem], false);
                prop_assert!(text.contains(&format!("tieline.toml:{}:", place.line)), "{}", text);
            }
        }
    }
    Ok(())
}

/// What a free table may hold, as deep as anybody would write it.
fn free() -> impl Strategy<Value = Map<String, Json>> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_filter_map("JSON has no word for it", |number| Number::from_f64(number).map(Json::Number)),
        any::<String>().prop_map(Json::from),
    ];
    let value = leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            proptest::collection::vec((any::<String>(), inner), 0..4).prop_map(Json::from_iter),
        ]
    });
    proptest::collection::vec((any::<String>(), value), 0..4).prop_map(Map::from_iter)
}

/// The text of a table with some of its keys, and tables in it.
fn cup() -> impl Strategy<Value = String> {
    let literal = |value: Value| toml(&value);
    let spoon = (proptest::option::of(any::<String>()), any::<bool>()).prop_map(move |(name, hot)| {
        let name = name.map(|name| format!("name = {}\n", literal(Value::Text(name)))).unwrap_or_default();
        format!("[[kitchen.cup.spoon]]\n{name}hot = {hot}\n")
    });
    let labels = proptest::collection::vec(any::<String>(), 0..3);
    let keys = (".+", 0..i64::MAX, labels, proptest::option::of(free()), proptest::collection::vec(spoon, 0..3));
    keys.prop_map(move |(name, size, labels, notes, spoons)| {
        let (name, labels) = (literal(Value::Text(name)), literal(Value::Texts(labels)));
        let notes = notes.map(|notes| format!("notes = {}\n", literal(Value::Free(notes)))).unwrap_or_default();
        let spoons = spoons.concat();
        format!("[[kitchen.cup]]\n{notes}name = {name}\nsize = {size}\nlabels = {labels}\n{spoons}")
    })
}

/// The text of a table with a name, and tables of both kinds in it.
fn shelf() -> impl Strategy<Value = (String, String)> {
    let literal = |value: Value| toml(&value);
    let label = (".+", ".+").prop_map(move |(name, text)| (in_path(&name), literal(Value::Text(text))));
    let labels = proptest::collection::btree_map(".+", label.prop_map(|(_, text)| text), 0..3);
    let hooks = proptest::collection::btree_map(".+", any::<bool>(), 0..3);
    let holds = proptest::collection::vec(any::<String>(), 0..3);
    let jars = proptest::collection::vec((0..i64::MAX, labels), 0..3);
    (".+", 1..i64::MAX, holds, hooks, jars).prop_map(move |(name, height, holds, hooks, jars)| {
        let path = format!("pantry.shelf.{}", in_path(&name));
        let mut text = format!("[{path}]\nheight = {height}\nholds = {}\n", literal(Value::Texts(holds)));
        for (hook, strong) in hooks {
            text.push_str(&format!("[{path}.hook.{}]\nstrong = {strong}\n", in_path(&hook)));
        }
        for (size, labels) in jars {
            text.push_str(&format!("[[{path}.jar]]\nsize = {size}\n"));
            for (label, words) in labels {
                text.push_str(&format!("[{path}.jar.label.{}]\ntext = {words}\n", in_path(&label)));
            }
        }
        (name, text)
    })
}

proptest! {
    #[test]
    fn any_tables_with_names_that_are_shown_come_back(all in proptest::collection::vec(shelf(), 0..4)) {
        let mut all = all;
        let mut names = std::collections::BTreeSet::new();
        all.retain(|(name, _)| names.insert(name.clone()));
        let file: String = all.iter().map(|(_, text)| text.as_str()).collect();
        let first = good_for(PANTRY, &input(&format!("[pantry]\n{file}")));
        let order: Vec<String> = shelves(&first.listeners[0].values).0.into_iter().map(|(name, _)| name).collect();
        prop_assert_eq!(order, all.into_iter().map(|(name, _)| name).collect::<Vec<_>>());
        let shown = first.effective.to_toml();
        let second = good_for(PANTRY, &input(&shown));
        prop_assert_eq!(&first.listeners[0].values, &second.listeners[0].values, "{}", shown);
        prop_assert_eq!(second.effective.changed_since(&first.effective), Vec::<String>::new());
        let inline = first.listeners[0].values.iter().map(|(key, value)| format!("{key} = {}\n", toml(value)));
        let third = good_for(PANTRY, &input(&format!("[pantry]\n{}", inline.collect::<String>())));
        prop_assert_eq!(&first.listeners[0].values, &third.listeners[0].values);
    }

    #[test]
    fn any_free_table_comes_back(free in free()) {
        let written = format!("[kitchen]\nnote = {}\n", toml(&Value::Free(free.clone())));
        let config = good_for(KITCHEN, &input(&written));
        prop_assert_eq!(KitchenSettings::from_values(&config.listeners[0].values).note, free);
    }

    #[test]
    fn any_tables_that_are_shown_come_back(all in proptest::collection::vec(cup(), 0..4)) {
        let first = good_for(KITCHEN, &input(&format!("[kitchen]\n{}", all.concat())));
        prop_assert_eq!(cups(&first.listeners[0].values).len(), all.len());
        let shown = first.effective.to_toml();
        let second = good_for(KITCHEN, &input(&shown));
        prop_assert_eq!(&first.listeners[0].values, &second.listeners[0].values, "{}", shown);
        prop_assert_eq!(second.effective.changed_since(&first.effective), Vec::<String>::new());
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        holds(bytes)?;
    }

    #[test]
    fn any_text(text in any::<String>()) {
        holds(text.into_bytes())?;
    }

    #[test]
    fn any_arrangement_of_pieces(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..40)) {
        holds(pieces.concat().into_bytes())?;
    }

    #[test]
    fn any_flag_and_variable(flag in any::<String>(), key in "[a-z.]{0,20}", text in any::<String>()) {
        let variables = vec![("TIELINE_ALPHA_LISTEN".to_owned(), text.clone()), (format!("TIELINE_{key}"), text.clone())];
        let flags = vec![flag, format!("{key}={text}"), format!("alpha.tone={text}")];
        let _ = said(&Input { variables, flags, ..input("[alpha]") });
    }
}

#[test]
fn the_deepest_nesting_is_told_and_not_followed() {
    holds(format!("[alpha]\nlisten = {}", "[".repeat(100_000)).into_bytes()).unwrap();
    holds(format!("{}alpha = 1", "a.".repeat(100_000)).into_bytes()).unwrap();
}
