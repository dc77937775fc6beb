//! A dialect whose backend has tables with names, with tables in them and in tables, a file it reads for more of them, and
//! a tool with a name of its own.

use super::entry;
use std::path::Path;
use std::time::Duration;
use tieline_model::settings::{Named, Value, Values, choice, in_path, section};
use tieline_model::{BackendEntry, BackendFault, BadValue, Entry, Tool};

section! {
    /// Settings of a backend made for tests.
    pub struct PantrySettings {
        /// Files with the name of a further shelf on each line.
        import: Vec<String> = "[]",
        /// The shelves.
        shelf: Named<ShelfSettings> = "{}",
        /// Jars on the floor.
        jar: Vec<JarSettings> = "[]",
        /// How long something may stay.
        patience: Duration = "\"3d\"",
    }
}
section! {
    /// One shelf.
    pub struct ShelfSettings {
        /// How high it is.
        height: u64 = "3",
        /// What it is made of.
        wood: Wood = "\"oak\"",
        /// What may stand on it.
        holds: Vec<String> = "[]",
        /// Its jars.
        jar: Vec<JarSettings> = "[]",
        /// Its hooks.
        hook: Named<HookSettings> = "{}",
    }
}
section! {
    /// One jar.
    pub struct JarSettings {
        /// How much is in it.
        size: u64 = "1",
        /// Its labels.
        label: Named<LabelSettings> = "{}",
    }
}
section! {
    /// One label.
    pub struct LabelSettings {
        /// What stands on it, as in `plums`.
        text: String = "\"\"",
        /// Whether it holds.
        glued: bool = "true",
    }
}
section! {
    /// One hook.
    pub struct HookSettings {
        /// Whether it carries a ham.
        strong: bool = "false",
    }
}
choice! {
    /// What a shelf is made of.
    pub enum Wood {
        /// Heavy.
        Oak = "oak",
        /// Light.
        Pine = "pine",
    }
}

const BACKEND: BackendEntry = BackendEntry {
    name: "pantry",
    fields: PantrySettings::FIELDS,
    expand,
    demo: |_| (),
    check,
    doubts: |_, _| Vec::new(),
    start: |_| Err(BackendFault { what: "the configuration starts no source".to_owned() }),
    tool: Some(Tool {
        name: Some("shelves"),
        about: "Name the shelves; a configuration file may be given",
        run: |arguments, context| match (context.configuration)(arguments.first().map(Path::new), &[]) {
            Ok(settings) => {
                let names: Vec<String> = shelves(&settings.values).iter().map(|(name, _)| name.to_owned()).collect();
                writeln!(context.out, "{}", names.join(" ")).map_or(1, |()| 0)
            }
            Err(text) => writeln!(context.diagnostics, "{text}").map_or(1, |()| 2),
        },
    }),
};

/// A dialect whose backend has tables with names.
pub const PANTRY: &[Entry] = &[entry("pantry", "127.0.0.1:4004", &[]).backed_by(BACKEND)];

/// Its shelves, as its backend reads them.
pub fn shelves(values: &Values) -> Named<ShelfSettings> {
    PantrySettings::from_values(values).shelf
}

fn bad(key: String, message: &str, hint: &str) -> BadValue {
    BadValue { key, message: message.to_owned(), hint: hint.to_owned(), is_usable: false }
}

fn expand(values: &mut Values) -> Vec<BadValue> {
    let Some(Value::Named(mut shelves)) = values.get("shelf").cloned() else { return Vec::new() };
    for file in PantrySettings::from_values(values).import {
        let Ok(text) = std::fs::read_to_string(file) else {
            return vec![bad("import".to_owned(), "a file of `import` cannot be read", "name a file that is there")];
        };
        for line in text.lines() {
            let (name, height) = line.split_once(' ').unwrap_or((line, "3"));
            let mut shelf = Values::defaults(ShelfSettings::FIELDS);
            shelf.set("height", Value::Count(height.parse().unwrap_or(0)));
            shelves.push((name.to_owned(), shelf));
        }
    }
    values.set("shelf", Value::Named(shelves));
    Vec::new()
}

fn check(values: &Values) -> Vec<BadValue> {
    let mut found = Vec::new();
    let settings = PantrySettings::from_values(values);
    for (name, shelf) in settings.shelf.iter() {
        let path = format!("shelf.{}", in_path(name));
        if shelf.height == 0 {
            found.push(bad(format!("{path}.height"), "a shelf lies on the floor", "raise it"));
        }
        jars(&path, &shelf.jar, &mut found);
    }
    jars("", &settings.jar, &mut found);
    found
}

fn jars(path: &str, jars: &[JarSettings], found: &mut Vec<BadValue>) {
    let dot = if path.is_empty() { "" } else { "." };
    for (at, jar) in jars.iter().enumerate() {
        for (name, _) in jar.label.iter().filter(|(_, label)| label.text.is_empty()) {
            let key = format!("{path}{dot}jar.{at}.label.{}.text", in_path(name));
            found.push(bad(key, "nothing stands on a label", "write something"));
        }
    }
}
