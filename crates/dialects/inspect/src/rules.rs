//! What holds for all conversations of one listener: its limits, and which commands there are besides the product's own.
//!
//! Made by [`crate::ENTRY`] from the section `[inspect]`, whose keys belong to the executors.

use tieline_model::DialectLimits;
use tieline_model::settings::{Value, Values};

/// Top-level keys of a request that have a meaning of their own, configured or not.
const OWN: [&str; 3] = ["image", "elements", "quit"];

/// What holds for all conversations of one listener.
pub(crate) struct Rules {
    pub(crate) limits: DialectLimits,
    custom: Vec<String>,
}

impl Rules {
    /// The product's own commands are none of the custom ones, wherever they are carried out.
    pub(crate) fn new(mut custom: Vec<String>, limits: DialectLimits) -> Rules {
        custom.retain(|name| !OWN.contains(&name.as_str()));
        Rules { limits, custom }
    }

    /// The custom command of this name.
    pub(crate) fn custom(&self, key: &str) -> Option<&str> {
        self.custom.iter().find(|name| *name == key).map(String::as_str)
    }
}

/// The names of the commands in the section; what stands behind the dialect says what carries each out.
pub(crate) fn custom(values: &Values) -> Vec<String> {
    match values.get("commands") {
        Some(Value::Named(commands)) => commands.iter().map(|(name, _)| name.clone()).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_those_of_the_section() {
        let mut values = Values::default();
        assert_eq!(custom(&values), [""; 0]);
        let commands = ["weld", "image"].map(|name| (name.to_owned(), Values::default()));
        values.set("commands", Value::Named(commands.into()));
        assert_eq!(custom(&values), ["weld", "image"]);
    }
}
