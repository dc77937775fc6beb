//! A dialect whose backend has tables in tables, a file it reads for more of them, and opinions on their values.

use super::entry;
use std::path::Path;
use std::time::Duration;
use tieline_model::settings::{Value, Values, choice, section};
use tieline_model::{BackendEntry, BackendFault, BadValue, Entry, Tool};

section! {
    /// Settings of a backend made for tests.
    pub struct KitchenSettings {
        /// Files with the name of a further cup on each line.
        import: Vec<String> = "[]",
        /// The cups.
        cup: Vec<CupSettings> = "[]",
        /// What hangs on the door.
        note: serde_json::Map<String, serde_json::Value> = "{}",
        /// How long something may cook.
        patience: Duration = "\"3m\"",
    }
}
section! {
    /// One cup.
    pub struct CupSettings {
        /// What it is called, as in `mug`.
        name: String = "\"\"",
        /// How much is in it.
        size: u64 = "3",
        /// What is in it.
        drink: Drink = "\"tea\"",
        /// What is written on it.
        labels: Vec<String> = "[]",
        /// What else there is to say.
        notes: serde_json::Map<String, serde_json::Value> = "{}",
        /// Its spoons.
        spoon: Vec<SpoonSettings> = "[]",
    }
}
section! {
    /// One spoon.
    pub struct SpoonSettings {
        /// What it is called.
        name: String = "\"small\"",
        /// How long it is stirred.
        stir: Duration = "\"10s\"",
        /// Whether it is hot.
        hot: bool = "false",
    }
}
choice! {
    /// What is in a cup.
    pub enum Drink {
        /// Black or green.
        Tea = "tea",
        /// Only black.
        Coffee = "coffee",
    }
}

const BACKEND: BackendEntry = BackendEntry {
    name: "kitchen",
    fields: KitchenSettings::FIELDS,
    expand,
    demo: |_| (),
    check,
    doubts: |_, _| Vec::new(),
    start: |_| Err(BackendFault { what: "the configuration starts no source".to_owned() }),
    tool: Some(Tool {
        name: None,
        about: "Name the cups; a configuration file may be given",
        run: |arguments, context| match (context.configuration)(arguments.first().map(Path::new), &[]) {
            Ok(settings) => {
                let names: Vec<String> = cups(&settings.values).into_iter().map(|cup| cup.name).collect();
                writeln!(context.out, "{}", names.join(" ")).map_or(1, |()| 0)
            }
            Err(text) => writeln!(context.diagnostics, "{text}").map_or(1, |()| 2),
        },
    }),
};

/// A dialect whose backend has tables in tables.
pub const KITCHEN: &[Entry] = &[entry("kitchen", "127.0.0.1:4003", &[]).backed_by(BACKEND)];

/// Its cups, as its backend reads them.
pub fn cups(values: &Values) -> Vec<CupSettings> {
    KitchenSettings::from_values(values).cup
}

fn bad(key: String, message: &str, hint: &str, is_usable: bool) -> BadValue {
    BadValue { key, message: message.to_owned(), hint: hint.to_owned(), is_usable }
}

fn expand(values: &mut Values) -> Vec<BadValue> {
    let settings = KitchenSettings::from_values(values);
    let Some(Value::Tables(mut cups)) = values.get("cup").cloned() else { return Vec::new() };
    let mut odd = Vec::new();
    for file in &settings.import {
        let Ok(text) = std::fs::read_to_string(file) else {
            odd.push(bad("import".to_owned(), "a file of `import` cannot be read", "name a file that is there", false));
            continue;
        };
        for name in text.lines() {
            let mut cup = Values::defaults(CupSettings::FIELDS);
            cup.set("name", Value::Text(name.to_owned()));
            cups.push(cup);
        }
        if text.is_empty() {
            odd.push(bad("import".to_owned(), "a file of `import` is empty", "leave it out", true));
        }
    }
    values.set("cup", Value::Tables(cups));
    odd
}

fn check(values: &Values) -> Vec<BadValue> {
    let mut found = Vec::new();
    for (at, cup) in cups(values).iter().enumerate() {
        if cup.name.is_empty() {
            found.push(bad(format!("cup.{at}.name"), "a cup has no name", "give it one", false));
        }
        if cup.notes.contains_key("Broken") {
            found.push(bad(format!("cup.{at}.notes.Broken"), "a cup is broken", "mend it", false));
        }
        for (number, spoon) in cup.spoon.iter().enumerate() {
            if spoon.stir.is_zero() {
                let key = format!("cup.{at}.spoon.{number}.stir");
                found.push(bad(key, "a spoon is not stirred", "stir it, or leave it out", true));
            }
        }
    }
    found
}
