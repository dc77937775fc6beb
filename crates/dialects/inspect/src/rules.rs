//! What holds for all conversations of one listener: its limits, and which commands there are besides the product's own.
//!
//! Made by [`crate::ENTRY`] from the section `[inspect]`, whose keys belong to the executors.

use tieline_model::DialectLimits;
use tieline_model::settings::{Value, Values};

/// Top-level keys of a request that have a meaning of their own, configured or not.
const OWN: [&str; 3] = ["image", "elements", "quit"];

/// The command that takes whatever no other one takes.
pub(crate) const REST: &str = "*";

/// What holds for all conversations of one listener.
pub(crate) struct Rules {
    pub(crate) limits: DialectLimits,
    custom: Vec<String>,
    /// The product's own commands that something else carries out, which takes the request as it came; `true`: and that
    /// looks at what is in it by itself.
    passed: Vec<(String, bool)>,
}

impl Rules {
    /// The product's own commands are none of the custom ones, wherever they are carried out.
    pub(crate) fn new(mut custom: Vec<String>, limits: DialectLimits) -> Rules {
        custom.retain(|name| !OWN.contains(&name.as_str()));
        Rules { limits, custom, passed: Vec::new() }
    }

    /// With the product's own commands that are passed on.
    pub(crate) fn passing(self, passed: Vec<(String, bool)>) -> Rules {
        Rules { passed, ..self }
    }

    /// Whether a command of the product's is passed on as it came, and if so, whether without a look at what is in it.
    pub(crate) fn passed(&self, name: &str) -> Option<bool> {
        self.passed.iter().find(|(passed, _)| passed == name).map(|(_, unchecked)| *unchecked)
    }

    /// The command for what no other one takes, when there is one.
    pub(crate) fn rest(&self) -> Option<&str> {
        self.custom.iter().find(|name| *name == REST).map(String::as_str)
    }

    /// The custom command of this name.
    pub(crate) fn custom(&self, key: &str) -> Option<&str> {
        self.custom.iter().find(|name| *name == key && *name != REST).map(String::as_str)
    }
}

/// The names of the commands in the section; what stands behind the dialect says what carries each out.
pub(crate) fn custom(values: &Values) -> Vec<String> {
    match values.get("commands") {
        Some(Value::Named(commands)) => commands.iter().map(|(name, _)| name.clone()).collect(),
        _ => Vec::new(),
    }
}

/// The product's own commands that are passed on: to a program, or to the real server, which checks them itself.
pub(crate) fn passed(values: &Values) -> Vec<(String, bool)> {
    let Some(Value::Named(commands)) = values.get("commands") else { return Vec::new() };
    let executor = |values: &Values| match values.get("executor") {
        Some(Value::Text(executor)) => executor.clone(),
        _ => String::new(),
    };
    let own = commands.iter().filter(|(name, _)| matches!(name.as_str(), "image" | "elements"));
    let passed = own.filter_map(|(name, values)| match executor(values).as_str() {
        "exec" => Some((name.clone(), false)),
        "relay" => Some((name.clone(), true)),
        _ => None,
    });
    passed.collect()
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
