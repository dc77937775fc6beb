//! Tables with names that a person chooses, and how names and texts are written in TOML.
//!
//! Promises: what `quoted` and `in_path` write, TOML reads back as the same text. A field of a section has [`Named`] as
//! its type; a source writes the keys of what it finds wrong with `in_path`, as the gateway's configuration does.

use super::{Kind, Section, Setting, Value};

/// Tables by their names, in the order of the file; each name is there once, and none is empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Named<T>(pub Vec<(String, T)>);

impl<T> Named<T> {
    /// The table of this name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.iter().find(|(have, _)| *have == name).map(|(_, table)| table)
    }

    /// Every table with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, table)| (name.as_str(), table))
    }
}

impl<T: Section> Setting for Named<T> {
    const KIND: Kind = Kind::Named(T::FIELDS);

    fn from_value(value: &Value) -> Option<Named<T>> {
        match value {
            Value::Named(tables) => {
                let read = tables.iter().map(|(name, values)| (name.clone(), T::from_values(values)));
                Some(Named(read.collect()))
            }
            _ => None,
        }
    }

    fn blank() -> Named<T> {
        Named(Vec::new())
    }
}

/// A name as a part of a path of keys, in quotes when it needs them: `weld`, `"a.b"`.
pub fn in_path(name: &str) -> String {
    let is_bare = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_bare { name.to_owned() } else { quoted(name) }
}

/// A text as TOML's basic string on one line, so that a comment can follow it.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "\""
}
