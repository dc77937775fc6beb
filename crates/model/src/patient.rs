//! Patient data as a type: a field that identifies a person prints a redaction, whatever formats it.
//!
//! Called by dialects for the fields that the `access` contract names, and by whoever shows messages to people.

use std::fmt;

/// What `Display` and `Debug` of patient data print.
pub const REDACTED: &str = "[patient data]";

/// Whether a message as a whole may hold data about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sensitivity {
    /// Nothing about a person.
    #[default]
    Open,
    /// May identify a person: bodies are never shown except to those it is addressed to.
    Patient,
}

/// A value that identifies a person. The value itself comes out by [`Patient::reveal`] only, so that every place that
/// uses it can be found by that word.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Patient<T>(T);

impl<T> Patient<T> {
    /// Marks a value as patient data.
    pub fn new(value: T) -> Patient<T> {
        Patient(value)
    }

    /// The value, for the receivers it is addressed to and for nobody else.
    pub fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Display for Patient<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}
impl<T> fmt::Debug for Patient<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_formatting_shows_the_value() {
        let name = Patient::new("MARKER^NAME");
        assert_eq!(
            format!("{name} {name:?} {:#?}", Some(&name)),
            "[patient data] [patient data] Some(\n    [patient data],\n)"
        );
        assert_eq!(*name.reveal(), "MARKER^NAME");
    }
}
