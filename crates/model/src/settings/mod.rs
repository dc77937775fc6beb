//! Settings as data: a section of the configuration is a struct whose fields carry their key, kind, default and
//! documentation, so that reading, checking, the example, the schema and the reference page all come from one place.
//!
//! Promises: reads no file and prints nothing. Called by dialects (which declare sections with the `section!` macro)
//! and by the gateway's configuration (which fills, checks and prints them).

mod default;
mod literal;
mod macros;
mod named;
mod setting;
mod size;
mod value;

pub use crate::{choice, section};
pub use default::{checked, key};
pub use literal::{in_path, length, quoted, size, toml};
pub use named::Named;
pub use setting::{Section, Setting};
pub use size::{SIZES, Size};
pub use value::{Value, Values};

use std::net::SocketAddr;
use std::time::Duration;

/// What a value may be; the gateway checks a file's values against it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Any text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number from 0.
    Count,
    /// `"512MiB"`: a whole number and one of `KiB`, `MiB`, `GiB`, or a whole number of bytes; `"0"` is none.
    Size,
    /// `"10m"`: a whole number and one of `ms`, `s`, `m`, `h`, `d`; `"0"` is none.
    Duration,
    /// `"127.0.0.1:55111"` or `"[::1]:55111"`.
    Address,
    /// One of these texts.
    Choice(&'static [Choice]),
    /// Texts.
    Texts,
    /// Tables with these keys, each begun with `[[section.key]]`.
    Tables(&'static [Field]),
    /// Tables with these keys, each under a name that a person chooses and begun with `[section.key.NAME]`.
    Named(&'static [Field]),
    /// A table of whatever a person likes: texts, numbers, truths, lists and further tables.
    Free,
    /// Such a table, or this one word, which stands for an empty one.
    FreeOr(&'static str),
}

/// One of the texts a key may have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// The text.
    pub name: &'static str,
    /// What it stands for, as the lines of its doc comment.
    pub doc: &'static [&'static str],
}

/// One key of a section.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// The key.
    pub key: &'static str,
    /// What it does, what follows from it, its unit, as the lines of its doc comment; `prose` joins them.
    pub doc: &'static [&'static str],
    /// What values it takes.
    pub kind: Kind,
    /// Its default as it would stand in a TOML file.
    pub default: &'static str,
}

impl Field {
    /// The default as a value.
    pub fn default_value(&self) -> Value {
        default::read(self.kind, self.default).unwrap_or_else(|| self.kind.blank())
    }
}

/// The lines of a doc comment as one line of text.
pub fn prose(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

impl Kind {
    /// Reads a value as a person writes it without any quotes; texts are separated by commas. `None`: it does not fit.
    pub fn read(self, text: &str) -> Option<Value> {
        match self {
            Kind::Text => Some(Value::Text(text.to_owned())),
            Kind::Bool => text.parse().ok().map(Value::Bool),
            Kind::Count => text.parse().ok().map(Value::Count),
            Kind::Size => size::read(text).map(Value::Size),
            Kind::Duration => duration(text).map(Value::Duration),
            Kind::Address => text.parse::<SocketAddr>().ok().map(Value::Address),
            Kind::Choice(choices) => {
                choices.iter().find(|choice| choice.name == text).map(|_| Value::Text(text.to_owned()))
            }
            Kind::Texts if text.trim().is_empty() => Some(Value::Texts(Vec::new())),
            Kind::Texts => Some(Value::Texts(text.split(',').map(|part| part.trim().to_owned()).collect())),
            // On one line there is no way to write them that anyone would remember: they stand in the file.
            Kind::Tables(_) | Kind::Named(_) | Kind::Free => None,
            Kind::FreeOr(word) => (text == word).then(|| Value::Free(serde_json::Map::new())),
        }
    }

    /// What fits, for people: the end of "expected …".
    pub fn expects(self) -> String {
        match self {
            Kind::Text => "a text".to_owned(),
            Kind::Bool => "true or false".to_owned(),
            Kind::Count => "a whole number from 0".to_owned(),
            Kind::Size => {
                r#"a whole number and its unit (KiB, MiB or GiB), as in "512MiB", or a number of bytes"#.to_owned()
            }
            Kind::Duration => r#"a whole number and its unit (ms, s, m, h or d), as in "10s""#.to_owned(),
            Kind::Address => r#"an IP address and a port, as in "127.0.0.1:8090""#.to_owned(),
            Kind::Choice(choices) => {
                let names: Vec<String> = choices.iter().map(|choice| format!("{:?}", choice.name)).collect();
                format!("one of {}", names.join(", "))
            }
            Kind::Texts => r#"a list of texts, as in ["a", "b"]"#.to_owned(),
            Kind::Tables(_) => "tables, each begun with its name in double brackets".to_owned(),
            Kind::Named(_) => "tables, each with a name of its own".to_owned(),
            Kind::Free => r#"a table, as in { Unit = "bar" }"#.to_owned(),
            Kind::FreeOr(word) => format!("{word:?}, or a table"),
        }
    }

    /// The plainest value of this kind.
    fn blank(self) -> Value {
        match self {
            Kind::Text => Value::Text(String::new()),
            Kind::Bool => Value::Bool(false),
            Kind::Count => Value::Count(0),
            Kind::Size => Value::Size(0),
            Kind::Duration => Value::Duration(Duration::ZERO),
            Kind::Address => Value::Address(SocketAddr::from(([127, 0, 0, 1], 0))),
            Kind::Choice(choices) => Value::Text(choices.first().map_or("", |choice| choice.name).to_owned()),
            Kind::Texts => Value::Texts(Vec::new()),
            Kind::Tables(_) => Value::Tables(Vec::new()),
            Kind::Named(_) => Value::Named(Vec::new()),
            Kind::Free | Kind::FreeOr(_) => Value::Free(serde_json::Map::new()),
        }
    }
}

/// The units of a duration with their milliseconds, largest first.
pub const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

fn duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let (_, milliseconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    Some(Duration::from_millis(number.parse::<u64>().ok()?.checked_mul(*milliseconds)?))
}

#[cfg(test)]
mod tests;
