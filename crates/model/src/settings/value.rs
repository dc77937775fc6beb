//! Values of settings, and the values of one section by key.
//!
//! Promises: nothing here fails; what does not fit never becomes a value. Called by the gateway's configuration, which
//! fills them in, and by the code that `section!` writes, which takes them out.

use super::Field;
use std::net::SocketAddr;
use std::time::Duration;

/// A value as a configuration gives it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text, or the name of a choice.
    Text(String),
    /// A whole number.
    Count(u64),
    /// A truth.
    Bool(bool),
    /// Texts.
    Texts(Vec<String>),
    /// A number of bytes.
    Size(u64),
    /// A length of time in whole milliseconds.
    Duration(Duration),
    /// Where to listen.
    Address(SocketAddr),
    /// The values of each table.
    Tables(Vec<Values>),
    /// The values of each table by its name, in the order of the file; each name is there once, and none is empty.
    Named(Vec<(String, Values)>),
    /// Whatever a person likes; a date or time is a text here.
    Free(serde_json::Map<String, serde_json::Value>),
}

/// The values of one section, each checked against its field's kind. A key that is not there has its default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Values(Vec<(&'static str, Value)>);

impl Values {
    /// The default of every field.
    pub fn defaults(fields: &[Field]) -> Values {
        Values(fields.iter().map(|field| (field.key, field.default_value())).collect())
    }

    /// Gives a key its value, in place of the one before.
    pub fn set(&mut self, key: &'static str, value: Value) {
        match self.0.iter_mut().find(|(have, _)| *have == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key, value)),
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(have, _)| *have == key).map(|(_, value)| value)
    }

    /// Every key with its value, in the order they were first set.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(key, value)| (*key, value))
    }
}
