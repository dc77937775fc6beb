//! `config show`: every value that holds, as TOML, with where it came from.
//!
//! Promises: what is written is a configuration that comes out the same. What was brought by files that a section names
//! is told in a comment only: written out, it would be there twice.

use super::effective::{Effective, Setting};
use super::literal;
use tieline_model::settings::{Value, Values};

impl Effective {
    /// As TOML, each value with its origin in a comment.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        for settings in self.settings.chunk_by(|one, next| one.section == next.section) {
            let section = settings.first().map_or("", |first| &first.section);
            text.push_str(&format!("{}[{section}]\n", if text.is_empty() { "" } else { "\n" }));
            for setting in settings.iter().filter(|setting| !is_tables(setting)) {
                let literal = literal::toml(&setting.value);
                line(&mut text, &format!("{} = {literal}", setting.key), &setting.origin.to_string());
                if let Some(brought) = &setting.brought {
                    let became = format!("{} = {}", setting.key, literal::toml(brought));
                    text.push_str(&format!("# {became} by the files that [{section}] names\n"));
                }
            }
            // What follows a table's header belongs to that table, so tables come last.
            for setting in settings {
                if let Value::Tables(tables) = &setting.value {
                    let path = format!("{section}.{}", setting.key);
                    self.tables(&mut text, &path, &path, tables);
                    text.push_str(&besides(setting, &path, tables.len()));
                }
            }
        }
        for name in &self.off {
            text.push_str(&format!("\n# [{name}] is off\n"));
        }
        text
    }

    fn tables(&self, text: &mut String, path: &str, place: &str, tables: &[Values]) {
        let origin = |place: &str| self.inside.get(place).map_or("default", String::as_str);
        for (number, values) in tables.iter().enumerate() {
            let place = format!("{place}.{number}");
            text.push('\n');
            line(text, &format!("[[{path}]]"), origin(&place));
            for (key, value) in values.iter().filter(|(_, value)| !matches!(value, Value::Tables(_))) {
                line(text, &format!("{key} = {}", literal::toml(value)), origin(&format!("{place}.{key}")));
            }
            for (key, value) in values.iter() {
                if let Value::Tables(tables) = value {
                    self.tables(text, &format!("{path}.{key}"), &format!("{place}.{key}"), tables);
                }
            }
        }
    }
}

fn is_tables(setting: &Setting) -> bool {
    matches!(setting.value, Value::Tables(_))
}

/// What is to be said of tables that do not stand in the file.
fn besides(setting: &Setting, path: &str, here: usize) -> String {
    let section = &setting.section;
    let all = match &setting.brought {
        Some(Value::Tables(all)) => all.len(),
        Some(_) | None => here,
    };
    match (here, all.checked_sub(here)) {
        (_, Some(0)) if setting.brought.is_some() => {
            format!("\n# [[{path}]] is changed by the files that [{section}] names\n")
        }
        (0, Some(0)) => format!("\n# no [[{path}]]\n"),
        (_, Some(0)) => String::new(),
        (0, Some(more)) => format!("\n# {more} [[{path}]] from the files that [{section}] names\n"),
        (_, Some(more)) => format!("\n# and {more} more [[{path}]] from the files that [{section}] names\n"),
        (_, None) => format!("\n# fewer [[{path}]] by the files that [{section}] names\n"),
    }
}

fn line(text: &mut String, what: &str, origin: &str) {
    // An origin may hold a text of the person's, line breaks and all; a comment ends with its line.
    let origin = origin.replace(|c: char| c.is_control(), " ");
    text.push_str(&format!("{what:<44} # {origin}\n"));
}
