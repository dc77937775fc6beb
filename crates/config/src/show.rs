//! `config show`: every value that holds, as TOML, with where it came from.
//!
//! Promises: what is written is a configuration that comes out the same. What was brought by files that a section names
//! is told in a comment only: written out, it would be there twice.

use super::catalog::ANY;
use super::effective::{Effective, Setting};
use tieline_model::settings::{Value, Values, in_path, toml};

impl Effective {
    /// As TOML, each value with its origin in a comment.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        for settings in self.settings.chunk_by(|one, next| one.section == next.section) {
            let section = settings.first().map_or("", |first| &first.section);
            text.push_str(&format!("{}[{section}]\n", if text.is_empty() { "" } else { "\n" }));
            for setting in settings.iter().filter(|setting| !is_tables(&setting.value)) {
                let literal = toml(&setting.value);
                line(&mut text, &format!("{} = {literal}", setting.key), &setting.origin.to_string());
                if let Some(brought) = &setting.brought {
                    let became = format!("{} = {}", setting.key, toml(brought));
                    text.push_str(&format!("# {became} by the files that [{section}] names\n"));
                }
            }
            // What follows a table's header belongs to that table, so tables come last.
            for setting in settings.iter().filter(|setting| is_tables(&setting.value)) {
                let path = format!("{section}.{}", setting.key);
                self.tables(&mut text, &path, &path, &setting.value);
                text.push_str(&besides(setting, &path));
            }
        }
        for name in &self.off {
            text.push_str(&format!("\n# [{name}] is off\n"));
        }
        text
    }

    fn tables(&self, text: &mut String, path: &str, place: &str, value: &Value) {
        match value {
            Value::Tables(tables) => {
                for (number, values) in tables.iter().enumerate() {
                    self.table(text, &format!("[[{path}]]"), path, &format!("{place}.{number}"), values);
                }
            }
            Value::Named(tables) => {
                for (name, values) in tables {
                    let name = in_path(name);
                    let path = format!("{path}.{name}");
                    self.table(text, &format!("[{path}]"), &path, &format!("{place}.{name}"), values);
                }
            }
            _ => {}
        }
    }

    fn table(&self, text: &mut String, heading: &str, path: &str, place: &str, values: &Values) {
        let origin = |place: &str| self.inside.get(place).map_or("default", String::as_str);
        text.push('\n');
        line(text, heading, origin(place));
        for (key, value) in values.iter().filter(|(_, value)| !is_tables(value)) {
            line(text, &format!("{key} = {}", toml(value)), origin(&format!("{place}.{key}")));
        }
        for (key, value) in values.iter().filter(|(_, value)| is_tables(value)) {
            self.tables(text, &format!("{path}.{key}"), &format!("{place}.{key}"), value);
        }
    }
}

fn is_tables(value: &Value) -> bool {
    matches!(value, Value::Tables(_) | Value::Named(_))
}

/// How many tables there are.
fn count(value: &Value) -> usize {
    match value {
        Value::Tables(tables) => tables.len(),
        Value::Named(tables) => tables.len(),
        _ => 0,
    }
}

/// What is to be said of tables that do not stand in the file.
fn besides(setting: &Setting, path: &str) -> String {
    let section = &setting.section;
    let each = match &setting.value {
        Value::Named(_) => format!("[{path}.{ANY}]"),
        _ => format!("[[{path}]]"),
    };
    let here = count(&setting.value);
    let all = setting.brought.as_ref().map_or(here, count);
    match (here, all.checked_sub(here)) {
        (_, Some(0)) if setting.brought.is_some() => {
            format!("\n# {each} is changed by the files that [{section}] names\n")
        }
        (0, Some(0)) => format!("\n# no {each}\n"),
        (_, Some(0)) => String::new(),
        (0, Some(more)) => format!("\n# {more} {each} from the files that [{section}] names\n"),
        (_, Some(more)) => format!("\n# and {more} more {each} from the files that [{section}] names\n"),
        (_, None) => format!("\n# fewer {each} by the files that [{section}] names\n"),
    }
}

fn line(text: &mut String, what: &str, origin: &str) {
    // An origin may hold a text of the person's, line breaks and all; a comment ends with its line.
    let origin = origin.replace(|c: char| c.is_control(), " ");
    text.push_str(&format!("{what:<44} # {origin}\n"));
}
