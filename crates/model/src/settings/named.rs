//! Tables with names that a person chooses.
//!
//! Promises: a name is there once, and the order is that of the file. A field of a section has [`Named`] as its type.

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
